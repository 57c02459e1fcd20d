package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// ErrExists: a file is there already, and nothing replaces it.
var ErrExists = errors.New("sqlite: the file is there already")

// Progress is told how far a long step has come, in bytes. A total of 0 means
// that nobody can tell. It is called from one goroutine at a time.
type Progress func(step string, done, total int64)

func (p Progress) tell(step string, done, total int64) {
	if p != nil {
		p(step, done, total)
	}
}

// Backup copies the store at path into a new file, readable by this user only,
// and writes a manifest beside it. A server may have the store open and go on:
// the copy holds everything that was acknowledged before the call, and nothing
// of what was erased. software names the version of the program, for the manifest.
//
// The file appears under its name when it is on the medium and was read back
// and verified; before that it is called to + ".unfinished". ErrExists if there
// is anything under one of the names. The keys are not in it.
func Backup(ctx context.Context, path, to, software string, progress Progress) (m Manifest, err error) {
	before, err := Examine(ctx, path, false)
	if err != nil {
		return m, err
	}
	if to, err = filepath.Abs(to); err != nil {
		return m, err
	}
	unfinished := to + ".unfinished"
	for _, name := range []string{to, ManifestOf(to)} {
		if exists(name) {
			return m, fmt.Errorf("%w: %s: a backup never replaces one: name another file", ErrExists, name)
		}
	}
	if exists(unfinished) {
		return m, fmt.Errorf("%w: %s: another backup is running, or one was cut off: remove it if none is", ErrExists, unfinished)
	}
	m = Manifest{Format: manifestFormat, MadeAt: time.Now().UTC().Truncate(time.Second), Software: software}
	after, err := copyVerified(ctx, path, unfinished, progress)
	if err != nil {
		return m, err
	}
	defer os.Remove(unfinished)
	if after.Changes < before.Changes || after.SchemaVersion < before.SchemaVersion {
		return m, fmt.Errorf("%w: the copy of %s lacks changes that the store has: it was thrown away", ErrDamaged, path)
	}
	if err := m.fill(ctx, after, unfinished, progress); err != nil {
		return m, err
	}
	if err := m.write(ManifestOf(to)); err != nil {
		return m, err
	}
	if err := publish(unfinished, to); err != nil {
		return m, errors.Join(err, remove(ManifestOf(to)))
	}
	return m, nil
}

// copyVerified makes a compact copy of the store at path and reads it back. What
// is returned describes the copy. On an error none is left.
func copyVerified(ctx context.Context, path, to string, progress Progress) (e Examination, err error) {
	if err := vacuumInto(ctx, path, to, progress); err != nil {
		return e, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(to))
		}
	}()
	progress.tell("verify", 0, 0)
	if e, err = Examine(ctx, to, true); err != nil {
		return e, err
	}
	return e, e.refuse(to)
}

// vacuumInto makes the copy and flushes it. Where the medium is too small it
// says so before it begins.
func vacuumInto(ctx context.Context, path, to string, progress Progress) (err error) {
	db := openBeside(path, false)
	defer db.Close()
	var size int64
	if err := db.QueryRowContext(ctx, "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size").Scan(&size); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrDamaged, path, err)
	}
	if err := checkSpace(filepath.Dir(to), size); err != nil {
		return err
	}
	// SQLite takes an empty file; made here, nobody else can ever read it.
	file, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: %s", ErrExists, to)
	}
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(to))
		}
	}()
	if err := file.Close(); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	stop := watchSize(to, size, progress)
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", to)
	stop()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("sqlite: copy %s to %s: %w", path, to, err)
	}
	return syncFile(to)
}

// watchSize tells how a file grows, until it is stopped.
func watchSize(path string, total int64, progress Progress) (stop func()) {
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for tick := time.NewTicker(200 * time.Millisecond); ; {
			select {
			case <-end:
				tick.Stop()
				return
			case <-tick.C:
				if info, err := os.Stat(path); err == nil {
					progress.tell("copy", min(info.Size(), total), total)
				}
			}
		}
	}()
	return func() { close(end); <-ended }
}

// checkSpace refuses a folder whose medium has not room for so many bytes, and
// for a little more: a medium filled to the brim would stop the server.
func checkSpace(folder string, size int64) error {
	free, err := FreeSpace(folder)
	if err != nil {
		return err
	}
	if need := size + size/20 + 1<<20; free < need {
		return fmt.Errorf("sqlite: a copy needs %d MB in %s and %d MB are free: make room, or name another place", need>>20+1, folder, free>>20)
	}
	return nil
}

// publish gives a finished file its name, unless that is taken.
func publish(unfinished, name string) error {
	// Unlike a rename, a link never replaces anything; some media have none.
	err := os.Link(unfinished, name)
	switch {
	case err == nil:
		err = os.Remove(unfinished)
	case errors.Is(err, fs.ErrExist), exists(name):
		return fmt.Errorf("%w: %s", ErrExists, name)
	default:
		err = os.Rename(unfinished, name)
	}
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	return syncFile(filepath.Dir(name))
}
