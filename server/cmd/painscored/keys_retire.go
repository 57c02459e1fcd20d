package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/painscore/painscore/server/identity"
)

func newKeysRetire(getenv func(string) string) *cobra.Command {
	stopped := false
	cmd := &cobra.Command{
		Use: "retire", Short: "remove earlier sealing keys that nothing is sealed with any more", Args: cobra.NoArgs,
		Long: "Remove earlier sealing keys from the key file. painscored must not be running. It is\nrefused as long as an identity is sealed with one of them, and as long as the key file as\nit is has not been saved: backups from before need it.",
	}
	place := addPlace(cmd, getenv)
	addStopped(cmd, &stopped)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := place()
		if err != nil {
			return err
		}
		return retire(cmd, cfg, stopped)
	}
	return cmd
}

func retire(cmd *cobra.Command, cfg config, stopped bool) (err error) {
	if !cfg.ownKeys() {
		return fmt.Errorf("the keys are in %s, which painscored does not change", cfg.keysPlace())
	}
	// Not beside a server: it could seal with a key that is being removed.
	st, err := openAlone(cmd.Context(), cfg, stopped)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	keys, err := cfg.loadKeys()
	if err != nil {
		return err
	}
	used, err := st.SealingKeys(cmd.Context())
	if err != nil {
		return err
	}
	var ids []string
	for _, key := range keys.List() {
		if key.State == "opens" {
			ids = append(ids, key.ID)
		}
	}
	if needed := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !slices.Contains(used, id) }); len(needed) > 0 {
		return fmt.Errorf("identities are still sealed with %s: start painscored, which seals them with the current key, and stop it when its log says so", strings.Join(needed, ", "))
	}
	if len(ids) == 0 {
		fmt.Fprintln(cmd.OutOrStdout(), "There is no earlier sealing key.")
		return nil
	}
	if err := checkSaved(cfg); err != nil {
		return err
	}
	if err := identity.Retire(cfg.keysPlace(), ids); err != nil {
		return err
	}
	tellRetired(cmd, cfg, ids)
	return nil
}

// checkSaved makes sure that a key that is removed is not lost.
func checkSaved(cfg config) error {
	text, err := os.ReadFile(cfg.keysPlace())
	if err != nil {
		return err
	}
	saved, err := readFact(cfg.Data, keysSavedFile)
	if errors.Is(err, fs.ErrNotExist) || err == nil && saved.SHA256 != hashOf(text) {
		return errors.New("the key file as it is has not been saved: backups from before need the earlier keys; painscored keys save --to FILE")
	}
	return err
}

func tellRetired(cmd *cobra.Command, cfg config, ids []string) {
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "Removed: %s. Save the key file: painscored keys save --to FILE\n", strings.Join(ids, ", "))
	if last, err := readFact(cfg.Data, lastBackupFile); err == nil {
		fmt.Fprintf(out, "The last backup is of %s. One from before all identities were sealed anew can be used only with\nthe copy of the key file that you saved before: keep it as long as the backup.\n", last.At.Format(time.RFC3339))
	}
}

func newKeysList(getenv func(string) string) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "tell which keys there are, and show none", Args: cobra.NoArgs}
	place := addPlace(cmd, getenv)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := place()
		if err != nil {
			return err
		}
		keys, err := cfg.loadKeys()
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "purpose\tid\tstate")
		for _, key := range keys.List() {
			state := key.State
			if key.Purpose == "log" {
				state = "from " + state
			}
			fmt.Fprintf(table, "%s\t%s\t%s\n", key.Purpose, key.ID, state)
		}
		for _, purpose := range keys.Missing() {
			fmt.Fprintf(table, "%s\t\tmissing\n", purpose)
		}
		return table.Flush()
	}
	return cmd
}

func newKeysNewLine() *cobra.Command {
	return &cobra.Command{
		Use: "new-line PURPOSE", Short: "print a new key, for keys that are kept in $" + keysEnv + " or $" + keysFileEnv, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			line, err := identity.NewLine(args[0], time.Now())
			if err != nil {
				return err
			}
			fmt.Fprint(cmd.OutOrStdout(), line)
			return nil
		},
	}
}
