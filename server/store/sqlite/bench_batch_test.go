package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/painscore/painscore/server/store"
)

// BenchmarkSubmitParallel puts Submit with many callers at once beside the
// least that a durable store in one process can do: one writer that inserts one
// row of the same size per call, commits all that wait together, and knows
// nothing else. Both run in turn, on the same medium.
//
//	go test -run=NONE -bench=SubmitParallel -benchtime=20000x ./server/store/sqlite
//
// TMPDIR must not be a tmpfs.
func BenchmarkSubmitParallel(b *testing.B) {
	for _, fresh := range []bool{false, true} {
		for _, callers := range []int{1, 16, 64, 256} {
			name := map[bool]string{true: "new patients", false: "known episodes"}[fresh]
			b.Run(fmt.Sprintf("%s, %d in flight", name, callers), func(b *testing.B) { benchmarkParallel(b, callers, fresh) })
		}
	}
}

// benchEpisodes is how many episodes there are where none is new.
const benchEpisodes = 2000

// batchEnvelope is envelope n: of a new patient, or the next form of an episode
// that exists. Episodes are named in the order of their beginnings, as records
// systems do; look-up hashes and patient keys are random.
func batchEnvelope(n, forms int, fresh bool) store.Envelope {
	e := benchEnvelope(n, forms, true)
	episode := n
	if !fresh {
		episode = n % benchEpisodes
	}
	e.Episode.EpisodeID = fmt.Sprintf("episode-%012d", episode)
	random := sha256.Sum256([]byte(e.Episode.EpisodeID))
	e.Identity.Lookup, e.Identity.PatientKey = random[:], hex.EncodeToString(random[:13])
	for i := range e.Forms {
		e.Forms[i].EpisodeID = e.Episode.EpisodeID
		e.Forms[i].Mark = random[:]
		if !fresh {
			e.Forms[i].Occasion, e.Forms[i].OccasionLabel = store.OtherOccasion, fmt.Sprintf("week %d", n/benchEpisodes)
		}
	}
	return e
}

func benchmarkParallel(b *testing.B, callers int, fresh bool) {
	s := benchStore(b)
	for n := 0; !fresh && n < benchEpisodes; n += 1000 {
		var known []store.Envelope
		for i := range 1000 {
			known = append(known, batchEnvelope(n+i, 1, false))
		}
		if _, err := s.Import(context.Background(), known, false); err != nil {
			b.Fatal(err)
		}
	}
	raw := openGrouped(b)
	var submit, rows time.Duration
	const rounds = 10
	total := 0
	for round := range rounds {
		n := max(callers, b.N/rounds)
		envelopes := make([]store.Envelope, n)
		for i := range envelopes {
			envelopes[i] = batchEnvelope(benchEpisodes+round*n+i, 1, fresh)
		}
		submit += inFlight(callers, n, func(i int) {
			if _, err := s.Submit(context.Background(), envelopes[i]); err != nil {
				b.Error(err)
			}
		})
		rows += inFlight(callers, n, func(i int) {
			if err := raw.insert(packedRow(&envelopes[i].Forms[0])); err != nil {
				b.Error(err)
			}
		})
		total += n
	}
	b.ReportMetric(0, "ns/op") // the sum of both would only mislead
	b.ReportMetric(float64(total)/submit.Seconds(), "submits/s")
	b.ReportMetric(float64(total)/rows.Seconds(), "rows/s")
	b.ReportMetric(rows.Seconds()/submit.Seconds(), "ratio")
}

// inFlight does n things, so many at once.
func inFlight(callers, n int, do func(i int)) time.Duration {
	var next atomic.Int64
	var all sync.WaitGroup
	start := time.Now()
	for range callers {
		all.Go(func() {
			for i := int(next.Add(1)); i <= n; i = int(next.Add(1)) {
				do(i - 1)
			}
		})
	}
	all.Wait()
	return time.Since(start)
}

// BenchmarkImport puts Import beside prepared inserts of the same rows, each
// packed into one text, a thousand in a transaction.
//
//	go test -run=NONE -bench=Import -benchtime=20000x ./server/store/sqlite
func BenchmarkImport(b *testing.B) {
	for _, forms := range []int{1, 9} {
		b.Run(fmt.Sprintf("envelopes of %d", forms), func(b *testing.B) { benchmarkImport(b, forms) })
	}
}

