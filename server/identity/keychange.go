package identity

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// How a key file changes: it is read, changed and written anew under a lock, and
// the new one takes the old one's name when it is whole and on the medium. Cut
// off at any moment, the file is the old one or the new one. No change but
// Retire and FinishLookupChange ends with a key less.

// partSuffix is on what is being written; a rest of it means nothing.
const partSuffix = ".part-*"

// Complete adds to the key file the keys that Missing names, and returns their
// purposes. What is there stays as it is.
func Complete(path string) (added []string, err error) {
	err = change(path, func(old *ring) ([]key, error) {
		keys := slices.Clone(old.lines)
		if added = keyringOf(old).Missing(); len(added) == 0 {
			return nil, nil
		}
		for _, purpose := range added {
			state := stateCurrent
			if purpose == purposeLog {
				state = time.Now().UTC().Format(monthLayout)
			}
			keys = append(keys, newKey(purpose, state))
		}
		return keys, nil
	})
	return added, err
}

// RotateSeal adds a sealing key that seals from now on, and returns its id. The
// one before goes on opening what it has sealed.
func RotateSeal(path string) (id string, err error) {
	err = change(path, func(old *ring) ([]key, error) {
		keys := slices.Clone(old.lines)
		for i := range keys {
			if keys[i].purpose == purposeSeal {
				keys[i].state = stateOpens
			}
		}
		next := newKey(purposeSeal, stateCurrent)
		id = next.id
		return append(keys, next), nil
	})
	return id, err
}

// logNotice is how long before its month a key of the log is in the file:
// a month's chain has one key, in every time zone, and running servers see the
// new one before they need it.
const logNotice = 48 * time.Hour

// RotateLog adds a key for the access log that holds from the beginning of the
// next month on, which it returns; within the last two days of a month, from
// the month after. Months before keep theirs, with which they are verified.
func RotateLog(path string, now time.Time) (from string, err error) {
	at := now.UTC().Add(logNotice)
	from = time.Date(at.Year(), at.Month()+1, 1, 0, 0, 0, 0, time.UTC).Format(monthLayout)
	return from, change(path, func(old *ring) ([]key, error) {
		if old.hasLogKeyFrom(from) {
			return nil, fmt.Errorf("identity: the file has a log key from %s on already", from)
		}
		return append(slices.Clone(old.lines), newKey(purposeLog, from)), nil
	})
}

// Retire removes earlier sealing keys. What they sealed cannot be opened ever
// after: it is for the caller to know that there is nothing left of it.
func Retire(path string, ids []string) error {
	return change(path, func(old *ring) ([]key, error) {
		retired := func(k key) bool {
			return k.purpose == purposeSeal && k.state == stateOpens && slices.Contains(ids, k.id)
		}
		keys := slices.DeleteFunc(slices.Clone(old.lines), retired)
		if len(keys) != len(old.lines)-len(ids) {
			return nil, errors.New("identity: not all of these are earlier sealing keys")
		}
		return keys, nil
	})
}

// NextFile is where a look-up key lies that is about to take the place of the
// one in the key file at path.
func NextFile(path string) string { return path + ".next" }

// PrepareLookupChange is the first of three steps to another look-up key. It
// writes NextFile, which has the new key beside all others, and returns it and
// the keys as they are. The second step is to hash everybody anew, the third
// FinishLookupChange. Cut off before the second step, nothing has changed and
// this step is repeated, with the same key; cut off after it, the third remains.
// Which of them it was, a store tells by the fingerprint that it has.
func PrepareLookupChange(path string) (old, next *Keyring, err error) {
	unlock, err := lockFolder(filepath.Dir(path))
	if err != nil {
		return nil, nil, err
	}
	defer unlock()
	if old, err = Load(path); err != nil {
		return nil, nil, err
	}
	lookup := newKey(purposeLookup, stateCurrent)
	begun, err := Load(NextFile(path))
	switch {
	case err == nil && begun.Fingerprint() != old.Fingerprint():
		lookup = begun.ring.Load().lookupKey()
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, nil, err
	}
	if err := write(NextFile(path), old.ring.Load().withLookup(lookup)); err != nil {
		return nil, nil, err
	}
	next, err = Load(NextFile(path))
	return old, next, err
}

