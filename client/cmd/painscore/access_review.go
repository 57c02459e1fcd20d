package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// periodFlags are the days that a check of the access log is about.
type periodFlags struct{ from, to string }

func (f *periodFlags) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.from, "from", "", "first day, `YYYY-MM-DD`")
	cmd.Flags().StringVar(&f.to, "to", "", "last day, `YYYY-MM-DD`; it must be over")
	cmd.MarkFlagRequired("from")
	cmd.MarkFlagRequired("to")
}

// read gives the period's first and last moment, in Swedish time.
func (f *periodFlags) read() (zone *time.Location, from, to *timestamppb.Timestamp, err error) {
	if zone, err = time.LoadLocation("Europe/Stockholm"); err != nil {
		return nil, nil, nil, err
	}
	if from, err = dayStart("--from", f.from, 0, zone); err != nil {
		return nil, nil, nil, err
	}
	to, err = dayStart("--to", f.to, 1, zone)
	return zone, from, to, err
}

func newAccessSample() *cobra.Command {
	var conn connection
	var period periodFlags
	request, asCSV := &pb.SampleAccessEventsRequest{}, false
	cmd := &cobra.Command{
		Use:   "sample",
		Short: "Draw events at random, for the recurring check",
		Long: `Draw events of a period at random, for the recurring check that nobody looks at what
is not theirs. The table is that of "painscore access list". What it was drawn from,
and the seed by which anybody draws the same events again, are told on standard
error, with the command that keeps the record of the check.`,
		Example: `  painscore access sample --from 2026-10-01 --to 2026-10-31 --size 50 --csv > check.csv
  painscore access sample --from 2026-10-01 --to 2026-10-31 --size 50 --seed QX4…`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			zone, from, to, err := period.read()
			if err != nil {
				return err
			}
			request.From, request.To = from, to
			return conn.call(cmd, func(ctx context.Context, c *client.Client) error {
				sample, err := c.Audit().SampleAccessEvents(ctx, request)
				switch {
				case err != nil:
					return err
				case conn.json:
					return printJSON(cmd.OutOrStdout(), sample)
				}
				print, end := accessTable(cmd.OutOrStdout(), zone)
				if asCSV {
					print, end = accessCSV(cmd.OutOrStdout(), zone)
				}
				return printSample(cmd, &period, sample, print, end)
			})
		},
	}
	conn.flags(cmd)
	period.flags(cmd)
	cmd.Flags().Int32Var(&request.Size, "size", 50, "how many events to draw, 1 to 1000")
	cmd.Flags().StringVar(&request.Seed, "seed", "", "draw the sample of this seed again (default a new one)")
	cmd.Flags().BoolVar(&asCSV, "csv", false, "print comma-separated values")
	cmd.MarkFlagsMutuallyExclusive("csv", "json")
	return cmd
}

// printSample prints the events, and beside them what a record of the check needs.
func printSample(cmd *cobra.Command, period *periodFlags, sample *pb.SampleAccessEventsResponse, print func(*pb.AccessEvent) error, end func() error) error {
	for _, e := range sample.Events {
		if err := print(e); err != nil {
			return outputError(err)
		}
	}
	if err := end(); err != nil {
		return outputError(err)
	}
	_, err := fmt.Fprintf(cmd.ErrOrStderr(), "%d of %s of the period, drawn by the seed %s\nRecord the check: painscore access review --from %s --to %s --events %d --sampled %d --seed %s --note …\n",
		len(sample.Events), count(int(sample.EventsInPeriod), "event"), sample.Seed, period.from, period.to, sample.EventsInPeriod, len(sample.Events), sample.Seed)
	return err
}

