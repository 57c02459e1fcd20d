package signin

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/painscore/painscore/server/access"
)

func (p *pagesTest) isIn(t *testing.T, token string) bool {
	t.Helper()
	_, err := p.Visitor(t.Context(), token)
	if err != nil && !errors.Is(err, ErrNobody) {
		t.Fatal(err)
	}
	return err == nil
}

func TestASessionEndsWhenItIsIdleAndInTheEndAnyway(t *testing.T) {
	p := newPagesTest(t, nil)
	token := p.mustSignIn(t, "Bo")
	p.clock.advance(defaultIdle + time.Second)
	if p.isIn(t, token) {
		t.Error("it outlives an hour without a page")
	}
	token = p.mustSignIn(t, "Ann")
	for at := time.Duration(0); at < defaultLifetime-time.Hour; at += 50 * time.Minute {
		if !p.isIn(t, token) {
			t.Fatalf("it has ended after %v of use", at)
		}
		p.clock.advance(50 * time.Minute)
	}
	token, err := p.Choose(t.Context(), reader, token, "unit-1", access.Clinician) // begins nothing anew
	if err != nil {
		t.Fatal(err)
	}
	p.clock.advance(10 * time.Minute)
	if !p.isIn(t, token) {
		t.Fatal("it has ended too early")
	}
	p.clock.advance(11 * time.Minute)
	if p.isIn(t, token) {
		t.Error("use keeps it beyond its lifetime")
	}
}

func TestOnlyHashesOfTokensAreKept(t *testing.T) {
	p := newPagesTest(t, nil)
	token := p.mustSignIn(t, "Bo")
	if len(p.sessions.all) != 2 {
		t.Errorf("%d rows", len(p.sessions.all))
	}
	for hash, session := range p.sessions.all {
		if strings.Contains(hash, token) || bytes.Contains(session.Body, []byte(token)) {
			t.Error("the token is kept")
		}
	}
	if p.isIn(t, string(hashOf(token))) || p.isIn(t, "") || p.isIn(t, strings.Repeat("A", 43)) || p.isIn(t, "use of "+token) {
		t.Error("something else than the token opens the session")
	}
}

func TestAnEndedSessionStaysEndedThoughItsUseIsNotedLater(t *testing.T) {
	p := newPagesTest(t, nil)
	token := p.mustSignIn(t, "Bo")
	if err := p.End(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	if err := p.note(t.Context(), token, p.clock.now(), p.clock.now().Add(time.Hour)); err != nil { // by a request that was under way
		t.Fatal(err)
	}
	if p.isIn(t, token) {
		t.Error("it is back")
	}
	if err := p.End(t.Context(), token); err != nil {
		t.Errorf("ending it twice: %v", err)
	}
}

func TestUseIsNotedAtMostOnceAMinute(t *testing.T) {
	p := newPagesTest(t, nil)
	token := p.mustSignIn(t, "Bo")
	noted := func() time.Time { return p.sessions.all[string(useHashOf(token))].UsedAt }
	before := noted()
	p.clock.advance(noteEvery - 2*time.Second)
	if !p.isIn(t, token) || noted() != before {
		t.Error("noted at once")
	}
	p.clock.advance(3 * time.Second)
	if !p.isIn(t, token) || noted() == before {
		t.Error("not noted after a minute")
	}
}

func TestASessionOutlivesARestartButNotItsRules(t *testing.T) {
	p := newPagesTest(t, nil)
	token := p.mustSignIn(t, "Bo")
	p.Pages = p.reopen(t, p.cfg)
	if !p.isIn(t, token) {
		t.Error("a restart ends it")
	}
	narrower := *p.cfg.Pages
	narrower.Roles = []string{"analyst"}
	p.Pages = p.reopen(t, Config{Pages: &narrower})
	if p.isIn(t, token) {
		t.Error("it holds with a role that nobody can have any more")
	}
}

func TestALocalSessionIsNoneWherePeopleSignIn(t *testing.T) {
	p := newPagesTest(t, nil)
	local := newLocalPages(t, p.clock)
	local.sessions = p.sessions
	token, err := local.Link(t.Context(), here, codeOf(local.links.token.PagesLink("x", p.clock.now())))
	if err != nil {
		t.Fatal(err)
	}
	if v, err := local.Visitor(t.Context(), token); err != nil || !v.Local {
		t.Fatalf("got %+v, %v", v, err)
	}
	if p.isIn(t, token) {
		t.Error("it opens everything")
	}
	p.setup = local.setup
	if !p.isIn(t, token) {
		t.Error("the test shows nothing: another reason keeps it out")
	}
}

func TestExpiredSessionsAreSweptAsOthersSignIn(t *testing.T) {
	p := newPagesTest(t, nil)
	for range 5 {
		p.mustSignIn(t, "Bo")
	}
	p.clock.advance(defaultLifetime + time.Second)
	p.mustSignIn(t, "Bo")
	if n := len(p.sessions.all); n != 2 {
		t.Errorf("%d rows are left, want the new session's 2", n)
	}
}

func TestSigningOutGoesOnToTheIssuerWhereItCan(t *testing.T) {
	p := newPagesTest(t, nil)
	if address := p.EndAddress(); address != "" {
		t.Errorf("goes to %q", address)
	}
	p.issuer.SignsOut = true
	p.clock.advance(endpointsAge + time.Second)
	address := mustURL(t, p.EndAddress())
	if address.Path != "/logout" || address.Query().Get("post_logout_redirect_uri") != "https://painscore.example/signed-out" || address.Query().Get("client_id") != "painscore" {
		t.Errorf("goes to %v", address)
	}
}
