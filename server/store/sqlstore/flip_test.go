package sqlstore_test

import (
	"database/sql"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/store/sqlite"
	"github.com/painscore/painscore/server/store/sqlstore"
)

// TestWhatHappensBetweenTheLookAndTheFlipIsNotMissed: the transaction that
// flips looks itself, while no other writer of the unit can come in between.
func TestWhatHappensBetweenTheLookAndTheFlipIsNotMissed(t *testing.T) {
	s := bare(t)
	ctx := t.Context()
	form := store.Submission{
		Slot:   store.Slot{CareUnit: "u", EpisodeID: "e", Occasion: store.Baseline, Instrument: "hads", Respondent: store.Patient},
		System: "ehr", SubmissionID: "1", Digest: []byte{1}, RecordedAt: time.Now(),
	}
	_, err := s.Submit(ctx, store.Envelope{
		Identity: store.Identity{PatientKey: "p", Lookup: []byte{1}, Sealed: []byte{1}}, MayCreateEpisode: true,
		Episode: store.Episode{CareUnit: "u", EpisodeID: "e"}, Forms: []store.Submission{form},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"mine", "other", "dropped"} {
		plan := store.RescorePlan{PlanID: id, Instrument: "hads", Digest: []byte{1}, Scope: []store.RescoreScope{{CareUnit: "u", Forms: 1}}}
		again := store.Rescored{CareUnit: "u", System: "ehr", SubmissionID: "1", Version: 1}
		if err := errors.Join(s.KeepRescorePlan(ctx, plan), s.StageRescore(ctx, id, []store.Rescored{again})); err != nil {
			t.Fatal(err)
		}
	}
	apply := func(id string, since int64) error {
		return s.FlipUnlooked(ctx, id, store.RescoreFlip{Applied: true, At: time.Now()}, map[string]int64{"u": since})
	}
	if err := apply("other", 2); err != nil {
		t.Fatal(err)
	}
	if err := apply("mine", 2); !errors.Is(err, store.ErrStale) {
		t.Errorf("another plan was flipped: %v", err)
	}
	if _, err := s.DropRescore(ctx, "dropped", time.Now(), 0); err != nil {
		t.Fatal(err)
	}
	if err := apply("dropped", 3); !errors.Is(err, store.ErrStale) {
		t.Errorf("dropped: %v", err)
	}
	if err := apply("other", 2); err != nil { // made already: nothing to look for
		t.Errorf("again: %v", err)
	}
	if err := apply("mine", 3); err != nil {
		t.Errorf("seen: %v", err)
	}
}

// bare is the SQL over a file of SQLite's, without its engine.
func bare(t *testing.T) *sqlstore.Store {
	t.Helper()
	path := filepath.Join(t.TempDir(), "painscore.db")
	engine, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := engine.Close(); err != nil {
		t.Fatal(err)
	}
	handle := func(n int) *sql.DB {
		db, err := sql.Open("sqlite3", path)
		if err != nil {
			t.Fatal(err)
		}
		db.SetMaxOpenConns(n)
		return db
	}
	s := sqlstore.New(sqlstore.Dialect{Parameter: "?", Classify: func(error) sqlstore.Class { return sqlstore.Unclassified }}, handle(1), handle(2))
	t.Cleanup(func() { s.Close(nil) })
	return s
}
