package clinic_test

import (
	"slices"
	"testing"
	"time"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// at is a form of an occasion of episode e-1.
func at(occasion store.Occasion, on, id string, sheet clinic.Sheet) clinic.Submission {
	sub := baseline(id, sheet)
	sub.Occasion, sub.AnsweredOn, sub.AllowNewEpisode = occasion, on, true
	return sub
}

func (s *site) trend(t *testing.T) *clinic.Trend {
	t.Helper()
	trend, err := s.Trend(ctx, clinic.EpisodeRef{CareUnit: unit, EpisodeID: "e-1"})
	if err != nil {
		t.Fatal(err)
	}
	return trend
}

func line(t *testing.T, trend *clinic.Trend, instrument, scale string) *clinic.Line {
	t.Helper()
	for i := range trend.Lines {
		if trend.Lines[i].Instrument.ID() == instrument && trend.Lines[i].Scale.Code == scale {
			return &trend.Lines[i]
		}
	}
	t.Fatalf("no line %s %s", instrument, scale)
	return nil
}

// change finds the change between two occasions by their index.
func change(t *testing.T, l *clinic.Line, from, to int) clinic.Change {
	t.Helper()
	for _, c := range l.Changes {
		if c.From == from && c.To == to {
			return c
		}
	}
	t.Fatalf("no change from occasion %d to %d", from, to)
	return clinic.Change{}
}

func nprs(v int32) clinic.Sheet { return byCode("nprs", map[string]int32{"average_pain": v}) }

func TestTrendComparesEveryPairOfOccasions(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.submit(t, at(store.FollowUp12Months, "2025-03-10", "s-3", nprs(6)))
	s.submit(t, at(store.Baseline, "2023-11-01", "s-1", nprs(7)))
	s.submit(t, at(store.ProgrammeEnd, "2024-03-01", "s-2", nprs(4)))
	l := line(t, s.trend(t), "nprs", "average_pain")
	for _, want := range []struct {
		from, to int
		text     string
		movement scoring.Movement
	}{{0, 1, "-3", scoring.TowardsBetter}, {0, 2, "-1", scoring.TowardsBetter}, {1, 2, "+2", scoring.TowardsWorse}} {
		if got := change(t, l, want.from, want.to); !got.Comparable || got.Text() != want.text || got.Movement != want.movement {
			t.Errorf("%d→%d: %s %s, comparable %v; want %s %s", want.from, want.to, got.Text(), got.Movement, got.Comparable, want.text, want.movement)
		}
	}
	bands := []string{"moderate", "mild", "moderate"}
	for i, p := range l.Points {
		if p.Score.Band != bands[i] || p.Moment() != i {
			t.Errorf("point %d is %s at occasion %d; want %s", i, p.Score.Band, p.Moment(), bands[i])
		}
	}
}

func TestTrendSaysThatTheBaselineIsMissing(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.submit(t, at(store.ProgrammeEnd, "2024-03-01", "s-2", nprs(4)))
	trend := s.trend(t)
	if got := trend.Occasions[0]; got.Occasion != store.Baseline || got.State != clinic.BaselineMissing {
		t.Errorf("first occasion is %s, %s", got.Occasion, got.State)
	}
	l := line(t, trend, "nprs", "average_pain")
	if got := change(t, l, 0, 1); got.Comparable || got.Reason != clinic.NoForm {
		t.Errorf("got %+v, want MISSING", got)
	}
	if len(l.Changes) != 1 {
		t.Errorf("%d changes; the unanswered follow-up is said once, at its occasion", len(l.Changes))
	}
}

func TestTrendOfABaselineAlone(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.submit(t, baseline("s-1", hads()))
	trend := s.trend(t)
	if len(trend.Lines) != 3 || len(trend.Lines[0].Changes) != 0 {
		t.Errorf("%d lines, %d changes; want the three HADS scales and no change", len(trend.Lines), len(trend.Lines[0].Changes))
	}
	if trend.Occasions[1].State != clinic.MomentMissing {
		t.Errorf("programme end is %s", trend.Occasions[1].State)
	}
}

func TestOnlyThePatientsOwnFormsEnterTheTrend(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.submit(t, at(store.Baseline, "2023-11-01", "s-1", nprs(7)))
	for i, who := range []store.Respondent{store.Relative, store.Clinician} {
		other := at(store.ProgrammeEnd, "2024-03-01", "s-"+itoa(2+i), nprs(1))
		other.Respondent = who
		s.submit(t, other)
	}
	trend := s.trend(t)
	if l := line(t, trend, "nprs", "average_pain"); len(l.Points) != 1 || trend.Occasions[1].State != clinic.MomentMissing {
		t.Errorf("%d points, programme end %s", len(l.Points), trend.Occasions[1].State)
	}
}

func eq5d(instrument string, vas int32, sets ...string) clinic.Sheet {
	return byCode(instrument, map[string]int32{"mobility": 2, "self_care": 1, "usual_activities": 2, "pain_discomfort": 3, "anxiety_depression": 2, "vas": vas}, sets...)
}

func TestEQVASRunsOnOneLineAcross3LAnd5L(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.submit(t, at(store.Baseline, "2023-11-01", "s-1", eq5d("eq_5d_3l", 40, "se_tto_2014")))
	s.submit(t, at(store.ProgrammeEnd, "2024-03-01", "s-2", eq5d("eq_5d_5l", 61, "se_tto_2020")))
	trend := s.trend(t)
	vas := line(t, trend, "eq_5d_5l", "vas")
	if len(vas.Points) != 2 || vas.Points[0].Switched || !vas.Points[1].Switched {
		t.Fatalf("points %+v", vas.Points)
	}
	if got := change(t, vas, 0, 1); !got.Comparable || got.Text() != "+21" || got.Movement != scoring.TowardsBetter || !got.InstrumentSwitched {
		t.Errorf("got %+v", got)
	}
	for _, scale := range []string{"index", "level_sum", "profile"} {
		for _, instrument := range []string{"eq_5d_3l", "eq_5d_5l"} {
			l := line(t, trend, instrument, scale)
			if got := change(t, l, 0, 1); len(l.Points) != 1 || got.Comparable || got.Reason != clinic.NoForm {
				t.Errorf("%s %s: %d points, %+v; 3L and 5L must not be compared", instrument, scale, len(l.Points), got)
			}
		}
	}
}

func TestIndexesOfTwoValueSetsAreTwoLines(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.submit(t, at(store.Baseline, "2023-11-01", "s-1", eq5d("eq_5d_5l", 40, "se_tto_2020")))
	s.submit(t, at(store.ProgrammeEnd, "2024-03-01", "s-2", eq5d("eq_5d_5l", 61, "se_ctto_2022")))
	var sets []string
	for _, l := range s.trend(t).Lines {
		if l.Scale.Code == "index" {
			sets = append(sets, l.ValueSet)
			if got := change(t, &l, 0, 1); got.Comparable {
				t.Errorf("%s was compared", l.ValueSet)
			}
		}
	}
	slices.Sort(sets)
	if !slices.Equal(sets, []string{"se_ctto_2022", "se_tto_2020"}) {
		t.Errorf("lines of %v", sets)
	}
}

func TestProratedAndRefusedPoints(t *testing.T) {
	s := open(t, clinic.Settings{})
	blank := func(items ...string) clinic.Sheet {
		sheet := hads()
		sheet.Answers = slices.DeleteFunc(sheet.Answers, func(a scoring.Answer) bool { return slices.Contains(items, a.Item) })
		return sheet
	}
	s.submit(t, at(store.Baseline, "2023-11-01", "s-1", hads()))
	s.submit(t, at(store.ProgrammeEnd, "2024-03-01", "s-2", blank("3", "8", "10", "12", "14")))
	trend := s.trend(t)
	anxiety := change(t, line(t, trend, "hads", "anxiety"), 0, 1)
	if !anxiety.Comparable || !anxiety.Prorated || anxiety.Text() != "+0.67" || anxiety.Movement != scoring.TowardsWorse {
		t.Errorf("anxiety: %+v %s", anxiety, anxiety.Text())
	}
	depression := line(t, trend, "hads", "depression")
	if got := change(t, depression, 0, 1); got.Comparable || got.Reason != scoring.RefusedScore {
		t.Errorf("depression: %+v", got)
	}
	if r := depression.Points[1].Score.Refusal; r.Reason != scoring.TooFewAnswers || !slices.Equal(r.Missing, []string{"8", "10", "12", "14"}) {
		t.Errorf("refusal %+v", r)
	}
}

func TestOtherOccasionsStandWhereTheirDatePutsThem(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.submit(t, at(store.Baseline, "2023-11-01", "s-1", nprs(7)))
	s.submit(t, at(store.ProgrammeEnd, "2024-03-01", "s-2", nprs(4)))
	for i, on := range []string{"2024-06-01", "2023-12-24", "2025-01-07"} {
		other := at(store.OtherOccasion, on, "s-"+itoa(3+i), nprs(5))
		other.OccasionLabel = on
		s.submit(t, other)
	}
	var order []string
	for _, m := range s.trend(t).Occasions {
		order = append(order, string(m.Occasion)+m.Label)
	}
	want := []string{"baseline", "other2023-12-24", "programme_end", "follow_up_12_months", "other2024-06-01", "other2025-01-07"}
	if !slices.Equal(order, want) {
		t.Errorf("got %v, want %v", order, want)
	}
}

func TestTrendReadsFromFunctionToPain(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.submit(t, at(store.Baseline, "2023-11-01", "s-1", nprs(7)))
	s.submit(t, at(store.Baseline, "2023-11-01", "s-2", hads()))
	s.submit(t, at(store.Baseline, "2023-11-01", "s-3", eq5d("eq_5d_5l", 40, "se_tto_2020")))
	s.submit(t, at(store.Baseline, "2023-11-01", "s-4", byNumber("pcs", 0, 1, 2, 3, 0, 0, 1, 4, 2, 1, 3, 0, 4)))
	var order []string
	for _, l := range s.trend(t).Lines {
		if n := len(order); n == 0 || order[n-1] != l.Instrument.ID() {
			order = append(order, l.Instrument.ID())
		}
	}
	if want := []string{"eq_5d_5l", "hads", "pcs", "nprs"}; !slices.Equal(order, want) {
		t.Errorf("got %v, want %v", order, want)
	}
}

func TestTrendBelongsToThePatientWhoIsNamed(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.submit(t, baseline("s-1", nprs(7)))
	stranger := clinic.PatientRef{System: "personnummer", Value: "189001019802"}
	_, err := s.Trend(ctx, clinic.EpisodeRef{Patient: &stranger, CareUnit: unit, EpisodeID: "e-1"})
	if got := reason(t, err); got.Reason != clinic.EpisodeUnknown || len(got.Candidates) != 0 {
		t.Errorf("got %+v", got)
	}
	if _, err := s.Trend(ctx, clinic.EpisodeRef{Patient: &tolvan, CareUnit: unit}); err != nil {
		t.Errorf("the only episode of the patient: %v", err)
	}
	if _, err := s.Trend(ctx, clinic.EpisodeRef{Patient: &tolvan, CareUnit: "another"}); reason(t, err).Reason != clinic.EpisodeUnknown {
		t.Error("another unit's episode was read")
	}
}

// TestALongTrendComparesWhatIsReadTogether: pairs grow with the square of the
// occasions, and a reply must not.
func TestALongTrendComparesWhatIsReadTogether(t *testing.T) {
	s := open(t, clinic.Settings{})
	weekly := func(i int) clinic.Submission {
		sub := at(store.OtherOccasion, time.Date(2024, 1, 1+7*i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), "w-"+itoa(i), nprs(int32(i%11)))
		sub.OccasionLabel = "week " + itoa(i)
		return sub
	}
	s.submit(t, at(store.Baseline, "2023-11-01", "s-1", nprs(7)))
	s.submit(t, at(store.ProgrammeEnd, "2024-12-01", "s-2", nprs(4)))
	pairs := func() (map[[2]int]bool, int) {
		trend := s.trend(t)
		told := map[[2]int]bool{}
		for _, c := range line(t, trend, "nprs", "average_pain").Changes {
			if told[[2]int{c.From, c.To}] || c.From >= c.To {
				t.Errorf("%d→%d stands twice, or the wrong way round", c.From, c.To)
			}
			told[[2]int{c.From, c.To}] = true
		}
		return told, len(trend.Occasions)
	}
	for i := range 9 { // twelve occasions with the one that is missing
		s.submit(t, weekly(i))
	}
	if told, n := pairs(); n != 12 || len(told) != 11*10/2 {
		t.Errorf("%d changes between %d occasions, of which one was not answered", len(told), n)
	}
	// HADS only now and then: at its own pace it is compared, too.
	for i := 9; i < 31; i++ {
		s.submit(t, weekly(i))
		if i%5 == 0 {
			sub := weekly(i)
			sub.Forms = []clinic.Form{{SubmissionID: "h-" + itoa(i), Sheet: hads()}}
			s.submit(t, sub)
		}
	}
	told, n := pairs()
	const first, last = 0, 32 // baseline and programme end; the follow-up is missing
	for to := 1; to <= last; to++ {
		for _, want := range [][2]int{{first, to}, {to - 1, to}, {to, last}} {
			if want[0] < want[1] && !told[want] {
				t.Errorf("%d→%d is not told", want[0], want[1])
			}
		}
	}
	if n != 34 || len(told) != 32+31+30 || told[[2]int{5, 8}] {
		t.Errorf("%d changes between %d occasions", len(told), n)
	}
	anxiety := line(t, s.trend(t), "hads", "anxiety")
	for i := 1; i < len(anxiety.Points); i++ {
		if c := change(t, anxiety, anxiety.Points[i-1].Moment(), anxiety.Points[i].Moment()); !c.Comparable {
			t.Errorf("%d→%d: %s", c.From, c.To, c.Reason)
		}
	}
}
