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
	Episode store.Episode
	// Forms are those that hold a slot, site forms and those of other
	// respondents included, in the order of the trend's occasions, then by
	// instrument and respondent.
	Forms []Record
	// Changed holds, for each of Forms that was amended or scored anew, all
	// its scorings, oldest first, as ListSubmissionVersions gives them.
	Changed [][]Version
}

// Background reads what stands behind the trend of an episode.
//
// Errors: those of Episode.
func (c *Clinic) Background(ctx context.Context, ref EpisodeRef) (_ *Background, err error) {
	v, err := c.enter(ctx, access.ListSubmissionVersionsCall)
	if err != nil {
		return nil, err
	}
	defer v.leave(ctx, &err)
	episode, err := c.find(ctx, v, ref)
	if err != nil {
		return nil, err
	}
	site, err := c.site(ctx)
	if err != nil {
		return nil, err
	}
	subs, err := c.store.SubmissionsOfEpisode(ctx, episode.CareUnit, episode.EpisodeID, 0)
	if err != nil {
		return nil, err
	}
	sortByOccasion(moments(site.windowsOf(episode.CareUnit), episode, subs), subs)
	b := &Background{Episode: episode}
	for i := range subs {
		if err := c.addBackground(ctx, b, subs[i]); err != nil {
			return nil, err
		}
	}
	return b, nil
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

// OtherEpisodes lists the patient's other episodes that the caller may see, of
// the same care unit and of the one that the caller acts for, by the first date
// known of each. They are there to be opened: nothing is ever compared across
// episodes.
//
// Errors: those of Episode.
func (c *Clinic) OtherEpisodes(ctx context.Context, ref EpisodeRef) (_ []store.Episode, err error) {
	v, err := c.enter(ctx, access.ListEpisodesCall)
	if err != nil {
		return nil, err
	}
	defer v.leave(ctx, &err)
	episode, err := c.find(ctx, v, ref)
	if err != nil {
		return nil, err
	}
	var others []store.Episode
	for _, unit := range slices.Compact([]string{episode.CareUnit, cmp.Or(v.Unit, episode.CareUnit)}) {
		episodes, err := c.store.EpisodesOfPatient(ctx, unit, episode.PatientKey)
		if err != nil {
			return nil, err
		}
		for _, e := range episodes {
			if e.CareUnit != episode.CareUnit || e.EpisodeID != episode.EpisodeID {
				others = append(others, e)
			}
		}
	}
	slices.SortStableFunc(others, func(a, b store.Episode) int { return cmp.Compare(firstDate(a), firstDate(b)) })
	return v.visible(ctx, others)
}

// firstDate is the earliest that is known of an episode in the order of care;
// without any date it sorts first.
func firstDate(e store.Episode) string {
	return cmp.Or(e.ReferredOn, e.FirstVisitOn, e.FirstVisitPlanned, e.StartedOn, e.EndedOn)
}
