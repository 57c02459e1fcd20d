package review

import (
	"net/http"
)

// signOut ends the session in the database, so that the cookie is worth nothing
// wherever it is, and goes on to the issuer where that has a sign-out too.
func (s *site) signOut(w http.ResponseWriter, r *http.Request) {
	if err := s.options.SignIn.End(r.Context(), s.sessionToken(r)); err != nil {
		s.fail(w, r, http.StatusInternalServerError, err)
		return
	}
	s.dropCookie(w, sessionCookie)
	next := "/signed-out"
	if s.options.SignIn.EndAddress() != "" {
		next = signOutPath
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// signOutOfIssuer leads on to the issuer, by a page in between: a browser lets a
// form that the content policy holds to these pages be redirected to none else.
// Only who is signed out here comes through.
func (s *site) signOutOfIssuer(w http.ResponseWriter, r *http.Request) {
	if _, err := s.options.SignIn.Visitor(r.Context(), s.sessionToken(r)); err == nil {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	issuer := s.options.SignIn.EndAddress()
	if issuer == "" {
		http.Redirect(w, r, "/signed-out", http.StatusSeeOther)
		return
	}
	w.Header().Set("Refresh", "0; url="+issuer)
	l := language(r)
	s.render(w, r, http.StatusOK, s.templates.notice, noticePage{
		page: s.page(r, l, l.Say("signed_out")), Text: l.Say("signed_out.issuer"), Link: issuer, LinkText: l.Say("signed_out.on"),
	})
}

func (s *site) signedOut(w http.ResponseWriter, r *http.Request) {
	l := language(r)
	s.render(w, r, http.StatusOK, s.templates.notice, noticePage{
		page: s.page(r, l, l.Say("signed_out")), Text: l.Say("signed_out.what"), Link: "/sign-in", LinkText: l.Say("sign_in"),
	})
}
