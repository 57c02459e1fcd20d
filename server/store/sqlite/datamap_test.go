package sqlite

import (
	"database/sql"
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var updateDataMap = flag.Bool("update", false, "write ../DATA.md anew")

const dataMapFile = "../DATA.md"

// TestDataMapIsWhole holds the map of what is kept (datamap_columns_test.go, and
// ../DATA.md made from it) to the schema. Whoever adds a column says there what
// class of data it holds; then: go test ./server/store/sqlite -run DataMap -update
func TestDataMapIsWhole(t *testing.T) {
	schema := readSchema(t)
	for _, table := range dataMap {
		columns, there := schema[table.name]
		if !there {
			t.Errorf("the map has table %s, which the schema has not", table.name)
			continue
		}
		for column, class := range table.columns {
			if !slices.ContainsFunc(columns, func(c schemaColumn) bool { return c.name == column }) {
				t.Errorf("the map has %s.%s, which the schema has not", table.name, column)
			}
			if classes[class] == "" {
				t.Errorf("%s.%s: there is no class %q", table.name, column, class)
			}
		}
		for _, column := range columns {
			if table.columns[column.name] == "" {
				t.Errorf("%s.%s has no class: add it to dataMap", table.name, column.name)
			}
			if meaning(column) == "" {
				t.Errorf("%s.%s: say what it holds, behind the column in its migration or in usual", table.name, column.name)
			}
		}
		if table.purpose == "" || table.kept == "" {
			t.Errorf("%s: what for, and how long, is not said", table.name)
		}
		delete(schema, table.name)
	}
	for name := range schema {
		t.Errorf("table %s is not in the map: add it to dataMap", name)
	}
	if t.Failed() {
		return
	}
	text := writeDataMap(readSchema(t))
	if *updateDataMap {
		if err := os.WriteFile(dataMapFile, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if found, err := os.ReadFile(dataMapFile); err != nil || string(found) != text {
		t.Errorf("%s is not what the schema and the map give (%v): run this test with -update", dataMapFile, err)
	}
}

// schemaColumn is a column of the schema, with what its migration says of it.
type schemaColumn struct{ name, comment string }

// readSchema reads the newest schema, by table. SQLite keeps the text of CREATE
// TABLE with its comments.
func readSchema(t *testing.T) map[string][]schemaColumn {
	t.Helper()
	db, err := sql.Open("sqlite3", newFile(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(`SELECT m.name, c.name, m.sql FROM sqlite_schema m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\' AND m.name <> 'schema_migration' ORDER BY m.name, c.cid`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	schema := map[string][]schemaColumn{}
	for rows.Next() {
		var table, column, text string
		if err := rows.Scan(&table, &column, &text); err != nil {
			t.Fatal(err)
		}
		comment := ""
		if found := regexp.MustCompile(`(?m)^\s+` + column + `\s.*?-- (.*)$`).FindStringSubmatch(text); found != nil {
			comment = found[1]
		}
		schema[table] = append(schema[table], schemaColumn{column, comment})
	}
	if err := rows.Err(); err != nil || len(schema) == 0 {
		t.Fatalf("%d tables, %v", len(schema), err)
	}
	return schema
}

func writeDataMap(schema map[string][]schemaColumn) string {
	var b strings.Builder
	b.WriteString("<!-- Made by go test ./server/store/sqlite -run DataMap -update. Do not edit. -->\n\n" + dataMapHead + "\n## Classes\n")
	for _, class := range slices.Sorted(maps.Keys(classes)) {
		fmt.Fprintf(&b, "- **%s**: %s\n", class, classes[class])
	}
	b.WriteString("\n## Tables\n")
	for _, table := range dataMap {
		fmt.Fprintf(&b, "\n### %s\nPurpose: %s.\nKept: %s.\n\n| column | class | what it holds |\n|---|---|---|\n", table.name, table.purpose, table.kept)
		for _, column := range schema[table.name] {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", column.name, table.columns[column.name], strings.ReplaceAll(meaning(column), "|", "\\|"))
		}
	}
	return b.String() + "\n" + dataMapFiles
}
