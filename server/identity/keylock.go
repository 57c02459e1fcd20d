//go:build unix

package identity

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lockFolder waits until nobody else changes a key file in the folder. Of two
// changes at once the later would undo the first, and lose its keys. The lock is
// on the folder itself, so that no file is left behind; it ends with the process.
func lockFolder(path string) (unlock func(), err error) {
	folder, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	for {
		err := syscall.Flock(int(folder.Fd()), syscall.LOCK_EX)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			folder.Close()
			return nil, fmt.Errorf("identity: lock %s: %w", path, err)
		}
		return func() { folder.Close() }, nil
	}
}
