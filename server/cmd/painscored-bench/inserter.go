package main

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	_ "github.com/mattn/go-sqlite3" // the stub and the raw inserts are written against it
)

// inserter adds rows to one table by one prepared statement: the least that
// durability takes on an engine. It is for one goroutine.
type inserter interface {
	// commit adds all rows in one transaction. They are on the medium when it
	// returns; after an error none of them is there.
	commit(ctx context.Context, rows [][]any) error
	close() error
}

// rowTable is the table of the stub and of the raw inserts: one packed row
// under the caller's id, and no index besides.
const rowTable = "CREATE TABLE form (id TEXT NOT NULL PRIMARY KEY, packed TEXT NOT NULL)"

const insertRow = "INSERT INTO form (id, packed) VALUES ($1, $2) ON CONFLICT DO NOTHING"

// openRows makes the table in an empty storage and opens it.
func openRows(ctx context.Context, at storage) (inserter, error) {
	if at.address != "" {
		return openPostgres(ctx, at.address, rowTable, insertRow)
	}
	return openSQLite(ctx, at.database(), rowTable+" STRICT, WITHOUT ROWID", strings.ReplaceAll(insertRow, "$", "?"))
}

type sqliteRows struct {
	db     *sql.DB
	conn   *sql.Conn
	insert *sql.Stmt
}

// openSQLite opens a file with the same durability as painscored's, runs what is
// to be done first, and prepares an insert.
func openSQLite(ctx context.Context, file, first, insert string) (*sqliteRows, error) {
	db, err := sql.Open("sqlite3", "file:"+file+"?_journal_mode=WAL&_synchronous=FULL&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	s := &sqliteRows{db: db, conn: conn}
	if _, err = conn.ExecContext(ctx, first); err == nil {
		s.insert, err = conn.PrepareContext(ctx, insert)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close(), db.Close())
	}
	return s, nil
}

func (s *sqliteRows) commit(ctx context.Context, rows [][]any) error {
	if _, err := s.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	for _, values := range rows {
		if _, err := s.insert.ExecContext(ctx, values...); err != nil {
			return errors.Join(err, s.undo(ctx))
		}
	}
	_, err := s.conn.ExecContext(ctx, "COMMIT")
	return err
}

func (s *sqliteRows) undo(ctx context.Context) error {
	_, err := s.conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	return err
}

func (s *sqliteRows) close() error {
	return errors.Join(s.insert.Close(), s.conn.Close(), s.db.Close())
}
