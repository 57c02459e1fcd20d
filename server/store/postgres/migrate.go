package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"

	"github.com/painscore/painscore/server/store/sqlstore"
)

// The numbers mean the same in every engine's folder of migrations. Other
// processes go on working while one migrates: a migration only adds what they
// do not need to know, and what they still use goes in a later release.
//
//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date and returns its number. A schema with a
// higher number than this program knows is refused: it would be read wrongly.
func (p place) migrate(ctx context.Context) (int64, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return 0, err
	}
	return p.migrateFrom(ctx, files)
}

func (p place) migrateFrom(ctx context.Context, files fs.FS) (int64, error) {
	db, err := p.open(ctx, migrating, 2) // the lock and the work
	if err != nil {
		return 0, err
	}
	defer db.Close()
	provider, err := goose.NewProvider(goose.DialectPostgres, db.DB, files,
		goose.WithTableName("schema_migration"),
		goose.WithDisableGlobalRegistry(true),
		goose.WithSlog(slog.New(slog.DiscardHandler)))
	if err != nil {
		return 0, fmt.Errorf("postgres: migrations: %w", err)
	}
	// Up to date already: then no right to make tables is needed.
	exists, err := found(ctx, db.DB, `SELECT 1 FROM information_schema.tables WHERE table_schema = $1 AND table_name = 'schema_migration'`)
	if err != nil {
		return 0, fmt.Errorf("postgres: schema of %s: %w", p, err)
	}
	if exists {
		if current, newest, err := p.versions(ctx, provider); err != nil || current == newest {
			return current, err
		}
	}
	return p.up(ctx, db.DB, provider)
}

func (p place) versions(ctx context.Context, provider *goose.Provider) (current, newest int64, err error) {
	current, newest, err = provider.GetVersions(ctx)
	switch {
	case err != nil:
		err = fmt.Errorf("postgres: schema of %s: %w", p, err)
	case current > newest:
		err = fmt.Errorf("%w: %s has schema %d, this program knows %d: install the newer painscore, or restore a backup made before the upgrade", ErrNewerSchema, p, current, newest)
	}
	return current, newest, err
}

// up migrates while no other process does.
func (p place) up(ctx context.Context, db *sql.DB, provider *goose.Provider) (int64, error) {
	release, err := lock(ctx, db)
	if err != nil {
		return 0, fmt.Errorf("postgres: make or migrate schema %s in %s: %w", schema, p, err)
	}
	current, newest, err := p.versions(ctx, provider)
	if err == nil && current < newest {
		if _, err = provider.Up(ctx); err != nil {
			err = fmt.Errorf("postgres: bring %s from schema %d to %d: %w", p, current, newest, err)
		}
	}
	if err := errors.Join(err, release()); err != nil {
		return 0, err
	}
	return newest, nil
}

// lock holds a row, and makes it where there is none, until it is released or
// this process is gone. A row and not an advisory lock: every database that
// speaks PostgreSQL's language has rows, and a pooler cannot lose them.
func lock(ctx context.Context, db *sql.DB) (release func() error, err error) {
	for attempt := 1; ; attempt++ {
		if err = makeLock(ctx, db); err == nil {
			break
		}
		// Two that make the same schema or table at once: one is told that the
		// name was taken meanwhile.
		if attempt == 10 || classify(err) != sqlstore.Busy {
			return nil, err
		}
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO migration_lock (only_row) VALUES (1)
		ON CONFLICT (only_row) DO UPDATE SET only_row = excluded.only_row`)
	if err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	return tx.Commit, nil
}

// makeLock makes nothing that is there: a DBA who has made the schema need not
// grant the right to make others.
func makeLock(ctx context.Context, db *sql.DB) error {
	exists, err := found(ctx, db, `SELECT 1 FROM information_schema.schemata WHERE schema_name = $1`)
	if err == nil && !exists {
		_, err = db.ExecContext(ctx, `CREATE SCHEMA IF NOT EXISTS `+schema)
	}
	if err == nil {
		_, err = db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS migration_lock (only_row SMALLINT NOT NULL PRIMARY KEY)`)
	}
	return err
}

// found says whether a query about the schema has a row.
func found(ctx context.Context, db *sql.DB, query string) (bool, error) {
	var one int
	err := db.QueryRowContext(ctx, query, schema).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}
