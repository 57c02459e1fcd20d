package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/scoring"
)

type submitFlags struct {
	connection connection
	patient    patientFlags
	sheet      sheetFlags
	file       string
	unit       string
	id         string
	episode    string
	occasion   string
	label      string
	answeredOn string
	respondent string
	mode       string
	language   string
	assisted   bool
	newEpisode bool
}

func newSubmit() *cobra.Command {
	var f submitFlags
	cmd := &cobra.Command{
		Use:   "submit [INSTRUMENT]",
		Short: "Store one answered sheet on the server",
		Long: `Store one answered sheet on the server, and print its scores.

The sheet is given by flags, or by --file with a SubmitRequest of the gRPC
contract as JSON; flags then replace what stands in the file. Decimals, codes,
dates and text of a site form go in by --file only.

Sending a sheet again is harmless with the same --submission-id. Without one a
new id is made; if the server cannot be reached the id is printed, to be used
for the next try.

` + patientHelp,
		Example: `  export PAINSCORE_UNIT=SE2321000016-1A2B
  painscore submit hads --patient-file patient.txt --episode 2026-0117 \
      --occasion baseline --answered-on 2026-03-02 --mode paper \
      --positions 3,1,1,0,0,2,1,3,2,0,1,1,3,0
  painscore submit --file sheet.json --patient-file -`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeInstrument,
		RunE:              func(cmd *cobra.Command, args []string) error { return submit(cmd, &f, args) },
	}
	f.connection.flags(cmd)
	f.patient.flags(cmd)
	f.sheet.flags(cmd)
	f.flags(cmd)
	return cmd
}

func (f *submitFlags) flags(cmd *cobra.Command) {
	set := cmd.Flags()
	unitFlag(cmd, &f.unit)
	set.StringVar(&f.file, "file", "", "SubmitRequest as JSON (- for standard input)")
	set.StringVar(&f.id, "submission-id", "", "the sheet's own id (default a new UUIDv7)")
	set.StringVar(&f.episode, "episode", "", "id of the episode of care")
	set.StringVar(&f.label, "occasion-label", "", `which occasion, with --occasion other; for example "6 weeks"`)
	set.StringVar(&f.answeredOn, "answered-on", "", "day of the answers, `YYYY-MM-DD`")
	set.StringVar(&f.language, "language", "", "language of the form, such as sv")
	set.BoolVar(&f.assisted, "assisted", false, "someone helped with the answers")
	set.BoolVar(&f.newEpisode, "allow-new-episode", false, "create the episode if it is unknown, whatever the occasion")
	enumFlag(cmd, &f.occasion, "occasion", pb.Occasion(0))
	enumFlag(cmd, &f.respondent, "respondent", pb.Respondent(0))
	enumFlag(cmd, &f.mode, "mode", pb.Mode(0))
}

// enumFlag is a flag that takes the words of an enum of the contract.
func enumFlag(cmd *cobra.Command, into *string, name string, e protoreflect.Enum) {
	words := flagWords(e)
	cmd.Flags().StringVar(into, name, "", strings.Join(words, ", "))
	cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
}

func submit(cmd *cobra.Command, f *submitFlags, args []string) error {
	if f.file == "-" && f.patient.file == "-" {
		return errors.New("--file and --patient-file cannot both be standard input")
	}
	request, err := f.request(cmd, args)
	if err != nil {
		return err
	}
	return f.connection.call(cmd, func(ctx context.Context, c *client.Client) error {
		reply, err := c.Submissions().Submit(ctx, request)
		if err != nil {
			if unsure(err) {
				fmt.Fprintf(cmd.ErrOrStderr(), "painscore: to send this sheet again: --submission-id %s\n", request.SubmissionId)
			}
			return err
		}
		if f.connection.json {
			return printJSON(cmd.OutOrStdout(), reply)
		}
		return printStored(cmd.OutOrStdout(), reply)
	})
}

// request puts the file and the flags together.
func (f *submitFlags) request(cmd *cobra.Command, args []string) (*pb.SubmitRequest, error) {
	request := &pb.SubmitRequest{}
	if f.file != "" {
		if err := readRequest(f.file, cmd.InOrStdin(), request); err != nil {
			return nil, err
		}
	}
	if len(args) == 1 {
		request.Instrument = args[0]
	}
	if err := f.sheetInto(request); err != nil {
		return nil, err
	}
	if err := f.occasionInto(request); err != nil {
		return nil, err
	}
	patient, err := f.patient.read(cmd.InOrStdin(), os.Getenv(envPatient))
	if err != nil {
		return nil, err
	}
	if patient != nil {
		request.Patient = patient
	}
	if request.SubmissionId == "" {
		request.SubmissionId = client.NewSubmissionID()
	}
	return request, nil
}

// readRequest reads strictly: a mistyped field must not lose data silently. Its
// error names no content of the file, which holds a patient.
func readRequest(name string, stdin io.Reader, into *pb.SubmitRequest) error {
	var (
		text []byte
		err  error
	)
	if name == "-" {
		text, err = io.ReadAll(stdin)
	} else {
		text, err = os.ReadFile(name)
	}
	if err != nil {
		return fmt.Errorf("--file: %w", err)
	}
	if err := protojson.Unmarshal(text, into); err != nil {
		return &exit{exitBadInput, errors.New("--file: not a SubmitRequest as JSON; the field names are those of the gRPC contract")}
	}
	return nil
}

