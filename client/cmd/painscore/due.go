package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

type dueFlags struct {
	connection connection
	unit       string
	states     []string
	occasion   string
	cohort     string
	overdue    int32
	csv        bool
}

func newDue() *cobra.Command {
	var f dueFlags
	cmd := &cobra.Command{
		Use:   "due",
		Short: "List whose forms are due, overdue or incomplete",
		Long: `List whose forms are due, due within eight weeks, overdue or partly answered in a
care unit, and which episodes lack the date to tell. Which forms make an occasion
complete is the unit's battery (painscored settings set-battery); without one any
form does. Nothing is expected of who has died, asked not to be contacted, dropped
out or is only assessed.

The list names episodes and no patients. --csv prints it for a spreadsheet.`,
		Example: `  painscore due --unit SE2321000016-1A2B
  painscore due --unit SE2321000016-1A2B --state overdue,partly_answered --csv > remind.csv`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return due(cmd, &f) },
	}
	f.connection.flags(cmd)
	unitFlag(cmd, &f.unit)
	cmd.Flags().StringSliceVar(&f.states, "state", nil, strings.Join(flagWords(pb.DueState(0)), ", "))
	enumFlag(cmd, &f.occasion, "occasion", pb.Occasion(0))
	cmd.Flags().StringVar(&f.cohort, "cohort", "", "only this cohort")
	cmd.Flags().Int32Var(&f.overdue, "overdue-days", 0, "how many days after its window an unanswered occasion stays on the list (default 90)")
	cmd.Flags().BoolVar(&f.csv, "csv", false, "print comma-separated values")
	cmd.MarkFlagsMutuallyExclusive("csv", "json")
	return cmd
}

func due(cmd *cobra.Command, f *dueFlags) error {
	request := &pb.ListDueOccasionsRequest{CareUnit: unitOf(f.unit), Cohort: f.cohort, OverdueDays: f.overdue, PageSize: 1000}
	for _, word := range f.states {
		err := setEnums(enumValue{"state", word, pb.DueState(0), func(n protoreflect.EnumNumber) { request.States = append(request.States, pb.DueState(n)) }})
		if err != nil {
			return err
		}
	}
	if err := setEnums(enumValue{"occasion", f.occasion, pb.Occasion(0), func(n protoreflect.EnumNumber) { request.Occasion = pb.Occasion(n) }}); err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	print, end := dueTable(out)
	switch {
	case f.csv:
		print, end = dueCSV(out)
	case f.connection.json:
		print, end = func(d *pb.DueOccasion) error { return printJSON(out, d) }, func([]*pb.DueCount) error { return nil }
	}
	return f.connection.call(cmd, func(ctx context.Context, c *client.Client) error {
		for {
			page, err := c.Patients().ListDueOccasions(ctx, request)
			if err != nil {
				return err
			}
			for _, d := range page.Occasions {
				if err := print(d); err != nil {
					return outputError(err)
				}
			}
			if request.PageToken = page.NextPageToken; request.PageToken == "" {
				return outputError(end(page.Counts))
			}
		}
	})
}

var dueHeads = []string{"EPISODE", "COHORT", "OCCASION", "STATE", "FIRST DAY", "LAST DAY", "COUNTED FROM", "MISSING", "LAST DISPATCH"}

// dueRow is an occasion as it is printed; what there is not is empty.
func dueRow(d *pb.DueOccasion) []string {
	row := []string{
		d.GetEpisode().GetEpisodeId(), d.GetEpisode().GetCohort(), occasionWord(d.Occasion, d.OccasionLabel), enumWord(d.State),
		d.FirstDay, d.LastDay, d.AnchorDate, strings.Join(d.Missing, " "), "",
	}
	if d.AnchorPlanned {
		row[6] += " (planned)"
	}
	if last := d.GetLastDispatch(); last != nil {
		row[8] = enumWord(last.Kind) + " " + last.DoneOn
	}
	return row
}

func dueCSV(w io.Writer) (func(*pb.DueOccasion) error, func([]*pb.DueCount) error) {
	out := csv.NewWriter(w)
	out.Write(dueHeads) // an error stays, and Flush tells it
	return func(d *pb.DueOccasion) error { return out.Write(safeCells(dueRow(d))) },
		func([]*pb.DueCount) error { out.Flush(); return out.Error() }
}

// dueTable ends with how many there are in each state.
func dueTable(w io.Writer) (func(*pb.DueOccasion) error, func([]*pb.DueCount) error) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(cells []string) error {
		for i := range cells {
			cells[i] = orNone(cells[i])
		}
		_, err := fmt.Fprintln(table, strings.Join(cells, "\t"))
		return err
	}
	n := 0
	print := func(d *pb.DueOccasion) error {
		if n++; n == 1 {
			fmt.Fprintln(table, strings.Join(dueHeads, "\t")) // an error comes again with the next line
		}
		return line(dueRow(d))
	}
	return print, func(counts []*pb.DueCount) error {
		if n == 0 {
			fmt.Fprintln(table, "Nothing.")
		}
		var all []string
		for _, c := range counts {
			all = append(all, fmt.Sprint(enumWord(c.State), " ", c.Occasions))
		}
		if len(all) > 0 {
			fmt.Fprintf(table, "\nIn the whole unit: %s.\n", strings.Join(all, ", "))
		}
		return table.Flush()
	}
}
