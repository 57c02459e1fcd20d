package review

import (
	"net/http"
	"time"
)

// Cookies of the sign-in. With https they have the prefix __Host-, by which a
// browser takes them from this very host only, over https, for all of its paths:
// no neighbouring host can plant one. On this computer there is plain http; such
// a cookie goes to every port of it, which is one reason why local mode is for a
// computer of one person.
const (
	sessionCookie = "painscore"
	begunCookie   = "painscore-begun"
)

func (s *site) cookieName(name string) string {
	if s.options.SignIn.Secure() {
		return "__Host-" + name
	}
	return name
}

func (s *site) cookie(r *http.Request, name string) string {
	if c, err := r.Cookie(s.cookieName(name)); err == nil {
		return c.Value
	}
	return ""
}

// sessionToken is the browser's session, or empty.
func (s *site) sessionToken(r *http.Request) string { return s.cookie(r, sessionCookie) }

// setCookie keeps a value for a time; zero: until the browser is closed. Lax, not
// Strict: who follows a link in the record system to an episode is signed in.
func (s *site) setCookie(w http.ResponseWriter, name, value string, keep time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: s.cookieName(name), Value: value, Path: "/", MaxAge: int(keep.Seconds()),
		HttpOnly: true, Secure: s.options.SignIn.Secure(), SameSite: http.SameSiteLaxMode,
	})
}

func (s *site) dropCookie(w http.ResponseWriter, name string) { s.setCookie(w, name, "", -time.Second) }
