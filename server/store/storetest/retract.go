package storetest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/painscore/painscore/server/store"
)

func ref(f store.Submission) store.SubmissionRef {
	return store.SubmissionRef{CareUnit: f.CareUnit, System: f.System, SubmissionID: f.SubmissionID}
}

var withdrawal = store.Act{By: "eve", At: later, Note: "wrong patient"}

// retract withdraws a form and returns its tombstone.
func retract(t *testing.T, s store.Corrections, f store.Submission, readVersion int64) store.Submission {
	t.Helper()
	stored, err := s.Retract(ctx, ref(f), nil, readVersion, withdrawal)
	if err != nil {
		t.Fatalf("retract %s: %v", f.SubmissionID, err)
	}
	if stored.Replayed {
		t.Errorf("retract %s: replayed", f.SubmissionID)
	}
	return stored.Submission
}

var retractTests = map[string]func(*testing.T, fixture){
	"a retraction is the last version, repeats what was there, and holds no slot": func(t *testing.T, s fixture) {
		var full store.Submission
		fill(&full)
		first := submit(t, s, envelope("ada", full)).Forms[0].Submission
		tombstone := retract(t, s, first, 1)
		want := first
		want.Version, want.ChangeSeq, want.State, want.RecordedAt, want.Changed = 2, first.ChangeSeq+1, store.Retracted, kept(later), withdrawal
		want.Changed.At = kept(later)
		same(t, "reply", tombstone, want)
		same(t, "newest", must(s.Submission(ctx, full.CareUnit, full.System, full.SubmissionID))(t), want)
		same(t, "versions", must(s.SubmissionVersions(ctx, full.CareUnit, full.System, full.SubmissionID))(t),
			[]store.SubmissionVersion{{Submission: first, Live: true}, {Submission: want}})
		same(t, "now", must(s.SubmissionsOfEpisode(ctx, full.CareUnit, full.EpisodeID, 0))(t), []store.Submission{})
		same(t, "as of before", must(s.SubmissionsOfEpisode(ctx, full.CareUnit, full.EpisodeID, first.ChangeSeq))(t), []store.Submission{first})
	},

	"a new submission may take the slot of a retracted one, under another id": func(t *testing.T, s fixture) {
		first := submit(t, s, envelope("ada", form("e", "hads", "1"))).Forms[0].Submission
		retract(t, s, first, 1)
		second := submit(t, s, envelope("ada", form("e", "hads", "2"))).Forms[0].Submission
		if second.Version != 1 || second.State != store.Live {
			t.Errorf("%+v", second)
		}
		same(t, "of the episode", inEpisode(t, s, "e", 0), []store.Submission{second})
		again := submit(t, s, envelope("ada", form("e", "hads", "1"))).Forms[0]
		if !again.Replayed {
			t.Error("a retry of the first was stored")
		}
		same(t, "what a retry of the first gets", again.Submission, first)
		_, err := s.Submit(ctx, envelope("ada", with(form("e", "hads", "1"), func(f *store.Submission) { f.Digest = []byte("x") })))
		isError(t, "the id of the first", err, store.ErrIDReused)
	},

	"an episode's retracted forms are read in the order in which they went, also where others took their place": func(t *testing.T, s fixture) {
		read := func(careUnit, episode string) []store.Submission {
			return must(s.RetractedOfEpisode(ctx, careUnit, episode))(t)
		}
		hads := submit(t, s, envelope("ada", form("e", "hads", "1"))).Forms[0].Submission
		isi := submit(t, s, envelope("ada", form("e", "isi", "2"))).Forms[0].Submission
		elsewhere := submit(t, s, envelope("ada", form("x", "hads", "3"))).Forms[0].Submission
		same(t, "before", read(hads.CareUnit, "e"), []store.Submission{})
		later := retract(t, s, isi, 1)
		last := retract(t, s, amend(t, s, corrected(hads, "a"), 1), 2)
		submit(t, s, envelope("ada", form("e", "hads", "4")))
		same(t, "after", read(hads.CareUnit, "e"), []store.Submission{later, last})
		same(t, "of the other episode", read(hads.CareUnit, "x"), []store.Submission{})

		moved := amend(t, s, with(corrected(elsewhere, "b"), moves["another occasion"]), 1)
		gone := retract(t, s, moved, 2)
		same(t, "of a form that had moved", read(hads.CareUnit, "x"), []store.Submission{gone})
		same(t, "of nowhere", read("nowhere", "e"), []store.Submission{})
	},

	"an amended form may take the slot of a retracted one": func(t *testing.T, s fixture) {
		gone := submit(t, s, envelope("ada", form("e", "hads", "1"))).Forms[0].Submission
		end := submit(t, s, envelope("ada", with(form("e", "hads", "2"), moves["another occasion"]))).Forms[0].Submission
		retract(t, s, gone, 1)
		there := amend(t, s, with(corrected(end, "a"), func(f *store.Submission) { f.Slot = gone.Slot }), 1)
		same(t, "of the episode", inEpisode(t, s, "e", 0), []store.Submission{there})
	},

	"a retraction sent again gets the tombstone, whatever version it was made from": func(t *testing.T, s fixture) {
		first := submit(t, s, envelope("ada", form("e", "hads", "1"))).Forms[0].Submission
		tombstone := retract(t, s, first, 1)
		unchanged(t, s, func() {
			for _, read := range []int64{0, 1, 2, 9} {
				again := must(s.Retract(ctx, ref(first), []byte("mark"), read, store.Act{By: "bob", At: at}))(t)
				same(t, fmt.Sprint("from ", read), again, store.StoredForm{Submission: tombstone, Replayed: true, Newest: 2, NewestState: store.Retracted})
			}
		})
	},

	"a retraction that is refused writes nothing": func(t *testing.T, s fixture) {
		first := submit(t, s, envelope("ada", form("e", "hads", "1"))).Forms[0].Submission
		amend(t, s, corrected(first, "a"), 1)
		for name, c := range map[string]struct {
			ref  store.SubmissionRef
			read int64
			want error
		}{
			"an unknown id":       {store.SubmissionRef{CareUnit: unit, System: "ehr", SubmissionID: "2"}, 1, store.ErrNotFound},
			"another system's id": {store.SubmissionRef{CareUnit: unit, System: "app", SubmissionID: "1"}, 2, store.ErrNotFound},
			"another unit's id":   {store.SubmissionRef{CareUnit: "SE-2", System: "ehr", SubmissionID: "1"}, 2, store.ErrNotFound},
			"an older version":    {ref(first), 1, store.ErrStale},
			"a version to come":   {ref(first), 3, store.ErrStale},
		} {
			unchanged(t, s, func() {
				got, err := s.Retract(ctx, c.ref, nil, c.read, withdrawal)
				isError(t, name, err, c.want)
				same(t, name+": what came beside the error", got, store.StoredForm{})
			})
		}
		unchanged(t, s, func() {
			if _, err := s.Retract(ctx, ref(first), nil, 2, store.Act{Note: "a\x1fb"}); err == nil {
				t.Error("a note with a separator was stored")
			}
		})
	},

	"of many who amend one version at once, one does and the others are stale": func(t *testing.T, s fixture) {
		first := submit(t, s, envelope("ada", form("e", "hads", "1"))).Forms[0].Submission
		errs := make([]error, clients)
		together(func(i int) {
			next := corrected(first, fmt.Sprint(i))
			if i%2 == 0 {
				next.Occasion = store.ProgrammeEnd
			}
			_, errs[i] = s.Amend(ctx, next, 1)
		})
		won := ""
		for i, err := range errs {
			if err == nil {
				won += fmt.Sprint(i)
			} else {
				isError(t, "the others", err, store.ErrStale)
			}
		}
		if got := inEpisode(t, s, "e", 0); len(got) != 1 || got[0].Version != 2 || got[0].Answers != won {
			t.Errorf("client %q won: %+v", won, got)
		}
	},

	"while a form is moved to and fro and retracted, every read sees one holder of a slot at most": func(t *testing.T, s fixture) {
		first := submit(t, s, envelope("ada", form("e", "hads", "1"))).Forms[0].Submission
		done := make(chan struct{})
		go func() {
			defer close(done)
			now := first
			for i := range 40 {
				place := func(f *store.Submission) { f.Slot = first.Slot }
				if i%2 == 0 {
					place = moves["another occasion"]
				}
				now = amend(t, s, with(corrected(now, fmt.Sprint(i)), place), now.Version)
			}
		}()
		for running := true; running; {
			select {
			case <-done:
				running = false
			default:
			}
			for _, asOf := range []int64{0, must(s.LastChange(ctx, unit))(t)} {
				if got := inEpisode(t, s, "e", asOf); len(got) != 1 {
					t.Fatalf("as of %d: %d forms", asOf, len(got))
				}
			}
		}
	},

	"of a retraction and many submits for its slot, one submit at most gets it": func(t *testing.T, s fixture) {
		for round := range 8 {
			e := fmt.Sprint("e", round)
			held := submit(t, s, envelope("ada", form(e, "hads", "held in "+e))).Forms[0].Submission
			got := make([]bool, clients)
			together(func(i int) {
				if i == 0 {
					if _, err := s.Retract(ctx, ref(held), nil, 1, withdrawal); err != nil {
						t.Error(err)
					}
					return
				}
				_, err := s.Submit(ctx, envelope("ada", form(e, "hads", fmt.Sprint(e, " client ", i))))
				if got[i] = err == nil; !got[i] && !errors.Is(err, store.ErrSlotTaken) {
					t.Error(err)
				}
			})
			winners := 0
			for _, won := range got {
				if won {
					winners++
				}
			}
			if now := inEpisode(t, s, e, 0); len(now) != winners || winners > 1 {
				t.Errorf("%s: %d submits were stored, %d forms are there", e, winners, len(now))
			}
		}
	},
}
