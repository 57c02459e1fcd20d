package sqlstore

import (
	"context"

	"github.com/painscore/painscore/server/store"
)

// FlipUnlooked flips a plan without the look before the transaction, as if all
// that makes it stale had happened after that.
func (s *Store) FlipUnlooked(ctx context.Context, planID string, flip store.RescoreFlip, since map[string]int64) error {
	plan, err := s.RescorePlan(ctx, planID)
	if err != nil {
		return err
	}
	return s.write(ctx, "flip", func(t *transaction) error { return t.flip(&plan, flip, since) })
}

// SQL are the texts of the reads that must stay range reads, for SQLite.
func SQL() map[string]string {
	s := newStatements(Dialect{Parameter: "?"}.rewrite)
	return map[string]string{
		"an episode's forms":               s.submissionsOfEpisode,
		"an episode's retracted forms":     s.retractedOfEpisode,
		"an episode's standing":            s.standing,
		"a trend's forms":                  s.trendForms,
		"an instrument's forms":            s.submissionsOfInstrument,
		"a run of episodes as of a change": s.episodesAsOf,
		"the forms of a run":               s.submissionsOfRun,
		"choices of patients":              s.choicesOf.texts[0],
		"patients who are there":           s.livePatients.texts[0],
		"one row scored anew":              s.rescoredRow,
		"superseded since":                 s.superseded,
		"staged scores of a plan":          s.countStaged,
	}
}
