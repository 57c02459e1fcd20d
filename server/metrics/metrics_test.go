package metrics

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/painscore/painscore/server/store"
)

// state is what a test's server is like.
type state struct {
	draining bool
	reach    error
	purging  error
	room     bool
	full     bool
}

func (s *state) service() *Service {
	return New(Sources{
		Version: "1.2.3", Engine: "sqlite",
		Draining: func() bool { return s.draining },
		Reach:    func(context.Context) error { return s.reach },
		Open:     func() map[string]int64 { return map[string]int64{"reading": 3, "writing": 4} },
		Store: func() store.Figures {
			return store.Figures{Waiting: map[string]int{"interactive": 5}, Batches: 6, Tasks: 70, Refused: 8}
		},
		LogWaiting: func() int { return 9 },
		LogRoom:    func() bool { return s.room },
		LogFull:    func() bool { return s.full },
		Purging:    func(context.Context) (int64, error) { return 2, s.purging },
		Refused:    func() map[string]uint64 { return map[string]uint64{"the token has expired": 11} },

		Connections:        func() map[string]int64 { return map[string]int64{"calls": 12, "pages": 13} },
		ConnectionsRefused: func() map[string]uint64 { return map[string]uint64{"pages": 14} },
	}, []string{"/painscore.v1.PatientService/GetTrend"})
}

func get(t *testing.T, s *Service, path string) (int, string) {
	t.Helper()
	reply := httptest.NewRecorder()
	s.Handler().ServeHTTP(reply, httptest.NewRequest(http.MethodGet, path, nil))
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply.Code, string(body)
}

func TestReadyOnlyWhileCallsShouldComeHere(t *testing.T) {
	for name, c := range map[string]struct {
		state state
		code  int
		says  string
	}{
		"serving":                        {state{room: true}, 200, "ok\n"},
		"draining":                       {state{room: true, draining: true}, 503, "draining\n"},
		"without its store":              {state{room: true, reach: errors.New("password=secret")}, 503, "store unreachable\n"},
		"reading while the disk is full": {state{}, 200, "ok, but the disk is full: submissions are refused\n"},
		"without room for its log":       {state{full: true}, 503, "disk full\n"},
	} {
		s := c.state.service()
		if code, says := get(t, s, "/readyz"); code != c.code || says != c.says {
			t.Errorf("%s: /readyz %d %s", name, code, says)
		}
		if code, _ := get(t, s, "/livez"); code != 200 {
			t.Errorf("%s: /livez %d: a restart would not help", name, code)
		}
		if _, all := get(t, s, "/metrics"); strings.Contains(all, "secret") || strings.Contains(all, "\npainscore_ready 1\n") != (c.code == 200) {
			t.Errorf("%s: painscore_ready is wrong, or an error is quoted", name)
		}
	}
	if code, _ := get(t, (&state{}).service(), "/debug/pprof/"); code != 404 {
		t.Errorf("another path: %d", code)
	}
}

func TestFiguresAreTold(t *testing.T) {
	s := (&state{}).service()
	s.Calls.Answered("/painscore.v1.PatientService/GetTrend", codes.OK, 3*time.Millisecond)
	s.Calls.Answered("/painscore.v1.PatientService/GetTrend", codes.ResourceExhausted, time.Microsecond)
	s.Calls.Answered("/painscore.v1.PatientService/GetTrend", codes.Code(999), time.Microsecond)
	s.Calls.Answered("/made.up/191212121212", codes.OK, time.Second)
	_, all := get(t, s, "/metrics")
	for _, line := range []string{
		`painscore_calls_total{code="OK",method="PatientService.GetTrend"} 1`,
		`painscore_calls_total{code="ResourceExhausted",method="PatientService.GetTrend"} 1`,
		`painscore_calls_total{code="Unknown",method="PatientService.GetTrend"} 1`,
		`painscore_call_seconds_bucket{method="PatientService.GetTrend",le="0.005"} 3`,
		`painscore_call_seconds_bucket{method="PatientService.GetTrend",le="0.0025"} 2`,
		`painscore_info{engine="sqlite",version="1.2.3"} 1`,
		`painscore_calls_open{class="writing"} 4`,
		`painscore_store_waiting{share="interactive"} 5`,
		`painscore_store_batches_total 6`,
		`painscore_store_batch_tasks_total 70`,
		`painscore_store_refused_total 8`,
		`painscore_access_log_waiting 9`,
		`painscore_access_log_room 0`,
		`painscore_erasures_pending_purge 2`,
		`painscore_sign_in_refused_total{why="the token has expired"} 11`,
		`painscore_connections_open{port="calls"} 12`,
		`painscore_connections_refused_total{port="pages"} 14`,
	} {
		if !strings.Contains(all, line+"\n") {
			t.Errorf("not told: %s", line)
		}
	}
	if strings.Contains(all, "made") || strings.Contains(all, "1912") {
		t.Error("a caller has made up a label")
	}
	if _, all := get(t, (&state{purging: errors.New("x")}).service(), "/metrics"); strings.Contains(all, "pending_purge ") || !strings.Contains(all, "painscore_erasures_unreadable 1") {
		t.Error("a number that is not known is told")
	}
}

// TestEveryMetricStandsInTheList, with nothing listed that is not told.
func TestEveryMetricStandsInTheList(t *testing.T) {
	list, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	s := (&state{}).service()
	s.Calls.Answered("/painscore.v1.PatientService/GetTrend", codes.OK, time.Millisecond)
	_, all := get(t, s, "/metrics")
	told := map[string]bool{}
	for _, match := range regexp.MustCompile(`(?m)^# TYPE (painscore_\w+)`).FindAllStringSubmatch(all, -1) {
		told[match[1]] = true
		if !strings.Contains(string(list), "`"+match[1]+"`") && !strings.Contains(string(list), "`"+match[1]+"{") {
			t.Errorf("%s is not in README.md", match[1])
		}
	}
	for _, match := range regexp.MustCompile("\\| `(painscore_\\w+)").FindAllStringSubmatch(string(list), -1) {
		if !told[match[1]] {
			t.Errorf("README.md lists %s, which is not told", match[1])
		}
	}
	if len(told) < 12 {
		t.Errorf("only %d metrics found", len(told))
	}
}
