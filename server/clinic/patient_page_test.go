package clinic_test

import (
	"testing"
	"time"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

func (s *site) patientPage(t *testing.T, episode string) *clinic.PatientPage {
	t.Helper()
	page, err := s.PatientPage(ctx, clinic.EpisodeRef{CareUnit: unit, EpisodeID: episode}, false)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func TestThePatientsPageHoldsAllThatItShows(t *testing.T) {
	s := withProvider(t)
	s.submit(t, at(store.ProgrammeEnd, "2025-03-10", "s-2", nprs(4)))
	s.upsert(t, clinic.EpisodeUpdate{Patient: tolvan, Episode: store.Episode{CareUnit: unit, EpisodeID: "second", ReferredOn: "2025-03-01"}})
	s.upsert(t, clinic.EpisodeUpdate{Patient: tolvan, Episode: store.Episode{CareUnit: unit, EpisodeID: "first", ReferredOn: "2019-03-01"}})
	s.upsert(t, clinic.EpisodeUpdate{Patient: somebody(1), Episode: store.Episode{CareUnit: unit, EpisodeID: "of-another"}})
	s.choose(t, chosen(store.Informed, "2025-03-01"))
	page := s.patientPage(t, "e-1")
	equal(t, "the trend", read(page.Trend), read(s.trend(t)))
	var others []string
	for _, e := range page.Others {
		others = append(others, e.EpisodeID)
	}
	same(t, "other episodes, the earliest first", others, []string{"first", "second"})
	equal(t, "choices", page.Choices, s.choices(t, unit, "e-1"))
	if len(page.Choices) != 1 || len(page.SiteForms) != 0 {
		t.Errorf("%d choices, %d site forms", len(page.Choices), len(page.SiteForms))
	}
	_, err := s.PatientPage(ctx, clinic.EpisodeRef{CareUnit: unit, EpisodeID: "nope"}, false)
	if got := reason(t, err).Reason; got != clinic.EpisodeUnknown {
		t.Error(got)
	}
}

func TestTheBackgroundTellsWhatWasWithdrawn(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.submit(t, baseline("s-1", nprs(8)))
	s.submit(t, at(store.ProgrammeEnd, "2025-03-10", "s-2", nprs(4)))
	s.now = s.now.Add(time.Hour)
	if _, err := s.RetractSubmission(ctx, clinic.Retraction{CareUnit: unit, SubmissionID: "s-1", Version: 1, Decision: clinic.Decision{Reason: "not hers", Author: "SE-ebba"}}); err != nil {
		t.Fatal(err)
	}
	background, err := s.Background(ctx, clinic.EpisodeRef{CareUnit: unit, EpisodeID: "e-1"}, false)
	if err != nil {
		t.Fatal(err)
	}
	if len(background.Forms) != 1 || background.Forms[0].SubmissionID != "s-2" || len(background.Changed) != 0 || len(background.Trend.Forms) != 1 {
		t.Errorf("%+v", background)
	}
	if len(background.Withdrawn) != 1 {
		t.Fatalf("%d forms were withdrawn", len(background.Withdrawn))
	}
	gone := background.Withdrawn[0]
	equal(t, "the act", gone.Changed, store.Act{By: "SE-ebba", At: s.now, Note: "not hers"})
	if gone.SubmissionID != "s-1" || gone.Occasion != store.Baseline || gone.Definition.ID() != "nprs" {
		t.Errorf("%+v", gone)
	}
}
