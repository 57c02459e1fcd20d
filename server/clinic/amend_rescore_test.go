package clinic_test

import (
	"strings"
	"testing"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// rescoredSite holds hadsAtThree, scored anew by a HADS whose cut-off is 9.
func rescoredSite(t *testing.T) (*site, *store.RescorePlan) {
	t.Helper()
	s := openIn(t, t.TempDir(), clinic.Settings{}, catalogueWith(t, cutOff9(t), oneMissing(t)))
	hadsAtThree(t, s)
	plan, _ := s.preview(t, clinic.RescoreRequest{Instrument: "hads", Version: "2"})
	s.apply(t, plan)
	return s, plan
}

// anxietyOf is a form's anxiety in words.
func (s *site) anxietyOf(t *testing.T, id string) string {
	t.Helper()
	record := s.newest(t, id)
	a := score(t, record.ScoreList, "anxiety")
	return strings.TrimSpace(a.Text() + " " + a.Band + " by " + record.Definition.Version() + " " + record.RescorePlan)
}

func TestAnAmendedFormIsScoredByTheDefinitionThatCounts(t *testing.T) {
	s, plan := rescoredSite(t)
	s.amend(t, correction("s-2", withSheet(hadsOf(8, 6, false))))
	if got := s.anxietyOf(t, "s-2"); got != "8 normal by 2" {
		t.Errorf("a new sheet: %s", got)
	}
	s.amend(t, correction("s-1", func(a *clinic.Amendment) { a.To.Mode = "phone" }))
	if got := s.anxietyOf(t, "s-1"); got != "12 probable by 2" {
		t.Errorf("a sheet that stayed: %s", got)
	}
	s.revert(t, plan)
	for id, want := range map[string]string{"s-1": "12 probable by 2", "s-2": "8 normal by 2"} {
		if got := s.anxietyOf(t, id); got != want {
			t.Errorf("%s after the plan was reverted: %s", id, got)
		}
	}
	if got := s.anxietyOf(t, "s-3"); got != "14.00 probable by 1" {
		t.Errorf("a form that was not amended: %s", got)
	}
	named := hadsOf(8, 6, false)
	named.Version = "1"
	a := correction("s-2", withSheet(named))
	a.Version = 2
	if got := s.amend(t, a); got.RequestedVersion != "1" || s.anxietyOf(t, "s-2") != "8 possible by 1" {
		t.Errorf("by the version it names: %s", s.anxietyOf(t, "s-2"))
	}
}

// TestAnAmendmentIsRetriedByTheDefinitionOfThen: a re-scoring that was undone in
// between makes another definition count, which reads the same sheet otherwise.
func TestAnAmendmentIsRetriedByTheDefinitionOfThen(t *testing.T) {
	reordered := mustDiffer(t, "hads", "  - {code: \"1\", min: 0, max: 3}\n  - {code: \"2\", min: 0, max: 3}\n", "  - {code: \"2\", min: 0, max: 3}\n  - {code: \"1\", min: 0, max: 3}\n")
	s := openIn(t, t.TempDir(), clinic.Settings{}, catalogueWith(t, reordered))
	hadsAtThree(t, s)
	plan, _ := s.preview(t, clinic.RescoreRequest{Instrument: "hads", Version: "2"})
	s.apply(t, plan)
	withNewSheet := correction("s-2", withSheet(hadsOf(8, 6, false)))
	withOldSheet := correction("s-1", func(a *clinic.Amendment) { a.To.Mode = "phone" })
	s.amend(t, withNewSheet)
	s.amend(t, withOldSheet)
	s.revert(t, plan)
	before := s.lastChange(t)
	if again := s.amend(t, withNewSheet); !again.Replayed || again.Definition.Version() != "2" {
		t.Errorf("a new sheet: %+v", again.Submission)
	}
	if again := s.amend(t, withOldSheet); !again.Replayed || again.Definition.Version() != "2" {
		t.Errorf("a sheet that stayed: %+v", again.Submission)
	}
	if s.lastChange(t) != before {
		t.Error("something was stored")
	}
}

// TestARetriedSubmitReadsTheFirstVersion although the active definition, the one
// that counts and the one that the amendment was made by are three others.
func TestARetriedSubmitReadsTheFirstVersion(t *testing.T) {
	s, _ := rescoredSite(t)
	a := correction("s-3", withSheet(hadsOf(9, 7, true)))
	a.Sheet.Version = "3"
	s.amend(t, a)
	s.set(t, activate("hads", "3"))
	again := s.submit(t, at(store.FollowUp12Months, "2025-03-10", "s-3", hadsOf(8, 7, true)))
	if !again.Replayed || again.Definition.Version() != "1" || again.Version != 1 || again.Warnings[len(again.Warnings)-1].Code != clinic.WarnAmendedSince {
		t.Errorf("%+v %v", again.Submission, again.Warnings)
	}
}

// TestAPlanIsStaleAfterACorrection: what a preview showed is what an apply does,
// or nothing.
func TestAPlanIsStaleAfterACorrection(t *testing.T) {
	week := func(a *clinic.Amendment) { a.To.Occasion, a.To.OccasionLabel = store.OtherOccasion, "week 6" }
	for name, change := range map[string]func(*testing.T, *site){
		"another sheet": func(t *testing.T, s *site) { s.amend(t, correction("s-1", withSheet(hadsOf(11, 9, false)))) },
		"the same sheet": func(t *testing.T, s *site) {
			s.amend(t, correction("s-1", func(a *clinic.Amendment) { a.To.Mode = "phone" }))
		},
		"moved":          func(t *testing.T, s *site) { s.amend(t, correction("s-1", week)) },
		"moved and back": movedAndBack,
		"retracted":      func(t *testing.T, s *site) { s.retract(t, withdrawal("s-1")) },
		"moved into scope": func(t *testing.T, s *site) {
			s.amend(t, correction("s-9", func(a *clinic.Amendment) { a.To.AnsweredOn = "2024-02-01" }))
		},
		"answered anew": func(t *testing.T, s *site) {
			s.retract(t, withdrawal("s-1"))
			s.submit(t, at(store.Baseline, "2023-11-01", "s-8", hadsOf(12, 9, false)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := openIn(t, t.TempDir(), clinic.Settings{}, catalogueWith(t, cutOff9(t)))
			hadsAtThree(t, s)
			early := at(store.OtherOccasion, "2023-01-01", "s-9", hadsOf(8, 8, false))
			early.OccasionLabel = "week 1"
			s.submit(t, early)
			plan, _ := s.preview(t, clinic.RescoreRequest{Instrument: "hads", Version: "2", AnsweredFrom: "2023-06-01"})
			change(t, s)
			s.staleness(t, plan, read(s.trend(t)))
			if next, _ := s.preview(t, clinic.RescoreRequest{Instrument: "hads", Version: "2", AnsweredFrom: "2023-06-01"}); next.Forms == 0 {
				t.Error("nothing is left to score anew")
			} else {
				s.apply(t, next)
			}
		})
	}
}

func movedAndBack(t *testing.T, s *site) {
	s.amend(t, correction("s-1", func(a *clinic.Amendment) { a.To.Occasion, a.To.OccasionLabel = store.OtherOccasion, "week 6" }))
	back := correction("s-1", toOccasion(store.Baseline))
	back.Version = 2
	s.amend(t, back)
}

// TestARetractedFormStaysOutOfAPlanThatIsAppliedAgain and comes back by none.
func TestARetractedFormStaysOutOfAPlanThatIsAppliedAgain(t *testing.T) {
	s, plan := rescoredSite(t)
	s.retract(t, withdrawal("s-1"))
	before := read(s.trend(t))
	s.revert(t, plan)
	if got := read(s.trend(t)); strings.Contains(got, "baseline") {
		t.Errorf("reverted:\n%s", got)
	}
	_, err := s.ApplyRescore(ebba, plan.PlanID, "")
	if got := reason(t, err).Reason; got != clinic.StaleVersion {
		t.Errorf("applied again: %s", got)
	}
	next, _ := s.preview(t, clinic.RescoreRequest{Instrument: "hads", Version: "2"})
	if s.apply(t, next); read(s.trend(t)) != before || next.Forms != 2 {
		t.Errorf("%d forms:\n%s", next.Forms, read(s.trend(t)))
	}
}
