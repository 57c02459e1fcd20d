package review

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/wording"
)

type episodePage struct {
	page
	Tabs            []tab
	Facts           []fact
	Others          []otherEpisode
	Moments         []momentRow
	BaselineMissing bool
	Profile         string // the one occasion answered, where there is only one
	Empty           bool   // no form at all
	StandOut        []string
	Heaviest        bool   // the order of the scales
	OtherOrder      string // address of the page in the other one
	Between         string // that some occasions stand in the charts only; empty where none does
	AllOccasions    string // address of the page with all of them
	Sections        []section
	Forms           []compactTable // the unit's own
	Sources         []source
}

// otherEpisode leads to another episode of the patient.
type otherEpisode struct{ Name, Href, Text string }

// fact is one line of the header.
type fact struct {
	Name, Text, Note string
	Href, More       string // a page that says more, and its name; empty for none
}

// momentRow is one occasion in the header's table.
type momentRow struct {
	Occasion string
	State    string
	Missing  bool
	Date     string
	Timing   string
	Expected string
}

// refOf is the episode that a request names.
func refOf(r *http.Request) clinic.EpisodeRef {
	return clinic.EpisodeRef{CareUnit: r.PathValue("unit"), EpisodeID: r.PathValue("id")}
}

// opens says whether the reader opens the episode: not so a browser that fetches
// ahead, which has not shown it to anybody.
func opens(r *http.Request) bool { return !onlyLooks(r) }

// read is a trend as the reader of a request sees it.
func (s *site) read(r *http.Request, trend *clinic.Trend) *reading {
	return newReading(language(r), trend, s.today(), s.options.Headings[trend.Episode.CareUnit]...)
}

func (s *site) episode(w http.ResponseWriter, r *http.Request) {
	patient, err := s.clinic.PatientPage(r.Context(), refOf(r), opens(r))
	if err != nil {
		s.failFor(w, r, err, http.StatusNotFound)
		return
	}
	reading := s.read(r, patient.Trend)
	p := s.episodePage(r, reading)
	names, err := s.namesOf(r, patient.Trend.Episode)
	if err != nil {
		s.failFor(w, r, err, http.StatusNotFound)
		return
	}
	if name := names[patient.Trend.Episode.PatientKey]; name != "" {
		p.Facts = slices.Insert(p.Facts, 0, fact{Name: reading.Say("patient.name"), Text: name})
	}
	p.Facts = append(p.Facts, reading.choices(patient.Choices))
	p.Forms, p.Others = reading.formTables(patient.SiteForms), reading.others(patient.Others)
	s.render(w, r, http.StatusOK, s.templates.episode, p)
}

// What an address may ask for: the heaviest scales first, and every occasion in
// the tables.
const (
	heaviestOrder = "heaviest"
	allOccasions  = "all"
)

func (s *site) episodePage(r *http.Request, reading *reading) episodePage {
	l, e := reading.Language, reading.trend.Episode
	p := episodePage{
		page:     s.page(r, l, l.Say("episode.title", e.EpisodeID)),
		Tabs:     tabsOf(l, e, ""),
		Facts:    factsOf(l, e),
		StandOut: reading.standOut(reading.newest()),
		Heaviest: r.URL.Query().Get("order") == heaviestOrder,
		Sources:  reading.sources(),
		Empty:    len(reading.trend.Lines) == 0,
	}
	if r.URL.Query().Get("occasions") != allOccasions {
		if n := reading.hideBetween(); n > 0 {
			p.Between = l.Count("between", n)
			p.AllOccasions = address(episodeHref(e), url.Values{"occasions": {allOccasions}, "order": r.URL.Query()["order"]})
		}
	}
	p.Sections, p.OtherOrder = reading.sections(), address(episodeHref(e), url.Values{"order": {heaviestOrder}})
	if p.Heaviest {
		p.Sections, p.OtherOrder = reading.heaviest(), episodeHref(e)
	}
	for i, m := range reading.trend.Occasions {
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

// tab leads to one of the pages of an episode.
type tab struct {
	Name, Href string
	Current    bool
}

// tabsOf are the pages of an episode; current is the end of the address of the
// one that is shown.
func tabsOf(l wording.Language, e store.Episode, current string) []tab {
	href := episodeHref(e)
	tabs := []tab{
		{Name: l.Say("tab.overview"), Href: href},
		{Name: l.Say("tab.answers"), Href: href + "/answers"},
		{Name: l.Say("tab.talk"), Href: href + "/talk"},
		{Name: l.Say("tab.phone"), Href: href + "/phone"},
		{Name: l.Say("tab.clinical"), Href: href + "/clinical"},
		{Name: l.Say("tab.text"), Href: href + "/text"},
		{Name: l.Say("tab.work"), Href: href + "/dispatch"},
	}
	for i := range tabs {
		tabs[i].Current = tabs[i].Href == href+current
	}
	return tabs
}

// others names the patient's other episodes by their time.
func (r *reading) others(episodes []store.Episode) []otherEpisode {
	var others []otherEpisode
	for _, e := range episodes {
		facts := []string{statusText(r.Language, e), e.CareUnit}
		for _, d := range []struct{ key, date string }{
			{"first_visit", cmp.Or(e.FirstVisitOn, e.FirstVisitPlanned)}, {"end", cmp.Or(e.EndedOn, e.EndPlanned)},
		} {
			if d.date != "" {
				facts = append(facts, r.Say("other.date", r.Say(d.key), r.Date(d.date)))
			}
		}
		facts = slices.DeleteFunc(facts, func(s string) bool { return s == "" })
		others = append(others, otherEpisode{Name: e.EpisodeID, Href: episodeHref(e), Text: strings.Join(facts, ", ")})
	}
	return others
}

// choices tells what the patient says to registries: the newest word to each.
func (r *reading) choices(all []store.RegistryChoice) fact {
	var told []string
	for i, c := range all {
		if i+1 < len(all) && all[i+1].Provider == c.Provider && all[i+1].Registry == c.Registry {
			continue // a newer one follows
		}
		text := r.Say("registry.choice", c.Registry, r.RegistryChoice(string(c.Choice)))
		if c.DecidedOn != "" {
			text += " " + r.Date(c.DecidedOn)
		}
		told = append(told, text)
	}
	if told == nil {
		told = []string{r.RegistryChoice(string(store.NotInformed))}
	}
	return fact{
		Name: r.Say("registry"), Text: strings.Join(told, "; "),
		Href: episodeHref(r.trend.Episode) + registryEnd, More: r.Say("registry.more"),
	}
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
		facts = append(facts, fact{Name: l.Say(key), Text: d.Date, Note: d.Note})
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
	if e.TestPatient {
		add("test_patient", l.Say("test_patient.what"))
	}
	return slices.DeleteFunc(facts, func(f fact) bool { return f.Text == "" })
}

func (r *reading) momentRow(m clinic.Moment, points []*clinic.Point) momentRow {
	row := momentRow{Occasion: r.Occasion(string(m.Occasion), m.Label), Expected: expectedText(r.Language, m)}
	if m.State != clinic.MomentAnswered {
		row.State, row.Missing = r.unanswered(m)
		return row
	}
	row.State = r.Count("forms", countForms(points))
	row.Date = r.Date(m.FirstAnswered)
	if m.LastAnswered != m.FirstAnswered {
		row.Date = r.Say("window", r.Date(m.FirstAnswered), r.Date(m.LastAnswered))
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
		return l.Say("window.planned", l.Date(m.FirstDay), l.Date(m.LastDay))
	}
	return l.Say("window", l.Date(m.FirstDay), l.Date(m.LastDay))
}
