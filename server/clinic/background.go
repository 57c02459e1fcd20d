package clinic

import (
	"cmp"
	"context"
	"slices"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/store"
)

// Background is what stands behind an episode's trend: every form with its
// answers, and what was changed in them.
type Background struct {
	Trend *Trend
	// Forms are those that hold a slot, site forms and those of other
	// respondents included, in the order of the trend's occasions, then by
	// instrument and respondent.
	Forms []Record
	// Changed holds, for each of Forms that was amended or scored anew, all
	// its scorings, oldest first, as ListSubmissionVersions gives them.
	Changed [][]Version
	// Withdrawn are the tombstones of the forms that were retracted while they
	// stood in the episode, in the order in which that happened.
	Withdrawn []Record
}

// Background reads what stands behind the trend of an episode. For opens see
// PatientPage.
//
// Errors: those of Episode.
func (c *Clinic) Background(ctx context.Context, ref EpisodeRef, opens bool) (_ *Background, err error) {
	v, err := c.enter(ctx, access.ListSubmissionVersionsCall)
	if err != nil {
		return nil, err
	}
	defer v.leave(ctx, &err)
	trend, err := c.pageTrend(ctx, v, ref, opens)
	if err != nil {
		return nil, err
	}
	b := &Background{Trend: trend}
	e := &trend.Episode
	subs, err := c.store.SubmissionsOfEpisode(ctx, e.CareUnit, e.EpisodeID, 0)
	if err != nil {
		return nil, err
	}
	sortByOccasion(moments(trend.site.windowsOf(e.CareUnit), *e, subs), subs)
	for i := range subs {
		if err := c.addBackground(ctx, b, subs[i]); err != nil {
			return nil, err
		}
	}
	b.Withdrawn, err = c.withdrawn(ctx, e)
	return b, err
}

// withdrawn reads the tombstones of an episode's forms.
func (c *Clinic) withdrawn(ctx context.Context, e *store.Episode) ([]Record, error) {
	subs, err := c.store.RetractedOfEpisode(ctx, e.CareUnit, e.EpisodeID)
	if err != nil {
		return nil, err
	}
	records := make([]Record, len(subs))
	for i, sub := range subs {
		if records[i], err = c.record(sub); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// sortByOccasion puts forms into the order of the occasions.
func sortByOccasion(occasions []Moment, subs []store.Submission) {
	place := func(s *store.Submission) int {
		return slices.IndexFunc(occasions, func(m Moment) bool { return m.Occasion == s.Occasion && m.Label == s.OccasionLabel })
	}
	slices.SortStableFunc(subs, func(a, b store.Submission) int {
		return cmp.Or(cmp.Compare(place(&a), place(&b)), cmp.Compare(a.Instrument, b.Instrument))
	})
}

func (c *Clinic) addBackground(ctx context.Context, b *Background, sub store.Submission) error {
	record, err := c.record(sub)
	if err != nil {
		return err
	}
	b.Forms = append(b.Forms, record)
	if sub.Version == 1 && sub.RescoredSeq == 0 {
		return nil
	}
	kept, err := c.store.SubmissionVersions(ctx, sub.CareUnit, sub.System, sub.SubmissionID)
	if err != nil {
		return err
	}
	versions, err := c.scorings(kept)
	b.Changed = append(b.Changed, versions)
	return err
}
