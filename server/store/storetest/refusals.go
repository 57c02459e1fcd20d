package storetest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/painscore/painscore/server/store"
)

var replayTests = map[string]func(*testing.T, fixture){
	"the same id with the same digest gets the first receipt, replayed": func(t *testing.T, s fixture) {
		sent := envelope("ada", form("e", "hads", "1"), form("e", "pcs", "2"))
		first := submit(t, s, sent)
		last := must(s.LastChange(ctx, unit))(t)

		again := sent
		again.MayCreateEpisode = false
		again.Identity.PatientKey, again.Identity.Sealed = "another key", []byte("sealed anew")
		again.Forms = []store.Submission{sent.Forms[0], sent.Forms[1]}
		again.Forms[0].RecordedAt, again.Forms[0].Scores = at.AddDate(1, 0, 0), "scored otherwise meanwhile"
		checkReplay(t, submit(t, s, again), first)
		if now := must(s.LastChange(ctx, unit))(t); now != last {
			t.Errorf("a retry took change numbers: %d, was %d", now, last)
		}
	},

	"a retry after a restart is a retry": func(t *testing.T, s fixture) {
		sent := envelope("ada", form("e", "hads", "1"))
		first := submit(t, s, sent)
		checkReplay(t, submit(t, s.reopen(), sent), first)
	},

	"what is new beside a retry is stored": func(t *testing.T, s fixture) {
		first := submit(t, s, envelope("ada", form("e", "hads", "1")))
		receipt := submit(t, s, envelope("ada", form("e", "pcs", "2"), form("e", "hads", "1")))
		if receipt.Forms[0].Replayed || !receipt.Forms[1].Replayed {
			t.Errorf("%+v", receipt)
		}
		same(t, "the replayed form", receipt.Forms[1].Submission, first.Forms[0].Submission)
		if forms := must(s.SubmissionsOfEpisode(ctx, unit, "e", 0))(t); len(forms) != 2 {
			t.Errorf("%d forms are stored", len(forms))
		}
	},

	"a form sent twice in one envelope is stored once": func(t *testing.T, s fixture) {
		receipt := submit(t, s, envelope("ada", form("e", "hads", "1"), form("e", "hads", "1")))
		if receipt.Forms[0].Replayed || !receipt.Forms[1].Replayed {
			t.Errorf("%+v", receipt)
		}
		same(t, "the second", receipt.Forms[1].Submission, receipt.Forms[0].Submission)
		if forms := must(s.SubmissionsOfEpisode(ctx, unit, "e", 0))(t); len(forms) != 1 {
			t.Errorf("%d forms are stored", len(forms))
		}
	},
}

func checkReplay(t *testing.T, got, first store.Receipt) {
	t.Helper()
	for i := range first.Forms {
		first.Forms[i].Replayed, first.Forms[i].Newest, first.Forms[i].NewestState = true, 1, store.Live
	}
	first.PatientIsNew = false
	same(t, "receipt of the retry", got, first)
}

