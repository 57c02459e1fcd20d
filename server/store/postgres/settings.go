package postgres

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/painscore/painscore/server/store"
)

// checkWriter refuses a connection on which a commit could be acknowledged and
// lost. It runs for each connection that is made, not only at the start: a DBA
// may change what a role gets meanwhile. A database that speaks PostgreSQL's
// language without having a setting is taken at its word.
func checkWriter(ctx context.Context, conn *pgx.Conn) error {
	var commit, fsync, encoding string
	err := conn.QueryRow(ctx, `SELECT current_setting('synchronous_commit'),
		COALESCE(current_setting('fsync', true), 'on'), current_setting('server_encoding')`).Scan(&commit, &fsync, &encoding)
	switch {
	case err != nil:
		return err
	case commit != "on" && commit != "remote_apply":
		return fmt.Errorf("%w: synchronous_commit is %s and must be on or remote_apply: set it for the role or the database", ErrUnsafe, commit)
	case fsync != "on":
		return fmt.Errorf("%w: fsync is %s and must be on in the server's configuration", ErrUnsafe, fsync)
	case encoding != "UTF8":
		return fmt.Errorf("%w: the database keeps texts as %s: make one WITH ENCODING 'UTF8'", ErrUnsafe, encoding)
	}
	return nil
}

// checkReader refuses a connection that could write: one through a pooler, for
// instance, that drops the parameters of a connection.
func checkReader(ctx context.Context, conn *pgx.Conn) error {
	var readOnly, path string
	err := conn.QueryRow(ctx, `SELECT current_setting('transaction_read_only'), current_setting('search_path')`).Scan(&readOnly, &path)
	if err != nil {
		return err
	}
	if readOnly != "on" || path != schema {
		return fmt.Errorf("%w: the parameters of a connection do not reach the server: connect to it, not to a pooler", ErrUnsafe)
	}
	return nil
}

// describe reads back what an operator wants to know.
func describe(ctx context.Context, db *sql.DB, schemaVersion int64) (store.Description, error) {
	d := store.Description{Engine: "postgres", SchemaVersion: schemaVersion, Settings: map[string]string{}}
	for _, name := range []string{"synchronous_commit", "fsync", "full_page_writes", "server_version"} {
		var value string
		err := db.QueryRowContext(ctx, `SELECT COALESCE(current_setting($1, true), 'not a setting of this server')`, name).Scan(&value)
		if err != nil {
			return d, err
		}
		d.Settings[name] = value
	}
	d.EngineVersion = d.Settings["server_version"]
	return d, nil
}
