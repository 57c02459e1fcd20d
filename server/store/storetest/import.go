package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/painscore/painscore/server/store"
)

// imported has envelopes imported, and checks that there is one result for each.
func imported(t *testing.T, s store.Imports, dryRun bool, envelopes ...store.Envelope) []store.Imported {
	t.Helper()
	results, err := s.Import(ctx, envelopes, dryRun)
	if err != nil || len(results) != len(envelopes) {
		t.Fatalf("import: %d results of %d, %v", len(results), len(envelopes), err)
	}
	return results
}

// mixed are envelopes of which those at odd places are refused, each for another
// reason; the store must hold ada's "1" in episode "known".
func mixed() []store.Envelope {
	unknown := envelope("eve", form("nowhere", "hads", "u"))
	unknown.MayCreateEpisode = false
	senseless := envelope("eve", form("e9", "hads", "s"))
	senseless.Identity.Lookup = nil
	return []store.Envelope{
		envelope("bob", form("e1", "hads", "2")),
		envelope("ada", with(form("known", "hads", "1"), func(f *store.Submission) { f.Digest = []byte("x") })),
		envelope("ada", form("known", "pcs", "3"), form("known", "isi", "4")),
		envelope("bob", form("known", "gad", "5")),
		envelope("ada", form("known", "hads", "1")),
		senseless,
		envelope("bob", form("e1", "pcs", "6")),
		unknown,
		envelope("bob", form("e2", "hads", "7")),
		// Refused by what the envelopes before it stored.
		envelope("bob", form("e1", "hads", "8")),
	}
}

// checkMixed checks what became of them.
func checkMixed(t *testing.T, results []store.Imported) {
	t.Helper()
	for i, want := range map[int]error{1: store.ErrIDReused, 3: store.ErrOtherPatient, 7: store.ErrEpisodeUnknown, 9: store.ErrSlotTaken} {
		isError(t, fmt.Sprint("envelope ", i), results[i].Err, want)
	}
	var taken *store.SlotTakenError
	if !errors.As(results[9].Err, &taken) || taken.HeldBy != "2" {
		t.Errorf("the holder of the slot: %+v", taken)
	}
	for i, r := range results {
		switch {
		case i%2 == 1 && (r.Err == nil || len(r.Forms) > 0):
			t.Errorf("envelope %d: %+v", i, r)
		case i%2 == 0 && (r.Err != nil || len(r.Forms) == 0):
			t.Errorf("envelope %d: %+v", i, r)
		}
	}
	if !results[4].Forms[0].Replayed || results[0].Forms[0].Replayed {
		t.Error("a replay is not told from what is new")
	}
	if !results[0].EpisodeCreated || results[2].EpisodeCreated || results[6].EpisodeCreated || !results[8].EpisodeCreated {
		t.Error("which envelopes created their episodes is not told")
	}
}