var refusalTests = map[string]func(*testing.T, fixture){
	"an id that stands for another content, slot or patient is refused": func(t *testing.T, s fixture) {
		submit(t, s, envelope("ada", form("e", "hads", "1")))
		submit(t, s, envelope("bob", form("b", "hads", "b")))
		for name, e := range map[string]store.Envelope{
			"content":      envelope("ada", with(form("e", "hads", "1"), func(f *store.Submission) { f.Digest = []byte("x") })),
			"a digest cut": envelope("ada", with(form("e", "hads", "1"), func(f *store.Submission) { f.Digest = f.Digest[:5] })),
			"instrument":   envelope("ada", with(form("e", "pcs", "1"), func(f *store.Submission) { f.Digest = form("e", "hads", "1").Digest })),
			"occasion":     envelope("ada", with(form("e", "hads", "1"), func(f *store.Submission) { f.Occasion = store.ProgrammeEnd })),
			"episode":      envelope("ada", form("e2", "hads", "1")),
		} {
			refused(t, s, name, e, &store.FormError{Form: 0, Err: store.ErrIDReused})
		}
		for _, who := range []string{"bob", "eve"} {
			refused(t, s, who, envelope(who, form("e", "hads", "1")), store.ErrOtherPatient, &store.FormError{Form: 0, Err: store.ErrIDReused})
		}
	},

	"an episode of another patient is refused": func(t *testing.T, s fixture) {
		submit(t, s, envelope("ada", form("e", "hads", "1")))
		submit(t, s, envelope("bob", form("b", "hads", "2")))
		refused(t, s, "of a known one", envelope("bob", form("e", "pcs", "3")), store.ErrOtherPatient)
		refused(t, s, "of one not met before", envelope("eve", form("e", "pcs", "3")), store.ErrOtherPatient)
		_, err := s.FindPatient(ctx, person("eve").Lookup)
		isError(t, "the stranger", err, store.ErrNotFound)
	},

	"an unknown episode is refused unless it may be created": func(t *testing.T, s fixture) {
		e := envelope("ada", form("e", "hads", "1"))
		e.MayCreateEpisode = false
		refused(t, s, "unknown", e, store.ErrEpisodeUnknown)
		nothingStored(t, s, "e")
		submit(t, s, envelope("ada", with(form("e", "hads", "1"), func(f *store.Submission) { f.CareUnit = "SE-2" })))
		refused(t, s, "known elsewhere", e, store.ErrEpisodeUnknown)
	},

	"a slot that another submission holds is refused, naming the holder": func(t *testing.T, s fixture) {
		submit(t, s, envelope("ada", form("e", "hads", "1")))
		refused(t, s, "another id", envelope("ada", form("e", "hads", "2")),
			&store.SlotTakenError{Form: 0, Instrument: "hads", HeldBy: "1", HeldBySystem: "ehr"})
		refused(t, s, "the same id of another system", envelope("ada", with(form("e", "hads", "1"), func(f *store.Submission) { f.System = "app" })),
			&store.SlotTakenError{Form: 0, Instrument: "hads", HeldBy: "1", HeldBySystem: "ehr"})
		refused(t, s, "taken within the envelope", envelope("ada", form("e", "pcs", "2"), form("e", "pcs", "3")),
			&store.SlotTakenError{Form: 1, Instrument: "pcs", HeldBy: "2", HeldBySystem: "ehr"})
		refused(t, s, "the id taken within the envelope", envelope("ada", form("e", "pcs", "2"), form("e", "isi", "2")),
			&store.FormError{Form: 1, Err: store.ErrIDReused})
	},

	"a caller hears of every refusal at once, the envelope's first": func(t *testing.T, s fixture) {
		submit(t, s, envelope("ada", form("e", "hads", "1"), form("e", "pcs", "2")))
		refused(t, s, "three forms", envelope("ada",
			form("e", "hads", "9"), form("e", "isi", "8"), with(form("e", "pcs", "2"), func(f *store.Submission) { f.Digest = []byte("x") })),
			&store.SlotTakenError{Form: 0, Instrument: "hads", HeldBy: "1", HeldBySystem: "ehr"},
			&store.FormError{Form: 2, Err: store.ErrIDReused})
		refused(t, s, "a stranger's", envelope("eve", form("e", "hads", "9")),
			store.ErrOtherPatient,
			&store.SlotTakenError{Form: 0, Instrument: "hads", HeldBy: "1", HeldBySystem: "ehr"})
		elsewhere := envelope("ada", form("e2", "hads", "1"))
		elsewhere.MayCreateEpisode = false
		refused(t, s, "a known id at an unknown episode", elsewhere, store.ErrEpisodeUnknown, &store.FormError{Form: 0, Err: store.ErrIDReused})
	},

	"on a refusal nothing of the envelope is stored": func(t *testing.T, s fixture) {
		submit(t, s, envelope("bob", form("b", "hads", "1")))
		before := must(s.LastChange(ctx, unit))(t)
		// A new patient and a new episode, one good form, and an id that is taken.
		refused(t, s, "mixed", envelope("ada", form("e", "pcs", "2"), form("e", "hads", "1")), &store.FormError{Form: 1, Err: store.ErrIDReused})
		_, err := s.FindPatient(ctx, person("ada").Lookup)
		isError(t, "identity", err, store.ErrNotFound)
		_, err = s.Episode(ctx, unit, "e")
		isError(t, "episode", err, store.ErrNotFound)
		_, err = s.Submission(ctx, unit, "ehr", "2")
		isError(t, "the good form", err, store.ErrNotFound)
		if now := must(s.LastChange(ctx, unit))(t); now != before {
			t.Errorf("change numbers went from %d to %d", before, now)
		}
		// What was refused can be sent again in order.
		submit(t, s, envelope("ada", form("e", "pcs", "2")))
	},

	"a form of another episode than its envelope is refused, though both exist": func(t *testing.T, s fixture) {
		submit(t, s, envelope("ada", form("e", "hads", "1")))
		submit(t, s, envelope("bob", form("b", "hads", "2")))
		stray := envelope("ada", form("e", "pcs", "3"))
		stray.Forms = append(stray.Forms, form("b", "pcs", "4"))
		if _, err := s.Submit(ctx, stray); err == nil {
			t.Error("stored")
		}
		for _, id := range []string{"e", "b"} {
			if forms := must(s.SubmissionsOfEpisode(ctx, unit, id, 0))(t); len(forms) != 1 {
				t.Errorf("episode %s has %d forms", id, len(forms))
			}
		}
	},

	"the holder of a slot keeps it through refusals": func(t *testing.T, s fixture) {
		first := submit(t, s, envelope("ada", form("e", "hads", "1"))).Forms[0].Submission
		_, err := s.Submit(ctx, envelope("ada", form("e", "hads", "2")))
		isError(t, "second", err, store.ErrSlotTaken)
		same(t, "holder", must(s.SubmissionsOfEpisode(ctx, unit, "e", 0))(t), []store.Submission{first})
		_, err = s.Submission(ctx, unit, "ehr", "2")
		isError(t, "the refused id", err, store.ErrNotFound)
	},
}

// refused checks that an envelope gets exactly these errors, joined in order.
func refused(t *testing.T, s store.Submissions, name string, e store.Envelope, want ...error) {
	t.Helper()
	receipt, err := s.Submit(ctx, e)
	if len(receipt.Forms) != 0 || receipt.EpisodeCreated {
		t.Errorf("%s: a receipt came with the error: %+v", name, receipt)
	}
	if diff := cmp.Diff(describe(want), describe(refusals(err))); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func refusals(err error) []error {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		return joined.Unwrap()
	}
	return []error{err}
}

// describe makes errors comparable.
func describe(errs []error) []any {
	var all []any
	for _, err := range errs {
		switch e := err.(type) {
		case *store.SlotTakenError:
			all = append(all, *e)
		case *store.FormError:
			all = append(all, []any{e.Form, e.Err.Error()})
		case nil:
			all = append(all, "stored")
		default:
			all = append(all, e.Error())
		}
	}
	return all
}
