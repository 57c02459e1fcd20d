package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// rowsPerCommit is how many rows the raw inserts put into a transaction.
const rowsPerCommit = 1000

// rawRows inserts rows by one prepared statement, without a service around it:
// what SQLite by itself can take in.
type rawRows struct {
	conn   *sql.Conn
	insert *sql.Stmt
	values func(n int) []any // of the n-th row
	n      int
	close  func() error
}

// run inserts for the given time.
func (r *rawRows) run(ctx context.Context, lasting time.Duration) (sample, error) {
	began, first := time.Now(), r.n
	for time.Since(began) < lasting && ctx.Err() == nil {
		if _, err := r.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
			return sample{}, err
		}
		for range rowsPerCommit {
			r.n++
			if _, err := r.insert.ExecContext(ctx, r.values(r.n)...); err != nil {
				return sample{}, err
			}
		}
		if _, err := r.conn.ExecContext(ctx, "COMMIT"); err != nil {
			return sample{}, err
		}
	}
	return sample{PerSecond: float64(r.n-first) / time.Since(began).Seconds(), Calls: r.n - first}, ctx.Err()
}

// openRaw prepares inserts into a table of one packed text under the id.
func (p *place) openRaw(packed string) (*rawRows, error) {
	folder, err := p.folder()
	if err != nil {
		return nil, err
	}
	db, conn, insert, err := openRows(filepath.Join(folder, "raw.db"))
	if err != nil {
		return nil, err
	}
	return &rawRows{conn: conn, insert: insert,
		values: func(n int) []any { return []any{rawID(n), packed} },
		close:  func() error { return errors.Join(insert.Close(), conn.Close(), db.Close()) }}, nil
}

func rawID(n int) string { return fmt.Sprintf("00000000-0000-7000-8000-%012d", n) }

// openRawTable prepares inserts into a copy of painscored's own table with its
// own indexes: the same, but for everything that a service adds.
func (p *place) openRawTable(s submitSample) (*rawRows, error) {
	folder, err := p.folder()
	if err != nil {
		return nil, err
	}
	file := filepath.Join(folder, databaseFile)
	if err := copyFile(s.database, file); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite3", "file:"+file+"?_journal_mode=WAL&_synchronous=FULL&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	conn, err := db.Conn(context.Background())
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	insert, err := conn.PrepareContext(context.Background(), "INSERT INTO submission_version ("+strings.Join(s.columns, ", ")+") VALUES (?"+strings.Repeat(", ?", len(s.columns)-1)+")")
	if err != nil {
		return nil, errors.Join(err, conn.Close(), db.Close())
	}
	values := slices.Clone(s.values)
	set := func(column string, value any) {
		if i := slices.Index(s.columns, column); i >= 0 {
			values[i] = value
		}
	}
	return &rawRows{conn: conn, insert: insert,
		values: func(n int) []any {
			set("submission_id", rawID(n))
			set("episode_id", episodeName(n))
			set("change_seq", n+1000)
			return values
		},
		close: func() error { return errors.Join(insert.Close(), conn.Close(), db.Close()) }}, nil
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
