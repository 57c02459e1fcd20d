package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/store/postgres"
	"github.com/painscore/painscore/server/store/postgres/pgtest"
	"github.com/painscore/painscore/server/store/sqlite"
	"github.com/painscore/painscore/server/store/sqlstore"
)

// filledRows is more than two chunks of a copy.
const filledRows = 450

func openFile(t *testing.T, path string) store.Store {
	t.Helper()
	return closed(t)(sqlite.Open(t.Context(), path, sqlite.Options{}))
}

func openDatabase(t *testing.T, address string) store.Store {
	t.Helper()
	return closed(t)(postgres.Open(t.Context(), address, postgres.Options{}))
}

// closed closes a store at the end of the test.
func closed(t *testing.T) func(store.Store, error) store.Store {
	return func(s store.Store, err error) store.Store {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return s
	}
}

// beside opens a handle on the file of a store, past its lock.
func beside(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite3", path+"?_busy_timeout=5000&_foreign_keys=1")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// filled makes a SQLite store with rows in every table, whatever tables there
// are. What a row holds follows from its number and the name of the column, so
// that what refers to a row of the same number finds it.
func filled(t *testing.T) (s store.Store, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "painscore.db")
	s = openFile(t, path)
	db := beside(t, path)
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.Exec("PRAGMA defer_foreign_keys = ON"); err != nil {
		t.Fatal(err)
	}
	for table, columns := range sqliteSchema(t, db) {
		var names, marks []string
		for _, c := range columns {
			names, marks = append(names, c.Name), append(marks, "?")
		}
		insert := fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", table, strings.Join(names, ", "), strings.Join(marks, ", "))
		for n := range filledRows {
			args := make([]any, len(columns))
			for i, c := range columns {
				args[i] = c.value(n)
			}
			if _, err := tx.Exec(insert, args...); err != nil {
				t.Fatalf("%s: %v", table, err)
			}
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	return s, path
}

// TestEveryTableIsCopied holds the list of Copy to the schema: a table that was
// forgotten would be lost without a word.
func TestEveryTableIsCopied(t *testing.T) {
	path := filepath.Join(t.TempDir(), "painscore.db")
	openFile(t, path)
	keys := map[string]string{}
	for table, columns := range sqliteSchema(t, beside(t, path)) {
		slices.SortFunc(columns, func(a, b column) int { return a.Key - b.Key })
		var key []string
		for _, c := range columns {
			if c.Key > 0 {
				key = append(key, c.Name)
			}
		}
		keys[table] = strings.Join(key, ", ")
	}
	if diff := cmp.Diff(keys, sqlstore.CopiedTables()); diff != "" {
		t.Errorf("tables and their keys (-schema +copied):\n%s", diff)
	}
}

// copied makes a copy and compares what both sides were found to hold.
func copied(t *testing.T, from, to store.Store) []sqlstore.CopiedTable {
	t.Helper()
	told := map[string]int64{}
	result, err := sqlstore.Copy(t.Context(), from, to, func(table string, rows int64) { told[table] = rows })
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range result {
		if !c.Same() || c.FromRows != filledRows || told[c.Name] != filledRows {
			t.Errorf("%s: %d rows became %d, %d were told, digests %x and %x", c.Name, c.FromRows, c.ToRows, told[c.Name], c.FromDigest, c.ToDigest)
		}
	}
	if err := sqlstore.CheckFinished(t.Context(), to); err != nil {
		t.Error(err)
	}
	return result
}

func TestACopyHoldsEveryRowOfEveryTable(t *testing.T) {
	from, _ := filled(t)
	first := copied(t, from, openFile(t, filepath.Join(t.TempDir(), "copy.db")))
	t.Run("through PostgreSQL and back", func(t *testing.T) {
		one, two := openDatabase(t, pgtest.Database(t)), openDatabase(t, pgtest.Database(t))
		copied(t, from, one)
		copied(t, one, two)
		back := openFile(t, filepath.Join(t.TempDir(), "back.db"))
		if diff := cmp.Diff(first, copied(t, two, back)); diff != "" {
			t.Errorf("what came back:\n%s", diff)
		}
	})
}

func TestACopyThatDiffersIsToldAndStaysMarked(t *testing.T) {
	from, _ := filled(t)
	path := filepath.Join(t.TempDir(), "copy.db")
	to := openFile(t, path)
	change := beside(t, path)
	result, err := sqlstore.Copy(t.Context(), from, to, func(table string, rows int64) {
		if table != "property" || rows != filledRows {
			return
		}
		if _, err := change.Exec(`UPDATE submission_version SET scores = 'other' WHERE slot_version = ?`, 1<<40+7); err != nil {
			t.Error(err)
		}
	})
	if !errors.Is(err, sqlstore.ErrCopyDiffers) {
		t.Errorf("%v", err)
	}
	for _, c := range result {
		if c.Same() == (c.Name == "submission_version") {
			t.Errorf("%s: same: %v", c.Name, c.Same())
		}
	}
	if err := sqlstore.CheckFinished(t.Context(), to); !errors.Is(err, sqlstore.ErrUnfinishedCopy) {
		t.Errorf("the copy counts as finished: %v", err)
	}
}

func TestAWriteToTheSourceSpoilsTheCopy(t *testing.T) {
	from, path := filled(t)
	to := openFile(t, filepath.Join(t.TempDir(), "copy.db"))
	write := beside(t, path)
	_, err := sqlstore.Copy(t.Context(), from, to, func(table string, rows int64) {
		if table != "property" || rows != filledRows {
			return
		}
		if _, err := write.Exec(`UPDATE change_counter SET last_seq = last_seq + 1 WHERE care_unit LIKE '%;7'`); err != nil {
			t.Error(err)
		}
	})
	if !errors.Is(err, sqlstore.ErrMoved) {
		t.Errorf("%v", err)
	}
	if err := sqlstore.CheckFinished(t.Context(), to); !errors.Is(err, sqlstore.ErrUnfinishedCopy) {
		t.Errorf("the copy counts as finished: %v", err)
	}
}

func TestACopyGivenUpCannotBeUsedNorGoneOnWith(t *testing.T) {
	from, _ := filled(t)
	to := openFile(t, filepath.Join(t.TempDir(), "copy.db"))
	ctx, giveUp := context.WithCancel(t.Context())
	_, err := sqlstore.Copy(ctx, from, to, func(table string, _ int64) {
		if table == "episode" {
			giveUp()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if err := sqlstore.CheckFinished(t.Context(), to); !errors.Is(err, sqlstore.ErrUnfinishedCopy) {
		t.Errorf("it counts as finished: %v", err)
	}
	quiet := func(string, int64) {}
	if _, err := sqlstore.Copy(t.Context(), from, to, quiet); !errors.Is(err, sqlstore.ErrNotEmpty) {
		t.Errorf("it was copied to again: %v", err)
	}
	empty := openFile(t, filepath.Join(t.TempDir(), "other.db"))
	if _, err := sqlstore.Copy(t.Context(), to, empty, quiet); !errors.Is(err, sqlstore.ErrUnfinishedCopy) {
		t.Errorf("it was copied from: %v", err)
	}
}
