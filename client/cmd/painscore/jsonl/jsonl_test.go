package jsonl

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/painscore/painscore/scoring"
)

// result is a line of output, as a program would read it.
type result struct {
	ID         json.RawMessage
	Instrument string
	Version    string
	Scores     []struct {
		Scale, Value, Profile, Band string
		ValueSet                    string `json:"value_set"`
		Prorated                    bool
		Answered, Expected          int
		ImputedItems                []string `json:"imputed_items"`
		Flags                       []string
		Direction, Rule             string
		Refusal                     *struct {
			Reason          string
			MissingItems    []string `json:"missing_items"`
			Lowest, Highest string
			SameBand        bool `json:"same_band"`
		}
	}
	DefinitionHash string `json:"definition_hash"`
	ScoringHash    string `json:"scoring_hash"`
	Error          *struct {
		Reason     string
		Violations []struct{ Field, Reason, Description string }
	}
}

func runText(t testing.TB, in string) (lines []result, raw string, count Count) {
	t.Helper()
	var out bytes.Buffer
	count, err := Run(context.Background(), strings.NewReader(in), &out, catalogue(t))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		var r result
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		lines = append(lines, r)
	}
	return lines, out.String(), count
}

func TestAProratedScoreHasTwoDecimals(t *testing.T) {
	lines, _, _ := runText(t, `{"id":7,"instrument":"hads","answers":{"1":3,"3":2,"5":1,"7":2}}`)
	r := lines[0]
	anxiety, depression := r.Scores[0], r.Scores[1]
	if string(r.ID) != "7" || r.Instrument != "hads" || r.Version != "1" || len(r.DefinitionHash) != 64 || len(r.ScoringHash) != 64 {
		t.Errorf("%+v", r)
	}
	if anxiety.Value != "14.00" || !anxiety.Prorated || anxiety.Answered != 4 || anxiety.Expected != 7 || anxiety.Band != "probable" ||
		!slices.Equal(anxiety.ImputedItems, []string{"9", "11", "13"}) || anxiety.Direction != "HIGHER_IS_WORSE" || anxiety.Rule != "half" {
		t.Errorf("%+v", anxiety)
	}
	if refusal := depression.Refusal; refusal == nil || refusal.Reason != "TOO_FEW_ANSWERS" || len(refusal.MissingItems) != 7 || refusal.Lowest != "0" || refusal.Highest != "21" || refusal.SameBand {
		t.Errorf("%+v", refusal)
	}
}

func TestAnIndexNamesItsValueSet(t *testing.T) {
	lines, _, _ := runText(t, `{"instrument":"eq_5d_5l","answers":{"mobility":2,"self_care":1,"usual_activities":3,"pain_discomfort":4,"anxiety_depression":2},"value_sets":["se_tto_2020","se_ctto_2022"]}`)
	got := map[string]string{}
	for _, s := range lines[0].Scores {
		got[s.Scale+s.ValueSet] = s.Value + s.Profile
	}
	for scale, want := range map[string]string{"indexse_tto_2020": "0.6976", "indexse_ctto_2022": "0.580", "profile": "21342", "level_sum": "12", "vas": ""} {
		if got[scale] != want {
			t.Errorf("%s is %q, want %q", scale, got[scale], want)
		}
	}
}

// The published vectors are the project's own proof that it scores as others
// do; here they pass through the reader and writer as well.
func TestPublishedVectorsComeOutAsPublished(t *testing.T) {
	file, err := os.ReadFile("../../../../scoring/testdata/published.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var input bytes.Buffer
	var expected []map[string]float64
	for line := range bytes.Lines(file) {
		var vector map[string]json.RawMessage
		var expect map[string]float64
		if err := json.Unmarshal(line, &vector); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(vector["expect"], &expect); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"expect", "source", "decimals"} {
			delete(vector, key)
		}
		text, _ := json.Marshal(vector)
		input.Write(append(text, '\n'))
		expected = append(expected, expect)
	}
	lines, _, _ := runText(t, input.String())
	for i, expect := range expected {
		got := map[string]string{}
		for _, s := range lines[i].Scores {
			name := s.Scale
			if s.ValueSet != "" {
				name += ":" + s.ValueSet
			}
			got[name] = s.Value
		}
		for scale, want := range expect {
			value, err := strconv.ParseFloat(got[scale], 64)
			if diff := value - want; err != nil || diff > 0.001 || diff < -0.001 {
				t.Errorf("vector %d, %s: %q, want %v (%+v)", i+1, scale, got[scale], want, lines[i].Error)
			}
		}
	}
}

