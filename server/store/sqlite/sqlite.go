// Package sqlite keeps a store in one SQLite file: the engine that painscored
// uses unless told otherwise.
//
// Open takes the path of the file, makes it if there is none, and returns a
// store.Store; the SQL is that of package sqlstore. What this package adds is
// what is particular to SQLite in a Go process:
//
//   - one connection writes and flushes each commit to the medium before it
//     returns; a pool of others reads and cannot write (dsn.go);
//   - what was asked of each connection is read back, since SQLite and its
//     driver ignore a misspelt setting without a word (settings.go);
//   - a file that is damaged, foreign, or written by a newer painscore stops
//     the start and is left as it is (file.go, migrate.go);
//   - a second process is refused for as long as the first one lives (lock.go).
//
// It is the only package that imports the SQLite driver.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/store/sqlstore"
)

// Reasons why a file is not opened, to be told apart with errors.Is. The text
// of the error that wraps them says what to do.
var (
	ErrInUse       = errors.New("sqlite: the store is in use by another process")
	ErrNotAStore   = errors.New("sqlite: not a painscore store")
	ErrDamaged     = errors.New("sqlite: the store is damaged")
	ErrNewerSchema = errors.New("sqlite: the store was written by a newer painscore")
)

// Options are what a site may want otherwise. The zero value is good.
type Options struct {
	// Readers is how many reads may run at the same time; 0 stands for two
	// per processor, at least four.
	Readers int
	// BusyTimeout is how long a statement waits for another process that
	// reads beside the server, such as a backup; 0 stands for 5 seconds.
	BusyTimeout time.Duration

	// withoutCopy migrates a file that is a copy itself.
	withoutCopy bool
}

func (o Options) withDefaults() Options {
	if o.Readers <= 0 {
		o.Readers = max(4, 2*runtime.GOMAXPROCS(0))
	}
	if o.BusyTimeout <= 0 {
		o.BusyTimeout = 5 * time.Second
	}
	return o
}

// engine adds to the SQL store what only SQLite can answer.
type engine struct {
	*sqlstore.Store
	writer      *sql.DB // the store's, and closed by it
	description store.Description
	lock        *fileLock
	fold        *folding

	rawLock sync.Mutex
	raw     *os.File // the database's file beside SQLite, nil until a purge needs it
}

// Open opens the store in the file at path, and makes the file, readable by
// this user only, if there is none. The schema is brought up to date.
func Open(ctx context.Context, path string, options Options) (store.Store, error) {
	options = options.withDefaults()
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := makeFolder(filepath.Dir(path)); err != nil {
		return nil, err
	}
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, err
	}
	opened, err := openLocked(ctx, path, options)
	if err != nil {
		return nil, errors.Join(err, lock.release())
	}
	opened.lock = lock
	return opened, nil
}

// openLocked opens a file that no other process uses.
func openLocked(ctx context.Context, path string, options Options) (*engine, error) {
	if err := makeFile(ctx, path, options); err != nil {
		return nil, err
	}
	// Of a restore that was cut off before it touched the store.
	if err := removeDatabase(path + restoringSuffix); err != nil {
		return nil, err
	}
	if err := checkFile(path); err != nil {
		return nil, err
	}
	writer := openHandle(writerDSN(path, options), 1)
	readers := openHandle(readerDSN(path, options), options.Readers)
	description, err := prepare(ctx, path, writer, readers, options)
	if err != nil {
		return nil, errors.Join(err, readers.Close(), writer.Close())
	}
	fold := startFolding(path, options)
	dialect := sqlstore.Dialect{Parameter: "?", OneProcess: true, Classify: classify, Committed: fold.notice}
	return &engine{Store: sqlstore.New(dialect, writer, readers), writer: writer, fold: fold, description: description}, nil
}

// prepare makes sure that both handles are what they should be.
func prepare(ctx context.Context, path string, writer, readers *sql.DB, options Options) (d store.Description, err error) {
	if err := checkUntouched(ctx, path); err != nil {
		return d, err
	}
	d.Engine = "sqlite"
	if d.SchemaVersion, err = migrate(ctx, path, writer, !options.withoutCopy); err != nil {
		return d, err
	}
	if d.Settings, err = checkSettings(ctx, writer, writerSettings); err != nil {
		return d, err
	}
	if _, err = checkSettings(ctx, readers, readerSettings); err != nil {
		return d, err
	}
	err = writer.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&d.EngineVersion)
	return d, err
}

// Describe says which engine and schema are in use, as read back at the start.
func (e *engine) Describe(ctx context.Context) (store.Description, error) {
	return e.description, ctx.Err()
}

// Close finishes the writes in flight, folds the write-ahead log into the file,
// and lets another process have it.
func (e *engine) Close() error {
	return errors.Join(e.fold.end(), e.Store.Close(checkpoint), e.closeRaw(), e.lock.release())
}

// checkpoint empties the write-ahead log. A process that reads beside us may
// prevent that; nothing is lost then, the next start reads the log.
func checkpoint(writer *sql.DB) error {
	var busy, frames, done int64
	err := writer.QueryRow("PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &done)
	if err != nil {
		return fmt.Errorf("sqlite: checkpoint: %w", err)
	}
	return nil
}
