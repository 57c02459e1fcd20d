package review

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// example is an address that a route matches.
func example(route Route) (method, path string) {
	method, pattern, _ := strings.Cut(route.Pattern, " ")
	return method, strings.NewReplacer("{$}", "", "{unit}", "u", "{id}", "e", "{moment}", "baseline", "{token}", "t").Replace(pattern)
}

// open are the pages that nobody needs to be signed in for. A page that is not
// here asks for it.
var open = []string{
	"GET /sign-in", "GET /sign-in/start", "GET /sign-in/callback", "POST /sign-out", "GET /sign-out", "GET /signed-out", "GET " + stylesheetPath, "GET " + formStylesPath, "GET /favicon.ico",
}

func TestEveryPageAsksForASignInButThoseListed(t *testing.T) {
	s := newSignInSite(t)
	var found []string
	for _, route := range Routes() {
		method, path := example(route)
		if strings.ContainsAny(path, "{}") {
			t.Errorf("%s: give example a value for it", route.Pattern)
		}
		if route.Open {
			found = append(found, route.Pattern)
			continue
		}
		for _, method := range []string{method, "HEAD"} {
			request, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r, err := s.browser.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			r.Body.Close()
			if to := r.Header.Get("Location"); r.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, "/sign-in") {
				t.Errorf("%s %s: %d to %s", method, path, r.StatusCode, to)
			}
		}
	}
	if !slices.Equal(found, open) {
		t.Errorf("open to everybody are\n%q, and should be\n%q", found, open)
	}
	if s.clinic.last != nil {
		t.Error("the use cases were asked")
	}
}

// TestNoPageGoesByTheTable: a handler that is registered elsewhere would have
// neither sign-in nor rule.
func TestNoPageGoesByTheTable(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	registered := map[string]int{}
	for _, name := range files {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(body), ".HandleFunc(") + strings.Count(string(body), ".Handle("); n > 0 && !strings.HasSuffix(name, "_test.go") {
			registered[name] = n
		}
	}
	if len(registered) != 1 || registered["routes.go"] != 2 {
		t.Errorf("handlers are registered in %v", registered)
	}
}

// TestEveryAnswerHasTheSafeHeaders on every address, by every method, from one's
// own page and from another site's, signed in or not.
func TestEveryAnswerHasTheSafeHeaders(t *testing.T) {
	s := newSignInSite(t)
	check := func(when string) {
		t.Helper()
		for _, route := range append(Routes(), Route{Pattern: "GET /nothing"}, Route{Pattern: "GET /units//x/.."}, Route{Pattern: "GET /units/u"}) {
			_, path := example(route)
			for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"} {
				for _, site := range []string{"same-origin", "cross-site", ""} {
					request := httptest.NewRequest(method, path, nil)
					request.Header.Set("Sec-Fetch-Site", site)
					request.Header.Set("Origin", "https://evil.example")
					if u := s.session(); u != "" {
						request.AddCookie(&http.Cookie{Name: sessionCookie, Value: u})
					}
					request.Host = strings.TrimPrefix(s.URL, "http://")
					w := httptest.NewRecorder()
					s.Config.Handler.ServeHTTP(w, request)
					for name, want := range map[string]string{
						"Content-Security-Policy": contentPolicy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
						"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
					} {
						if got := w.Header().Get(name); got != want {
							t.Errorf("%s: %s %s (%s), %d: %s is %q", when, method, path, site, w.Code, name, got)
						}
					}
					kept := w.Code == http.StatusOK && (path == stylesheetPath || path == formStylesPath || path == "/favicon.ico")
					if got := w.Header().Get("Cache-Control"); (got == "no-store") == kept {
						t.Errorf("%s: %s %s: Cache-Control is %q", when, method, path, got)
					}
					if !slices.Contains([]string{"GET", "HEAD"}, method) && site != "same-origin" && w.Code != http.StatusForbidden && w.Code != http.StatusMethodNotAllowed {
						t.Errorf("%s: %s %s from another site (%q) is answered %d", when, method, path, site, w.Code)
					}
				}
			}
		}
	}
	check("nobody is signed in")
	s.get("/sign-in/start", "Bo")
	check("somebody is")
}

func TestTheHeadersHoldWhereTheHostIsWrong(t *testing.T) {
	s := newSignInSite(t)
	request := httptest.NewRequest("GET", "/", nil)
	request.Host = "painscore.attacker.example"
	w := httptest.NewRecorder()
	s.Config.Handler.ServeHTTP(w, request)
	if w.Code != http.StatusMisdirectedRequest || w.Header().Get("Content-Security-Policy") != contentPolicy || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	w = httptest.NewRecorder()
	LoopbackOnly(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != http.StatusMisdirectedRequest || w.Header().Get("Content-Security-Policy") != contentPolicy {
		t.Errorf("local mode: %d %v", w.Code, w.Header())
	}
}
