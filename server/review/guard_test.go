package review

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// brokenClinic fails or panics with a text that nobody may see.
type brokenClinic struct {
	Coordination // none: what asks for it panics
	Reports
	err error
}

const secret = "191212121212"

func (b brokenClinic) CareUnits(context.Context) ([]string, error) { return nil, b.err }
func (b brokenClinic) Patients(context.Context, clinic.PatientFilter, clinic.Page) (clinic.PatientList, error) {
	return clinic.PatientList{}, b.err
}
func (b brokenClinic) FindPatient(context.Context, clinic.PatientRef) ([]clinic.ListedPatient, []string, error) {
	return nil, nil, b.err
}
func (b brokenClinic) FindPatientsNamed(context.Context, string) ([]clinic.ListedPatient, error) {
	return nil, b.err
}
func (b brokenClinic) DisplayNames(context.Context, []store.Episode) (map[string]string, error) {
	return nil, b.err
}
func (b brokenClinic) OpenLaunchLink(context.Context, string) (store.Episode, error) {
	return store.Episode{}, b.err
}
func (b brokenClinic) Trends(context.Context, []clinic.EpisodeRef) ([]*clinic.Trend, error) {
	return nil, b.err
}
func (b brokenClinic) OpenTrend(ctx context.Context, ref clinic.EpisodeRef) (*clinic.Trend, error) {
	return b.Trend(ctx, ref)
}
func (b brokenClinic) TrendAndForms(context.Context, clinic.EpisodeRef, bool) (*clinic.Trend, []clinic.SiteForm, error) {
	return nil, nil, b.err
}
func (b brokenClinic) Background(context.Context, clinic.EpisodeRef, bool) (*clinic.Background, error) {
	return nil, b.err
}
func (b brokenClinic) EpisodeFile(context.Context, clinic.EpisodeRef) (clinic.EpisodeFile, error) {
	return clinic.EpisodeFile{}, b.err
}
func (b brokenClinic) SetRegistryChoice(context.Context, clinic.RegistryChoosing) (store.RegistryChoice, error) {
	return store.RegistryChoice{}, b.err
}
func (b brokenClinic) Trend(context.Context, clinic.EpisodeRef) (*clinic.Trend, error) {
	return nil, b.err
}
func (b brokenClinic) PatientPage(context.Context, clinic.EpisodeRef, bool) (*clinic.PatientPage, error) {
	if b.err == nil {
		panic("about " + secret)
	}
	return nil, b.err
}

func ask(h http.Handler, method, target string) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, target, nil))
	return w.Result()
}

func text(t *testing.T, r *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestEveryAnswerCarriesTheSafeHeaders(t *testing.T) {
	h := New(brokenClinic{err: &clinic.StateError{}}, Options{Logger: slog.New(slog.DiscardHandler)})
	for _, target := range []string{"/", "/units/u/episodes/e", "/nothing", "/static/x/style.css", stylesheetPath} {
		r := ask(h, "GET", target)
		for name, want := range map[string]string{
			"Content-Security-Policy": contentPolicy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q", target, name, got)
			}
		}
		if got := r.Header.Get("Cache-Control"); (got == "no-store") == (target == stylesheetPath) {
			t.Errorf("%s: Cache-Control is %q", target, got)
		}
		if r.Header.Get("X-Request-Id") == "" {
			t.Errorf("%s: no request id", target)
		}
	}
}

func TestThePagesAreForReadingOnly(t *testing.T) {
	h := New(brokenClinic{err: &clinic.StateError{}}, Options{Logger: slog.New(slog.DiscardHandler)})
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"} {
		r := ask(h, method, "/units/u/episodes/e")
		if r.StatusCode != http.StatusMethodNotAllowed || r.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %d, Allow %q", method, r.StatusCode, r.Header.Get("Allow"))
		}
	}
	if r := ask(h, "HEAD", stylesheetPath); r.StatusCode != http.StatusOK {
		t.Errorf("HEAD: %d", r.StatusCode)
	}
}

func TestErrorsBecomeFriendlyPagesAndKeepTheirTextInside(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		status int
	}{
		"unknown episode":  {&clinic.StateError{Reason: clinic.EpisodeUnknown, Description: secret}, http.StatusNotFound},
		"impossible id":    {&clinic.InputError{Problems: []clinic.Problem{{Description: secret}}}, http.StatusNotFound},
		"store failed":     {errors.New("disk: " + secret), http.StatusInternalServerError},
		"store is closing": {store.ErrUnavailable, http.StatusInternalServerError},
		"panic":            {nil, http.StatusInternalServerError},
	} {
		var log bytes.Buffer
		h := New(brokenClinic{err: c.err}, Options{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
		r := ask(h, "GET", "/units/u-"+secret+"/episodes/e-"+secret)
		body := text(t, r)
		if r.StatusCode != c.status || !strings.Contains(body, "<h1>") {
			t.Errorf("%s: %d %s", name, r.StatusCode, body)
		}
		if strings.Contains(body, secret) {
			t.Errorf("%s: the page shows the inner text", name)
		}
		if c.status == http.StatusInternalServerError && !strings.Contains(body, r.Header.Get("X-Request-Id")) {
			t.Errorf("%s: the page does not name the request", name)
		}
		if name != "store failed" && strings.Contains(log.String(), secret) {
			t.Errorf("%s: the log holds an identifier: %s", name, log.String())
		}
	}
}

func TestAReaderWhoLeftIsNoError(t *testing.T) {
	var log bytes.Buffer
	h := New(brokenClinic{err: context.Canceled}, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	ask(h, "GET", "/units/u/episodes/e")
	if log.Len() > 0 {
		t.Errorf("logged %s", log.String())
	}
}

func TestOnlyThisComputersNamesAtTheListeningPortAreServed(t *testing.T) {
	server := httptest.NewServer(LoopbackOnly(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "in") })))
	defer server.Close()
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]int{
		"127.0.0.1:" + port:           http.StatusOK,
		"localhost:" + port:           http.StatusOK,
		"[::1]:" + port:               http.StatusOK,
		"127.0.0.53:" + port:          http.StatusOK,
		"127.0.0.1:1":                 http.StatusMisdirectedRequest,
		"127.0.0.1":                   http.StatusMisdirectedRequest,
		"localhost":                   http.StatusMisdirectedRequest,
		"evil.example:" + port:        http.StatusMisdirectedRequest,
		"localhost.evil.example":      http.StatusMisdirectedRequest,
		"127.0.0.1.nip.io:" + port:    http.StatusMisdirectedRequest,
		"192.168.1.1:" + port:         http.StatusMisdirectedRequest,
		"0.0.0.0:" + port:             http.StatusMisdirectedRequest,
		"[::ffff:127.0.0.1]:" + port:  http.StatusOK,
		"LOCALHOST.evil.test:" + port: http.StatusMisdirectedRequest,
	} {
		r, err := http.NewRequest("GET", server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Errorf("%s: %v", host, err)
			continue
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("%s: %d, want %d", host, answer.StatusCode, want)
		}
	}
}

func TestAnAddressWithAZoneIsNoNameOfThisComputer(t *testing.T) {
	for _, host := range []string{"[::1%eth0]:80", "", ":80", "[]", "[", "127.0.0.1:080", "127.0.0.1:", "127.1:80"} {
		if isLoopbackHost(host, 80) {
			t.Errorf("%q is taken", host)
		}
	}
}

func TestWithoutAServersAddressNothingIsServed(t *testing.T) {
	h := LoopbackOnly(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("served") }))
	if r := ask(h, "GET", "/"); r.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("%d", r.StatusCode)
	}
}
