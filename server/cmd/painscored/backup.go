package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/painscore/painscore/server/store/sqlite"
)

const backupHelp = `Copy the database into a new file, also while painscored serves it.

Everything that was acknowledged before the command began is in the copy, and
nothing of what was erased. The copy is read back and verified before it gets its
name; a manifest (FILE.json) beside it lets restore notice any later change. An
existing file is never replaced: put the date into the name.

The keys are not in the copy, and without them nobody can find or name a patient
in it. Save them once, elsewhere: painscored keys save --to FILE
The journal of erasures (erasures.journal in the data folder, or where the
setting erasure-journal says) grows with every erasure: copy it with each backup.
Without it a restored backup brings back who was erased since.`

func newBackup(getenv func(string) string) *cobra.Command {
	to := ""
	cmd := &cobra.Command{
		Use: "backup --to FILE", Short: "copy the database into a new file, also while it is served", Long: backupHelp, Args: cobra.NoArgs,
		Example: `  painscored backup --to /mnt/backup/painscore-$(date +%F).db`,
	}
	place := addPlace(cmd, getenv)
	cmd.Flags().StringVar(&to, "to", "", "the file to make")
	require(cmd, "to")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := place()
		if err != nil {
			return err
		}
		if err := cfg.onlySQLite(); err != nil {
			return err
		}
		return backup(cmd, cfg, to)
	}
	return cmd
}

func backup(cmd *cobra.Command, cfg config, to string) error {
	show, end := terminalProgress(cmd.ErrOrStderr())
	began := time.Now()
	m, err := sqlite.Backup(cmd.Context(), cfg.database(), to, version, show)
	end()
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "Backed up to %s in %s: schema %d, %d bytes, SHA-256 %s\n", to, time.Since(began).Round(time.Millisecond), m.SchemaVersion, m.Bytes, m.SHA256)
	fmt.Fprintf(out, "  %d episodes, %d forms in all versions, %d erasures\n", m.Rows["episode"], m.Rows["submission_version"], m.Rows["erasure"])
	if err := (fact{At: m.MadeAt, SHA256: m.SHA256, Bytes: m.Bytes}).write(cfg.Data, lastBackupFile); err != nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "painscored: the backup is good, but doctor will not know of it: %v\n", err)
	}
	if state := keysState(cmd.Context(), cfg, properties(m.Properties)); state.level != ok {
		fmt.Fprintf(out, "The keys are not in it. %s\n", state.do)
	}
	fmt.Fprintf(out, "Copy the journal of erasures with it: %s\n", filepath.Clean(cfg.ErasureJournal))
	return nil
}

// require marks flags without which a command makes no sense.
func require(cmd *cobra.Command, names ...string) {
	for name := range slices.Values(names) {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic(err) // the caller has just added it
		}
	}
}
