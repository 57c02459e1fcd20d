package registry

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/scoring/instruments"
	"github.com/painscore/painscore/server/store"
)

// pain is a case with NPRS answers at the three occasions; negative: no form.
func pain(n int, baseline, end, year int) Case {
	c := Case{Episode: store.Episode{
		CareUnit: "unit", EpisodeID: fmt.Sprintf("e%03d", n), PatientKey: fmt.Sprintf("p%03d", n), CareLevel: "mmrsv", ProgrammeType: "pain",
		ReferredOn: "2024-01-01", FirstVisitOn: "2024-02-01", StartedOn: "2024-03-01", EndedOn: "2024-04-12", Status: "completed",
	}}
	for i, value := range []int{baseline, end, year} {
		if value >= 0 {
			c.Forms = append(c.Forms, painForm(c.Episode.EpisodeID, canonical[i], value))
		}
	}
	return c
}

func painForm(episode string, occasion store.Occasion, value int) store.Submission {
	return store.Submission{
		Slot:              store.Slot{CareUnit: "unit", EpisodeID: episode, Occasion: occasion, Instrument: "nprs", Respondent: store.Patient},
		InstrumentVersion: "1", AnsweredOn: "2024-02-01", Answers: fmt.Sprintf("average_pain=%d", value), Scores: fmt.Sprintf("average_pain=%d worse 1/1", value),
	}
}

func (r *Report) pain(t *testing.T, group int) ScaleFigures {
	t.Helper()
	at := slices.IndexFunc(r.Groups[group].Scales, func(f ScaleFigures) bool { return f.Scale == "average_pain" })
	if at < 0 {
		t.Fatal("no NPRS in the report")
	}
	return r.Groups[group].Scales[at]
}

func near(t *testing.T, what string, got Figure, want float64) {
	t.Helper()
	if got.Reason != "" || math.Abs(got.Value-want) > 5e-5 {
		t.Errorf("%s is %v %s, not %v", what, got.Value, got.Reason, want)
	}
}

// TestPairedChangeByHand: differences −3, −1, 0, −4 of baselines 8, 6, 5, 7.
func TestPairedChangeByHand(t *testing.T) {
	r := reportOf(t, Request{}, []Case{pain(1, 8, 5, -1), pain(2, 6, 5, -1), pain(3, 5, 5, -1), pain(4, 7, 3, -1), pain(5, 4, -1, -1), pain(6, -1, 2, -1)})
	c := r.pain(t, 0).Changes[0]
	if c.N.N != 4 || len(c.LeftOut) != 1 || c.LeftOut[0].Code != string(NotAnswered) || c.LeftOut[0].N.N != 2 {
		t.Errorf("n %v, left out %+v", c.N, c.LeftOut)
	}
	near(t, "mean", c.Mean, -2)
	near(t, "SD", c.SD, math.Sqrt(10./3))
	near(t, "lower bound", c.CI.Low, -2-3.182446*math.Sqrt(10./3)/2)
	near(t, "SRM", c.SRM, -2/math.Sqrt(10./3))
	near(t, "Hedges g", c.HedgesG, -2/math.Sqrt(5./3)*(1-3./11))
	want := map[string]int{"improved": 2, "uncertain": 1, "unchanged": 1, "deteriorated": 0} // MCID 0.895 to 1.48
	for _, v := range c.Verdicts {
		if v.N.N != want[v.Code] {
			t.Errorf("%s: %d", v.Code, v.N.N)
		}
	}
	near(t, "Wilson low of 2 of 4", c.Verdicts[0].Share.CI.Low, 0.15004)
	if o := r.pain(t, 0).Occasions[0]; o.N.N != 5 || o.Median.Value != 6 || o.Q1.Value != 5 || o.Q3.Value != 7 || o.Mean.Value != 6 {
		t.Errorf("baseline %+v", o)
	}
}

