package review

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// cohortsPage lists a unit's cohorts, and sets the end of one for all at once.
type cohortsPage struct {
	page
	Unit    string
	Units   []string
	Cohorts []cohortLink
	Cohort  string
	Members []memberRow
	More    bool // the cohort has more than are shown
}

type cohortLink struct {
	Name, Href     string
	Episodes, Open int
	Current        bool
}

type memberRow struct {
	Episode, Href, Value, Status string
	Start, End                   day
	Ticked                       bool
}

func (s *site) cohorts(w http.ResponseWriter, r *http.Request) {
	l, name := language(r), r.URL.Query().Get("cohort")
	unit, units, err := s.ownUnit(r)
	if err != nil {
		s.failFor(w, r, err, http.StatusBadRequest)
		return
	}
	p := cohortsPage{page: s.workPage(r, l, l.Say("cohorts")), Unit: unit, Units: units, Cohort: name}
	if unit == "" && units != nil {
		s.render(w, r, http.StatusOK, s.templates.work["coordinate_cohort"], p)
		return
	}
	cohorts, members, err := s.clinic.Cohorts(r.Context(), unit, name)
	if err != nil {
		s.failFor(w, r, err, http.StatusBadRequest)
		return
	}
	for _, c := range cohorts[:min(len(cohorts), maxCohorts)] {
		href := address("/cohorts", url.Values{"unit": {unit}, "cohort": {c.Name}})
		p.Cohorts = append(p.Cohorts, cohortLink{c.Name, href, c.Episodes, c.NoEnd, c.Name == name})
	}
	for _, e := range members {
		p.Members = append(p.Members, memberRow{
			Episode: e.EpisodeID, Href: episodeHref(e) + "/edit", Value: url.Values{"e": {e.EpisodeID}, "v": {clinic.Etag(e)}, "s": {e.Status}}.Encode(),
			Status: statusText(l, e), Start: dayOf(l, e.StartedOn, e.StartPlanned), End: dayOf(l, e.EndedOn, e.EndPlanned),
			Ticked: e.EndedOn == "" && e.Status == "active" && !e.Deceased,
		})
	}
	p.More = len(members) == clinic.MaxCohort
	s.render(w, r, http.StatusOK, s.templates.work["coordinate_cohort"], p)
}

// maxCohorts is how many of the newest cohorts are listed: some ten years of them.
const maxCohorts = 200

// cohortEndPage says for each episode what became of the new date.
type cohortEndPage struct {
	page
	Back string
	Rows []dispatchedRow
}

// endCohort sets the date of the end of every ticked episode. One that somebody
// has changed since the page was opened is left alone and told.
func (s *site) endCohort(w http.ResponseWriter, r *http.Request) {
	if !s.posted(w, r) {
		return
	}
	l, unit, name := language(r), r.PostFormValue("unit"), field(r, "cohort")
	updates := cohortUpdates(r, unit)
	errs := together(len(updates), func(i int) error {
		_, err := s.clinic.EditEpisode(r.Context(), updates[i])
		return err
	})
	p := cohortEndPage{page: s.workPage(r, l, l.Say("cohorts.ended")), Back: address("/cohorts", url.Values{"unit": {unit}, "cohort": {name}})}
	refused := 0
	for i, update := range updates {
		row := dispatchedRow{Episode: update.Episode.EpisodeID, Href: episodeHref(update.Episode) + "/edit", Refused: refusals(l, errs[i])}
		if errs[i] != nil && row.Refused == nil {
			s.failFor(w, r, errs[i], http.StatusBadRequest)
			return
		}
		refused += min(len(row.Refused), 1)
		if row.Episode == "" {
			continue // nothing was ticked, and the page says so
		}
		p.Rows = append(p.Rows, row)
	}
	status := http.StatusOK
	if refused == len(updates) {
		status = http.StatusUnprocessableEntity
	}
	s.render(w, r, status, s.templates.work["cohort_ended"], p)
}

// cohortUpdates reads the form. Who was active when the page was opened becomes
// completed with the real end, if that is wished; the etag holds that nobody has
// changed it since. Without a row ticked there is one update about nothing, by
// which the use case says who may and what is missing.
func cohortUpdates(r *http.Request, unit string) []clinic.EpisodeUpdate {
	rows := slices.Compact(slices.Sorted(slices.Values(r.PostForm["at"])))
	if len(rows) == 0 {
		rows = []string{""}
	}
	var updates []clinic.EpisodeUpdate
	for _, text := range rows {
		row, _ := url.ParseQuery(text) // what cannot be read names no episode
		update := clinic.EpisodeUpdate{Episode: store.Episode{CareUnit: unit, EpisodeID: row.Get("e"), EndPlanned: dateField(r, "on")}, Mask: []string{"end_planned_on"}, Etag: row.Get("v")}
		if r.PostFormValue("date") == "ended_on" {
			update.Episode.EndPlanned, update.Episode.EndedOn, update.Mask = "", dateField(r, "on"), []string{"ended_on"}
			if r.PostFormValue("completed") == ticked && row.Get("s") == "active" {
				update.Episode.Status, update.Mask = "completed", append(update.Mask, "status")
			}
		}
		if dateField(r, "on") == "" {
			update.Found = []clinic.Problem{{Field: "on", Reason: clinic.Required, Description: "the date must be given"}}
		}
		updates = append(updates, update)
	}
	return updates
}
