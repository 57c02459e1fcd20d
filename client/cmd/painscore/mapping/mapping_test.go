package mapping_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/painscore/painscore/client/cmd/painscore/mapping"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

var update = flag.Bool("update", false, "write the .err files anew; read the difference before committing it")

// demo is an instrument with an item of every type, a coding and two layouts.
var demo = &pb.Instrument{
	Instrument: "demo", Version: "1",
	Items: []*pb.Item{
		{Item: "a", Lowest: 0, Highest: 3, Type: pb.ItemType_ITEM_TYPE_WHOLE_NUMBER},
		{Item: "b", Lowest: 0, Highest: 10, Type: pb.ItemType_ITEM_TYPE_WHOLE_NUMBER, NotApplicableAllowed: true},
		{Item: "hours", Lowest: 0, Highest: 80, Type: pb.ItemType_ITEM_TYPE_DECIMAL, Decimals: 1},
		{Item: "area", Codes: []string{"work", "leisure"}, Type: pb.ItemType_ITEM_TYPE_CODE},
	},
	Codings: []*pb.Coding{{Coding: "box_position", Maps: []*pb.CodedItems{{Items: []string{"a"}, Values: []*pb.CodedValue{{Given: 1, Value: 0}, {Given: 4, Value: 3}}}}}},
	Layouts: []*pb.Layout{
		{Layout: "form", Items: []string{"b", "a", "area", "hours"}, Accepted: true},
		{Layout: "rumoured", Items: []string{"a", "b", "area", "hours"}},
	},
	ValueSets: []*pb.ValueSet{{ValueSet: "se_2020"}},
}

func definitions(instrument, version string) (*pb.Instrument, bool, error) {
	return demo, instrument == "demo" && (version == "" || version == "1"), nil
}

var header = []string{"pnr", "ep", "when", "date", "id", "A", "B", "H", "R", "twice", "twice", "A2", "date2"}

func good(t testing.TB) string {
	t.Helper()
	body, err := os.ReadFile("testdata/good.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// bind reads and binds, as far as it goes.
func bind(body string, key []byte) (*mapping.Plan, error) {
	m, err := mapping.Read("map.yaml", []byte(body))
	if err != nil {
		return nil, err
	}
	return m.Bind(header, definitions, key)
}

// Each file of testdata/bad breaks one rule of testdata/good.yaml; the .err file
// beside it holds the whole message, with line and column.
func TestEveryRuleIsEnforcedWithItsMessage(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d bad files, %v", len(files), err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			body, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			_, refused := bind(string(body), nil)
			if refused == nil {
				t.Fatal("accepted")
			}
			golden, got := strings.TrimSuffix(name, ".yaml")+".err", refused.Error()+"\n"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil || string(want) != got {
				t.Errorf("got\n%swant\n%s%v", got, want, err)
			}
		})
	}
}

// cells is a row of the good table with some columns changed.
func cells(changes ...string) []string {
	row := []string{"19121212-1212", "e-1", "T0", "01.03.2025", "f-1", "3", "10", "12,5", "work", "", "", "1", "02.03.2025"}
	for i := 0; i < len(changes); i += 2 {
		row[slices.Index(header, changes[i])] = changes[i+1]
	}
	return row
}

