package review

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/access/signin"
	"github.com/painscore/painscore/server/access/signin/idptest"
	"github.com/painscore/painscore/server/clinic"
)

// askedBy is a clinic without episodes that notes who asks.
type askedBy struct {
	brokenClinic
	mu   sync.Mutex
	last *access.Caller
}

func (a *askedBy) Patients(ctx context.Context, _ clinic.PatientFilter, _ clinic.Page) (clinic.PatientList, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last = nil
	if caller, ok := access.CallerOf(ctx); ok {
		a.last = &caller
	}
	return clinic.PatientList{}, nil
}
func (a *askedBy) CareUnits(context.Context) ([]string, error) { return nil, nil }

// signInSite is pages with an issuer, and a browser.
type signInSite struct {
	*httptest.Server
	t       *testing.T
	clinic  *askedBy
	issuer  *idptest.Issuer
	browser *http.Client
	log     *bytes.Buffer
	site    *site
}

func newSignInSite(t *testing.T) *signInSite {
	t.Helper()
	s := &signInSite{t: t, clinic: &askedBy{}, issuer: idptest.New(), log: &bytes.Buffer{}}
	issuer := httptest.NewServer(s.issuer)
	t.Cleanup(issuer.Close)
	var pages http.Handler
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { pages.ServeHTTP(w, r) }))
	t.Cleanup(s.Close)
	giveIssuer(s.issuer, issuer.URL, s.URL)
	sign, err := signin.NewPages(signin.Config{Pages: pagesConfig(issuer.URL, s.URL)}, signin.Options{}, signin.NewMemorySessions())
	if err != nil {
		t.Fatal(err)
	}
	s.site = newSite(s.clinic, Options{SignIn: sign, Logger: slog.New(slog.NewTextHandler(s.log, nil))})
	pages = s.site.guard(s.site.mux())
	s.browser = newBrowser(t)
	return s
}

// giveIssuer fills in what an issuer knows.
func giveIssuer(i *idptest.Issuer, address, pages string) {
	i.URL, i.ClientID, i.Callback, i.SignsOut = address, "painscore", pages+"/sign-in/callback", true
	i.People = map[string]map[string]any{
		"Ann": {"hsa": "SE1-ANN", "units": []string{unit, "SE2321000000-OTHER"}, "roles": []string{"clinician", "coordinator"}},
		"Bo":  {"hsa": "SE1-BO", "units": []string{unit}, "roles": []string{"clinician"}},
		"Dag": {"hsa": "SE1-DAG", "units": []string{unit}},
	}
}

func pagesConfig(issuer, pages string) *signin.PagesConfig {
	return &signin.PagesConfig{
		URL: pages, Issuer: issuer, ClientID: "painscore", Proxies: []string{"127.0.0.1"},
		Claims: signin.Mapping{User: []string{"hsa"}, Units: signin.Claim{Path: []string{"units"}}, Roles: signin.Claim{Path: []string{"roles"}}},
	}
}

// newBrowser keeps cookies and follows no redirect by itself.
func newBrowser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// get follows redirects, also to the issuer and back, where person is chosen.
func (s *signInSite) get(address, person string) (*http.Response, string) {
	s.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = s.URL + address
	}
	for range 10 {
		if strings.HasPrefix(address, s.issuer.URL+"/auth") {
			address += "&person=" + person
		}
		r, err := s.browser.Get(address)
		if err != nil {
			s.t.Fatal(err)
		}
		next, err := r.Location()
		if err != nil {
			body := text(s.t, r)
			r.Body.Close()
			return r, body
		}
		r.Body.Close()
		address = next.String()
	}
	s.t.Fatal("it goes round and round")
	return nil, ""
}

// post sends a form as the pages' own, and returns where it leads.
func (s *signInSite) post(path string, form url.Values, header ...string) (status int, location string) {
	s.t.Helper()
	request, err := http.NewRequest("POST", s.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	r, err := s.browser.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Body.Close()
	return r.StatusCode, r.Header.Get("Location")
}

func (s *signInSite) session() string {
	u, _ := url.Parse(s.URL)
	for _, c := range s.browser.Jar.Cookies(u) {
		if c.Name == sessionCookie {
			return c.Value
		}
	}
	return ""
}

func TestNothingIsShownToWhomeverIsNotSignedIn(t *testing.T) {
	s := newSignInSite(t)
	for path, to := range map[string]string{"/": "/sign-in", "/?unit=u": "/sign-in?to=%2F%3Funit%3Du", "/units/u/episodes/e": "/sign-in?to=%2Funits%2Fu%2Fepisodes%2Fe", "/commission": "/sign-in?to=%2Fcommission"} {
		r, err := s.browser.Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != to || r.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d to %s", path, r.StatusCode, r.Header.Get("Location"))
		}
		r.Body.Close()
	}
	if status, to := s.post("/commission", nil); status != http.StatusSeeOther || to != "/sign-in" {
		t.Errorf("a choice by nobody: %d to %q", status, to)
	}
	if s.clinic.last != nil {
		t.Error("the use cases were asked")
	}
}

