package main

import (
	"database/sql"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
)

// TestTheStubHasStoredWhatItAnswered keeps the baseline honest: one row for
// each request, with the caller's id, flushed by a log in FULL mode.
func TestTheStubHasStoredWhatItAnswered(t *testing.T) {
	folder := t.TempDir()
	s, err := openStub(t.Context(), storage{folder: folder}, "a packed row")
	if err != nil {
		t.Fatal(err)
	}
	conn := s.rows.(*sqliteRows).conn
	var mode string
	var synchronous int
	if err := conn.QueryRowContext(t.Context(), "PRAGMA journal_mode").Scan(&mode); err != nil || mode != "wal" {
		t.Errorf("journal mode %s, %v", mode, err)
	}
	if err := conn.QueryRowContext(t.Context(), "PRAGMA synchronous").Scan(&synchronous); err != nil || synchronous != 2 {
		t.Errorf("synchronous %d, %v", synchronous, err)
	}
	requests := newSubmits(furtherHADS(), 7)
	const workers, each = 8, 50
	var done sync.WaitGroup
	for i := range workers {
		done.Go(func() {
			w := requests.writer(rand.New(rand.NewPCG(3, uint64(i))))
			for range each {
				if err := s.store(&frame{bytes: w.request()}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done.Wait()
	if err := s.store(&frame{bytes: []byte("no request")}); err == nil {
		t.Error("something that is no Submit was taken")
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(folder, databaseFile)+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var rows int
	if err := db.QueryRow("SELECT count(*) FROM form WHERE packed = 'a packed row' AND length(id) = 36").Scan(&rows); err != nil || rows != workers*each {
		t.Errorf("%d rows of %d, %v", rows, workers*each, err)
	}
}
