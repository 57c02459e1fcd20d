package sqlstore_test

import (
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/painscore/painscore/server/store/postgres/pgtest"
	"github.com/painscore/painscore/server/store/sqlstore"
)

// unportable is what one of the engines, or a distributed database that speaks
// PostgreSQL's language, does not have, or does otherwise. An upsert takes the
// place of FOR UPDATE, a counter row that of a sequence, a row that of a lock.
var unportable = regexp.MustCompile(`(?i)\b(OR REPLACE|OR IGNORE|AUTOINCREMENT|(SMALL|BIG)?SERIAL|SEQUENCE|NEXTVAL|AS IDENTITY|` +
	`LISTEN|NOTIFY|LOCK TABLE|LOCK IN|FOR (NO KEY )?UPDATE|FOR (KEY )?SHARE|SKIP LOCKED|\w*ADVISORY\w*|(NOT )?DEFERRABLE|DEFERRED|` +
	`TRIGGER|FUNCTION|PROCEDURE|EXTENSION|RULE|INHERITS|PARTITION BY RANGE|DOMAIN|ENUM|JSONB?|ARRAY|TIMESTAMP\w*|BOOLEAN|NUMERIC|` +
	`GLOB|REGEXP|ILIKE|SIMILAR TO|IFNULL|NVL|CURRENT_TIMESTAMP|GEN_RANDOM_UUID|CTID|XMIN|OFFSET|AUTO_INCREMENT|EXCLUDE USING)\b|` +
	`::|\b(NOW|RANDOM)\(|\bSELECT \*`)

// sqliteOnly is what SQLite's own migrations say beyond that, and queries may not.
var sqliteOnly = regexp.MustCompile(`(?i)\b(ROWID|STRICT)\b`)

func TestUnportableSQLIsRecognised(t *testing.T) {
	for _, text := range []string{
		"INSERT OR REPLACE INTO t VALUES (1)", "id bigserial", "SELECT nextval('s')", "id INT GENERATED ALWAYS AS IDENTITY", "LISTEN x",
		"LOCK TABLE t", "SELECT 1 FROM t FOR UPDATE", "SELECT pg_advisory_lock(1)", "REFERENCES t (a) DEFERRABLE INITIALLY DEFERRED",
		"CREATE TRIGGER x", "a::text", "SELECT * FROM t", "at timestamptz", "WHERE a = NOW()",
	} {
		if !unportable.MatchString(text) {
			t.Errorf("%s passes", text)
		}
	}
	for _, text := range []string{"SELECT care_unit FROM identity", "INSERT INTO t (a) VALUES ($1) ON CONFLICT (a) DO NOTHING", "listened_on TEXT"} {
		if found := unportable.FindString(text); found != "" {
			t.Errorf("%s does not pass, for %s", text, found)
		}
	}
}

func TestEveryStatementIsPortable(t *testing.T) {
	texts := sqlstore.Texts("$")
	if len(texts) < 50 {
		t.Fatalf("only %d statements were found", len(texts))
	}
	for name, text := range texts {
		if text == "" {
			t.Errorf("%s is empty", name)
		}
		if found := unportable.FindString(text) + sqliteOnly.FindString(text); found != "" {
			t.Errorf("%s holds %s", name, found)
		}
		if strings.Contains(text, "?") {
			t.Errorf("%s holds a parameter of one engine only", name)
		}
	}
	for name, text := range sqlstore.Texts("?") {
		if strings.Contains(text, "$") {
			t.Errorf("%s was not rewritten", name)
		}
	}
}

var comment = regexp.MustCompile(`(?m)--.*$`)

func TestEveryMigrationIsPortableAndStandsInBothEngines(t *testing.T) {
	var numbers [2][]string
	for i, engine := range []string{"sqlite", "postgres"} {
		files, err := filepath.Glob("../" + engine + "/migrations/*.sql")
		if err != nil || len(files) == 0 {
			t.Fatalf("%v, %d files", err, len(files))
		}
		for _, file := range files {
			numbers[i] = append(numbers[i], filepath.Base(file))
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if found := unportable.FindString(comment.ReplaceAllString(string(text), "")); found != "" {
				t.Errorf("%s holds %s", file, found)
			}
		}
	}
	if a, b := strings.Join(numbers[0], " "), strings.Join(numbers[1], " "); a != b {
		t.Errorf("sqlite has %s\npostgres has %s", a, b)
	}
}

// TestPostgreSQLUnderstandsEveryStatement has each one analysed: also those
// which no test of the contract reaches, and parameters whose type does not
// follow from where they stand.
func TestPostgreSQLUnderstandsEveryStatement(t *testing.T) {
	address := pgtest.Database(t)
	openDatabase(t, address)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	query.Set("search_path", "painscore")
	u.RawQuery = query.Encode()
	db, err := sql.Open("pgx", u.String())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for name, text := range sqlstore.Texts("$") {
		statement, err := db.Prepare(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		statement.Close()
	}
}
