package sqlite

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"syscall"

	"github.com/mattn/go-sqlite3"

	"github.com/painscore/painscore/server/store/sqlstore"
)

// classify says what an error of the driver means to a caller.
func classify(err error) sqlstore.Class {
	var e sqlite3.Error
	switch {
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, sql.ErrConnDone):
		return sqlstore.Unavailable
	case !errors.As(err, &e):
		return sqlstore.Unclassified
	case e.SystemErrno == syscall.ENOSPC, e.SystemErrno == syscall.EDQUOT:
		// The index of the log, for one, fails with an I/O error when it cannot grow.
		return sqlstore.DiskFull
	}
	switch e.Code {
	case sqlite3.ErrFull:
		return sqlstore.DiskFull
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return sqlstore.Busy
	case sqlite3.ErrIoErr, sqlite3.ErrCorrupt, sqlite3.ErrNotADB, sqlite3.ErrCantOpen, sqlite3.ErrReadonly,
		sqlite3.ErrPerm, sqlite3.ErrProtocol, sqlite3.ErrNomem, sqlite3.ErrMisuse, sqlite3.ErrInterrupt:
		return sqlstore.Unavailable
	}
	return sqlstore.Unclassified
}
