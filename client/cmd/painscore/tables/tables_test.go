package tables

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

const (
	number = pb.ExportColumnType_EXPORT_COLUMN_TYPE_NUMBER
	text   = pb.ExportColumnType_EXPORT_COLUMN_TYPE_TEXT
	person = pb.ExportColumnType_EXPORT_COLUMN_TYPE_PERSONNUMMER
)

var blank = []*pb.ExportMissing{{Code: -99, Reason: "left_blank"}, {Code: -97, Reason: "declined"}}

// header is of a delivery with a table of episodes and one of an instrument.
func header() *pb.ExportHeader {
	wide := func(name string) []string { return []string{"b_" + name, "e_" + name, "y_" + name} }
	return &pb.ExportHeader{Tables: []*pb.ExportTable{
		{Name: "episodes", Columns: []*pb.ExportColumn{
			{Name: "person", Variable: "person", Type: person}, {Name: "episode", Variable: "episode", Type: text}, {Name: "birth_year", Variable: "birth_year", Type: number, Missing: blank},
		}},
		{Name: "hads", Columns: []*pb.ExportColumn{
			{Name: "person", Variable: "person", Type: person}, {Name: "episode", Variable: "episode", Type: text},
			{Name: "occasion", Variable: "occasion", Type: text}, {Name: "respondent", Variable: "respondent", Type: text},
			{Name: "total", Variable: "hads__total", Type: number, Decimals: 2, Missing: blank, Label: "HADS total, the patient's", WideNames: wide("total")},
			{Name: "note", Variable: "hads__qnote", Type: text, Missing: blank, WideNames: wide("note")},
			{Name: "q1", Variable: "hads__q1", Type: number, Missing: blank, WideNames: wide("q1")},
		}},
	}}
}

func episodeRow(n int) *pb.ExportRow {
	return &pb.ExportRow{Table: 0, Numbers: []int64{1980}, Texts: []string{"191212121212", fmt.Sprint("e", n)}}
}

func formRow(n int, occasion, respondent string, total int64, note string, q1 int64) *pb.ExportRow {
	return &pb.ExportRow{Table: 1, Numbers: []int64{total, q1}, Texts: []string{"191212121212", fmt.Sprint("e", n), occasion, respondent, note}}
}

// written are the files of a delivery by name.
func written(t testing.TB, format Format, layout Layout, rows ...*pb.ExportRow) (map[string]string, []File) {
	t.Helper()
	folder, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	out, err := Create(folder, header(), format, layout)
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Add(rows); err != nil {
		t.Fatal(err)
	}
	files, err := out.Close()
	if err != nil {
		t.Fatal(err)
	}
	bodies := map[string]string{}
	for _, f := range files {
		body, err := os.ReadFile(filepath.Join(folder, f.Name))
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(filepath.Join(folder, f.Name)); err != nil || info.Mode().Perm() != 0o600 || info.Size() != f.Bytes {
			t.Errorf("%s: %v %v", f.Name, info.Mode(), err)
		}
		bodies[f.Name] = string(body)
	}
	return bodies, files
}

func TestNumbersArePrintedWithTheirDecimalsAndMissingCodesWhole(t *testing.T) {
	rows := []*pb.ExportRow{episodeRow(1), formRow(1, "baseline", "patient", 1450, "å", 2), formRow(1, "programme_end", "patient", -9900, "-99", -97), formRow(1, "other", "patient", -5, "", 0)}
	got, _ := written(t, CSV, Long, rows...)
	if want := "person,episode,occasion,respondent,total,note,q1\n191212121212,e1,baseline,patient,14.50,å,2\n" +
		"191212121212,e1,programme_end,patient,-99,-99,-97\n191212121212,e1,other,patient,-0.05,,0\n"; got["hads.csv"] != want {
		t.Errorf("csv:\n%s", got["hads.csv"])
	}
	got, _ = written(t, Excel, Long, rows...)
	if want := "\ufeffperson;episode;occasion;respondent;total;note;q1\n19121212-1212;e1;baseline;patient;14,50;å;2\n" +
		"19121212-1212;e1;programme_end;patient;-99;-99;-97\n19121212-1212;e1;other;patient;-0,05;;0\n"; got["hads.csv"] != want {
		t.Errorf("excel:\n%s", got["hads.csv"])
	}
	got, _ = written(t, JSONL, Long, rows...)
	if want := `{"person":"191212121212","episode":"e1","occasion":"programme_end","respondent":"patient","total":{"missing":"left_blank"},"note":{"missing":"left_blank"},"q1":{"missing":"declined"}}`; strings.Split(got["hads.jsonl"], "\n")[1] != want {
		t.Errorf("jsonl:\n%s", got["hads.jsonl"])
	}
}