func plan(t testing.TB, body string, key []byte) *mapping.Plan {
	t.Helper()
	p, err := bind(body, key)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func number(item string, v int32) *pb.Answer {
	return &pb.Answer{Item: item, Response: &pb.Answer_Value{Value: v}}
}

func none(item string, why pb.NotAnswered) *pb.Answer {
	return &pb.Answer{Item: item, Response: &pb.Answer_NotAnswered{NotAnswered: why}}
}

func TestARowBecomesASubmission(t *testing.T) {
	records := plan(t, good(t), nil).Row(cells())
	want := &pb.SubmitRequest{
		SubmissionId: "f-1", Patient: &pb.PatientIdentifier{System: "personnummer", Value: "19121212-1212"}, CareUnit: "unit-1", EpisodeId: "e-1",
		Occasion: pb.Occasion_OCCASION_BASELINE, AnsweredOn: "2025-03-01", Mode: pb.Mode_MODE_PAPER, Instrument: "demo", Version: "1", ValueSets: []string{"se_2020"},
		Answers: []*pb.Answer{
			number("a", 3), number("b", 10), {Item: "hours", Response: &pb.Answer_Decimal{Decimal: "12.5"}}, {Item: "area", Response: &pb.Answer_Code{Code: "work"}},
		},
	}
	if len(records) != 1 || len(records[0].Violations) > 0 {
		t.Fatalf("%+v", records)
	}
	if diff := cmp.Diff(want, records[0].Request, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	for field, column := range map[string]string{"answers[1].value": "B", "answers[3]": "R", "patient.value": "pnr", "answered_on": "date", "care_unit": "care_unit", "submission_id": "id", "occasion": "when", "answers[9].value": "answers[9].value"} {
		if got := records[0].Column(field); got != column {
			t.Errorf("%s is column %s, want %s", field, got, column)
		}
	}
}

// Each change of one cell, and the answer or the violations that follow.
func TestCells(t *testing.T) {
	for _, c := range []struct {
		column, cell string
		want         *pb.Answer // nil: a violation at the column
		reason       string
	}{
		{"A", " 2 ", number("a", 2), ""},
		{"A", "\u00a02", number("a", 2), ""},
		{"A", "2,0", number("a", 2), ""},
		{"A", "0", number("a", 0), ""},
		{"A", "7", number("a", 7), ""}, // out of range: for the server to say
		{"A", "", none("a", pb.NotAnswered_NOT_ANSWERED_LEFT_BLANK), ""},
		{"A", "999", none("a", pb.NotAnswered_NOT_ANSWERED_UNREADABLE), ""},
		{"B", "-1", none("b", pb.NotAnswered_NOT_ANSWERED_NOT_APPLICABLE), ""},
		{"B", "9", number("b", 9), ""},
		{"A", "2.0", nil, "BAD_ANSWER"}, // the decimal mark is a comma
		{"A", "2,5", nil, "BAD_ANSWER"},
		{"A", "two", nil, "BAD_ANSWER"},
		{"A", "1 2", nil, "BAD_ANSWER"},
		{"A", "1,000,000", nil, "BAD_ANSWER"},
		{"A", "=1", nil, "BAD_ANSWER"},
		{"H", "7", &pb.Answer{Item: "hours", Response: &pb.Answer_Decimal{Decimal: "7"}}, ""},
		{"H", "x", nil, "BAD_ANSWER"},
		{"R", "anything", &pb.Answer{Item: "area", Response: &pb.Answer_Code{Code: "anything"}}, ""},
		{"date", "2025-03-01", nil, "BAD_DATE"},
		{"date", "1.3.2025", nil, "BAD_DATE"},
		{"date", "31.02.2025", nil, "BAD_DATE"},
		{"when", "T9", nil, "UNKNOWN_CODE"},
		{"when", "", nil, "UNKNOWN_CODE"},
	} {
		record := plan(t, good(t), nil).Row(cells(c.column, c.cell))[0]
		if c.want == nil {
			if len(record.Violations) != 1 || record.Violations[0].Field != c.column || record.Violations[0].Reason != c.reason || c.cell != "" && len(c.cell) > 2 && strings.Contains(record.Violations[0].Description, c.cell) {
				t.Errorf("%s %q: %+v", c.column, c.cell, record.Violations)
			}
			continue
		}
		if len(record.Violations) > 0 {
			t.Errorf("%s %q: %+v", c.column, c.cell, record.Violations)
			continue
		}
		i := slices.IndexFunc(record.Request.Answers, func(a *pb.Answer) bool { return a.Item == c.want.Item })
		if diff := cmp.Diff(c.want, record.Request.Answers[i], protocmp.Transform()); diff != "" {
			t.Errorf("%s %q: %s", c.column, c.cell, diff)
		}
	}
}

func TestAnEmptyCellMeansNothingByItself(t *testing.T) {
	p := plan(t, strings.Replace(good(t), `  "": left_blank`+"\n", "", 1), nil)
	if v := p.Row(cells("A", ""))[0].Violations; len(v) != 1 || v[0].Field != "A" || v[0].Reason != "BAD_ANSWER" {
		t.Errorf("%+v", v)
	}
}

func TestARowWithoutAnyAnswerIsWhatTheMappingSays(t *testing.T) {
	blank := cells("A", "", "B", " ", "H", "", "R", "\u00a0")
	for word, want := range map[string]int{"skip": 0, "store": 1} {
		records := plan(t, strings.Replace(good(t), "when_blank: refuse", "when_blank: "+word, 1), nil).Row(blank)
		if len(records) != want || want == 1 && len(records[0].Violations) > 0 {
			t.Errorf("%s: %+v", word, records)
		}
	}
	for _, body := range []string{good(t), strings.Replace(good(t), "    when_blank: refuse\n", "", 1)} {
		if v := plan(t, body, nil).Row(blank)[0].Violations; len(v) != 1 || v[0].Field != "when_blank" {
			t.Errorf("%+v", v)
		}
	}
	// A code for "missing" is a mark on the form.
	if records := plan(t, strings.Replace(good(t), "when_blank: refuse", "when_blank: skip", 1), nil).Row(cells("A", "999", "B", "", "H", "", "R", "")); len(records) != 1 {
		t.Errorf("%+v", records)
	}
}

const wide = `
  - instrument: demo
    submission_id: {from: [id]}
    coding: box_position
    occasion: {constant: programme_end}
    answered_on: {column: date2, date: DD.MM.YYYY}
    answers: {a: A2}
    not_asked: [b, hours, area]
`

func TestAWideRowHoldsSeveralForms(t *testing.T) {
	records := plan(t, good(t)+wide, nil).Row(cells())
	if len(records) != 2 || records[1].Form != 1 || len(records[1].Violations) > 0 {
		t.Fatalf("%+v", records)
	}
	got := records[1].Request
	asked := pb.NotAnswered_NOT_ANSWERED_NOT_ASKED
	if diff := cmp.Diff([]*pb.Answer{number("a", 1), none("b", asked), none("hours", asked), none("area", asked)}, got.Answers, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	if got.Occasion != pb.Occasion_OCCASION_PROGRAMME_END || got.AnsweredOn != "2025-03-02" || got.Coding != "box_position" || got.Version != "" {
		t.Errorf("%v", got)
	}
	if records[0].Request.Occasion != pb.Occasion_OCCASION_BASELINE || records[0].Request.AnsweredOn != "2025-03-01" || records[0].Request.Coding != "" {
		t.Errorf("the other form: %v", records[0].Request)
	}
}

func TestWhenPicksTheRowsOfAForm(t *testing.T) {
	body := strings.Replace(good(t), "    when_blank: refuse\n", "    when: {column: twice2, is: HADS}\n", 1)
	body = strings.Replace(body, "twice2", "R", 1)
	if records := plan(t, body, nil).Row(cells()); len(records) != 0 {
		t.Errorf("%+v", records)
	}
	if records := plan(t, body, nil).Row(cells("R", " HADS ")); len(records) != 1 {
		t.Errorf("%+v", records)
	}
}

func TestListedValuesStandForAnswers(t *testing.T) {
	body := strings.Replace(good(t), "    answers:", `    values: {"none": 0, "some": 1, "16": not_applicable}
    item_values:
      - {items: [hours, area], values: {"none": 0, "12,5": 12.5, work: work}}
    answers:`, 1)
	row := plan(t, body, nil).Row(cells("A", "some", "B", "16", "H", "none"))[0]
	want := []*pb.Answer{number("a", 1), none("b", pb.NotAnswered_NOT_ANSWERED_NOT_APPLICABLE), {Item: "hours", Response: &pb.Answer_Decimal{Decimal: "0"}}, {Item: "area", Response: &pb.Answer_Code{Code: "work"}}}
	if diff := cmp.Diff(want, row.Request.Answers, protocmp.Transform()); diff != "" || len(row.Violations) > 0 {
		t.Error(diff, row.Violations)
	}
	if v := plan(t, body, nil).Row(cells("A", "1", "B", "none"))[0].Violations; len(v) != 1 || v[0].Field != "A" {
		t.Errorf("a cell that is not listed: %+v", v)
	}
}

func TestPositionsAreTheSameSheet(t *testing.T) {
	body := good(t)
	body = body[:strings.Index(body, "    answers:")] + "    positions: [B, A, R, H]\n    layout: form\n"
	got := plan(t, body, nil).Row(cells())[0].Request.Answers
	if len(got) != 4 || got[0].Item != "b" || got[0].GetValue() != 10 || got[1].Item != "a" || got[2].GetCode() != "work" {
		t.Errorf("%v", got)
	}
}

func TestIDsMadeOfColumnsAreTheSameAtEveryRunAndSayNothing(t *testing.T) {
	body := strings.Replace(good(t), "{column: id}", "{from: [id, when]}", 1)
	id := func(p *mapping.Plan, changes ...string) string {
		record := p.Row(cells(changes...))[0]
		if len(record.Violations) > 0 {
			t.Errorf("%+v", record.Violations)
		}
		return record.Request.SubmissionId
	}
	p := plan(t, body, nil)
	first := id(p)
	if id(plan(t, body, nil)) != first || len(first) > 64 || len(first) < 40 {
		t.Errorf("%s", first)
	}
	for _, other := range []string{id(p, "id", "f-2"), id(p, "when", "T1"), id(p, "id", "f-1T", "when", "T0"), id(plan(t, body, []byte("key")))} {
		if other == first {
			t.Error("two forms under one id")
		}
	}
	if id(p, "A", "1", "pnr", "191212121212") != first {
		t.Error("what is no part of the id changes it")
	}
	if v := p.Row(cells("id", "x-121212-1212"))[0].Violations; len(v) != 1 || v[0].Reason != "IDENTIFIER_IN_TEXT" || v[0].Field != "id" {
		t.Errorf("%+v", v)
	}
	if v := p.Row(cells("id", "", "when", ""))[0].Violations; !slices.ContainsFunc(v, func(v mapping.Violation) bool { return v.Field == "id, when" && v.Reason == "REQUIRED" }) {
		t.Errorf("%+v", v)
	}
	keyed := strings.Replace(good(t), "{column: id}", "{from: [pnr, when]}", 1)
	if _, err := bind(keyed, nil); err == nil || !strings.Contains(err.Error(), "--id-key") {
		t.Errorf("of the patient, without a key: %v", err)
	}
	one, other := id(plan(t, keyed, []byte("one key"))), id(plan(t, keyed, []byte("another")))
	if one == other || one != id(plan(t, keyed, []byte("one key"))) {
		t.Error("the key makes no difference, or a new one each time")
	}
}

func TestTheExampleFitsItsInstrument(t *testing.T) {
	body := string(mapping.Example(demo))
	m, err := mapping.Read("example", []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Bind([]string{"personnummer", "episode", "occasion", "date", "form_id", "demo_a", "demo_b", "demo_hours", "demo_area"}, definitions, nil); err != nil {
		t.Error(err)
	}
}

func FuzzMapping(f *testing.F) {
	f.Add(good(f))
	f.Add(good(f) + wide)
	f.Add("format: 1\nforms: [{when: {}}]")
	f.Fuzz(func(t *testing.T, body string) {
		p, err := bind(body, nil)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\x00") {
				t.Error("control characters in a message")
			}
			return
		}
		p.Row(cells())
		p.Row(cells("A", "", "B", "", "H", "", "R", ""))
	})
}

func FuzzRow(f *testing.F) {
	p := plan(f, good(f)+wide, nil)
	for _, cell := range []string{"", "3", "1e999999999", "-0", "0x1", "NaN", "1,5", "999", "\u00a0", "\xff"} {
		f.Add(cell, cell, cell, cell)
	}
	f.Fuzz(func(t *testing.T, a, b, hours, date string) {
		for _, record := range p.Row(cells("A", a, "B", b, "H", hours, "date", date, "A2", a)) {
			if len(record.Violations) > 0 {
				continue
			}
			for _, answer := range record.Request.Answers {
				if answer.Response == nil {
					t.Errorf("item %s has neither an answer nor a reason for none", answer.Item)
				}
			}
		}
	})
}
