package registry

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// many makes cases of a unit, each patient a little better at the end.
func many(from, n int, unit string) []Case {
	var out []Case
	for i := range n {
		c := pain(from+i, 4+i%5, 2+i%5, -1)
		c.Episode.CareUnit = unit
		out = append(out, c)
	}
	return out
}

func suppressed(t *testing.T, whole *Report, earlier ...Population) *Report {
	t.Helper()
	out, _, err := whole.Suppress(0, earlier)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAGroupOfFourIsHiddenWhole(t *testing.T) {
	r := suppressed(t, reportOf(t, Request{}, many(1, 4, "a")))
	if g := r.Groups[0]; !g.Hidden || g.Episodes.Reason != HiddenFigure || g.Scales != nil || r.Audience != Outside {
		t.Errorf("%+v", g)
	}
	if r := suppressed(t, reportOf(t, Request{}, many(1, 5, "a"))); r.Groups[0].Hidden {
		t.Error("five are enough")
	}
}

func TestTheThresholdCanOnlyBeRaised(t *testing.T) {
	whole := reportOf(t, Request{}, many(1, 4, "a"))
	if r, _, err := whole.Suppress(2, nil); err != nil || !r.Groups[0].Hidden || r.Threshold != DefaultThreshold {
		t.Errorf("%+v %v", r, err)
	}
	if r, _, err := reportOf(t, Request{}, many(1, 9, "a")).Suppress(10, nil); err != nil || !r.Groups[0].Hidden {
		t.Errorf("%+v %v", r, err)
	}
	r := suppressed(t, whole)
	if _, _, err := r.Suppress(0, nil); !errors.Is(err, ErrSuppressed) {
		t.Errorf("suppressed twice: %v", err)
	}
}

// TestOneSmallUnitTakesAnotherWithIt: the total is known from elsewhere, so one
// hidden unit alone would be what is left of it.
func TestOneSmallUnitTakesAnotherWithIt(t *testing.T) {
	cases := append(append(many(1, 30, "a"), many(101, 12, "b")...), many(201, 3, "c")...)
	r := suppressed(t, reportOf(t, Request{Split: ByUnit}, cases))
	if r.Groups[0].Hidden || !r.Groups[1].Hidden || !r.Groups[2].Hidden {
		t.Errorf("hidden: %v %v %v", r.Groups[0].Hidden, r.Groups[1].Hidden, r.Groups[2].Hidden)
	}
}

// TestPeriodsOnePatientApart: side by side they would tell about that patient.
func TestPeriodsOnePatientApart(t *testing.T) {
	cases := many(1, 20, "a")
	cases[0].Episode.EndedOn = "2024-12-31"
	sides := []Side{
		{"year", Filter{Period: Period{Date: End, From: "2024-01-01", To: "2024-12-31"}}},
		{"year but a day", Filter{Period: Period{Date: End, From: "2024-01-01", To: "2024-12-30"}}},
	}
	r := suppressed(t, reportOf(t, Request{Sides: sides}, cases))
	if r.Groups[0].Hidden == r.Groups[1].Hidden {
		t.Errorf("hidden: %v %v", r.Groups[0].Hidden, r.Groups[1].Hidden)
	}
}

// TestReportsTooCloseToOneAnotherAreRefused: any number of patients fewer or
// more than in an earlier report of the same reader, down to none.
func TestReportsTooCloseToOneAnotherAreRefused(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n, apart := rapid.IntRange(12, 20).Draw(rt, "patients"), rapid.IntRange(0, 7).Draw(rt, "apart")
		all := many(1, n, "a")
		_, told, err := reportOf(t, Request{}, all).Suppress(0, nil)
		if err != nil {
			rt.Fatal(err)
		}
		_, _, err = reportOf(t, Request{}, all[apart:]).Suppress(0, told)
		if n-apart >= DefaultThreshold && errors.Is(err, ErrTooClose) != (apart > 0 && apart < DefaultThreshold) {
			rt.Fatalf("%d apart: %v", apart, err)
		}
	})
}

