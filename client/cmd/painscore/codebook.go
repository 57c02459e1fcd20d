package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

func newCodebook() *cobra.Command {
	var c connection
	var asCSV bool
	request := &pb.GetCodebookRequest{}
	cmd := &cobra.Command{
		Use:   "codebook [instrument…]",
		Short: "Say what every variable of a delivery means",
		Long: `Say what every variable of a delivery means: label, range, codes for missing values,
instrument, version and source, generated from the server's definitions. It holds
no wording of a question, and is about no patient.`,
		Example: `  painscore codebook --csv > codebook.csv
  painscore codebook hads eq_5d_5l --wide`,
		RunE: func(cmd *cobra.Command, args []string) error {
			request.Instruments = args
			out := cmd.OutOrStdout()
			return c.call(cmd, func(ctx context.Context, to *client.Client) error {
				book, err := to.Registry().GetCodebook(ctx, request)
				switch {
				case err != nil:
					return err
				case c.json:
					return printJSON(out, book)
				case asCSV:
					return outputError(codebookCSV(out, book))
				}
				return outputError(codebookTable(out, book))
			})
		},
	}
	c.flags(cmd)
	cmd.Flags().BoolVar(&request.Wide, "wide", false, "the names of a wide file, for each occasion")
	cmd.Flags().BoolVar(&request.AllVersions, "all-versions", false, "every version of each instrument, not only the active one")
	cmd.Flags().BoolVar(&asCSV, "csv", false, "print comma-separated values, a line for each variable and version")
	cmd.MarkFlagsMutuallyExclusive("csv", "json")
	return cmd
}

func codebookTable(w io.Writer, book *pb.GetCodebookResponse) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tTYPE\tRANGE\tMISSING\tLABEL") // an error stays, and Flush tells it
	for _, v := range book.Variables {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", v.Name, v.Type, orNone(rangeOf(v)), missingRange(v), v.Label)
	}
	return table.Flush()
}

// rangeOf is what a variable can be in the newest version, which comes last.
func rangeOf(v *pb.CodebookVariable) string {
	if len(v.Versions) == 0 {
		return ""
	}
	newest := v.Versions[len(v.Versions)-1]
	switch {
	case len(newest.Values) > 0:
		return strings.Join(newest.Values, " ")
	case newest.Lowest != "" || newest.Highest != "":
		return newest.Lowest + "…" + newest.Highest
	}
	return ""
}

func missingRange(v *pb.CodebookVariable) string {
	if len(v.Missing) == 0 {
		return "-"
	}
	return fmt.Sprintf("%d…%d", v.Missing[0].Code, v.Missing[len(v.Missing)-1].Code)
}

var codebookHeads = []string{"name", "label", "instrument", "kind", "code", "value_set", "occasion", "type", "decimals", "direction", "missing_codes",
	"version", "lowest", "highest", "values", "items", "missing_rule", "source", "known", "definition_hash", "scoring_hash"}

func codebookCSV(w io.Writer, book *pb.GetCodebookResponse) error {
	out := csv.NewWriter(w)
	out.Write(codebookHeads) // an error stays, and Flush tells it
	for _, v := range book.Variables {
		missing := make([]string, len(v.Missing))
		for i, m := range v.Missing {
			missing[i] = fmt.Sprintf("%s=%d", m.Reason, m.Code)
		}
		about := safeCells([]string{v.Name, v.Label, v.Instrument, v.Kind, v.Code, v.ValueSet, enumOrEmpty(v.Occasion), v.Type, strconv.Itoa(int(v.Decimals)), v.Direction, strings.Join(missing, " ")})
		for _, in := range v.Versions {
			out.Write(append(about[:len(about):len(about)], append([]string{in.Version, in.Lowest, in.Highest},
				safeCells([]string{strings.Join(in.Values, " "), strings.Join(in.Items, " "), in.MissingRule, in.Source, in.Known, in.DefinitionHash, in.ScoringHash})...)...))
		}
	}
	out.Flush()
	return out.Error()
}
