package sqlite

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Copy is a file beside a store that holds what the store held once: whoever
// was erased since is still in it.
type Copy struct {
	Path   string
	Kind   CopyKind
	MadeAt time.Time
	Bytes  int64
}

// CopyKind says how a copy came to be.
type CopyKind string

// The kinds of copies.
const (
	BeforeMigration CopyKind = "before a migration" // made by Open; only the newest is kept
	SetAside        CopyKind = "set aside"          // the store that a restore replaced
	Unfinished      CopyKind = "unfinished"         // of a copy that was cut off
)

// Copies lists the copies beside the store at path, by name.
func Copies(path string) ([]Copy, error) {
	names, err := filepath.Glob(globEscape(path) + ".*")
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	var copies []Copy
	for _, name := range names {
		kind := copyKind(strings.TrimPrefix(name, path))
		if kind == "" {
			continue
		}
		info, err := os.Stat(name)
		if err != nil {
			continue // gone in the meantime
		}
		copies = append(copies, Copy{Path: name, Kind: kind, MadeAt: info.ModTime().UTC(), Bytes: info.Size()})
	}
	return copies, nil
}

func copyKind(suffix string) CopyKind {
	switch {
	case strings.HasSuffix(suffix, ".unfinished"), strings.HasPrefix(suffix, restoringSuffix), strings.HasPrefix(suffix, ".new"):
		return Unfinished
	case strings.HasPrefix(suffix, beforeSchemaSuffix):
		return BeforeMigration
	case strings.HasPrefix(suffix, setAsideSuffix):
		return SetAside
	}
	return ""
}

// RemoveCopiesBeforeMigration removes the copies that Open made on its own up to
// a time. A caller does so when somebody was erased then: nobody asked for the
// copy, and the person would live on in it.
func RemoveCopiesBeforeMigration(path string, until time.Time) (removed int, err error) {
	copies, err := Copies(path)
	if err != nil {
		return 0, err
	}
	for _, c := range copies {
		if c.Kind != BeforeMigration || c.MadeAt.After(until) {
			continue
		}
		if err := remove(c.Path); err != nil {
			return removed, err
		}
		removed++
	}
	if removed == 0 {
		return 0, nil
	}
	return removed, syncFile(filepath.Dir(path))
}

var globSigns = regexp.MustCompile(`[\\*?\[]`)

// globEscape makes a path stand for itself in a pattern.
func globEscape(path string) string { return globSigns.ReplaceAllString(path, `\$0`) }