// TestNothingToReckonIsAReason: no figure is NaN, whatever is missing.
func TestNothingToReckonIsAReason(t *testing.T) {
	for name, cases := range map[string][]Case{
		"one":        {pain(1, 8, 5, -1)},
		"equal":      {pain(1, 5, 5, 5), pain(2, 5, 5, 5)},
		"no forms":   {pain(1, -1, -1, -1)},
		"never both": {pain(1, 5, -1, -1), pain(2, -1, 5, -1)},
	} {
		body, err := json.Marshal(reportOf(t, Request{}, cases))
		if err != nil || bytes.Contains(body, []byte("NaN")) || bytes.Contains(body, []byte("Inf")) || bytes.Contains(body, []byte(NotANumberHere)) {
			t.Errorf("%s: %v\n%s", name, err, body)
		}
	}
	c := reportOf(t, Request{}, []Case{pain(1, 5, 5, 5), pain(2, 5, 5, 5)}).pain(t, 0).Changes[0]
	if c.SRM.Reason != NoSpread || c.HedgesG.Reason != NoSpread || c.CI.Low.Value != 0 {
		t.Errorf("equal differences: %+v", c)
	}
	if c := reportOf(t, Request{}, []Case{pain(1, 6, 5, 5)}).pain(t, 0).Changes[0]; c.SD.Reason != OneValue || c.CI.Low.Reason != OneValue {
		t.Errorf("one patient: %+v", c)
	}
}

func TestCareLevelsAreNeverPooled(t *testing.T) {
	other := pain(2, 3, 3, 3)
	other.Episode.CareLevel = "mmrpv"
	for _, request := range []Request{{}, {Split: ByUnit}, {Sides: []Side{{Name: "all"}}}} {
		if r := reportOf(t, request, []Case{pain(1, 8, 5, 5), other}); len(r.Groups) != 2 || r.Groups[0].CareLevel == r.Groups[1].CareLevel {
			t.Errorf("%+v: %d groups", request, len(r.Groups))
		}
	}
}

func TestExhaustionHasNoVerdictFoundInPain(t *testing.T) {
	c := pain(1, 8, 5, 5)
	c.Episode.ProgrammeType = "exhaustion"
	change := reportOf(t, Request{}, []Case{c}).pain(t, 0).Changes[0]
	if change.Judged.N != 0 || len(change.NotJudged) != 1 || change.NotJudged[0].Code != scoring.WithheldExhaustion {
		t.Errorf("%+v", change)
	}
}

func TestRelativesAndOtherEpisodesStayOut(t *testing.T) {
	c := pain(1, 8, -1, -1)
	relative := painForm("e001", store.ProgrammeEnd, 1)
	relative.Respondent = store.Relative
	c.Forms = append(c.Forms, relative)
	r := reportOf(t, Request{}, []Case{c})
	if n := r.pain(t, 0).Occasions[1].N.N; n != 0 {
		t.Errorf("a relative's answer is among the patients': %d", n)
	}
	items := r.Groups[0].Items
	if len(items) != 1 || items[0].Respondent != store.Relative || items[0].Answers[1].N.N != 1 || items[0].Answers[1].Code != "1" {
		t.Errorf("the relative's answers by item: %+v", items)
	}
	if r.Groups[0].Flow[4].N.N != 0 {
		t.Error("a relative's form counts as the patient's end form")
	}
}

func TestAnotherScoringIsLeftOutAndCounted(t *testing.T) {
	catalogue, err := instruments.Builtin() // its own: it is added to
	if err != nil {
		t.Fatal(err)
	}
	knowledge := Knowledge{Current: catalogue.Active(), Definition: catalogue.Instrument}
	in, _ := catalogue.Instrument("nprs", "1")
	body, _ := catalogue.Content(in.DefinitionHash())
	changed := bytes.Replace(body, []byte("version: \"1\""), []byte("version: \"2\""), 1)
	changed = bytes.Replace(changed, []byte("max: 10}"), []byte("max: 10, not_applicable: true}"), 1)
	if err := catalogue.AddFile("nprs_2.yaml", changed); err != nil {
		t.Fatal(err)
	}
	b, err := NewBuilder(Request{AsOf: "2026-01-01"}, knowledge)
	if err != nil {
		t.Fatal(err)
	}
	c := pain(1, 8, 5, -1)
	c.Forms[1].InstrumentVersion = "2"
	if err := b.Add(c); err != nil {
		t.Fatal(err)
	}
	f := b.Report().pain(t, 0)
	if f.Occasions[1].N.N != 0 || f.Occasions[1].LeftOut[0].Code != string(DifferentScoring) || f.Changes[0].LeftOut[0].Code != string(DifferentScoring) {
		t.Errorf("%+v", f)
	}
}