// FinishLookupChange gives the key file the look-up key of NextFile. The file
// as it was is kept as the one that it names: backups from before need it.
func FinishLookupChange(path string) (before string, err error) {
	unlock, err := lockFolder(filepath.Dir(path))
	if err != nil {
		return "", err
	}
	defer unlock()
	old, err := Load(path)
	if err != nil {
		return "", err
	}
	next, err := Load(NextFile(path))
	if err != nil {
		return "", err
	}
	keys := old.ring.Load()
	if old.Fingerprint() != next.Fingerprint() {
		before = path + ".before-" + next.ring.Load().lookupKey().id
		if err := keep(path, before); err != nil {
			return "", err
		}
		if err := write(path, keys.withLookup(next.ring.Load().lookupKey())); err != nil {
			return "", err
		}
	}
	if err := os.Remove(NextFile(path)); err != nil {
		return before, fmt.Errorf("identity: %w", err)
	}
	return before, syncFolder(filepath.Dir(path))
}

// keep gives the key file a second name, under which it stays when another
// takes the first. A name from a step that was cut off is taken over.
func keep(path, name string) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("identity: %w", err)
	}
	if err := os.Link(path, name); err != nil {
		return fmt.Errorf("identity: keep the key file: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

func (r *ring) lookupKey() key {
	at := slices.IndexFunc(r.lines, func(k key) bool { return k.purpose == purposeLookup })
	return r.lines[at]
}

// withLookup is the ring's keys with another one for look-ups. The key of Mark
// gets a line of its own if it has none, since it stays what it was.
func (r *ring) withLookup(next key) []key {
	keys := slices.Clone(r.lines)
	for i := range keys {
		if keys[i].purpose == purposeLookup {
			keys[i] = next
		}
	}
	if r.mark == nil {
		keys = append(keys, key{purposeMark, r.lookupKey().id, stateCurrent, r.lookup})
	}
	return keys
}

// change writes what f makes of the key file's keys; nothing if that is nil.
func change(path string, f func(*ring) ([]key, error)) error {
	unlock, err := lockFolder(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer unlock()
	old, err := Load(path)
	if err != nil {
		return err
	}
	keys, err := f(old.ring.Load())
	if err != nil || keys == nil {
		return err
	}
	return write(path, keys)
}

// write puts a key file in the place of the one at path, if there is one. It is
// read back before, and the old one stays until the new one is on the medium.
func write(path string, keys []key) error {
	text := encodeKeys(keys)
	if _, err := parseKeys(text); err != nil {
		return fmt.Errorf("identity: the keys do not make a key file: %w", err)
	}
	folder := filepath.Dir(path)
	rests, _ := filepath.Glob(path + partSuffix) // the pattern is well formed unless the path is not, and then nothing is found
	for _, rest := range rests {
		if err := os.Remove(rest); err != nil {
			return fmt.Errorf("identity: %w", err)
		}
	}
	file, err := os.CreateTemp(folder, filepath.Base(path)+partSuffix) // O_EXCL, 0600
	if err != nil {
		return fmt.Errorf("identity: %w", err)
	}
	defer os.Remove(file.Name()) // fails after the rename, as it should
	_, err = file.Write(text)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("identity: write the key file: %w", err)
	}
	if back, err := os.ReadFile(file.Name()); err != nil || !bytes.Equal(back, text) {
		return errors.Join(errors.New("identity: the key file is not what was written"), err)
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return fmt.Errorf("identity: write the key file: %w", err)
	}
	return syncFolder(folder)
}

// Reload is Load for a file that has changed under a running server. What it
// returns is on the medium: a power cut must not take a key back that was used.
func Reload(path string) (*Keyring, error) {
	if err := syncFolder(filepath.Dir(path)); err != nil {
		return nil, err
	}
	return Load(path)
}
