package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
)

const rotateHelp = `Put a new key into the place of one.

  seal       also while painscored runs: it takes the new key within seconds and
             seals all identities with it in the background. The old key opens
             what it sealed until "painscored keys retire" removes it.
  lookup     painscored must not be running: every patient gets another look-up
             hash in one transaction. Cut off at any moment, give the command or
             start painscored again. Backups from before need the old key file,
             which is kept beside the new one: move it to where they are.
  log        the access log of coming months; those before keep their key.
  pseudonym  is refused: registers would take everybody for a new patient.

Save the key file afterwards: painscored keys save --to FILE
Where several processes share a PostgreSQL database, stop all of them, copy the
changed file to each, and start them again.`

func newKeysRotate(getenv func(string) string) *cobra.Command {
	stopped := false
	cmd := &cobra.Command{Use: "rotate seal|lookup|log", Short: "put a new key into the place of one", Long: rotateHelp, Args: cobra.ExactArgs(1)}
	place := addPlace(cmd, getenv)
	addStopped(cmd, &stopped)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cfg, err := place()
		if err != nil {
			return err
		}
		switch purpose := args[0]; purpose {
		case "seal", "log", "lookup":
			if !cfg.ownKeys() {
				return fmt.Errorf("the keys are in %s, which painscored does not change: there add the line that \"painscored keys new-line %s\" prints, and let earlier sealing keys be \"opens\"", cfg.keysPlace(), purpose)
			}
			return map[string]func(*cobra.Command, config, bool) error{"seal": rotateSeal, "log": rotateLog, "lookup": rotateLookup}[purpose](cmd, cfg, stopped)
		case "pseudonym":
			return errors.New("the pseudonym key is never changed: with another one every recipient of an export would take all patients for new ones, and nobody could follow a patient from one year to the next")
		case "mark":
			return errors.New("the mark key is never changed: it recognises late copies of what was erased, and with another one those who were erased could come back")
		}
		return errors.New("seal, lookup or log")
	}
	return cmd
}

func addStopped(cmd *cobra.Command, stopped *bool) {
	cmd.Flags().BoolVar(stopped, "all-stopped", false, "with PostgreSQL: you have stopped every painscored that uses the database (default false)")
}

func rotateSeal(cmd *cobra.Command, cfg config, _ bool) error {
	id, err := identity.RotateSeal(cfg.keysPlace())
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "The key %s seals from now on; a running painscored takes it within seconds, and seals all identities with it.\n%s\n", id, saveAnew)
	return nil
}

const saveAnew = "Save the key file now: painscored keys save --to FILE (what the new key seals, no earlier copy opens)."

func rotateLog(cmd *cobra.Command, cfg config, _ bool) error {
	from, err := identity.RotateLog(cfg.keysPlace(), time.Now())
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "From %s on the access log has a new key; earlier months keep theirs.\nSave the key file: painscored keys save --to FILE\n", from)
	return nil
}

// rotateLookup goes the three steps of identity.PrepareLookupChange.
func rotateLookup(cmd *cobra.Command, cfg config, stopped bool) (err error) {
	ctx, path := cmd.Context(), cfg.keysPlace()
	st, err := openAlone(ctx, cfg, stopped)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	kept, err := finishLookupChange(ctx, cfg, st)
	if err != nil {
		return err
	}
	if kept != "" {
		tellLookup(cmd, "The change that had been cut off is finished.", kept)
		return nil
	}
	keys, err := cfg.loadKeys()
	if err != nil {
		return err
	}
	if err := checkKeys(ctx, cfg, keys, st); err != nil {
		return err
	}
	old, next, err := identity.PrepareLookupChange(path)
	if err != nil {
		return err
	}
	n, err := rehash(ctx, st, old, next)
	if err != nil {
		return fmt.Errorf("%w: no look-up hash was changed, or all were: give the command again", err)
	}
	if kept, err = identity.FinishLookupChange(path); err != nil {
		return fmt.Errorf("%w: the database has the new key, the key file has not: give the command again", err)
	}
	tellLookup(cmd, fmt.Sprintf("%d identities are found with the new key.", n), kept)
	return nil
}

func tellLookup(cmd *cobra.Command, done, kept string) {
	fmt.Fprintf(cmd.OutOrStdout(), "%s\nBackups from before need the key file as it was, %s:\nmove it to where copies of keys are kept, for as long as you keep those backups.\nSave the new one: painscored keys save --to FILE\n", done, kept)
}

func rehash(ctx context.Context, st store.Sealings, old, next *identity.Keyring) (int64, error) {
	change := store.KeyChange{Property: clinic.LookupKeyProperty, From: old.Fingerprint(), To: next.Fingerprint()}
	return st.Rehash(ctx, change, func(kept store.Identity) ([]byte, error) {
		id, err := old.Open(kept.PatientKey, kept.Sealed, kept.KeyID)
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(old.Lookup(id), kept.Lookup) {
			return nil, errors.New("an identity is found under a hash that is not its own: look for the cause before the key is changed")
		}
		return next.Lookup(id), nil
	}, func(kept store.PatientName) ([]byte, error) {
		name, err := old.OpenName(kept.PatientKey, kept.Sealed, kept.KeyID)
		return next.LookupName(name), err
	})
}

// openAlone opens a store that must be there and that nobody else may use.
func openAlone(ctx context.Context, cfg config, stopped bool) (store.Store, error) {
	if cfg.Store != "" && !stopped {
		return nil, errors.New("PostgreSQL does not tell who uses the database: stop every painscored, and say so with --all-stopped; one that goes on with the old keys would take known patients for new ones")
	}
	if _, err := os.Stat(cfg.database()); cfg.Store == "" && err != nil {
		return nil, fmt.Errorf("there is no store: %w", err)
	}
	return openStore(ctx, cfg)
}
