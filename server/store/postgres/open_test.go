package postgres

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/painscore/painscore/server/store/postgres/pgtest"
	"github.com/painscore/painscore/server/store/sqlstore"
)

// execute runs statements as the owner of the test's server.
func execute(t *testing.T, address string, statements ...string) {
	t.Helper()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// with changes one part of an address.
func with(t *testing.T, address string, change func(*url.URL)) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	change(u)
	return u.String()
}

func databaseOf(address string) string {
	u, _ := url.Parse(address)
	return strings.TrimPrefix(u.Path, "/")
}

func TestADatabaseThatIsNotSafeIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		spoil string // %s is the database
		want  string
	}{
		"commits that are acknowledged before they are durable": {"ALTER DATABASE %s SET synchronous_commit = off", "synchronous_commit is off"},
		"commits that a standby has not got":                    {"ALTER DATABASE %s SET synchronous_commit = local", "synchronous_commit is local"},
	} {
		t.Run(name, func(t *testing.T) {
			address := pgtest.Database(t)
			execute(t, address, fmt.Sprintf(c.spoil, databaseOf(address)))
			_, err := Open(ctx, address, Options{})
			if !errors.Is(err, ErrUnsafe) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), databaseOf(address)) {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestEachConnectionIsLookedAt: a setting that changes while the program runs
// is found by the next connection, not by the next start.
func TestEachConnectionIsLookedAt(t *testing.T) {
	address := migrated(t)
	s := open(t, address)
	execute(t, address, "ALTER DATABASE "+databaseOf(address)+" SET synchronous_commit = off",
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	for range 3 { // the first may be told that the connection is gone
		if _, err := s.SetPropertyOnce(ctx, "p", "v"); err == nil {
			t.Fatal("it writes on a connection that is not safe")
		}
	}
}

func TestADatabaseOfAnotherEncodingIsRefused(t *testing.T) {
	server := pgtest.Database(t)
	name := databaseOf(server) + "_ascii"
	execute(t, server, "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C'")
	defer execute(t, server, "DROP DATABASE "+name+" WITH (FORCE)")
	_, err := Open(ctx, with(t, server, func(u *url.URL) { u.Path = "/" + name }), Options{})
	if !errors.Is(err, ErrUnsafe) || !strings.Contains(err.Error(), "SQL_ASCII") {
		t.Errorf("%v", err)
	}
}

func TestASchemaOfANewerPainscoreIsRefused(t *testing.T) {
	address := migrated(t)
	execute(t, address, "INSERT INTO painscore.schema_migration (version_id, is_applied) VALUES (99, true)")
	_, err := Open(ctx, address, Options{})
	if !errors.Is(err, ErrNewerSchema) || !strings.Contains(err.Error(), "has schema 99") {
		t.Errorf("%v", err)
	}
}

func TestProcessesThatStartAtOnceMigrateOnce(t *testing.T) {
	address := pgtest.Database(t)
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			s, err := Open(ctx, address, Options{Readers: 1})
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	var applied, distinct int
	err = conn.QueryRow(ctx, "SELECT COUNT(*), COUNT(DISTINCT version_id) FROM painscore.schema_migration").Scan(&applied, &distinct)
	if applied != distinct || applied < 5 || err != nil {
		t.Errorf("%d migrations were applied %d times, %v", distinct, applied, err)
	}
}

// TestARoleThatOwnsNothingIsEnough: the grants of DESIGN.md, word for word,
// let a role work that cannot change a table.
func TestARoleThatOwnsNothingIsEnough(t *testing.T) {
	address := migrated(t)
	role := databaseOf(address) + "_role"
	execute(t, address, "CREATE ROLE "+role+" LOGIN",
		"GRANT USAGE ON SCHEMA painscore TO "+role,
		"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA painscore TO "+role)
	t.Cleanup(func() { execute(t, address, "DROP OWNED BY "+role, "DROP ROLE "+role) })
	as := with(t, address, func(u *url.URL) { u.User = url.User(role) })
	s := open(t, as)
	if _, err := s.Submit(ctx, envelope(unit, "ada", "key", "e", "hads", "1")); err != nil {
		t.Error(err)
	}
	if forms, err := s.SubmissionsOfEpisode(ctx, unit, "e", 0); len(forms) != 1 || err != nil {
		t.Errorf("%d forms, %v", len(forms), err)
	}
	if _, err := s.(*engine).writer.Exec("DROP TABLE submission_version"); err == nil {
		t.Error("the role may drop a table")
	}
}

func TestReadersCannotWrite(t *testing.T) {
	s := open(t, migrated(t)).(*engine)
	if _, err := s.readers.Exec("DELETE FROM property"); err == nil || classify(err) != sqlstore.Unavailable {
		t.Errorf("%v", err)
	}
}

// TestEveryTextComparesByteByByte: one without COLLATE "C" would sort by the
// language of the database, and pages would skip rows.
func TestEveryTextComparesByteByByte(t *testing.T) {
	conn, err := pgx.Connect(ctx, migrated(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, `SELECT table_name || '.' || column_name FROM information_schema.columns
		WHERE table_schema = 'painscore' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'`)
	if err != nil {
		t.Fatal(err)
	}
	others, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(others) > 0 {
		t.Errorf("%v do not, %v", others, err)
	}
}

func TestTheStoreSaysHowSafeItIs(t *testing.T) {
	d, err := open(t, migrated(t)).Describe(ctx)
	if err != nil || d.Engine != "postgres" || d.EngineVersion == "" || d.SchemaVersion < 4 {
		t.Errorf("%+v, %v", d, err)
	}
	for name, want := range map[string]string{"synchronous_commit": "on", "fsync": "on", "full_page_writes": "on", "server_version": d.EngineVersion} {
		if d.Settings[name] != want {
			t.Errorf("%s is %s", name, d.Settings[name])
		}
	}
}

func TestAnAddressIsReadWithoutBeingRepeated(t *testing.T) {
	for _, c := range []struct {
		address string
		want    error
	}{
		{"postgres://a:secret@h:port/d", ErrAddress},
		{"postgres://a:sec%ret@h/d", ErrAddress},
		{"host=h password=secret", ErrAddress},
		{"postgres://a:secret@h/d?sslmode=secret", ErrAddress},
		{"postgres://a:secret@h/d?sslrootcert=/secret&sslmode=verify-full", ErrAddress},
		{"postgres://a:secret@db1.example/d", ErrUnsafe},
		{"postgres://a:secret@127.0.0.1,db1.example/d", ErrUnsafe},
	} {
		_, err := parse(c.address)
		if !errors.Is(err, c.want) || strings.Contains(err.Error(), "sec") {
			t.Errorf("%s: %v", c.address, err)
		}
	}
	const unreachable = "postgres://a:secret@127.0.0.1:1/records"
	_, err := Open(context.Background(), unreachable, Options{})
	if err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "database records on 127.0.0.1") || classify(err) != sqlstore.Unavailable {
		t.Errorf("%v", err)
	}
	if got := Place("postgres://a:secret@db1,db2/records?sslmode=verify-full"); got != "database records on db1, db2" {
		t.Error(got)
	}
}

func TestErrorsAreClassedByTheirCode(t *testing.T) {
	for code, want := range map[string]sqlstore.Class{
		"40001": sqlstore.Busy, "40P01": sqlstore.Busy, "23505": sqlstore.Busy, "23503": sqlstore.Busy, "55P03": sqlstore.Busy, "25P03": sqlstore.Busy,
		"53100": sqlstore.DiskFull, "53300": sqlstore.Unavailable, "53200": sqlstore.Unavailable,
		"57P01": sqlstore.Unavailable, "57P02": sqlstore.Unavailable, "57P03": sqlstore.Unavailable, "08006": sqlstore.Unavailable,
		"25006": sqlstore.Unavailable, "XX001": sqlstore.Unavailable, "58030": sqlstore.Unavailable,
		"23514": sqlstore.Unclassified, "42601": sqlstore.Unclassified, "42P01": sqlstore.Unclassified, "0A000": sqlstore.Unclassified, "XX000": sqlstore.Unclassified,
	} {
		if got := classify(fmt.Errorf("x: %w", &pgconn.PgError{Code: code})); got != want {
			t.Errorf("%s is class %d, not %d", code, got, want)
		}
	}
}
