package review

import (
	"net/http"
	"net/url"
	"time"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/wording"
)

// rowsPerPage keeps the list well below 100 kB.
const rowsPerPage = 50

// canonical are the occasions that every episode is meant to have.
var canonical = []store.Occasion{store.Baseline, store.ProgrammeEnd, store.FollowUp12Months}

type episodesPage struct {
	page
	Units     []string
	Unit      string // empty: all of them
	ShowUnit  bool   // the rows may be of several
	Occasions []string
	Rows      []episodeRow
	Next      string // address, empty on the last page
	First     string // address, empty on the first page
}

type episodeRow struct {
	Episode, Unit, Cohort string
	Href                  string
	Status                string
	FirstVisit            day
	Start, End            day
	Cells                 []occasionCell
}

// occasionCell says in words what there is of an occasion. A missing form is
// marked by its sign and its word, never by colour alone.
type occasionCell struct {
	Text    string
	Date    string // after the text
	Missing bool
	Quiet   bool // nothing is there and nothing is expected yet
}

func (s *site) episodes(w http.ResponseWriter, r *http.Request) {
	l, query := language(r), r.URL.Query()
	unit, token := query.Get("unit"), query.Get("page")
	units, err := s.clinic.CareUnits(r.Context())
	if err != nil {
		s.failFor(w, r, err, http.StatusBadRequest)
		return
	}
	answered, next, err := s.clinic.Overview(r.Context(), unit, clinic.Page{Size: rowsPerPage, Token: token})
	if err != nil {
		s.failFor(w, r, err, http.StatusBadRequest)
		return
	}
	title := l.Say("episodes")
	if unit != "" {
		title = l.Say("episodes.of", unit)
	}
	list := episodesPage{page: s.page(r, l, title), Units: units, Unit: unit, ShowUnit: unit == "" && len(units) > 1}
	for _, occasion := range canonical {
		list.Occasions = append(list.Occasions, l.Occasion(string(occasion), ""))
	}
	for _, a := range answered {
		list.Rows = append(list.Rows, episodeRowOf(l, a, s.today()))
	}
	if next != "" {
		list.Next = address("/", url.Values{"unit": {unit}, "page": {next}})
	}
	if token != "" {
		list.First = address("/", url.Values{"unit": {unit}})
	}
	s.render(w, r, http.StatusOK, s.templates.episodes, list)
}

func episodeRowOf(l wording.Language, a clinic.Answered, today string) episodeRow {
	row := episodeRow{
		Episode: a.EpisodeID, Unit: a.CareUnit, Cohort: a.Cohort, Href: episodeHref(a.Episode), Status: statusText(l, a.Episode),
		FirstVisit: dayOf(l, a.FirstVisitOn, a.FirstVisitPlanned), Start: dayOf(l, a.StartedOn, a.StartPlanned), End: dayOf(l, a.EndedOn, a.EndPlanned),
	}
	for _, occasion := range canonical {
		row.Cells = append(row.Cells, cellOf(l, a, occasion, today))
	}
	return row
}

func cellOf(l wording.Language, a clinic.Answered, occasion store.Occasion, today string) occasionCell {
	if n := a.Forms[occasion]; n > 0 {
		return occasionCell{Text: l.Count("forms", n)}
	}
	if cell, waiting := notDue(l, a.Episode, occasion, today); waiting {
		return cell
	}
	return occasionCell{Text: l.OccasionMissing(string(occasion)), Missing: true}
}

// notDue says why an occasion without forms is not missing yet: the first
// visit lies ahead, there is no end to count from, or the 12 months after it
// have not passed. Windows are
// judged on the episode's own page; this is the plain calendar.
func notDue(l wording.Language, e store.Episode, occasion store.Occasion, today string) (occasionCell, bool) {
	due := ""
	switch {
	case notExpected(e, occasion):
		return occasionCell{Text: l.Say("not_expected"), Quiet: true}, true
	case occasion == store.Baseline:
		if e.FirstVisitOn == "" {
			due = e.FirstVisitPlanned
		}
	case e.EndedOn == "":
		return occasionCell{Text: l.Say("occasion.not_ended"), Quiet: true}, true
	case occasion == store.FollowUp12Months:
		if ended, err := time.Parse(time.DateOnly, e.EndedOn); err == nil {
			due = ended.AddDate(1, 0, 0).Format(time.DateOnly)
		}
	}
	return occasionCell{Text: l.Say("occasion.later"), Date: l.Date(due), Quiet: true}, due > today
}

// notExpected reports whether nobody waits for an occasion's forms, because the
// patient has left the programme or must not be asked. Who leaves during the
// follow-up has still been at the programme's end. A baseline is always
// expected: without it there is nothing to compare with.
func notExpected(e store.Episode, occasion store.Occasion) bool {
	if occasion != store.ProgrammeEnd && occasion != store.FollowUp12Months {
		return false
	}
	if e.Deceased || e.DoNotContact || e.Status == "cancelled" {
		return true
	}
	return e.Status == "dropped_out" && !(occasion == store.ProgrammeEnd && e.DropOutPhase == "follow_up")
}

func episodeHref(e store.Episode) string {
	return "/units/" + url.PathEscape(e.CareUnit) + "/episodes/" + url.PathEscape(e.EpisodeID)
}

// day is a date of an episode; Note says that it is only a plan.
type day struct{ Date, Note string }

// dayOf is the date that was, else the planned one marked as such.
func dayOf(l wording.Language, actual, planned string) day {
	if actual == "" && planned != "" {
		return day{l.Date(planned), l.Say("planned")}
	}
	return day{Date: l.Date(actual)}
}

func statusText(l wording.Language, e store.Episode) string {
	text := l.EpisodeWord("status", e.Status)
	if e.DropOutPhase != "" {
		text += " " + l.EpisodeWord("drop_out_phase", e.DropOutPhase)
	}
	for _, more := range []struct {
		holds bool
		key   string
	}{{e.Deceased, "deceased"}, {e.DoNotContact, "do_not_contact"}} {
		if more.holds {
			text += ", " + l.Say(more.key)
		}
	}
	return text
}
