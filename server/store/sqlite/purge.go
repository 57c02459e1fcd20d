package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/painscore/painscore/server/store"
)

// What a finished purge does not reach.
const beyondPurge = "Backups and copies of the store that were made before an erasure still hold what was erased, and so may blocks of the medium that the file system has freed."

// purgePatience is how long a purge waits for reads in flight, and writes
// behind it. Reads take milliseconds; what takes longer is not waited for.
const purgePatience = 100 * time.Millisecond

// Purge removes what erasures left in the files. SQLite overwrites rows as it
// deletes them (secure_delete), but two things outlive that: the log beside the
// file, and copies in pages whose rows SQLite once rearranged. So the log is
// folded into the file and emptied, and then the unused part of every page is
// overwritten (scrub.go). Writes wait for the second step; the first, slow
// reading of the file is done before it. DESIGN.md of package sqlstore says
// what that costs and why it is not VACUUM.
func (e *engine) Purge(ctx context.Context, at time.Time) (store.Purge, error) {
	pending, err := e.PurgeWith(ctx, at, e.removeRemains)
	return store.Purge{Pending: pending, Beyond: beyondPurge}, err
}

func (e *engine) removeRemains(ctx context.Context, writer *sql.DB) (done bool, err error) {
	file, err := e.openRaw(ctx, writer)
	if err != nil {
		return false, err
	}
	if err := warm(ctx, file); err != nil {
		return false, err
	}
	// Whoever holds the only connection that writes keeps writes away.
	conn, err := writer.Conn(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	// From here to the end in milliseconds to seconds, whatever the caller does.
	ctx = context.WithoutCancel(ctx)
	emptied, err := emptyLog(ctx, conn)
	if err != nil || !emptied {
		return false, err
	}
	// Pages in this connection's memory still hold what is overwritten next,
	// and would carry it back when they are written.
	if _, err := conn.ExecContext(ctx, "PRAGMA shrink_memory"); err != nil {
		return false, err
	}
	var pageSize int
	if err := conn.QueryRowContext(ctx, "PRAGMA page_size").Scan(&pageSize); err != nil {
		return false, err
	}
	if err := scrub(file, pageSize); err != nil {
		return false, err
	}
	return true, nil
}

// openRaw opens the file of the database beside SQLite. It stays open until the
// store is closed: POSIX takes all of a process's locks from a file as soon as
// any descriptor of it is closed, SQLite's too.
func (e *engine) openRaw(ctx context.Context, writer *sql.DB) (*os.File, error) {
	e.rawLock.Lock()
	defer e.rawLock.Unlock()
	if e.raw != nil {
		return e.raw, nil
	}
	var number int
	var name, path string
	if err := writer.QueryRowContext(ctx, "PRAGMA database_list").Scan(&number, &name, &path); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	e.raw = file
	return file, nil
}

func (e *engine) closeRaw() error {
	e.rawLock.Lock()
	defer e.rawLock.Unlock()
	if e.raw == nil {
		return nil
	}
	return e.raw.Close()
}

// warm reads the file once, so that it need not be fetched from the medium
// while writes wait.
func warm(ctx context.Context, file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	for offset := int64(0); offset < info.Size() && ctx.Err() == nil; offset += chunkSize {
		if _, err := io.Copy(io.Discard, io.NewSectionReader(file, offset, chunkSize)); err != nil {
			return fmt.Errorf("sqlite: %w", err)
		}
	}
	return ctx.Err()
}

// emptyLog folds the write-ahead log into the file and cuts it to nothing. It
// fails quietly while somebody reads what stands in the log: SQLite then says
// busy in its reply and not by an error.
func emptyLog(ctx context.Context, conn *sql.Conn) (emptied bool, err error) {
	var usual int64
	if err := conn.QueryRowContext(ctx, "PRAGMA busy_timeout").Scan(&usual); err != nil {
		return false, err
	}
	if _, err := conn.ExecContext(ctx, fmt.Sprintf("PRAGMA busy_timeout = %d", purgePatience.Milliseconds())); err != nil {
		return false, err
	}
	defer func() {
		if _, e := conn.ExecContext(ctx, fmt.Sprintf("PRAGMA busy_timeout = %d", usual)); e != nil {
			// A connection with another patience than asked for must not stay.
			conn.Raw(func(any) error { return driver.ErrBadConn })
			err = errors.Join(err, e)
		}
	}()
	var busy, frames, folded int64
	err = conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &folded)
	return err == nil && busy == 0, err
}
