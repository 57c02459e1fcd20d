package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"

	"github.com/painscore/painscore/server/store"
)

// Dialect is all that this package knows about an engine.
type Dialect struct {
	// Parameter is the sign before a parameter's number. The SQL is written
	// with $1, $2 …; SQLite takes that for a name and wants ?1, ?2 ….
	Parameter string
	// OneProcess says that the engine keeps other processes away from the
	// database, so that what this one has written is all there is.
	OneProcess bool
	// Classify says what an error of the driver means to a caller.
	Classify func(error) Class
	// Committed, if not nil, is called by the writer after each commit, while
	// callers wait for their replies: it must be quick.
	Committed func()
}

// Class is what an error of a driver means to a caller.
type Class int

// The classes.
const (
	Unclassified Class = iota // a fault of ours, or one not met before
	Busy                      // another transaction was in the way: nothing happened, run it again
	DiskFull                  // the medium is full: nothing was written
	Unavailable               // the engine is gone or damaged: the outcome is unknown
)

var parameter = regexp.MustCompile(`\$[0-9]+`)

func (d Dialect) rewrite(query string) string {
	return parameter.ReplaceAllStringFunc(query, func(p string) string { return d.Parameter + p[1:] })
}

// fail turns an error into one that callers of package store can tell apart,
// and leaves those that they already can.
func (s *Store) fail(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return store.ErrNotFound
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	switch s.dialect.Classify(err) {
	case DiskFull:
		return fmt.Errorf("%w: %s: %w", store.ErrDiskFull, what, err)
	case Busy, Unavailable:
		return fmt.Errorf("%w: %s: %w", store.ErrUnavailable, what, err)
	}
	return fmt.Errorf("sqlstore: %s: %w", what, err)
}

// failRead is fail for a read, which ends when its caller gives up; the driver
// may call that an interruption.
func (s *Store) failRead(ctx context.Context, what string, err error) error {
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return s.fail(what, err)
}
