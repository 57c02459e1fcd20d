package jsonl

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/scoring/instruments"
)

// builtin holds the built-in instruments and the example of a site form.
var builtin = sync.OnceValues(func() (*instruments.Catalogue, error) {
	c, err := instruments.Builtin()
	if err == nil {
		body, _ := instruments.Skeleton("goal_evaluation")
		err = c.AddFile("goals.yaml", body)
	}
	return c, err
})

func catalogue(t testing.TB) Catalogue {
	t.Helper()
	c, err := builtin()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// agree holds one line against the reference.
func agree(t interface {
	Helper()
	Fatalf(string, ...any)
}, scorer *Scorer, text []byte) {
	t.Helper()
	before := bytes.Clone(text)
	got, ok := scorer.AppendLine(nil, text)
	want, record, valid := reference(text, scorer.catalogue)
	if !bytes.Equal(text, before) {
		t.Fatalf("the line was changed")
	}
	if bytes.Count(got, []byte("\n")) != 1 || !bytes.HasSuffix(got, []byte("\n")) || !json.Valid(got) {
		t.Fatalf("not one line of JSON: %q", got)
	}
	if bad := bytes.Contains(got, []byte(`"reason":"BAD_JSON"`)); bad == valid {
		t.Fatalf("line %q: taken as JSON %v, encoding/json says %v", text, !bad, valid)
	}
	if ok != !bytes.Contains(got, []byte(`"error":{`)) {
		t.Fatalf("line %q: ok is %v for %s", text, ok, got)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("line %q:\n got %s\nwant %s", text, got, want)
	}
	if ok {
		if read := string(scoring.AppendAnswers(nil, scorer.result.Instrument, &scorer.answers)); read != record {
			t.Fatalf("line %q:\n read %s\nwant %s", text, read, record)
		}
	}
}

// pieces are what generated lines are put together from.
var (
	keys  = []string{"id", "instrument", "version", "answers", "positions", "layout", "coding", "value_sets", "identity", "Instrument", "", "instr\\u0075ment", "answers\\n"}
	names = []string{"hads", "isi", "eq_5d_5l", "eq_5d_3l", "cpaq_8", "wai", "lisat_11", "nprs", "goal_evaluation", "goal_evaluation", "nope", "", "1", "form", "mapi", "blocked", "alternating", "box_position", "se_tto_2020", "se_ctto_2022", "se_tto_2014", "ha\\u0064s"}
	items = []string{"1", "2", "3", "4", "5", "6", "7", "14", "vas", "mobility", "self_care", "vocation", "partner_relation", "diseases", "falling_asleep", "\\u0031", "nope", "",
		"goal_reached", "hours_per_week", "goal_area", "work_status", "goal_set_on", "goal_in_own_words", "comment"}
	values = []string{"0", "1", "2", "3", "4", "-1", "9", "100", "2.0", "2.5", "1e0", "20e-1", "-0", "0e5", "0.0", "1e999999999", "-1e99", "1e-9", "0.1e1", "0.00000000000000000001e20", "4294967297", "99999999999999999999999", "2147483648",
		"12.5", "125e-1", "0.00125e4", "-0.5", "1e-50", "12345678901234567890123456789012345678901.5", `"leisure"`, `"2024-02-29"`, `"2024-02-30"`, `"a\u00e5\n\"b\""`,
		"null", `"declined"`, `"not_applicable"`, `"unreadable"`, `"not_asked"`, `"left_blank"`, `"3"`, `"declin\u0065d"`, "true", "false", "[]", "{}", `[1,{"a":[]}]`, `"\ud800"`, `"\ud83d\ude00"`, "01", "1.", ".5", "+1", "1e", "nul", "NaN", `"\x"`, "\"\x01\"", "\"\xff\""}
)

func line1(t *rapid.T) string {
	quoted := func(list []string, label string) string {
		return `"` + rapid.SampledFrom(list).Draw(t, label) + `"`
	}
	space := func() string {
		return rapid.SampledFrom([]string{"", "", "", " ", "\t", "\r", " \n "}).Draw(t, "space")
	}
	value := func() string { return rapid.SampledFrom(values).Draw(t, "value") }
	list := func(n int, each func() string) string {
		parts := make([]string, rapid.IntRange(0, n).Draw(t, "n"))
		for i := range parts {
			parts[i] = space() + each()
		}
		return strings.Join(parts, ",")
	}
	member := func() string {
		key := quoted(keys, "key")
		v := ""
		switch rapid.IntRange(0, 5).Draw(t, "kind") {
		case 0:
			v = value()
		case 1, 2:
			v = quoted(names, "name")
		case 3:
			v = "{" + list(16, func() string { return quoted(items, "item") + ":" + value() }) + space() + "}"
		case 4:
			v = "[" + list(16, value) + "]"
		case 5:
			v = "[" + list(3, func() string { return quoted(names, "name") }) + "]"
		}
		return key + space() + ":" + space() + v + space()
	}
	text := `{"instrument":` + quoted(names, "instrument") + `,"answers":{` + list(16, func() string { return quoted(items, "item") + ":" + value() }) + "}"
	if rapid.Bool().Draw(t, "free") {
		text = "{" + member()
	}
	for range rapid.IntRange(0, 4).Draw(t, "members") {
		text += "," + member()
	}
	return text + "}"
}

func TestEveryLineIsAnsweredAsTheReferenceDoes(t *testing.T) {
	scorer := NewScorer(catalogue(t))
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(line1(t))
		if rapid.IntRange(0, 3).Draw(t, "spoil") == 0 {
			i := rapid.IntRange(0, len(text)-1).Draw(t, "where")
			switch rapid.IntRange(0, 2).Draw(t, "how") {
			case 0:
				text = text[:i]
			case 1:
				text[i] = rapid.Byte().Draw(t, "byte")
			case 2:
				text = append(text[:i], text[i+1:]...)
			}
		}
		agree(t, scorer, text)
	})
}

func FuzzJSONL(f *testing.F) {
	published, err := os.ReadFile("../../../../scoring/testdata/published.jsonl")
	if err != nil {
		f.Fatal(err)
	}
	for i, line := range bytes.Split(bytes.TrimSpace(published), []byte("\n")) {
		if i%8 == 0 {
			f.Add(line)
		}
	}
	for _, v := range values {
		f.Add([]byte(`{"id":` + v + `,"instrument":"hads","answers":{"1":` + v + `}}`))
	}
	f.Add([]byte("{\"instrument\":\"hads\"}\r\n\n{\n\xff"))
	scorer := NewScorer(catalogue(f))
	f.Fuzz(func(t *testing.T, text []byte) {
		var out bytes.Buffer
		count, err := Run(context.Background(), bytes.NewReader(text), &out, scorer.catalogue)
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.Split(text, []byte("\n"))
		if len(lines[len(lines)-1]) == 0 {
			lines = lines[:len(lines)-1]
		}
		if got := bytes.Count(out.Bytes(), []byte("\n")); got != len(lines) || got != count.Lines {
			t.Fatalf("%d results, counted %d, for %d lines", got, count.Lines, len(lines))
		}
		for _, line := range lines {
			agree(t, scorer, line)
		}
	})
}
