package sqlstore_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/painscore/painscore/server/store"
)

// lostWords are ways in which the word of a commit can get lost.
func lostWords() map[string]commit {
	return map[string]commit{
		"it was committed":                 {done: true, err: errGone},
		"it was not":                       {err: errGone},
		"committed, by an error not known": {done: true, err: errors.New("odd")},
		"not, by an error not known":       {err: errors.New("odd")},
	}
}

func linkOf(of, add string, merge bool) store.Link {
	return store.Link{
		Of: []byte(of), Add: store.Identity{System: "s", Lookup: []byte(add)}, Merge: merge,
		Reseal: func(kept store.Identity, patientKey string) (store.Identity, error) {
			kept.PatientKey, kept.Sealed, kept.KeyID = patientKey, []byte{2}, "k"
			return kept, nil
		},
	}
}

// TestALinkWhoseOutcomeWasLostTellsWhatBecameOfIt: the second run finds the link
// made, and the caller must not hear that there was nothing to do.
func TestALinkWhoseOutcomeWasLostTellsWhatBecameOfIt(t *testing.T) {
	for name, how := range lostWords() {
		t.Run(name, func(t *testing.T) {
			f := newFaulty(t)
			for _, err := range f.batch(f.submits("a"), f.submits("b")) {
				if err != nil {
					t.Fatal(err)
				}
			}
			for _, c := range []struct {
				link store.Link
				want store.Linked
			}{
				{linkOf("a", "new", false), store.Linked{Added: true}},
				{linkOf("a", "b", true), store.Linked{Merged: true, MovedEpisodes: 1}},
			} {
				f.fail(how)
				if linked, err := f.Link(t.Context(), c.link); linked != c.want || err != nil {
					t.Errorf("%+v, %v, want %+v", linked, err, c.want)
				}
				if f.count() == 0 {
					t.Error("no commit was lost; the test shows nothing")
				}
				// Asked again by the caller it changes nothing, and says so.
				if again, err := f.Link(t.Context(), c.link); again != (store.Linked{}) || err != nil {
					t.Errorf("again: %+v, %v", again, err)
				}
			}
			episodes, err := f.EpisodesOfPatient(t.Context(), "u", "key of a")
			if err != nil || len(episodes) != 2 {
				t.Errorf("%d episodes, %v", len(episodes), err)
			}
			if keys, err := f.PatientKeys(t.Context(), "key of a"); err != nil || !slices.Equal(keys, []string{"key of a", "key of b"}) {
				t.Errorf("%v, %v", keys, err)
			}
		})
	}
}

func TestALinkWhoseOutcomeStaysUnknownIsUnavailable(t *testing.T) {
	f := newFaulty(t)
	if err := f.submits("a")(); err != nil {
		t.Fatal(err)
	}
	f.fail(slices.Repeat([]commit{{err: errGone}}, 100)...)
	if linked, err := f.Link(t.Context(), linkOf("a", "new", false)); !errors.Is(err, store.ErrUnavailable) || linked != (store.Linked{}) {
		t.Errorf("%+v, %v", linked, err)
	}
}

// TestAnAmendmentWhoseOutcomeWasLostIsWrittenOnce: it is the next version in any
// case, and there is no other.
func TestAnAmendmentWhoseOutcomeWasLostIsWrittenOnce(t *testing.T) {
	for name, how := range lostWords() {
		t.Run(name, func(t *testing.T) {
			f := newFaulty(t)
			if err := f.submits("a")(); err != nil {
				t.Fatal(err)
			}
			next := envelope("a").Forms[0]
			next.Occasion, next.Digest, next.Mark = store.ProgrammeEnd, []byte{2}, []byte("mark")
			f.fail(how)
			stored, err := f.Amend(t.Context(), next, 1)
			if err != nil || stored.Version != 2 || stored.Occasion != store.ProgrammeEnd {
				t.Errorf("%+v, %v", stored, err)
			}
			if f.count() == 0 {
				t.Error("no commit was lost; the test shows nothing")
			}
			versions, err := f.SubmissionVersions(t.Context(), "u", "ehr", "a")
			if err != nil || len(versions) != 2 {
				t.Errorf("%d versions, %v", len(versions), err)
			}
		})
	}
}
