package access

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
)

// DefaultReserve is how many bytes are kept free for the access log: on SQLite
// the events of some ten thousand calls that come one by one, of which each is a
// commit of a few pages, and of more where several share one.
const DefaultReserve = 16 << 20

// Reserve keeps room on the medium that only the access log may use: a file
// that is given up when the disk is full. Who can still read is then on record,
// and there is time to make room before reading has to stop.
type Reserve struct {
	path string
	size int64
	only func(bool) // keeps other writers away from the room

	mu   sync.Mutex
	free bool // given up
}

// OpenReserve makes the file, or takes the one that is there. logOnly is told
// when the room is the log's alone (true), and when no longer. A disk that has
// no room for the file is not an error: the reserve then counts as given up.
func OpenReserve(path string, size int64, logOnly func(bool)) (*Reserve, error) {
	r := &Reserve{path: path, size: size, only: logOnly, free: true}
	if _, err := r.Restore(); err != nil {
		return nil, err
	}
	return r, nil
}

// Release gives the room up. It says whether there was any: the second time in
// a row there is none left.
func (r *Reserve) Release() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.free {
		return false
	}
	r.free = true
	r.only(true)
	// Without its bytes the file is nothing: even where it cannot be removed.
	if err := os.Truncate(r.path, 0); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false
	}
	return true
}

// Restore takes the room back once the disk has it; kept says that it is there.
func (r *Reserve) Restore() (kept bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.free {
		return true, nil
	}
	err = fill(r.path, r.size)
	switch {
	case isFull(err):
		r.only(true)
		return false, nil
	case err != nil:
		return false, fmt.Errorf("access: room kept for the log: %w", err)
	}
	r.free = false
	r.only(false)
	return true, nil
}

// Kept says whether the room is there.
func (r *Reserve) Kept() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.free
}

// fill makes sure that a file of this size is on the medium. It is written, and
// not only given a length: a file system may promise what it does not have. If
// there is no room nothing of it stays.
func fill(path string, size int64) error {
	if info, err := os.Stat(path); err == nil && info.Size() == size {
		return nil
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	chunk := make([]byte, 64<<10)
	for i := range chunk {
		chunk[i] = byte(i * 31) // no zeros, which some file systems leave out
	}
	for left := size; left > 0 && err == nil; left -= int64(len(chunk)) {
		_, err = file.Write(chunk[:min(left, int64(len(chunk)))])
	}
	if err == nil {
		err = file.Sync()
	}
	if err != nil {
		err = errors.Join(err, file.Truncate(0))
	}
	return errors.Join(err, file.Close())
}
