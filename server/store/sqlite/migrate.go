package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"
)

// The numbers mean the same in every engine's folder of migrations.
//
//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date and returns its number. A schema with a
// higher number than this program knows is refused: it would be read wrongly.
func migrate(ctx context.Context, path string, db *sql.DB) (int64, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return 0, err
	}
	return migrateFrom(ctx, path, db, files)
}

func migrateFrom(ctx context.Context, path string, db *sql.DB, files fs.FS) (int64, error) {
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files,
		goose.WithTableName("schema_migration"),
		goose.WithDisableGlobalRegistry(true),
		goose.WithSlog(slog.New(slog.DiscardHandler)))
	if err != nil {
		return 0, fmt.Errorf("sqlite: migrations: %w", err)
	}
	current, newest, err := provider.GetVersions(ctx)
	if err != nil {
		return 0, fmt.Errorf("sqlite: schema of %s: %w", path, err)
	}
	if current > newest {
		return 0, fmt.Errorf("%w: %s has schema %d, this program knows %d: install the newer painscore, or restore a backup made before the upgrade", ErrNewerSchema, path, current, newest)
	}
	if current == newest {
		return current, nil
	}
	if _, err := provider.Up(ctx); err != nil {
		return 0, fmt.Errorf("sqlite: bring %s from schema %d to %d: %w", path, current, newest, err)
	}
	return newest, nil
}
