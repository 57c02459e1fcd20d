//go:build unix

package sqlite

import (
	"fmt"
	"syscall"
)

// FreeSpace is how many bytes this user may still write to the medium of a folder.
func FreeSpace(folder string) (int64, error) {
	var medium syscall.Statfs_t
	if err := syscall.Statfs(folder, &medium); err != nil {
		return 0, fmt.Errorf("sqlite: free space of %s: %w", folder, err)
	}
	return int64(medium.Bavail) * int64(medium.Bsize), nil
}