// TestNoTextOfACSVIsAFormula draws texts a spreadsheet could take for one: they
// come back as they were, but for the sign before them and ends of lines.
func TestNoTextOfACSVIsAFormula(t *testing.T) {
	nasty := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"=1+1", "+46", "-1", "@SUM(A1)", "\t=1", "\r=1", "=HYPERLINK(\"http://x\";\"y\")", "a;b,\"c\"\n=d", "-2+3+cmd|' /C calc'!A0", "\r\n=x", "'=1", "\n=1", "",
	}))
	rapid.Check(t, func(r *rapid.T) {
		note := strings.ToValidUTF8(nasty.Draw(r, "text"), "?")
		for format, comma := range map[Format]rune{CSV: ',', Excel: ';', SPSS: ','} {
			got, _ := written(t, format, Long, episodeRow(1), formRow(1, "baseline", "patient", 100, note, 1))
			reader := csv.NewReader(strings.NewReader(strings.TrimPrefix(got["hads.csv"], "\ufeff")))
			reader.Comma = comma
			lines, err := reader.ReadAll()
			if err != nil || len(lines) != 2 {
				r.Fatalf("%s: %v %q", format, err, got["hads.csv"])
			}
			cell := lines[1][5]
			want := strings.ReplaceAll(strings.ReplaceAll(note, "\r\n", "\n"), "\r", "\n")
			if cell != want && cell != "'"+want {
				r.Errorf("%s: %q came back as %q", format, note, cell)
			}
			if _, err := strconv.ParseInt(cell, 10, 64); cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) && err != nil {
				r.Errorf("%s: %q begins like a formula", format, cell)
			}
		}
	})
}

// TestWideAndLongAgree draws episodes with forms: each of the patient's own at a
// canonical occasion stands in its columns of the wide file, and nothing else.
func TestWideAndLongAgree(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var rows []*pb.ExportRow
		want := map[string]string{}
		episodes := rapid.IntRange(1, 4).Draw(r, "episodes")
		for n := range episodes {
			rows = append(rows, episodeRow(n))
			for letter, occasion := range map[string]string{"b": "baseline", "e": "programme_end", "y": "follow_up_12_months", "o": "other"} {
				for _, who := range []string{"patient", "relative"} {
					if rapid.Bool().Draw(r, "there") {
						q1 := rapid.Int64Range(-97, 3).Draw(r, "q1")
						rows = append(rows, formRow(n, occasion, who, q1*100, fmt.Sprint("n", q1), q1))
						if who == "patient" && letter != "o" {
							want[fmt.Sprintf("e%d %s_q1", n, letter)] = fmt.Sprint(q1)
							want[fmt.Sprintf("e%d %s_note", n, letter)] = fmt.Sprint("n", q1)
						}
					}
				}
			}
		}
		got, _ := written(t, CSV, Wide, rows...)
		lines, err := csv.NewReader(strings.NewReader(got["wide.csv"])).ReadAll()
		if err != nil || len(lines) != episodes+1 || len(got) != 1 {
			r.Fatalf("%v\n%s", err, got["wide.csv"])
		}
		for _, line := range lines[1:] {
			for i, name := range lines[0] {
				if strings.HasSuffix(name, "_q1") || strings.HasSuffix(name, "_note") {
					if key := line[1] + " " + name; line[i] != want[key] {
						r.Errorf("%s is %q, want %q", key, line[i], want[key])
					}
				}
			}
		}
	})
}