// sheetInto replaces the parts of the sheet that flags give.
func (f *submitFlags) sheetInto(request *pb.SubmitRequest) error {
	sheet, err := f.sheet.sheet()
	if err != nil {
		return err
	}
	if len(sheet.Answers) > 0 || len(sheet.Positions) > 0 {
		if problems := unsendable(sheet); len(problems) > 0 {
			return sheetError(problems)
		}
		request.Answers, request.Positions = nil, nil
		for _, a := range sheet.Answers {
			request.Answers = append(request.Answers, answerOf(a))
		}
		for _, r := range sheet.Positions {
			request.Positions = append(request.Positions, positionOf(r))
		}
	}
	replace(&request.Version, f.sheet.version)
	replace(&request.Layout, sheet.Layout)
	replace(&request.Coding, sheet.Coding)
	if len(sheet.ValueSets) > 0 {
		request.ValueSets = sheet.ValueSets
	}
	return nil
}

// occasionInto replaces what flags say about the occasion and the sheet's way.
func (f *submitFlags) occasionInto(request *pb.SubmitRequest) error {
	replace(&request.CareUnit, f.unit)
	if request.CareUnit == "" {
		request.CareUnit = unitOf("")
	}
	replace(&request.SubmissionId, f.id)
	replace(&request.EpisodeId, f.episode)
	replace(&request.OccasionLabel, f.label)
	replace(&request.AnsweredOn, f.answeredOn)
	replace(&request.LanguageCode, f.language)
	request.Assisted = request.Assisted || f.assisted
	request.AllowNewEpisode = request.AllowNewEpisode || f.newEpisode
	return setEnums(
		enumValue{"occasion", f.occasion, pb.Occasion(0), func(n protoreflect.EnumNumber) { request.Occasion = pb.Occasion(n) }},
		enumValue{"respondent", f.respondent, pb.Respondent(0), func(n protoreflect.EnumNumber) { request.Respondent = pb.Respondent(n) }},
		enumValue{"mode", f.mode, pb.Mode(0), func(n protoreflect.EnumNumber) { request.Mode = pb.Mode(n) }})
}

// enumValue is what an enumFlag was given, and where it goes.
type enumValue struct {
	flag, word string
	enum       protoreflect.Enum
	set        func(protoreflect.EnumNumber)
}

func setEnums(values ...enumValue) error {
	for _, v := range values {
		if v.word == "" {
			continue
		}
		n, ok := enumOf(v.enum, v.word)
		if !ok {
			return fmt.Errorf("--%s takes one of %s", v.flag, strings.Join(flagWords(v.enum), ", "))
		}
		v.set(n)
	}
	return nil
}

func replace(field *string, flag string) {
	if flag != "" {
		*field = flag
	}
}

// unsendable lists the answers that the contract's types cannot hold. All else
// is for the server to judge, which lists every problem at once.
func unsendable(sheet *scoring.Sheet) []scoring.Problem {
	var problems []scoring.Problem
	check := func(field string, r scoring.Response) {
		switch r.Kind {
		case scoring.NotWhole:
			problems = append(problems, scoring.Problem{Field: field, Reason: scoring.ReasonNotWhole, Description: "answers are whole numbers"})
		case scoring.NotANumber:
			problems = append(problems, scoring.Problem{Field: field, Reason: scoring.ReasonBadAnswer, Description: "neither a number nor not_applicable, declined, unreadable, not_asked"})
		}
	}
	for i, a := range sheet.Answers {
		check(fmt.Sprintf("answers[%d].value", i), a.Response)
	}
	for i, r := range sheet.Positions {
		check(fmt.Sprintf("positions[%d]", i), r)
	}
	return problems
}

var notAnswered = map[scoring.Kind]pb.NotAnswered{
	scoring.LeftBlank:     pb.NotAnswered_NOT_ANSWERED_LEFT_BLANK,
	scoring.NotApplicable: pb.NotAnswered_NOT_ANSWERED_NOT_APPLICABLE,
	scoring.Declined:      pb.NotAnswered_NOT_ANSWERED_DECLINED,
	scoring.Unreadable:    pb.NotAnswered_NOT_ANSWERED_UNREADABLE,
	scoring.NotAsked:      pb.NotAnswered_NOT_ANSWERED_NOT_ASKED,
}

func answerOf(a scoring.Answer) *pb.Answer {
	if a.Kind == scoring.Answered {
		return &pb.Answer{Item: a.Item, Response: &pb.Answer_Value{Value: a.Value}}
	}
	return &pb.Answer{Item: a.Item, Response: &pb.Answer_NotAnswered{NotAnswered: notAnswered[a.Kind]}}
}

func positionOf(r scoring.Response) *pb.Position {
	if r.Kind == scoring.Answered {
		return &pb.Position{Response: &pb.Position_Value{Value: r.Value}}
	}
	return &pb.Position{Response: &pb.Position_NotAnswered{NotAnswered: notAnswered[r.Kind]}}
}

// printStored says what became of the sheet, and its scores.
func printStored(w io.Writer, reply *pb.SubmitResponse) error {
	s := reply.Submission
	verb := "Stored"
	if reply.Replayed {
		verb = "Stored already, by an earlier call"
	}
	fmt.Fprintf(w, "%s: submission %s, %s at %s, answered %s, episode %s at %s\n", verb, s.GetSubmissionId(),
		s.GetScoredSheet().GetInstrument(), occasionWord(s.GetOccasion(), s.GetOccasionLabel()), s.GetAnsweredOn(), s.GetEpisodeId(), s.GetCareUnit())
	if reply.EpisodeCreated {
		fmt.Fprintln(w, "The episode is new. If it should not be, its id is probably mistyped.")
	}
	for _, warning := range reply.Warnings {
		fmt.Fprintf(w, "Warning, %s: %s\n", enumWord(warning.Code), warning.Description)
	}
	if len(s.GetScoredSheet().GetScores()) == 0 {
		return nil // a site form
	}
	fmt.Fprintln(w)
	return outputError(printScores(w, s.GetScoredSheet().GetScores()))
}
