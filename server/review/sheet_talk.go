package review

import (
	"net/http"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// talkPage is the sheet that is on the table in the feedback talk, and that
// the patient may take home.
type talkPage struct {
	sheetPage
	Groups []sheetGroup
}

func (s *site) talkSheet(w http.ResponseWriter, r *http.Request) {
	reading, p, ok := s.sheet(w, r, language(r).Say("talk.title"), "/talk")
	if !ok {
		return
	}
	p.Goals = reading.formTables(p.own)
	s.render(w, r, http.StatusOK, s.templates.talk, talkPage{p, reading.sheetGroups(reading.newest(), forPatients)})
}

// forPatients leaves out what says nothing to a patient: the index of a health
// state is a value that a population gives to it.
func forPatients(line *clinic.Line) bool { return line.Scale.Kind != scoring.KindIndex }

// byPatient keeps the forms that the patient has filled in.
func byPatient(forms []clinic.SiteForm) []clinic.SiteForm {
	var own []clinic.SiteForm
	for _, form := range forms {
		if form.Respondent == store.Patient {
			own = append(own, form)
		}
	}
	return own
}