func TestEveryProblemOfALineIsNamed(t *testing.T) {
	tests := []struct {
		name, line, reason string
		violations         []string // "field reason"
	}{
		{"all kinds of bad answer", `{"instrument":"hads","answers":{"1":4,"2":2.5,"3":"3","4":true,"5":[1],"6":{"a":1},"nope":1,"7":"not_applicable","1":1}}`, "INVALID_INPUT",
			[]string{"answers[0].value OUT_OF_RANGE", "answers[1].value NOT_WHOLE", "answers[2].value BAD_ANSWER", "answers[3].value BAD_ANSWER", "answers[4].value BAD_ANSWER",
				"answers[5].value BAD_ANSWER", "answers[6].item UNKNOWN_ITEM", "answers[7].value NOT_APPLICABLE_NOT_ALLOWED", "answers[8].item DUPLICATE_ITEM"}},
		{"numbers beyond all ranges", `{"instrument":"hads","answers":{"1":1e999999999,"2":-1e99,"3":4294967296,"4":99999999999999999999999}}`, "OUT_OF_RANGE",
			[]string{"answers[0].value OUT_OF_RANGE", "answers[1].value OUT_OF_RANGE", "answers[2].value OUT_OF_RANGE", "answers[3].value OUT_OF_RANGE"}},
		{"an item twice", `{"instrument":"hads","answers":{"1":1,"\u0031":1}}`, "DUPLICATE_ITEM", []string{"answers[1].item DUPLICATE_ITEM"}},
		{"no instrument", `{"answers":{}}`, "REQUIRED", []string{"instrument REQUIRED"}},
		{"instrument null", `{"instrument":null}`, "REQUIRED", []string{"instrument REQUIRED"}},
		{"unknown instrument", `{"instrument":"hadz","answers":{"1":2.5}}`, "UNKNOWN_INSTRUMENT", []string{"instrument UNKNOWN_INSTRUMENT"}},
		{"unknown version", `{"instrument":"hads","version":"99"}`, "UNKNOWN_VERSION", []string{"version UNKNOWN_VERSION"}},
		{"wrong types", `{"id":[],"instrument":5,"version":1,"answers":[],"positions":{},"layout":1,"coding":1,"value_sets":"x"}`, "BAD_FORMAT",
			[]string{"id BAD_FORMAT", "instrument BAD_FORMAT", "version BAD_FORMAT", "answers BAD_FORMAT", "positions BAD_FORMAT", "layout BAD_FORMAT", "coding BAD_FORMAT", "value_sets BAD_FORMAT"}},
		{"unknown key", `{"instrument":"hads","answers":{},"patient":"191212121212"}`, "UNKNOWN_FIELD", []string{"keys[2] UNKNOWN_FIELD"}},
		{"key twice, once with an escape", `{"instrument":"hads","instr\u0075ment":"isi"}`, "DUPLICATE_FIELD", []string{"instrument DUPLICATE_FIELD"}},
		{"answers and positions", `{"instrument":"hads","answers":{"1":1},"positions":[3,1,1,0,0,2,1,3,2,0,1,1,3,0]}`, "ANSWERS_AND_POSITIONS", []string{"positions ANSWERS_AND_POSITIONS"}},
		{"too few positions", `{"instrument":"hads","positions":[1,2]}`, "WRONG_COUNT", []string{"positions WRONG_COUNT"}},
		{"no positions", `{"instrument":"hads","positions":[]}`, "WRONG_COUNT", []string{"positions WRONG_COUNT"}},
		{"layout not named", `{"instrument":"isi","positions":[1,2,1,0,0,3,2]}`, "LAYOUT_NOT_NAMED", []string{"layout LAYOUT_NOT_NAMED"}},
		{"layout no text", `{"instrument":"isi","positions":[1,2,1,0,0,3,2],"layout":1}`, "BAD_FORMAT", []string{"layout BAD_FORMAT"}},
		{"unknown layout", `{"instrument":"isi","positions":[1,2,1,0,0,3,2],"layout":"x"}`, "UNKNOWN_LAYOUT", []string{"layout UNKNOWN_LAYOUT"}},
		{"layout not confirmed", `{"instrument":"cpaq_8","positions":[1,2,1,0,0,3,2,1],"layout":"alternating"}`, "LAYOUT_NOT_CONFIRMED", []string{"layout LAYOUT_NOT_CONFIRMED"}},
		{"unknown coding", `{"instrument":"hads","coding":"x"}`, "UNKNOWN_CODING", []string{"coding UNKNOWN_CODING"}},
		{"value sets", `{"instrument":"eq_5d_3l","value_sets":["se_tto_2014",5,"se_tto_2020","se_tto_2014"]}`, "INVALID_INPUT",
			[]string{"value_sets[1] BAD_FORMAT", "value_sets[2] UNKNOWN_VALUE_SET", "value_sets[3] DUPLICATE_VALUE_SET"}},
		{"too many answers", `{"instrument":"hads","answers":{"1":1` + strings.Repeat(`,"":0`, 500) + "}}", "", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			lines, raw, count := runText(t, test.line+"\n")
			if count != (Count{1, 1}) || lines[0].Error == nil {
				t.Fatalf("%+v %s", count, raw)
			}
			if test.violations == nil {
				if v := lines[0].Error.Violations[0]; v.Field != "answers" || v.Reason != "TOO_MANY" {
					t.Errorf("%+v", v)
				}
				return
			}
			var got []string
			for _, v := range lines[0].Error.Violations {
				got = append(got, v.Field+" "+v.Reason)
				if v.Description == "" {
					t.Errorf("%s has no description", v.Field)
				}
			}
			if lines[0].Error.Reason != test.reason || !slices.Equal(got, test.violations) {
				t.Errorf("reason %s, violations %q", lines[0].Error.Reason, got)
			}
		})
	}
}

