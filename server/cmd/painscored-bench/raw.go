package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// rowsPerCommit is how many rows the raw inserts put into a transaction.
const rowsPerCommit = 1000

// rawRows inserts rows by one prepared statement, without a service around it:
// what the engine by itself can take in.
type rawRows struct {
	inserter
	values func(n int) []any // of the n-th row, good until it is committed
	n      int
}

// run inserts for the given time.
func (r *rawRows) run(ctx context.Context, lasting time.Duration) (sample, error) {
	began, first := time.Now(), r.n
	for time.Since(began) < lasting && ctx.Err() == nil {
		rows := make([][]any, rowsPerCommit)
		for i := range rows {
			r.n++
			rows[i] = r.values(r.n)
		}
		if err := r.commit(ctx, rows); err != nil {
			return sample{}, err
		}
	}
	return sample{PerSecond: float64(r.n-first) / time.Since(began).Seconds(), Calls: r.n - first}, ctx.Err()
}

// openRaw prepares inserts into a table of one packed text under the id.
func (p *place) openRaw(ctx context.Context, packed string) (*rawRows, error) {
	at, err := p.newStorage(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := openRows(ctx, at)
	if err != nil {
		return nil, err
	}
	return &rawRows{inserter: rows, values: func(n int) []any { return []any{rawID(n), packed} }}, nil
}

func rawID(n int) string { return fmt.Sprintf("00000000-0000-7000-8000-%012d", n) }

// openRawTable prepares inserts into a copy of painscored's own table with its
// own indexes: the same, but for everything that a service adds.
func (p *place) openRawTable(ctx context.Context, s submitSample) (*rawRows, error) {
	at, err := p.copyOf(ctx, s.stored)
	if err != nil {
		return nil, err
	}
	rows, err := openForms(ctx, at, s.columns)
	if err != nil {
		return nil, err
	}
	set := func(values []any, column string, value any) {
		if i := slices.Index(s.columns, column); i >= 0 {
			values[i] = value
		}
	}
	return &rawRows{inserter: rows, values: func(n int) []any {
		values := slices.Clone(s.values)
		set(values, "submission_id", rawID(n))
		set(values, "episode_id", episodeName(n))
		set(values, "change_seq", n+1000)
		return values
	}}, nil
}

// openForms prepares an insert into painscored's own table. The rows' episodes
// are not there: neither engine is asked to look for them.
func openForms(ctx context.Context, at storage, columns []string) (inserter, error) {
	mark, first := "?", "PRAGMA foreign_keys = OFF"
	if at.address != "" {
		mark, first = "$", "SET session_replication_role = replica"
	}
	marks := make([]string, len(columns))
	for i := range marks {
		marks[i] = fmt.Sprint(mark, i+1)
	}
	insert := "INSERT INTO " + at.forms() + " (" + strings.Join(columns, ", ") + ") VALUES (" + strings.Join(marks, ", ") + ")"
	if at.address != "" {
		return openPostgres(ctx, at.address, first, insert)
	}
	return openSQLite(ctx, at.database(), first, insert)
}
