package sqlstore_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/painscore/painscore/server/store/postgres/pgtest"
)

// column is a column as both engines can describe it.
type column struct {
	Name, Type string // Type is text, number, flag or bytes
	Key        int    // place in the primary key from 1, 0 outside
}

func (c column) value(n int) any {
	name := c.Name
	switch name {
	case "into_key":
		name = "patient_key"
	case "base_plan_id":
		name = "plan_id"
	}
	switch c.Type {
	case "flag":
		return n % 2
	case "number":
		return 1<<40 + n // one number for all columns of a row: versions must be those referred to
	case "bytes":
		return []byte(fmt.Sprintf("\x00\xff%s %d", name, n))
	}
	return fmt.Sprintf("%s Å\t'\";%d", name, n)
}

// sqliteSchema lists the tables that hold what the store keeps.
func sqliteSchema(t *testing.T, db *sql.DB) map[string][]column {
	t.Helper()
	rows, err := db.Query(`SELECT m.name, c.name, c.pk, CASE WHEN m.sql LIKE '%CHECK (' || c.name || ' IN (0, 1))%' THEN 'flag'
		WHEN c.type = 'TEXT' THEN 'text' WHEN c.type = 'INTEGER' THEN 'number' WHEN c.type = 'BLOB' THEN 'bytes' END
		FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'
		AND m.name NOT IN ('schema_migration', 'sqlite_sequence') ORDER BY m.name, c.name`)
	return readSchema(t, rows, err)
}

func postgresSchema(t *testing.T, db *sql.DB) map[string][]column {
	t.Helper()
	rows, err := db.Query(`SELECT c.table_name, c.column_name, COALESCE(k.ordinal_position, 0), CASE c.data_type WHEN 'text' THEN 'text'
		WHEN 'bigint' THEN 'number' WHEN 'smallint' THEN 'flag' WHEN 'bytea' THEN 'bytes' END
		FROM information_schema.columns c LEFT JOIN information_schema.key_column_usage k
		ON k.table_schema = c.table_schema AND k.table_name = c.table_name AND k.column_name = c.column_name
		AND k.constraint_name = c.table_name || '_pkey' WHERE c.table_schema = 'painscore'
		AND c.table_name NOT IN ('schema_migration', 'migration_lock') ORDER BY c.table_name COLLATE "C", c.column_name COLLATE "C"`)
	return readSchema(t, rows, err)
}

func readSchema(t *testing.T, rows *sql.Rows, err error) map[string][]column {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	schema := map[string][]column{}
	for rows.Next() {
		var table string
		var c column
		if err := rows.Scan(&table, &c.Name, &c.Key, &c.Type); err != nil {
			t.Fatal(err)
		}
		schema[table] = append(schema[table], c)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestBothEnginesHaveTheSameTablesAndColumns(t *testing.T) {
	address, path := pgtest.Database(t), filepath.Join(t.TempDir(), "painscore.db")
	openFile(t, path)
	openDatabase(t, address)
	db, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if diff := cmp.Diff(sqliteSchema(t, beside(t, path)), postgresSchema(t, db)); diff != "" {
		t.Errorf("-sqlite +postgres:\n%s", diff)
	}
}