func newAccessReview() *cobra.Command {
	var conn connection
	var period periodFlags
	review := &pb.AccessReview{}
	cmd := &cobra.Command{
		Use:   "review",
		Short: "Keep the record of a check of the access log",
		Long: `Keep the record of a check of the access log: which period, how many of its events
were looked at, and what was found. "painscore access sample" prints the numbers and
the seed. A record is never changed; the same one sent again changes nothing.`,
		Example: `  painscore access review --from 2026-10-01 --to 2026-10-31 --events 48210 --sampled 50 --seed QX4… --note "nothing out of the way"`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if _, review.From, review.To, err = period.read(); err != nil {
				return err
			}
			if review.ReviewId == "" {
				review.ReviewId = client.NewSubmissionID()
			}
			return conn.call(cmd, func(ctx context.Context, c *client.Client) error {
				reply, err := c.Audit().RecordAccessReview(ctx, &pb.RecordAccessReviewRequest{Review: review})
				switch {
				case err != nil && unsure(err):
					fmt.Fprintf(cmd.ErrOrStderr(), "painscore: to send this record again: --review-id %s\n", review.ReviewId)
					return err
				case err != nil:
					return err
				case conn.json:
					return printJSON(cmd.OutOrStdout(), reply)
				}
				kept := reply.GetReview()
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "Recorded: check %s by %s, %d of %s\n", kept.GetReviewId(), kept.GetReviewer(), kept.GetSampled(), count(int(kept.GetEventsInPeriod()), "event"))
				return outputError(err)
			})
		},
	}
	conn.flags(cmd)
	period.flags(cmd)
	set := cmd.Flags()
	set.StringVar(&review.ReviewId, "review-id", "", "the record's own id, to send it again (default a new UUIDv7)")
	set.Int64Var(&review.EventsInPeriod, "events", 0, "how many events the period has")
	set.Int64Var(&review.Sampled, "sampled", 0, "how many of them were looked at")
	set.StringVar(&review.Seed, "seed", "", "the sample's seed")
	set.StringVar(&review.Reviewer, "reviewer", "", "who checked, such as a HSA-id (default the calling user)")
	set.StringVar(&review.Note, "note", "", "what was found, in a line; no identity in it")
	for _, needed := range []string{"events", "sampled", "note"} {
		cmd.MarkFlagRequired(needed)
	}
	return cmd
}

func newAccessReviews() *cobra.Command {
	var conn connection
	cmd := &cobra.Command{
		Use:   "reviews",
		Short: "List the checks that were made, newest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			zone, err := time.LoadLocation("Europe/Stockholm")
			if err != nil {
				return err
			}
			return conn.call(cmd, func(ctx context.Context, c *client.Client) error {
				return accessReviews(ctx, cmd.OutOrStdout(), c, zone, conn.json)
			})
		},
	}
	conn.flags(cmd)
	return cmd
}

func accessReviews(ctx context.Context, w io.Writer, c *client.Client, zone *time.Location, asJSON bool) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	request := &pb.ListAccessReviewsRequest{PageSize: 1000}
	for n := 0; ; {
		page, err := c.Audit().ListAccessReviews(ctx, request)
		if err != nil {
			return err
		}
		for _, r := range page.Reviews {
			if asJSON {
				if err := printJSON(w, r); err != nil {
					return err
				}
				continue
			}
			if n++; n == 1 {
				fmt.Fprintln(table, "RECORDED\tFROM\tTO\tLOOKED AT\tBY\tSEED\tNOTE\tID")
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", dayIn(r.GetReviewedAt(), zone), dayIn(r.GetFrom(), zone), dayIn(r.GetTo(), zone),
				strconv.FormatInt(r.Sampled, 10)+" of "+strconv.FormatInt(r.EventsInPeriod, 10), orNone(r.Reviewer), orNone(r.Seed), r.Note, r.ReviewId)
		}
		if request.PageToken = page.NextPageToken; request.PageToken != "" {
			continue
		}
		if n == 0 && !asJSON {
			fmt.Fprintln(table, "No check is on record.")
		}
		return outputError(table.Flush())
	}
}

// dayIn is the day of a moment in Sweden.
func dayIn(at *timestamppb.Timestamp, zone *time.Location) string {
	return at.AsTime().In(zone).Format(time.DateOnly)
}
