package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/painscore/painscore/server/store"
)

// maxAttempts bounds how often a transaction is run again because another one
// was in its way. Each attempt has already waited out the engine's own timeout.
const maxAttempts = 3

// write runs one transaction, after those that asked before it. A caller may
// give up while waiting for its turn; once begun, the transaction is finished
// whatever becomes of the caller. That is not politeness: a context cancelled
// in the middle makes database/sql roll back behind our back, and statements
// that follow would be outside of any transaction and stay.
//
// apply may run more than once and must therefore start its result afresh. It
// says whether it wrote anything; if not, or if it fails, nothing is committed.
func (s *Store) write(ctx context.Context, what string, apply func(*transaction) error) error {
	leave, err := s.enter()
	if err != nil {
		return err
	}
	defer leave()
	select {
	case <-s.turn:
		defer func() { s.turn <- struct{}{} }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for attempt := 1; ; attempt++ {
		// Between attempts nothing has happened: the caller may still go.
		if err := ctx.Err(); err != nil {
			return err
		}
		err := s.attempt(context.WithoutCancel(ctx), apply)
		if err == nil || attempt == maxAttempts || s.dialect.Classify(err) != Busy {
			var refused refusal
			if errors.As(err, &refused) {
				return refused.error
			}
			return s.fail(what, err)
		}
		time.Sleep(time.Duration(attempt) * 10 * time.Millisecond)
	}
}

func (s *Store) attempt(ctx context.Context, apply func(*transaction) error) error {
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	// After a commit this does nothing.
	defer tx.Rollback()
	t := &transaction{ctx: ctx, sql: &s.sql, tx: tx}
	if err := apply(t); err != nil {
		return err
	}
	if !t.wrote {
		return nil
	}
	if err := t.saveCounters(); err != nil {
		return err
	}
	return tx.Commit()
}

// refusal is an error of the store's contract: the transaction is given up
// because of what it found, not because the engine failed.
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