func TestNothingThatWasSentIsRepeatedButTheID(t *testing.T) {
	const secret = "191212121212"
	_, raw, _ := runText(t, strings.ReplaceAll(`{"instrument":"SECRET"}
{"instrument":"hads","version":"SECRET"}
{"instrument":"hads","SECRET":1,"layout":"SECRET","coding":"SECRET","answers":{"SECRET":1,"1":"SECRET","2":SECRET},"value_sets":["SECRET"]}
SECRET
`, "SECRET", secret))
	if strings.Contains(raw, secret) {
		t.Error(raw)
	}
}

func TestTheIDComesBackAsItStands(t *testing.T) {
	for _, id := range []string{`"a"`, `7`, `1.50`, `-0`, `1e400`, `123456789012345678901234567890`, `"\u00e5\ud83d\ude00"`, `"å"`, `"\ud800"`, `""`} {
		for _, rest := range []string{`,"instrument":"hads"}`, `,"instrument":"nope"}`} {
			_, raw, _ := runText(t, `{"id": `+id+` `+rest)
			if !strings.HasPrefix(raw, `{"id":`+id+`,`) {
				t.Errorf("id %s: %.60s", id, raw)
			}
		}
	}
	_, raw, _ := runText(t, `{"id":null,"instrument":"hads"}`)
	if !strings.HasPrefix(raw, `{"id":null,"instrument":"hads"`) {
		t.Errorf("%.60s", raw)
	}
}

func TestEveryLineGetsOneResult(t *testing.T) {
	good := `{"id":1,"instrument":"hads"}`
	long := strings.Repeat("x", MaxLine)
	tests := []struct {
		name, in string
		want     []string // reason of each result; empty for scores
	}{
		{"nothing", "", nil},
		{"no line end at the end", good, []string{""}},
		{"Windows line ends", good + "\r\n" + good + "\r\n", []string{"", ""}},
		{"an empty line", good + "\n\n" + good + "\n", []string{"", "BAD_JSON", ""}},
		{"only spaces", " \t \n", []string{"BAD_JSON"}},
		{"no object", "[1]\n5\nnull\n\"x\"\n", []string{"BAD_JSON", "BAD_JSON", "BAD_JSON", "BAD_JSON"}},
		{"two objects", good + good + "\n" + good + "\n", []string{"BAD_JSON", ""}},
		{"broken in the middle", `{"id":1,"instrument":"hads","answers":{"1":` + "\n" + good, []string{"BAD_JSON", ""}},
		{"not UTF-8", "{\"id\":\"\xff\",\"instrument\":\"hads\"}\n" + good, []string{"BAD_JSON", ""}},
		{"a NUL byte", good + "\x00\n" + good, []string{"BAD_JSON", ""}},
		{"a byte-order mark", "\ufeff" + good + "\n\ufeff" + good, []string{"", "BAD_JSON"}},
		{"as long as a line may be", good + strings.Repeat(" ", MaxLine-len(good)) + "\r\n" + good, []string{"", ""}},
		{"one byte longer", good + strings.Repeat(" ", MaxLine-len(good)+1) + "\n" + good, []string{"LINE_TOO_LONG", ""}},
		{"far longer", long + long + long + "\n" + good + "\n" + long + long, []string{"LINE_TOO_LONG", "", "LINE_TOO_LONG"}},
		{"nested beyond reason", `{"x":` + strings.Repeat("[", 500_000) + "\n" + good, []string{"BAD_JSON", ""}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			check := func(in io.Reader) {
				t.Helper()
				var out bytes.Buffer
				if _, err := Run(context.Background(), in, &out, catalogue(t)); err != nil {
					t.Fatal(err)
				}
				var got []string
				for line := range strings.Lines(out.String()) {
					var r result
					json.Unmarshal([]byte(line), &r)
					if r.Error == nil {
						got = append(got, "")
					} else {
						got = append(got, r.Error.Reason)
						if string(r.ID) != "null" {
							t.Errorf("id %s of a line that is not JSON", r.ID)
						}
					}
				}
				if !slices.Equal(got, test.want) {
					t.Errorf("%q, want %q", got, test.want)
				}
			}
			check(strings.NewReader(test.in))
			check(iotest.DataErrReader(iotest.HalfReader(strings.NewReader(test.in))))
			if len(test.in) < 10_000 {
				check(iotest.OneByteReader(strings.NewReader(test.in)))
			}
		})
	}
}

