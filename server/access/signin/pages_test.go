package signin

import (
	"errors"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/access/signin/idptest"
)

const reader = "192.0.2.7:4000"

// pagesTest is the sign-in of pages with an issuer of their own.
type pagesTest struct {
	*Pages
	issuer   *idptest.Issuer
	cfg      Config
	sessions *MemorySessions
	clock    *clock
	log      *lines
}

func newPagesTest(t *testing.T, change func(*PagesConfig, *idptest.Issuer)) *pagesTest {
	t.Helper()
	issuer := idptest.New()
	server := httptest.NewServer(issuer)
	t.Cleanup(server.Close)
	issuer.URL, issuer.ClientID, issuer.Callback = server.URL, "painscore", "https://painscore.example/sign-in/callback"
	issuer.People = map[string]map[string]any{
		"Ann":  {"hsa": "SE1-ANN", "units": []string{"unit-1", "unit-2"}, "roles": []string{"psykolog", "chef"}},
		"Bo":   {"hsa": "SE1-BO", "units": "unit-1", "roles": "psykolog"},
		"Cai":  {"hsa": "SE1-CAI", "roles": []string{"analytiker", "psykolog"}},
		"Dag":  {"hsa": "SE1-DAG", "units": []string{"unit-1"}, "roles": []string{"vaktmästare"}},
		"Eva":  {"hsa": "SE1-EVA", "roles": []string{"psykolog"}},
		"Finn": {"units": []string{"unit-1"}, "roles": []string{"psykolog"}},
	}
	cfg := PagesConfig{
		URL: "https://painscore.example", Issuer: server.URL, ClientID: "painscore",
		Claims: Mapping{
			User: []string{"hsa"}, Units: Claim{Path: []string{"units"}},
			Roles: Claim{Path: []string{"roles"}, Values: map[string]string{"psykolog": "clinician", "chef": "administrator", "analytiker": "analyst"}},
		},
	}
	if change != nil {
		change(&cfg, issuer)
	}
	p := &pagesTest{issuer: issuer, cfg: Config{Pages: &cfg}, sessions: NewMemorySessions(), clock: &clock{}, log: &lines{}}
	issuer.Now = p.clock.now
	p.Pages = p.reopen(t, p.cfg)
	return p
}

// reopen is the next start of the server, over the same sessions.
func (p *pagesTest) reopen(t *testing.T, cfg Config) *Pages {
	t.Helper()
	pages, err := NewPages(cfg, Options{Now: p.clock.now, Logger: p.log.logger()}, p.sessions)
	if err != nil {
		t.Fatal(err)
	}
	pages.refusals.every = time.Millisecond
	return pages
}

// at goes to the issuer as a person does, and returns what comes back.
func (p *pagesTest) at(t *testing.T, address, person string) url.Values {
	t.Helper()
	w := httptest.NewRecorder()
	p.issuer.ServeHTTP(w, httptest.NewRequest("GET", address+person, nil))
	back, err := w.Result().Location()
	if err != nil {
		t.Fatalf("the issuer answers %s", w.Body)
	}
	return back.Query()
}

func (p *pagesTest) signIn(t *testing.T, person string) (token string, err error) {
	t.Helper()
	cookie, address, err := p.Begin(reader, "/units/u/episodes/e")
	if err != nil {
		return "", err
	}
	token, returnTo, err := p.Finish(t.Context(), reader, cookie, p.at(t, address, "&person="+person))
	if err == nil && returnTo != "/units/u/episodes/e" {
		t.Errorf("returns to %q", returnTo)
	}
	return token, err
}

