package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/painscore/painscore/server/store/sqlite"
)

const doctorHelp = `Look at the store and everything around it, also while painscored serves it.

Each line says OK, WARN or FAIL, what was found, and what to do. Nothing is
changed. --quick leaves out the checks that read the whole database.

With PostgreSQL it opens the database as a server does – the first one of a newer
painscore brings the schema up to date – and leaves structure, room and backups
to the database's own tools.

The exit status is 0 if all is well, 1 if something wants attention (WARN) or the
command could not run, 2 if something is broken (FAIL).`

// level is how serious a finding is.
type level int

const (
	ok level = iota
	warn
	fail
)

func (l level) String() string { return []string{"OK", "WARN", "FAIL"}[l] }

// finding is the result of one check. It names no patient.
type finding struct {
	name  string
	level level
	found string
	do    string // what to do about it; empty if nothing
}

func newDoctor(getenv func(string) string) *cobra.Command {
	var quick, asJSON bool
	cmd := &cobra.Command{
		Use: "doctor", Short: "look at the store and everything around it", Long: doctorHelp, Args: cobra.NoArgs,
	}
	place := addPlace(cmd, getenv)
	cmd.Flags().BoolVar(&quick, "quick", false, "leave out the checks that read the whole database")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON for programs, one finding per line")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := place()
		if err != nil {
			return err
		}
		show, end := terminalProgress(cmd.ErrOrStderr())
		if show != nil && !quick {
			show("reading the whole database", 0, 0)
		}
		findings := examineAll(cmd.Context(), cfg, !quick, time.Now())
		end()
		if err := cmd.Context().Err(); err != nil {
			return err
		}
		if err := printFindings(cmd.OutOrStdout(), findings, asJSON); err != nil {
			return err
		}
		worst := slices.MaxFunc(findings, func(a, b finding) int { return int(a.level - b.level) }).level
		if worst == ok {
			return nil
		}
		return exitStatus(worst)
	}
	return cmd
}

// examineAll makes every check that the state of the store allows.
func examineAll(ctx context.Context, cfg config, thorough bool, now time.Time) []finding {
	if cfg.Store != "" {
		return examinePostgres(ctx, cfg, now)
	}
	path := cfg.database()
	if _, err := os.Stat(path); err != nil {
		return []finding{{"database", fail, err.Error(), "name its folder with --data, or restore a backup: painscored restore --from FILE"}}
	}
	findings := []finding{checkPermissions(cfg), checkServer(path)}
	e, err := sqlite.Examine(ctx, path, thorough)
	if err != nil {
		findings = append(findings, finding{"database", fail, err.Error(), "stop painscored, keep the files as they are, and restore a backup"})
	} else {
		findings = append(findings, checkSchema(e), checkStructure(e, thorough), checkErasures(cfg, e.NewestErasure), checkPurge(e.PendingPurges, purgeSQLite),
			keysState(ctx, cfg, properties(e.Properties)), checkClock(e.NewestRecord, now))
	}
	return append(findings, checkLog(path), checkRoom(path), checkLastBackup(cfg, now), checkCopies(path, now), checkCertificates(cfg, now))
}

func printFindings(w io.Writer, findings []finding, asJSON bool) error {
	encoder := json.NewEncoder(w)
	for _, f := range findings {
		var err error
		if asJSON {
			err = encoder.Encode(map[string]string{"check": f.name, "level": f.level.String(), "found": f.found, "do": f.do})
		} else {
			_, err = fmt.Fprintf(w, "%-4s  %-12s %s\n", f.level, f.name, f.found)
			if err == nil && f.do != "" {
				_, err = fmt.Fprintf(w, "                   → %s\n", f.do)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}
