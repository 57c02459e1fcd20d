//go:build unix

package sqlite

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

// fileLock keeps other processes away from a store. SQLite's own locks would
// let two servers write in turn, each believing itself the only one that gives
// out change numbers and queues writes. The lock is the kernel's: it ends with
// the process, however that ends, and a file left behind means nothing.
type fileLock struct{ file *os.File }

func lockFile(path string) (*fileLock, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	// Running holds the lock for an instant; a server that starts just then waits.
	for range 10 {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = fmt.Errorf("%w%s: stop it, or use another data folder (lock file %s)", ErrInUse, holder(file), path)
		file.Close()
		return nil, err
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("sqlite: lock %s: %w", path, err)
	}
	// For whoever looks for the holder; the lock does not depend on it.
	if err := file.Truncate(0); err == nil {
		fmt.Fprintf(file, "%d\n", os.Getpid())
	}
	return &fileLock{file}, nil
}

// Running tells whether a process has the store at path open, and its number if
// it wrote it down. It makes no file.
func Running(path string) (running bool, number string, err error) {
	file, err := os.Open(path + ".lock")
	if errors.Is(err, os.ErrNotExist) {
		return false, "", nil
	}
	if err != nil {
		return false, "", fmt.Errorf("sqlite: %w", err)
	}
	defer file.Close() // which gives the lock back
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return true, processNumber(file), nil
	}
	if err != nil {
		return false, "", fmt.Errorf("sqlite: lock %s: %w", file.Name(), err)
	}
	return false, "", nil
}

// holder names the process that has the lock, for an error.
func holder(file *os.File) string {
	if number := processNumber(file); number != "" {
		return " (number " + number + ")"
	}
	return ""
}

// processNumber is what the process that has the lock wrote into its file.
func processNumber(file *os.File) string {
	text := make([]byte, 32)
	n, _ := file.Read(text)
	return strings.TrimSpace(string(text[:n]))
}

// release lets others have the store. The file stays: removing it could pull it
// from under a process that has just opened it.
func (l *fileLock) release() error {
	if l == nil || l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	return err
}
