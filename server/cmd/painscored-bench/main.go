// Command painscored-bench measures painscored and breaks it on purpose: what
// the README and the design say of its speed and of what it survives can be
// run by anybody, on their own machine.
//
//	go run ./server/cmd/painscored-bench bench all        Submit, GetTrend and imports in one table
//	go run ./server/cmd/painscored-bench bench submit     Submit beside an echo and a bare durable row
//	go run ./server/cmd/painscored-bench overload         ten times what it can serve
//	go run ./server/cmd/painscored-bench faults all       kill it, fill its disk, damage its file …
//
// It builds painscored, starts it as a process of its own on free loopback
// ports with its data in a temporary folder, drives it over gRPC, ends what it
// started and removes what it made. Every patient in it is made up. It exits
// with 1 if a promise was broken, and for the faults prints what it counted.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	// A reader that goes away (| head) must not keep us from cleaning up.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "painscored-bench:", err)
		os.Exit(1)
	}
}

// run is the whole program; args are the command line without its name.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	root := &cobra.Command{
		Use: "painscored-bench", Short: "measure painscored, and break it on purpose",
		Args: cobra.NoArgs, SilenceUsage: true, SilenceErrors: true,
	}
	var place placeFlags
	flags := root.PersistentFlags()
	flags.StringVar(&place.parent, "dir", "", "folder to work in, on the medium that is to be measured (default: the system's temporary folder)")
	flags.StringVar(&place.painscored, "painscored", "", "program to run (default: build it)")
	flags.StringVar(&place.engine, "engine", sqliteEngine, "storage engine of the server: "+sqliteEngine+", or "+postgresEngine+", which is started for the run")
	flags.Uint64Var(&place.seed, "seed", 1, "where the random numbers begin; the same seed repeats a run's choices, not its timing")
	root.AddCommand(benchCommand(&place), overloadCommand(&place), faultsCommand(&place), baselineCommand())
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return root.ExecuteContext(ctx)
}
