package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/painscore/painscore/server/store"
)

// write has a function run within a transaction, after what asked before it and
// perhaps together with others (batch.go). A caller may give up while waiting;
// once begun, the write is finished whatever becomes of the caller. That is not
// politeness: a context cancelled in the middle makes database/sql roll back
// behind our back, and statements that follow would be outside of any
// transaction and stay.
//
// apply may run more than once and must therefore start its result afresh, and
// it sees what its neighbours wrote, which may yet come to nothing: what it
// found out counts when write returns. If it fails, nothing of it is kept.
func (s *Store) write(ctx context.Context, what string, apply func(*transaction) error, how ...manner) error {
	j := newJob([]task{{what: what, apply: apply}})
	in := interactive
	for _, m := range how {
		switch m {
		case asMaintenance:
			in = maintenance
		case asAccessLog:
			in = accessLog
		case repeatable:
			j.tasks[0].repeatable = true
		}
	}
	if err := s.do(ctx, in, j); err != nil {
		return err
	}
	return j.tasks[0].err
}

// manner is how a write differs from one that somebody waits for.
type manner int

const (
	// asMaintenance lets the write wait behind what somebody waits for.
	asMaintenance manner = iota
	// asAccessLog gives the write the share of the access log.
	asAccessLog
	// repeatable says that the write may run once more though it may have been
	// committed: it then finds that it was, and tells the same.
	repeatable
)

// refusal is an error of the store's contract: the write is given up because
// of what it found, not because the engine failed.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

func refuse(err error) error { return refusal{err} }

// transaction is a running write and what it has to remember until its end.
type transaction struct {
	ctx      context.Context
	sql      *statements
	tx       *sql.Tx
	wrote    bool
	counters []*counter
}

// exec writes.
func (t *transaction) exec(query string, args ...any) error {
	t.wrote = true
	_, err := t.tx.ExecContext(t.ctx, query, args...)
	return err
}

// read scans the one row of a query; found is false if there is none.
func (t *transaction) read(query string, args []any, dest ...any) (found bool, err error) {
	err = t.tx.QueryRowContext(t.ctx, query, args...).Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// counter gives out a care unit's change numbers within one transaction.
type counter struct {
	careUnit    string
	last, saved int64
}

// next returns the number after the last one.
func (c *counter) next() int64 {
	c.last++
	return c.last
}

// counter takes the unit's counter row for this transaction. It must come
// before anything that is read to decide what to write: holding the row, no
// other writer of the unit can commit in between, and numbers rise in the order
// of commits.
func (t *transaction) counter(careUnit string) (*counter, error) {
	for _, c := range t.counters {
		if c.careUnit == careUnit {
			return c, nil
		}
	}
	c := &counter{careUnit: careUnit}
	// Not exec: taking the row is no reason to commit.
	err := t.tx.QueryRowContext(t.ctx, t.sql.takeCounter, careUnit).Scan(&c.last)
	if err != nil {
		return nil, err
	}
	c.saved = c.last
	t.counters = append(t.counters, c)
	return c, nil
}

func (t *transaction) saveCounters() error {
	for _, c := range t.counters {
		if c.last == c.saved {
			continue
		}
		if err := t.exec(t.sql.saveCounter, c.careUnit, c.last); err != nil {
			return err
		}
	}
	return nil
}

// LastChange returns the care unit's newest change_seq, 0 if it has none.
func (s *Store) LastChange(ctx context.Context, careUnit string) (int64, error) {
	last, err := readOne(ctx, s, "last change", scanValue[int64], s.sql.lastChange, careUnit)
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	return last, err
}
