package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/painscore/painscore/server/store"
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

// TestDoctorSaysWhoPurgesAPostgreSQL: as long as the database skips VACUUM,
// what was erased is not said to be gone.
func TestDoctorSaysWhoPurgesAPostgreSQL(t *testing.T) {
	address, dir := pgtest.Database(t), t.TempDir()
	st, err := openEngine(t.Context(), config{Store: address, Data: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	slot := store.Slot{CareUnit: "SE-1", EpisodeID: "e", Occasion: store.Baseline, Instrument: "hads", Respondent: store.Patient}
	if _, err := st.Submit(t.Context(), store.Envelope{
		Identity: store.Identity{PatientKey: "key", System: "s", Lookup: []byte("l"), Sealed: []byte("x"), KeyID: "k"},
		Episode:  store.Episode{CareUnit: "SE-1", EpisodeID: "e", Status: "active"}, MayCreateEpisode: true,
		Forms: []store.Submission{{Slot: slot, System: "ehr", SubmissionID: "1", Digest: []byte("d"), InstrumentVersion: "1", AnsweredOn: "2025-06-15"}},
	}); err != nil {
		t.Fatal(err)
	}
	mark := func(store.SubmissionRef) []byte { return []byte("mark") }
	if _, err := st.Erase(t.Context(), store.Erasure{ErasureID: "er", PatientKeys: []string{"key"}}, mark); err != nil {
		t.Fatal(err)
	}
	if levels, text, _ := diagnose(t, dir, "--store", address); levels["purge"] != "WARN" || !strings.Contains(text, "the owner of the tables") {
		t.Errorf("before a purge: %v\n%s", levels, text)
	}
	if purge, err := st.Purge(t.Context(), time.Now()); err != nil || purge.Pending != 0 {
		t.Fatalf("%+v %v", purge, err)
	}
	if levels, text, _ := diagnose(t, dir, "--store", address); levels["purge"] != "OK" {
		t.Errorf("after it: %v\n%s", levels, text)
	}
}