func (p *pagesTest) mustSignIn(t *testing.T, person string) (token string) {
	t.Helper()
	token, err := p.signIn(t, person)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func wantWhy(t *testing.T, err error, kind error, why Why) {
	t.Helper()
	var refusal *Refusal
	if !errors.As(err, &refusal) || !errors.Is(err, kind) || refusal.Why != why {
		t.Errorf("got %v, want %v: %s", err, kind, why)
	}
}

func TestAPersonWithOneCommissionIsSignedInOnIt(t *testing.T) {
	p := newPagesTest(t, nil)
	v, err := p.Visitor(t.Context(), p.mustSignIn(t, "Bo"))
	if err != nil || !v.Chosen() || v.Choice() {
		t.Fatalf("got %+v, %v", v, err)
	}
	want := access.Caller{System: "pages", User: "SE1-BO", Unit: "unit-1", Roles: []access.Role{access.Clinician}, Purpose: access.Care, Address: "192.0.2.7", RequestID: "r1"}
	if got := v.Caller(reader, "r1"); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestOfSeveralCommissionsOneIsChosenUnderANewToken(t *testing.T) {
	p := newPagesTest(t, nil)
	first := p.mustSignIn(t, "Ann")
	v, err := p.Visitor(t.Context(), first)
	if err != nil || v.Chosen() || len(v.Units) != 2 || len(v.Roles) != 2 {
		t.Fatalf("got %+v, %v", v, err)
	}
	for _, bad := range []struct{ unit, role string }{{"unit-3", "clinician"}, {"unit-1", "coordinator"}, {"unit-1", ""}, {"", "clinician"}, {"*", "clinician"}} {
		_, err := p.Choose(t.Context(), reader, first, bad.unit, access.Role(bad.role))
		wantWhy(t, err, ErrNoCommission, CommissionNotIts)
	}
	second, err := p.Choose(t.Context(), reader, first, "unit-2", access.Administrator)
	if err != nil || second == first {
		t.Fatalf("got %q, %v", second, err)
	}
	if _, err := p.Visitor(t.Context(), first); !errors.Is(err, ErrNobody) {
		t.Errorf("the token from before the choice still holds: %v", err)
	}
	v, err = p.Visitor(t.Context(), second)
	if err != nil || v.Unit != "unit-2" || v.Caller(reader, "").Purpose != access.Administrative {
		t.Errorf("got %+v, %v", v, err)
	}
	third, err := p.Choose(t.Context(), reader, second, "unit-1", access.Clinician)
	if v, _ := p.Visitor(t.Context(), third); err != nil || v.Unit != "unit-1" || v.Role != access.Clinician {
		t.Errorf("choosing again: %+v, %v", v, err)
	}
}

func TestWhoHasNoUnitHasOnlyTheRolesThatNeedNone(t *testing.T) {
	p := newPagesTest(t, nil)
	v, err := p.Visitor(t.Context(), p.mustSignIn(t, "Cai"))
	if err != nil || v.Role != access.Analyst || len(v.Roles) != 1 || v.Unit != "" || v.Caller("", "").Purpose != access.Statistics {
		t.Errorf("got %+v, %v", v, err)
	}
	for person, want := range map[string]Why{"Dag": NoCommission, "Eva": NoCommission} {
		_, err := p.signIn(t, person)
		wantWhy(t, err, ErrNoCommission, want)
	}
	_, err = p.signIn(t, "Finn")
	wantWhy(t, err, access.ErrUnauthenticated, TokenNoUser)
}

func TestTheConfigurationLimitsWhatClaimsGive(t *testing.T) {
	p := newPagesTest(t, func(c *PagesConfig, _ *idptest.Issuer) {
		c.Roles, c.Units, c.Purposes = []string{"clinician"}, []string{"unit-2", "unit-9"}, map[string]string{"clinician": "quality"}
	})
	v, err := p.Visitor(t.Context(), p.mustSignIn(t, "Ann"))
	if err != nil || v.Unit != "unit-2" || v.Role != access.Clinician || v.Choice() || v.Caller("", "").Purpose != access.Quality {
		t.Errorf("got %+v, %v", v, err)
	}
}

func TestARoleWhosePurposeTheClaimsExcludeIsNotOffered(t *testing.T) {
	p := newPagesTest(t, func(c *PagesConfig, i *idptest.Issuer) {
		c.Claims.Purpose = Claim{Path: []string{"purpose"}}
		i.People["Ann"]["purpose"] = []string{"care"}
	})
	v, err := p.Visitor(t.Context(), p.mustSignIn(t, "Ann"))
	if err != nil || len(v.Roles) != 1 || v.Roles[0] != access.Clinician {
		t.Errorf("got %+v, %v", v, err)
	}
	_, err = p.signIn(t, "Bo") // whose token says no purpose at all
	wantWhy(t, err, ErrNoCommission, NoCommission)
}

// TestWhatComesBackMustBeWhatWasBegun, one lie at a time.
func TestWhatComesBackMustBeWhatWasBegun(t *testing.T) {
	tests := []struct {
		name   string
		change func(p *pagesTest, cookie *string, back url.Values)
		kind   error
		why    Why
	}{
		{"no cookie", func(_ *pagesTest, c *string, _ url.Values) { *c = "" }, access.ErrUnauthenticated, NotBegun},
		{"another browser's cookie", func(_ *pagesTest, c *string, _ url.Values) { *c = begin("").cookie() }, access.ErrUnauthenticated, NotBegun},
		{"no state", func(_ *pagesTest, _ *string, b url.Values) { b.Del("state") }, access.ErrUnauthenticated, NotBegun},
		{"another state", func(_ *pagesTest, _ *string, b url.Values) { b.Set("state", "x") }, access.ErrUnauthenticated, NotBegun},
		{"two states", func(_ *pagesTest, _ *string, b url.Values) { b.Add("state", b.Get("state")) }, access.ErrUnauthenticated, NotBegun},
		{"no code", func(_ *pagesTest, _ *string, b url.Values) { b.Del("code") }, access.ErrUnauthenticated, NotBegun},
		{"two codes", func(_ *pagesTest, _ *string, b url.Values) { b.Add("code", "x") }, access.ErrUnauthenticated, NotBegun},
		{"another code", func(_ *pagesTest, _ *string, b url.Values) { b.Set("code", "x") }, access.ErrUnauthenticated, CodeRefused},
		{"another issuer", func(_ *pagesTest, _ *string, b url.Values) { b.Set("iss", "https://other.example") }, access.ErrUnauthenticated, NotBegun},
		{"called off", func(_ *pagesTest, _ *string, b url.Values) { b.Del("code"); b.Set("error", "access_denied") }, access.ErrUnauthenticated, IssuerDenied},
		{"an error", func(_ *pagesTest, _ *string, b url.Values) { b.Set("error", "<b>x</b>") }, access.ErrUnauthenticated, IssuerRefused},
		{"a token of another sign-in", claim("nonce", "x"), access.ErrUnauthenticated, TokenNonce},
		{"a token without nonce", claim("nonce", nil), access.ErrUnauthenticated, TokenNonce},
		{"a token for another client", claim("aud", "other"), access.ErrUnauthenticated, TokenAudience},
		{"a token got by another client", claim("azp", "other"), access.ErrUnauthenticated, TokenAudience},
		{"a token of another issuer", claim("iss", "https://other.example"), access.ErrUnauthenticated, TokenIssuer},
		{"an old token", claim("exp", time.Now().Add(-time.Minute).Unix()), access.ErrUnauthenticated, TokenExpired},
		{"an old token within the skew", claim("exp", time.Now().Add(-10*time.Second).Unix()), nil, ""},
		{"a token of tomorrow", claim("nbf", time.Now().Add(time.Hour).Unix()), access.ErrUnauthenticated, TokenNotYet},
		{"the issuer away", func(p *pagesTest, _ *string, _ url.Values) { p.issuer.TokenError = "server_error" }, ErrUnavailable, IssuerAway},
		{"a client not known", func(p *pagesTest, _ *string, _ url.Values) { p.issuer.Secret = "another" }, ErrUnavailable, ClientRefused},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			p := newPagesTest(t, nil)
			cookie, address, err := p.Begin(reader, "/")
			if err != nil {
				t.Fatal(err)
			}
			back := p.at(t, address, "&person=Bo")
			tc.change(p, &cookie, back)
			_, _, err = p.Finish(t.Context(), reader, cookie, back)
			if tc.why == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantWhy(t, err, tc.kind, tc.why)
			if n := p.Refusals()[tc.why]; n != 1 || !strings.Contains(p.log.String(), "192.0.2.7") {
				t.Errorf("counted %d times, logged %s", n, p.log)
			}
			if strings.Contains(p.log.String(), "own words") || strings.Contains(p.log.String(), "SE1-BO") || strings.Contains(p.log.String(), "<b>") {
				t.Errorf("the log quotes what was sent: %s", p.log)
			}
		})
	}
}

