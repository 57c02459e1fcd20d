package clinic

import (
	"cmp"
	"context"
	"slices"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/store"
)

// episodePlace is where an episode stands in a list by care unit and id.
type episodePlace struct{ unit, id string }

func (p episodePlace) compare(q episodePlace) int {
	return cmp.Or(cmp.Compare(p.unit, q.unit), cmp.Compare(p.id, q.id))
}

func placeOf(e store.Episode) episodePlace { return episodePlace{e.CareUnit, e.EpisodeID} }

// seenEpisodes lists the episodes after a place that the visit may show, of one
// care unit or of every one, at most limit. Episodes that a unit has only
// assessed are not among them: the store has no order for those.
func (c *Clinic) seenEpisodes(ctx context.Context, v *visit, careUnit string, after episodePlace, limit int) ([]store.Episode, error) {
	if v.AnyUnit {
		return c.episodesOfUnits(ctx, careUnit, after, limit)
	}
	var own []store.Episode
	var err error
	if (careUnit == "" || careUnit == v.Unit) && v.Unit >= after.unit {
		if own, err = c.store.ListEpisodes(ctx, v.Unit, after.within(v.Unit), limit); err != nil {
			return nil, err
		}
	}
	if careUnit == v.Unit {
		return own, nil
	}
	if first := (episodePlace{careUnit, ""}); after.compare(first) < 0 {
		after = first
	}
	shared, err := c.store.SharedWith(ctx, v.Unit, after.unit, after.id, limit)
	if err != nil {
		return nil, err
	}
	shared = slices.DeleteFunc(shared, func(e store.Episode) bool { return careUnit != "" && e.CareUnit != careUnit })
	all := append(own, shared...)
	slices.SortFunc(all, func(a, b store.Episode) int { return placeOf(a).compare(placeOf(b)) })
	return all[:min(limit, len(all))], nil
}

// within is the id after which a unit's episodes go on.
func (p episodePlace) within(careUnit string) string {
	if p.unit == careUnit {
		return p.id
	}
	return ""
}

// episodesOfUnits lists the episodes of a care unit, or of every one.
func (c *Clinic) episodesOfUnits(ctx context.Context, careUnit string, after episodePlace, limit int) (episodes []store.Episode, err error) {
	units := []string{careUnit}
	if careUnit == "" {
		if units, err = c.store.CareUnits(ctx); err != nil {
			return nil, err
		}
	}
	for _, unit := range units {
		if unit < after.unit || len(episodes) == limit {
			continue
		}
		more, err := c.store.ListEpisodes(ctx, unit, after.within(unit), limit-len(episodes))
		if err != nil {
			return nil, err
		}
		episodes = append(episodes, more...)
	}
	return episodes, nil
}

// CareUnits lists the care units of whose episodes the caller may see some,
// ordered. It says nothing of any patient, and is not logged.
func (c *Clinic) CareUnits(ctx context.Context) (_ []string, err error) {
	v, err := c.enter(ctx, access.ListEpisodesCall)
	if err != nil {
		return nil, err
	}
	defer v.leave(ctx, &err)
	all, err := c.store.CareUnits(ctx)
	if err != nil || v.AnyUnit {
		return all, err
	}
	sees := map[string]bool{v.Unit: true}
	for after := (episodePlace{}); ; {
		shared, err := c.store.SharedWith(ctx, v.Unit, after.unit, after.id, MaxPageSize)
		if err != nil {
			return nil, err
		}
		for _, e := range shared {
			sees[e.CareUnit], after = true, placeOf(e)
		}
		if len(shared) < MaxPageSize {
			break
		}
	}
	return slices.DeleteFunc(all, func(unit string) bool { return !sees[unit] }), nil
}