func TestSwitchFrom3LTo5LRunsOnOneLineAndIsCounted(t *testing.T) {
	s := newSynthetic(t, 1, "eq_5d_3l", "eq_5d_5l")
	c := pain(1, -1, -1, -1)
	for i, in := range s.forms {
		sub := s.fill(in, 0.5)
		sub.Slot = store.Slot{CareUnit: "unit", EpisodeID: "e001", Occasion: canonical[i], Instrument: in.ID(), Respondent: store.Patient}
		sub.Answers = regexp.MustCompile(`=blank`).ReplaceAllString(sub.Answers, "=1")
		c.Forms = append(c.Forms, sub)
	}
	for _, f := range reportOf(t, Request{}, []Case{c}).Groups[0].Scales {
		n, switched := f.Changes[0].N.N, f.Changes[0].Switched.N
		if want := f.Instrument == "eq_5d_5l" && f.Scale == "vas"; (n == 1) != want || (switched == 1) != want {
			t.Errorf("%s %s: n %d, switched %d", f.Instrument, f.Scale, n, switched)
		}
	}
}

func TestResponseCountsWhoWasAsked(t *testing.T) {
	silent, waiting, left := pain(2, 5, 5, -1), pain(3, 5, 5, -1), pain(4, 5, -1, -1)
	silent.Episode.DoNotContact = true
	waiting.Episode.EndedOn = "2025-06-01"
	left.Episode.Status, left.Episode.EndedOn = "dropped_out", ""
	r := reportOf(t, Request{}, []Case{pain(1, 5, 5, 5), silent, waiting, left, pain(5, 5, 5, -1)}).Groups[0].Responses
	if r[0].Expected.N != 5 || r[1].Expected.N != 4 || r[1].Answered.N != 4 || r[2].Expected.N != 2 || r[2].Answered.N != 1 || r[2].NotDue.N != 1 {
		t.Errorf("%+v", r)
	}
}

func TestFlowImpliesEarlierStepsAndCountsDays(t *testing.T) {
	c := pain(2, -1, -1, -1)
	c.Episode.FirstVisitOn, c.Episode.StartedOn = "", ""
	early := pain(3, -1, -1, -1)
	early.Episode.StartedOn = "2024-01-20" // before the first visit
	flow := reportOf(t, Request{}, []Case{pain(1, 5, 5, 5), c, early}).Groups[0].Flow
	if flow[1].N.N != 3 || flow[2].N.N != 3 || flow[1].Days.N.N != 2 || flow[1].Days.Median.Value != 31 || flow[1].NoDays[0].Code != string(NoDate) {
		t.Errorf("first visit %+v", flow[1])
	}
	if flow[2].Days.N.N != 1 || len(flow[2].NoDays) != 2 {
		t.Errorf("started %+v", flow[2])
	}
}

