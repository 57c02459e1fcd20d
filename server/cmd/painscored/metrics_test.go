package main

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// metricsAddress finds where a program's third port is, in its log.
func metricsAddress(t *testing.T, p *program) string {
	t.Helper()
	match := regexp.MustCompile(`metrics and health" address=(\S+)`).FindStringSubmatch(p.output.String())
	if match == nil {
		t.Fatalf("the log does not name the port:\n%s", p.output.String())
	}
	return "http://" + match[1]
}

func fetch(t *testing.T, address string) (int, string) {
	t.Helper()
	reply, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply.StatusCode, string(body)
}

// TestTheThirdPortTellsOfARunningServer, and of nobody in it.
func TestTheThirdPortTellsOfARunningServer(t *testing.T) {
	p := start(t, t.TempDir(), "--metrics", "127.0.0.1:0")
	at := metricsAddress(t, p)
	for _, path := range []string{"/livez", "/readyz"} {
		if code, says := fetch(t, at+path); code != 200 || says != "ok\n" {
			t.Errorf("%s: %d %s", path, code, says)
		}
	}
	c := p.dial(t)
	if _, err := c.Submissions().Submit(t.Context(), hadsRequest(pb.Occasion_OCCASION_BASELINE, "2023-02-01", 3, 2)); err != nil {
		t.Fatal(err)
	}
	bad := hadsRequest(pb.Occasion_OCCASION_BASELINE, "2023-02-01", 3, 9)
	if _, err := c.Submissions().Submit(t.Context(), bad); err == nil {
		t.Fatal("an answer out of range is taken")
	}
	stranger := *p
	stranger.token = ""
	if _, err := stranger.dial(t).Patients().GetTrend(t.Context(), &pb.GetTrendRequest{CareUnit: "unit-1", EpisodeId: "e-1"}); err == nil {
		t.Fatal("a stranger reads")
	}
	_, all := fetch(t, at+"/metrics")
	for _, want := range []string{
		`painscore_calls_total{code="OK",method="SubmissionService.Submit"} 1`, `painscore_calls_total{code="InvalidArgument",method="SubmissionService.Submit"} 1`,
		`painscore_calls_total{code="Unauthenticated",method="PatientService.GetTrend"} 1`, `painscore_sign_in_refused_total{why="no token`,
		"painscore_ready 1", "painscore_access_log_room 1", "painscore_erasures_pending_purge 0", `painscore_store_waiting{share="interactive"} 0`, `painscore_info{engine="sqlite"`,
	} {
		if !strings.Contains(all, "\n"+want) {
			t.Errorf("not told: %s", want)
		}
	}
	for _, secret := range []string{"9802", "unit-1", "e-1", "hads", "127.0.0.1"} {
		if strings.Contains(all, secret) {
			t.Errorf("%q stands in the metrics", secret)
		}
	}
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := http.Get(at + "/livez"); err == nil {
		t.Error("the port is open after the end")
	}
}

func TestAPortThatIsTakenStopsOnlyWhoAskedForIt(t *testing.T) {
	first := start(t, t.TempDir(), "--metrics", "127.0.0.1:0")
	taken := strings.TrimPrefix(metricsAddress(t, first), "http://")
	args := []string{"--data", t.TempDir(), "--grpc", "127.0.0.1:0", "--web", "127.0.0.1:0", "--metrics", taken}
	if err := run(t.Context(), args, func(string) string { return "" }, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "--metrics") {
		t.Errorf("a port that somebody else has: %v", err)
	}
}

func TestLoadSettingsAreChecked(t *testing.T) {
	for text, wrong := range map[string]string{
		"rate: {per_second: -1}":              "per_second",
		"rate: {per_second: .nan}":            "per_second",
		"rate: {burst: 0}":                    "burst",
		"access_log: {reserve_mib: 0}":        "reserve_mib",
		"access_log: {heads: heads.jsonl}":    "heads",
		"access_log: {heds: /x}":              "heds",
		"rate: {per_second: 10, burst: 20}":   "",
		"rate: {per_second: 0}":               "",
		"access_log: {heads: /x/heads.jsonl}": "",
		"access_log: {reserve_mib: 32}":       "",
	} {
		got, err := configured(t, home, "--config", file(t, text+"\n"))
		if (err == nil) != (wrong == "") || err != nil && !strings.Contains(err.Error(), wrong) {
			t.Errorf("%s: %v", text, err)
		}
		if strings.Contains(text, "20}") && (got.rate().PerSecond != 10 || got.rate().Burst != 20) {
			t.Errorf("%s: %+v", text, got.rate())
		}
		if strings.Contains(text, "/x/heads") && got.headsPath() != "/x/heads.jsonl" || strings.Contains(text, ": 32") && got.reserve() != 32<<20 {
			t.Errorf("%s: %s, %d", text, got.headsPath(), got.reserve())
		}
	}
}