// TestAUnitAgainstTheOthers: the total of last week less the units of this one.
func TestAUnitAgainstTheOthers(t *testing.T) {
	cases := append(many(1, 30, "a"), many(101, 3, "b")...)
	_, told, err := reportOf(t, Request{}, cases).Suppress(0, nil)
	if err != nil {
		t.Fatal(err)
	}
	others := Request{Sides: []Side{{"others", Filter{NotUnits: []string{"b"}}}}}
	if _, _, err := reportOf(t, others, cases).Suppress(0, told); !errors.Is(err, ErrTooClose) {
		t.Errorf("all but a unit of three: %v", err)
	}
}

// TestAllUnitsButASmallOneThenTheTotal: no two of these reports lie close, but
// their sum lies close to the last one, whichever comes last.
func TestAllUnitsButASmallOneThenTheTotal(t *testing.T) {
	cases := append(append(append(many(1, 20, "a"), many(101, 20, "b")...), many(201, 20, "c")...), many(301, 3, "d")...)
	one := func(unit string) Request { return Request{Filter: Filter{Units: []string{unit}}} }
	requests := []Request{one("a"), one("b"), one("c"), {}}
	for last := range requests {
		var earlier []Population
		for i := range requests {
			r := reportOf(t, requests[(last+1+i)%len(requests)], cases)
			_, told, err := r.Suppress(0, earlier)
			if refused := errors.Is(err, ErrTooClose); refused != (i == len(requests)-1) {
				t.Fatalf("report %d of those ending with %d: %v", i, last, err)
			}
			earlier = append(earlier, told...)
		}
	}
}

// TestWhatWasToldInternallyDoesNotRefuseForEver: a clinician who becomes an
// analyst has seen groups that lie close to one another; only what a new report
// adds to that counts.
func TestWhatWasToldInternallyDoesNotRefuseForEver(t *testing.T) {
	cases := many(1, 20, "a")
	var earlier []Population
	for _, some := range [][]Case{cases, cases[2:]} {
		earlier = append(earlier, reportOf(t, Request{}, some).Populations()...)
	}
	if _, _, err := reportOf(t, Request{}, many(101, 20, "b")).Suppress(0, earlier); err != nil {
		t.Errorf("others: %v", err)
	}
}

