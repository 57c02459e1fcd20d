package sqlite

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// BenchmarkPurge erases one patient of a large store and purges. Writes wait
// for the part that is reported as blocked; VACUUM, which would remove as much,
// stands beside it.
//
//	PAINSCORE_PURGE_FORMS=1000000 go test -run=NONE -bench=Purge -benchtime=1x ./server/store/sqlite
func BenchmarkPurge(b *testing.B) {
	forms := 100_000
	if n, err := strconv.Atoi(os.Getenv("PAINSCORE_PURGE_FORMS")); err == nil {
		forms = n
	}
	path := filepath.Join(b.TempDir(), "painscore.db")
	s, err := Open(ctx, path, Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	e := s.(*engine)
	fillFile(b, e, forms)
	for b.Loop() {
		if err := checkpoint(e.writer); err != nil {
			b.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			b.Fatal(err)
		}
		start := time.Now()
		if done, err := e.removeRemains(ctx, e.writer); err != nil || !done {
			b.Fatal(done, err)
		}
		whole := time.Since(start)
		start = time.Now()
		if err := scrub(e.raw, 4096); err != nil {
			b.Fatal(err)
		}
		blocked := time.Since(start)
		start = time.Now()
		if _, err := e.writer.Exec("VACUUM"); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(info.Size())/1e6, "MB")
		b.ReportMetric(whole.Seconds()*1e3, "purge-ms")
		b.ReportMetric(blocked.Seconds()*1e3, "blocked-ms")
		b.ReportMetric(time.Since(start).Seconds()*1e3, "vacuum-ms")
	}
	b.ReportMetric(0, "ns/op")
}

// fillFile writes forms of the usual size, 27 to an episode, in random order.
func fillFile(b *testing.B, e *engine, forms int) {
	b.Helper()
	for _, query := range []string{
		`INSERT INTO change_counter VALUES ('u', ?1)`,
		`INSERT INTO patient (patient_key, created_at) VALUES ('p', ?1)`,
		`INSERT INTO episode WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i * 27 < ?1)
			SELECT 'u', printf('episode %08d', i), 'p', 1 FROM n`,
		`INSERT INTO submission_version WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?1 - 1)
			SELECT 'u', printf('episode %08d', i * 7919 % (?1 / 27)), 'other', printf('%08d', i), 'hads', 'patient', 1, 'live', 'ehr', printf('%036d', i),
			1, i + 1, 0, x'00', '', '1', '2025-06-15', 'paper', 'sv', 0, '', '', '', '', ` + quoted(200) + `, ` + quoted(100) + `, 0, '', '', '' FROM n`,
	} {
		if _, err := e.writer.Exec(query, forms); err != nil {
			b.Fatal(err)
		}
	}
}

func quoted(length int) string { return "'" + strings.Repeat("x", length) + "'" }
