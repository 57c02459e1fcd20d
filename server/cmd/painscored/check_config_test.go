package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/painscore/painscore/server/access/signin/idptest"
)

// checkConfig runs the command and returns its words and exit status.
func checkConfig(t *testing.T, args ...string) (said string, status int) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), append([]string{"check-config"}, args...), func(name string) string { return home[name] }, &out, io.Discard)
	var s exitStatus
	if err != nil && !errors.As(err, &s) {
		t.Fatalf("%v\n%s", err, out.String())
	}
	return out.String(), int(s)
}

func TestCheckConfigNamesEveryProblemAtOnce(t *testing.T) {
	said, status := checkConfig(t, "--config", file(t, `
log: loud
grpc: 0.0.0.0:7443
web: 0.0.0.0:7080
data: /dev/null
windows: {baseline: {from: 5, to: 1}}
instruments: /nowhere
sign_in:
  tls: {certificate: /nowhere/tls.crt, key: /nowhere/tls.key}
  pages: {url: "http://painscore.example.org", client_id: painscore, proxies: [0.0.0.0/0, nginx]}
`))
	for _, problem := range []string{
		"log: debug, info, warn or error", "from (5) lies after to (1)", "pages: url:", "pages: issuer:", "claims.user: missing", "proxies: not everybody", "proxies: each must be",
		"/nowhere", "sign_in      ", "tls.crt", "/dev/null is no folder",
	} {
		if !strings.Contains(said, problem) {
			t.Errorf("nothing of %q in\n%s", problem, said)
		}
	}
	if status != int(fail) {
		t.Errorf("exit status %d", status)
	}
	if said, status := checkConfig(t, "--config", file(t, "loud: 1")); status != int(fail) || !strings.Contains(said, "loud") {
		t.Errorf("an unknown key: %d %s", status, said)
	}
}

func TestCheckConfigWritesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	said, status := checkConfig(t, "--data", dir)
	if status != 0 || strings.Contains(said, "FAIL") || !strings.Contains(said, "will be made") {
		t.Errorf("%d\n%s", status, said)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("it made the data folder")
	}
}

func TestCheckConfigKnowsWhenKeysAreMissing(t *testing.T) {
	dir := t.TempDir()
	start(t, dir).stop()
	if said, status := checkConfig(t, "--data", dir); status != 0 {
		t.Errorf("a store that works: %d\n%s", status, said)
	}
	if err := os.Remove(filepath.Join(dir, keyFile)); err != nil {
		t.Fatal(err)
	}
	if said, status := checkConfig(t, "--data", dir); status != int(fail) || !strings.Contains(said, "put back the copy") {
		t.Errorf("without its keys: %d\n%s", status, said)
	}
}

func TestACertificateIsSpokenOfBeforeItEnds(t *testing.T) {
	for name, c := range map[string]struct {
		ends   time.Duration
		level  level
		logged bool
	}{
		"in good time": {90 * 24 * time.Hour, ok, false}, "soon": {29 * 24 * time.Hour, warn, true}, "ended": {-time.Hour, fail, true},
	} {
		dir := t.TempDir()
		_, certificate, key := certificateFor(t, dir, time.Now().Add(c.ends))
		cfg, err := configured(t, home, "--config", file(t, fmt.Sprintf(
			"data: %s\nsign_in: {tls: {certificate: %s, key: %s, client_ca: %[2]s}, systems: [{name: x, roles: [clinician], units: [u], certificates: [{dns: x}]}]}", dir, certificate, key)))
		if err != nil {
			t.Fatal(err)
		}
		if f := checkCertificates(cfg, time.Now()); f.level != c.level {
			t.Errorf("%s: %s %s", name, f.level, f.found)
		}
		var log bytes.Buffer
		warnOfTime(cfg, time.Now(), slog.New(slog.NewTextHandler(&log, nil)))
		if strings.Contains(log.String(), "certificate") != c.logged {
			t.Errorf("%s: the log says %s", name, log.String())
		}
	}
}

func TestAWeekWithoutABackupIsLogged(t *testing.T) {
	dir := t.TempDir()
	start(t, dir).stop()
	cfg, err := configured(t, home, "--data", dir)
	if err != nil {
		t.Fatal(err)
	}
	logged := func(after time.Duration) bool {
		var log bytes.Buffer
		warnOfTime(cfg, time.Now().Add(after), slog.New(slog.NewTextHandler(&log, nil)))
		return strings.Contains(log.String(), "backup")
	}
	const day = 24 * time.Hour
	if logged(6*day) || !logged(8*day) {
		t.Error("a store that was never backed up is not spoken of after a week, or before")
	}
	if err := (fact{At: time.Now().Add(5 * day)}).write(dir, lastBackupFile); err != nil {
		t.Fatal(err)
	}
	if logged(8*day) || !logged(13*day) {
		t.Error("the last backup does not count")
	}
	cfg.Demo = true
	if logged(100 * day) {
		t.Error("a demo needs no backup")
	}
}

func TestCheckConfigContactsTheIssuerWhenAsked(t *testing.T) {
	idp := idptest.New()
	server := httptest.NewServer(idp)
	defer server.Close()
	idp.URL, idp.ClientID = server.URL, "painscore"
	args := []string{"--data", t.TempDir(), "--config", file(t, fmt.Sprintf(
		"sign_in: {pages: {url: 'http://127.0.0.1:7080', issuer: %s, client_id: painscore, claims: {user: [hsa], units: {path: [units]}, roles: {path: [roles]}}}}", server.URL))}
	if said, status := checkConfig(t, append(args, "--issuer")...); status != 0 || !strings.Contains(said, "answers") {
		t.Errorf("%d\n%s", status, said)
	}
	asked := len(idp.Requests)
	idp.Lock()
	idp.Down = true
	idp.Unlock()
	if said, status := checkConfig(t, append(args, "--issuer")...); status != int(fail) || !strings.Contains(said, "pages: the issuer") {
		t.Errorf("one that is down: %d\n%s", status, said)
	}
	if said, status := checkConfig(t, args...); status != 0 || asked == 0 {
		t.Errorf("unasked: %d\n%s", status, said)
	}
}
