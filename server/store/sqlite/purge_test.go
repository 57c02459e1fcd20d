package sqlite

import (
	"database/sql"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/painscore/painscore/server/store"
)

// eraseOne erases the patient of a test envelope.
func eraseOne(t *testing.T, s *engine, episode string) {
	t.Helper()
	erasure := store.Erasure{ErasureID: "erasure of " + episode, PatientKeys: []string{"p" + episode}}
	if _, err := s.Erase(ctx, erasure, func(r store.SubmissionRef) []byte { return []byte(r.SubmissionID) }); err != nil {
		t.Fatal(err)
	}
}

func intact(t *testing.T, db *sql.DB) {
	t.Helper()
	var verdict string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("the file is %s, %v", verdict, err)
	}
}

func TestAPurgeIsPendingWhileSomebodyReadsWhatStandsInTheLog(t *testing.T) {
	path := newFile(t)
	s := open(t, path)
	reader := openHandle(readerDSN(path, Options{}.withDefaults()), 1)
	defer reader.Close()
	tx, err := reader.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	var n int
	if err := tx.QueryRow("SELECT COUNT(*) FROM submission_version").Scan(&n); err != nil {
		t.Fatal(err)
	}
	eraseOne(t, s, "e")
	start := time.Now()
	purged, err := s.Purge(ctx, time.Now())
	if err != nil || purged.Pending != 1 {
		t.Errorf("while somebody reads: %+v, %v", purged, err)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("it waited for the reader: %v", took)
	}
	if all, err := s.Erasures(ctx, "", 10); err != nil || len(all) != 1 || !all[0].PurgedAt.IsZero() {
		t.Errorf("%+v, %v", all, err)
	}
	var patience int64
	if err := s.writer.QueryRow("PRAGMA busy_timeout").Scan(&patience); err != nil || patience != (Options{}).withDefaults().BusyTimeout.Milliseconds() {
		t.Errorf("the writer waits %d ms from now on, %v", patience, err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if purged, err = s.Purge(ctx, time.Now()); err != nil || purged.Pending != 0 {
		t.Errorf("afterwards: %+v, %v", purged, err)
	}
}

func TestWritesAndReadsGoOnBesidePurges(t *testing.T) {
	s := open(t, newFile(t))
	var clients sync.WaitGroup
	for c := range 4 {
		clients.Go(func() {
			for i := range 30 {
				e := fmt.Sprintf("e%d-%d", c, i)
				if _, err := s.Submit(ctx, testEnvelope(e, e)); err != nil {
					t.Error(err)
				}
				if forms, err := s.SubmissionsOfEpisode(ctx, "u", e, 0); err != nil || len(forms) != 1 {
					t.Errorf("%d forms, %v", len(forms), err)
				}
			}
		})
	}
	for i := range 10 {
		e := fmt.Sprint("gone ", i)
		if _, err := s.Submit(ctx, testEnvelope(e, e)); err != nil {
			t.Fatal(err)
		}
		eraseOne(t, s, e)
		if _, err := s.Purge(ctx, time.Now()); err != nil {
			t.Error(err)
		}
	}
	clients.Wait()
	intact(t, s.writer)
	if all, err := s.ListEpisodes(ctx, "u", "", 1000); err != nil || len(all) != 121 {
		t.Errorf("%d episodes, %v", len(all), err)
	}
}

func TestAPurgedFileIsWholeAndOpensAgain(t *testing.T) {
	c := newCrowd(t, 1)
	c.erase()
	if _, err := c.s.Purge(ctx, time.Now()); err != nil {
		t.Fatal(err)
	}
	intact(t, c.s.writer)
	path := c.path()
	before, err := c.s.ListEpisodes(ctx, "unit", "", 1000)
	c.must(err)
	c.must(c.s.Close())
	again := open(t, path)
	intact(t, again.writer)
	if after, err := again.ListEpisodes(ctx, "unit", "", 1000); err != nil || len(after) != len(before) || len(after) != crowdSize-len(c.marked) {
		t.Errorf("%d episodes, were %d, %v", len(after), len(before), err)
	}
}

func TestAPurgeAfterACloseIsUnavailable(t *testing.T) {
	s := open(t, newFile(t))
	eraseOne(t, s, "e")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if purged, err := s.Purge(ctx, time.Now()); err == nil {
		t.Errorf("%+v", purged)
	}
}

func TestOnlyWhatBelongsToNoRowIsUnused(t *testing.T) {
	page := func(kind byte, cells, content int) []byte {
		p := make([]byte, 4096)
		p[0], p[3], p[4], p[5], p[6] = kind, byte(cells>>8), byte(cells), byte(content>>8), byte(content)
		return p
	}
	whole := make([]byte, 65536)
	whole[0] = 13
	for name, c := range map[string]struct {
		page     []byte
		from, to int
	}{
		"a leaf of a table":            {page(13, 3, 4000), 14, 4000},
		"a leaf of an index":           {page(10, 300, 1000), 608, 1000},
		"an inner page of a table":     {page(5, 3, 4000), 18, 4000},
		"an inner page of an index":    {page(2, 1, 4096), 14, 4096},
		"an empty leaf":                {page(13, 0, 4096), 8, 4096},
		"a full one":                   {page(13, 10, 28), 28, 28},
		"an empty one of 64 kB":        {whole, 8, 65536},
		"a free or continuing page":    {page(0, 3, 4000), 0, 0},
		"one with a large number":      {page(1, 3, 4000), 0, 0},
		"the first page":               {append([]byte(magic), make([]byte, 4080)...), 0, 0},
		"cells that overlap the array": {page(13, 300, 600), 0, 0},
		"cells beyond the page":        {page(13, 3, 5000), 0, 0},
	} {
		if from, to := unused(c.page); from != c.from || to != c.to {
			t.Errorf("%s: %d to %d, want %d to %d", name, from, to, c.from, c.to)
		}
	}
}
