package signin

import (
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/painscore/painscore/server/access"
)

const here = "127.0.0.1:4000"

func newLocalPages(t *testing.T, clock *clock) *Pages {
	t.Helper()
	local, err := LoadOrMakeLocalToken(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewPages(Config{}, Options{Local: local, Now: clock.now}, NewMemorySessions())
	if err != nil {
		t.Fatal(err)
	}
	p.refusals.every = time.Millisecond
	return p
}

func codeOf(link string) string { _, code, _ := strings.Cut(link, "?code="); return code }

func TestALinkSignsInOnceWithinItsTime(t *testing.T) {
	clock := &clock{}
	p := newLocalPages(t, clock)
	link := p.links.token.PagesLink("127.0.0.1:7080", clock.now())
	if !strings.HasPrefix(link, "http://127.0.0.1:7080/sign-in?code=") {
		t.Errorf("the link is %s", link)
	}
	token, err := p.Link(t.Context(), here, codeOf(link))
	if err != nil {
		t.Fatal(err)
	}
	v, err := p.Visitor(t.Context(), token)
	if caller := v.Caller(here, "r"); err != nil || !caller.Local || !caller.AnyUnit || caller.User != "local" || caller.RequestID != "r" || !v.Chosen() || v.Choice() {
		t.Errorf("got %+v, %v", caller, err)
	}
	_, err = p.Link(t.Context(), here, codeOf(link))
	wantWhy(t, err, access.ErrUnauthenticated, LinkUsed)

	late := p.links.token.PagesLink("x", clock.now())
	clock.advance(LinkTime + time.Second)
	_, err = p.Link(t.Context(), here, codeOf(late))
	wantWhy(t, err, access.ErrUnauthenticated, LinkOld)
	_, err = p.Link(t.Context(), here, codeOf(link))
	wantWhy(t, err, access.ErrUnauthenticated, LinkOld)
}

func TestALinkOfAnotherKindIsNone(t *testing.T) {
	clock := &clock{}
	p, other := newLocalPages(t, clock), newLocalPages(t, clock)
	good := codeOf(p.links.token.PagesLink("x", clock.now()))
	raw, err := base64.RawURLEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	raw[codeTime]++ // other random bytes would be another code
	for name, code := range map[string]string{
		"nothing": "", "a part": good[:20], "with more": good + "AAAA", "another server's": codeOf(other.links.token.PagesLink("x", clock.now())),
		"a changed one": base64.RawURLEncoding.EncodeToString(raw), "zeroes": strings.Repeat("A", len(good)),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := p.Link(t.Context(), here, code)
			wantWhy(t, err, access.ErrUnauthenticated, LinkWrong)
		})
	}
	_, err = p.Link(t.Context(), reader, good)
	wantWhy(t, err, access.ErrUnauthenticated, LocalElsewhere)
	future := codeOf(p.links.token.PagesLink("x", clock.now().Add(time.Hour)))
	_, err = p.Link(t.Context(), here, future)
	wantWhy(t, err, access.ErrUnauthenticated, LinkOld)
}

func TestALinkFromBeforeTheStartCouldHaveBeenUsed(t *testing.T) {
	clock := &clock{}
	p := newLocalPages(t, clock)
	code := codeOf(p.links.token.PagesLink("x", clock.now()))
	clock.advance(time.Second)
	next, err := NewPages(Config{}, Options{Local: p.links.token, Now: clock.now}, NewMemorySessions())
	if err != nil {
		t.Fatal(err)
	}
	_, err = next.Link(t.Context(), here, code)
	wantWhy(t, err, access.ErrUnauthenticated, LinkOld)
}

func TestOfManyBrowsersWithOneLinkOneGetsIn(t *testing.T) {
	clock := &clock{}
	p := newLocalPages(t, clock)
	code := codeOf(p.links.token.PagesLink("x", clock.now()))
	var in atomic.Int64
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := p.Link(t.Context(), here, code); err == nil {
				in.Add(1)
			}
		})
	}
	all.Wait()
	if in.Load() != 1 {
		t.Errorf("%d got in", in.Load())
	}
}

func TestUsedLinksAreForgottenWhenTheyAreOldAnyway(t *testing.T) {
	clock := &clock{}
	p := newLocalPages(t, clock)
	for range 3 {
		if _, err := p.Link(t.Context(), here, codeOf(p.links.token.PagesLink("x", clock.now()))); err != nil {
			t.Fatal(err)
		}
		clock.advance(LinkTime + time.Second)
	}
	if n := len(p.links.used); n != 1 {
		t.Errorf("%d are kept", n)
	}
}

func TestTheCommandMakesALinkOfTheTokenFileAndNoFile(t *testing.T) {
	folder, clock := t.TempDir(), &clock{}
	if _, err := LocalPagesLink(folder, "x", clock.now()); err == nil {
		t.Error("a link to nothing")
	}
	local, err := LoadOrMakeLocalToken(folder)
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewPages(Config{}, Options{Local: local, Now: clock.now}, NewMemorySessions())
	if err != nil {
		t.Fatal(err)
	}
	link, err := LocalPagesLink(folder, "127.0.0.1:1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Link(t.Context(), here, codeOf(link)); err != nil {
		t.Error(err)
	}
}

func TestEveryWayInIsOpenInItsModeOnly(t *testing.T) {
	tokenless, err := NewPages(Config{}, Options{Tokenless: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	closed, err := NewPages(Config{Tokens: &TokenConfig{}}, Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for mode, p := range map[PagesMode]*Pages{PagesTokenless: tokenless, PagesClosed: closed, PagesLocal: newLocalPages(t, &clock{})} {
		p.refusals.every = time.Millisecond
		if p.Mode() != mode || p.Secure() || p.EndAddress() != "" {
			t.Errorf("%s: mode %s", mode, p.Mode())
		}
		_, _, err := p.Begin(reader, "/")
		wantWhy(t, err, access.ErrUnauthenticated, PagesNotOpen)
		_, _, err = p.Finish(t.Context(), reader, begin("").cookie(), nil)
		wantWhy(t, err, access.ErrUnauthenticated, PagesNotOpen)
		v, err := p.Visitor(t.Context(), strings.Repeat("A", 43))
		if mode == PagesTokenless && (err != nil || !v.Local) || mode != PagesTokenless && !errors.Is(err, ErrNobody) {
			t.Errorf("%s: %+v, %v", mode, v, err)
		}
	}
	if _, err := NewPages(Config{Tokens: &TokenConfig{}}, Options{Tokenless: true}, nil); err == nil {
		t.Error("a store that people sign in to is open to everybody")
	}
	p := newPagesTest(t, nil)
	_, err = p.Link(t.Context(), here, "x")
	wantWhy(t, err, access.ErrUnauthenticated, PagesNotOpen)
	if p.Mode() != PagesIssuer || !p.Secure() {
		t.Error("https is not secure")
	}
}
