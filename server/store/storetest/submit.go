package storetest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/painscore/painscore/server/store"
)

var submitTests = map[string]func(*testing.T, fixture){
	"what was submitted is read back, every field of it": func(t *testing.T, s fixture) {
		var full store.Submission
		fill(&full)
		sent := envelope("ada", full)
		receipt := submit(t, s, sent)

		want := full
		want.Version, want.ChangeSeq, want.EpisodeCreated, want.RecordedAt = 1, 2, true, kept(full.RecordedAt)
		want.State, want.Changed.At, want.Mark = store.Live, want.RecordedAt, nil
		want.RescorePlan, want.RescoredSeq = "", 0
		same(t, "receipt", receipt, store.Receipt{EpisodeCreated: true, PatientKey: sent.Identity.PatientKey, PatientIsNew: true, Forms: []store.StoredForm{{Submission: want}}})
		same(t, "submission", must(s.Submission(ctx, full.CareUnit, full.System, full.SubmissionID))(t), want)
		same(t, "of the episode", must(s.SubmissionsOfEpisode(ctx, full.CareUnit, full.EpisodeID, 0))(t), []store.Submission{want})
	},

	"a receipt says whose the episode is and whether the patient was new": func(t *testing.T, s fixture) {
		first := envelope("ada", form("e", "hads", "1"))
		if got := submit(t, s, first); got.PatientKey != first.Identity.PatientKey || !got.PatientIsNew {
			t.Errorf("the first form: %q, new %v", got.PatientKey, got.PatientIsNew)
		}
		// A later envelope carries another key, which is not used.
		for what, f := range map[string]store.Submission{"a replay": form("e", "hads", "1"), "another form": form("e", "pcs", "2"), "another episode": form("f", "hads", "3")} {
			later := envelope("ada", f)
			later.Identity.PatientKey = "another key"
			if got := submit(t, s, later); got.PatientKey != first.Identity.PatientKey || got.PatientIsNew {
				t.Errorf("%s: %q, new %v", what, got.PatientKey, got.PatientIsNew)
			}
		}
	},

	"fields left empty come back empty": func(t *testing.T, s fixture) {
		bare := store.Submission{Slot: store.Slot{CareUnit: unit, EpisodeID: "e"}, SubmissionID: "1", Digest: []byte{0}, RecordedAt: kept(at)}
		want := submit(t, s, envelope("ada", bare)).Forms[0].Submission
		bare.Version, bare.ChangeSeq, bare.EpisodeCreated = 1, want.ChangeSeq, true
		bare.State, bare.Changed.At = store.Live, bare.RecordedAt
		same(t, "receipt", want, bare)
		same(t, "submission", must(s.Submission(ctx, unit, "", "1"))(t), bare)
	},

	"long texts come back whole": func(t *testing.T, s fixture) {
		long := form("e", "hads", "1")
		for i := range 5000 {
			long.Answers += fmt.Sprint(i, "å ")
		}
		submit(t, s, envelope("ada", long))
		if got := must(s.Submission(ctx, unit, "ehr", "1"))(t); got.Answers != long.Answers {
			t.Errorf("%d bytes came back of %d", len(got.Answers), len(long.Answers))
		}
	},

	"an envelope stores its forms in order, and creates what is new": func(t *testing.T, s fixture) {
		receipt := submit(t, s, envelope("ada", form("e", "pcs", "1"), form("e", "hads", "2"), form("e", "isi", "3")))
		if !receipt.EpisodeCreated {
			t.Error("the episode was not created")
		}
		for i, stored := range receipt.Forms {
			if stored.SubmissionID != fmt.Sprint(i+1) || stored.Replayed || !stored.EpisodeCreated || stored.Version != 1 {
				t.Errorf("form %d: %+v", i, stored)
			}
			if i > 0 && stored.ChangeSeq <= receipt.Forms[i-1].ChangeSeq {
				t.Errorf("form %d has change %d after %d", i, stored.ChangeSeq, receipt.Forms[i-1].ChangeSeq)
			}
		}
		created := must(s.Episode(ctx, unit, "e"))(t)
		want := episode(unit, "e")
		want.PatientKey, want.Version, want.ChangeSeq, want.RecordedAt = "key of ada", 1, created.ChangeSeq, kept(at)
		same(t, "episode", created, want)
		if first := receipt.Forms[0].ChangeSeq; created.ChangeSeq >= first {
			t.Errorf("the episode has change %d, its first form %d", created.ChangeSeq, first)
		}
	},

	"a later envelope of the episode creates nothing": func(t *testing.T, s fixture) {
		submit(t, s, envelope("ada", form("e", "hads", "1")))
		later := envelope("ada", form("e", "pcs", "2"))
		later.MayCreateEpisode = false
		later.Identity.PatientKey = "a key that is not used"
		receipt := submit(t, s, later)
		if receipt.EpisodeCreated || receipt.Forms[0].EpisodeCreated {
			t.Error("an episode was created")
		}
		if history := must(s.EpisodeHistory(ctx, unit, "e"))(t); len(history) != 1 || history[0].PatientKey != "key of ada" {
			t.Errorf("history: %+v", history)
		}
	},

	"the identity is kept once, under the first patient key": func(t *testing.T, s fixture) {
		submit(t, s, envelope("ada", form("e1", "hads", "1")))
		second := envelope("ada", form("e2", "hads", "2"))
		second.Identity.PatientKey = "a key that is not used"
		submit(t, s, second)
		if key := must(s.FindPatient(ctx, person("ada").Lookup))(t); key != "key of ada" {
			t.Errorf("patient key %q", key)
		}
		want := person("ada")
		want.AddedAt = kept(at)
		same(t, "identities", must(s.IdentitiesOf(ctx, "key of ada"))(t), []store.Identity{want})
		if episodes := must(s.EpisodesOfPatient(ctx, unit, "key of ada"))(t); len(episodes) != 2 {
			t.Errorf("episodes: %+v", episodes)
		}
	},

	"version, change number and episode_created are the store's to set": func(t *testing.T, s fixture) {
		submit(t, s, envelope("ada", form("e", "pcs", "0")))
		forged := form("e", "hads", "1")
		forged.Version, forged.ChangeSeq, forged.EpisodeCreated = 7, 700, true
		got := submit(t, s, envelope("ada", forged)).Forms[0]
		if got.Version != 1 || got.ChangeSeq != 3 || got.EpisodeCreated {
			t.Errorf("%+v", got)
		}
	},

	"one system's ids are nothing to another's, nor one unit's": func(t *testing.T, s fixture) {
		submit(t, s, envelope("ada", form("e", "hads", "1")))
		otherSystem := with(form("e", "pcs", "1"), func(f *store.Submission) { f.System = "app" })
		otherUnit := with(form("e", "isi", "1"), func(f *store.Submission) { f.CareUnit = "SE-2" })
		for _, f := range []store.Submission{otherSystem, otherUnit} {
			if submit(t, s, envelope("ada", f)).Forms[0].Replayed {
				t.Errorf("taken for a retry: %+v", f)
			}
			if got := must(s.Submission(ctx, f.CareUnit, f.System, "1"))(t); got.Instrument != f.Instrument {
				t.Errorf("read %s, want %s", got.Instrument, f.Instrument)
			}
		}
	},

	"each part of a slot makes it another slot": func(t *testing.T, s fixture) {
		submit(t, s, envelope("ada", form("e", "hads", "0")))
		for i, change := range []func(*store.Submission){
			func(f *store.Submission) { f.CareUnit = "SE-2" },
			func(f *store.Submission) { f.EpisodeID = "e2" },
			func(f *store.Submission) { f.Occasion = store.ProgrammeEnd },
			func(f *store.Submission) { f.Occasion, f.OccasionLabel = store.OtherOccasion, "week 4" },
			func(f *store.Submission) { f.Occasion, f.OccasionLabel = store.OtherOccasion, "week 6" },
			func(f *store.Submission) { f.Instrument = "HADS" },
			func(f *store.Submission) { f.Respondent = store.Relative },
		} {
			submit(t, s, envelope("ada", with(form("e", "hads", fmt.Sprint(i+1)), change)))
		}
	},

	"an envelope that makes no sense is refused and stores nothing": func(t *testing.T, s fixture) {
		good := envelope("ada", form("e", "hads", "1"))
		for name, change := range map[string]func(*store.Envelope){
			"no forms":                   func(e *store.Envelope) { e.Forms = nil },
			"a form of another episode":  func(e *store.Envelope) { e.Forms = []store.Submission{form("e2", "hads", "1")} },
			"a form of another unit":     func(e *store.Envelope) { e.Episode.CareUnit = "SE-2" },
			"no submission id":           func(e *store.Envelope) { e.Forms = []store.Submission{form("e", "hads", "")} },
			"no digest":                  func(e *store.Envelope) { e.Forms = []store.Submission{form("e", "hads", "1")}; e.Forms[0].Digest = nil },
			"no look-up hash":            func(e *store.Envelope) { e.Identity.Lookup = nil },
			"no patient key":             func(e *store.Envelope) { e.Identity.PatientKey = "" },
			"an identity not sealed":     func(e *store.Envelope) { e.Identity.Sealed = nil },
			"no episode id":              func(e *store.Envelope) { *e = envelope("ada", form("", "hads", "1")) },
			"a text with a zero":         func(e *store.Envelope) { e.Forms = []store.Submission{form("e", "ha\x00ds", "1")} },
			"a text with a separator":    func(e *store.Envelope) { e.Forms = []store.Submission{form("e", "hads", "1\x1f2")} },
			"an episode with a zero":     func(e *store.Envelope) { e.Episode.Cohort = "\x00" },
			"an identity with a zero":    func(e *store.Envelope) { e.Identity.System = "\x00" },
			"a patient key with a break": func(e *store.Envelope) { e.Identity.PatientKey = "a\x1fb" },
		} {
			bad := good
			change(&bad)
			if _, err := s.Submit(ctx, bad); err == nil {
				t.Errorf("%s: stored", name)
			} else if errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrIDReused) {
				t.Errorf("%s: %v", name, err)
			}
		}
		nothingStored(t, s, "e")
	},
}

// nothingStored checks that an envelope of ada's left no trace.
func nothingStored(t *testing.T, s fixture, episodeID string) {
	t.Helper()
	_, err := s.FindPatient(ctx, person("ada").Lookup)
	isError(t, "identity", err, store.ErrNotFound)
	_, err = s.Episode(ctx, unit, episodeID)
	isError(t, "episode", err, store.ErrNotFound)
	if forms := must(s.SubmissionsOfEpisode(ctx, unit, episodeID, 0))(t); len(forms) != 0 {
		t.Errorf("forms were stored: %+v", forms)
	}
	if last := must(s.LastChange(ctx, unit))(t); last != 0 {
		t.Errorf("change numbers were used up to %d", last)
	}
	if units := must(s.CareUnits(ctx))(t); len(units) != 0 {
		t.Errorf("care units: %v", units)
	}
}
