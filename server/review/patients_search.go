package review

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/wording"
)

// searchForm is what a search came to. What was typed is never shown again: the
// page may stay open on a screen that others see.
type searchForm struct {
	Problem string // what is wrong with what was typed, empty if nothing
	Nobody  string // that nobody was found
}

// findPatient takes the number of one patient, or a name, out of a form, so that it stands
// in no address, history or log. A number goes before a name.
func (s *site) findPatient(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	l := language(r)
	patient := clinic.PatientRef{System: strings.TrimSpace(r.PostFormValue("system")), Value: r.PostFormValue("other")}
	if number := r.PostFormValue("number"); strings.TrimSpace(number) != "" {
		patient = clinic.PatientRef{System: systemOf(number), Value: number}
	}
	if name := r.PostFormValue("name"); strings.TrimSpace(patient.Value) == "" && strings.TrimSpace(name) != "" {
		s.findNamed(w, r, name)
		return
	}
	if strings.TrimSpace(patient.Value) == "" {
		s.patientList(w, r, http.StatusOK, searchForm{Problem: l.Say("search.empty")})
		return
	}
	found, warnings, err := s.clinic.FindPatient(r.Context(), patient)
	s.showFound(w, r, found, err, searchProblem(l, r), nobodyOf(l, warnings))
}

// findNamed takes a name, which stands in no address either.
func (s *site) findNamed(w http.ResponseWriter, r *http.Request, name string) {
	l := language(r)
	found, err := s.clinic.FindPatientsNamed(r.Context(), name)
	s.showFound(w, r, found, err, l.Say("search.name"), l.Say("search.nobody"))
}

// showFound opens the one episode that was found, lists several, or says that
// there is none or what is wrong with what was typed.
func (s *site) showFound(w http.ResponseWriter, r *http.Request, found []clinic.ListedPatient, err error, problem, nobody string) {
	l := language(r)
	var input *clinic.InputError
	switch {
	case errors.As(err, &input):
		s.patientList(w, r, http.StatusBadRequest, searchForm{Problem: problem})
		return
	case err != nil:
		s.failFor(w, r, err, http.StatusBadRequest)
		return
	case len(found) == 1:
		http.Redirect(w, r, episodeHref(found[0].Episode), http.StatusSeeOther)
		return
	case len(found) == 0:
		s.patientList(w, r, http.StatusOK, searchForm{Nobody: nobody})
		return
	}
	p, err := s.patientsPage(r, l, l.Say("search.found"), found)
	if err != nil {
		s.failFor(w, r, err, http.StatusBadRequest)
		return
	}
	p.Found = l.Count("search.episodes", len(found))
	p.ShowUnit = slices.ContainsFunc(found, func(f clinic.ListedPatient) bool { return f.CareUnit != found[0].CareUnit })
	s.render(w, r, http.StatusOK, s.templates.patients, p)
}

func nobodyOf(l wording.Language, warnings []string) string {
	nobody := l.Say("search.nobody")
	if slices.Contains(warnings, clinic.WarnCheckDigit) {
		nobody += " " + l.Say("search.check_digit")
	}
	return nobody
}

func searchProblem(l wording.Language, r *http.Request) string {
	if strings.TrimSpace(r.PostFormValue("number")) != "" {
		return l.Say("search.number")
	}
	return l.Say("search.other")
}

// systemOf tells a samordningsnummer from a personnummer by its day, which is
// 60 higher. Whatever is neither is refused as a personnummer.
func systemOf(number string) string {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, number)
	if day := len(digits) - 6; day >= 4 && digits[day] >= '6' {
		return "samordningsnummer"
	}
	return "personnummer"
}
