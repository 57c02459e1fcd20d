package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
)

// What the commands of an operator have in common: they work on the folder of a
// store instead of serving it, and take the same settings to find it.

// placeSettings are the settings that say where a store is.
var placeSettings = []string{"demo", "data", "store", "erasure-journal", "config"}

// addPlace gives a command the flags of placeSettings, and of further settings
// that it names, and returns what resolves them.
func addPlace(cmd *cobra.Command, getenv func(string) string, further ...string) func() (config, error) {
	flags := cmd.Flags()
	for _, s := range settings {
		switch {
		case !slices.Contains(placeSettings, s.name) && !slices.Contains(further, s.name):
		case s.isBool:
			flags.Bool(s.name, false, s.help())
		default:
			flags.String(s.name, "", s.help())
		}
	}
	return func() (config, error) {
		return loadConfig(func(name string) (string, bool) {
			flag := flags.Lookup(name)
			if flag == nil {
				return "", false
			}
			return flag.Value.String(), flag.Changed
		}, getenv)
	}
}

// exitStatus is an end that says all it has to say by its number.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// database is the path of the store's file.
func (c config) database() string { return filepath.Join(c.Data, databaseFile) }

// kind is what the store is marked with.
func (c config) kind() string {
	if c.Demo {
		return "demo"
	}
	return "clinic"
}

// properties are those of a store that is not open.
type properties map[string]string

func (p properties) Property(_ context.Context, name string) (string, error) {
	if value, ok := p[name]; ok {
		return value, nil
	}
	return "", store.ErrNotFound
}

func (p properties) SetPropertyOnce(context.Context, string, string) (string, error) {
	return "", errors.ErrUnsupported
}

// errNotOurs: the command is for SQLite, and the database looks after itself.
var errNotOurs = errors.New("the store is in PostgreSQL, which has its own backup: use pg_basebackup with its write-ahead log kept (point-in-time recovery), or pg_dump; " +
	"to have the data in a file, use painscored store copy")

// onlySQLite refuses a command that works on the file of a store.
func (c config) onlySQLite() error {
	if c.Store != "" {
		return errNotOurs
	}
	return nil
}

// Why a key file does not serve a store.
var (
	errNoKeys           = errors.New("the key file is missing")
	errForeignKeys      = errors.New("the key file is not the one that this database was made with")
	errForeignMark      = errors.New("the key file does not have the mark key that this database was used with, without which those who were erased could come back")
	errForeignPseudonym = errors.New("the key file does not have the pseudonym key that this database was used with, without which all patients would get other pseudonyms: it may be an old copy, or another process made keys of its own")
	errForeignLog       = errors.New("the key file does not have the first key of the access log of this database, without which the log cannot be verified: it may be an old copy, or another process made keys of its own")
)

// loadFittingKeys loads a key file and holds it against what a store remembers.
// A store that has met no key fits every one.
func loadFittingKeys(ctx context.Context, name string, of store.Properties) (*identity.Keyring, error) {
	keys, err := identity.Load(name)
	return fittingKeys(ctx, keys, err, name, of)
}

// loadFittingKeys is that for the keys in use, wherever they are.
func (c config) loadFittingKeys(ctx context.Context, of store.Properties) (*identity.Keyring, error) {
	keys, err := c.loadKeys()
	return fittingKeys(ctx, keys, err, c.keysPlace(), of)
}

func fittingKeys(ctx context.Context, keys *identity.Keyring, err error, name string, of store.Properties) (*identity.Keyring, error) {
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", errNoKeys, name)
	}
	if err != nil {
		return nil, err
	}
	if err := keysServe(ctx, keys, of); err != nil {
		return keys, fmt.Errorf("%w: %s", err, name)
	}
	return keys, nil
}

// fact is something that happened once and that doctor asks about later. It is
// a file in the data folder; the newest one counts.
type fact struct {
	At time.Time `json:"at"`
	// SHA256 is that of the key file that was saved, or of the backup.
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes,omitempty"`
}

// The files of facts.
const (
	lastBackupFile = "last-backup.json"
	keysSavedFile  = "keys-saved.json"
)

func (f fact) write(folder, name string) error {
	text, err := json.Marshal(f)
	if err != nil {
		return err
	}
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path+".new", append(text, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func readFact(folder, name string) (f fact, err error) {
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		return f, err
	}
	if err := json.Unmarshal(text, &f); err != nil {
		return f, fmt.Errorf("%s: %w", name, err)
	}
	return f, nil
}

// terminalProgress shows progress on one line of a terminal, and nothing where
// w is none.
func terminalProgress(w io.Writer) (show func(step string, done, total int64), end func()) {
	file, ok := w.(*os.File)
	if !ok {
		return nil, func() {}
	}
	if info, err := file.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil, func() {}
	}
	const width = 60
	show = func(step string, done, total int64) {
		line := step + " …"
		if total > 0 {
			line = fmt.Sprintf("%s %d %% of %d MB", step, 100*done/total, total>>20)
		}
		fmt.Fprintf(file, "\r%-*s", width, line)
	}
	return show, func() { fmt.Fprintf(file, "\r%*s\r", width, "") }
}
