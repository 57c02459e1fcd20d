package main

import "testing"

// TestRowsAreThereTogetherOrNotAtAll is what makes the stub's answer true, and
// its sending many rows at once one commit.
func TestRowsAreThereTogetherOrNotAtAll(t *testing.T) {
	for _, engine := range []string{sqliteEngine, postgresEngine} {
		t.Run(engine, func(t *testing.T) {
			p := testPlace(t)
			p.engine = engine
			at, err := p.newStorage(t.Context())
			need(t, err)
			rows, err := openRows(t.Context(), at)
			if err != nil {
				t.Fatal(err)
			}
			defer rows.close()
			if err := rows.commit(t.Context(), [][]any{{"a", "x"}, {"b", nil}, {"c", "x"}}); err == nil {
				t.Fatal("a row without its text was taken")
			}
			if err := rows.commit(t.Context(), [][]any{{"a", "y"}, {"a", "z"}, {"d", "y"}}); err != nil {
				t.Fatalf("after an error: %v", err)
			}
			if got := texts(t, at); got != "a=y d=y " {
				t.Errorf("stored: %s", got)
			}
		})
	}
}

// texts are the rows of the stub's table by a connection of its own.
func texts(t *testing.T, at storage) string {
	t.Helper()
	const both = "SELECT string_agg(id || '=' || packed || ' ', '' ORDER BY id) FROM form"
	if at.address != "" {
		_, values, err := postgresRow(t.Context(), at.address, both)
		if err != nil {
			t.Fatal(err)
		}
		return values[0].(string)
	}
	rows, err := openSQLite(t.Context(), at.database(), "SELECT 1", "SELECT 1")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.close()
	var text string
	if err := rows.conn.QueryRowContext(t.Context(), both).Scan(&text); err != nil {
		t.Fatal(err)
	}
	return text
}

// TestPostgresCommitsAsItDoesByDefault keeps the stub there honest.
func TestPostgresCommitsAsItDoesByDefault(t *testing.T) {
	p := testPlace(t)
	p.engine = postgresEngine
	at, err := p.newStorage(t.Context())
	need(t, err)
	rows, err := openRows(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.close()
	var commit, fsync string
	const query = "SELECT current_setting('synchronous_commit'), current_setting('fsync')"
	if err := rows.(*postgresRows).conn.QueryRow(t.Context(), query).Scan(&commit, &fsync); err != nil || commit != "on" || fsync != "on" {
		t.Errorf("synchronous_commit %s, fsync %s, %v", commit, fsync, err)
	}
}