func TestWhatIsOpenNamesNobody(t *testing.T) {
	s := newSignInSite(t)
	for path, status := range map[string]int{"/sign-in": 200, "/signed-out": 200, stylesheetPath: 200, "/favicon.ico": 200, "/nothing": 404} {
		if r, body := s.get(path, ""); r.StatusCode != status || strings.Contains(body, "SE1-") {
			t.Errorf("%s: %d", path, r.StatusCode)
		}
	}
}

func TestSigningInLeadsBackToWhereOneWanted(t *testing.T) {
	s := newSignInSite(t)
	_, body := s.get("/?unit=x", "Bo")
	if !strings.Contains(body, `href="/sign-in/start?to=%2F%3Funit%3Dx"`) {
		t.Fatalf("no way on: %s", body)
	}
	r, body := s.get("/sign-in/start?to=%2F%3Funit%3Dx", "Bo")
	if r.StatusCode != http.StatusOK || r.Request.URL.RequestURI() != "/?unit=x" || !strings.Contains(body, "SE1-BO") || !strings.Contains(body, unit) {
		t.Errorf("%d at %s", r.StatusCode, r.Request.URL)
	}
	if c := s.clinic.last; c == nil || c.User != "SE1-BO" || c.Unit != unit || c.Purpose != access.Care || c.Address != "127.0.0.1" || c.RequestID == "" || c.AnyUnit || c.Local {
		t.Errorf("the use cases are asked by %+v", c)
	}
	if r, _ := s.get("/sign-in?to=%2Funits%2Fu", ""); r.Request.URL.Path != "/units/u" {
		t.Errorf("who is signed in already lands at %s", r.Request.URL)
	}
	if strings.Contains(s.log.String(), "SE1-BO") {
		t.Error("the log names the user")
	}
}

func TestACommissionIsChosenAndChanged(t *testing.T) {
	s := newSignInSite(t)
	r, body := s.get("/sign-in/start?to=%2F%3Funit%3Dx", "Ann")
	if r.Request.URL.RequestURI() != "/commission?to=%2F%3Funit%3Dx" || strings.Count(body, `type="radio"`) != 4 || s.clinic.last != nil {
		t.Fatalf("at %s: %s", r.Request.URL, body)
	}
	wellFormed(t, body)
	first := s.session()
	if _, to := s.post("/commission", url.Values{"unit": {"SE-NONE"}, "role": {"clinician"}, "to": {"/?unit=x"}}); to != "/commission?to=%2F%3Funit%3Dx" {
		t.Errorf("a unit of others leads to %q", to)
	}
	if _, to := s.post("/commission", url.Values{"unit": {unit}, "role": {"coordinator"}, "to": {"/?unit=x"}}); to != "/?unit=x" || s.session() == first {
		t.Errorf("leads to %q, with the session token of before: %t", to, s.session() == first)
	}
	if _, body = s.get("/", ""); !strings.Contains(body, "Koordinator") || !strings.Contains(body, `href="/commission"`) {
		t.Errorf("the page does not say the commission")
	}
	if c := s.clinic.last; c == nil || c.Unit != unit || len(c.Roles) != 1 || c.Roles[0] != access.Coordinator {
		t.Errorf("asked by %+v", c)
	}
	if _, to := s.post("/commission", url.Values{"unit": {"SE2321000000-OTHER"}, "role": {"clinician"}, "to": {"https://evil.example/"}}); to != "/" {
		t.Errorf("leads to %q", to)
	}
	s.get("/", "")
	if c := s.clinic.last; c.Unit != "SE2321000000-OTHER" || c.Roles[0] != access.Clinician {
		t.Errorf("after the change asked by %+v", c)
	}
}

func TestSigningOutEndsTheSessionEverywhere(t *testing.T) {
	s := newSignInSite(t)
	s.get("/sign-in/start", "Bo")
	token := s.session()
	if r, _ := s.get("/sign-out", ""); r.Request.URL.Path != "/" || s.session() == "" {
		t.Error("a link signs people out")
	}
	if status, to := s.post("/sign-out", nil, "Sec-Fetch-Site", "cross-site"); status != http.StatusForbidden || to != "" {
		t.Errorf("another site signs people out: %d", status)
	}
	if _, to := s.post("/sign-out", nil); to != "/sign-out" || s.session() != "" {
		t.Errorf("leads to %q with the cookie %q", to, s.session())
	}
	r, _ := s.get("/sign-out", "")
	refresh, _ := strings.CutPrefix(r.Header.Get("Refresh"), "0; url=")
	if !strings.HasPrefix(refresh, s.issuer.URL+"/logout?") {
		t.Errorf("goes on to %q", refresh)
	}
	s.issuer.Lock()
	s.issuer.SignsOut = false
	s.issuer.Unlock()
	u, _ := url.Parse(s.URL)
	s.browser.Jar.SetCookies(u, []*http.Cookie{{Name: sessionCookie, Value: token}}) // a thief's
	if r, _ := s.get("/", ""); r.Request.URL.Path != "/sign-in" {
		t.Errorf("the ended session opens %s", r.Request.URL)
	}
	if r, _ := s.get("/signed-out", ""); r.StatusCode != http.StatusOK {
		t.Errorf("%d", r.StatusCode)
	}
}

