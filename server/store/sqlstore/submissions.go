package sqlstore

import (
	"context"
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
	rows, err := readAll(ctx, s, "submissions of an episode", scanSlotRow, s.sql.submissionsOfEpisode, careUnit, episodeID, asOf)
	if err != nil {
		return nil, err
	}
	var held []store.Submission
	for i, row := range rows {
		// Rows of one slot follow each other; the last one says how it stands.
		if last := i == len(rows)-1 || rows[i+1].Slot != row.Slot; last && row.state == live {
			held = append(held, row.Submission)
		}
	}
	return held, nil
}

// slotRow is a submission with its row's place in the slot.
type slotRow struct {
	store.Submission
	slotVersion int64
	state       string
}

func scanSubmission(row scanner, to *store.Submission) error {
	var slot slotRow
	err := scanSlotRow(row, &slot)
	*to = slot.Submission
	return err
}

func scanSlotRow(row scanner, to *slotRow) error {
	var recorded, assisted, created int64
	err := row.Scan(&to.CareUnit, &to.EpisodeID, &to.Occasion, &to.OccasionLabel, &to.Instrument, &to.Respondent,
		&to.slotVersion, &to.state, &to.System, &to.SubmissionID, &to.Version, &to.ChangeSeq, &recorded, &to.Digest,
		&to.RequestedVersion, &to.InstrumentVersion, &to.AnsweredOn, &to.Mode, &to.LanguageCode, &assisted,
		&to.Source.System, &to.Source.DocumentID, &to.Source.Template, &to.Source.Version,
		&to.Answers, &to.Scores, &created, &to.Warnings)
	to.RecordedAt, to.Assisted, to.EpisodeCreated = instant(recorded), assisted != 0, created != 0
	return err
}

func (t *transaction) writeSubmission(f *store.Submission, slotVersion int64) error {
	return t.exec(t.sql.addSubmission, f.CareUnit, f.EpisodeID, string(f.Occasion), f.OccasionLabel, f.Instrument, string(f.Respondent),
		slotVersion, live, f.System, f.SubmissionID, f.Version, f.ChangeSeq, moment(f.RecordedAt), f.Digest,
		f.RequestedVersion, f.InstrumentVersion, f.AnsweredOn, f.Mode, f.LanguageCode, flag(f.Assisted),
		f.Source.System, f.Source.DocumentID, f.Source.Template, f.Source.Version,
		f.Answers, f.Scores, flag(f.EpisodeCreated), f.Warnings)
}

func slotArgs(s store.Slot) []any {
	return []any{s.CareUnit, s.EpisodeID, string(s.Occasion), s.OccasionLabel, s.Instrument, string(s.Respondent)}
}
