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

// actFlags name an occasion, and an act about it.
type actFlags struct {
	connection connection
	id         string
	unit       string
	episode    string
	occasion   string
	label      string
	on         string
	note       string
	author     string
}

func (f *actFlags) flags(cmd *cobra.Command) {
	f.connection.flags(cmd)
	unitFlag(cmd, &f.unit)
	set := cmd.Flags()
	set.StringVar(&f.id, "act-id", "", "the act's own id, to send it again (default a new UUIDv7)")
	set.StringVar(&f.episode, "episode", "", "id of the episode of care")
	set.StringVar(&f.label, "occasion-label", "", "which occasion, with --occasion other")
	set.StringVar(&f.on, "on", "", "the day, `YYYY-MM-DD` (default today)")
	set.StringVar(&f.note, "note", "", "a note of one line; no identity in it")
	set.StringVar(&f.author, "author", "", "who did it, such as a staff member's HSA-id (default the calling user)")
	enumFlag(cmd, &f.occasion, "occasion", pb.Occasion(0))
	cmd.MarkFlagRequired("episode")
	cmd.MarkFlagRequired("occasion")
}

// named makes sure that the act has an id, and reads its occasion.
func (f *actFlags) named(into *pb.Occasion) error {
	if f.id == "" {
		f.id = client.NewSubmissionID()
	}
	return setEnums(enumValue{"occasion", f.occasion, pb.Occasion(0), func(n protoreflect.EnumNumber) { *into = pb.Occasion(n) }})
}

// again tells how to send an act again whose outcome is not known.
func (f *actFlags) again(cmd *cobra.Command, err error) error {
	if unsure(err) {
		fmt.Fprintf(cmd.ErrOrStderr(), "painscore: to send this act again: --act-id %s\n", f.id)
	}
	return err
}

func newDispatch() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dispatch",
		Short: "Record what was sent to a patient, and find what a paper form's code stands for",
		Args:  cobra.NoArgs,
	}
	for _, kind := range []struct {
		word, short string
		kind        pb.OccasionActKind
		goesOut     bool
	}{
		{"sent", "Record that forms were sent; prints the code for them", pb.OccasionActKind_OCCASION_ACT_KIND_SENT, true},
		{"reminded", "Record that a patient was reminded", pb.OccasionActKind_OCCASION_ACT_KIND_REMINDED, true},
		{"returned", "Record that a letter came back unopened", pb.OccasionActKind_OCCASION_ACT_KIND_RETURNED, false},
		{"declined", "Record that a patient declined this time", pb.OccasionActKind_OCCASION_ACT_KIND_DECLINED, false},
	} {
		cmd.AddCommand(newDispatchOf(kind.word, kind.short, kind.kind, kind.goesOut))
	}
	cmd.AddCommand(newDispatchFind(), newDispatchHistory())
	return cmd
}

func newDispatchOf(word, short string, kind pb.OccasionActKind, goesOut bool) *cobra.Command {
	var f actFlags
	request := &pb.RecordDispatchRequest{Kind: kind}
	cmd := &cobra.Command{
		Use: word, Short: short, Args: cobra.NoArgs,
		Example: "  painscore dispatch " + word + " --unit SE2321000016-1A2B --episode 2026-0117 --occasion follow_up_12_months",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.named(&request.Occasion); err != nil {
				return err
			}
			request.ActId, request.CareUnit, request.EpisodeId, request.OccasionLabel = f.id, unitOf(f.unit), f.episode, f.label
			request.DoneOn, request.Note, request.Author = f.on, f.note, f.author
			return f.connection.call(cmd, func(ctx context.Context, c *client.Client) error {
				reply, err := c.Patients().RecordDispatch(ctx, request)
				if err != nil {
					return f.again(cmd, err)
				}
				if f.connection.json {
					return printJSON(cmd.OutOrStdout(), reply)
				}
				return printRecorded(cmd.OutOrStdout(), reply.Act, reply.Replayed, reply.PaperCode)
			})
		},
	}
	f.flags(cmd)
	if goesOut {
		cmd.Flags().StringVar(&request.InformationSheet, "information", "", "which information sheet went along")
	}
	return cmd
}

// printRecorded prints a code in groups of three, as it is easiest to type.
func printRecorded(w io.Writer, act *pb.OccasionAct, replayed bool, code string) error {
	word := "Recorded"
	if replayed {
		word = "Recorded already, by an earlier call"
	}
	text := fmt.Sprintf("%s: %s, %s, %s\n", word, occasionWord(act.Occasion, act.OccasionLabel), enumWord(act.Kind), act.DoneOn)
	if len(code) == 9 {
		text += fmt.Sprintf("Code for the paper forms: %s-%s-%s\n", code[:3], code[3:6], code[6:])
	}
	_, err := io.WriteString(w, text)
	return outputError(err)
}

func newDispatchFind() *cobra.Command {
	var conn connection
	cmd := &cobra.Command{
		Use: "find CODE", Short: "Find the episode and the occasion of a paper form by its code", Args: cobra.ExactArgs(1),
		Long: `Find the episode and the occasion of a paper form by the code on it. Small letters,
spaces and hyphens do not matter; a wrong character, or two that changed places, is
told at once.`,
		Example: "  painscore dispatch find K7M-2PX-R4D",
		RunE: func(cmd *cobra.Command, args []string) error {
			return conn.call(cmd, func(ctx context.Context, c *client.Client) error {
				reply, err := c.Patients().FindDispatch(ctx, &pb.FindDispatchRequest{PaperCode: args[0]})
				if err != nil {
					return err
				}
				if conn.json {
					return printJSON(cmd.OutOrStdout(), reply)
				}
				fmt.Fprintf(cmd.OutOrStdout(), "Episode %s at %s, %s\n\n", reply.GetEpisode().GetEpisodeId(), reply.GetEpisode().GetCareUnit(), occasionWord(reply.Occasion, reply.OccasionLabel))
				return printActs(cmd.OutOrStdout(), reply.Dispatches)
			})
		},
	}
	conn.flags(cmd)
	return cmd
}

func newDispatchHistory() *cobra.Command {
	var conn connection
	request := &pb.ListOccasionActsRequest{}
	cmd := &cobra.Command{
		Use: "history EPISODE", Short: "List all that was sent, read and given about an episode", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			request.EpisodeId, request.CareUnit = args[0], unitOf(request.CareUnit)
			return conn.call(cmd, func(ctx context.Context, c *client.Client) error {
				reply, err := c.Patients().ListOccasionActs(ctx, request)
				if err != nil {
					return err
				}
				if conn.json {
					return printJSON(cmd.OutOrStdout(), reply)
				}
				return printActs(cmd.OutOrStdout(), reply.Acts)
			})
		},
	}
	conn.flags(cmd)
	unitFlag(cmd, &request.CareUnit)
	return cmd
}

func printActs(w io.Writer, acts []*pb.OccasionAct) error {
	if len(acts) == 0 {
		_, err := fmt.Fprintln(w, "Nothing is recorded.")
		return outputError(err)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "DAY\tOCCASION\tWHAT\tINFORMATION\tHOW\tBY\tNOTE")
	for _, a := range acts {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", a.DoneOn, occasionWord(a.Occasion, a.OccasionLabel), enumWord(a.Kind),
			orNone(a.InformationSheet), enumWord(a.Way), orNone(a.DoneBy), orNone(a.Note))
	}
	return outputError(table.Flush())
}
