package clinic

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/store"
)

// Cohort is a group of a unit's episodes that bear the same name.
type Cohort struct {
	Name     string
	Episodes int
	NoEnd    int    // those of them without the date of an end, of whom forms are still expected
	Newest   string // the latest start of a programme, real or planned; empty: none is known
}

// MaxCohort is how many episodes of one cohort are shown, which is far above any
// group that meets in a room.
const MaxCohort = 200

// Cohorts lists a care unit's cohorts, those that began last first, and the
// episodes of the named one, ordered by id and at most MaxCohort. It is for the
// unit that owns them, by the rule of its worklist: which ends are missing.
func (c *Clinic) Cohorts(ctx context.Context, careUnit, name string) (_ []Cohort, _ []store.Episode, err error) {
	v, err := c.enter(ctx, access.ListDueOccasionsCall)
	if err != nil {
		return nil, nil, err
	}
	defer v.leave(ctx, &err)
	if err := v.unit(ctx, careUnit); err != nil {
		return nil, nil, err
	}
	check := c.newChecker(nil)
	check.id("care_unit", careUnit)
	check.text("cohort", name, MaxIDLength)
	if err := check.err(); err != nil {
		return nil, nil, err
	}
	all := map[string]*Cohort{}
	var ids []string
	err = c.store.Overviews(ctx, careUnit, "", func(o *store.EpisodeOverview) {
		if o.Cohort == "" {
			return
		}
		countInto(all, &o.Episode)
		if o.Cohort == name && len(ids) < MaxCohort {
			ids = append(ids, o.EpisodeID)
		}
	})
	if err != nil {
		return nil, nil, err
	}
	members, err := c.wholeEpisodes(ctx, careUnit, ids)
	if err != nil {
		return nil, nil, err
	}
	v.patients(c.knownUnit(ctx, careUnit), patientsOf(members)...)
	cohorts := make([]Cohort, 0, len(all))
	for _, cohort := range all {
		cohorts = append(cohorts, *cohort)
	}
	slices.SortFunc(cohorts, func(a, b Cohort) int {
		return cmp.Or(cmp.Compare(b.Newest, a.Newest), cmp.Compare(a.Name, b.Name))
	})
	return cohorts, members, nil
}

func countInto(all map[string]*Cohort, e *store.Episode) {
	cohort := all[e.Cohort]
	if cohort == nil {
		cohort = &Cohort{Name: e.Cohort}
		all[e.Cohort] = cohort
	}
	cohort.Episodes++
	if e.EndedOn == "" && !neverDue(e) {
		cohort.NoEnd++
	}
	cohort.Newest = max(cohort.Newest, cmp.Or(e.StartedOn, e.StartPlanned))
}

// wholeEpisodes reads episodes by their ids; those that are gone are left out.
func (c *Clinic) wholeEpisodes(ctx context.Context, careUnit string, ids []string) ([]store.Episode, error) {
	var whole []store.Episode
	for _, id := range ids {
		episode, err := c.store.Episode(ctx, careUnit, id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		whole = append(whole, episode)
	}
	return whole, nil
}
