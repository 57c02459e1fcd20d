package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/store/sqlite"
)

const auditHelp = `The access log says who looked at what. verify proves that it is as it was
written; drop deletes what is older than the law asks for.`

func newAudit(getenv func(string) string) *cobra.Command {
	cmd := &cobra.Command{Use: "audit", Short: "verify the access log, or drop what is old of it", Long: auditHelp, Args: cobra.NoArgs}
	cmd.AddCommand(newAuditVerify(getenv), newAuditDrop(getenv))
	return cmd
}

const auditVerifyHelp = `Read the whole access log and say where it is not as it was written: a block that
was changed, removed, put in or moved. It changes nothing, and may run beside
painscored.

A chain that was cut off at its end, or deleted whole, shows against the heads
that painscored writes outside the database (access-heads.jsonl in the data
folder). Copy that file somewhere else at times, best to where this machine can
only add to, and name the copy with --heads: who can change the database may be
able to change the file beside it.

The exit status is 0 if the log is as it was written, 1 if not or if the command
could not run.`

func newAuditVerify(getenv func(string) string) *cobra.Command {
	heads, asJSON := "", false
	cmd := &cobra.Command{
		Use: "verify", Short: "prove that the access log is as it was written", Long: auditVerifyHelp, Args: cobra.NoArgs,
		Example: `  painscored audit verify --heads /mnt/worm/access-heads.jsonl`,
	}
	place := addPlace(cmd, getenv)
	cmd.Flags().StringVar(&heads, "heads", "", "file of heads to compare with (default access-heads.jsonl in the data folder)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON for programs")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := place()
		if err != nil {
			return err
		}
		report, err := verifyLog(cmd.Context(), cfg, heads, time.Now())
		if err != nil {
			return err
		}
		if err := printReport(cmd.OutOrStdout(), report, asJSON); err != nil {
			return err
		}
		if len(report.Problems) > 0 {
			return exitStatus(1)
		}
		return nil
	}
	return cmd
}

// auditable is a store as far as verifying reads it.
type auditable interface {
	access.Chains
	store.Properties
	Close() error
}

// verifyLog compares the heads first and reads the log afterwards: a server
// that writes meanwhile then only adds to what the heads speak of.
func verifyLog(ctx context.Context, cfg config, headsFile string, now time.Time) (report access.Report, err error) {
	heads, unreadable, err := readHeads(cfg, headsFile)
	if err != nil {
		return report, err
	}
	st, err := openAuditable(ctx, cfg)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	var keys *identity.Keyring
	if keys, err = loadFittingKeys(ctx, filepath.Join(cfg.Data, keyFile), st); err != nil {
		return report, err
	}
	report, err = access.Verify(ctx, st, keys.LogKey, heads, now)
	if unreadable > 0 {
		report.Problems = append(report.Problems, fmt.Sprintf("%d lines of the file of heads are no head: a crash cut them off, or somebody changed them", unreadable))
	}
	return report, err
}

func openAuditable(ctx context.Context, cfg config) (auditable, error) {
	if cfg.Store == "" {
		return sqlite.OpenBeside(ctx, cfg.database())
	}
	return openEngine(ctx, cfg)
}

func printReport(w io.Writer, r access.Report, asJSON bool) error {
	if asJSON {
		if r.Problems == nil {
			r.Problems = []string{}
		}
		return json.NewEncoder(w).Encode(map[string]any{
			"chains": r.Chains, "blocks": r.Blocks, "events": r.Events, "dropped": r.Dropped, "heads": r.HeadsChecked, "problems": r.Problems,
		})
	}
	for _, problem := range r.Problems {
		fmt.Fprintln(w, "PROBLEM ", problem)
	}
	_, err := fmt.Fprintf(w, "%d events in %d blocks of %d chains, %d heads compared, %d chains dropped for their age\n", r.Events, r.Blocks, r.Chains, r.HeadsChecked, r.Dropped)
	switch {
	case err != nil || len(r.Problems) > 0:
		return err
	case r.HeadsChecked == 0 && r.Events > 0:
		_, err = fmt.Fprintln(w, "OK, as far as the database alone can tell: without heads a chain that was cut off is not noticed")
	default:
		_, err = fmt.Fprintln(w, "OK")
	}
	return err
}

const auditDropHelp = `Delete the access log of months that lie further back than --older-than, five years
unless told otherwise; the law asks for five at least (HSLF-FS 2016:40, chapter 4),
so less is refused. What stays is a record of each chain, by which verify knows
that it was dropped for its age. With SQLite, stop painscored first.`

// dropPiece is how many blocks are deleted in one transaction.
const dropPiece = 500

func newAuditDrop(getenv func(string) string) *cobra.Command {
	years := ""
	cmd := &cobra.Command{
		Use: "drop", Short: "delete what is old of the access log", Long: auditDropHelp, Args: cobra.NoArgs,
		Example: `  painscored audit drop --older-than 10y`,
	}
	place := addPlace(cmd, getenv)
	cmd.Flags().StringVar(&years, "older-than", fmt.Sprintf("%dy", access.RetentionYears), "whole years, such as 10y")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := place()
		if err != nil {
			return err
		}
		var n int
		if _, err := fmt.Sscanf(years, "%dy", &n); err != nil || fmt.Sprintf("%dy", n) != years || n < access.RetentionYears {
			return fmt.Errorf("--older-than: whole years, at least %dy, for which the law has an access log kept", access.RetentionYears)
		}
		return dropLog(cmd.Context(), cfg, n, time.Now(), cmd.OutOrStdout())
	}
	return cmd
}

func dropLog(ctx context.Context, cfg config, years int, now time.Time, w io.Writer) (err error) {
	st, err := openStore(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	before, err := st.DroppedAccess(ctx)
	if err != nil {
		return err
	}
	until := access.DropBefore(now, years)
	for more := true; more; {
		if more, err = st.DropAccess(ctx, until, now, dropPiece); err != nil {
			return err
		}
	}
	after, err := st.DroppedAccess(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%d chains from before %s were dropped.\n", len(after)-len(before), until.Format(time.DateOnly))
	return err
}
