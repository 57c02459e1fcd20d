// Package postgres keeps a store in a PostgreSQL database: for a site that
// outgrows one machine, or whose database others already look after.
//
// Open takes the address of the database, brings the schema up to date, and
// returns a store.Store; the SQL is that of package sqlstore, word for word
// what SQLite runs. What this package adds is what is particular to a database
// on the other side of a wire, shared by several processes:
//
//   - one connection writes, a pool of others reads and cannot write; each one
//     is asked when it is made whether it is what it should be (connect.go);
//   - a commit is acknowledged when it is on the medium, or the start is
//     refused (settings.go);
//   - whoever starts first brings the schema up to date, the others wait, and a
//     schema of a newer painscore stops the start (migrate.go);
//   - the loser of a race between processes runs again, a server that is gone
//     is told apart from a fault (errors.go).
//
// It is, with the test server in pgtest, the only package that imports
// the driver. DESIGN.md says when a site should move here, and how.
package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/store/sqlstore"
)

// Reasons why a database is not opened, to be told apart with errors.Is. The
// text of the error that wraps them says what to do.
var (
	ErrAddress     = errors.New("postgres: not the address of a database")
	ErrUnsafe      = errors.New("postgres: the store would not be safe")
	ErrNewerSchema = errors.New("postgres: the store was written by a newer painscore")
)

// Options are what a site may want otherwise. The zero value is good.
type Options struct {
	// Readers is how many reads may run at the same time; 0 stands for two
	// per processor, at least four. With the one that writes, these are the
	// connections of one process.
	Readers int
}

func (o Options) withDefaults() Options {
	if o.Readers <= 0 {
		o.Readers = max(4, 2*runtime.GOMAXPROCS(0))
	}
	return o
}

// engine adds to the SQL store what only PostgreSQL can answer.
type engine struct {
	*sqlstore.Store
	writer, readers *handle
	description     store.Description
}

// Open opens the store in the database at an address such as
// postgres://role@host/database?sslmode=verify-full, and makes its tables if
// there are none. Several processes may have it open. An error names the host
// and the database and never the password.
func Open(ctx context.Context, address string, options Options) (store.Store, error) {
	options = options.withDefaults()
	where, err := parse(address)
	if err != nil {
		return nil, err
	}
	schema, err := where.migrate(ctx)
	if err != nil {
		return nil, err
	}
	writer, err := where.open(ctx, writing, 1)
	if err != nil {
		return nil, err
	}
	readers, err := where.open(ctx, reading, options.Readers)
	if err != nil {
		return nil, errors.Join(err, writer.Close())
	}
	description, err := describe(ctx, writer.DB, schema)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("postgres: %s: %w", where, err), readers.Close(), writer.Close())
	}
	return &engine{
		Store:       sqlstore.New(sqlstore.Dialect{Parameter: "$", Classify: classify}, writer.DB, readers.DB),
		writer:      writer,
		readers:     readers,
		description: description,
	}, nil
}

// Describe says which engine and schema are in use, as read back at the start.
func (e *engine) Describe(ctx context.Context) (store.Description, error) {
	return e.description, ctx.Err()
}

// Close finishes the calls in flight and gives the connections back.
func (e *engine) Close() error {
	return errors.Join(e.Store.Close(nil), e.readers.Close(), e.writer.Close())
}

// handle is a pool as database/sql sees it.
type handle struct {
	*sql.DB
	pool     *pgxpool.Pool
	warnings *atomic.Int64 // that the server has sent so far
}

func newHandle(pool *pgxpool.Pool, n int, warnings *atomic.Int64) *handle {
	db := stdlib.OpenDBFromPool(pool)
	db.SetMaxOpenConns(n)
	return &handle{DB: db, pool: pool, warnings: warnings}
}

// Close may be called twice: the store closes the handle, the engine the pool.
func (h *handle) Close() error {
	err := h.DB.Close()
	h.pool.Close()
	return err
}
