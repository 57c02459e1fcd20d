package postgres

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/painscore/painscore/server/store/sqlstore"
)

// classify says what an error of the driver means to a caller. A server that
// refuses to be connected to is unavailable whatever its reason; any other
// error has a code that says what happened to the statement.
func classify(err error) sqlstore.Class {
	var refused *pgconn.ConnectError
	var answer *pgconn.PgError
	var wire net.Error
	switch {
	case errors.As(err, &refused):
		return sqlstore.Unavailable
	case errors.As(err, &answer):
		return classifyCode(answer)
	case pgconn.SafeToRetry(err):
		return sqlstore.Busy // nothing was sent: the connection had been lost before
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, sql.ErrConnDone), errors.Is(err, net.ErrClosed),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &wire):
		return sqlstore.Unavailable
	}
	return sqlstore.Unclassified
}

// classifyCode goes by SQLSTATE, first two signs the class
// (https://www.postgresql.org/docs/current/errcodes-appendix.html).
func classifyCode(e *pgconn.PgError) sqlstore.Class {
	switch e.Code {
	case "40001", "40P01", // serialization failure, deadlock
		"23505", "23503", // another process stored the same key first, or deleted what this refers to
		"42P06", "42P07", "42710", // another process made the same schema, table or type first
		"55P03", "25P03": // waited too long for another process's lock; was too slow itself
		return sqlstore.Busy
	case "53100":
		return sqlstore.DiskFull
	case "25006": // the server has become a standby
		return sqlstore.Unavailable
	case "0A000": // a plan of before another process's migration; the driver drops it
		if e.Routine == "RevalidateCachedQuery" {
			return sqlstore.Busy
		}
	case "XX001", "XX002": // damaged data, damaged index
		return sqlstore.Unavailable
	}
	for _, class := range []string{"08", "53", "57", "58"} { // connection, resources, operator, system
		if strings.HasPrefix(e.Code, class) {
			return sqlstore.Unavailable
		}
	}
	return sqlstore.Unclassified
}
