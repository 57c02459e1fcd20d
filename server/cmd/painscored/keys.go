package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/store/sqlite"
)

const keysHelp = `Save the key file, check a saved copy, and change keys.

Without the key file nobody can find or name a patient in the database, and no
backup of the database helps. Keep a copy away from this machine, and away from
the backups: whoever has both can read who the patients are.

The file is identity.keys in the data folder. A site that keeps secrets elsewhere
gives its whole text in $PAINSCORE_KEYS, or the path of a file in
$PAINSCORE_KEYS_FILE; painscored then changes nothing in it.`

func newKeys(getenv func(string) string) *cobra.Command {
	cmd := &cobra.Command{
		Use: "keys", Short: "save the key file, check a saved copy, and change keys", Long: keysHelp, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(keysCommand(getenv, "save", "copy the key file to a place of its own", "to", "the file to make, such as one on a stick", keysSave),
		keysCommand(getenv, "check", "tell whether a saved key file serves this database", "file", "the saved key file", keysCheck),
		newKeysList(getenv), newKeysRotate(getenv), newKeysRetire(getenv), newKeysNewLine())
	return cmd
}

func keysCommand(getenv func(string) string, name, short, flag, what string, do func(*cobra.Command, config, string) error) *cobra.Command {
	file := ""
	cmd := &cobra.Command{Use: name + " --" + flag + " FILE", Short: short, Args: cobra.NoArgs}
	place := addPlace(cmd, getenv)
	cmd.Flags().StringVar(&file, flag, "", what)
	require(cmd, flag)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := place()
		if err != nil {
			return err
		}
		return do(cmd, cfg, file)
	}
	return cmd
}

// keysSave copies the key file and remembers that it was done, not where to.
func keysSave(cmd *cobra.Command, cfg config, to string) error {
	if !cfg.ownKeys() {
		return fmt.Errorf("the keys are in %s: who keeps them there keeps a copy, too", cfg.keysPlace())
	}
	from := cfg.keysPlace()
	if _, err := identity.Load(from); err != nil {
		return err
	}
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	inside, sameMedium, err := compareFolders(cfg.Data, filepath.Dir(to))
	if err != nil {
		return err
	}
	if inside {
		return fmt.Errorf("%s is in the data folder: a copy there is lost together with the original; name another place", to)
	}
	if err := writeNewFile(to, text); err != nil {
		return err
	}
	info, err := readBack(to, text)
	if err != nil {
		return errors.Join(err, os.Remove(to))
	}
	if err := (fact{At: time.Now().UTC().Truncate(time.Second), SHA256: hashOf(text)}).write(cfg.Data, keysSavedFile); err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "The keys are saved in %s. Take it away from this machine, and keep it away from the backups.\n", to)
	if info.Mode().Perm()&0o077 != 0 {
		fmt.Fprintln(cmd.OutOrStdout(), "The medium keeps no permissions: whoever gets hold of it can read the keys.")
	}
	if sameMedium {
		fmt.Fprintln(cmd.OutOrStdout(), "It is on the same medium as the database yet: what destroys the one destroys the other.")
	}
	return nil
}

// keysCheck tells whether a saved key file serves the database.
func keysCheck(cmd *cobra.Command, cfg config, name string) error {
	saved, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if !cfg.ownKeys() {
		if err := keysFit(cmd.Context(), cfg, name); err != nil {
			return err
		}
		fmt.Fprintln(cmd.OutOrStdout(), "It fits this database.")
		return nil
	}
	own := cfg.keysPlace()
	present, err := os.ReadFile(own)
	missing := errors.Is(err, fs.ErrNotExist)
	if err != nil && !missing {
		return err
	}
	same := bytes.Equal(saved, present)
	if same {
		// Some media keep no permissions, for lack of which the copy itself
		// would be refused.
		name = own
	}
	if err := keysFit(cmd.Context(), cfg, name); err != nil {
		return err
	}
	switch {
	case missing:
		fmt.Fprintf(cmd.OutOrStdout(), "%s fits this database, whose own key file is missing: copy it to %s\n", name, own)
	case same:
		fmt.Fprintln(cmd.OutOrStdout(), "It fits this database and is the key file in use.")
	default:
		return fmt.Errorf("%s finds the patients of this database but is not the key file in use: keys were added since; save it anew", name)
	}
	return nil
}

// keysFit holds a key file against the store, also while it is served.
func keysFit(ctx context.Context, cfg config, name string) (err error) {
	if cfg.Store == "" {
		e, err := sqlite.Examine(ctx, cfg.database(), false)
		if err == nil {
			_, err = loadFittingKeys(ctx, name, properties(e.Properties))
		}
		return err
	}
	st, err := openEngine(ctx, cfg)
	if err != nil {
		return err
	}
	_, err = loadFittingKeys(ctx, name, st)
	return errors.Join(err, st.Close())
}

// keysState is what doctor and backup say about the key file.
func keysState(ctx context.Context, cfg config, of store.Properties) finding {
	if _, err := cfg.loadFittingKeys(ctx, of); err != nil {
		return finding{"keys", fail, err.Error(), "put back the copy you saved: without it no patient can be found"}
	}
	if !cfg.ownKeys() {
		return finding{"keys", ok, "the keys in " + cfg.keysPlace() + " fit the database; who keeps them there keeps a copy, too", ""}
	}
	text, err := os.ReadFile(cfg.keysPlace())
	if err != nil {
		return finding{"keys", fail, err.Error(), "make it readable for the user who runs painscored"}
	}
	save := "Save them elsewhere: painscored keys save --to FILE"
	saved, err := readFact(cfg.Data, keysSavedFile)
	switch {
	case cfg.Demo:
		return finding{"keys", ok, "the key file fits the database; a demo's needs no copy", ""}
	case errors.Is(err, fs.ErrNotExist):
		return finding{"keys", warn, "the key file fits the database and was never saved elsewhere", save}
	case err != nil:
		return finding{"keys", warn, err.Error(), save}
	case saved.SHA256 != hashOf(text):
		return finding{"keys", warn, "the key file has changed since it was saved", save}
	}
	return finding{"keys", ok, "the key file fits the database; saved elsewhere on " + saved.At.Format(time.DateOnly), ""}
}

func writeNewFile(name string, text []byte) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}

// readBack holds a file against what was written to it.
func readBack(name string, text []byte) (fs.FileInfo, error) {
	copied, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(copied, text) {
		return nil, fmt.Errorf("%s is not what was written to it", name)
	}
	return os.Stat(name)
}

// compareFolders tells whether a folder is the data folder or inside it, and
// whether both are on one medium.
func compareFolders(data, folder string) (inside, sameMedium bool, err error) {
	dataInfo, err := os.Stat(data)
	if err != nil {
		return false, false, err
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return false, false, err
	}
	if folder, err = filepath.EvalSymlinks(folder); err != nil {
		return false, false, err
	}
	info, err := os.Stat(folder)
	if err != nil {
		return false, false, err
	}
	for at := folder; !inside; at = filepath.Dir(at) {
		if info, err := os.Stat(at); err == nil && os.SameFile(info, dataInfo) {
			inside = true
		}
		if at == filepath.Dir(at) {
			break
		}
	}
	a, b := info.Sys().(*syscall.Stat_t), dataInfo.Sys().(*syscall.Stat_t)
	return inside, a.Dev == b.Dev, nil
}

// hashOf tells one key file from another. A key is 32 random bytes: nobody
// finds it from a hash.
func hashOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
