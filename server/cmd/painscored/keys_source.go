package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
)

// Where keys come from if not from the file in the data folder. Then painscored
// writes none: whoever keeps them there adds to them.
const (
	keysEnv     = "PAINSCORE_KEYS"      // the whole text of a key file
	keysFileEnv = "PAINSCORE_KEYS_FILE" // the path of one
)

// takeKeys notes where the keys come from. An error shows none of them.
func (c *config) takeKeys(getenv func(string) string) (err error) {
	text, file := getenv(keysEnv), getenv(keysFileEnv)
	switch {
	case text != "" && file != "":
		return fmt.Errorf("$%s and $%s: give one of them", keysEnv, keysFileEnv)
	case text != "":
		if c.givenKeys, err = identity.ParseGiven(text); err != nil {
			return fmt.Errorf("$%s: %w", keysEnv, err)
		}
	}
	c.givenKeysFile = file
	return nil
}

// ownKeys says that the keys are in a file of painscored's own, which it may change.
func (c config) ownKeys() bool { return c.givenKeys == nil && c.givenKeysFile == "" }

// keysPlace is the file of the keys, or the variable that holds them.
func (c config) keysPlace() string {
	switch {
	case c.givenKeys != nil:
		return "$" + keysEnv
	case c.givenKeysFile != "":
		return c.givenKeysFile
	}
	return filepath.Join(c.Data, keyFile)
}

// loadKeys loads the keys from wherever they are.
func (c config) loadKeys() (*identity.Keyring, error) {
	switch {
	case c.givenKeys != nil:
		return c.givenKeys, nil
	case c.givenKeysFile != "":
		return identity.LoadGiven(c.givenKeysFile)
	}
	return identity.Load(c.keysPlace())
}

// openKeys makes the key file on the first run only. A database that was used
// with keys must find them again: new ones would make strangers of everybody.
func openKeys(ctx context.Context, cfg config, st store.Store, log *slog.Logger) (*identity.Keyring, error) {
	used, err := clinic.UsedWithKeys(ctx, st)
	if err != nil {
		return nil, err
	}
	if cfg.ownKeys() {
		if !used {
			if _, err := identity.LoadOrCreate(cfg.keysPlace()); err != nil {
				return nil, err
			}
		}
		finished, err := finishLookupChange(ctx, cfg, st)
		if err != nil {
			return nil, err
		}
		if finished != "" {
			log.Warn("a change of the look-up key had been cut off: the key file has the new one now", "file as it was", finished)
		}
	}
	keys, err := cfg.loadKeys()
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("the key file %s is missing: put back the copy you saved; without it no patient of this database can be found", keyFile)
	}
	if err != nil {
		return nil, err
	}
	// Before anything is added: a file that lacks what the database was used
	// with is an old copy, and a new key in its place would hide that.
	if err := checkKeys(ctx, cfg, keys, st); err != nil {
		return nil, err
	}
	if keys, err = completeKeys(cfg, keys, log); err != nil {
		return nil, err
	}
	return keys, noteKeys(ctx, keys, st)
}

// checkKeys holds keys against a store: what it remembers, and what is sealed in it.
func checkKeys(ctx context.Context, cfg config, keys *identity.Keyring, st store.Store) error {
	if err := keysServe(ctx, keys, st); err != nil {
		return fmt.Errorf("%w: %s: put the right one back", err, cfg.keysPlace())
	}
	sealedWith, err := st.SealingKeys(ctx)
	if err != nil {
		return err
	}
	lacking := slices.DeleteFunc(sealedWith, keys.Opens)
	if len(lacking) > 0 {
		return fmt.Errorf("identities in this database are sealed with a key that %s lacks (%s): put back its newest copy; without that key nobody can tell who these patients are",
			cfg.keysPlace(), strings.Join(lacking, ", "))
	}
	return nil
}

// completeKeys adds keys for purposes that came with a newer painscore.
func completeKeys(cfg config, keys *identity.Keyring, log *slog.Logger) (*identity.Keyring, error) {
	missing := keys.Missing()
	if len(missing) == 0 {
		return keys, nil
	}
	if !cfg.ownKeys() {
		return nil, fmt.Errorf("%s has no key for %s: add the line that \"painscored keys new-line %s\" prints, and take out the check line, which then fits no more",
			cfg.keysPlace(), strings.Join(missing, " and "), missing[0])
	}
	added, err := identity.Complete(cfg.keysPlace())
	if err != nil {
		return nil, err
	}
	log.Warn("keys were added to the key file: save it anew (painscored keys save)", "for", strings.Join(added, ", "))
	return identity.Load(cfg.keysPlace())
}

// remembered are the keys that a store remembers besides the look-up key, since
// with others it would go on and be wrong without a word.
var remembered = []struct {
	property string
	print    func(*identity.Keyring) string
	foreign  error
}{
	{"mark_key_fingerprint", (*identity.Keyring).MarkFingerprint, errForeignMark},
	{"pseudonym_key_fingerprint", (*identity.Keyring).PseudonymFingerprint, errForeignPseudonym},
	{"log_key_fingerprint", (*identity.Keyring).LogFingerprint, errForeignLog},
}

// noteKeys has the store remember them. Another process may have been faster,
// with keys of its own.
func noteKeys(ctx context.Context, keys *identity.Keyring, st store.Properties) error {
	for _, r := range remembered {
		stands, err := st.SetPropertyOnce(ctx, r.property, r.print(keys))
		if err != nil {
			return fmt.Errorf("note which keys the store is used with: %w", err)
		}
		if stands != r.print(keys) {
			return r.foreign
		}
	}
	return nil
}

// keysServe holds keys against what a store remembers. A store that has met no
// key takes every one.
func keysServe(ctx context.Context, keys *identity.Keyring, of store.Properties) error {
	want, err := clinic.KeyFingerprint(ctx, of)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil
	case err != nil:
		return err
	case want != keys.Fingerprint():
		return errForeignKeys
	}
	for _, r := range remembered {
		want, err := of.Property(ctx, r.property)
		switch {
		case errors.Is(err, store.ErrNotFound):
		case err != nil:
			return err
		case want != r.print(keys):
			return r.foreign
		}
	}
	return nil
}

// finishLookupChange does the last step of a change of the look-up key that was
// cut off after the database had taken it, and returns where the key file as it
// was is kept; empty if there was nothing to do.
func finishLookupChange(ctx context.Context, cfg config, of store.Properties) (kept string, err error) {
	path := cfg.keysPlace()
	next, err := identity.Load(identity.NextFile(path))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	stands, err := clinic.KeyFingerprint(ctx, of)
	if errors.Is(err, store.ErrNotFound) || err == nil && stands != next.Fingerprint() {
		return "", nil // cut off before: the key file is the right one
	}
	if err != nil {
		return "", err
	}
	return identity.FinishLookupChange(path)
}
