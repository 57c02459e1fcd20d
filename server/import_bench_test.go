package server_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/scoring/instruments"
	"github.com/painscore/painscore/server/store/sqlite"
)

const (
	benchBatch = 500   // records of a message, and rows of a raw transaction
	benchBlock = 10000 // records of one turn
)

// BenchmarkImport imports episodes of 27 sheets – nine instruments, three
// occasions – over the wire, in turn with prepared inserts of the very same
// rows into the same table, durable by the message too, in the same process.
//
//	go test -run=NONE -bench=Import -benchtime=5x ./server
func BenchmarkImport(b *testing.B) {
	dir := b.TempDir()
	conn := serviceIn(b, dir)
	client := pb.NewSubmissionServiceClient(conn)
	raw := openRaw(b)
	source := readOnly(b, filepath.Join(dir, "painscore.db"))
	var importing, inserting time.Duration
	records, after := 0, int64(0)
	next := benchRecords(b)
	for b.Loop() {
		messages := make([]*pb.ImportSubmissionsRequest, benchBlock/benchBatch)
		for i := range messages {
			messages[i] = &pb.ImportSubmissionsRequest{}
			for range benchBatch {
				messages[i].Records = append(messages[i].Records, next())
			}
		}
		began := time.Now()
		importAll(b, client, messages)
		importing += time.Since(began)
		rows := rowsAfter(b, source, after)
		if len(rows) != benchBlock {
			b.Fatalf("%d rows stored", len(rows))
		}
		after = rows[len(rows)-1][len(rows[0])-1].(int64)
		began = time.Now()
		raw(rows)
		inserting += time.Since(began)
		records += len(rows)
	}
	b.ReportMetric(0, "ns/op") // the sum of both would only mislead
	b.ReportMetric(float64(records)/importing.Seconds(), "records/s")
	b.ReportMetric(float64(records)/inserting.Seconds(), "raw-rows/s")
	b.ReportMetric(float64(inserting)/float64(importing), "of-raw")
}

func importAll(tb testing.TB, client pb.SubmissionServiceClient, messages []*pb.ImportSubmissionsRequest) {
	stream, err := client.ImportSubmissions(context.Background())
	if err != nil {
		tb.Fatal(err)
	}
	go func() {
		for _, m := range messages {
			if stream.Send(m) != nil {
				return
			}
		}
		stream.CloseSend()
	}()
	for range messages {
		reply, err := stream.Recv()
		if err != nil {
			tb.Fatal(err)
		}
		for _, r := range reply.Results {
			if r.Outcome != pb.ImportOutcome_IMPORT_OUTCOME_STORED {
				tb.Fatal(r)
			}
		}
	}
}

// benchRecords returns what makes the next record, episode by episode.
func benchRecords(tb testing.TB) func() *pb.ImportRecord {
	catalogue, err := instruments.Builtin()
	if err != nil {
		tb.Fatal(err)
	}
	occasions := []pb.Occasion{pb.Occasion_OCCASION_BASELINE, pb.Occasion_OCCASION_PROGRAMME_END, pb.Occasion_OCCASION_FOLLOW_UP_12_MONTHS}
	var sheets []*pb.SubmitRequest
	for _, occasion := range occasions {
		for _, in := range catalogue.Active() {
			if in.ID() != "eq_5d_3l" && in.ID() != "obq_11" { // the registry's nine
				sheets = append(sheets, form(tb, in, "", "", occasion))
			}
		}
	}
	n := -1
	return func() *pb.ImportRecord {
		n++
		sheet := sheets[n%len(sheets)]
		return &pb.ImportRecord{RecordId: fmt.Sprint(n), Submission: &pb.SubmitRequest{
			SubmissionId: uuid.Must(uuid.NewV7()).String(), CareUnit: "SE2321000016-1A2B", EpisodeId: fmt.Sprintf("2026-%06d", n/len(sheets)),
			Patient:  &pb.PatientIdentifier{System: "https://painscore.example/bench", Value: fmt.Sprintf("p%d", n/len(sheets))},
			Occasion: sheet.Occasion, AnsweredOn: sheet.AnsweredOn, Instrument: sheet.Instrument, Answers: sheet.Answers, ValueSets: sheet.ValueSets,
			Mode: pb.Mode_MODE_PAPER, LanguageCode: "sv",
		}}
	}
}

// columns are those of the table of stored forms, change_seq last.
func columns(tb testing.TB, db *sql.DB) []string {
	rows, err := db.Query("SELECT name FROM pragma_table_info('submission_version') WHERE name <> 'change_seq' UNION ALL SELECT 'change_seq'")
	if err != nil {
		tb.Fatal(err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			tb.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

func rowsAfter(tb testing.TB, db *sql.DB, after int64) [][]any {
	names := columns(tb, db)
	rows, err := db.Query("SELECT "+strings.Join(names, ", ")+" FROM submission_version WHERE change_seq > ?1 ORDER BY change_seq", after)
	if err != nil {
		tb.Fatal(err)
	}
	defer rows.Close()
	var out [][]any
	for rows.Next() {
		values, into := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			tb.Fatal(err)
		}
		out = append(out, values)
	}
	return out
}

func readOnly(tb testing.TB, path string) *sql.DB {
	db, err := sql.Open("sqlite3", "file:"+path+"?mode=ro")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() })
	return db
}

// openRaw returns a function that inserts rows into a table of the same shape
// with the same indexes, as durably, and does nothing else.
func openRaw(tb testing.TB) func(rows [][]any) {
	path := filepath.Join(tb.TempDir(), "raw.db")
	st, err := sqlite.Open(context.Background(), path, sqlite.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	if err := st.Close(); err != nil {
		tb.Fatal(err)
	}
	// Without foreign keys: the raw table has no episodes to refer to.
	db, err := sql.Open("sqlite3", "file:"+path+"?_journal_mode=WAL&_synchronous=FULL&_secure_delete=on")
	if err != nil {
		tb.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	tb.Cleanup(func() { db.Close() })
	names := columns(tb, db)
	insert, err := db.Prepare("INSERT INTO submission_version (" + strings.Join(names, ", ") + ") VALUES (?" + strings.Repeat(", ?", len(names)-1) + ")")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { insert.Close() })
	return func(rows [][]any) {
		for len(rows) > 0 {
			tx, err := db.Begin()
			if err != nil {
				tb.Fatal(err)
			}
			n := min(benchBatch, len(rows))
			for _, row := range rows[:n] {
				if _, err := tx.Stmt(insert).Exec(row...); err != nil {
					tb.Fatal(err)
				}
			}
			if err := tx.Commit(); err != nil {
				tb.Fatal(err)
			}
			rows = rows[n:]
		}
	}
}
