package review

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/wording"
)

type episodePage struct {
	page
	Facts           []fact
	Moments         []momentRow
	BaselineMissing bool
	Profile         string // the one occasion answered, where there is only one
	Empty           bool   // no form at all
	Sections        []section
	Forms           []compactTable // the unit's own
	Notes           []string       // that the sections refer to by number
	Sources         []source
}

// fact is one line of the header.
type fact struct{ Name, Text, Note string }

// momentRow is one occasion in the header's table.
type momentRow struct {
	Occasion string
	State    string
	Missing  bool
	Date     string
	Timing   string
	Expected string
}

func (s *site) episode(w http.ResponseWriter, r *http.Request) {
	l := language(r)
	ref := clinic.EpisodeRef{CareUnit: r.PathValue("unit"), EpisodeID: r.PathValue("id")}
	trend, err := s.clinic.Trend(r.Context(), ref)
	if err != nil {
		s.failFor(w, r, err, http.StatusNotFound)
		return
	}
	forms, err := s.clinic.Forms(r.Context(), ref)
	if err != nil {
		s.failFor(w, r, err, http.StatusNotFound)
		return
	}
	s.render(w, r, http.StatusOK, s.templates.episode, s.episodePage(r, l, trend, forms))
}

func (s *site) episodePage(r *http.Request, l wording.Language, trend *clinic.Trend, forms []clinic.SiteForm) episodePage {
	reading := newReading(l, trend, s.today())
	p := episodePage{
		page:     s.page(r, l, l.Say("episode.title", trend.Episode.EpisodeID)),
		Facts:    factsOf(l, trend.Episode),
		Sections: reading.sections(),
		Forms:    reading.formTables(forms),
		Sources:  reading.sources(),
		Empty:    len(trend.Lines) == 0,
	}
	p.Notes = reading.notes // after the sections, which write them
	for i, m := range trend.Occasions {
		p.Moments = append(p.Moments, reading.momentRow(m, reading.pointsAt(i)))
		if m.State == clinic.BaselineMissing {
			_, p.BaselineMissing = reading.unanswered(m)
		}
	}
	if at, only := reading.onlyMoment(); only {
		p.Profile = reading.occasion(at)
	}
	return p
}

// factsOf lists what is known of an episode; what is not stated is left out.
func factsOf(l wording.Language, e store.Episode) []fact {
	birthYear := ""
	if e.BirthYear != 0 {
		birthYear = fmt.Sprint(e.BirthYear)
	}
	var facts []fact
	add := func(key, text string) { facts = append(facts, fact{Name: l.Say(key), Text: text}) }
	addDay := func(key, actual, planned string) {
		d := dayOf(l, actual, planned)
		facts = append(facts, fact{l.Say(key), d.Date, d.Note})
	}
	add("status", statusText(l, e))
	add("cohort", e.Cohort)
	add("unit", e.CareUnit)
	add("unit.assessing", e.AssessingUnit)
	for _, word := range []struct{ key, code string }{{"care_level", e.CareLevel}, {"track", e.Track}, {"programme_type", e.ProgrammeType}} {
		add(word.key, l.EpisodeWord(word.key, word.code))
	}
	addDay("referred", e.ReferredOn, "")
	addDay("first_visit", e.FirstVisitOn, e.FirstVisitPlanned)
	addDay("start", e.StartedOn, e.StartPlanned)
	addDay("end", e.EndedOn, e.EndPlanned)
	add("sex", l.EpisodeWord("sex", e.Sex))
	add("birth_year", birthYear)
	return slices.DeleteFunc(facts, func(f fact) bool { return f.Text == "" })
}

func (r *reading) momentRow(m clinic.Moment, points []*clinic.Point) momentRow {
	row := momentRow{Occasion: r.Occasion(string(m.Occasion), m.Label), Expected: expectedText(r.Language, m)}
	if m.State != clinic.MomentAnswered {
		row.State, row.Missing = r.unanswered(m)
		return row
	}
	row.State = r.Count("forms", countForms(points))
	row.Date = m.FirstAnswered
	if m.LastAnswered != m.FirstAnswered {
		row.Date = r.Say("window", m.FirstAnswered, m.LastAnswered)
	}
	row.Timing = timingsText(r.Language, m, points)
	return row
}

// countForms counts the forms that points come from: each gives many scores.
func countForms(points []*clinic.Point) int {
	forms := map[string]bool{}
	for _, p := range points {
		forms[p.Definition.ID()+" "+p.SubmissionID] = true
	}
	return len(forms)
}

// timingsText gives each verdict among the forms of an occasion once.
func timingsText(l wording.Language, m clinic.Moment, points []*clinic.Point) string {
	var verdicts []string
	for _, p := range points {
		text := l.Timing(string(p.Timing))
		if m.Date != "" {
			text += " (" + daysText(l, p.Days, m.Anchor) + ")"
		}
		if !slices.Contains(verdicts, text) {
			verdicts = append(verdicts, text)
		}
	}
	return l.List(verdicts)
}

func daysText(l wording.Language, days int, anchor clinic.Anchor) string {
	if days < 0 {
		return l.Count("days.before", -days, l.Anchor(string(anchor)))
	}
	return l.Count("days.after", days, l.Anchor(string(anchor)))
}

func expectedText(l wording.Language, m clinic.Moment) string {
	switch {
	case m.Anchor == "":
		return l.Timing("")
	case m.Date == "":
		return l.Say("window.none", l.Anchor(string(m.Anchor)))
	case m.Planned:
		return l.Say("window.planned", m.FirstDay, m.LastDay)
	}
	return l.Say("window", m.FirstDay, m.LastDay)
}
