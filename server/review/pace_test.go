package review

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/painscore/painscore/server/access/signin"
	"github.com/painscore/painscore/server/pace"
	"github.com/painscore/painscore/server/store"
)

func TestAReaderWhoAsksTooOftenIsToldWhenToComeBack(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := newSignInSite(t)
	s.site.options.Pace = pace.New(pace.Rate{PerSecond: 0.25, Burst: 3}, func() time.Time { return now })
	s.get("/sign-in/start", "Bo") // signs in, and takes one of three
	for i, want := range []int{http.StatusOK, http.StatusOK, http.StatusTooManyRequests} {
		reply, body := s.open(t, s.browser, "")
		if reply.StatusCode != want {
			t.Fatalf("page %d: %d", i, reply.StatusCode)
		}
		if want == http.StatusTooManyRequests {
			if after := reply.Header.Get("Retry-After"); after != "4" || !strings.Contains(body, "<h1>") || reply.Header.Get("Content-Security-Policy") != contentPolicy {
				t.Errorf("Retry-After %q\n%s", after, body)
			}
		}
	}
	t.Run("another address makes no other reader", func(t *testing.T) {
		if reply, _ := s.open(t, s.browser, "198.51.100.7"); reply.StatusCode != http.StatusTooManyRequests {
			t.Error(reply.StatusCode)
		}
	})
	t.Run("nor does a second browser of the same person", func(t *testing.T) {
		mine := s.browser
		defer func() { s.browser = mine }()
		s.browser = newBrowser(t)
		if reply, _ := s.get("/sign-in/start", "Bo"); reply.StatusCode != http.StatusTooManyRequests {
			t.Error(reply.StatusCode)
		}
	})
	t.Run("another person at the same address is another reader", func(t *testing.T) {
		mine := s.browser
		defer func() { s.browser = mine }()
		s.browser = newBrowser(t)
		if reply, _ := s.get("/sign-in/start", "Ann"); reply.StatusCode != http.StatusOK {
			t.Error(reply.StatusCode)
		}
	})
	t.Run("the style sheet of that page is not counted", func(t *testing.T) {
		reply, err := s.browser.Get(s.URL + stylesheetPath)
		if err != nil {
			t.Fatal(err)
		}
		reply.Body.Close()
		if reply.StatusCode != http.StatusOK {
			t.Error(reply.StatusCode)
		}
	})
	now = now.Add(4 * time.Second)
	if reply, _ := s.open(t, s.browser, ""); reply.StatusCode != http.StatusOK {
		t.Errorf("after the wait: %d", reply.StatusCode)
	}
}

// open asks for the first page as an address behind a proxy would.
func (s *signInSite) open(t *testing.T, browser *http.Client, forwardedFor string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, s.URL+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if forwardedFor != "" {
		request.Header.Set("X-Forwarded-For", forwardedFor)
	}
	reply, err := browser.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply, string(body)
}

func TestWhenTooManyPagesAreMadeTheNextReaderIsToldSo(t *testing.T) {
	s := newSignInSite(t)
	if reply, _ := s.get("/sign-in/start", "Bo"); reply.StatusCode != http.StatusOK {
		t.Fatal(reply.StatusCode)
	}
	s.site.crowd.open.Store(maxPages)
	reply, body := s.open(t, s.browser, "")
	if reply.StatusCode != http.StatusServiceUnavailable || reply.Header.Get("Retry-After") != "1" || !strings.Contains(body, "<h1>") {
		t.Errorf("%d, Retry-After %q\n%s", reply.StatusCode, reply.Header.Get("Retry-After"), body)
	}
	stranger := httptest.NewRecorder()
	s.Config.Handler.ServeHTTP(stranger, httptest.NewRequest("GET", s.URL+"/sign-in", nil))
	if stranger.Code != http.StatusOK {
		t.Errorf("nobody can sign in: %d", stranger.Code)
	}
	s.site.crowd.open.Store(maxPages - 1)
	for range 3 { // each gives its room back
		if reply, _ := s.open(t, s.browser, ""); reply.StatusCode != http.StatusOK {
			t.Errorf("with room for one: %d", reply.StatusCode)
		}
	}
}

func TestAPageThatPanicsGivesItsRoomBack(t *testing.T) {
	s := newSite(brokenClinic{}, Options{})
	func() {
		defer func() { recover() }()
		s.paced(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), signin.Visitor{User: "SE1-BO"}, func(http.ResponseWriter, *http.Request) { panic("it fails") })
	}()
	if open := s.crowd.open.Load(); open != 0 {
		t.Errorf("%d pages are being made", open)
	}
}

func TestAnOverloadedStoreIsNoFault(t *testing.T) {
	h := New(brokenClinic{err: store.ErrOverloaded}, Options{Logger: slog.New(slog.DiscardHandler)})
	if reply := ask(h, "GET", "/units/u/episodes/e"); reply.StatusCode != http.StatusServiceUnavailable || reply.Header.Get("Retry-After") == "" {
		t.Errorf("%d, Retry-After %q", reply.StatusCode, reply.Header.Get("Retry-After"))
	}
}
