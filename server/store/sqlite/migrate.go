package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

// The numbers mean the same in every engine's folder of migrations.
//
//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date and returns its number. A schema with a
// higher number than this program knows is refused: it would be read wrongly.
// With copyFirst a store that has been in use is copied before.
func migrate(ctx context.Context, path string, db *sql.DB, copyFirst bool) (int64, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return 0, err
	}
	return migrateFrom(ctx, path, db, files, copyFirst)
}

// newestSchema is the highest number among the migrations that this program knows.
func newestSchema() (newest int64, err error) {
	files, err := migrations.ReadDir("migrations")
	for _, file := range files {
		number, _, _ := strings.Cut(file.Name(), "_")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("sqlite: migrations: %w", err)
		}
		newest = max(newest, n)
	}
	return newest, err
}

func migrateFrom(ctx context.Context, path string, db *sql.DB, files fs.FS, copyFirst bool) (int64, error) {
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
	if copyFirst && current > 0 {
		if err := keepBefore(ctx, path, newest); err != nil {
			return 0, fmt.Errorf("sqlite: %s stays at schema %d: no copy could be made before bringing it to %d: %w", path, current, newest, err)
		}
	}
	if _, err := provider.Up(ctx); err != nil {
		return 0, fmt.Errorf("sqlite: bring %s from schema %d to %d: %w", path, current, newest, err)
	}
	return newest, nil
}

// beforeSchemaSuffix, with the number of the schema that came after, names the
// copy of a store as it was before it was migrated.
const beforeSchemaSuffix = ".before-schema-"

// keepBefore makes a verified copy for the case that the newer program has to
// be taken back. Only the newest copy is kept: the ones before hold less, and
// each holds people who may have been erased since.
func keepBefore(ctx context.Context, path string, schema int64) error {
	name := fmt.Sprint(path, beforeSchemaSuffix, schema)
	unfinished := name + ".unfinished"
	if err := removeDatabase(unfinished); err != nil { // of a start that was cut off
		return err
	}
	if _, err := copyVerified(ctx, path, unfinished, nil); err != nil {
		return err
	}
	if err := os.Rename(unfinished, name); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	earlier, err := filepath.Glob(globEscape(path) + beforeSchemaSuffix + "*")
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	for _, other := range earlier {
		if other != name {
			err = errors.Join(err, remove(other))
		}
	}
	return errors.Join(err, syncFile(filepath.Dir(path)))
}