var importTests = map[string]func(*testing.T, fixture){
	"an import stores each envelope as a submit would, and a bad one leaves its neighbours alone": func(t *testing.T, s fixture) {
		submit(t, s, envelope("ada", form("known", "hads", "1")))
		results := imported(t, s, false, mixed()...)
		checkMixed(t, results)
		for i, r := range results {
			for _, f := range r.Forms {
				same(t, fmt.Sprint("envelope ", i), must(s.Submission(ctx, unit, "ehr", f.SubmissionID))(t), f.Submission)
			}
		}
		if _, err := s.FindPatient(ctx, person("eve").Lookup); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a refused envelope left a person: %v", err)
		}
		// ada's first form with its episode, then 2 + 2 + 0 + 1 + 2.
		if last := must(s.LastChange(ctx, unit))(t); last != 9 {
			t.Errorf("%d changes", last)
		}
	},

	"an import repeated is a replay, envelope by envelope": func(t *testing.T, s fixture) {
		submit(t, s, envelope("ada", form("known", "hads", "1")))
		first := imported(t, s, false, mixed()...)
		last := must(s.LastChange(ctx, unit))(t)
		for i, again := range imported(t, s, false, mixed()...) {
			if (again.Err == nil) != (first[i].Err == nil) {
				t.Errorf("envelope %d: %v, was %v", i, again.Err, first[i].Err)
			}
			for n, f := range again.Forms {
				if !f.Replayed || f.Newest != 1 || f.NewestState != store.Live {
					t.Errorf("envelope %d: %+v", i, f)
				}
				same(t, fmt.Sprint("envelope ", i), f.Submission, first[i].Forms[n].Submission)
			}
		}
		if now := must(s.LastChange(ctx, unit))(t); now != last {
			t.Errorf("the repetition made changes up to %d, were %d", now, last)
		}
	},

	"a dry run tells what each would have got, and leaves nothing": func(t *testing.T, s fixture) {
		submit(t, s, envelope("ada", form("known", "hads", "1")))
		dry := imported(t, s, true, mixed()...)
		checkMixed(t, dry)
		if last := must(s.LastChange(ctx, unit))(t); last != 2 {
			t.Errorf("it made changes up to %d", last)
		}
		for _, id := range []string{"2", "3", "4", "6", "7"} {
			_, err := s.Submission(ctx, unit, "ehr", id)
			isError(t, "form "+id, err, store.ErrNotFound)
		}
		_, err := s.FindPatient(ctx, person("bob").Lookup)
		isError(t, "a new person", err, store.ErrNotFound)
		_, err = s.Episode(ctx, unit, "e1")
		isError(t, "a new episode", err, store.ErrNotFound)
		// Nothing happened in between: the same once more, and then in earnest.
		same(t, "again", outcomes(imported(t, s, true, mixed()...)), outcomes(dry))
		same(t, "in earnest", outcomes(imported(t, s, false, mixed()...)), outcomes(dry))
	},

	"an import keeps the order of its envelopes, however many": func(t *testing.T, s fixture) {
		const n = 700
		var envelopes []store.Envelope
		for i := range n {
			// Every seventh repeats the one before: a replay only if the order holds.
			id := fmt.Sprintf("%04d", i)
			if i%7 == 6 {
				id = fmt.Sprintf("%04d", i-1)
			}
			envelopes = append(envelopes, envelope("p"+id, form("e"+id, "hads", id)))
		}
		for _, dryRun := range []bool{true, false} {
			seq := int64(0)
			for i, r := range imported(t, s, dryRun, envelopes...) {
				if r.Err != nil || len(r.Forms) != 1 || r.Forms[0].SubmissionID != envelopes[i].Forms[0].SubmissionID || r.Forms[0].Replayed != (i%7 == 6) {
					t.Fatalf("dry run %v, envelope %d: %+v", dryRun, i, r)
				}
				if i%7 != 6 {
					if seq += 2; r.Forms[0].ChangeSeq != seq {
						t.Fatalf("dry run %v, envelope %d has change %d, want %d", dryRun, i, r.Forms[0].ChangeSeq, seq)
					}
				}
			}
		}
	},

	"a patient who is new in one envelope is the same one in the next": func(t *testing.T, s fixture) {
		second := envelope("ada", form("e", "pcs", "2"))
		second.Identity.PatientKey = "another key"
		third := envelope("ada", form("e2", "hads", "3"))
		third.Identity.PatientKey = "a third key"
		for _, dryRun := range []bool{true, false} {
			for i, r := range imported(t, s, dryRun, envelope("ada", form("e", "hads", "1")), second, third) {
				if r.Err != nil {
					t.Errorf("dry run %v, envelope %d: %v", dryRun, i, r.Err)
				}
			}
		}
		if episodes := must(s.EpisodesOfPatient(ctx, unit, "key of ada"))(t); len(episodes) != 2 {
			t.Errorf("the patient has %d episodes", len(episodes))
		}
	},

	"an import of nothing is no error": func(t *testing.T, s fixture) {
		imported(t, s, false)
		imported(t, s, true)
	},

	"an import reaches over several care units": func(t *testing.T, s fixture) {
		var envelopes []store.Envelope
		for i := range 40 {
			f := form(fmt.Sprint("e", i), "hads", "1")
			f.CareUnit, f.SubmissionID = fmt.Sprint("unit ", 9-i%10), fmt.Sprint(i)
			envelopes = append(envelopes, envelope("ada", f))
		}
		imported(t, s, false, envelopes...)
		for i := range 10 {
			if last := must(s.LastChange(ctx, fmt.Sprint("unit ", i)))(t); last != 8 {
				t.Errorf("unit %d: %d changes", i, last)
			}
		}
	},

	"a submit gets in between the envelopes of an import": func(t *testing.T, s fixture) {
		var envelopes []store.Envelope
		for i := range 3000 {
			envelopes = append(envelopes, envelope(fmt.Sprint("p", i), form(fmt.Sprint("e", i), "hads", fmt.Sprint(i))))
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			for i, r := range must(s.Import(ctx, envelopes, false))(t) {
				if r.Err != nil {
					t.Errorf("envelope %d: %v", i, r.Err)
				}
			}
		}()
		for must(s.LastChange(ctx, unit))(t) == 0 {
		}
		submit(t, s, envelope("ada", form("mine", "hads", "mine")))
		select {
		case <-done:
			t.Error("the submit waited for the whole import")
		default:
		}
		<-done
		if last := must(s.LastChange(ctx, unit))(t); last != 2*3001 {
			t.Errorf("%d changes", last)
		}
	},

	"imports and submits of one thing by many clients store it once": func(t *testing.T, s fixture) {
		together(func(i int) {
			e := envelope("ada", form("e", "hads", "1"))
			e.Identity.PatientKey = fmt.Sprint("key ", i)
			if i%2 == 0 {
				submit(t, s, e)
				return
			}
			if results := must(s.Import(ctx, []store.Envelope{e, e}, false))(t); results[0].Err != nil || !results[1].Forms[0].Replayed {
				t.Errorf("%+v", results)
			}
		})
		if last := must(s.LastChange(ctx, unit))(t); last != 2 {
			t.Errorf("%d changes were made", last)
		}
	},

	"an import by a caller who has given up stores nothing": func(t *testing.T, s fixture) {
		gone, cancel := context.WithCancel(ctx)
		cancel()
		for _, dryRun := range []bool{false, true} {
			_, err := s.Import(gone, mixed(), dryRun)
			isError(t, "import", err, gone.Err())
		}
		nothingStored(t, s, "known")
	},

	"a closed store imports nothing": func(t *testing.T, s fixture) {
		s.reopen()
		for _, dryRun := range []bool{false, true} {
			_, err := s.Import(ctx, mixed(), dryRun)
			isError(t, "import", err, store.ErrUnavailable)
		}
	},
}