// claim changes one claim of the token; nil takes it away.
func claim(name string, value any) func(*pagesTest, *string, url.Values) {
	return func(p *pagesTest, _ *string, _ url.Values) {
		p.issuer.Change = func(claims map[string]any) {
			claims[name] = value
			if value == nil {
				delete(claims, name)
			}
		}
	}
}

func TestACodeServesOnce(t *testing.T) {
	p := newPagesTest(t, nil)
	cookie, address, err := p.Begin(reader, "/")
	if err != nil {
		t.Fatal(err)
	}
	back := p.at(t, address, "&person=Bo")
	if _, _, err := p.Finish(t.Context(), reader, cookie, back); err != nil {
		t.Fatal(err)
	}
	_, _, err = p.Finish(t.Context(), reader, cookie, back)
	wantWhy(t, err, access.ErrUnauthenticated, CodeRefused)
}

func TestTheClientsSecretIsReadAnewAndTheLevelAskedFor(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	write(t, file, []byte("first\n"))
	p := newPagesTest(t, func(c *PagesConfig, i *idptest.Issuer) {
		c.ClientSecretFile, c.ACR, c.Scopes, i.Secret = file, []string{"loa3", "loa4"}, []string{"openid", "profile"}, "first"
		i.People["Bo"]["acr"], i.NamesItself = "loa3", true
	})
	_, address, err := p.Begin(reader, "/")
	if err != nil {
		t.Fatal(err)
	}
	if query := mustURL(t, address).Query(); query.Get("acr_values") != "loa3 loa4" || query.Get("scope") != "openid profile" || query.Get("client_secret") != "" {
		t.Errorf("asks for %v", query)
	}
	p.mustSignIn(t, "Bo")
	p.issuer.Secret = "second"
	write(t, file, []byte("second"))
	p.mustSignIn(t, "Bo")
	_, err = p.signIn(t, "Ann")
	wantWhy(t, err, access.ErrUnauthenticated, TooWeak)
}

