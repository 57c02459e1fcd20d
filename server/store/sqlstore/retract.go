package sqlstore

import (
	"cmp"
	"context"
	"slices"

	"github.com/painscore/painscore/server/store"
)

// Retract writes the tombstone of a submission and frees its slot.
func (s *Store) Retract(ctx context.Context, ref store.SubmissionRef, mark []byte, readVersion int64, act store.Act) (store.StoredForm, error) {
	if err := checkTexts(act.By, act.Note); err != nil {
		return store.StoredForm{}, err
	}
	var stored store.StoredForm
	err := s.write(ctx, "retract", func(t *transaction) (err error) {
		stored, err = t.retract(ref, mark, readVersion, act)
		return err
	}, repeatable)
	if err != nil {
		return store.StoredForm{}, err
	}
	return stored, nil
}

func (t *transaction) retract(ref store.SubmissionRef, mark []byte, readVersion int64, act store.Act) (store.StoredForm, error) {
	count, err := t.counter(ref.CareUnit)
	if err != nil {
		return store.StoredForm{}, err
	}
	now, err := t.newest(ref, mark)
	switch {
	case err != nil:
		return store.StoredForm{}, err
	case now.State == store.Retracted:
		return replayed(now), nil
	case now.Version != readVersion:
		return store.StoredForm{}, refuse(store.ErrStale)
	}
	tombstone := now.Submission
	tombstone.Version, tombstone.State, tombstone.Changed = readVersion+1, store.Retracted, act
	return t.writeVersion(tombstone, now, now.slotVersion+1, count)
}

// RetractedOfEpisode returns the tombstones that lie in an episode.
func (s *Store) RetractedOfEpisode(ctx context.Context, careUnit, episodeID string) ([]store.Submission, error) {
	rows, err := readAll(ctx, s, "retracted submissions of an episode", scanSlotRow, s.sql.retractedOfEpisode, careUnit, episodeID)
	if err != nil {
		return nil, err
	}
	// They lie in the order of slots; a few rows are sorted faster here than there.
	slices.SortFunc(rows, func(a, b slotRow) int { return cmp.Compare(a.ChangeSeq, b.ChangeSeq) })
	retracted := make([]store.Submission, len(rows))
	for i := range rows {
		retracted[i] = rows[i].Submission
	}
	return retracted, nil
}
