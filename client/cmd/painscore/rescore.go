package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

func newRescore() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rescore",
		Short: "Score stored sheets by another version of their definition",
		Long: `Score stored sheets by another version of their definition, in three steps:

preview shows what would change and makes a plan; apply carries out exactly that
plan or refuses; revert makes the old scores count again. Until a plan is applied
every sheet keeps the score of the version that made it, and the old scores stay
readable afterwards.`,
	}
	cmd.AddCommand(newRescorePreview(), newRescoreApply(), newRescoreRevert())
	return cmd
}

type previewFlags struct {
	connection connection
	version    string
	units      []string
	from, to   string
}

func newRescorePreview() *cobra.Command {
	var f previewFlags
	cmd := &cobra.Command{
		Use:   "preview INSTRUMENT",
		Short: "Show what another version would change, and make a plan of it",
		Long: `Show what another version of an instrument's definition would change: each sheet
with another result, bands and flags that are crossed, changes between two
occasions that would be judged otherwise, and sheets that the version cannot read,
which keep their scores. Nothing is changed; the plan at the end can be applied.

With --json each finding is one line, and the plan the last one.`,
		Example: `  painscore rescore preview hads --version 2 --from 2024-01-01`,
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return rescorePreview(cmd, &f, args[0]) },
	}
	f.connection.flags(cmd)
	cmd.Flags().Lookup("timeout").Hidden = true // a stream takes the time it takes
	cmd.Flags().StringVar(&f.version, "version", "", "version that scores anew (default the active one)")
	// Not from the environment: a unit left there must not narrow this unseen.
	cmd.Flags().StringArrayVar(&f.units, "unit", nil, "HSA-id of a care unit; may be repeated (default all)")
	cmd.Flags().StringVar(&f.from, "from", "", "first day of answers, YYYY-MM-DD")
	cmd.Flags().StringVar(&f.to, "to", "", "last day of answers, YYYY-MM-DD")
	return cmd
}

func rescorePreview(cmd *cobra.Command, f *previewFlags, instrument string) error {
	request := &pb.PreviewRescoreRequest{Instrument: instrument, Version: f.version, CareUnits: f.units, AnsweredFrom: f.from, AnsweredTo: f.to}
	return f.connection.call(cmd, func(ctx context.Context, c *client.Client) error {
		stream, err := c.Submissions().PreviewRescore(ctx, request)
		if err != nil {
			return err
		}
		tables := newPreviewTables(cmd.OutOrStdout())
		for {
			found, err := stream.Recv()
			switch {
			case errors.Is(err, io.EOF):
				return outputError(tables.end())
			case err != nil:
				return err
			case f.connection.json:
				err = printJSON(cmd.OutOrStdout(), found)
			default:
				tables.add(found)
			}
			if err != nil {
				return err
			}
		}
	})
}

// rescoreTime is how long an apply may take unless --timeout says otherwise:
// enough for a million sheets.
const rescoreTime = 15 * time.Minute

type planFlags struct {
	connection connection
	note       string
}

func (f *planFlags) flags(cmd *cobra.Command) {
	f.connection.flags(cmd)
	f.connection.timeout = rescoreTime
	cmd.Flags().Lookup("timeout").DefValue = rescoreTime.String()
	cmd.Flags().StringVar(&f.note, "note", "", "why, for those who read the history")
}

func newRescoreApply() *cobra.Command {
	var f planFlags
	cmd := &cobra.Command{
		Use:   "apply PLAN",
		Short: "Carry out a plan: its scores count from now on",
		Long: `Carry out a plan that preview made: exactly what it showed, or nothing. Sheets
that came after the preview are not part of it. If what it saw has changed the plan
is refused (STALE_VERSION): preview again.

A command that was cut off has changed nothing that is seen; run it again.`,
		Example: `  painscore rescore apply 20250315-k3f9x2m7ab4q --note "manual of 2025"`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.connection.call(cmd, func(ctx context.Context, c *client.Client) error {
				reply, err := c.Submissions().ApplyRescore(ctx, &pb.ApplyRescoreRequest{PlanId: args[0], Note: f.note})
				return f.tell(cmd, reply.GetPlan(), err)
			})
		},
	}
	f.flags(cmd)
	return cmd
}

func newRescoreRevert() *cobra.Command {
	var f planFlags
	cmd := &cobra.Command{
		Use:   "revert PLAN",
		Short: "Take a plan back: the scores before it count again",
		Long: `Take back a plan that was applied: the scores that counted before count again. The
plan can be applied again as long as nothing it saw has changed.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.connection.call(cmd, func(ctx context.Context, c *client.Client) error {
				reply, err := c.Submissions().RevertRescore(ctx, &pb.RevertRescoreRequest{PlanId: args[0], Note: f.note})
				return f.tell(cmd, reply.GetPlan(), err)
			})
		},
	}
	f.flags(cmd)
	return cmd
}

// tell prints a plan and its history.
func (f *planFlags) tell(cmd *cobra.Command, plan *pb.RescorePlan, err error) error {
	if err != nil {
		return err
	}
	if f.connection.json {
		return printJSON(cmd.OutOrStdout(), plan)
	}
	return outputError(printPlan(cmd.OutOrStdout(), plan))
}

func printPlan(w io.Writer, plan *pb.RescorePlan) error {
	counts := plan.GetCounts()
	_, err := fmt.Fprintf(w, "Plan %s: %s to version %s, %s; %s, %d with another result\n",
		plan.PlanId, plan.Instrument, plan.TargetVersion, enumWord(plan.State), count(int(counts.GetRescored()), "sheet"), counts.GetChanged())
	for _, flip := range plan.Flips {
		words := "reverted"
		if flip.Applied {
			words = "applied"
		}
		line := fmt.Sprintf("  %s %s by %s", flip.At.AsTime().Format(time.RFC3339), words, flip.By)
		if flip.Note != "" {
			line += ": " + flip.Note
		}
		_, err = fmt.Fprintln(w, line)
	}
	return err
}

// planWords say what a plan is about.
func planWords(plan *pb.RescorePlan) string {
	units := "all care units"
	if !plan.AllCareUnits {
		names := make([]string, len(plan.Scopes))
		for i, s := range plan.Scopes {
			names[i] = s.CareUnit
		}
		units = strings.Join(names, ", ")
	}
	words := fmt.Sprintf("%s to version %s, %s", plan.Instrument, plan.TargetVersion, units)
	switch {
	case plan.AnsweredFrom != "" && plan.AnsweredTo != "":
		words += ", answered " + plan.AnsweredFrom + " to " + plan.AnsweredTo
	case plan.AnsweredFrom != "":
		words += ", answered from " + plan.AnsweredFrom
	case plan.AnsweredTo != "":
		words += ", answered to " + plan.AnsweredTo
	}
	return words
}
