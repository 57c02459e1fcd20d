package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// built is the server under test, built once and only if a test asks.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "painscored-bench-test-")
	if err != nil {
		return "", err
	}
	builtIn = dir
	file := filepath.Join(dir, "painscored")
	return file, build(context.Background(), file)
})

var builtIn string // the folder, empty until it is made

func TestMain(m *testing.M) {
	code := m.Run()
	if builtIn != "" {
		os.RemoveAll(builtIn)
	}
	os.Exit(code)
}

// program builds this program, for what it starts itself with.
func program(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "painscored-bench")
	if text, err := exec.Command("go", "build", "-buildvcs=false", "-o", file, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return file
}

// testPlace is a place with a built server, gone after the test.
func testPlace(t *testing.T) *place {
	t.Helper()
	file, err := built()
	if err != nil {
		t.Fatal(err)
	}
	p, err := placeFlags{parent: t.TempDir(), painscored: file, engine: sqliteEngine, seed: 1}.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// inCI: nothing may be skipped there.
var inCI = os.Getenv("CI") == "true"

// need skips a test whose tools are not installed, except where it must run.
func need(t *testing.T, err error) {
	t.Helper()
	switch {
	case err == nil:
	case errors.Is(err, errSkipped) && !inCI:
		t.Skip(err)
	default:
		t.Fatal(err)
	}
}

// hold runs a fault with a few rounds and wants no broken promise, and the
// named things to have happened.
func hold(t *testing.T, f fault, rounds int, happened ...string) {
	t.Helper()
	holdOn(t, sqliteEngine, f, rounds, happened...)
}

func holdOn(t *testing.T, engine string, f fault, rounds int, happened ...string) {
	t.Helper()
	v, p := &verdict{}, testPlace(t)
	p.engine = engine
	err := f.run(t.Context(), p, size{rounds: rounds}, v)
	need(t, err)
	for _, text := range v.violations {
		t.Error(text)
	}
	for _, name := range happened {
		if v.counts[name] == 0 {
			t.Errorf("nothing of this: %s (%v)", name, v.counts)
		}
	}
}

// wantViolation fails unless a broken promise with this text was found.
func wantViolation(t *testing.T, v *verdict, text string) {
	t.Helper()
	for _, found := range v.violations {
		if strings.Contains(found, text) {
			return
		}
	}
	t.Errorf("not found: %q; found %d: %s", text, len(v.violations), fmt.Sprint(v.violations[:min(3, len(v.violations))]))
}

func TestAProgramThatDoesNotServeIsAnErrorWithItsWords(t *testing.T) {
	p := testPlace(t)
	_, err := p.start(t.Context(), "sh", "-c", "echo no such luck >&2; exit 3")
	if err == nil || !strings.Contains(err.Error(), "no such luck") {
		t.Errorf("got %v", err)
	}
}

func TestAPlaceLeavesNothingBehind(t *testing.T) {
	parent := t.TempDir()
	file, err := built()
	if err != nil {
		t.Fatal(err)
	}
	p, err := placeFlags{parent: parent, painscored: file, engine: sqliteEngine}.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at, err := p.newStorage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	server, err := p.serve(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-server.ended:
	default:
		t.Error("the server still runs")
	}
	if left, err := os.ReadDir(parent); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
