package delivery

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/scoring/instruments"
	"github.com/painscore/painscore/server/registry"
	"github.com/painscore/painscore/server/store"
)

func catalogue(t testing.TB) *instruments.Catalogue {
	t.Helper()
	c, err := instruments.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// planOf is a plan with all built-in definitions for a recipient.
func planOf(t testing.TB, c *instruments.Catalogue, r Recipient) *Plan {
	t.Helper()
	list := []Recipient{r}
	if err := Check(list); err != nil {
		t.Fatal(err)
	}
	p := &Plan{Recipient: list[0], AsOf: map[string]int64{"u": 9}}
	for _, in := range c.List() {
		p.Definitions = append(p.Definitions, Definition{in.ID(), in.Version(), in.DefinitionHash(), in.ScoringHash()})
	}
	for _, set := range c.ValueSets() {
		p.ValueSets = append(p.ValueSets, set.ID())
	}
	return p
}

func tablesOf(t testing.TB, c *instruments.Catalogue, p *Plan) *Tables {
	t.Helper()
	tables, err := NewTables(p, func(v Version) (*scoring.Instrument, bool) { return c.Instrument(v.Instrument, v.Version) })
	if err != nil {
		t.Fatal(err)
	}
	return tables
}

var nrs = Recipient{ID: "nrs", Purpose: "p", Registry: "nrs"}

// drawForm is a form with any answers that an instrument takes, scored.
func drawForm(r *rapid.T, in *scoring.Instrument) (store.Submission, *scoring.Answers, *scoring.Result) {
	sheet := scoring.Sheet{}
	for _, item := range in.Items() {
		answer := scoring.Answer{Item: item.Code, Response: scoring.Response{Kind: rapid.SampledFrom([]scoring.Kind{
			scoring.Answered, scoring.Answered, scoring.Answered, scoring.Answered, scoring.LeftBlank, scoring.Declined, scoring.Unreadable, scoring.NotAsked,
		}).Draw(r, "kind")}}
		if answer.Kind == scoring.Answered {
			answer.Value = rapid.Int32Range(item.Min, item.Max).Draw(r, "value")
			if len(item.Values) > 0 {
				answer.Value = rapid.SampledFrom(item.Values).Draw(r, "value")
			}
		}
		sheet.Answers = append(sheet.Answers, answer)
	}
	for _, set := range in.ValueSets() {
		if rapid.Bool().Draw(r, "asked for") {
			sheet.ValueSets = append(sheet.ValueSets, set.ID())
		}
	}
	var answers scoring.Answers
	if problems := in.Read(&sheet, &answers); len(problems) > 0 {
		r.Fatalf("%s: %v", in.ID(), problems)
	}
	var result scoring.Result
	in.Score(&answers, &result)
	return store.Submission{
		Slot:              store.Slot{CareUnit: "u", EpisodeID: "e", Occasion: store.Baseline, Instrument: in.ID(), Respondent: store.Patient},
		InstrumentVersion: in.Version(), AnsweredOn: "2025-01-01", Assisted: rapid.Bool().Draw(r, "assisted"),
		Answers: string(scoring.AppendAnswers(nil, in, &answers)), Scores: string(scoring.AppendScores(nil, result.Scores)),
	}, &answers, &result
}

// values are a row's by variable, as a file would print them.
func values(table *Table, row Row) map[string]string {
	out := map[string]string{}
	numbers, texts := row.Numbers, row.Texts
	for _, c := range table.Columns {
		if c.Type != Number {
			out[c.Variable], texts = texts[0], texts[1:]
			continue
		}
		e := scoring.Fraction(numbers[0], power(c.Decimals))
		out[c.Variable], numbers = string(e.AppendDecimal(nil, scoring.AsNeeded)), numbers[1:]
	}
	return out
}

// TestEveryAnswerAndScoreStandsInItsColumn draws forms of every instrument: what
// a row says is what was answered and scored, or the code of why not.
func TestEveryAnswerAndScoreStandsInItsColumn(t *testing.T) {
	c := catalogue(t)
	plan := planOf(t, c, nrs)
	for _, in := range c.List() {
		if in.Typed() {
			continue
		}
		t.Run(in.ID(), func(t *testing.T) {
			tables := tablesOf(t, c, plan)
			table := &tables.List[tables.tableOf[in.ID()]]
			lowest := map[string]float64{}
			for _, m := range registry.CodebookOf([]*scoring.Instrument{in}).Variables {
				lowest[m.Name], _ = strconv.ParseFloat(m.Versions[0].Lowest, 64)
			}
			rapid.Check(t, func(r *rapid.T) {
				form, answers, result := drawForm(r, in)
				rows, err := tables.Add("p", "x", &store.Episode{CareUnit: "u"}, []store.Submission{form})
				if err != nil {
					r.Fatal(err)
				}
				got := values(table, rows[1])
				for i, item := range in.Items() {
					name := registry.Variable{Instrument: in.ID(), Kind: registry.ItemVariable, Code: item.Code}.Name()
					want := answers.Text(i)
					if reason, missing := registry.MissingAnswer(answers.Responses[i].Kind); missing {
						want = fmt.Sprint(reason.Number(min(0, lowest[name])))
					}
					if got[name] != want {
						r.Errorf("%s is %s, want %s", name, got[name], want)
					}
				}
				for i := range result.Scores {
					s := &result.Scores[i]
					name := registry.Variable{Instrument: in.ID(), Kind: registry.ScaleVariable, Code: s.Scale, ValueSet: s.ValueSet}.Name()
					if _, there := got[name]; !there {
						continue // an index without a value set has no column
					}
					want := fmt.Sprint(registry.MissingScore(s.Refusal.Reason).Number(min(0, lowest[name])))
					switch {
					case s.Outcome == scoring.Profiled:
						want = s.Text()
					case s.Outcome == scoring.Valued:
						exact, err := scoring.Decimal(s.Text()).Exact()
						if err != nil {
							r.Fatal(err)
						}
						want = string(exact.AppendDecimal(nil, scoring.AsNeeded))
					}
					if got[name] != want {
						r.Errorf("%s is %s, want %s", name, got[name], want)
					}
				}
			})
		})
	}
}

func TestAFormThatThePlanDoesNotNameIsAnError(t *testing.T) {
	c := catalogue(t)
	plan := planOf(t, c, nrs)
	tables := tablesOf(t, c, plan)
	form := store.Submission{Slot: store.Slot{Instrument: "hads"}, InstrumentVersion: "99"}
	if _, err := tables.Add("p", "x", &store.Episode{}, []store.Submission{form}); err == nil {
		t.Error("a form by an unknown definition was taken")
	}
	plan.Definitions[0].DefinitionHash = "another"
	if _, err := NewTables(plan, func(v Version) (*scoring.Instrument, bool) { return c.Instrument(v.Instrument, v.Version) }); err == nil {
		t.Error("a definition with another hash was taken")
	}
}

func TestARecipientHasItsOwnNamesOrderAndCodes(t *testing.T) {
	c := catalogue(t)
	r := nrs
	r.Columns = []Mapping{
		{Variable: "nprs__average_pain", Name: "PAIN", Recode: map[string]string{"7": "70", "-99": "9"}}, {Variable: "sex", Recode: map[string]string{"female": "K"}}, {Variable: "person", Name: "ID"},
	}
	r.Only = true
	tables := tablesOf(t, c, planOf(t, c, r))
	in, _ := c.Instrument("nprs", "")
	var answers scoring.Answers
	in.Read(&scoring.Sheet{Answers: []scoring.Answer{{Item: "average_pain", Response: scoring.Response{Kind: scoring.Answered, Value: 7}}}}, &answers)
	var result scoring.Result
	in.Score(&answers, &result)
	form := store.Submission{Slot: store.Slot{Instrument: "nprs", Occasion: store.Baseline, Respondent: store.Patient}, InstrumentVersion: in.Version(),
		Answers: string(scoring.AppendAnswers(nil, in, &answers)), Scores: string(scoring.AppendScores(nil, result.Scores))}
	rows, err := tables.Add("p", "x", &store.Episode{Sex: "female"}, []store.Submission{form})
	if err != nil {
		t.Fatal(err)
	}
	table := tables.List[tables.tableOf["nprs"]]
	var names []string
	for _, column := range append(slices.Clone(tables.List[0].Columns), table.Columns...) {
		names = append(names, column.Name)
	}
	if diff := cmp.Diff([]string{"ID", "episode", "sex", "ID", "episode", "occasion", "occasion_label", "respondent", "PAIN"}, names); diff != "" {
		t.Error(diff)
	}
	if pain := table.Columns[5]; !slices.Equal(pain.Wide, []string{"b_PAIN", "e_PAIN", "y_PAIN"}) {
		t.Errorf("wide names %v", pain.Wide)
	}
	want := []Row{{0, []int64{}, []string{"p", "x", "K"}}, {tables.tableOf["nprs"], []int64{70 * power(table.Columns[5].Decimals)}, []string{"p", "x", "baseline", "", "patient"}}}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []Mapping{{Variable: "nprs__average_pain", Recode: map[string]string{"7": "much"}}, {Variable: "sex", Name: "Episode"}} {
		r.Columns = []Mapping{bad}
		if _, err := NewTables(planOf(t, c, r), func(v Version) (*scoring.Instrument, bool) { return c.Instrument(v.Instrument, v.Version) }); err == nil {
			t.Errorf("taken: %+v", bad)
		}
	}
}

func TestEveryProblemOfARecipientIsListed(t *testing.T) {
	long := strings.Repeat("x", 31)
	for want, r := range map[string]Recipient{
		"id:":           {ID: "NRS", Purpose: "p", Registry: "nrs"},
		"purpose:":      {ID: "a", Registry: "nrs"},
		"registry:":     {ID: "a", Purpose: "p"},
		"identity:":     {ID: "a", Purpose: "p", Registry: "nrs", Identity: "name"},
		"delivered_by:": {ID: "a", Purpose: "p", Registry: "nrs", Identity: Personnummer},
		"an empty user": {ID: "a", Purpose: "p", Registry: "nrs", DeliveredBy: []string{""}},
		"only:":         {ID: "a", Purpose: "p", Registry: "nrs", Only: true},
		"and once":      {ID: "a", Purpose: "p", Registry: "nrs", Columns: []Mapping{{Variable: "sex"}, {Variable: "sex"}}},
		"at most 30":    {ID: "a", Purpose: "p", Registry: "nrs", Columns: []Mapping{{Variable: "sex", Name: long}}},
		"given twice":   {ID: "a", Purpose: "p", Registry: "nrs", Columns: []Mapping{{Variable: "sex", Name: "a"}, {Variable: "track", Name: "a"}}},
		"told apart":    {ID: "a", Purpose: "p", Registry: "nrs", Columns: []Mapping{{Variable: "person", Recode: map[string]string{"a": "b"}}}},
	} {
		if err := Check([]Recipient{r}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if err := Check([]Recipient{nrs, nrs}); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("twice: %v", err)
	}
	all := Recipient{}
	if err := Check([]Recipient{all}); strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("not all problems at once: %v", err)
	}
	list := []Recipient{nrs}
	if err := Check(list); err != nil || list[0].Key != "nrs" || list[0].Identity != Pseudonym {
		t.Errorf("%+v %v", list, err)
	}
}

// TestTheDeltaExplainsEveryForm: whatever two sides hold, what was before, less
// what left, plus what came, is what is after.
func TestTheDeltaExplainsEveryForm(t *testing.T) {
	side := rapid.Custom(func(r *rapid.T) (forms []store.Submission) {
		for i := range 6 {
			if rapid.Bool().Draw(r, "there") {
				forms = append(forms, store.Submission{
					Slot: store.Slot{Instrument: fmt.Sprint("i", i)}, SubmissionID: fmt.Sprint(rapid.IntRange(0, 1).Draw(r, "id")),
					Version: rapid.Int64Range(1, 2).Draw(r, "version"), RescorePlan: rapid.SampledFrom([]string{"", "p"}).Draw(r, "plan"), ChangeSeq: rapid.Int64Range(1, 9).Draw(r, "seq"),
				})
			}
		}
		return forms
	})
	rapid.Check(t, func(r *rapid.T) {
		before, after, since := side.Draw(r, "before"), side.Draw(r, "after"), rapid.Int64Range(0, 9).Draw(r, "since")
		n := len(before)
		touched := map[string]bool{}
		for _, c := range Compare(before, after, since, func(*store.Submission) ChangeKind { return Retracted }) {
			touched[c.Slot.Instrument] = true
			switch {
			case c.Kind.Adds():
				n++
			case c.Kind.Removes():
				n--
			}
			if c.Kind == AddedChosen || c.Kind == Added {
				i := slices.IndexFunc(after, func(s store.Submission) bool { return s.Slot == c.Slot })
				if (after[i].ChangeSeq > since) != (c.Kind == Added) {
					r.Errorf("%s, of change %d, since %d", c.Kind, after[i].ChangeSeq, since)
				}
			}
		}
		if n != len(after) {
			r.Errorf("%d explained, %d there", n, len(after))
		}
		for _, b := range before {
			if i := slices.IndexFunc(after, func(s store.Submission) bool { return s.Slot == b.Slot }); i >= 0 {
				b.ChangeSeq = after[i].ChangeSeq
				if same := cmp.Equal(b, after[i]); same == touched[b.Instrument] {
					r.Errorf("same %v, told %v: %+v %+v", same, touched[b.Instrument], b, after[i])
				}
			}
		}
	})
}

func TestTheDigestKnowsEveryValueAndItsPlace(t *testing.T) {
	seen := map[string]string{}
	for name, rows := range map[string][]Row{
		"one": {{0, []int64{1}, []string{"a", "b"}}}, "moved": {{0, []int64{1}, []string{"ab", ""}}}, "number": {{0, []int64{2}, []string{"a", "b"}}},
		"table": {{1, []int64{1}, []string{"a", "b"}}}, "two": {{0, []int64{1}, []string{"a", "b"}}, {0, nil, nil}}, "none": nil,
	} {
		tables := &Tables{rows: make([]int64, 2)}
		tables.count(rows)
		if other := seen[tables.Digest()]; other != "" {
			t.Errorf("%s and %s have one digest", name, other)
		}
		seen[tables.Digest()] = name
	}
}

func FuzzParsePlan(f *testing.F) {
	text, err := (&Plan{Recipient: nrs, AsOf: map[string]int64{"b": 2, "a": 1}}).Text()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add(`{"recipient":{"id":"a","unknown":1}}`)
	f.Fuzz(func(t *testing.T, text string) {
		plan, err := ParsePlan(text)
		if err != nil {
			return
		}
		once, err := plan.Text()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParsePlan(once)
		if err != nil {
			t.Fatalf("what was written is not read: %v", err)
		}
		if twice, _ := again.Text(); twice != once {
			t.Errorf("not the same text again:\n%s\n%s", once, twice)
		}
	})
}

func FuzzScaled(f *testing.F) {
	f.Add("-1.50", 2)
	f.Add("1.", 1)
	f.Add(".", 0)
	f.Fuzz(func(t *testing.T, text string, decimals int) {
		if decimals < 0 || decimals > 9 {
			return
		}
		n, err := scaled(text, decimals)
		if err != nil {
			return
		}
		want, err := strconv.ParseFloat(text, 64)
		if got := float64(n) / float64(power(decimals)); err != nil || got-want > 1e-6*max(1, want, -want) || want-got > 1e-6*max(1, want, -want) {
			t.Errorf("%q is %v, read as %v (%v)", text, want, got, err)
		}
	})
}
