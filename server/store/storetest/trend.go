package storetest

import (
	"fmt"
	"testing"

	"github.com/painscore/painscore/server/store"
)

// standing reads how the episode "e" of the test unit stands.
func standing(t *testing.T, s store.Trends) store.Standing {
	t.Helper()
	return must(s.Standing(ctx, unit, "e"))(t)
}

// trendAgrees compares the forms of a trend with all forms of the episode, and
// returns the standing that they were read at.
func trendAgrees(t *testing.T, s store.Store, careUnit, episodeID string) store.Standing {
	t.Helper()
	want := []store.Submission{}
	for _, f := range must(s.SubmissionsOfEpisode(ctx, careUnit, episodeID, 0))(t) {
		if f.Respondent == store.Patient {
			want = append(want, store.Submission{
				Slot: f.Slot, SubmissionID: f.SubmissionID, InstrumentVersion: f.InstrumentVersion, AnsweredOn: f.AnsweredOn,
				Scores: f.Scores, RescorePlan: f.RescorePlan, RescoredSeq: f.RescoredSeq,
			})
		}
	}
	read, got, err := s.TrendForms(ctx, careUnit, episodeID)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "forms of a trend", got, want)
	same(t, "episode of a trend", read.Episode, must(s.Episode(ctx, careUnit, episodeID))(t))
	same(t, "standing", must(s.Standing(ctx, careUnit, episodeID))(t), read)
	return read
}

var trendTests = map[string]func(*testing.T, fixture){
	"a trend's forms are the patient's own, as they are scored now": func(t *testing.T, s fixture) {
		var full store.Submission
		fill(&full)
		full.Respondent = store.Patient
		submit(t, s, envelope("ada", full))
		trendAgrees(t, s, full.CareUnit, full.EpisodeID)
		hads := submit(t, s, envelope("ada", form("e", "hads", "1"))).Forms[0].Submission
		for i, who := range []store.Respondent{store.Relative, store.Clinician} {
			submit(t, s, envelope("ada", with(form("e", "hads", fmt.Sprint(2+i)), func(f *store.Submission) { f.Respondent = who })))
		}
		moved := submit(t, s, envelope("ada", form("e", "pcs", "4"))).Forms[0].Submission
		trendAgrees(t, s, unit, "e")
		amend(t, s, with(moved, func(f *store.Submission) { f.Occasion, f.Digest = store.ProgrammeEnd, []byte("d") }), 1)
		flip(t, s, staged(t, s, "p", hads), true)
		trendAgrees(t, s, unit, "e")
		retract(t, s, hads, 1)
		if read := trendAgrees(t, s, unit, "e"); read.Forms != 7 {
			t.Errorf("%d rows: three of the form that moved, two of the retracted one's, two of others", read.Forms)
		}
	},

	"whatever changes a trend changes the standing, and nothing else does": func(t *testing.T, s fixture) {
		hads := submit(t, s, envelope("ada", form("e", "hads", "1"))).Forms[0].Submission
		pcs := submit(t, s, envelope("ada", form("e", "pcs", "2"))).Forms[0].Submission
		plan := staged(t, s, "p", hads)
		before := trendAgrees(t, s, unit, "e")
		if again := standing(t, s); again != before {
			t.Error("reading twice gives two standings")
		}
		submit(t, s, envelope("bob", form("another", "hads", "3")))
		submit(t, s, envelope("ada", with(form("e", "hads", "1"), func(f *store.Submission) { f.CareUnit = "SE-2" })))
		submit(t, s, envelope("ada", form("e", "hads", "1"))) // a retry
		staged(t, s, "q", pcs)
		if after := standing(t, s); after != before {
			t.Error("what does not concern the episode changes its standing")
		}
		for _, act := range []struct {
			name string
			do   func()
		}{
			{"a version of the episode", func() {
				e := must(s.Episode(ctx, unit, "e"))(t)
				e.Cohort = "2026-1"
				must(s.PutEpisode(ctx, e, person("ada"), e.Version))(t)
			}},
			{"a form", func() { submit(t, s, envelope("ada", form("e", "isi", "4"))) }},
			{"an amendment", func() {
				pcs = amend(t, s, with(pcs, func(f *store.Submission) { f.Scores, f.Digest = "total=7", []byte("d") }), 1)
			}},
			{"a plan that is applied", func() { flip(t, s, plan, true) }},
			{"a plan that is reverted", func() { flip(t, s, plan, false) }},
			{"a retraction", func() { retract(t, s, pcs, 2) }},
			{"a setting", func() {
				must(s.PutSetting(ctx, store.Setting{Kind: "window", Name: "baseline", Value: "{}", At: at}, 0))(t)
			}},
		} {
			act.do()
			after := trendAgrees(t, s, unit, "e")
			if after == before {
				t.Errorf("%s leaves the standing as it was", act.name)
			}
			before = after
		}
	},

	"an erased episode has no standing, and one under its id has another": func(t *testing.T, s fixture) {
		submit(t, s, envelope("ada", form("e", "hads", "1")))
		before := standing(t, s)
		must(s.Erase(ctx, store.Erasure{ErasureID: "1", PatientKeys: []string{"key of ada"}}, markOf))(t)
		_, err := s.Standing(ctx, unit, "e")
		isError(t, "standing", err, store.ErrNotFound)
		_, forms, err := s.TrendForms(ctx, unit, "e")
		isError(t, "forms", err, store.ErrNotFound)
		if len(forms) != 0 {
			t.Errorf("%+v", forms)
		}
		submit(t, s, envelope("ada", form("e", "hads", "2")))
		if standing(t, s) == before {
			t.Error("the standing is the erased one's")
		}
	},
}
