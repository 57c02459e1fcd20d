package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/painscore/painscore/server/erasures"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/store/sqlite"
	"github.com/painscore/painscore/server/store/sqlstore"
)

const restoreHelp = `Put a backup into the place of the database. painscored must not be running.

Before anything is touched the backup is copied and the copy verified: against
its manifest, through its whole structure, and that it is a store of the same
kind whose patients the key file at hand can find. A backup of an earlier schema
is brought up to date. Then who was erased since, according to the journal of
erasures, is erased from it again. On a new machine put the key file and the
journal into the data folder first.

The database that was in use is kept beside the new one as painscore.db.set-aside-…
Erasures do not reach it any more. Delete it by hand when it is not needed.
Cut off at any moment, the command can be given again.`

func newRestore(getenv func(string) string) *cobra.Command {
	from := ""
	cmd := &cobra.Command{
		Use: "restore --from FILE", Short: "put a backup into the place of the database", Long: restoreHelp, Args: cobra.NoArgs,
		Example: `  painscored restore --from /mnt/backup/painscore-2026-03-01.db`,
	}
	place := addPlace(cmd, getenv)
	cmd.Flags().StringVar(&from, "from", "", "the backup")
	require(cmd, "from")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := place()
		if err != nil {
			return err
		}
		if err := cfg.onlySQLite(); err != nil {
			return err
		}
		return restore(cmd, cfg, from)
	}
	return cmd
}

func restore(cmd *cobra.Command, cfg config, from string) error {
	_, err := os.Stat(cfg.ErasureJournal)
	noJournal := errors.Is(err, fs.ErrNotExist)
	show, end := terminalProgress(cmd.ErrOrStderr())
	var journal *erasures.Journal
	var keys *identity.Keyring
	var applied erasures.Applied
	var pending store.Purge
	done, err := sqlite.Restore(cmd.Context(), from, cfg.database(), sqlite.RestoreOptions{
		Progress: show,
		Accept: func(e sqlite.Examination) (err error) {
			if keys, err = acceptBackup(cmd.Context(), cfg, e); err == nil {
				journal, err = erasures.Open(cfg.ErasureJournal)
			}
			return err
		},
		Prepare: func(ctx context.Context, st store.Store) (err error) {
			if err := sqlstore.CheckFinished(ctx, st); err != nil {
				return err
			}
			if applied, err = journal.Apply(ctx, st, markWith(keys)); err != nil {
				return err
			}
			pending, err = st.Purge(ctx, time.Now())
			return err
		},
	})
	end()
	if err != nil {
		if done.SetAside != "" {
			err = fmt.Errorf("%w: the restore was cut off: give the command again; the database that was in use is kept as %s", err, done.SetAside)
		}
		return err
	}
	out := cmd.OutOrStdout()
	if holds, err := journal.Holds(done.NewestErasure); err == nil && (noJournal || !holds && done.NewestErasure != "") {
		fmt.Fprintf(out, "The journal of erasures was not there, or lacks the last erasure that the backup knows of: who was erased\nafter the backup may be back. Look for the journal, put it at %s and start painscored.\n", cfg.ErasureJournal)
	}
	tellRestored(out, from, done, applied, pending)
	return nil
}

// tellRestored says what was done, and what is left to a person.
func tellRestored(out io.Writer, from string, done sqlite.Restored, applied erasures.Applied, pending store.Purge) {
	fmt.Fprintf(out, "Restored %s: %d episodes, %d forms in all versions.\n", from, done.Rows["episode"], done.Rows["submission_version"])
	fmt.Fprintf(out, "Erased again, according to the journal of erasures: %d of %d.\n", applied.Again, applied.Entries)
	if pending.Pending > 0 {
		fmt.Fprintf(out, "What %d erasures left in the file is removed when painscored runs.\n", pending.Pending)
	}
	if done.SetAside != "" {
		fmt.Fprintf(out, "The database that was in use is kept as %s\nErasures do not reach it any more: delete it by hand when it is not needed.\n", done.SetAside)
	}
}

// acceptBackup judges a backup by what stands in it: a demo does not become a
// clinic, and a clinic without its keys would find nobody.
func acceptBackup(ctx context.Context, cfg config, e sqlite.Examination) (*identity.Keyring, error) {
	of := properties(e.Properties)
	kind, err := of.Property(ctx, storeKindProperty)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	if kind != "" && kind != cfg.kind() {
		return nil, fmt.Errorf("the backup is of a %s store, and this is a %s store: nothing was changed", kind, cfg.kind())
	}
	keys, err := cfg.loadFittingKeys(ctx, of)
	switch {
	case errors.Is(err, errNoKeys):
		return nil, fmt.Errorf("%w: put back the copy you saved, then restore again; nothing was changed", err)
	case errors.Is(err, errForeignKeys):
		return nil, fmt.Errorf("%w: put the right one there, then restore again; nothing was changed", err)
	}
	return keys, err
}

// markWith is what an erasure leaves of a submission's name.
func markWith(keys *identity.Keyring) func(store.SubmissionRef) []byte {
	return func(ref store.SubmissionRef) []byte { return keys.Mark(ref.CareUnit, ref.System, ref.SubmissionID) }
}
