package review

import (
	"net/http"

	"github.com/painscore/painscore/server/clinic"
)

// clinicalPage has every scale in one row: for the conference, and for the
// colleague who takes over.
type clinicalPage struct {
	sheetPage
	Facts  []fact
	Groups []sheetGroup
	Pair   string // what the change lies between; empty with one occasion
}

func (s *site) clinicalSheet(w http.ResponseWriter, r *http.Request) {
	reading, p, ok := s.sheet(w, r, language(r).Say("clinical.title", r.PathValue("id")), "/clinical")
	if !ok {
		return
	}
	to := reading.newest()
	page := clinicalPage{sheetPage: p, Facts: factsOf(reading.Language, reading.trend.Episode)}
	page.Groups = reading.sheetGroups(to, func(*clinic.Line) bool { return true })
	if from := reading.comparedWith(to); from >= 0 {
		page.Pair = reading.pair(&clinic.Change{From: from, To: to})
	}
	s.render(w, r, http.StatusOK, s.templates.clinical, page)
}
