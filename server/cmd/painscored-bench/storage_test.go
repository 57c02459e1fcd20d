package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestACallerSignsInByTheTokenThatTheServerMade and by none where it made none.
func TestACallerSignsInByTheTokenThatTheServerMade(t *testing.T) {
	at := storage{folder: t.TempDir()}
	if got := at.token(); got != "" {
		t.Errorf("a token is there: %s", got)
	}
	for _, c := range []*child{{addr: "127.0.0.1:1"}, {addr: "127.0.0.1:1", token: at.token()}} {
		conns, err := c.dial(1)
		if err != nil {
			t.Fatalf("without a token: %v", err)
		}
		hangUp(conns)
	}
	file := filepath.Join(at.folder, tokenFile)
	if err := os.WriteFile(file, []byte("x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := at.token(); got != file {
		t.Errorf("token in %s", got)
	}
}

func TestACopyKeepsKeysToItself(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(from, "key"), []byte("k"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := copyFolder(from, to); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(to, "key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}
