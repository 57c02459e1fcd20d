package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/painscore/painscore/scoring/instruments"
)

func newInstrumentsSchema() *cobra.Command {
	return &cobra.Command{
		Use:   "schema [definition | value_set]",
		Short: "Print the JSON Schema of definition files, for editors",
		Long: `Print the JSON Schema (draft 2020-12) of definition files, or of value sets.

Editors complete and check YAML by it. Keep it beside your files and begin them
with this line:

  # yaml-language-server: $schema=definition.json

The schema knows the shape of a file; painscore instruments check has the last
word.`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: cobra.FixedCompletions(instruments.Schemas, cobra.ShellCompDirectiveNoFileComp),
		RunE: func(cmd *cobra.Command, args []string) error {
			format := instruments.Schemas[0]
			if len(args) == 1 {
				format = args[0]
			}
			body, ok := instruments.Schema(format)
			if !ok {
				return fmt.Errorf("schema takes one of %s", strings.Join(instruments.Schemas, ", "))
			}
			_, err := cmd.OutOrStdout().Write(body)
			return outputError(err)
		},
	}
}
