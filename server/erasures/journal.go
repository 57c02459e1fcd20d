// Package erasures keeps a journal of who was erased, outside the database, so
// that no database from before can bring anybody back: neither a restored
// backup, nor a file that was put back by hand, nor a machine that was rolled
// back to a snapshot.
//
// Each erasure is written to the journal, and is on the medium, before the
// database begins with it (Record). At every start what the database does not
// know of is carried out again (Apply). The journal holds opaque patient keys,
// which mean nothing but in a copy of the database that still has the patient,
// and keyed hashes of the names of the forms that went: by these a form is
// refused that came after the backup and is sent again after the restore.
//
// It is a file of JSON lines that only grows. Each line has a check value over
// itself and everything before it, so that a line that was changed, removed or
// put in between is noticed. Several processes may have one file on a medium
// whose locks they share; each of them may as well have its own.
package erasures

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/painscore/painscore/server/store"
)

// ErrDamaged: the journal is not what was written. Nothing is applied from it
// or added to it, since it is not known who is missing.
var ErrDamaged = errors.New("erasures: the journal is damaged")

// ErrIDReused: the id stands in the journal for the erasure of another patient.
var ErrIDReused = errors.New("erasures: the id stands for the erasure of another patient")

// maxJournal bounds what is read: some ten thousand erasures of patients with a
// hundred forms each.
const maxJournal = 64 << 20

// Journal is an open journal. It is safe for concurrent use, also by several
// processes.
type Journal struct{ path string }

// Open opens the journal at path and makes it, readable by this user only, if
// there is none. ErrDamaged if it does not hold what was written to it.
func Open(path string) (*Journal, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	j := &Journal{path}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("erasures: %w", err)
	}
	_, err = os.Lstat(path)
	isNew := errors.Is(err, os.ErrNotExist)
	if err := j.locked(func(*os.File) error { return nil }); err != nil {
		return nil, err
	}
	if isNew {
		if err := syncFolder(filepath.Dir(path)); err != nil {
			return nil, err
		}
	}
	_, err = j.entries()
	return j, err
}

// Record writes an erasure that is about to be carried out. When it returns
// without an error, the erasure will be carried out, here or at a later start,
// in every database that has the patient. Recording an erasure again writes
// nothing, unless the patient has got further keys or forms since; under the id of another
// patient's erasure it is ErrIDReused.
func (j *Journal) Record(ctx context.Context, erasure store.Erasure) error {
	if erasure.ErasureID == "" || len(erasure.PatientKeys) == 0 {
		return errors.New("erasures: an erasure without an id or without a patient")
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return j.locked(func(file *os.File) error {
		read, err := j.read(file)
		if err != nil {
			return err
		}
		if done, err := read.recorded(erasure); done || err != nil {
			return err
		}
		text, err := encode(erasure, read.check)
		if err != nil {
			return err
		}
		// A last line that was cut off belongs to an erasure that never began.
		if err := file.Truncate(read.whole); err != nil {
			return fmt.Errorf("erasures: %w", err)
		}
		if _, err := file.WriteAt(text, read.whole); err != nil {
			return errors.Join(fmt.Errorf("erasures: %w", err), file.Truncate(read.whole))
		}
		if err := file.Sync(); err != nil {
			return fmt.Errorf("erasures: %w", err)
		}
		return nil
	})
}

// Len is how many erasures the journal holds.
func (j *Journal) Len() (int, error) {
	entries, err := j.entries()
	return len(entries), err
}

// Holds tells whether an erasure that a store knows is in the journal.
func (j *Journal) Holds(erasureID string) (bool, error) {
	entries, err := j.entries()
	return slices.ContainsFunc(entries, func(e entry) bool { return slices.Contains(e.ids(), erasureID) }), err
}

func (j *Journal) entries() (entries []entry, err error) {
	err = j.locked(func(file *os.File) error {
		read, err := j.read(file)
		entries = read.entries
		return err
	})
	return entries, err
}

// content is what stands in the file.
type content struct {
	entries []entry
	check   string // of the last whole line
	whole   int64  // how many bytes whole lines take
}

// recorded tells whether an erasure stands there with all its keys.
func (c content) recorded(erasure store.Erasure) (bool, error) {
	var same, other bool
	for _, e := range c.entries {
		if e.ErasureID != erasure.ErasureID {
			continue
		}
		lacking := slices.DeleteFunc(slices.Clone(erasure.PatientKeys), func(key string) bool { return slices.Contains(e.PatientKeys, key) })
		switch len(lacking) {
		case 0:
			if e.marks(erasure.Marks) {
				return true, nil
			}
			same = true // a form has come since
		case len(erasure.PatientKeys):
			other = true
		default:
			same = true
		}
	}
	if other && !same {
		return false, ErrIDReused
	}
	return false, nil
}

// read reads the file. What stands after the last line end was cut off before
// it was acknowledged, and counts for nothing.
func (j *Journal) read(file *os.File) (c content, err error) {
	text, err := io.ReadAll(io.NewSectionReader(file, 0, maxJournal+1))
	if err != nil {
		return c, fmt.Errorf("erasures: %w", err)
	}
	if len(text) > maxJournal {
		return c, fmt.Errorf("%w: %s is far too long", ErrDamaged, j.path)
	}
	for number := 1; ; number++ {
		end := bytes.IndexByte(text[c.whole:], '\n')
		if end < 0 {
			return c, nil
		}
		e, check, err := decode(text[c.whole:c.whole+int64(end)], c.check)
		if err != nil {
			return c, fmt.Errorf("%w: %s, line %d: %w: put back the last copy of it that fits; without it somebody who was erased may come back with a backup", ErrDamaged, j.path, number, err)
		}
		c.entries, c.check, c.whole = append(c.entries, e), check, c.whole+int64(end)+1
	}
}

// locked opens the file, keeps others away, calls f and closes it.
func (j *Journal) locked(f func(*os.File) error) error {
	file, err := os.OpenFile(j.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("erasures: %w", err)
	}
	info, err := file.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = fmt.Errorf("%w: %s is not a file", ErrDamaged, j.path)
	case info.Mode().Perm()&0o022 != 0 && runtime.GOOS != "windows":
		err = fmt.Errorf("%w: %s can be changed by other users (mode %04o): run chmod 600 on it", ErrDamaged, j.path, info.Mode().Perm())
	default:
		if err = lock(file); err == nil {
			err = f(file)
		}
	}
	return errors.Join(err, file.Close()) // which unlocks it
}

// syncFolder flushes a folder's list of names to the medium.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("erasures: %w", err)
	}
	return errors.Join(folder.Sync(), folder.Close())
}