func benchmarkImport(b *testing.B, forms int) {
	s := benchStore(b)
	raw := openGrouped(b)
	const perCall = 1000
	var imports, rows time.Duration
	total := 0
	for call := 0; total < b.N; call++ {
		var envelopes []store.Envelope
		var packed [][2]string
		for i := range perCall / forms {
			e := batchEnvelope(call*perCall+i, forms, true)
			envelopes = append(envelopes, e)
			for f := range e.Forms {
				packed = append(packed, packedRow(&e.Forms[f]))
			}
		}
		start := time.Now()
		imported, err := s.Import(context.Background(), envelopes, false)
		imports += time.Since(start)
		if err != nil || imported[len(imported)-1].Err != nil {
			b.Fatal(err, imported[len(imported)-1].Err)
		}
		start = time.Now()
		if err := raw.commit(packed); err != nil {
			b.Fatal(err)
		}
		rows += time.Since(start)
		total += len(packed)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(total)/imports.Seconds(), "forms/s")
	b.ReportMetric(float64(total)/rows.Seconds(), "rows/s")
	b.ReportMetric(rows.Seconds()/imports.Seconds(), "ratio")
}

func benchStore(b *testing.B) store.Store {
	s, err := Open(context.Background(), filepath.Join(b.TempDir(), "painscore.db"), Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

// packedRow is a form as one text under its id: what a store needs at least.
func packedRow(f *store.Submission) [2]string {
	return [2]string{f.SubmissionID, strings.Join([]string{f.CareUnit, f.EpisodeID, string(f.Occasion), f.Instrument, string(f.Respondent), f.System,
		f.SubmissionID, f.InstrumentVersion, f.AnsweredOn, f.Mode, f.LanguageCode, f.Source.System, f.Source.DocumentID, f.Source.Template,
		f.Source.Version, f.Answers, f.Scores, string(f.Digest), "1700000000000000", "100000"}, separatorOfRaw)}
}

const separatorOfRaw = "\x1f"

// grouped is the baseline: rows under their ids, group commit, nothing else.
type grouped struct {
	db       *sql.DB
	conn     *sql.Conn
	add      *sql.Stmt
	requests chan groupedRow
}

type groupedRow struct {
	row  [2]string
	done chan error
}

func openGrouped(b *testing.B) *grouped {
	path := filepath.Join(b.TempDir(), "raw.db")
	if err := buildFile(context.Background(), path, Options{}.withDefaults()); err != nil {
		b.Fatal(err)
	}
	g := &grouped{db: openHandle(writerDSN(path, Options{}.withDefaults()), 1), requests: make(chan groupedRow, 1024)}
	var err error
	if g.conn, err = g.db.Conn(context.Background()); err != nil {
		b.Fatal(err)
	}
	if _, err := g.conn.ExecContext(context.Background(), "CREATE TABLE form (id TEXT NOT NULL PRIMARY KEY, packed TEXT NOT NULL) STRICT, WITHOUT ROWID"); err != nil {
		b.Fatal(err)
	}
	if g.add, err = g.conn.PrepareContext(context.Background(), "INSERT INTO form (id, packed) VALUES (?1, ?2)"); err != nil {
		b.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		g.serve()
	}()
	b.Cleanup(func() {
		close(g.requests)
		<-ended
		g.add.Close()
		g.conn.Close()
		g.db.Close()
	})
	return g
}

func (g *grouped) insert(row [2]string) error {
	r := groupedRow{row: row, done: make(chan error, 1)}
	g.requests <- r
	return <-r.done
}

// serve commits whatever waits, up to 256 rows at a time.
func (g *grouped) serve() {
	for first := range g.requests {
		waiting := []groupedRow{first}
		for len(waiting) < 256 && len(g.requests) > 0 {
			waiting = append(waiting, <-g.requests)
		}
		var rows [][2]string
		for _, r := range waiting {
			rows = append(rows, r.row)
		}
		err := g.commit(rows)
		for _, r := range waiting {
			r.done <- err
		}
	}
}

func (g *grouped) commit(rows [][2]string) error {
	ctx := context.Background()
	if _, err := g.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	for _, row := range rows {
		if _, err := g.add.ExecContext(ctx, row[0], row[1]); err != nil {
			return err
		}
	}
	_, err := g.conn.ExecContext(ctx, "COMMIT")
	return err
}
