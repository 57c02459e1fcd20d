package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/painscore/painscore/scoring/instruments"
)

func newInstrumentsSkeleton() *cobra.Command {
	names := instruments.Skeletons()
	return &cobra.Command{
		Use:   "skeleton {" + strings.Join(names, " | ") + "}",
		Short: "Print a definition file to fill in",
		Long: `Print a definition file for a clinic to fill in, with comments that say how.

mpi_s is the MPI-S without its key: only a clinic that holds the manual can fill
that in, and the file is refused until it has.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp),
		RunE: func(cmd *cobra.Command, args []string) error {
			body, ok := instruments.Skeleton(args[0])
			if !ok {
				return fmt.Errorf("skeleton takes one of %s", strings.Join(names, ", "))
			}
			_, err := cmd.OutOrStdout().Write(body)
			return outputError(err)
		},
	}
}
