package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// decisionFlags say why something that is stored is changed, and who decided it.
type decisionFlags struct {
	reason string
	author string
}

func (f *decisionFlags) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.reason, "reason", "", "why, for those who read the history; no identity in it")
	cmd.Flags().StringVar(&f.author, "author", "", "who decided it, such as a staff member's HSA-id (default the calling system)")
	cmd.MarkFlagRequired("reason")
}

// versionFlag is the version of a sheet that was read. It has no default: what
// is corrected must have been looked at.
func versionFlag(cmd *cobra.Command, version *int32) {
	cmd.Flags().Int32Var(version, "read-version", 0, "version of the sheet that you have read, see painscore history")
	cmd.MarkFlagRequired("read-version")
}

type amendFlags struct {
	connection connection
	decision   decisionFlags
	sheet      sheetFlags
	unit       string
	version    int32
	instrument string
	episode    string
	occasion   string
	label      string
	answeredOn string
	respondent string
	mode       string
	language   string
	assisted   bool
	clear      []string
}

func newAmend() *cobra.Command {
	var f amendFlags
	cmd := &cobra.Command{
		Use:   "amend SUBMISSION",
		Short: "Correct a stored sheet: its answers, or where it belongs",
		Long: `Correct a stored sheet: its answers, or where in the patient's way it belongs.
What flags give is replaced, everything else stays; --clear empties a field. The
earlier versions stay readable (painscore history).

With --answers or --positions the whole sheet is given anew, --instrument with it:
items that are left out are blank. Another occasion, label, respondent or episode
moves the sheet.

A correction starts from the version that was read, --read-version, and is refused
if the sheet has moved on. Sending the same correction again is harmless.`,
		Example: `  painscore amend 0195a1b2-7c3d-7000-8000-000000000001 --read-version 1 \
      --instrument nprs --answers average_pain=3 --reason "typed in wrongly"
  painscore amend s-17 --read-version 1 --occasion programme_end --reason "wrong occasion"`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return amend(cmd, &f, args[0]) },
	}
	f.connection.flags(cmd)
	f.decision.flags(cmd)
	f.sheet.flags(cmd)
	versionFlag(cmd, &f.version)
	unitFlag(cmd, &f.unit)
	set := cmd.Flags()
	set.StringVar(&f.instrument, "instrument", "", "instrument of the sheet, with new answers")
	set.StringVar(&f.episode, "episode", "", "id of the episode of care that the sheet belongs to")
	set.StringVar(&f.label, "occasion-label", "", "which occasion, with --occasion other")
	set.StringVar(&f.answeredOn, "answered-on", "", "day of the answers, `YYYY-MM-DD`")
	set.StringVar(&f.language, "language", "", "language of the form, such as sv")
	set.BoolVar(&f.assisted, "assisted", false, "someone helped with the answers")
	set.StringSliceVar(&f.clear, "clear", nil, "fields to empty: mode, language_code, assisted, source")
	enumFlag(cmd, &f.occasion, "occasion", pb.Occasion(0))
	enumFlag(cmd, &f.respondent, "respondent", pb.Respondent(0))
	enumFlag(cmd, &f.mode, "mode", pb.Mode(0))
	return cmd
}

func amend(cmd *cobra.Command, f *amendFlags, id string) error {
	request, err := f.request(id)
	if err != nil {
		return err
	}
	return f.connection.call(cmd, func(ctx context.Context, c *client.Client) error {
		reply, err := c.Submissions().AmendSubmission(ctx, request)
		if err != nil {
			return err
		}
		if f.connection.json {
			return printJSON(cmd.OutOrStdout(), reply)
		}
		return printAmended(cmd.OutOrStdout(), reply)
	})
}

func (f *amendFlags) request(id string) (*pb.AmendSubmissionRequest, error) {
	request := &pb.AmendSubmissionRequest{
		CareUnit: unitOf(f.unit), SubmissionId: id, Version: f.version, Reason: f.decision.reason, Author: f.decision.author,
		EpisodeId: f.episode, OccasionLabel: f.label, AnsweredOn: f.answeredOn, LanguageCode: f.language, Assisted: f.assisted,
	}
	err := setEnums(
		enumValue{"occasion", f.occasion, pb.Occasion(0), func(n protoreflect.EnumNumber) { request.Occasion = pb.Occasion(n) }},
		enumValue{"respondent", f.respondent, pb.Respondent(0), func(n protoreflect.EnumNumber) { request.Respondent = pb.Respondent(n) }},
		enumValue{"mode", f.mode, pb.Mode(0), func(n protoreflect.EnumNumber) { request.Mode = pb.Mode(n) }})
	if err != nil {
		return nil, err
	}
	if request.Sheet, err = f.newSheet(); err != nil {
		return nil, err
	}
	if len(f.clear) > 0 {
		request.UpdateMask = &fieldmaskpb.FieldMask{Paths: append(f.given(request), f.clear...)}
	}
	return request, nil
}