// TestTheSameReportAfterOneMoreForm would tell what is in the form.
func TestTheSameReportAfterOneMoreForm(t *testing.T) {
	s := newSynthetic(t, 3, "hads", "nprs")
	var before, after []Case
	for n := 0; len(before) < 40; n++ {
		if c := s.patient(n); len(c.Forms) > 0 {
			c.Episode.CareLevel = ""
			before = append(before, c)
		}
	}
	for changed := range 7 {
		after = slices.Clone(before)
		for i := range changed {
			forms := slices.Clone(after[i].Forms)
			forms[0].ChangeSeq++
			after[i].Forms = forms
		}
		_, told, err := reportOf(t, Request{}, before).Suppress(0, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = reportOf(t, Request{}, after).Suppress(0, told)
		if errors.Is(err, ErrTooClose) != (changed > 0 && changed < DefaultThreshold) {
			t.Errorf("%d forms more: %v", changed, err)
		}
	}
}

// TestAPopulationIsKeptWhole: what the store keeps of it is all of it.
func TestAPopulationIsKeptWhole(t *testing.T) {
	p := reportOf(t, Request{}, many(1, 9, "a")).Populations()[0]
	if len(p) != 9 || !slices.Equal(PopulationOf(p.Bytes()), p) {
		t.Errorf("%d members", len(p))
	}
}

// TestASecondEpisodeOfOnePatientIsADifference: the same people, one episode more.
func TestASecondEpisodeOfOnePatientIsADifference(t *testing.T) {
	cases := many(1, 10, "a")
	again := cases[0]
	again.Episode.EpisodeID = "second"
	_, told, err := reportOf(t, Request{}, cases).Suppress(0, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := reportOf(t, Request{}, append(cases, again)).Suppress(0, told); !errors.Is(err, ErrTooClose) {
		t.Errorf("one episode more: %v", err)
	}
}

func TestFivePatientsAreCountedNotFiveEpisodes(t *testing.T) {
	cases := many(1, 4, "a")
	again := cases[0]
	again.Episode.EpisodeID = "second"
	if r := suppressed(t, reportOf(t, Request{}, append(cases, again))); !r.Groups[0].Hidden {
		t.Error("four patients with five episodes are shown")
	}
}

// TestSmallClassesJoinTheirNeighbours, and what is left over the last sum.
func TestSmallClassesJoinTheirNeighbours(t *testing.T) {
	h := hider{5}
	for in, want := range map[string]string{
		"7 2 6 1": "a=7 b+c+d=9", "5 5 5 5": "a=5 b=5 c=5 d=5", "0 0 9 0": "a+b+c+d=9", "2 2 2 0": "a+b+c+d=6", "9 0 0 5": "a=9 b+c+d=5", "1 1 1 1": "",
	} {
		var list []Cell
		var n [4]int
		if _, err := fmt.Sscan(in, &n[0], &n[1], &n[2], &n[3]); err != nil {
			t.Fatal(err)
		}
		for i, k := range n {
			list = append(list, Cell{Code: string(rune('a' + i)), N: Count{N: k}})
		}
		var out []string
		for _, c := range h.merged(list, Count{N: 20}) {
			out = append(out, fmt.Sprintf("%s=%d", c.Code, c.N.N))
		}
		if got := strings.Join(out, " "); got != want {
			t.Errorf("%s becomes %q, not %q", in, got, want)
		}
	}
}

// TestNothingOfOnePersonIsAQuartile: of five people a quartile is somebody's
// score, and with mean and SD all five could be reckoned.
func TestNothingOfOnePersonIsAQuartile(t *testing.T) {
	for n, want := range map[int][2]bool{5: {false, false}, 9: {false, false}, 10: {true, false}, 19: {true, false}, 20: {true, true}} {
		o := suppressed(t, reportOf(t, Request{}, many(1, n, "a"))).pain(t, 0).Occasions[0]
		if shown := [2]bool{o.Median.Reason == "", o.Q1.Reason == "" && o.Q3.Reason == ""}; shown != want || o.N.N != n || o.Mean.Reason != "" {
			t.Errorf("of %d: median and quartiles shown %v, %+v", n, shown, o)
		}
	}
}

// TestAHiddenNLeavesARoundMean: two of forty did not answer.
func TestAHiddenNLeavesARoundMean(t *testing.T) {
	cases := many(1, 40, "a")
	cases[3].Forms, cases[4].Forms = cases[3].Forms[1:], cases[4].Forms[1:]
	whole := reportOf(t, Request{}, cases)
	o := suppressed(t, whole).pain(t, 0).Occasions[0]
	if o.N.Reason != HiddenFigure || o.Mean.Reason != "" || o.Mean.Value*10 != float64(int(o.Mean.Value*10)) || o.Median.Reason != HiddenFigure || o.LeftOut != nil {
		t.Errorf("%+v", o)
	}
	if c := suppressed(t, whole).pain(t, 0).Changes[0]; c.N.Reason != HiddenFigure || c.CI.Low.Reason != HiddenFigure || c.SRM.Reason != HiddenFigure || c.Verdicts != nil {
		t.Errorf("its change: %+v", c)
	}
}

func TestAllWithOneScoreIsNotTold(t *testing.T) {
	var cases []Case
	for i := range 12 {
		cases = append(cases, pain(i, 9, 4+i%3, -1))
	}
	f := suppressed(t, reportOf(t, Request{}, cases)).pain(t, 0)
	if f.Occasions[0].Mean.Reason != HiddenFigure || f.Changes[0].Earlier.Mean.Reason != HiddenFigure || f.Changes[0].HedgesG.Reason != HiddenFigure {
		t.Errorf("%+v", f.Occasions[0])
	}
}

// TestASuppressedReportHoldsNoSmallCount looks at every number of the JSON that
// stands where a count stands, and for anybody's key.
func TestASuppressedReportHoldsNoSmallCount(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newSynthetic(t, rapid.Uint64().Draw(rt, "seed"), "hads", "nprs", "eq_5d_5l")
		var cases []Case
		for n := range rapid.IntRange(1, 120).Draw(rt, "patients") {
			cases = append(cases, s.patient(n))
		}
		split := rapid.SampledFrom([]Dimension{"", ByUnit, ByProgrammeType}).Draw(rt, "split")
		body, err := json.Marshal(suppressed(t, reportOf(t, Request{Split: split}, cases)))
		if err != nil {
			rt.Fatal(err)
		}
		var tree any
		if err := json.Unmarshal(body, &tree); err != nil {
			rt.Fatal(err)
		}
		counts(tree, "", func(name string, n float64) {
			if n > 0 && n < DefaultThreshold {
				rt.Fatalf("%s is %v", name, n)
			}
		})
	})
}

