package review

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

type conferencePage struct {
	page
	What    string // whose conference it is
	Note    string // that not all of those asked for are here, empty if they are
	Groups  []conferenceGroup
	Rows    []conferenceRow
	Keys    []string // of the definitions and thresholds
	Made    string
	Back    string // address of the list
	Columns int
}

// conferenceGroup is a heading over the columns of its scales.
type conferenceGroup struct {
	Title  string
	Scales []conferenceScale
}

type conferenceScale struct{ Instrument, Scale, Way string }

type conferenceRow struct {
	Href, Episode string
	Name          string // of the patient, if there is one and the reader may see it
	Facts         string // cohort and status
	Newest        string // the newest occasion, with its date
	Remark        string // that there is no baseline, or nothing at all
	Cells         []conferenceCell
}

// conferenceCell is the newest score of a scale, and how it differs from the
// baseline: arrow and word, never one without the other.
type conferenceCell struct {
	Score, Band, Way, Movement string
	Remark                     string // of which occasion it is, where that is not the newest; or that it is prorated
	None                       bool
}

// conference shows several patients, a row each. It keeps the order in which
// they were chosen, or that of cohort and episode: an order by scores would
// choose who is talked about first, by scales that cannot be compared.
func (s *site) conference(w http.ResponseWriter, r *http.Request) {
	refs, note, err := s.chosen(r)
	if err != nil {
		s.failFor(w, r, err, http.StatusBadRequest)
		return
	}
	if len(refs) == 0 {
		s.nobodyChosen(w, r)
		return
	}
	trends, err := s.clinic.Trends(r.Context(), refs)
	if err != nil {
		s.failFor(w, r, err, http.StatusNotFound)
		return
	}
	if gone := len(refs) - len(trends); gone > 0 {
		note = strings.TrimSpace(note + " " + language(r).Count("conference.gone", gone))
	}
	page := s.conferencePage(r, trends, note)
	if err := s.nameRows(r, page.Rows, trends); err != nil {
		s.failFor(w, r, err, http.StatusNotFound)
		return
	}
	s.render(w, r, http.StatusOK, s.templates.conference, page)
}

// chosen are those who were ticked, else those whom a filter leaves, and a note
// if they are more than the page holds.
func (s *site) chosen(r *http.Request) (refs []clinic.EpisodeRef, note string, err error) {
	l, query := language(r), r.URL.Query()
	if picked := query["e"]; len(picked) > 0 {
		if refs = picksOf(picked); len(refs) > clinic.MaxTrends {
			note = l.Say("conference.too_many", clinic.MaxTrends, len(refs))
			refs = refs[:clinic.MaxTrends]
		}
		return refs, note, nil
	}
	filter := filterOf(query)
	if filter.Order = ""; filter == (clinic.PatientFilter{}) {
		return nil, "", nil // the button was pressed with nobody ticked
	}
	filter.Order = clinic.ByCohort
	list, err := s.clinic.Patients(r.Context(), filter, clinic.Page{Size: clinic.MaxTrends})
	if err != nil {
		return nil, "", err
	}
	for i := range list.Patients {
		refs = append(refs, clinic.EpisodeRef{CareUnit: list.Patients[i].CareUnit, EpisodeID: list.Patients[i].EpisodeID})
	}
	if list.Next != "" {
		note = l.Say("conference.too_many", clinic.MaxTrends, list.Matching)
	}
	return refs, note, nil
}

// nameRows puts the names of the patients to their rows.
func (s *site) nameRows(r *http.Request, rows []conferenceRow, trends []*clinic.Trend) error {
	episodes := make([]store.Episode, len(trends))
	for i, trend := range trends {
		episodes[i] = trend.Episode
	}
	names, err := s.namesOf(r, episodes...)
	for i := range rows {
		rows[i].Name = names[episodes[i].PatientKey]
	}
	return err
}

// nobodyChosen says what to do, as the button of the list can be pressed with
// nothing ticked.
func (s *site) nobodyChosen(w http.ResponseWriter, r *http.Request) {
	l := language(r)
	page := noticePage{page: s.page(r, l, l.Say("conference")), Text: l.Say("conference.nobody"), Link: "/", LinkText: l.Say("failure.back")}
	s.render(w, r, http.StatusOK, s.templates.notice, page)
}

// pickOf names an episode in one value of a form: care unit and id, each
// escaped, so that neither can hold the stroke between them.
func pickOf(careUnit, episodeID string) string {
	return url.PathEscape(careUnit) + "/" + url.PathEscape(episodeID)
}

// picksOf reads what pickOf made, each once. What is not of its making names nothing.
func picksOf(picked []string) []clinic.EpisodeRef {
	var refs []clinic.EpisodeRef
	for _, pick := range picked {
		unit, id, _ := strings.Cut(pick, "/")
		unit, badUnit := url.PathUnescape(unit)
		id, badID := url.PathUnescape(id)
		ref := clinic.EpisodeRef{CareUnit: unit, EpisodeID: id}
		if badUnit == nil && badID == nil && unit != "" && id != "" && !slices.Contains(refs, ref) {
			refs = append(refs, ref)
		}
	}
	return refs
}
