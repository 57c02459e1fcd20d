package erasures

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/painscore/painscore/server/store"
)

// Applied says what Apply did.
type Applied struct {
	Entries int // erasures in the journal
	Again   int // of these: carried out now, since the store had the patient
}

// pageSize is how many erasures are read from a store at a time.
const pageSize = 1000

// Apply carries out what the store does not know to be done. Most often that is
// nothing; after a restore it is everybody who was erased since the backup. mark
// is what the erasing use case gives to the store. It may be called at every
// start: a patient whom the store does not have is no error.
func (j *Journal) Apply(ctx context.Context, st store.Erasures, mark func(store.SubmissionRef) []byte) (Applied, error) {
	entries, err := j.entries()
	if err != nil || len(entries) == 0 {
		return Applied{}, err
	}
	known, err := knownTo(ctx, st)
	if err != nil {
		return Applied{}, fmt.Errorf("erasures: what the store has erased: %w", err)
	}
	applied := Applied{Entries: len(entries)}
	for _, e := range entries {
		if known[e.ErasureID] {
			continue
		}
		// First, since a store that knows the erasure is not asked again.
		if err := st.MarkErased(ctx, e.Marks); err != nil {
			return applied, fmt.Errorf("erasures: mark what was erased by %s: %w", e.ErasureID, err)
		}
		again, err := e.apply(ctx, st, mark)
		if err != nil {
			return applied, fmt.Errorf("erasures: erase again %s: %w", e.ErasureID, err)
		}
		if again {
			applied.Again++
		}
	}
	return applied, nil
}

// marks tells whether an entry has all of these marks.
func (e entry) marks(marks [][]byte) bool {
	return !slices.ContainsFunc(marks, func(mark []byte) bool {
		return !slices.ContainsFunc(e.Marks, func(has []byte) bool { return bytes.Equal(has, mark) })
	})
}

// ids are the ids under which the patients of an entry are erased again, one for
// each key.
func (e entry) ids() []string {
	ids := make([]string, len(e.PatientKeys))
	for i, key := range e.PatientKeys {
		ids[i] = e.ErasureID
		if i > 0 {
			ids[i] += "." + key
		}
	}
	return ids
}

// apply erases every patient whom the entry's keys name. They were one when
// they were erased; in a store from before they may be several yet. The own key
// comes last and takes the erasure's own id, which says that all is done.
func (e entry) apply(ctx context.Context, st store.Erasures, mark func(store.SubmissionRef) []byte) (again bool, err error) {
	ids := e.ids()
	for i := len(ids) - 1; i >= 0; i-- {
		_, err := st.Erase(ctx, store.Erasure{
			ErasureID:   ids[i],
			PatientKeys: []string{e.PatientKeys[i]},
			Act:         store.Act{By: e.By, At: e.At, Note: e.Note},
		}, mark)
		switch {
		case errors.Is(err, store.ErrNotFound):
		case err != nil:
			return again, err
		default:
			again = true
		}
	}
	return again, nil
}

func knownTo(ctx context.Context, st store.Erasures) (map[string]bool, error) {
	known := map[string]bool{}
	for after := ""; ; {
		page, err := st.Erasures(ctx, after, pageSize)
		if err != nil {
			return nil, err
		}
		for _, erasure := range page {
			known[erasure.ErasureID] = true
			after = erasure.ErasureID
		}
		if len(page) < pageSize {
			return known, nil
		}
	}
}
