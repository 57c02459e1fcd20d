// Package sqlstore is the SQL of painscore, written once for every engine.
//
// An engine package (such as sqlite) opens two handles, brings the schema up to
// date, and calls New with a Dialect: a handful of fields that say how the
// engine differs. Nothing here names a driver. The contract it keeps is the
// comments of package store; the shape of the tables and the reasons for it are
// in DESIGN.md beside this file.
//
// Reads go to a pool of connections that cannot write. Writes wait in queues
// (queue.go) for one writer, which does all that has come together in one
// transaction on a single connection (batch.go): envelopes are planned against
// facts gathered for all of them (facts.go, submit.go), and their rows inserted
// together (intake.go).
package sqlstore

import (
	"context"
	"database/sql"
	"sync"
	"sync/atomic"

	"github.com/painscore/painscore/server/store"
)

// Store keeps everything but the parts of store.Store that only an engine can
// answer (Describe). It is safe for concurrent use.
type Store struct {
	dialect Dialect
	sql     statements
	writer  *sql.DB
	readers *sql.DB
	queue   *queue        // what waits to be written
	idle    chan struct{} // closed when the writer has ended

	newestChange atomic.Pointer[settingsChange] // never nil

	closing sync.RWMutex // read-held by every call, held by Close
	closed  bool
}

// New makes a store over two open handles whose schema is up to date. writer
// has one connection, on which a transaction may write from its first
// statement; the connections of readers refuse to write. The store closes both.
func New(dialect Dialect, writer, readers *sql.DB) *Store {
	s := &Store{
		dialect: dialect,
		sql:     newStatements(dialect.rewrite),
		writer:  writer,
		readers: readers,
		queue:   newQueue(),
		idle:    make(chan struct{}),
	}
	s.newestChange.Store(&settingsChange{})
	go s.writeBatches()
	return s
}

// Close waits for the calls in flight, then closes both handles. Later calls
// get ErrUnavailable. beforeWriter, if not nil, runs when the readers are
// closed and the writer is not.
func (s *Store) Close(beforeWriter func(writer *sql.DB) error) error {
	s.closing.Lock()
	defer s.closing.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	s.queue.close()
	<-s.idle
	err := s.readers.Close()
	if beforeWriter != nil {
		if e := beforeWriter(s.writer); err == nil {
			err = e
		}
	}
	if e := s.writer.Close(); err == nil {
		err = e
	}
	return s.fail("close", err)
}

// enter holds off Close until leave is called.
func (s *Store) enter() (leave func(), err error) {
	s.closing.RLock()
	if s.closed {
		s.closing.RUnlock()
		return nil, store.ErrUnavailable
	}
	return s.closing.RUnlock, nil
}

// scanner is a row, or the row that rows stands on.
type scanner interface{ Scan(dest ...any) error }

// each runs one query on the readers and calls f with every row of it.
func (s *Store) each(ctx context.Context, what string, f func(scanner) error, query string, args ...any) error {
	leave, err := s.enter()
	if err != nil {
		return err
	}
	defer leave()
	rows, err := s.readers.QueryContext(ctx, query, args...)
	if err != nil {
		return s.failRead(ctx, what, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return s.failRead(ctx, what, err)
		}
	}
	return s.failRead(ctx, what, rows.Err())
}

// lookUp runs a query about keys on the readers and scans every row that it
// finds, some of them twice.
func (s *Store) lookUp(ctx context.Context, what string, m *many, keys []any, scan func(scanner) error) error {
	return m.each(m.fill(keys), func(query string, values []any) error { return s.each(ctx, what, scan, query, values...) })
}

// readAll returns every row of a query.
func readAll[T any](ctx context.Context, s *Store, what string, scan func(scanner, *T) error, query string, args ...any) ([]T, error) {
	var all []T
	err := s.each(ctx, what, func(row scanner) error {
		var one T
		err := scan(row, &one)
		all = append(all, one)
		return err
	}, query, args...)
	if err != nil {
		return nil, err
	}
	return all, nil
}

// readOne returns the first row of a query, or ErrNotFound.
func readOne[T any](ctx context.Context, s *Store, what string, scan func(scanner, *T) error, query string, args ...any) (one T, err error) {
	leave, err := s.enter()
	if err != nil {
		return one, err
	}
	defer leave()
	err = scan(s.readers.QueryRowContext(ctx, query, args...), &one)
	return one, s.failRead(ctx, what, err)
}

func scanValue[T any](row scanner, to *T) error { return row.Scan(to) }
