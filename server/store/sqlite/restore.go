package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/painscore/painscore/server/store"
)

// Names that a restore gives to files beside the store, after the store's own.
const (
	restoringSuffix = ".restoring"
	setAsideSuffix  = ".set-aside-"
)

// RestoreOptions say what a copy must pass and go through on its way.
type RestoreOptions struct {
	// Accept judges what is in the copy; an error ends the restore.
	Accept func(Examination) error
	// Prepare works on the copy, brought to this program's schema, before it
	// takes the store's place: it removes again what was erased since.
	Prepare  func(context.Context, store.Store) error
	Progress Progress
}

// Restored says what a restore did.
type Restored struct {
	Examination        // of the copy as it came
	SetAside    string // where the store is that was in use; empty if there was none
}

// Restore puts a copy of the backup at from into the place of the store at path.
// The store that was there is kept under another name, never deleted. Nothing is
// touched before the copy was verified: against the manifest, if there is one,
// and through its whole structure. ErrInUse while a server has the store open.
//
// Cut off at any moment, it leaves the old store or the new one in its place; or
// neither, and then both are whole under their other names, Open refuses to
// begin anew, and restoring again mends it.
func Restore(ctx context.Context, from, path string, options RestoreOptions) (Restored, error) {
	return restoring{options: options, step: func(string) error { return nil }}.run(ctx, from, path)
}

// restoring is one restore. step is called after each change to the folder; a
// test ends it there.
type restoring struct {
	options RestoreOptions
	step    func(done string) error
}

func (r restoring) run(ctx context.Context, from, path string) (done Restored, err error) {
	if path, err = filepath.Abs(path); err != nil {
		return done, err
	}
	if err := makeFolder(filepath.Dir(path)); err != nil {
		return done, err
	}
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, lock.release()) }()
	incoming := path + restoringSuffix
	if err := removeDatabase(incoming); err != nil { // of a restore that was cut off
		return done, err
	}
	if done.Examination, err = r.fetch(ctx, from, incoming); err == nil {
		err = r.prepare(ctx, incoming)
	}
	if err != nil {
		return done, errors.Join(err, removeDatabase(incoming))
	}
	done.SetAside, err = r.swap(path, incoming)
	return done, err
}

// fetch copies the backup beside the store and verifies the copy, which is what
// will be used.
func (r restoring) fetch(ctx context.Context, from, incoming string) (e Examination, err error) {
	if log, err := os.Stat(from + "-wal"); err == nil && log.Size() > 0 {
		return e, fmt.Errorf("%w: %s has a log beside it, so it is the file of a server and no backup: put both into a folder of their own and run backup on that", ErrNotAStore, from)
	}
	manifest, err := ReadManifest(from)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return e, err
	}
	bytes, hash, err := r.copyFile(ctx, from, incoming)
	if err != nil {
		return e, err
	}
	if manifest.SHA256 != "" && (bytes != manifest.Bytes || hash != manifest.SHA256) {
		return e, fmt.Errorf("%w: %s is not what its manifest says (%d bytes, SHA-256 %s): it changed after it was written", ErrDamaged, from, manifest.Bytes, manifest.SHA256)
	}
	if err := r.step("copied"); err != nil {
		return e, err
	}
	r.options.Progress.tell("verify", 0, 0)
	if e, err = Examine(ctx, incoming, true); err != nil {
		return e, err
	}
	if err := e.refuse(from); err != nil {
		return e, err
	}
	if r.options.Accept != nil {
		return e, r.options.Accept(e)
	}
	return e, nil
}