// outcomes makes results comparable.
func outcomes(results []store.Imported) (all []any) {
	for _, r := range results {
		all = append(all, []any{r.Receipt, describe(refusals(r.Err))})
	}
	return all
}

// checkImportModel draws imports, dry and in earnest, whose envelopes collide
// in every way, and compares each result with one submit after another in
// memory.
func checkImportModel(t *testing.T, s fixture) {
	run := 0
	rapid.Check(t, func(r *rapid.T) {
		run++
		m := newModel(fmt.Sprintf("import %06d", run))
		for range rapid.IntRange(1, 6).Draw(r, "calls") {
			var envelopes []store.Envelope
			for range rapid.IntRange(1, 12).Draw(r, "envelopes") {
				envelopes = append(envelopes, m.drawEnvelope(r))
			}
			if rapid.IntRange(0, 3).Draw(r, "kind") == 0 {
				m.clone().checkImport(r, s, envelopes, true)
			} else {
				m.checkImport(r, s, envelopes, false)
			}
		}
		m.checkReads(r, s)
	})
}

func (m *model) checkImport(r *rapid.T, s fixture, envelopes []store.Envelope, dryRun bool) {
	results, err := s.Import(ctx, envelopes, dryRun)
	if err != nil || len(results) != len(envelopes) {
		r.Fatalf("import: %d results of %d, %v", len(results), len(envelopes), err)
	}
	for i, e := range envelopes {
		want, wantErrs := m.submit(e)
		if d := diff(want, results[i].Receipt); d != "" {
			r.Fatalf("dry run %v, receipt %d (-want +got):\n%s", dryRun, i, d)
		}
		if d := diff(describe(orNone(wantErrs)), describe(refusals(results[i].Err))); d != "" {
			r.Fatalf("dry run %v, errors %d (-want +got):\n%s", dryRun, i, d)
		}
	}
}

func orNone(errs []error) []error {
	if len(errs) == 0 {
		return []error{nil}
	}
	return errs
}