func TestParquetReadsBack(t *testing.T) {
	got, _ := written(t, Parquet, Wide, episodeRow(1), formRow(1, "baseline", "patient", 1450, "å", -99), episodeRow(2))
	body := got["wide.parquet"]
	file, err := parquet.OpenFile(bytes.NewReader([]byte(body)), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	if codec := file.Metadata().RowGroups[0].Columns[0].MetaData.Codec.String(); codec != "SNAPPY" {
		t.Errorf("compressed with %s", codec)
	}
	type line struct {
		Episode string   `parquet:"episode,optional"`
		Total   *float64 `parquet:"b_total,optional"`
		Note    *string  `parquet:"b_note,optional"`
		Q1      *int64   `parquet:"b_q1,optional"`
		End     *float64 `parquet:"e_total,optional"`
		Year    *int64   `parquet:"birth_year,optional"`
	}
	lines, err := parquet.Read[line](bytes.NewReader([]byte(body)), int64(len(body)))
	if err != nil || len(lines) != 2 {
		t.Fatalf("%v %v", lines, err)
	}
	if a := lines[0]; a.Episode != "e1" || *a.Total != 14.5 || *a.Note != "å" || *a.Q1 != -99 || a.End != nil || *a.Year != 1980 {
		t.Errorf("%+v", a)
	}
	if b := lines[1]; b.Episode != "e2" || b.Total != nil || b.Note != nil || b.Q1 != nil {
		t.Errorf("%+v", b)
	}
}

func TestTheSameRowsMakeTheSameBytes(t *testing.T) {
	for _, format := range Formats {
		for _, layout := range []Layout{Long, Wide} {
			rows := []*pb.ExportRow{episodeRow(1), formRow(1, "baseline", "patient", 1450, "å", 2)}
			_, first := written(t, format, layout, rows...)
			_, again := written(t, format, layout, rows...)
			_, other := written(t, format, layout, episodeRow(1), formRow(1, "baseline", "patient", 1450, "å", 3))
			changed := false
			for i := range first {
				if first[i] != again[i] {
					t.Errorf("%s %s: %+v, then %+v", format, layout, first[i], again[i])
				}
				changed = changed || first[i].SHA256 != other[i].SHA256
			}
			if !changed || len(first) != len(again) {
				t.Errorf("%s %s: another value has the same hash", format, layout)
			}
		}
	}
}

func TestRowsThatDoNotFitAreRefused(t *testing.T) {
	for name, row := range map[string]*pb.ExportRow{
		"no such table": {Table: 7}, "below nought": {Table: -1}, "too few": {Table: 0, Numbers: []int64{1}}, "too many": {Table: 0, Numbers: []int64{1}, Texts: []string{"a", "b", "c"}},
		"of other types": {Table: 0, Numbers: []int64{1, 2}, Texts: []string{"a"}},
	} {
		for _, layout := range []Layout{Long, Wide} {
			out, err := Create(t.TempDir(), header(), CSV, layout)
			if err != nil {
				t.Fatal(err)
			}
			if err := out.Add([]*pb.ExportRow{episodeRow(1), row}); err == nil {
				t.Errorf("%s: taken", name)
			}
			out.Abandon()
		}
	}
	evil := header()
	evil.Tables[1].Name = "../x"
	if _, err := Create(t.TempDir(), evil, CSV, Long); err == nil {
		t.Error("a table's name leads out of the folder")
	}
	out, err := Create(t.TempDir(), header(), CSV, Wide)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Abandon()
	if err := out.Add([]*pb.ExportRow{formRow(1, "baseline", "patient", 1, "", 1)}); err == nil {
		t.Error("a form without its episode was taken")
	}
}

// TestSPSSIsReadByReadStat turns syntax and data into a .sav and back.
func TestSPSSIsReadByReadStat(t *testing.T) {
	if _, err := exec.LookPath("readstat"); err != nil && os.Getenv("CI") == "" {
		t.Skip("readstat is not installed")
	}
	folder := t.TempDir()
	out, err := Create(folder, header(), SPSS, Long)
	if err != nil {
		t.Fatal(err)
	}
	rows := []*pb.ExportRow{formRow(1, "baseline", "patient", 1450, "å; it's", 2), formRow(1, "baseline", "relative", -9900, "", -97)}
	for _, row := range rows {
		row.Texts[0] = "p1"
	}
	if err := out.Add(rows); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Close(); err != nil {
		t.Fatal(err)
	}
	// readstat (1.1.8) reads no quotes in the data, no text of more than eight
	// bytes and no negative MISSING VALUES, all of which SPSS does; the rest of
	// the syntax it takes as it is.
	change := func(name string, keep func(line string) bool) string {
		body, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		var kept strings.Builder
		for line := range strings.Lines(string(body)) {
			if keep(line) {
				kept.WriteString(line)
			}
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(kept.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	syntax := change("hads.sps", func(line string) bool { return !strings.HasPrefix(line, "MISSING VALUES") })
	for _, want := range []string{"MISSING VALUES total (-99 THRU -97).", "  total \"HADS total, the patient's\"\n", "  -97 'declined'.", "    total F8.2\n"} {
		if !strings.Contains(syntax, want) {
			t.Errorf("no %q in\n%s", want, syntax)
		}
	}
	for _, args := range [][]string{{"hads.csv", "hads.sps", "hads.sav"}, {"hads.sav", "back.csv"}} {
		cmd := exec.Command("readstat", args...)
		cmd.Dir = folder
		if told, err := cmd.CombinedOutput(); err != nil || bytes.Contains(told, []byte("Error")) {
			t.Fatalf("readstat %v: %v\n%s\n%s", args, err, told, syntax)
		}
	}
	body, err := os.ReadFile(filepath.Join(folder, "back.csv"))
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(bytes.NewReader(body)).ReadAll()
	if err != nil || len(lines) != 3 {
		t.Fatalf("%v\n%s", err, body)
	}
	if lines[1][5] != "å; it's" || !strings.HasPrefix(lines[1][4], "14.5") {
		t.Errorf("%q", lines[1])
	}
}

func TestJSONLinesAreJSON(t *testing.T) {
	got, _ := written(t, JSONL, Wide, episodeRow(1), formRow(1, "baseline", "patient", 1450, "<å>\n\"", 2), episodeRow(2))
	for line := range strings.Lines(got["wide.jsonl"]) {
		var object map[string]any
		if err := json.Unmarshal([]byte(line), &object); err != nil || len(object) != 3+9 {
			t.Errorf("%v: %s", err, line)
		}
	}
}
