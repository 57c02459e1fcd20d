package clinic

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
)

// SiteForm is one stored site form – a definition without scales, such as a
// goal evaluation or a relative's survey – as it is shown: by item.
type SiteForm struct {
	Record
	Timing Timing
	Days   int          // from the anchor date of the occasion
	Items  []ItemAnswer // in the definition's order
}

// ItemAnswer is what stands at one item of a form.
type ItemAnswer struct {
	Item scoring.ItemInfo
	Kind scoring.Kind // Answered, or why there is no answer
	Text string       // the answer, whatever its type; empty without one
}

// readSiteForms reads the site forms of an episode that a visit was granted, by
// occasion (in the order of the trend), then instrument, then respondent: patient,
// relative, clinician. They stand beside the trend and make no line in it.
func (c *Clinic) readSiteForms(ctx context.Context, site *site, episode store.Episode) ([]SiteForm, error) {
	subs, err := c.store.SubmissionsOfEpisode(ctx, episode.CareUnit, episode.EpisodeID, 0)
	if err != nil {
		return nil, err
	}
	occasions := moments(site.windowsOf(episode.CareUnit), episode, subs)
	place := func(s *store.Submission) int {
		return slices.IndexFunc(occasions, func(m Moment) bool { return m.Occasion == s.Occasion && m.Label == s.OccasionLabel })
	}
	var forms []SiteForm
	for _, sub := range subs {
		if !c.isForm(&sub) {
			continue
		}
		record, err := c.record(sub)
		if err != nil {
			return nil, err
		}
		form := SiteForm{Record: record, Items: itemAnswers(&record)}
		form.Timing, form.Days = occasions[place(&sub)].judge(sub.AnsweredOn)
		forms = append(forms, form)
	}
	slices.SortStableFunc(forms, func(a, b SiteForm) int {
		return cmp.Or(
			cmp.Compare(place(&a.Submission), place(&b.Submission)),
			cmp.Compare(a.Instrument, b.Instrument),
			cmp.Compare(slices.Index(respondents, string(a.Respondent)), slices.Index(respondents, string(b.Respondent))),
		)
	})
	return forms, nil
}

// isForm tells a stored site form from a scored sheet.
func (c *Clinic) isForm(sub *store.Submission) bool {
	in, ok := c.catalogue.Instrument(sub.Instrument, sub.InstrumentVersion)
	return ok && in.IsForm()
}

func itemAnswers(record *Record) []ItemAnswer {
	answers := make([]ItemAnswer, len(record.Sheet.Responses))
	for i, item := range record.Definition.Items() {
		answers[i] = ItemAnswer{Item: item, Kind: record.Sheet.Responses[i].Kind, Text: record.Sheet.Text(i)}
	}
	return answers
}

// textsWithoutIdentifier refuses answers in words that hold the patient's own
// identifier, wherever the sheet has them.
func (c *checker) textsWithoutIdentifier(id identity.Identifier, prefix string, sheet *scoring.Sheet) {
	if len(sheet.Texts) == 0 {
		return
	}
	for i, a := range sheet.Answers[:min(len(sheet.Answers), MaxAnswers)] {
		if text, ok := sheet.Text(a.Response); ok {
			c.withoutIdentifier(id, [2]string{prefix + "answers[" + strconv.Itoa(i) + "]" + a.Kind.Field(), text})
		}
	}
	for i, r := range sheet.Positions[:min(len(sheet.Positions), MaxAnswers)] {
		if text, ok := sheet.Text(r); ok {
			c.withoutIdentifier(id, [2]string{prefix + "positions[" + strconv.Itoa(i) + "]", text})
		}
	}
}
