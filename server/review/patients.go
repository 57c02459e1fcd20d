package review

import (
	"cmp"
	"net/http"
	"net/url"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/wording"
)

// rowsPerPage keeps the list well below 100 kB.
const rowsPerPage = 50

type patientsPage struct {
	page
	Search    searchForm
	ByName    bool // the reader may look for a name
	Filter    filterForm
	Found     string // how many a search has found; empty: this is the list
	Counted   string // how many the filter leaves
	News      string // how many of them have something new; empty for none
	ShowUnit  bool   // the rows may be of several
	Occasions []string
	Rows      []patientRow
	All       string // address of the conference view of all that the filter leaves, empty where they are too many
	AllText   string
	Next      string // address, empty on the last page
	First     string // address, empty on the first page
}

type patientRow struct {
	Episode, Unit, Cohort string
	Name                  string // of the patient, if there is one and the reader may see it
	Pick                  string // names the episode in the address of a conference
	Href                  string
	Status                string
	Track                 string
	Ahead                 datedWord
	Cells                 []occasionCell
	New, Open             string // that there is something new; that nobody has noted the answers as read
	Worse                 string // how many scales are worse
}

// datedWord is a date and what happens on it.
type datedWord struct{ Word, Date, Note string }

func (s *site) patients(w http.ResponseWriter, r *http.Request) {
	s.patientList(w, r, http.StatusOK, searchForm{})
}

// patientList shows the list that the address asks for, below a search that
// found nothing to lead to, or below none.
func (s *site) patientList(w http.ResponseWriter, r *http.Request, status int, search searchForm) {
	l, query := language(r), r.URL.Query()
	units, err := s.clinic.CareUnits(r.Context())
	if err != nil {
		s.failFor(w, r, err, http.StatusBadRequest)
		return
	}
	filter, token := filterOf(query), query.Get("page")
	list, err := s.clinic.Patients(r.Context(), filter, clinic.Page{Size: rowsPerPage, Token: token})
	if err != nil {
		s.failFor(w, r, err, http.StatusBadRequest)
		return
	}
	title := l.Say("patients")
	if filter.CareUnit != "" {
		title = l.Say("patients.of", filter.CareUnit)
	}
	p, err := s.patientsPage(r, l, title, list.Patients)
	if err != nil {
		s.failFor(w, r, err, http.StatusBadRequest)
		return
	}
	p.Search, p.Filter = search, filterFormOf(l, filter, units, list.Cohorts)
	p.ShowUnit = filter.CareUnit == "" && len(units) > 1
	p.Counted = l.Count("patients.counted", list.Matching, list.All)
	if list.New > 0 {
		p.News = l.Count("patients.news", list.New)
	}
	asked := filterQuery(filter)
	if n := list.Matching; p.Filter.Set && n > 0 && n <= clinic.MaxTrends {
		p.All, p.AllText = address("/conference", asked), l.Count("patients.all_conference", n)
	}
	if token != "" {
		p.First = address("/", filterQuery(filter))
	}
	if list.Next != "" {
		asked.Set("page", list.Next)
		p.Next = address("/", asked)
	}
	s.render(w, r, status, s.templates.patients, p)
}

func (s *site) patientsPage(r *http.Request, l wording.Language, title string, patients []clinic.ListedPatient) (patientsPage, error) {
	p := patientsPage{page: s.page(r, l, title), ByName: clinic.MaySeeNames(r.Context())}
	episodes := make([]store.Episode, len(patients))
	for i := range patients {
		episodes[i] = patients[i].Episode
	}
	names, err := s.namesOf(r, episodes...)
	if err != nil {
		return p, err
	}
	for _, occasion := range canonical {
		p.Occasions = append(p.Occasions, l.Occasion(string(occasion), ""))
	}
	for i := range patients {
		row := patientRowOf(l, &patients[i], s.today())
		row.Name = names[patients[i].PatientKey]
		p.Rows = append(p.Rows, row)
	}
	return p, nil
}

func patientRowOf(l wording.Language, p *clinic.ListedPatient, today string) patientRow {
	e := p.Episode
	row := patientRow{
		Episode: e.EpisodeID, Unit: e.CareUnit, Cohort: e.Cohort, Href: episodeHref(e), Pick: pickOf(e.CareUnit, e.EpisodeID),
		Status: statusText(l, e), Track: l.EpisodeWord("track", e.Track), Ahead: aheadOf(l, e, today),
	}
	if e.TestPatient {
		row.Status = l.Say("test_patient") + ", " + row.Status
	}
	if e.CareLevel != "" {
		row.Track += " (" + l.EpisodeWord("care_level", e.CareLevel) + ")"
	}
	if p.New {
		row.New = l.Say("patients.new")
	}
	if p.Worse > 0 {
		row.Worse = l.Count("patients.worse", p.Worse)
	}
	if len(p.Occasions) > 0 && !p.Reviewed {
		row.Open = l.Say("patients.open")
	}
	for _, occasion := range canonical {
		row.Cells = append(row.Cells, cellOf(l, p, occasion, today))
	}
	return row
}

// aheadOf is the next date of an episode.
func aheadOf(l wording.Language, e store.Episode, today string) (ahead datedWord) {
	first := ""
	for _, d := range []struct{ word, actual, planned string }{
		{l.Say("first_visit"), e.FirstVisitOn, e.FirstVisitPlanned}, {l.Say("start"), e.StartedOn, e.StartPlanned}, {l.Say("end"), e.EndedOn, e.EndPlanned},
	} {
		if date := cmp.Or(d.actual, d.planned); date >= today && (first == "" || date < first) {
			day := dayOf(l, d.actual, d.planned)
			first, ahead = date, datedWord{d.word, day.Date, day.Note}
		}
	}
	return ahead
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
