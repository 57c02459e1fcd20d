//go:build unix

package access

import (
	"errors"
	"syscall"
)

// isFull says whether an error means that the medium, or this user's part of
// it, has no room.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
