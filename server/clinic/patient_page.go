package clinic

import (
	"cmp"
	"context"
	"slices"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/store"
)

// PatientPage is all that the page about one episode shows. It is one use case
// and not four, since whoever asks later who looked, and when, counts one look.
type PatientPage struct {
	*Trend
	SiteForms []SiteForm // by occasion, instrument and respondent
	// Others are the patient's other episodes that the caller may see, of the
	// same care unit and of the one that the caller acts for, by the first date
	// known of each. They are there to be opened: nothing is ever compared across
	// episodes.
	Others  []store.Episode
	Choices []store.RegistryChoice // as in EpisodeFile
}

// PatientPage reads an episode for its page. With opens it is remembered, as by
// OpenTrend, that this reader has seen all changes up to now.
//
// Errors: those of Episode.
func (c *Clinic) PatientPage(ctx context.Context, ref EpisodeRef, opens bool) (_ *PatientPage, err error) {
	v, err := c.enter(ctx, access.GetTrendCall)
	if err != nil {
		return nil, err
	}
	defer v.leave(ctx, &err)
	page := &PatientPage{}
	if page.Trend, err = c.pageTrend(ctx, v, ref, opens); err != nil {
		return nil, err
	}
	e := page.Trend.Episode
	if page.SiteForms, err = c.readSiteForms(ctx, page.Trend.site, e); err != nil {
		return nil, err
	}
	if page.Others, err = c.otherEpisodes(ctx, v, e); err != nil {
		return nil, err
	}
	page.Choices, err = c.choicesFor(ctx, e.CareUnit, e.PatientKey)
	return page, err
}

// TrendAndForms is Trend, or with opens OpenTrend, with the unit's own forms, for a sheet that shows both.
//
// Errors: those of Episode.
func (c *Clinic) TrendAndForms(ctx context.Context, ref EpisodeRef, opens bool) (_ *Trend, _ []SiteForm, err error) {
	v, err := c.enter(ctx, access.GetTrendCall)
	if err != nil {
		return nil, nil, err
	}
	defer v.leave(ctx, &err)
	trend, err := c.pageTrend(ctx, v, ref, opens)
	if err != nil {
		return nil, nil, err
	}
	forms, err := c.readSiteForms(ctx, trend.site, trend.Episode)
	return trend, forms, err
}

// pageTrend reads the trend of an episode for a visit, which is granted it, and
// with opens remembers that it was opened.
func (c *Clinic) pageTrend(ctx context.Context, v *visit, ref EpisodeRef, opens bool) (*Trend, error) {
	if opens {
		return c.openTrend(ctx, v, ref)
	}
	return c.settledTrend(ctx, v, ref)
}

// otherEpisodes lists the other episodes of an episode's patient; see PatientPage.
func (c *Clinic) otherEpisodes(ctx context.Context, v *visit, episode store.Episode) ([]store.Episode, error) {
	var others []store.Episode
	for _, unit := range slices.Compact([]string{episode.CareUnit, cmp.Or(v.Unit, episode.CareUnit)}) {
		episodes, err := c.store.EpisodesOfPatient(ctx, unit, episode.PatientKey)
		if err != nil {
			return nil, err
		}
		for _, e := range episodes {
			if placeOf(e) != placeOf(episode) {
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
