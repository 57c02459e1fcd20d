// Command painscore scores pain-rehabilitation questionnaires on this machine,
// and stores and reads them on a painscored server.
//
// score and instruments work offline with the built-in definitions; submit, import,
// trend, episodes and rescore call the server at --addr (PAINSCORE_ADDR).
// Results go to standard output, everything else to standard error; --json
// gives one JSON value per line for programs. "painscore help exit-codes" lists
// what a script can branch on.
//
// Each command stands in a file of its own: start with newRoot below.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is the whole command, for main and for tests: it returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return report(stderr, root.ExecuteContext(ctx))
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "painscore",
		Short: "Score pain-rehabilitation questionnaires, and follow patients' trends",
		Long: `painscore scores the questionnaires of pain rehabilitation.

score and instruments work on this machine alone, with the built-in definitions
or a site's own. submit, import, trend, episodes and rescore talk to a painscored
server.

amend, retract and history correct stored sheets, changes follows them; share, link,
erase, export-patient and registry-choice are about episodes and patients. due,
dispatch and feedback are the coordinator's: whose forms are expected, what was
sent, what became of the answers. report makes figures of groups of patients, and
codebook says what the variables of a delivery mean.

painscore is a descriptive calculation aid and not a medical device.`,
		Version:       version(),
		SilenceErrors: true, // report prints them
		SilenceUsage:  true,
	}
	root.SetVersionTemplate("painscore {{.Version}}\n")
	root.AddCommand(newScore(), newInstruments(), newSubmit(), newImport(), newTrend(), newEpisodes(), newRescore(), newKit(), newVersion(), newExitCodes())
	root.AddCommand(newAmend(), newRetract(), newHistory(), newChanges(), newShare(), newLink(), newErase(), newAccess(), newDue(), newDispatch(), newFeedback(), newExportPatient(), newExport(), newRegistryChoice(), newReport(), newCodebook())
	return root
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "painscore %s\n", version())
			return outputError(err)
		},
	}
}

// version is that of the module as Go recorded it in the binary.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
