package review

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/painscore/painscore/server/clinic"
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
	Href, Episode, Cohort string
	Status                string
	Newest                string // the newest occasion, with its date
	Remark                string // that there is no baseline, or no second occasion
	Cells                 []conferenceCell
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
	l, query := language(r), r.URL.Query()
	refs, note := []clinic.EpisodeRef(nil), ""
	if picked := query["e"]; len(picked) > 0 {
		refs = picksOf(picked)
		if len(refs) > clinic.MaxTrends {
			refs, note = refs[:clinic.MaxTrends], l.Say("conference.too_many", clinic.MaxTrends, len(refs))
		}
	} else {
		filter := filterOf(query)
		filter.Order = clinic.ByCohort
		list, err := s.clinic.Patients(r.Context(), filter, clinic.Page{Size: clinic.MaxTrends})
		if err != nil {
			s.failFor(w, r, err, http.StatusBadRequest)
			return
		}
		for i := range list.Patients {
			refs = append(refs, clinic.EpisodeRef{CareUnit: list.Patients[i].CareUnit, EpisodeID: list.Patients[i].EpisodeID})
		}
		if list.Next != "" {
			note = l.Say("conference.too_many", clinic.MaxTrends, list.Matching)
		}
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
		note = strings.TrimSpace(note + " " + l.Count("conference.gone", gone))
	}
	s.render(w, r, http.StatusOK, s.templates.conference, s.conferencePage(r, trends, note))
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
