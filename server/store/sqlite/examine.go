package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"
)

// Examination is what was found in a database file. It names tables and counts
// rows, and says nothing of what is in them.
type Examination struct {
	SchemaVersion int64
	// NewestSchema is the highest number that this program knows.
	NewestSchema int64
	Rows         map[string]int64  // per table
	Properties   map[string]string // the facts that the store keeps about itself
	// Changes is the sum of the counters of changes of all care units: it only
	// ever rises, so a copy with a lower one lacks something.
	Changes int64
	// NewestErasure is the id of the erasure done last, empty for none.
	NewestErasure string
	// PendingPurges counts the erasures whose remains may still be in the files.
	PendingPurges int64
	// NewestRecord is the latest time at which a form was written down, by the
	// clock of then; zero if there is none.
	NewestRecord time.Time
	// Faults are what the checks of structure and references found, at most
	// maxFaults of each; nil if they found nothing or were not made.
	Faults []string
}

// maxFaults bounds what is told about a damaged file.
const maxFaults = 20

// Examine looks at the database file at path without changing it, also while
// another process serves it: in that process itself, closing the file would take
// SQLite's locks from the server. thorough adds the checks of its whole structure and of all
// references, which read every page: some seconds per gigabyte. A file that is
// no store or cannot be read is ErrNotAStore or ErrDamaged; faults in one that
// can be are listed in the Examination.
func Examine(ctx context.Context, path string, thorough bool) (Examination, error) {
	if err := checkFile(path); err != nil {
		return Examination{}, err
	}
	db := openBeside(path, true)
	defer db.Close()
	if err := checkMark(ctx, path, db); err != nil {
		return Examination{}, err
	}
	e, err := readFacts(ctx, db)
	if err == nil && thorough {
		e.Faults, err = findFaults(ctx, db)
	}
	switch {
	case ctx.Err() != nil:
		return e, ctx.Err()
	case err != nil:
		return e, fmt.Errorf("%w: %s cannot be read through: %w", ErrDamaged, path, err)
	}
	return e, nil
}

// openBeside opens a file that perhaps a server has open, and cannot change it.
// VACUUM INTO, which changes nothing either, fails where queryOnly is set.
func openBeside(path string, queryOnly bool) *sql.DB {
	values := url.Values{"mode": {"ro"}}
	if queryOnly {
		values.Set("_query_only", "1")
	}
	return openHandle(dsn(path, Options{}.withDefaults(), values), 1)
}

// readFacts reads everything in one transaction: beside a server, what is read
// belongs together.
func readFacts(ctx context.Context, db *sql.DB) (e Examination, err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return e, err
	}
	defer tx.Rollback()
	if e.NewestSchema, err = newestSchema(); err != nil {
		return e, err
	}
	if e.Rows, err = countRows(ctx, tx); err != nil {
		return e, err
	}
	if e.Properties, err = readProperties(ctx, tx); err != nil {
		return e, err
	}
	read := func(to any, query string) {
		if err == nil {
			err = tx.QueryRowContext(ctx, query).Scan(to)
		}
	}
	var recorded int64
	read(&e.SchemaVersion, "SELECT COALESCE(MAX(version_id), 0) FROM schema_migration WHERE is_applied = 1")
	read(&e.Changes, "SELECT COALESCE(SUM(last_seq), 0) FROM change_counter")
	read(&recorded, "SELECT COALESCE(MAX(recorded_at), 0) FROM submission_version")
	if _, known := e.Rows["erasure"]; known { // not in the first schemas
		read(&e.NewestErasure, "SELECT COALESCE((SELECT erasure_id FROM erasure ORDER BY erased_at DESC, erasure_id LIMIT 1), '')")
		read(&e.PendingPurges, "SELECT COUNT(*) FROM erasure WHERE purged_at = 0")
	}
	if recorded != 0 {
		e.NewestRecord = time.UnixMicro(recorded).UTC()
	}
	return e, err
}

func countRows(ctx context.Context, tx *sql.Tx) (map[string]int64, error) {
	tables, err := texts(ctx, tx, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'`)
	if err != nil {
		return nil, err
	}
	rows := make(map[string]int64, len(tables))
	for _, table := range tables {
		var n int64
		query := `SELECT COUNT(*) FROM "` + strings.ReplaceAll(table, `"`, `""`) + `"`
		if err := tx.QueryRowContext(ctx, query).Scan(&n); err != nil {
			return nil, err
		}
		rows[table] = n
	}
	return rows, nil
}

func readProperties(ctx context.Context, tx *sql.Tx) (map[string]string, error) {
	rows, err := tx.QueryContext(ctx, "SELECT name, value FROM property")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	properties := map[string]string{}
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return nil, err
		}
		properties[name] = value
	}
	return properties, rows.Err()
}

// findFaults has SQLite look through every page, and through every reference.
// What it says names tables, pages and row numbers, never a value.
func findFaults(ctx context.Context, db *sql.DB) ([]string, error) {
	faults, err := texts(ctx, db, fmt.Sprintf("PRAGMA integrity_check(%d)", maxFaults))
	if err != nil {
		return nil, err
	}
	if len(faults) == 1 && faults[0] == "ok" {
		faults = nil
	}
	dangling, err := texts(ctx, db, fmt.Sprintf(`SELECT '"' || "table" || '" refers to a row of "' || "parent" || '" that is not there: ' || COUNT(*) || ' times'
		FROM pragma_foreign_key_check GROUP BY "table", "parent" LIMIT %d`, maxFaults))
	return append(faults, dangling...), err
}

// texts reads the only column of a query.
func texts(ctx context.Context, from interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}, query string) ([]string, error) {
	rows, err := from.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// refuse makes an error of an examination that leaves nothing to rely on.
func (e Examination) refuse(path string) error {
	switch {
	case e.SchemaVersion > e.NewestSchema:
		return fmt.Errorf("%w: %s has schema %d, this program knows %d: use the painscore that wrote it, or a newer one", ErrNewerSchema, path, e.SchemaVersion, e.NewestSchema)
	case len(e.Faults) > 0:
		return fmt.Errorf("%w: %s: %s", ErrDamaged, path, strings.Join(e.Faults, "; "))
	}
	return nil
}

// exists tells whether there is anything by that name; a name that cannot be
// looked up counts as one that is taken.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, os.ErrNotExist)
}
