package main

import (
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/painscore/painscore/server/access"
)

// newAccess is about who may do what, by the rules of the contract.
func newAccess() *cobra.Command {
	cmd := &cobra.Command{
		Use: "access", Short: "who may do what", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }, // and not silence after a mistyped name
	}
	cmd.AddCommand(newMatrix())
	return cmd
}

func newMatrix() *cobra.Command {
	return &cobra.Command{
		Use: "matrix", Short: "print which role may make which call, for whose patients", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprint(out, "CALL\tPATIENTS OF\tLOGGED AS")
			for _, role := range access.Roles {
				fmt.Fprintf(out, "\t%s", role)
			}
			fmt.Fprintln(out)
			for _, action := range access.Actions() {
				rule, _ := access.RuleOf(action)
				fmt.Fprintf(out, "%s\t%s\t%s", action, rule.Scope, rule.Activity)
				for _, role := range access.Roles {
					fmt.Fprintf(out, "\t%s", map[bool]string{true: "yes", false: "-"}[slices.Contains(rule.Roles, role)])
				}
				fmt.Fprintln(out)
			}
			return out.Flush()
		},
	}
}
