// Command painscored is the painscore service: gRPC on one port, pages on
// another, one SQLite file for what patients answered.
//
//	painscored --demo     a store of synthetic patients, to look around
//	painscored            a store of one's own in the user's data directory
//	painscored settings   what the site has decided, on the running server
//	painscored backup     a copy of the database, also while it is served;
//	                      restore, doctor and keys belong to it
//
// main only wires the process to run, which is what the tests start, on port 0
// and in a temporary folder. This is the only package that names a storage
// engine.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr); err != nil {
		var status exitStatus
		if errors.As(err, &status) {
			os.Exit(int(status))
		}
		fmt.Fprintln(os.Stderr, "painscored:", err)
		os.Exit(1)
	}
}

// run is the whole program: it serves until ctx ends and returns when
// everything is closed. args are the command line without the program's name;
// getenv looks up the environment.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	cmd := command(getenv, func(ctx context.Context, cfg config) error { return serve(ctx, cfg, stdout, stderr) })
	cmd.SetArgs(args)
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	return cmd.ExecuteContext(ctx)
}

// command builds the command line. The help text of each flag names its
// default and its environment variable; a test holds the two to config.go.
func command(getenv func(string) string, serve func(context.Context, config) error) *cobra.Command {
	cmd := &cobra.Command{
		Use:           "painscored",
		Short:         "score, store and trend the questionnaires of pain rehabilitation",
		Long:          longHelp,
		Args:          cobra.NoArgs,
		Version:       version,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	flags := cmd.Flags()
	for _, s := range settings {
		if s.isBool {
			flags.Bool(s.name, false, s.help())
		} else {
			flags.String(s.name, "", s.help())
		}
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := loadConfig(func(name string) (string, bool) {
			flag := flags.Lookup(name)
			return flag.Value.String(), flag.Changed
		}, getenv)
		if err != nil {
			return err
		}
		return serve(cmd.Context(), cfg)
	}
	cmd.AddCommand(newSettings(getenv), newBackup(getenv), newRestore(getenv), newDoctor(getenv), newKeys(getenv), newStore(), newAccess(), newAudit(getenv), newLink(getenv), newCheckConfig(getenv), newRegistryChoices(getenv))
	return cmd
}

const longHelp = `painscored scores the questionnaires of pain rehabilitation, stores what patients
answered at baseline, programme end and the 12-month follow-up, and returns each
patient's trend: over gRPC for systems, as pages for people.

A setting is taken from its flag, else its environment variable, else the --config
file, else its default. Without sign_in in that file painscored is in local mode: it listens
on loopback addresses only, and a caller must show the token in local.token in the
data folder, which painscore and painscored find by themselves. The pages are
opened there by a link that is printed at the start and serves once.`
