package sqlstore

import (
	"context"
	"errors"
	"math"

	"github.com/painscore/painscore/server/store"
)

// Submission returns the newest version, or ErrNotFound.
func (s *Store) Submission(ctx context.Context, careUnit, system, submissionID string) (store.Submission, error) {
	row, err := readOne(ctx, s, "submission", scanSlotRow, s.sql.submission, careUnit, system, submissionID)
	if err != nil {
		return store.Submission{}, err
	}
	// A second read may see a later flip, but none that was ever false of this
	// row: a plan that scored it anew cannot be applied once it is superseded.
	again := slotReader{careUnit: careUnit}
	err = s.each(ctx, "submission scored anew", again.scan, s.sql.rescoredRow, append(slotArgs(row.Slot), row.slotVersion, orNow(0))...)
	if err != nil {
		return store.Submission{}, err
	}
	again.sortRescored()
	again.scoreAnew(&row)
	return row.Submission, nil
}

// SubmissionsOfEpisode returns the newest version of each live submission in
// the order of slots, as it was when asOf was the last change; 0 is now.
func (s *Store) SubmissionsOfEpisode(ctx context.Context, careUnit, episodeID string, asOf int64) ([]store.Submission, error) {
	slots := slotReader{careUnit: careUnit, rows: make([]slotRow, 0, 32)}
	err := s.each(ctx, "submissions of an episode", slots.scan, s.sql.submissionsOfEpisode, careUnit, episodeID, orNow(asOf))
	if err != nil {
		return nil, err
	}
	return slots.held(), nil
}

// orNow reads an asOf: 0 is the end of time.
func orNow(asOf int64) int64 {
	if asOf == 0 {
		return math.MaxInt64
	}
	return asOf
}

func scanSlotRow(row scanner, to *slotRow) error {
	var f fields
	if err := row.Scan(&f.rest, &to.Digest); err != nil {
		return err
	}
	return to.unpack(&f)
}

func (t *transaction) writeSubmission(f *store.Submission, slotVersion int64) error {
	return t.insert(&t.sql.addSubmissions, submissionRow(f, slotVersion))
}

// submissionRow is in the order of submissionColumns.
func submissionRow(f *store.Submission, slotVersion int64) row {
	return row{f.CareUnit, f.EpisodeID, string(f.Occasion), f.OccasionLabel, f.Instrument, string(f.Respondent),
		slotVersion, string(f.State), f.System, f.SubmissionID, f.Version, f.ChangeSeq, moment(f.RecordedAt),
		f.RequestedVersion, f.InstrumentVersion, f.AnsweredOn, f.Mode, f.LanguageCode, flag(f.Assisted),
		f.Source.System, f.Source.DocumentID, f.Source.Template, f.Source.Version,
		f.Answers, f.Scores, flag(f.EpisodeCreated), f.Warnings, f.Changed.By, f.Changed.Note, f.Digest}
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
		f.Source.System, f.Source.DocumentID, f.Source.Template, f.Source.Version, f.Answers, f.Scores, f.Warnings, f.Changed.By, f.Changed.Note)
}
