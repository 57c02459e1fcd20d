package sqlstore

import (
	"context"
	"errors"
	"time"

	"github.com/painscore/painscore/server/store"
)

// SummarisedTo returns up to which change a unit's summaries are made.
func (s *Store) SummarisedTo(ctx context.Context, careUnit string) (int64, error) {
	through, err := readOne(ctx, s, "progress of the summaries", scanValue[int64], s.sql.summarisedTo, careUnit)
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	return through, err
}

// FormsChangedIn returns the episodes whose forms changed between two changes.
func (s *Store) FormsChangedIn(ctx context.Context, careUnit string, after, upTo int64) ([]store.FormsChanged, error) {
	return readAll(ctx, s, "changed episodes", func(row scanner, to *store.FormsChanged) error {
		return row.Scan(&to.EpisodeID, &to.Newest)
	}, s.sql.formsChanged, careUnit, after, upTo)
}

// PutSummaries writes summaries of one care unit, behind what somebody waits
// for: whoever asked has made them and does not need them back.
func (s *Store) PutSummaries(ctx context.Context, careUnit string, summaries []store.EpisodeSummary, through int64) error {
	for i := range summaries {
		if err := checkTexts(summaries[i].Answered, summaries[i].JudgedBy); err != nil {
			return err
		}
	}
	return s.write(ctx, "put summaries", func(t *transaction) error {
		for i := range summaries {
			if err := t.putSummary(careUnit, &summaries[i]); err != nil {
				return err
			}
		}
		if through == 0 {
			return nil
		}
		return t.exec(t.sql.putSummaryProgress, careUnit, through)
	}, asMaintenance, repeatable)
}

func (t *transaction) putSummary(careUnit string, e *store.EpisodeSummary) error {
	head, err := t.episodeHead(careUnit, e.EpisodeID)
	if err != nil || !head.exists() {
		return err
	}
	return t.exec(t.sql.putSummary, careUnit, e.EpisodeID, e.Through, e.Newest, e.Answered, e.Worse, e.JudgedBy)
}

// Overviews tells each of a unit's episodes with its summary.
func (s *Store) Overviews(ctx context.Context, careUnit, reader string, each func(*store.EpisodeOverview)) error {
	query, args := s.sql.overviews, []any{careUnit}
	if reader != "" {
		query, args = s.sql.overviewsOfReader, append(args, reader)
	}
	var one store.EpisodeOverview
	return s.each(ctx, "overviews", func(row scanner) error {
		err := scanOverview(row, &one)
		if err == nil {
			each(&one)
		}
		return err
	}, query, args...)
}

// scanOverview is in the order of overviewColumns.
func scanOverview(row scanner, to *store.EpisodeOverview) error {
	var f fields
	if err := row.Scan(&f.rest); err != nil {
		return err
	}
	e := store.Episode{
		CareUnit: f.text(), EpisodeID: f.text(), PatientKey: f.text(), CareLevel: f.text(), Track: f.text(), ProgrammeType: f.text(), Cohort: f.text(),
		FirstVisitPlanned: f.text(), FirstVisitOn: f.text(), StartPlanned: f.text(), StartedOn: f.text(), EndPlanned: f.text(), EndedOn: f.text(),
		Status: f.text(), Deceased: f.flag(), DoNotContact: f.flag(), TestPatient: f.flag(),
	}
	*to = store.EpisodeOverview{Episode: e, Summary: store.EpisodeSummary{
		Through: f.number(), Newest: f.number(), Worse: f.number(), JudgedBy: f.text(), Answered: f.text(),
	}, Seen: f.number()}
	if to.Summary.Through > 0 {
		to.Summary.CareUnit, to.Summary.EpisodeID = e.CareUnit, e.EpisodeID
	}
	return f.end()
}

// NoteVisit remembers up to which change a reader has seen an episode.
func (s *Store) NoteVisit(ctx context.Context, careUnit, episodeID, reader string, seen int64, at time.Time) error {
	if err := checkTexts(reader); err != nil {
		return err
	}
	return s.write(ctx, "note a visit", func(t *transaction) error {
		head, err := t.episodeHead(careUnit, episodeID)
		if err != nil || !head.exists() {
			return err
		}
		return t.exec(t.sql.putVisit, careUnit, episodeID, reader, seen, moment(at))
	}, asMaintenance, repeatable)
}

// Visits returns who has seen an episode.
func (s *Store) Visits(ctx context.Context, careUnit, episodeID string) ([]store.Visit, error) {
	return readAll(ctx, s, "visits of an episode", func(row scanner, to *store.Visit) error {
		var at int64
		err := row.Scan(&to.CareUnit, &to.EpisodeID, &to.Reader, &to.Seen, &at)
		to.At = instant(at)
		return err
	}, s.sql.visits, careUnit, episodeID)
}
