package sqlstore

import (
	"context"

	"github.com/painscore/painscore/server/store"
)

// trendStatements holds the text of the queries that a trend stands on.
type trendStatements struct {
	standing, trendForms string
}

// standingOf reads a store.Standing of one episode, packed into three texts.
// The + keeps SQLite from the index by change: for the highest number that looks
// like the shortest way, and it leads through the unit's other episodes. A MAX
// that stands alone is made into a search for the last row, which SQLite then
// compiles again each time it runs: 20 µs that a COUNT beside it saves.
var standingOf = packed(oneEpisodeColumns) + `,
	(SELECT ` + packed(`COUNT(*), COALESCE(MAX(+s.change_seq), 0), COALESCE(MAX(s.recorded_at), 0)`) + `
		FROM submission_version s WHERE s.care_unit = $1 AND s.episode_id = $2),
	` + packed(`(SELECT `+packed(`COUNT(*), COALESCE(MAX(f.change_seq), 0)`)+` FROM rescore_flip f WHERE f.care_unit = $1),
		(SELECT COALESCE(MAX(c.change_number), 0) FROM setting c)`)

// trendColumns are what a trend needs of submission_version, in the order of
// unpackForTrend.
const trendColumns = `s.occasion, s.occasion_label, s.instrument, s.slot_version, s.state,
	s.submission_id, s.instrument_version, s.answered_on, s.scores`

// joined makes one text of many packed rows, one after another. To hand over 27
// rows one by one costs as much as to find them.
func joined(row string) string { return `COALESCE(string_agg(` + row + `, '` + separator + `'), '')` }

func newTrendStatements(r func(string) string) trendStatements {
	return trendStatements{
		standing: r(`SELECT ` + standingOf + oneEpisodeFrom),
		trendForms: r(`SELECT ` + standingOf + `,
			(SELECT ` + joined(packed(trendColumns)) + ` FROM submission_version s
				WHERE s.care_unit = $1 AND s.episode_id = $2 AND s.respondent = 'patient'),
			(SELECT ` + joined(rescoredLine(`$3`)) + ` FROM rescored_submission r
				WHERE r.care_unit = $1 AND r.episode_id = $2 AND r.respondent = 'patient')` + oneEpisodeFrom),
	}
}

// Standing returns an episode as it stands, or ErrNotFound.
func (s *Store) Standing(ctx context.Context, careUnit, episodeID string) (store.Standing, error) {
	return readOne(ctx, s, "standing of an episode", func(row scanner, to *store.Standing) error {
		var texts standingTexts
		if err := row.Scan(&texts[0], &texts[1], &texts[2]); err != nil {
			return err
		}
		return texts.unpack(to)
	}, s.sql.standing, careUnit, episodeID)
}

// standingTexts are what standingOf reads.
type standingTexts [3]string

func (texts *standingTexts) unpack(to *store.Standing) error {
	episode, forms, others := fields{rest: texts[0]}, fields{rest: texts[1]}, fields{rest: texts[2]}
	unpackEpisode(&episode, &to.Episode)
	to.Forms, to.NewestForm, to.NewestFormAt = forms.number(), forms.number(), forms.number()
	to.Flips, to.NewestFlip, to.SettingChange = others.number(), others.number(), others.number()
	for _, f := range []*fields{&episode, &forms, &others} {
		if err := f.end(); err != nil {
			return err
		}
	}
	return nil
}

// trendRows is a standing with the rows of the patient's own forms.
type trendRows struct {
	store.Standing
	slots slotReader
}

// TrendForms returns the patient's own forms of an episode with its standing.
func (s *Store) TrendForms(ctx context.Context, careUnit, episodeID string) (store.Standing, []store.Submission, error) {
	read, err := readOne(ctx, s, "forms of a trend", scanTrend, s.sql.trendForms, careUnit, episodeID, orNow(0))
	if err != nil {
		return store.Standing{}, nil, err
	}
	return read.Standing, read.slots.held(), nil
}

func scanTrend(row scanner, to *trendRows) error {
	var texts standingTexts
	var forms, rescored string
	if err := row.Scan(&texts[0], &texts[1], &texts[2], &forms, &rescored); err != nil {
		return err
	}
	if err := texts.unpack(&to.Standing); err != nil {
		return err
	}
	to.slots.careUnit = to.Episode.CareUnit
	to.slots.rows = make([]slotRow, 0, to.Forms)
	for f := (fields{rest: forms, ended: forms == ""}); !f.ended; {
		to.slots.rows = append(to.slots.rows, slotRow{})
		to.slots.rows[len(to.slots.rows)-1].unpackForTrend(&f, &to.Episode)
		if f.err != nil {
			return f.err
		}
	}
	for f := (fields{rest: rescored, ended: rescored == ""}); !f.ended; {
		to.slots.addRescored(&f)
		if f.err != nil {
			return f.err
		}
	}
	return nil
}

// unpackForTrend reads the fields of trendColumns.
func (to *slotRow) unpackForTrend(f *fields, of *store.Episode) {
	to.Slot = store.Slot{
		CareUnit: of.CareUnit, EpisodeID: of.EpisodeID, Occasion: store.Occasion(f.text()), OccasionLabel: f.text(),
		Instrument: f.text(), Respondent: store.Patient,
	}
	to.slotVersion, to.state = f.number(), f.text()
	to.SubmissionID, to.InstrumentVersion, to.AnsweredOn, to.Scores = f.text(), f.text(), f.text(), f.text()
}
