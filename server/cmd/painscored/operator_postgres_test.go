package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/painscore/painscore/server/store/postgres/pgtest"
)

// TestAnOperatorWithPostgreSQL: what belongs to the database's own tools is
// refused with their names, the rest works.
func TestAnOperatorWithPostgreSQL(t *testing.T) {
	address, dir, saved := pgtest.Database(t), filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "keys")
	p := start(t, dir, "--store", address)
	if err := submit(t.Context(), p.dial(t), "a"); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"backup", "--to", filepath.Join(t.TempDir(), "b")}, {"restore", "--from", "b"}} {
		_, err := operate(t, dir, append(args, "--store", address)...)
		if !errors.Is(err, errNotOurs) || !strings.Contains(err.Error(), "pg_basebackup") || !strings.Contains(err.Error(), "store copy") {
			t.Errorf("%s: %v", args[0], err)
		}
	}
	mustOperate(t, dir, "keys", "save", "--to", saved)
	mustOperate(t, dir, "keys", "check", "--file", saved, "--store", address)
	levels, text, _ := diagnose(t, dir, "--store", address)
	for _, name := range []string{"permissions", "database", "keys", "erasures", "purge"} {
		if levels[name] != "OK" {
			t.Errorf("%s: %s\n%s", name, levels[name], text)
		}
	}
	if !strings.Contains(text, "synchronous_commit on") {
		t.Errorf("it says: %s", text)
	}
	if err := os.Remove(filepath.Join(dir, keyFile)); err != nil {
		t.Fatal(err)
	}
	if levels, _, status := diagnose(t, dir, "--store", address); levels["keys"] != "FAIL" || status != 2 {
		t.Errorf("without keys: %v, status %d", levels, status)
	}
}
