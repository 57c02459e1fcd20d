package review

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/access/signin"
)

type visitorKey struct{}

func visitorOf(r *http.Request) (v signin.Visitor, ok bool) {
	v, ok = r.Context().Value(visitorKey{}).(signin.Visitor)
	return v, ok
}

// signedIn lets those pass who are signed in, and says who they are to the use
// cases. The others are sent to sign in, and come back afterwards. Without a
// sign-in whoever calls is the one that the context names already.
func (s *site) signedIn(next http.HandlerFunc) http.HandlerFunc {
	if s.options.SignIn == nil {
		return next
	}
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := s.options.SignIn.Visitor(r.Context(), s.sessionToken(r))
		switch {
		case errors.Is(err, signin.ErrNobody):
			s.redirect(w, r, "/sign-in", returnOf(r))
			return
		case err != nil:
			s.fail(w, r, http.StatusInternalServerError, err)
			return
		case !v.Chosen() && r.URL.Path != commissionPath:
			s.redirect(w, r, commissionPath, returnOf(r))
			return
		}
		ctx := context.WithValue(r.Context(), visitorKey{}, v)
		if v.Chosen() {
			ctx = access.WithCaller(ctx, v.Caller(r.RemoteAddr, requestID(r)))
		}
		s.paced(w, r.WithContext(ctx), v, next)
	}
}

// returnOf is where somebody comes back to who has to sign in first.
func returnOf(r *http.Request) string {
	if r.Method != http.MethodGet {
		return ""
	}
	return r.URL.RequestURI()
}

// redirect goes on to a path of these pages, which knows where to return to.
func (s *site) redirect(w http.ResponseWriter, r *http.Request, path, to string) {
	if to = localPath(to); to == "/" {
		to = ""
	}
	rememberLanguage(w, r)
	http.Redirect(w, r, address(path, url.Values{"to": {to}}), http.StatusSeeOther)
}

// localPath holds a return address to these pages: whoever could choose another
// would have a link that begins at painscore and ends at a look-alike. What is
// no plain path is the first page, and so is the way to sign in itself.
func localPath(to string) string {
	u, err := url.Parse(to)
	switch {
	case err != nil, len(to) > 2<<10, !strings.HasPrefix(to, "/"), strings.HasPrefix(to, "//"), strings.Contains(to, `\`),
		u.Scheme != "", u.Host != "", u.User != nil, strings.HasPrefix(u.Path, "//"), strings.HasPrefix(u.Path, "/sign"):
		return "/"
	}
	return u.RequestURI()
}

// signIn is the page that people are sent to who are not signed in. It waits for
// a click: going straight on to the issuer, which may remember the person, would
// undo a sign-out.
func (s *site) signIn(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Has("code") && !onlyLooks(r) {
		s.signInByLink(w, r)
		return
	}
	to := localPath(r.URL.Query().Get("to"))
	if _, err := s.options.SignIn.Visitor(r.Context(), s.sessionToken(r)); err == nil {
		http.Redirect(w, r, to, http.StatusSeeOther)
		return
	}
	l := language(r)
	page := noticePage{page: s.page(r, l, l.Say("sign_in"))}
	switch s.options.SignIn.Mode() {
	case signin.PagesIssuer:
		if to == "/" {
			to = ""
		}
		page.Text = l.Say("sign_in.what")
		page.Link, page.LinkText = address("/sign-in/start", url.Values{"to": {to}}), l.Say("sign_in")
	case signin.PagesLocal:
		page.Text = l.Say("sign_in.local")
	default:
		page.Text = l.Say("sign_in.closed")
	}
	s.render(w, r, http.StatusOK, s.templates.notice, page)
}

// onlyLooks: a browser that fetches ahead, or asks for the head alone, must not
// use up a link that serves once.
func onlyLooks(r *http.Request) bool {
	return r.Method != http.MethodGet || strings.Contains(r.Header.Get("Sec-Purpose"), "prefetch")
}

// signInByLink exchanges the code of local mode's link for a session, and leads
// to an address without it.
func (s *site) signInByLink(w http.ResponseWriter, r *http.Request) {
	token, err := s.options.SignIn.Link(r.Context(), r.RemoteAddr, r.URL.Query().Get("code"))
	if err != nil {
		s.signInFailed(w, r, err)
		return
	}
	s.startSession(w, r, token)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *site) signInStart(w http.ResponseWriter, r *http.Request) {
	cookie, issuer, err := s.options.SignIn.Begin(r.RemoteAddr, localPath(r.URL.Query().Get("to")))
	if err != nil {
		s.signInFailed(w, r, err)
		return
	}
	s.setCookie(w, begunCookie, cookie, signin.BegunTime)
	http.Redirect(w, r, issuer, http.StatusSeeOther)
}

func (s *site) signInCallback(w http.ResponseWriter, r *http.Request) {
	if onlyLooks(r) {
		s.fail(w, r, http.StatusMethodNotAllowed, nil)
		return
	}
	token, to, err := s.options.SignIn.Finish(r.Context(), r.RemoteAddr, s.cookie(r, begunCookie), r.URL.Query())
	s.dropCookie(w, begunCookie)
	if err != nil {
		s.signInFailed(w, r, err)
		return
	}
	s.startSession(w, r, token)
	http.Redirect(w, r, localPath(to), http.StatusSeeOther) // by way of the commission, where there is a choice
}

// startSession gives the browser its new session and ends the one that it had.
func (s *site) startSession(w http.ResponseWriter, r *http.Request, token string) {
	if old := s.sessionToken(r); old != "" {
		if err := s.options.SignIn.End(r.Context(), old); err != nil {
			s.options.Logger.Warn("a session cannot be ended", "request_id", requestID(r), "error", err)
		}
	}
	s.setCookie(w, sessionCookie, token, 0)
}

// signInFailed says in our own words what can be done. Why it failed stands in
// the log, where it is counted; the issuer's words stand nowhere.
func (s *site) signInFailed(w http.ResponseWriter, r *http.Request, err error) {
	var refusal *signin.Refusal
	if !errors.As(err, &refusal) {
		s.fail(w, r, http.StatusInternalServerError, err)
		return
	}
	l := language(r)
	page := noticePage{page: s.page(r, l, l.Say("sign_in.failed")), Link: "/sign-in", LinkText: l.Say("sign_in.again")}
	for i, link := range page.Languages { // the query here is the issuer's, or a code
		page.Languages[i].Href = "/sign-in?lang=" + link.Tag
	}
	status := http.StatusBadRequest
	switch {
	case errors.Is(err, signin.ErrUnavailable):
		status, page.Text = http.StatusServiceUnavailable, l.Say("sign_in.failed.unavailable")
		w.Header().Set("Retry-After", "10")
	case errors.Is(err, signin.ErrNoCommission):
		status, page.Text = http.StatusForbidden, l.Say("sign_in.failed.commission")
	case s.options.SignIn.Mode() == signin.PagesLocal:
		status, page.Text = http.StatusForbidden, l.Say("sign_in.failed.link")
	default:
		page.Text = l.Say("sign_in.failed.what")
	}
	s.render(w, r, status, s.templates.notice, page)
}

// noticePage says one thing and offers one way on.
type noticePage struct {
	page
	Text           string
	Link, LinkText string
}
