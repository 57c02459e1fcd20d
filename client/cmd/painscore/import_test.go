package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/scoring/instruments"
	"github.com/painscore/painscore/server"
	"github.com/painscore/painscore/server/access/signin"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store/sqlite"
)

// realServer starts a whole server on a store of its own; the environment
// points to it.
func realServer(t testing.TB) *client.Client {
	t.Helper()
	dir := t.TempDir()
	st, err := sqlite.Open(t.Context(), filepath.Join(dir, "painscore.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	keys, err := identity.LoadOrCreate(filepath.Join(dir, "identity.keys"))
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := instruments.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	body, _ := instruments.Skeleton("goal_evaluation")
	if err := catalogue.AddFile("goal_evaluation.yaml", body); err != nil {
		t.Fatal(err)
	}
	use, err := clinic.Open(t.Context(), st, catalogue, keys, clinic.Settings{}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	who, err := signin.New(signin.Config{}, signin.Options{Tokenless: true})
	if err != nil {
		t.Fatal(err)
	}
	g, _ := server.New(use, who, insecure.NewCredentials(), server.Info{}, slog.New(slog.DiscardHandler))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go g.Serve(listener)
	t.Cleanup(g.Stop)
	os.Setenv(envAddr, listener.Addr().String())
	t.Cleanup(func() { os.Unsetenv(envAddr) })
	c, err := client.Dial(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// write puts a file into a folder of the test's own.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func storedSheet(t *testing.T, c *client.Client, id string) *pb.Submission {
	t.Helper()
	reply, err := c.Submissions().GetSubmission(t.Context(), &pb.GetSubmissionRequest{CareUnit: "unit-1", SubmissionId: id})
	if status.Code(err) == codes.NotFound {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return reply.Submission
}

const painMap = `format: 1
separator: ";"
decimal_mark: ","
patient_system: {constant: personnummer}
patient: {column: pnr}
care_unit: {constant: unit-1}
episode: {column: ep}
occasion: {column: when, values: {T0: baseline, T1: programme_end}}
answered_on: {column: date, date: DD.MM.YYYY}
missing: {"": left_blank, "99": left_blank}
forms:
  - {instrument: nprs, submission_id: {column: id}, when_blank: skip, answers: {average_pain: pain}}
`

const painTable = "\ufeffpnr;ep;when;date;id;pain\r\n" +
	"19121212-1212;e-1;T0;01.03.2025;p-1;7\r\n" +
	"191212121212;e-1;T1;01.06.2025;p-2;11\r\n" + // out of range
	"191212121212;typo;T1;01.06.2025;p-3;4\r\n" + // no such episode
	"191212121212;e-1;T1;31.02.2025;p-4;4\r\n" + // no such day
	"191212121212;e-1;T1;01.06.2025;p-5;\r\n" + // no form
	"191212121212;e-1;T1;01.06.2025;p-6;99\r\n" + // blank
	"191212121212;e-1;T1\r\n"

func TestImportOfATable(t *testing.T) {
	c := realServer(t)
	mapping, table := write(t, "map.yaml", painMap), write(t, "pain.csv", painTable)
	rejects := filepath.Join(t.TempDir(), "rejects.csv")

	code, out, errs := command(t, "", "import", table, "--map", mapping, "--dry-run")
	wantDry := `
  7 rows read
  1 rows without a sheet, by the mapping
  2 sheets stored (dry run: nothing was stored)
  0 stored before
  1 episodes created
  4 refused
  1   BAD_DATE
  1   EPISODE_UNKNOWN
  1   OUT_OF_RANGE
  1   WRONG_COUNT
  1 with the warning NOTHING_ANSWERED
  2 with the warning TEST_IDENTITY
`
	want(t, "dry run", out, wantDry)
	if code != exitPartly || errs != "painscore: 4 sheets refused\n" || storedSheet(t, c, "p-1") != nil {
		t.Errorf("code %d, %s", code, errs)
	}

	code, out, _ = command(t, "", "import", table, "--map", mapping, "--rejects", rejects)
	want(t, "output", out, strings.Replace(wantDry, " (dry run: nothing was stored)", "", 1))
	if code != exitPartly || storedSheet(t, c, "p-1").ScoredSheet.Scores[0].GetValue() != "7" || storedSheet(t, c, "p-6") == nil || storedSheet(t, c, "p-2") != nil || storedSheet(t, c, "p-5") != nil {
		t.Errorf("code %d", code)
	}
	got, err := os.ReadFile(rejects)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "rejects", string(got), `
pnr;ep;when;date;id;pain;painscore_line;painscore_reason;painscore_violations
191212121212;e-1;T1;01.06.2025;p-2;11;pain.csv:3;OUT_OF_RANGE;pain: OUT_OF_RANGE: item average_pain takes whole numbers from 0 to 10
191212121212;typo;T1;01.06.2025;p-3;4;pain.csv:4;EPISODE_UNKNOWN;"ep: EPISODE_UNKNOWN: no such episode of this patient in this care unit; the candidates are the ones there are"
191212121212;e-1;T1;31.02.2025;p-4;4;pain.csv:5;BAD_DATE;date: BAD_DATE: not a date written as DD.MM.YYYY
191212121212;e-1;T1;pain.csv:8;WRONG_COUNT;WRONG_COUNT: the row has 3 cells, the header 6
`)
	if info, err := os.Stat(rejects); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if code, _, errs := command(t, "", "import", table, "--map", mapping, "--rejects", rejects); code != exitUsage || !strings.Contains(errs, "exists") {
		t.Errorf("a rejects file that is there: code %d, %s", code, errs)
	}

	// Once more: all that was stored is stored before. And what was mended goes in.
	code, out, _ = command(t, "", "import", table, "--map", mapping, "--json")
	var summary map[string]any
	if err := json.Unmarshal([]byte(out), &summary); err != nil || summary["stored"] != 0.0 || summary["stored_before"] != 2.0 || summary["refused"] != 4.0 || code != exitPartly {
		t.Errorf("again: code %d, %s", code, out)
	}
	mended := strings.NewReplacer("p-6", "p-6", ";e-1;T1;01.06.2025;p-2;11;", ";e-2;T0;01.06.2025;p-2;10;").Replace(string(got))
	mended = strings.Join(strings.Split(mended, "\n")[:2], "\n") + "\n"
	code, out, errs = command(t, "", "import", write(t, "mended.csv", mended), "--map", mapping)
	if code != exitDone || errs != "" || storedSheet(t, c, "p-2").ScoredSheet.Scores[0].GetValue() != "10" {
		t.Errorf("mended: code %d, %s%s", code, out, errs)
	}
}

func TestImportOfJSONLines(t *testing.T) {
	c := realServer(t)
	line := func(id, occasion, instrument, rest string) string {
		return fmt.Sprintf(`{"submission_id":%q,"patient":{"system":"personnummer","value":"191212121212"},"care_unit":"unit-1","episodeId":"e-1","occasion":%q,"answered_on":"2025-03-01","instrument":%q,"allow_new_episode":true,%s}`, id, occasion, instrument, rest)
	}
	lines := []string{
		line("j-1", "baseline", "nprs", `"answers":{"average_pain":7.0}`),
		line("j-2", "OCCASION_PROGRAMME_END", "nprs", `"answers":[{"item":"average_pain","value":3}],"mode":"phone"`),
		line("j-3", "baseline", "isi", `"positions":[1,2,null,0,0,"declined",2],"layout":"form"`),
		line("j-4", "baseline", "goal_evaluation", `"answers":{"goal_reached":7,"hours_per_week":12.5,"goal_area":"leisure","goal_set_on":"2025-01-15","comment":"better"}`),
		"",
		line("j-6", "baseline", "hads", `"answers":{"1":3},"answred":{}`),
		line("j-7", "baseline", "hads", `"answers":{"1":3,"1":2}`),
		line("j-8", "baseline", "hads", `"answers":{"1":"3"}`),
		line("j-9", "baseline", "hads", `"answers":{"1":3},"assisted":"yes"`),
		line("j-10", "some day", "hads", `"answers":{"1":3}`),
		line("j-11", "baseline", "hads", `"positions":[1,2.5]`),
		line("j-12", "baseline", "hads", `"care_unit":"unit-2"`),
		line("j-13", "baseline", "hads", `"answers":{"99":3}`),
		line("j-14", "baseline", "hads", `"answers":{"1":true}`),
		"[1]",
	}
	rejects := filepath.Join(t.TempDir(), "rejects.jsonl")
	file := write(t, "sheets.jsonl", strings.Join(lines, "\r\n")+"\n")
	code, out, errs := command(t, "", "import", file, "--rejects", rejects)
	if code != exitPartly {
		t.Fatalf("code %d, %s%s", code, out, errs)
	}
	for _, id := range []string{"j-1", "j-2", "j-3", "j-4"} {
		if storedSheet(t, c, id) == nil {
			t.Errorf("%s is not stored", id)
		}
	}
	if s := storedSheet(t, c, "j-2"); s.Occasion != pb.Occasion_OCCASION_PROGRAMME_END || s.Mode != pb.Mode_MODE_PHONE {
		t.Errorf("%v", s)
	}
	if s := storedSheet(t, c, "j-4"); s.Sheet.Answers == nil || !strings.Contains(s.String(), `decimal:"12.5"`) || !strings.Contains(s.String(), `code:"leisure"`) || !strings.Contains(s.String(), `date:"2025-01-15"`) || !strings.Contains(s.String(), `text:"better"`) {
		t.Errorf("%v", s)
	}
	got, err := os.ReadFile(rejects)
	if err != nil {
		t.Fatal(err)
	}
	reasons := []string{"BAD_FORMAT", "UNKNOWN_FIELD", "DUPLICATE_ITEM", "BAD_ANSWER", "BAD_FORMAT", "BAD_FORMAT", "BAD_ANSWER", "BAD_FORMAT", "UNKNOWN_ITEM", "BAD_ANSWER", "BAD_FORMAT"}
	refused := strings.Split(strings.TrimSpace(string(got)), "\n")
	if len(refused) != len(reasons) {
		t.Fatalf("%s", got)
	}
	for i, want := range reasons {
		var line struct {
			Refused struct {
				Line   string
				Sheets []refusedPart
			} `json:"painscore_refused"`
		}
		if err := json.Unmarshal([]byte(refused[i]), &line); err != nil || line.Refused.Line != fmt.Sprintf("sheets.jsonl:%d", i+5) || line.Refused.Sheets[0].Reason != want {
			t.Errorf("%v, want line %d %s: %s", err, i+5, want, refused[i])
		}
	}
	// A mended line may keep its note.
	mended := strings.Replace(refused[3], `"1":"3"`, `"1":3`, 1)
	if code, out, errs := command(t, "", "import", write(t, "mended.jsonl", mended+"\n")); code != exitDone || storedSheet(t, c, "j-8") == nil {
		t.Errorf("code %d, %s%s", code, out, errs)
	}
}

func TestImportSaysNothingOfAnybody(t *testing.T) {
	realServer(t)
	_, out, errs := command(t, "", "import", write(t, "pain.csv", painTable), "--map", write(t, "map.yaml", painMap))
	if strings.Contains(out+errs, "1212") {
		t.Errorf("%s%s", out, errs)
	}
}

func TestWhatAnImportCannotBeginWith(t *testing.T) {
	realServer(t)
	mapping, table := write(t, "map.yaml", painMap), write(t, "pain.csv", painTable)
	latin, broken := write(t, "latin.csv", strings.Repeat("a;b\n", 40000)+"\xf6;1\n"), write(t, "broken.csv", painTable+"1;\"2\n")
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"no file":             {nil, exitUsage, "name the files"},
		"no mapping":          {[]string{table}, exitUsage, "--map FILE"},
		"a mapping too many":  {[]string{table, "--format", "jsonl", "--map", mapping}, exitUsage, "are for CSV"},
		"format unknown":      {[]string{mapping}, exitUsage, "--format csv or jsonl"},
		"another format":      {[]string{table, "--format", "xlsx"}, exitUsage, "--format takes"},
		"batch":               {[]string{table, "--map", mapping, "--batch", "1001"}, exitUsage, "--batch takes"},
		"no such file":        {[]string{"nothing.csv", "--map", mapping}, exitUsage, "no such file"},
		"a folder":            {[]string{filepath.Dir(table), "--format", "csv", "--map", mapping}, exitUsage, "not a regular file"},
		"Windows-1252":        {[]string{latin, "--map", mapping}, exitBadInput, "latin.csv:40001: not UTF-8"},
		"a bad mapping":       {[]string{table, "--map", write(t, "bad.yaml", strings.Replace(painMap, "format: 1", "format: 3", 1))}, exitBadInput, "bad.yaml:1:1: format must be 1"},
		"a column that lacks": {[]string{table, "--map", write(t, "bad.yaml", strings.Replace(painMap, "column: ep", "column: epi", 1))}, exitBadInput, `bad.yaml:7:11: the table has no column "epi"`},
		"a broken row":        {[]string{broken, "--map", mapping}, exitBadInput, "broken.csv: line 9: extraneous"},
		"example and file":    {[]string{table, "--example-map", "hads"}, exitUsage, "reads no file"},
		"no such instrument":  {[]string{"--example-map", "hats"}, exitRefused, "UNKNOWN_INSTRUMENT"},
		"no server":           {[]string{table, "--map", mapping, "--addr", "127.0.0.1:1"}, exitUnreachable, "cannot be reached"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, errs := command(t, "", append([]string{"import"}, c.args...)...)
			if code != c.code || !strings.Contains(errs, c.want) {
				t.Errorf("code %d, %s", code, errs)
			}
		})
	}
}

func TestIDsOfThePatientNeedAKeyThatStays(t *testing.T) {
	realServer(t)
	body := strings.Replace(painMap, "{column: id}", "{from: [pnr, when]}", 1)
	table := write(t, "pain.csv", strings.Join(strings.SplitAfter(painTable, "\n")[:2], ""))
	key := filepath.Join(t.TempDir(), "id.key")
	run := func(args ...string) (int, string) {
		code, out, errs := command(t, "", append([]string{"import", table, "--map", write(t, "map.yaml", body)}, args...)...)
		return code, out + errs
	}
	if code, out := run(); code != exitBadInput || !strings.Contains(out, "--id-key") {
		t.Errorf("code %d, %s", code, out)
	}
	if code, out := run("--id-key", key); code != exitDone || !strings.Contains(out, "1 sheets stored\n") {
		t.Errorf("code %d, %s", code, out)
	}
	if code, out := run("--id-key", key); code != exitDone || !strings.Contains(out, "1 stored before\n") {
		t.Errorf("again: code %d, %s", code, out)
	}
	if info, err := os.Stat(key); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if code, out := run("--id-key", write(t, "x", "not a key")); code != exitUsage || !strings.Contains(out, "64 hexadecimal digits") {
		t.Errorf("code %d, %s", code, out)
	}
}

func TestAnExampleMapIsAcceptedForEveryInstrument(t *testing.T) {
	realServer(t)
	catalogue, err := instruments.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range catalogue.Active() {
		code, example, errs := command(t, "", "import", "--example-map", in.ID())
		if code != exitDone {
			t.Fatal(errs)
		}
		header := "personnummer;episode;occasion;date;form_id"
		for _, item := range in.Items() {
			header += ";" + in.ID() + "_" + item.Code
		}
		if code, out, errs := command(t, "", "import", write(t, "t.csv", header+"\n"), "--map", write(t, "m.yaml", example)); code != exitDone || !strings.Contains(out, "0 rows read") {
			t.Errorf("%s: code %d, %s%s", in.ID(), code, out, errs)
		}
	}
}

// A stream that breaks is the client's affair; the command hears nothing of it.
func TestProgressNamesNumbersOnly(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out, 1000)
	run := &importRun{total: 1000}
	run.read.Store(250)
	run.settled.Store(500)
	p.tick(run)
	if out.Len() > 0 {
		t.Errorf("at once: %s", out.String())
	}
	p.told, p.began = p.told.Add(-11*time.Second), time.Now().Add(-10*time.Second)
	p.tick(run)
	if got := out.String(); !strings.HasPrefix(got, "painscore: 500 sheets, ") || !strings.HasSuffix(got, " a second, 25 % of the files read, about 30s left\n") {
		t.Errorf("%s", got)
	}
	p.done()
}
