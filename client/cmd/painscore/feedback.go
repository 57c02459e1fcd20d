package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

func newFeedback() *cobra.Command {
	cmd := &cobra.Command{Use: "feedback", Short: "Record who has read a patient's answers and what became of the talk about them", Args: cobra.NoArgs}
	for _, kind := range []struct {
		word, short string
		kind        pb.OccasionActKind
	}{
		{"seen", "Record that somebody has read the answers", pb.OccasionActKind_OCCASION_ACT_KIND_SEEN},
		{"offered", "Record that a talk about them was offered", pb.OccasionActKind_OCCASION_ACT_KIND_FEEDBACK_OFFERED},
		{"declined", "Record that the patient declined it", pb.OccasionActKind_OCCASION_ACT_KIND_FEEDBACK_DECLINED},
		{"given", "Record that it took place", pb.OccasionActKind_OCCASION_ACT_KIND_FEEDBACK_GIVEN},
	} {
		cmd.AddCommand(newFeedbackOf(kind.word, kind.short, kind.kind))
	}
	cmd.AddCommand(newFeedbackAwaiting())
	return cmd
}

func newFeedbackOf(word, short string, kind pb.OccasionActKind) *cobra.Command {
	var f actFlags
	way := ""
	request := &pb.RecordFeedbackReviewRequest{Kind: kind}
	cmd := &cobra.Command{
		Use: word, Short: short, Args: cobra.NoArgs,
		Example: "  painscore feedback " + word + " --unit SE2321000016-1A2B --episode 2026-0117 --occasion follow_up_12_months",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.named(&request.Occasion); err != nil {
				return err
			}
			if err := setEnums(enumValue{"way", way, pb.FeedbackWay(0), func(n protoreflect.EnumNumber) { request.Way = pb.FeedbackWay(n) }}); err != nil {
				return err
			}
			request.ActId, request.CareUnit, request.EpisodeId, request.OccasionLabel = f.id, unitOf(f.unit), f.episode, f.label
			request.DoneOn, request.Note, request.Author = f.on, f.note, f.author
			return f.connection.call(cmd, func(ctx context.Context, c *client.Client) error {
				reply, err := c.Patients().RecordFeedbackReview(ctx, request)
				if err != nil {
					return f.again(cmd, err)
				}
				if f.connection.json {
					return printJSON(cmd.OutOrStdout(), reply)
				}
				return printRecorded(cmd.OutOrStdout(), reply.Act, reply.Replayed, "")
			})
		},
	}
	f.flags(cmd)
	if kind == pb.OccasionActKind_OCCASION_ACT_KIND_FEEDBACK_GIVEN {
		enumFlag(cmd, &way, "way", pb.FeedbackWay(0))
	}
	return cmd
}

func newFeedbackAwaiting() *cobra.Command {
	var conn connection
	occasion := ""
	request := &pb.ListAwaitingFeedbackRequest{PageSize: 1000}
	cmd := &cobra.Command{
		Use: "awaiting", Short: "List who has answered and was not offered to talk about it", Args: cobra.NoArgs,
		Long: `List the episodes whose patients have answered the 12-month follow-up, or another
occasion, and of which nobody has recorded that feedback was offered, declined or
given. The list names no patients.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			request.CareUnit = unitOf(request.CareUnit)
			if err := setEnums(enumValue{"occasion", occasion, pb.Occasion(0), func(n protoreflect.EnumNumber) { request.Occasion = pb.Occasion(n) }}); err != nil {
				return err
			}
			return conn.call(cmd, func(ctx context.Context, c *client.Client) error {
				return awaiting(ctx, cmd.OutOrStdout(), c, request, conn.json)
			})
		},
	}
	conn.flags(cmd)
	unitFlag(cmd, &request.CareUnit)
	enumFlag(cmd, &occasion, "occasion", pb.Occasion(0))
	cmd.Flags().StringVar(&request.OccasionLabel, "occasion-label", "", "which occasion, with --occasion other")
	cmd.Flags().StringVar(&request.AnsweredFrom, "from", "", "only answers of this day or later, `YYYY-MM-DD`")
	return cmd
}

func awaiting(ctx context.Context, w io.Writer, c *client.Client, request *pb.ListAwaitingFeedbackRequest, json bool) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for n := 0; ; {
		page, err := c.Patients().ListAwaitingFeedback(ctx, request)
		if err != nil {
			return err
		}
		for _, a := range page.Episodes {
			if json {
				if err := printJSON(w, a); err != nil {
					return err
				}
				continue
			}
			if n++; n == 1 {
				fmt.Fprintln(table, "EPISODE\tCOHORT\tOCCASION\tANSWERED")
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", a.GetEpisode().GetEpisodeId(), orNone(a.GetEpisode().GetCohort()), occasionWord(a.Occasion, a.OccasionLabel), a.LastAnsweredOn)
		}
		if request.PageToken = page.NextPageToken; request.PageToken != "" {
			continue
		}
		if n == 0 && !json {
			fmt.Fprintln(table, "Nobody.")
		}
		return outputError(table.Flush())
	}
}
