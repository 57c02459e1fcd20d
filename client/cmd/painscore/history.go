package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

type historyFlags struct {
	connection connection
	unit       string
}

func newHistory() *cobra.Command {
	var f historyFlags
	cmd := &cobra.Command{
		Use:   "history SUBMISSION",
		Short: "Show every version of a stored sheet: who, why, when",
		Long: `Show every version of a stored sheet, oldest first: who made it, when and why, and
the scores. A version that was scored anew stands there once for each scoring. The
line that says so is the one that counts.

With --json each scoring is one line.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return history(cmd, &f, args[0]) },
	}
	f.connection.flags(cmd)
	unitFlag(cmd, &f.unit)
	return cmd
}

func history(cmd *cobra.Command, f *historyFlags, id string) error {
	request := &pb.ListSubmissionVersionsRequest{CareUnit: unitOf(f.unit), SubmissionId: id, PageSize: 1000}
	w := cmd.OutOrStdout()
	return f.connection.call(cmd, func(ctx context.Context, c *client.Client) error {
		for {
			page, err := c.Submissions().ListSubmissionVersions(ctx, request)
			if err != nil {
				return err
			}
			for _, v := range page.Versions {
				if err := printVersion(w, v, f.connection.json); err != nil {
					return err
				}
			}
			if request.PageToken = page.NextPageToken; request.PageToken == "" {
				return nil
			}
		}
	})
}

func printVersion(w io.Writer, v *pb.SubmissionVersion, asJSON bool) error {
	if asJSON {
		return printJSON(w, v)
	}
	s := v.Submission
	state := ""
	switch {
	case v.Counts:
		state = ", counts"
	case s.GetState() == pb.SubmissionState_SUBMISSION_STATE_RETRACTED:
		state = ", retracted"
	}
	fmt.Fprintf(w, "%s%s\n", sheetWords(s), state)
	fmt.Fprintf(w, "  %s by %s%s\n", when(s.GetRecordedAt()), s.GetChangedBy(), because(s.GetChangeReason()))
	for _, flip := range v.Flips {
		verb := "reverted"
		if flip.Applied {
			verb = "applied"
		}
		fmt.Fprintf(w, "  scores of plan %s, %s %s by %s%s\n", s.GetRescorePlanId(), verb, when(flip.At), flip.By, because(flip.Note))
	}
	for _, score := range s.GetScoredSheet().GetScores() {
		fmt.Fprintf(w, "  %s %s\n", scaleName(score.Scale, score.ValueSet), scoreWords(score))
	}
	_, err := fmt.Fprintln(w)
	return outputError(err)
}

func when(at *timestamppb.Timestamp) string {
	if at == nil {
		return "-"
	}
	return at.AsTime().Format(time.RFC3339)
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

type changesFlags struct {
	connection connection
	unit       string
	from       string
	all        bool
	jsonl      bool
}

func newChanges() *cobra.Command {
	var f changesFlags
	cmd := &cobra.Command{
		Use:   "changes",
		Short: "Follow what happened in a care unit",
		Long: `Follow what happened in a care unit, in the order in which it was stored: sheets that
were submitted, amended, retracted or scored anew, and patients who were erased.

Begin with --all; the last line on standard error is the token to go on from the
next time, with --from. Nothing is skipped or told twice that way, whether the next
time is in a minute or in a year.

With --jsonl each change is one line of JSON, with the whole sheet.`,
		Example: `  painscore changes --all --jsonl > copy.jsonl
  painscore changes --from "$token" --jsonl >> copy.jsonl`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return changes(cmd, &f) },
	}
	f.connection.flags(cmd)
	cmd.Flags().Lookup("json").Hidden = true // the same as --jsonl
	unitFlag(cmd, &f.unit)
	cmd.Flags().StringVar(&f.from, "from", "", "token that an earlier run ended with")
	cmd.Flags().BoolVar(&f.all, "all", false, "from the first change on")
	cmd.Flags().BoolVar(&f.jsonl, "jsonl", false, "one line of JSON for each change")
	cmd.MarkFlagsMutuallyExclusive("from", "all")
	cmd.MarkFlagsOneRequired("from", "all")
	return cmd
}

func changes(cmd *cobra.Command, f *changesFlags) error {
	if !f.all && f.from == "" { // a variable that was empty must not begin again unseen
		return errors.New("--from: the token is empty; --all begins with the first change")
	}
	request := &pb.ListChangesRequest{CareUnit: unitOf(f.unit), ResumeToken: f.from, PageSize: 500}
	print := changesTable
	if f.jsonl || f.connection.json {
		print = changesJSON
	}
	return f.connection.call(cmd, func(ctx context.Context, c *client.Client) error {
		for {
			page, err := c.Submissions().ListChanges(ctx, request)
			if err == nil {
				err = print(cmd.OutOrStdout(), page.Changes)
			}
			if err != nil {
				if request.ResumeToken != "" {
					fmt.Fprintf(cmd.ErrOrStderr(), "painscore: all before this is told; go on with --from %s\n", request.ResumeToken)
				}
				return err
			}
			if request.ResumeToken = page.NextResumeToken; page.CaughtUp {
				fmt.Fprintf(cmd.ErrOrStderr(), "Go on with --from %s\n", request.ResumeToken)
				return nil
			}
		}
	})
}

// changesJSON writes a page as a whole, so that a run that ends between two
// pages has told all before its token and nothing beyond.
func changesJSON(w io.Writer, page []*pb.ChangeEvent) error {
	buffered := bufio.NewWriter(w)
	for _, c := range page {
		if err := printJSON(buffered, c); err != nil {
			return err
		}
	}
	return outputError(buffered.Flush())
}

func changesTable(w io.Writer, page []*pb.ChangeEvent) error {
	if len(page) == 0 {
		return nil
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range page {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", when(c.At), enumWord(c.Kind), eventWords(c), c.ChangedBy, orNone(c.Reason))
	}
	return outputError(table.Flush())
}

// eventWords says what a change is about.
func eventWords(c *pb.ChangeEvent) string {
	s := c.GetSubmission()
	if s == nil {
		return "a patient with " + count(len(c.GetErasedChanges()), "sheet")
	}
	words := fmt.Sprintf("%s v%d: %s at %s of %s", s.SubmissionId, s.Version, s.GetScoredSheet().GetInstrument(), occasionWord(s.Occasion, s.OccasionLabel), s.EpisodeId)
	if from := c.GetMovedFrom(); from != nil {
		words += fmt.Sprintf(", moved from %s of %s", occasionWord(from.Occasion, from.OccasionLabel), from.EpisodeId)
	}
	return strings.TrimSpace(words)
}
