//go:build unix

package erasures

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lock waits until no other process, and no other opening of the file in this
// one, works on it.
func lock(file *os.File) error {
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			return fmt.Errorf("erasures: lock %s: %w", file.Name(), err)
		}
		return nil
	}
}
