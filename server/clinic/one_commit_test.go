package clinic_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
)

// logOn makes an access log in the site's own store and has the clinic use it.
func (s *site) logOn(t *testing.T, dir string) {
	t.Helper()
	log, err := access.NewLog(s.store, access.OneKey([]byte("a key of some thirty-two bytes")), access.LogOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(log.Close)
	keys, err := identity.LoadOrCreate(filepath.Join(dir, "identity.keys"))
	if err != nil {
		t.Fatal(err)
	}
	if s.Clinic, err = clinic.Open(ctx, s.store, builtin(t), keys, clinic.Settings{AccessLog: log, CareProviders: clinic.CareProviders{Own: "SE-own"}}, func() time.Time { return s.now }); err != nil {
		t.Fatal(err)
	}
}

// TestALoneWriteAndItsEventAreOneCommit: a commit is a flush of the medium, and
// nearly all that a write costs.
func TestALoneWriteAndItsEventAreOneCommit(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir, clinic.Settings{}, builtin(t))
	s.submit(t, of(registered, "s-0", "e-0"))
	s.submit(t, of(reserve, "s-9", "e-9"))
	s.logOn(t, dir)
	decided := clinic.Decision{Reason: "as asked", Author: "SE-ebba"}
	merging := linking(registered, reserve)
	merging.Merge = true
	at := clinic.EpisodeRef{CareUnit: unit, EpisodeID: "e-0"}
	for _, call := range []struct {
		name string
		do   func() error
	}{
		{"submit", func() error { _, _, err := s.Submit(ctx, baseline("s-1", nprs(8)), true); return err }},
		{"amend", func() error {
			_, err := s.AmendSubmission(ctx, correction("s-1", withSheet(nprs(7))))
			return err
		}},
		{"share", func() error {
			_, err := s.ShareEpisode(ctx, clinic.Sharing{CareUnit: unit, EpisodeID: "e-0", With: "SE-b", Decision: decided})
			return err
		}},
		{"choose", func() error {
			_, err := s.SetRegistryChoice(ctx, clinic.RegistryChoosing{EpisodeRef: at, Choice: store.Informed, DecidedOn: "2025-03-01", Decision: decided})
			return err
		}},
		{"name", func() error {
			_, err := s.SetPatientName(ctx, clinic.PatientNaming{EpisodeRef: at, Name: "Tolvan"})
			return err
		}},
		{"retract", func() error { _, err := s.RetractSubmission(ctx, withdrawal("s-0")); return err }},
		{"link", func() error { _, err := s.LinkIdentity(ctx, merging); return err }},
	} {
		before := s.store.(store.Figured).Figures().Batches
		if err := call.do(); err != nil {
			t.Fatalf("%s: %v", call.name, err)
		}
		if commits := s.store.(store.Figured).Figures().Batches - before; commits != 1 {
			t.Errorf("%s: %d commits", call.name, commits)
		}
	}
	if found, err := access.Find(ctx, s.store, access.Query{Limit: 100}); err != nil || len(found) != 7 {
		t.Errorf("%d events on record, %v", len(found), err)
	}
}

// TestAWriteThatIsRefusedIsOnRecord: its event waits for no write that never comes.
func TestAWriteThatIsRefusedIsOnRecord(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir, clinic.Settings{}, builtin(t))
	s.submit(t, baseline("s-1", nprs(8)))
	s.logOn(t, dir)
	stale := withdrawal("s-1")
	stale.Version = 7
	for n, call := range []func() error{
		func() error { _, err := s.RetractSubmission(ctx, stale); return err },
		func() error { _, err := s.RetractSubmission(ctx, withdrawal("none")); return err },
		func() error {
			_, err := s.AmendSubmission(ctx, correction("s-1", func(a *clinic.Amendment) { a.Reason = "" }))
			return err
		},
	} {
		if err := call(); err == nil {
			t.Fatal("not refused")
		}
		if found, err := access.Find(ctx, s.store, access.Query{Limit: 100}); err != nil || len(found) != n+1 {
			t.Errorf("call %d: %d events on record, %v", n, len(found), err)
		}
	}
}