var countNames = map[string]bool{
	"N": true, "Episodes": true, "Patients": true, "Expected": true, "Answered": true, "NotDue": true, "Known": true, "Offered": true, "Given": true,
	"Prorated": true, "Switched": true, "Judged": true, "Forms": true, "Undated": true,
}

func counts(node any, name string, visit func(string, float64)) {
	switch n := node.(type) {
	case map[string]any:
		for key, child := range n {
			counts(child, key, visit)
		}
	case []any:
		for _, child := range n {
			counts(child, name, visit)
		}
	case float64:
		if countNames[name] {
			visit(name, n)
		}
	}
}

// TestScalesOfOneFormAreHeldAgainstEachOther: five have no HADS, and of two more
// the depression scale alone is refused. Both n are large, and so is what they
// leave; their difference is those two.
func TestScalesOfOneFormAreHeldAgainstEachOther(t *testing.T) {
	var cases []Case
	for i := range 40 {
		c := pain(i, i%9, -1, -1) // so that all answered something
		form := painForm(c.Episode.EpisodeID, canonical[0], 0)
		form.Instrument, form.Answers = "hads", ""
		form.Scores = fmt.Sprintf("anxiety=%d worse 7/7; depression=%d worse 7/7; total=%d worse 14/14", i%9, i%7, i%9+i%7)
		if i < 2 {
			form.Scores = "anxiety=5 worse 7/7; depression=!TOO_FEW_ANSWERS worse 3/7; total=!TOO_FEW_ANSWERS worse 10/14"
		}
		if i < 35 {
			c.Forms = append(c.Forms, form)
		}
		cases = append(cases, c)
	}
	shown := map[string]Count{}
	for _, f := range suppressed(t, reportOf(t, Request{}, cases)).Groups[0].Scales {
		shown[f.Scale] = f.Occasions[0].N
	}
	if shown["anxiety"].N != 35 || shown["depression"].Reason != HiddenFigure || shown["total"].Reason != HiddenFigure {
		t.Errorf("%+v", shown)
	}
}

// TestWhoDiedIsNotWhatIsLeft of those who completed, less those who are due and
// those who are not yet.
func TestWhoDiedIsNotWhatIsLeft(t *testing.T) {
	cases := year(1, 0, 40, "a")
	for i := range cases[:12] {
		cases[i].Episode.EndedOn = "2025-06-01"
	}
	if r := suppressed(t, reportOf(t, Request{}, cases)).Groups[0].Responses[2]; r.NotDue.N != 12 || r.Expected.N != 28 {
		t.Errorf("nobody died: %+v", r)
	}
	cases[20].Episode.Deceased = true
	if r := suppressed(t, reportOf(t, Request{}, cases)).Groups[0].Responses[2]; r.NotDue.Reason != HiddenFigure || r.Expected.N != 27 {
		t.Errorf("one died: %+v", r)
	}
}