func TestASessionPlantedBeforehandIsWorthNothingAfterwards(t *testing.T) {
	s := newSignInSite(t)
	s.get("/sign-in/start", "Bo")
	planted := s.session()
	victim := newBrowser(t)
	u, _ := url.Parse(s.URL)
	victim.Jar.SetCookies(u, []*http.Cookie{{Name: sessionCookie, Value: planted}})
	s.browser = victim
	s.get("/sign-in/start", "Ann")
	if s.session() == planted {
		t.Fatal("the planted session goes on")
	}
	s.browser = newBrowser(t)
	s.browser.Jar.SetCookies(u, []*http.Cookie{{Name: sessionCookie, Value: planted}})
	if r, _ := s.get("/", ""); r.Request.URL.Path != "/sign-in" {
		t.Error("whoever planted it is in")
	}
}

func TestAFailedSignInSaysWhatToDoAndQuotesNobody(t *testing.T) {
	s := newSignInSite(t)
	for name, tc := range map[string]struct {
		address, person string
		status          int
		says            string
	}{
		"not begun":     {"/sign-in/callback?code=x&state=" + secret, "", http.StatusBadRequest, "Begin again"},
		"called off":    {"/sign-in/start", "x&refuse=access_denied", http.StatusBadRequest, "Begin again"},
		"an error":      {"/sign-in/start", "x&refuse=%3Cb%3E" + secret, http.StatusBadRequest, "Begin again"},
		"no commission": {"/sign-in/start", "Dag", http.StatusForbidden, "no assignment"},
	} {
		s.get("/?lang=en", "")
		s.get("/sign-in?lang=en", "")
		r, body := s.get(tc.address, tc.person)
		if r.StatusCode != tc.status || !strings.Contains(body, tc.says) || s.session() != "" {
			t.Errorf("%s: %d %s", name, r.StatusCode, body)
		}
		if strings.Contains(body, secret) || strings.Contains(body, "own words") || strings.Contains(s.log.String(), secret) {
			t.Errorf("%s: quoted", name)
		}
		wellFormed(t, body)
	}
	s.issuer.Lock()
	s.issuer.TokenError = "server_error"
	s.issuer.Unlock()
	if r, body := s.get("/sign-in/start", "Bo"); r.StatusCode != http.StatusServiceUnavailable || r.Header.Get("Retry-After") == "" || !strings.Contains(body, "in a while") {
		t.Errorf("%d %s", r.StatusCode, body)
	}
}

func TestAReturnAddressLeadsNowhereElse(t *testing.T) {
	for to, want := range map[string]string{
		"/": "/", "/units/u/episodes/e?lang=en": "/units/u/episodes/e?lang=en", "/units/a%2Fb/episodes/%C3%A5": "/units/a%2Fb/episodes/%C3%A5",
		"": "/", "https://evil.example/": "/", "//evil.example": "/", "///evil.example": "/", `/\evil.example`: "/", `\\evil.example`: "/",
		"/\t/evil.example": "/", "\n//evil.example": "/", "/%2F/evil.example": "/", "javascript:alert(1)": "/", "http:/evil": "/", "evil.example": "/",
		"/sign-in": "/", "/sign-out": "/", "/signed-out": "/", "/" + strings.Repeat("a", 3000): "/", "/%zz": "/", " /x": "/",
	} {
		if got := localPath(to); got != want {
			t.Errorf("%q leads to %q, want %q", to, got, want)
		}
	}
}