// newSheet is nil where the answers stay.
func (f *amendFlags) newSheet() (*pb.Sheet, error) {
	given, err := f.sheet.sheet()
	if err != nil {
		return nil, err
	}
	if len(given.Answers) == 0 && len(given.Positions) == 0 {
		if f.sheet.version != "" || f.instrument != "" || given.Layout != "" || given.Coding != "" || len(given.ValueSets) > 0 {
			return nil, errors.New("the sheet is given anew as a whole, with --instrument and --answers or --positions")
		}
		return nil, nil
	}
	if problems := unsendable(given); len(problems) > 0 {
		return nil, sheetError(problems)
	}
	if f.instrument == "" {
		return nil, errors.New("new answers need --instrument, the one of the sheet: an answer sent to the wrong sheet must not fit by chance")
	}
	sheet := &pb.Sheet{Instrument: f.instrument, Version: f.sheet.version, Layout: given.Layout, Coding: given.Coding, ValueSets: given.ValueSets}
	for _, a := range given.Answers {
		sheet.Answers = append(sheet.Answers, answerOf(a))
	}
	for _, r := range given.Positions {
		sheet.Positions = append(sheet.Positions, positionOf(r))
	}
	return sheet, nil
}

// given names the fields that flags have filled, for a mask that names others
// beside them.
func (f *amendFlags) given(request *pb.AmendSubmissionRequest) []string {
	var paths []string
	request.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		switch field.Name() {
		case "care_unit", "submission_id", "version", "reason", "author":
		default:
			paths = append(paths, string(field.Name()))
		}
		return true
	})
	return paths
}

func printAmended(w io.Writer, reply *pb.AmendSubmissionResponse) error {
	s := reply.Submission
	verb := "Amended"
	if reply.Replayed {
		verb = "Amended already, by an earlier call"
	}
	fmt.Fprintf(w, "%s: %s\n", verb, sheetWords(s))
	for _, warning := range reply.Warnings {
		fmt.Fprintf(w, "Warning, %s: %s\n", enumWord(warning.Code), warning.Description)
	}
	if len(s.GetScoredSheet().GetScores()) == 0 {
		return nil // a site form
	}
	fmt.Fprintln(w)
	return outputError(printScores(w, s.GetScoredSheet().GetScores()))
}

// sheetWords tells which version of which sheet it is, and where it belongs.
func sheetWords(s *pb.Submission) string {
	words := fmt.Sprintf("submission %s, version %d, %s at %s, answered %s, episode %s at %s", s.GetSubmissionId(), s.GetVersion(),
		s.GetScoredSheet().GetInstrument(), occasionWord(s.GetOccasion(), s.GetOccasionLabel()), s.GetAnsweredOn(), s.GetEpisodeId(), s.GetCareUnit())
	if r := s.GetRespondent(); r != pb.Respondent_RESPONDENT_PATIENT && r != 0 {
		words += ", by the " + strings.ToLower(enumWord(r))
	}
	return words
}

type retractFlags struct {
	connection connection
	decision   decisionFlags
	unit       string
	version    int32
}

func newRetract() *cobra.Command {
	var f retractFlags
	cmd := &cobra.Command{
		Use:   "retract SUBMISSION",
		Short: "Withdraw a stored sheet",
		Long: `Withdraw a stored sheet, for example one of the wrong patient. It counts nowhere any
more and its slot is free; its versions stay readable (painscore history). Its id
is never free again.`,
		Example: `  painscore retract s-17 --read-version 1 --reason "of another patient"`,
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return retract(cmd, &f, args[0]) },
	}
	f.connection.flags(cmd)
	f.decision.flags(cmd)
	versionFlag(cmd, &f.version)
	unitFlag(cmd, &f.unit)
	return cmd
}

func retract(cmd *cobra.Command, f *retractFlags, id string) error {
	request := &pb.RetractSubmissionRequest{
		CareUnit: unitOf(f.unit), SubmissionId: id, Version: f.version, Reason: f.decision.reason, Author: f.decision.author,
	}
	return f.connection.call(cmd, func(ctx context.Context, c *client.Client) error {
		reply, err := c.Submissions().RetractSubmission(ctx, request)
		if err != nil {
			return err
		}
		if f.connection.json {
			return printJSON(cmd.OutOrStdout(), reply)
		}
		verb := "Retracted"
		if reply.Replayed {
			verb = "Retracted already, by an earlier call"
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", verb, sheetWords(reply.Submission))
		return outputError(err)
	})
}