func TestAnIssuerThatNamesItselfMustDoSo(t *testing.T) {
	p := newPagesTest(t, func(_ *PagesConfig, i *idptest.Issuer) { i.NamesItself = true })
	cookie, address, err := p.Begin(reader, "/")
	if err != nil {
		t.Fatal(err)
	}
	back := p.at(t, address, "&person=Bo")
	back.Del("iss")
	_, _, err = p.Finish(t.Context(), reader, cookie, back)
	wantWhy(t, err, access.ErrUnauthenticated, NotBegun)
}

func TestAnIssuerThatIsDownIsAskedSeldomAndForgivenWhatIsKnown(t *testing.T) {
	p := newPagesTest(t, func(_ *PagesConfig, i *idptest.Issuer) { i.Down = true })
	for range 20 {
		_, _, err := p.Begin(reader, "/")
		wantWhy(t, err, ErrUnavailable, IssuerAway)
	}
	if n := p.issuer.Requests["/.well-known/openid-configuration"]; n != 1 {
		t.Errorf("asked %d times", n)
	}
	p.issuer.Down = false
	p.clock.advance(retryEvery)
	p.mustSignIn(t, "Bo")
	p.issuer.Down = true
	p.clock.advance(endpointsAge + time.Second)
	if _, _, err := p.Begin(reader, "/"); err != nil {
		t.Errorf("what was known is forgotten: %v", err)
	}
}

func TestTooManyReturnsAtOnceArePutOff(t *testing.T) {
	p := newPagesTest(t, nil)
	cookie, address, err := p.Begin(reader, "/")
	if err != nil {
		t.Fatal(err)
	}
	back := p.at(t, address, "&person=Bo")
	p.exchanges.AllowN(p.clock.now(), exchangesBurst)
	_, _, err = p.Finish(t.Context(), reader, cookie, back)
	wantWhy(t, err, ErrUnavailable, TooManySignIns)
}
