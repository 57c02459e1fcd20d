package clinic_test

import (
	"slices"
	"testing"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// threeOccasions gives episode e-1 an NPRS at each.
func threeOccasions(t *testing.T, s *site, values ...int32) {
	t.Helper()
	s.submit(t, at(store.Baseline, "2023-11-01", "s-1", nprs(values[0])))
	s.submit(t, at(store.ProgrammeEnd, "2024-03-01", "s-2", nprs(values[1])))
	s.submit(t, at(store.FollowUp12Months, "2025-03-10", "s-3", nprs(values[2])))
}

func TestTrendGivesBothVerdictsOnEveryPair(t *testing.T) {
	s := open(t, clinic.Settings{})
	threeOccasions(t, s, 7, 5, 2)
	l := line(t, s.trend(t), "nprs", "average_pain")
	end, year := change(t, l, 0, 1), change(t, l, 0, 2)
	if end.Judgement.Importance.Answer != scoring.Important || end.Judgement.Error.Answer != scoring.Uncertain ||
		!slices.Equal(end.Judgement.Importance.Caveats, []string{scoring.CaveatPeriod}) || end.Judgement.PercentClass != "minimal" {
		t.Errorf("baseline to end: %+v", end.Judgement)
	}
	if year.Judgement.Error.Answer != scoring.BeyondError || len(year.Judgement.Importance.Caveats) != 0 || year.Judgement.PercentClass != "substantial" {
		t.Errorf("baseline to a year after: %+v", year.Judgement)
	}
	if year.Crossed.FromBand != "moderate" || year.Crossed.ToBand != "mild" || year.Judgement.EvidenceHash == "" {
		t.Errorf("crossed %+v by %q", year.Crossed, year.Judgement.EvidenceHash)
	}
}

func TestVerdictsAreWithheldInAnExhaustionProgramme(t *testing.T) {
	s := open(t, clinic.Settings{})
	threeOccasions(t, s, 7, 5, 2)
	u := update("programme_type")
	u.Episode.ProgrammeType = "exhaustion"
	s.upsert(t, u)
	got := change(t, line(t, s.trend(t), "nprs", "average_pain"), 0, 2).Judgement
	if got.Importance.Answer != scoring.Withheld || got.Error.Answer != scoring.Withheld || got.Importance.Reason != scoring.WithheldExhaustion {
		t.Errorf("%+v", got)
	}
}

func TestCasenessIsRaisedAndCleared(t *testing.T) {
	s := open(t, clinic.Settings{})
	calm := byNumber("hads", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	s.submit(t, at(store.Baseline, "2023-11-01", "s-1", hads()))
	s.submit(t, at(store.ProgrammeEnd, "2024-03-01", "s-2", calm))
	s.submit(t, at(store.FollowUp12Months, "2025-03-10", "s-3", hads()))
	l := line(t, s.trend(t), "hads", "anxiety")
	if got := change(t, l, 0, 1).Crossed; !slices.Equal(got.Cleared, []string{"caseness"}) || len(got.Raised) != 0 || got.ToBand != "normal" {
		t.Errorf("to the end: %+v", got)
	}
	if got := change(t, l, 1, 2).Crossed; !slices.Equal(got.Raised, []string{"caseness"}) || len(got.Cleared) != 0 {
		t.Errorf("to a year after: %+v", got)
	}
}

func TestProfilesHaveTheirParetianClass(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.submit(t, at(store.Baseline, "2023-11-01", "s-1", eq5d("eq_5d_5l", 40)))
	better := eq5d("eq_5d_5l", 61)
	for i := range better.Answers {
		if better.Answers[i].Item == "pain_discomfort" {
			better.Answers[i].Value = 2
		}
	}
	s.submit(t, at(store.ProgrammeEnd, "2024-03-01", "s-2", better))
	if got := change(t, line(t, s.trend(t), "eq_5d_5l", "profile"), 0, 1); got.Paretian != scoring.Improved || got.Comparable {
		t.Errorf("%+v", got)
	}
}
