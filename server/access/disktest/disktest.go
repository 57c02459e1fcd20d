// Package disktest gives tests a disk so small that it can be filled.
package disktest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// Small mounts an empty file system of its own with room for this size, such as
// "256k", until the test ends, and returns its folder. That needs root, or sudo
// without a password: without them the test is skipped, but fails where CI is
// "true".
func Small(t *testing.T, size string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	as := func(args ...string) *exec.Cmd {
		if os.Geteuid() != 0 {
			args = append([]string{"sudo", "-n"}, args...)
		}
		return exec.Command(args[0], args[1:]...)
	}
	switch said, err := as("mount", "-t", "tmpfs", "-o", "size="+size+",mode=777", "none", folder).CombinedOutput(); {
	case err != nil && os.Getenv("CI") == "true":
		t.Fatalf("no file system of a chosen size can be mounted: %v: %s", err, said)
	case err != nil:
		t.Skip("no file system of a chosen size can be mounted here")
	}
	t.Cleanup(func() {
		if said, err := as("umount", folder).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, said)
		}
	})
	return folder
}

// Fill takes all the room that a disk has left. empty gives it back.
func Fill(t *testing.T, folder string) (empty func()) {
	t.Helper()
	path := filepath.Join(folder, "ballast")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for size := 1 << 20; size > 0; {
		n, err := file.Write(make([]byte, size))
		switch {
		case errors.Is(err, syscall.ENOSPC) && n == 0:
			size /= 2
		case err != nil && !errors.Is(err, syscall.ENOSPC):
			t.Fatal(err)
		}
	}
	return func() {
		if err := os.Remove(path); err != nil {
			t.Error(err)
		}
	}
}
