package sqlstore

import (
	"context"
	"errors"
	"math"

	"github.com/painscore/painscore/server/store"
)

// Submission returns the newest version, or ErrNotFound.
func (s *Store) Submission(ctx context.Context, careUnit, system, submissionID string) (store.Submission, error) {
	return readOne(ctx, s, "submission", scanSubmission, s.sql.submission, careUnit, system, submissionID)
}

// SubmissionsOfEpisode returns the newest version of each live submission in
// the order of slots, as it was when asOf was the last change; 0 is now.
func (s *Store) SubmissionsOfEpisode(ctx context.Context, careUnit, episodeID string, asOf int64) ([]store.Submission, error) {
	if asOf == 0 {
		asOf = math.MaxInt64
	}
	// Rows of one slot follow each other, and the last one says how it stands.
	slots := make([]slotRow, 0, 32)
	err := s.each(ctx, "submissions of an episode", func(row scanner) error {
		var next slotRow
		err := scanSlotRow(row, &next)
		if n := len(slots); n > 0 && slots[n-1].Slot == next.Slot {
			slots = slots[:n-1]
		}
		slots = append(slots, next)
		return err
	}, s.sql.submissionsOfEpisode, careUnit, episodeID, asOf)
	if err != nil {
		return nil, err
	}
	held := make([]store.Submission, 0, len(slots))
	for i := range slots {
		if slots[i].state == live {
			held = append(held, slots[i].Submission)
		}
	}
	return held, nil
}

// slotRow is a submission and whether its row holds the slot.
type slotRow struct {
	store.Submission
	state string
}

func scanSubmission(row scanner, to *store.Submission) error {
	var slot slotRow
	err := scanSlotRow(row, &slot)
	*to = slot.Submission
	return err
}

func scanSlotRow(row scanner, to *slotRow) error {
	var f fields
	if err := row.Scan(&f.rest, &to.Digest); err != nil {
		return err
	}
	to.Slot = store.Slot{
		CareUnit: f.text(), EpisodeID: f.text(), Occasion: store.Occasion(f.text()), OccasionLabel: f.text(),
		Instrument: f.text(), Respondent: store.Respondent(f.text()),
	}
	f.number() // slot_version: the order of the rows says it
	to.state = f.text()
	to.System, to.SubmissionID, to.Version, to.ChangeSeq, to.RecordedAt = f.text(), f.text(), f.number(), f.number(), f.instant()
	to.RequestedVersion, to.InstrumentVersion, to.AnsweredOn = f.text(), f.text(), f.text()
	to.Mode, to.LanguageCode, to.Assisted = f.text(), f.text(), f.flag()
	to.Source = store.Source{System: f.text(), DocumentID: f.text(), Template: f.text(), Version: f.text()}
	to.Answers, to.Scores, to.EpisodeCreated, to.Warnings = f.text(), f.text(), f.flag(), f.text()
	return f.end()
}

func (t *transaction) writeSubmission(f *store.Submission, slotVersion int64) error {
	return t.exec(t.sql.addSubmission, f.CareUnit, f.EpisodeID, string(f.Occasion), f.OccasionLabel, f.Instrument, string(f.Respondent),
		slotVersion, live, f.System, f.SubmissionID, f.Version, f.ChangeSeq, moment(f.RecordedAt),
		f.RequestedVersion, f.InstrumentVersion, f.AnsweredOn, f.Mode, f.LanguageCode, flag(f.Assisted),
		f.Source.System, f.Source.DocumentID, f.Source.Template, f.Source.Version,
		f.Answers, f.Scores, flag(f.EpisodeCreated), f.Warnings, f.Digest)
}

func slotArgs(s store.Slot) []any {
	return []any{s.CareUnit, s.EpisodeID, string(s.Occasion), s.OccasionLabel, s.Instrument, string(s.Respondent)}
}

func checkSubmission(f *store.Submission) error {
	switch {
	case f.SubmissionID == "":
		return errors.New("sqlstore: a form without a submission id")
	case len(f.Digest) == 0:
		return errors.New("sqlstore: a form without a digest")
	}
	return checkTexts(f.CareUnit, f.EpisodeID, string(f.Occasion), f.OccasionLabel, f.Instrument, string(f.Respondent),
		f.System, f.SubmissionID, f.RequestedVersion, f.InstrumentVersion, f.AnsweredOn, f.Mode, f.LanguageCode,
		f.Source.System, f.Source.DocumentID, f.Source.Template, f.Source.Version, f.Answers, f.Scores, f.Warnings)
}
