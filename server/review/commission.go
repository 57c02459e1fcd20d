package review

import (
	"errors"
	"net/http"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/access/signin"
	"github.com/painscore/painscore/server/wording"
)

// visitorLine is who is signed in, as every page says it.
type visitorLine struct {
	User, Unit, Role string
	Choice           bool // there is another commission
}

// visitorLine is nil where nobody is signed in or nobody needs to be.
func (s *site) visitorLine(r *http.Request, l wording.Language) *visitorLine {
	v, ok := visitorOf(r)
	if !ok || s.options.SignIn.Mode() == signin.PagesTokenless {
		return nil
	}
	if v.Local {
		return &visitorLine{User: l.Say("local")}
	}
	line := &visitorLine{User: v.User, Unit: v.Unit, Choice: v.Choice() && v.Chosen()}
	if v.Chosen() {
		line.Role = l.Role(string(v.Role))
	}
	return line
}

type commissionPage struct {
	page
	To    string
	Units []option
	Roles []option
}

// option is one of several to choose from; the first is taken if nobody chooses.
type option struct {
	Value, Text string
	Chosen      bool
}

// commission shows what there is to choose from. With a single one there is
// nothing to do here.
func (s *site) commission(w http.ResponseWriter, r *http.Request) {
	v, _ := visitorOf(r)
	to := localPath(r.URL.Query().Get("to"))
	if !v.Choice() {
		http.Redirect(w, r, to, http.StatusSeeOther)
		return
	}
	l := language(r)
	page := commissionPage{page: s.page(r, l, l.Say("commission")), To: to}
	for _, unit := range v.Units {
		page.Units = append(page.Units, option{unit, unit, unit == v.Unit})
	}
	for _, role := range v.Roles {
		page.Roles = append(page.Roles, option{string(role), l.Role(string(role)), role == v.Role})
	}
	s.render(w, r, http.StatusOK, s.templates.commission, page)
}

// chooseCommission takes the choice, under a new session token.
func (s *site) chooseCommission(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	unit, role := r.PostFormValue("unit"), access.Role(r.PostFormValue("role"))
	token, err := s.options.SignIn.Choose(r.Context(), r.RemoteAddr, s.sessionToken(r), unit, role)
	switch {
	case errors.Is(err, signin.ErrNobody): // ended since a moment ago
		s.redirect(w, r, "/sign-in", "")
	case errors.Is(err, signin.ErrNoCommission):
		s.redirect(w, r, commissionPath, r.PostFormValue("to"))
	case err != nil:
		s.fail(w, r, http.StatusInternalServerError, err)
	default:
		s.setCookie(w, sessionCookie, token, 0)
		http.Redirect(w, r, localPath(r.PostFormValue("to")), http.StatusSeeOther)
	}
}