func (r restoring) copyFile(ctx context.Context, from, to string) (bytes int64, hash string, err error) {
	source, err := os.Open(from)
	if err != nil {
		return 0, "", fmt.Errorf("sqlite: %w", err)
	}
	defer source.Close()
	info, err := source.Stat()
	if err != nil {
		return 0, "", fmt.Errorf("sqlite: %w", err)
	}
	if err := checkSpace(filepath.Dir(to), info.Size()); err != nil {
		return 0, "", err
	}
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, "", fmt.Errorf("sqlite: %w", err)
	}
	bytes, hash, err = copyHashed(ctx, target, source, "copy", r.options.Progress)
	return bytes, hash, errors.Join(err, target.Sync(), target.Close())
}

// prepare opens the copy as a server would, which brings its schema up to date,
// and lets the caller work on it.
func (r restoring) prepare(ctx context.Context, incoming string) error {
	r.options.Progress.tell("prepare", 0, 0)
	// It is a copy already: no further one is made before it is migrated.
	opened, err := openLocked(ctx, incoming, Options{withoutCopy: true}.withDefaults())
	if err != nil {
		return err
	}
	if r.options.Prepare != nil {
		err = r.options.Prepare(ctx, opened)
	}
	if err := errors.Join(err, opened.Close()); err != nil {
		return err
	}
	if log, err := os.Stat(incoming + "-wal"); err == nil && log.Size() > 0 {
		return fmt.Errorf("sqlite: something else has %s open: try again", incoming)
	}
	return errors.Join(removeLogs(incoming), syncFile(incoming), r.step("prepared"))
}

// swap sets the store aside and gives the copy its name. The log belongs to its
// own database and goes with it: under the new one it would be taken for its.
func (r restoring) swap(path, incoming string) (aside string, err error) {
	if exists(path) || exists(path+"-wal") {
		if aside, err = asideName(path); err != nil {
			return "", err
		}
	}
	for _, suffix := range []string{"", "-wal"} {
		if !exists(path + suffix) {
			continue
		}
		if err := os.Rename(path+suffix, aside+suffix); err != nil {
			return aside, fmt.Errorf("sqlite: %w", err)
		}
		if err := r.renamed(path, "set aside"+suffix); err != nil {
			return aside, err
		}
	}
	if err := removeLogs(path); err != nil {
		return aside, err
	}
	if err := os.Rename(incoming, path); err != nil {
		return aside, fmt.Errorf("sqlite: %w", err)
	}
	return aside, r.renamed(path, "in place")
}

// asideName is the name under which a store is set aside. A log without its
// database was left by a restore that was cut off: it follows its database.
func asideName(path string) (string, error) {
	if !exists(path) {
		earlier, err := filepath.Glob(globEscape(path+setAsideSuffix) + "*Z")
		if err != nil {
			return "", fmt.Errorf("sqlite: %w", err)
		}
		if n := len(earlier); n > 0 && !exists(earlier[n-1]+"-wal") { // the newest: the names sort by time
			return earlier[n-1], nil
		}
	}
	name := path + setAsideSuffix + time.Now().UTC().Format("20060102T150405.000Z")
	if exists(name) || exists(name+"-wal") {
		return "", fmt.Errorf("%w: %s: try again", ErrExists, name)
	}
	return name, nil
}

// renamed flushes the folder: the next rename must not reach the medium first.
func (r restoring) renamed(path, what string) error {
	return errors.Join(syncFile(filepath.Dir(path)), r.step(what))
}

// checkUnfinished refuses to begin a new store where a restore was cut off
// between its last renames. The database is missing then, and whole under two
// other names.
func checkUnfinished(path string) error {
	if !exists(path + restoringSuffix) {
		return nil
	}
	return fmt.Errorf("%w: %s is missing and a restore was cut off: run the restore again; the database that was in use is kept as %s*", ErrDamaged, path, path+setAsideSuffix)
}

// removeDatabase removes a database that nobody uses, with its logs.
func removeDatabase(path string) error {
	return errors.Join(remove(path), removeLogs(path))
}

func removeLogs(path string) error {
	return errors.Join(remove(path+"-wal"), remove(path+"-shm"), remove(path+"-journal"))
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("sqlite: %w", err)
	}
	return nil
}