func FuzzAReturnAddressStaysOnThisSite(f *testing.F) {
	for _, to := range []string{"/", "//x", `/\x`, "/./\\x", "/%5cx", "/a?b#c", "/..//x", "http://x"} {
		f.Add(to)
	}
	base, _ := url.Parse("https://painscore.example/sign-in/callback")
	f.Fuzz(func(t *testing.T, to string) {
		r := httptest.NewRecorder()
		http.Redirect(r, httptest.NewRequest("GET", base.String(), nil), localPath(to), http.StatusSeeOther)
		// A browser takes a backslash for a slash, and leaves out tabs and line ends.
		location := strings.NewReplacer(`\`, "/", "\t", "", "\n", "", "\r", "").Replace(r.Header().Get("Location"))
		u, err := base.Parse(location)
		if err != nil || u.Host != base.Host || u.Scheme != "https" {
			t.Errorf("%q leads to %q", to, location)
		}
	})
}

func TestCookiesOfAnHTTPSSiteAreBoundToIt(t *testing.T) {
	for address, want := range map[string]string{
		"https://painscore.example": "__Host-painscore-begun=; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax",
		"http://127.0.0.1:7080":     "painscore-begun=; Path=/; Max-Age=600; HttpOnly; SameSite=Lax",
	} {
		sign, err := signin.NewPages(signin.Config{Pages: pagesConfig("https://idp.example", address)}, signin.Options{}, signin.NewMemorySessions())
		if err != nil {
			t.Fatal(err)
		}
		s, w := &site{options: Options{SignIn: sign}}, httptest.NewRecorder()
		s.setCookie(w, begunCookie, "", signin.BegunTime)
		s.setCookie(w, sessionCookie, "v", 0)
		got := w.Result().Header["Set-Cookie"]
		if got[0] != want || strings.Contains(got[1], "Max-Age") || strings.HasPrefix(got[1], "__Host-") != strings.HasPrefix(address, "https") {
			t.Errorf("%s: %q", address, got)
		}
	}
}

func TestLocalModeIsEnteredByItsLink(t *testing.T) {
	local, err := signin.LoadOrMakeLocalToken(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	sign, err := signin.NewPages(signin.Config{}, signin.Options{Local: local}, signin.NewMemorySessions())
	if err != nil {
		t.Fatal(err)
	}
	s := &signInSite{t: t, clinic: &askedBy{}, issuer: idptest.New(), browser: newBrowser(t)}
	s.issuer.URL = "none"
	s.Server = httptest.NewServer(New(s.clinic, Options{SignIn: sign, Local: true, Logger: slog.New(slog.DiscardHandler)}))
	defer s.Close()
	if r, body := s.get("/?lang=en", ""); r.Request.URL.Path != "/sign-in" || !strings.Contains(body, "painscored link") || !strings.Contains(body, "Local mode") {
		t.Errorf("%s: %s", r.Request.URL, body)
	}
	link := local.PagesLink(strings.TrimPrefix(s.URL, "http://"), time.Now())
	for _, ahead := range []struct{ method, purpose string }{{"HEAD", ""}, {"GET", "prefetch;prerender"}} {
		request, _ := http.NewRequest(ahead.method, link, nil)
		request.Header.Set("Sec-Purpose", ahead.purpose)
		if r, err := s.browser.Do(request); err != nil || r.StatusCode != http.StatusOK || s.session() != "" {
			t.Errorf("%v: %v", ahead, err)
		}
	}
	r, body := s.get(link, "")
	if r.Request.URL.RequestURI() != "/" || s.clinic.last == nil || !s.clinic.last.Local || !strings.Contains(body, `action="/sign-out"`) || strings.Contains(body, "/commission") {
		t.Errorf("at %s by %+v", r.Request.URL, s.clinic.last)
	}
	s.browser = newBrowser(t)
	if r, body := s.get(link+"&lang=en", ""); r.StatusCode != http.StatusForbidden || !strings.Contains(body, "has been used") {
		t.Errorf("a second time: %d %s", r.StatusCode, body)
	}
	if _, to := s.post("/sign-out", nil); to != "/signed-out" {
		t.Errorf("signing out leads to %q", to)
	}
}

func TestATokenlessDemoIsOpenAndNamesNobody(t *testing.T) {
	sign, err := signin.NewPages(signin.Config{}, signin.Options{Tokenless: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	asked := &askedBy{}
	r := ask(New(asked, Options{SignIn: sign, Demo: true, Logger: slog.New(slog.DiscardHandler)}), "GET", "/")
	if body := text(t, r); r.StatusCode != http.StatusOK || asked.last == nil || !asked.last.Local || strings.Contains(body, "sign-out") {
		t.Errorf("%d by %+v", r.StatusCode, asked.last)
	}
}

func TestOnlyTheTwoFormsTakeAPost(t *testing.T) {
	s := newSignInSite(t)
	s.get("/sign-in/start", "Bo")
	for _, path := range []string{"/sign-in", "/sign-in/start", "/sign-in/callback", "/signed-out", "/units/u/episodes/e"} {
		if status, _ := s.post(path, nil); status != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status, _ := s.post("/commission", url.Values{"to": {strings.Repeat("a", 20<<10)}}); status != http.StatusSeeOther {
		t.Errorf("a form that is far too long: %d", status)
	}
}
