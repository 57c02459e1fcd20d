package clinic

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/painscore/painscore/server/store"
)

// seenPatients lists the episodes of one care unit or of every one that the
// visit may show, as ListEpisodes does.
func (c *Clinic) seenPatients(ctx context.Context, v *visit, careUnit string) ([]ListedPatient, error) {
	if v.AnyUnit || careUnit != "" && careUnit == v.Unit {
		units := []string{careUnit}
		if careUnit == "" {
			var err error
			if units, err = c.store.CareUnits(ctx); err != nil {
				return nil, err
			}
		}
		return c.patientsOfUnits(ctx, v, units, func(string, string) bool { return true })
	}
	shared, err := c.sharedWith(ctx, v.Unit)
	if err != nil {
		return nil, err
	}
	var units []string
	for at := range shared {
		if careUnit == "" || careUnit == at.unit {
			units = append(units, at.unit)
		}
	}
	if careUnit == "" {
		units = append(units, v.Unit)
	}
	slices.Sort(units)
	return c.patientsOfUnits(ctx, v, slices.Compact(units), func(unit, id string) bool {
		return unit == v.Unit || shared[episodePlace{unit, id}]
	})
}

// sharedWith are the episodes that other units share with one.
func (c *Clinic) sharedWith(ctx context.Context, unit string) (map[episodePlace]bool, error) {
	shared := map[episodePlace]bool{}
	for after := (episodePlace{}); ; {
		more, err := c.store.SharedWith(ctx, unit, after.unit, after.id, MaxPageSize)
		if err != nil {
			return nil, err
		}
		for _, e := range more {
			after = placeOf(e)
			shared[after] = true
		}
		if len(more) < MaxPageSize {
			return shared, nil
		}
	}
}

// patientsOfUnits lists episodes of care units as the visit's reader has seen them.
func (c *Clinic) patientsOfUnits(ctx context.Context, v *visit, units []string, wanted func(unit, id string) bool) ([]ListedPatient, error) {
	var all []ListedPatient
	for _, unit := range units {
		some, err := c.patientsOfUnit(ctx, v, unit, wanted)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

func (c *Clinic) patientsOfUnit(ctx context.Context, v *visit, unit string, wanted func(unit, id string) bool) ([]ListedPatient, error) {
	site, err := c.site(ctx)
	if err != nil {
		return nil, err
	}
	reviewed, err := c.reviewed(ctx, unit)
	if err != nil {
		return nil, err
	}
	var all []ListedPatient
	var old []stale
	siteForms, newSince := c.siteForms(), daysBefore(c.today(), NewForDays)
	judged := map[string]string{} // by programme type
	err = c.overviews(ctx, unit, readerOf(v), func(o *store.EpisodeOverview) {
		if !wanted(unit, o.EpisodeID) {
			return
		}
		p := ListedPatient{Episode: o.Episode, Worse: int(o.Summary.Worse)}
		p.Occasions, p.newest = answeredOccasions(o.Summary.Answered, siteForms)
		p.New = isNew(o, p.newest, newSince)
		if len(p.Occasions) > 0 {
			last := p.Occasions[len(p.Occasions)-1]
			p.Reviewed = reviewed[store.OccasionKey{EpisodeID: p.EpisodeID, Occasion: last.Occasion, OccasionLabel: last.Label}]
		}
		by, known := judged[p.ProgrammeType]
		if !known {
			by = c.judgedBy(site, &p.Episode)
			judged[p.ProgrammeType] = by
		}
		if o.Summary.Through > 0 && o.Summary.JudgedBy != by {
			old = append(old, stale{len(all), o.Summary})
		}
		all = append(all, p)
	})
	if err != nil {
		return nil, err
	}
	return all, c.judgeAnew(ctx, site, all, old)
}

// readerOf is whose having seen an episode is remembered.
func readerOf(v *visit) string { return cmp.Or(v.User, v.System) }

// reviewed are the occasions of a care unit of which somebody has recorded that
// the answers were seen or talked about, or that the patient did not want to.
func (c *Clinic) reviewed(ctx context.Context, unit string) (map[store.OccasionKey]bool, error) {
	done := map[store.OccasionKey]bool{}
	for _, kind := range feedbackKinds {
		keys, err := c.store.OccasionsWithAct(ctx, unit, kind)
		if err != nil {
			return nil, err
		}
		for _, key := range keys {
			done[key] = true
		}
	}
	return done, nil
}

// siteForms are the forms that have no scores.
func (c *Clinic) siteForms() map[string]bool {
	forms := map[string]bool{}
	for _, in := range c.catalogue.Active() {
		if in.IsForm() {
			forms[in.ID()] = true
		}
	}
	return forms
}

// answeredOccasions reads what writeAnswered wrote, ordered by the last day of
// each, and the day of the newest form, a site form included. A canonical
// occasion with nothing but site forms is not answered, as in a trend. It is
// read for each of thousands of episodes.
func answeredOccasions(text string, siteForms map[string]bool) (all []AnsweredOccasion, newest string) {
	for line := range strings.Lines(text) {
		var a AnsweredOccasion
		occasion, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		a.Occasion = store.Occasion(occasion)
		a.Label, rest, _ = strings.Cut(rest, "\t")
		a.First, rest, _ = strings.Cut(rest, "\t")
		a.Last, rest, _ = strings.Cut(rest, "\t")
		a.Forms = 1 + strings.Count(rest, " ")
		if len(siteForms) > 0 {
			for name := range strings.SplitSeq(rest, " ") {
				if siteForms[name] {
					a.Forms--
				}
			}
		}
		if newest = max(newest, a.Last); a.Forms > 0 || a.Occasion == store.OtherOccasion {
			if all == nil {
				all = make([]AnsweredOccasion, 0, 4)
			}
			all = append(all, a)
		}
	}
	slices.SortStableFunc(all, func(a, b AnsweredOccasion) int { return cmp.Compare(a.Last, b.Last) })
	return all, newest
}

// stale is a summary whose verdicts rest on what no longer holds.
type stale struct {
	at      int // in the list
	summary store.EpisodeSummary
}

// judgeAnew makes the summaries again whose verdicts rest on settings or
// definitions that no longer hold: a list by yesterday's norm would look like any
// other. It happens once after such a change, to whoever lists first.
func (c *Clinic) judgeAnew(ctx context.Context, site *site, all []ListedPatient, old []stale) error {
	for chunk := range slices.Chunk(old, summaryChunk) {
		summaries := make([]store.EpisodeSummary, 0, len(chunk))
		for _, o := range chunk {
			s, err := c.summaryOf(ctx, site, all[o.at].Episode)
			if err != nil {
				return err
			}
			all[o.at].Worse = int(s.Worse)
			s.Through, s.Newest = o.summary.Through, o.summary.Newest // what came later is found by its change
			summaries = append(summaries, s)
		}
		if err := unlessNoRoom(c.store.PutSummaries(ctx, summaries[0].CareUnit, summaries, 0)); err != nil {
			return err
		}
	}
	return nil
}