// TestFiltersChoose: each filter finds one of two patients.
func TestFiltersChoose(t *testing.T) {
	a, b := pain(1, 5, 5, 5), pain(2, 5, 5, 5)
	b.Episode.CareUnit, b.Episode.Cohort, b.Episode.Track, b.Episode.ProgrammeType, b.Episode.Sex = "other", "c2", "individual", "exhaustion", "male"
	b.Episode.EndedOn, b.Episode.CareLevel = "2024-06-07", "mmrpv"
	b.Forms[0].Assisted = true
	yes := true
	for name, f := range map[string]Filter{
		"unit": {Units: []string{"other"}}, "others": {NotUnits: []string{"unit"}}, "cohort": {Cohorts: []string{"c2"}}, "track": {Tracks: []string{"individual"}},
		"type": {ProgrammeTypes: []string{"exhaustion"}}, "sex": {Sexes: []string{"male"}}, "level": {CareLevels: []string{"mmrpv"}},
		"weeks": {MinWeeks: 8}, "period": {Period: Period{Date: End, From: "2024-06-07", To: "2024-06-07"}}, "assisted": {Assisted: &yes},
	} {
		r := reportOf(t, Request{Filter: f}, []Case{a, b})
		if len(r.Groups) != 1 || r.Groups[0].Episodes.N != 1 || r.Groups[0].CareLevel != "mmrpv" {
			t.Errorf("%s: %+v", name, r.Groups)
		}
	}
	b.Episode.EndedOn = ""
	if r := reportOf(t, Request{Filter: Filter{MaxWeeks: 8}}, []Case{a, b}); r.Undated.N != 1 || r.Groups[0].Episodes.N != 1 {
		t.Errorf("without an end: %+v", r.Undated)
	}
	for dimension, want := range map[Dimension]string{ByUnit: "other", ByCohort: "c2", ByTrack: "individual", ByProgrammeType: "exhaustion", BySex: "male", ByAssistance: "true", ByWeeks: ""} {
		r := reportOf(t, Request{Split: dimension}, []Case{a, b})
		if !slices.ContainsFunc(r.Groups, func(g Group) bool { return g.Value == want && g.CareLevel == "mmrpv" }) {
			t.Errorf("by %s: %+v", dimension, r.Groups)
		}
	}
}

func TestRequestsThatCannotBeMeantAreRefused(t *testing.T) {
	for want, request := range map[string]Request{
		"as of":             {},
		"must be named":     {AsOf: "2026-01-01", Filter: Filter{Period: Period{From: "2024-01-01"}}},
		"no such date":      {AsOf: "2026-01-01", Filter: Filter{Period: Period{Date: "born_on"}}},
		"before it begins":  {AsOf: "2026-01-01", Filter: Filter{Period: Period{Date: End, From: "2025-01-01", To: "2024-01-01"}}},
		"no such dimension": {AsOf: "2026-01-01", Split: "patient"},
		"a name":            {AsOf: "2026-01-01", Sides: []Side{{}}},
		"split by year":     {AsOf: "2026-01-01", Split: ByYear},
		"shortest":          {AsOf: "2026-01-01", Filter: Filter{MinWeeks: 9, MaxWeeks: 8}},
	} {
		if _, err := NewBuilder(request, Knowledge{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// TestOrderDoesNotMatter: the store may hand the episodes over as it likes.
func TestOrderDoesNotMatter(t *testing.T) {
	s := newSynthetic(t, 3, "hads", "eq_5d_5l")
	var cases []Case
	for n := range 80 {
		cases = append(cases, s.patient(n))
	}
	first, _ := json.Marshal(reportOf(t, Request{}, cases))
	rand.Shuffle(len(cases), func(i, k int) { cases[i], cases[k] = cases[k], cases[i] })
	if second, _ := json.Marshal(reportOf(t, Request{}, cases)); !bytes.Equal(first, second) {
		t.Error("another order gives another report")
	}
}

func TestWeeksAreRounded(t *testing.T) {
	for end, want := range map[string]string{"2024-04-12": "06", "2024-04-15": "06", "2024-04-16": "07", "2024-02-01": ""} { // 42, 45, 46 days; before the start
		c := pain(1, 5, 5, 5)
		c.Episode.EndedOn = end
		if got := reportOf(t, Request{Split: ByWeeks}, []Case{c}).Groups[0].Value; got != want {
			t.Errorf("to %s: %q weeks, not %q", end, got, want)
		}
	}
}
