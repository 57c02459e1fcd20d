package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"net/url"
	"strconv"

	"github.com/mattn/go-sqlite3"
)

// statementCache is how many compiled statements a connection keeps: more than
// there are in package sqlstore, so that none is compiled twice.
const statementCache = "256"

// Page memory of a connection in KiB, taken as it is used. The writer goes
// through the whole table in no order, and a page that it does not hold is read
// again for each form. Readers forget theirs with every commit: more than one
// answer needs is no use.
const (
	writerCache = "-16384"
	readerCache = "-2048"
)

// writerDSN asks for the connection that writes. Settings must be in the DSN:
// a PRAGMA sent through the pool would reach one connection and be lost with it.
func writerDSN(path string, options Options) string {
	return dsn(path, options, url.Values{
		"mode":          {"rw"}, // never make a file: makeFile does
		"_journal_mode": {"WAL"},
		// The driver's own choice, NORMAL, may lose acknowledged commits in a power cut.
		"_synchronous":  {"FULL"},
		"_foreign_keys": {"1"},
		// Overwrite what is deleted: erasing a patient must leave nothing in free pages.
		"_secure_delete": {"on"},
		// A transaction that starts by reading fails with BUSY when it comes to
		// write, whatever the timeout. This one asks to write at once.
		"_txlock":     {"immediate"},
		"_cache_size": {writerCache},
		// database/sql gives a connection to one goroutine at a time, so SQLite
		// need not lock it at each call.
		"_mutex": {"no"},
	})
}

// readerDSN asks for connections that cannot write.
func readerDSN(path string, options Options) string {
	return dsn(path, options, url.Values{"mode": {"ro"}, "_query_only": {"1"}, "_cache_size": {readerCache}})
}

func dsn(path string, options Options, values url.Values) string {
	values.Set("_busy_timeout", strconv.FormatInt(options.BusyTimeout.Milliseconds(), 10))
	values.Set("_stmt_cache_size", statementCache)
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + values.Encode()
}

// openHandle makes a handle of at most n connections, which stay open.
func openHandle(dsn string, n int) *sql.DB {
	db := sql.OpenDB(connector{dsn})
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db
}

// connector opens connections without the driver's global name, so that each
// can be given the settings that a DSN cannot hold.
type connector struct{ dsn string }

func (c connector) Connect(context.Context) (driver.Conn, error) { return c.Driver().Open(c.dsn) }

func (c connector) Driver() driver.Driver {
	return &sqlite3.SQLiteDriver{ConnectHook: func(conn *sqlite3.SQLiteConn) error {
		// A large sort would spill care data into the system's temporary folder.
		// How long the log may grow is said in fold.go.
		_, err := conn.Exec("PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = "+strconv.Itoa(foldByWriter), nil)
		return err
	}}
}
