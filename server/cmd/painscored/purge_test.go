package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/painscore/painscore/server/store/sqlite"
)

// eventually waits for something that happens in the background.
func eventually(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !happened(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

// TestWhatAnErasureLeftIsPurgedInTheBackground: also the copy that painscored
// made on its own, if the person may be in it; one that a person made stays.
func TestWhatAnErasureLeftIsPurgedInTheBackground(t *testing.T) {
	dir := t.TempDir()
	withForms(t, dir, "a")
	before := copyFromBefore(t, dir)
	aside := filepath.Join(dir, databaseFile+".set-aside-20260101T000000.000Z")
	for _, name := range []string{before, aside} {
		if err := os.WriteFile(name, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	erase(t, dir, "an id of the caller", personnummer)
	pending := func() int64 {
		e, err := sqlite.Examine(t.Context(), filepath.Join(dir, databaseFile), false)
		if err != nil {
			t.Fatal(err)
		}
		return e.PendingPurges
	}
	if pending() != 1 {
		t.Fatal("nothing is left to be purged; the test shows nothing")
	}
	p := start(t, dir)
	eventually(t, "the copy is removed", func() bool { _, err := os.Stat(before); return errors.Is(err, os.ErrNotExist) })
	p.stop()
	if n := pending(); n != 0 {
		t.Errorf("%d erasures are not purged", n)
	}
	if _, err := os.Stat(aside); err != nil {
		t.Errorf("the set-aside store: %v", err)
	}
}

// TestACopyStaysAsLongAsNobodyErasedIsInIt: nobody was erased, or only before.
func TestACopyStaysAsLongAsNobodyErasedIsInIt(t *testing.T) {
	dir, quiet := t.TempDir(), t.TempDir()
	withForms(t, dir, "a")
	withForms(t, quiet, "a")
	erase(t, dir, "er-1", personnummer)
	copyStays(t, dir)
	copyStays(t, quiet)
}

// copyFromBefore is the name of the copy that the last migration made.
func copyFromBefore(t *testing.T, dir string) string {
	t.Helper()
	e, err := sqlite.Examine(t.Context(), filepath.Join(dir, databaseFile), false)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, fmt.Sprint(databaseFile, ".before-schema-", e.NewestSchema))
}

func copyStays(t *testing.T, dir string) {
	t.Helper()
	name := copyFromBefore(t, dir)
	if err := os.WriteFile(name, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	// A file's own time may lag a few milliseconds behind the clock.
	later := time.Now().Add(time.Second)
	if err := os.Chtimes(name, later, later); err != nil {
		t.Fatal(err)
	}
	st, err := sqlite.Open(t.Context(), filepath.Join(dir, databaseFile), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	for range 2 {
		if err := newPurger(config{Data: dir}, st, newLog(&logBuffer{}, "info")).purge(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(name); err != nil {
		t.Error(err)
	}
}
