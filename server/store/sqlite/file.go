package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// applicationID marks a SQLite file as ours: "pain" in ASCII.
const applicationID = 0x7061696e

const magic = "SQLite format 3\x00"

// checkTime bounds how long the structure of the file is looked through at the
// start; a small store is checked whole. It keeps the start of a large one short.
const checkTime = 100 * time.Millisecond

func makeFolder(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	return nil
}

// makeFile makes a new store if there is no file at path. It is made whole
// under another name and then renamed: a file that exists is always one that
// was finished, and an empty one is damage, never a fresh start.
func makeFile(ctx context.Context, path string, options Options) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	// A new file would inherit the log of the one that is gone.
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 0 {
		return fmt.Errorf("%w: %s is missing but its log %s-wal is there: put the file back, or restore a backup", ErrDamaged, path, path)
	}
	if err := checkUnfinished(path); err != nil {
		return err
	}
	unfinished := path + ".new"
	if err := removeDatabase(unfinished); err != nil {
		return err
	}
	if err := buildFile(ctx, unfinished, options); err != nil {
		return err
	}
	if err := os.Rename(unfinished, path); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	return syncFile(filepath.Dir(path))
}

func buildFile(ctx context.Context, path string, options Options) error {
	// SQLite gives its log files the permissions of this one.
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	db := openHandle(writerDSN(path, options), 1)
	_, err = db.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID))
	if err == nil {
		_, err = migrate(ctx, path, db, false)
	}
	if err == nil {
		err = checkpoint(db)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("sqlite: make %s: %w", path, err)
	}
	return syncFile(path)
}

// syncFile flushes a file, or a folder's list of names, to the medium.
func syncFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	return errors.Join(file.Sync(), file.Close())
}

// checkFile looks at the file before SQLite does. SQLite takes an empty file
// for a new database, and finds a truncated one only when it misses a page.
func checkFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%w: %s is not a file", ErrNotAStore, path)
	}
	header := make([]byte, 100)
	if _, err := io.ReadFull(file, header); err != nil || string(header[:len(magic)]) != magic {
		return fmt.Errorf("%w: %s does not begin like a SQLite file (%d bytes): it was left untouched; restore a backup, or use another data folder", ErrNotAStore, path, info.Size())
	}
	// While there is a log, the file itself may lag behind its header.
	if log, err := os.Stat(path + "-wal"); err == nil && log.Size() > 0 {
		return nil
	}
	if want := headerSize(header); info.Size() < want {
		return fmt.Errorf("%w: %s has %d bytes of %d: it was left untouched; restore a backup", ErrDamaged, path, info.Size(), want)
	}
	return nil
}

// headerSize is the size that a database header gives for its file
// (https://sqlite.org/fileformat2.html, offsets 16 and 28).
func headerSize(header []byte) int64 {
	page := int64(binary.BigEndian.Uint16(header[16:]))
	if page == 1 {
		page = 65536
	}
	return page * int64(binary.BigEndian.Uint32(header[28:]))
}

// checkMark makes sure that the file is a store of ours.
func checkMark(ctx context.Context, path string, db *sql.DB) error {
	var id int64
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return fmt.Errorf("%w: %s: it was left untouched; restore a backup: %w", ErrDamaged, path, err)
	}
	if id != applicationID {
		return fmt.Errorf("%w: %s is a SQLite file of another program", ErrNotAStore, path)
	}
	return nil
}

// checkUntouched looks at the content through a connection that cannot write.
// One that can would, when it is closed again, fold the log into a file that
// was found damaged, perhaps by that very log.
func checkUntouched(ctx context.Context, path string) error {
	db := openBeside(path, true)
	if info, err := os.Stat(path + "-journal"); err == nil && info.Size() > 0 {
		// Cut off while a restored copy was turned to keeping a log. Only a
		// connection that can write can read the file now.
		db = openHandle(writerDSN(path, Options{}.withDefaults()), 1)
	}
	return errors.Join(checkContent(ctx, path, db), db.Close())
}

// checkContent makes sure that the file is a store of ours and, as far as
// checkTime reaches, that its pages hang together.
func checkContent(ctx context.Context, path string, db *sql.DB) error {
	if err := checkMark(ctx, path, db); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	var verdict string
	err := db.QueryRowContext(limited, "PRAGMA quick_check(1)").Scan(&verdict)
	switch {
	case limited.Err() != nil:
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("%w: %s: it was left untouched; restore a backup: %w", ErrDamaged, path, err)
	case verdict != "ok":
		return fmt.Errorf("%w: %s: %s: it was left untouched; restore a backup", ErrDamaged, path, verdict)
	}
	return nil
}