func TestResultsAreWrittenBeforeMoreInputIsWaitedFor(t *testing.T) {
	in, feed := io.Pipe()
	read, out := io.Pipe()
	known := catalogue(t)
	go func() {
		_, err := Run(context.Background(), in, out, known)
		out.CloseWithError(err)
	}()
	answer := make(chan string)
	go func() {
		buf := make([]byte, 4096)
		n, _ := read.Read(buf)
		answer <- string(buf[:n])
		io.Copy(io.Discard, read)
		close(answer)
	}()
	io.WriteString(feed, `{"id":1,"instrument":"nprs","answers":{"average_pain":7}}`+"\n")
	select {
	case got := <-answer:
		if !strings.HasPrefix(got, `{"id":1,"instrument":"nprs"`) {
			t.Errorf("%s", got)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("no answer while the input stays open")
	}
	feed.Close()
	<-answer
}

func TestARunEndsWithItsReaderWriterAndContext(t *testing.T) {
	broken := errors.New("broken")
	known := catalogue(t)
	line := `{"instrument":"hads"}` + "\n"
	var out bytes.Buffer
	count, err := Run(context.Background(), io.MultiReader(strings.NewReader(line), iotest.ErrReader(broken)), &out, known)
	if err != broken || count.Lines != 1 || out.Len() == 0 {
		t.Errorf("%+v %v", count, err)
	}
	in, out2 := io.Pipe()
	in.CloseWithError(broken)
	if _, err := Run(context.Background(), strings.NewReader(line), out2, known); err != broken {
		t.Errorf("%v", err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Run(ended, strings.NewReader(line), &out, known); err != context.Canceled {
		t.Errorf("%v", err)
	}
}

func TestNumbersAreReadExactly(t *testing.T) {
	answer := func(v int32) scoring.Response { return scoring.Response{Kind: scoring.Answered, Value: v} }
	half, none := scoring.Response{Kind: scoring.NotWhole}, scoring.Response{Kind: scoring.NotANumber}
	for text, want := range map[string]scoring.Response{
		"0": answer(0), "-0": answer(0), "2": answer(2), "2.0": answer(2), "2.5": half, "1e0": answer(1), "1E+1": answer(10), "20e-1": answer(2), "25e-1": half,
		"-3": answer(-3), "-3.000": answer(-3), "0.0001": half, "0e999999999999": answer(0), "-0.0e-5": answer(0), "100": answer(100), "1000000000": answer(1000000000),
		"2147483647": answer(2147483647), "2147483648": answer(2147483647), "-2147483649": answer(-2147483648), "1e999999999999999999999": answer(2147483647), "-1e10": answer(-2147483648),
		"1e-999999999999999999999": half, "123456789012345678901234567890.5": half, "0.1e1": answer(1), "0." + strings.Repeat("0", 1000) + "1e1001": answer(1), "1" + strings.Repeat("0", 1000) + "e-1000": answer(1),
		"": none, "01": none, "1.": none, ".5": none, "+1": none, "1e": none, "0x1": none, " 1": none, "1 ": none, "-": none, "NaN": none, "Infinity": none, "1_0": none,
	} {
		if got := Number([]byte(text)); got != want {
			t.Errorf("%.40s is %+v, want %+v", text, got, want)
		}
	}
}
