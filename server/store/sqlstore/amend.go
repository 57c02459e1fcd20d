package sqlstore

import (
	"context"
	"errors"

	"github.com/painscore/painscore/server/store"
)

// moved is the state of a row that gives a slot free because its form holds
// another one since. It is no version of the submission: the live row that was
// written with it is, under the same number.
const moved = "moved"

// Amend writes the version after readVersion of a submission.
func (s *Store) Amend(ctx context.Context, next store.Submission, readVersion int64) (store.StoredForm, error) {
	if next.CareUnit == "" || next.EpisodeID == "" {
		return store.StoredForm{}, errors.New("sqlstore: a form without a care unit or an episode")
	}
	if err := checkSubmission(&next); err != nil {
		return store.StoredForm{}, err
	}
	var stored store.StoredForm
	err := s.write(ctx, "amend", func(t *transaction) (err error) {
		stored, err = t.amend(next, readVersion)
		return err
	}, repeatable)
	if err != nil {
		return store.StoredForm{}, err
	}
	return stored, nil
}

func (t *transaction) amend(next store.Submission, readVersion int64) (store.StoredForm, error) {
	count, err := t.counter(next.CareUnit)
	if err != nil {
		return store.StoredForm{}, err
	}
	now, err := t.newest(store.SubmissionRef{CareUnit: next.CareUnit, System: next.System, SubmissionID: next.SubmissionID}, next.Mark)
	switch {
	case err != nil:
		return store.StoredForm{}, err
	case now.State == store.Retracted:
		return store.StoredForm{}, refuse(store.ErrRetracted)
	case now.Instrument != next.Instrument:
		return store.StoredForm{}, refuse(errors.New("sqlstore: an amendment cannot change the instrument"))
	case now.Version == readVersion+1 && sameContent(&now.Submission, &next):
		return replayed(now), nil
	case now.Version != readVersion:
		return store.StoredForm{}, refuse(store.ErrStale)
	}
	slotVersion, err := t.placeFor(&next, now)
	if err != nil {
		return store.StoredForm{}, err
	}
	next.Version, next.State = readVersion+1, store.Live
	next.EpisodeCreated, next.Warnings = now.EpisodeCreated, now.Warnings
	return t.writeVersion(next, now, slotVersion, count)
}

// newest reads the newest version of a submission and its row. Where there is
// none, mark says whether it was erased.
func (t *transaction) newest(ref store.SubmissionRef, mark []byte) (*slotRow, error) {
	var row slotRow
	var f fields
	found, err := t.read(t.sql.submission, []any{ref.CareUnit, ref.System, ref.SubmissionID}, &f.rest, &row.Digest)
	switch {
	case err != nil:
		return nil, err
	case found:
		return &row, row.unpack(&f)
	}
	var one int64
	erased, err := t.read(t.sql.erasedMark, []any{mark}, &one)
	switch {
	case err != nil:
		return nil, err
	case erased:
		return nil, refuse(store.ErrErased)
	}
	return nil, refuse(store.ErrNotFound)
}

// replayed is the reply to a call that was carried out before.
func replayed(now *slotRow) store.StoredForm {
	return store.StoredForm{Submission: now.Submission, Replayed: true, Newest: now.Version, NewestState: now.State}
}

// placeFor returns the number of the row that next becomes in its slot, and
// refuses a slot that the form may not have.
func (t *transaction) placeFor(next *store.Submission, now *slotRow) (slotVersion int64, err error) {
	if next.Slot == now.Slot {
		return now.slotVersion + 1, nil
	}
	if next.EpisodeID != now.EpisodeID {
		if err := t.samePatient(next.CareUnit, now.EpisodeID, next.EpisodeID); err != nil {
			return 0, err
		}
	}
	var last int64
	var state, system, id string
	found, err := t.read(t.sql.slotHead, slotArgs(next.Slot), &last, &state, &system, &id)
	if err != nil {
		return 0, err
	}
	if found && state == live {
		return 0, refuse(slotTaken(0, next, id, system))
	}
	return last + 1, nil
}

func (t *transaction) samePatient(careUnit, from, to string) error {
	mine, err := t.episodeHead(careUnit, from)
	if err != nil {
		return err
	}
	other, err := t.episodeHead(careUnit, to)
	switch {
	case err != nil:
		return err
	case !other.exists():
		return refuse(store.ErrEpisodeUnknown)
	case other.patientKey != mine.patientKey:
		return refuse(store.ErrOtherPatient)
	}
	return nil
}

// writeVersion adds the version after now. A form that goes to another slot
// gives the old one free first: as of the number of its live row, and of every
// later one, it holds one slot. In between there is no number that a reader
// could have been given, since both are of one commit.
func (t *transaction) writeVersion(next store.Submission, now *slotRow, slotVersion int64, count *counter) (store.StoredForm, error) {
	next.RescorePlan, next.RescoredSeq, next.Mark = "", 0, nil
	next.RecordedAt = instant(moment(next.Changed.At))
	next.Changed.At = next.RecordedAt
	if next.Slot != now.Slot {
		gone := store.Submission{
			Slot: now.Slot, System: next.System, SubmissionID: next.SubmissionID, Version: next.Version, State: moved,
			ChangeSeq: count.next(), RecordedAt: next.RecordedAt, Changed: next.Changed, Digest: next.Digest,
		}
		if err := t.writeSubmission(&gone, now.slotVersion+1); err != nil {
			return store.StoredForm{}, err
		}
	}
	next.ChangeSeq = count.next()
	return store.StoredForm{Submission: next}, t.writeSubmission(&next, slotVersion)
}
