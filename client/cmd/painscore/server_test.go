package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// fake answers each call with the next of its replies, and keeps the requests.
type fake struct {
	pb.UnimplementedSubmissionServiceServer
	pb.UnimplementedPatientServiceServer
	pb.UnimplementedAuditServiceServer
	pb.UnimplementedRegistryServiceServer

	mu       sync.Mutex
	replies  []any // proto.Message or error
	requests []proto.Message
}

func (f *fake) answer(_ context.Context, request any, _ *grpc.UnaryServerInfo, _ grpc.UnaryHandler) (any, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = append(f.requests, proto.Clone(request.(proto.Message)))
	reply := f.replies[0]
	f.replies = f.replies[1:]
	if err, ok := reply.(error); ok {
		return nil, err
	}
	return reply, nil
}

// serve starts a server with these replies; the environment points to it.
func serve(t *testing.T, replies ...any) *fake {
	t.Helper()
	f := &fake{replies: replies}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.UnaryInterceptor(f.answer))
	pb.RegisterSubmissionServiceServer(server, f)
	pb.RegisterPatientServiceServer(server, f)
	pb.RegisterAuditServiceServer(server, f)
	pb.RegisterRegistryServiceServer(server, f)
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	t.Setenv(envAddr, listener.Addr().String())
	t.Setenv(envUnit, "")
	t.Setenv(envPatient, "")
	return f
}

// command runs the command in this process.
func command(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(stdin), &out, &errs)
	return code, out.String(), errs.String()
}

func want(t *testing.T, what, got, want string) {
	t.Helper()
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func refusal(t *testing.T, code codes.Code, reason string, details ...protoadapt.MessageV1) error {
	t.Helper()
	details = append([]protoadapt.MessageV1{&errdetails.ErrorInfo{Domain: "painscore", Reason: reason, Metadata: map[string]string{"request_id": ""}}}, details...)
	st, err := status.New(code, "the server's sentence").WithDetails(details...)
	if err != nil {
		t.Fatal(err)
	}
	return st.Err()
}

var stored = &pb.SubmitResponse{
	EpisodeCreated: true,
	Warnings:       []*pb.Warning{{Code: pb.WarningCode_WARNING_CODE_CHECK_DIGIT, Description: "the check digit is wrong"}},
	Submission: &pb.Submission{
		SubmissionId: "s-1", CareUnit: "SE2321000016-1A2B", EpisodeId: "2026-0117", Occasion: pb.Occasion_OCCASION_BASELINE, AnsweredOn: "2026-03-02",
		ScoredSheet: &pb.ScoredSheet{Instrument: "nprs", Version: "1", Scores: []*pb.ScaleScore{
			{Scale: "average_pain", Outcome: &pb.ScaleScore_Value{Value: "7"}, Answered: 1, Expected: 1, Band: "moderate", Direction: pb.Direction_DIRECTION_HIGHER_IS_WORSE},
		}},
	},
}

func TestSubmitSendsWhatTheFlagsSay(t *testing.T) {
	f := serve(t, stored)
	patient := filepath.Join(t.TempDir(), "patient")
	if err := os.WriteFile(patient, []byte("personnummer:191212121212\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := command(t, "", "submit", "nprs", "--patient-file", patient, "--unit", "SE2321000016-1A2B", "--episode", "2026-0117", "--submission-id", "s-1",
		"--occasion", "other", "--occasion-label", "6 weeks", "--answered-on", "2026-03-02", "--mode", "paper", "--respondent", "relative", "--language", "sv",
		"--assisted", "--allow-new-episode", "--answers", "average_pain=7,x=declined,y=", "--layout", "form", "--coding", "c", "--version", "1", "--value-set", "v")
	if code != exitDone || errs != "" {
		t.Fatalf("code %d, %s", code, errs)
	}
	request := &pb.SubmitRequest{
		SubmissionId: "s-1", Patient: &pb.PatientIdentifier{System: "http://electronichealth.se/identifier/personnummer", Value: "191212121212"},
		CareUnit: "SE2321000016-1A2B", EpisodeId: "2026-0117", Occasion: pb.Occasion_OCCASION_OTHER, OccasionLabel: "6 weeks", Instrument: "nprs", Version: "1",
		Answers: []*pb.Answer{
			{Item: "average_pain", Response: &pb.Answer_Value{Value: 7}},
			{Item: "x", Response: &pb.Answer_NotAnswered{NotAnswered: pb.NotAnswered_NOT_ANSWERED_DECLINED}},
			{Item: "y", Response: &pb.Answer_NotAnswered{NotAnswered: pb.NotAnswered_NOT_ANSWERED_LEFT_BLANK}},
		},
		Layout: "form", Coding: "c", ValueSets: []string{"v"}, AnsweredOn: "2026-03-02", Respondent: pb.Respondent_RESPONDENT_RELATIVE, Mode: pb.Mode_MODE_PAPER,
		LanguageCode: "sv", Assisted: true, AllowNewEpisode: true,
	}
	if diff := cmp.Diff(request, f.requests[0], protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	want(t, "output", out, `
Stored: submission s-1, nprs at baseline, answered 2026-03-02, episode 2026-0117 at SE2321000016-1A2B
The episode is new. If it should not be, its id is probably mistyped.
Warning, check digit: the check digit is wrong

SCALE         SCORE  BAND      ANSWERED  REMARKS
average_pain  7      moderate  1 of 1    higher is worse
`)
}

func TestSubmitTakesAFileAndThePatientFromElsewhere(t *testing.T) {
	f := serve(t, stored, stored)
	t.Setenv(envUnit, "unit-of-environment")
	t.Setenv(envPatient, "urn:oid:1.2.752.129.2.1.3.1:191212121212")
	code, out, errs := command(t, `{"instrument":"nprs","episode_id":"e1","occasion":"OCCASION_BASELINE","answeredOn":"2026-03-02","positions":[{"value":7}]}`,
		"submit", "--file", "-", "--episode", "e2", "--json")
	if code != exitDone || errs != "" || !strings.HasPrefix(out, `{"submission":{"submission_id":"s-1","care_unit":"`) || strings.Count(out, "\n") != 1 {
		t.Fatalf("code %d, %s%s", code, out, errs)
	}
	first := f.requests[0].(*pb.SubmitRequest)
	if first.CareUnit != "unit-of-environment" || first.EpisodeId != "e2" || first.Patient.GetSystem() != "urn:oid:1.2.752.129.2.1.3.1" || first.Positions[0].GetValue() != 7 || len(first.SubmissionId) != 36 {
		t.Errorf("%v", first)
	}
	file := filepath.Join(t.TempDir(), "sheet.json")
	os.WriteFile(file, []byte(`{"careUnit":"unit-of-file","submissionId":"s-9","positions":[{"value":7}]}`), 0o600)
	if code, _, errs := command(t, "samordningsnummer:1", "submit", "--file", file, "--patient-file", "-", "--positions", "3,,not_asked"); code != exitDone {
		t.Fatal(errs)
	}
	second := f.requests[1].(*pb.SubmitRequest)
	if second.CareUnit != "unit-of-file" || second.SubmissionId != "s-9" || second.Patient.GetSystem() != "http://electronichealth.se/identifier/samordningsnummer" || len(second.Positions) != 3 {
		t.Errorf("%v", second)
	}
}

func TestSubmitRefusesWhatItCannotSend(t *testing.T) {
	serve(t)
	code, _, errs := command(t, `{"instrument":"nprs","patientt":{"value":"199001019876"}}`, "submit", "--file", "-")
	if code != exitBadInput || strings.Contains(errs, "199001019876") || strings.Contains(errs, "patientt") {
		t.Errorf("code %d, %s", code, errs)
	}
	code, _, errs = command(t, "", "submit", "nprs", "--answers", "a=2.5,b=x")
	want(t, "errors", errs, `
painscore: the sheet has 2 problems
  answers[0].value  NOT_WHOLE   answers are whole numbers
  answers[1].value  BAD_ANSWER  neither a number nor not_applicable, declined, unreadable, not_asked
`)
	if code != exitBadInput {
		t.Errorf("code %d", code)
	}
	if code, _, _ = command(t, "", "submit", "--file", "-", "--patient-file", "-"); code != exitUsage {
		t.Errorf("code %d", code)
	}
}

func TestRefusalsAreListedAndHaveTheirExitCodes(t *testing.T) {
	violation := func(field, reason, description string) *errdetails.BadRequest_FieldViolation {
		return &errdetails.BadRequest_FieldViolation{Field: field, Reason: reason, Description: description}
	}
	tests := []struct {
		name   string
		err    error
		code   int
		stderr string
	}{
		{"bad input", refusal(t, codes.InvalidArgument, "INVALID_INPUT", &errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
			violation("answered_on", "BAD_DATE", "not a day"), violation("answers[3].value", "OUT_OF_RANGE", "takes 0 to 3")}}), exitRefused, `
painscore: the server refused this: INVALID_INPUT: the server's sentence
  answered_on       BAD_DATE      not a day
  answers[3].value  OUT_OF_RANGE  takes 0 to 3
`},
		{"unknown episode", refusal(t, codes.NotFound, "EPISODE_UNKNOWN", &pb.EpisodeCandidates{Candidates: []*pb.EpisodeCandidate{
			{EpisodeId: "2026-0117", Status: pb.EpisodeStatus_EPISODE_STATUS_DROPPED_OUT, StartedOn: "2026-01-12"}}}), exitRefused, `
painscore: the server refused this: EPISODE_UNKNOWN: the server's sentence
  this patient has episode 2026-0117 (dropped out, started 2026-01-12)
`},
		{"taken", refusal(t, codes.AlreadyExists, "OCCASION_ALREADY_ANSWERED", &pb.OccupiedSlot{
			SubmissionId: "s-0", AnsweredOn: "2026-03-01", Occasion: pb.Occasion_OCCASION_FOLLOW_UP_12_MONTHS, Instrument: "hads"}), exitRefused, `
painscore: the server refused this: OCCASION_ALREADY_ANSWERED: the server's sentence
  answered already by submission s-0: hads at 12-month follow-up, on 2026-03-01
`},
		{"overloaded for long", refusal(t, codes.ResourceExhausted, "OVERLOADED", &errdetails.RetryInfo{RetryDelay: durationpb.New(time.Minute)}), exitUnreachable, `
painscore: to send this sheet again: --submission-id s-1
painscore: the server asks to come back in 1m0s: OVERLOADED: the server's sentence
`},
		{"fault", refusal(t, codes.Internal, "INTERNAL"), exitFault, `
painscore: to send this sheet again: --submission-id s-1
painscore: the server failed: INTERNAL: the server's sentence
`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			serve(t, test.err)
			code, out, errs := command(t, "", "submit", "hads", "--submission-id", "s-1")
			if code != test.code || out != "" {
				t.Errorf("code %d, output %q", code, out)
			}
			want(t, "errors", errs, test.stderr)
		})
	}
}

func TestEpisodesFollowsThePages(t *testing.T) {
	pages := []any{
		&pb.ListEpisodesResponse{NextPageToken: "p2", Episodes: []*pb.Episode{
			{CareUnit: "A", EpisodeId: "demo-01", Status: pb.EpisodeStatus_EPISODE_STATUS_ACTIVE, ProgrammeType: pb.ProgrammeType_PROGRAMME_TYPE_PAIN, CareLevel: pb.CareLevel_CARE_LEVEL_MMRSV,
				Cohort: "2026-A", FirstVisitOn: "2026-01-05", StartedOn: "2026-01-12", EndPlannedOn: "2026-04-03"}}},
		&pb.ListEpisodesResponse{Episodes: []*pb.Episode{{CareUnit: "B", EpisodeId: "demo-02-longer"}}},
	}
	f := serve(t, append(pages, pages...)...)
	t.Setenv(envPatient, "personnummer:191212121212")
	code, out, errs := command(t, "", "episodes")
	if code != exitDone {
		t.Fatal(errs)
	}
	want(t, "output", out, `
UNIT  EPISODE         STATUS  PROGRAMME  LEVEL  COHORT  FIRST VISIT  STARTED     ENDED
A     demo-01         active  pain       mmrsv  2026-A  2026-01-05   2026-01-12  2026-04-03 (planned)
B     demo-02-longer  -       -          -      -       -            -           -
`)
	if first, second := f.requests[0].(*pb.ListEpisodesRequest), f.requests[1].(*pb.ListEpisodesRequest); first.CareUnit != "" || first.Patient != nil || first.PageToken != "" || second.PageToken != "p2" {
		t.Errorf("%v %v", first, second)
	}
	code, out, _ = command(t, "", "episodes", "--unit", "A", "--patient", "personnummer:191212121212", "--json")
	if code != exitDone || strings.Count(out, "\n") != 2 || !strings.HasPrefix(out, `{"care_unit":"A","episode_id":"demo-01",`) {
		t.Errorf("code %d: %s", code, out)
	}
	if third := f.requests[2].(*pb.ListEpisodesRequest); third.CareUnit != "A" || third.Patient.GetValue() != "191212121212" {
		t.Errorf("%v", third)
	}
}

func TestNoEpisodesIsSaidInWords(t *testing.T) {
	serve(t, &pb.ListEpisodesResponse{}, &pb.ListEpisodesResponse{})
	if _, out, _ := command(t, "", "episodes"); out != "No episodes.\n" {
		t.Errorf("%q", out)
	}
	if _, out, _ := command(t, "", "episodes", "--json"); out != "" {
		t.Errorf("%q", out)
	}
}

func TestTrendSaysInWordsWhatANumberHides(t *testing.T) {
	baseline, end, late := pb.Occasion_OCCASION_BASELINE, pb.Occasion_OCCASION_PROGRAMME_END, pb.Occasion_OCCASION_FOLLOW_UP_12_MONTHS
	value := func(v, band string) *pb.ScaleScore {
		return &pb.ScaleScore{Outcome: &pb.ScaleScore_Value{Value: v}, Band: band}
	}
	reply := &pb.GetTrendResponse{Trend: &pb.Trend{
		Episode: &pb.Episode{EpisodeId: "demo-01", CareUnit: "A", Status: pb.EpisodeStatus_EPISODE_STATUS_COMPLETED},
		Occasions: []*pb.TrendOccasion{
			{Occasion: baseline, State: pb.OccasionState_OCCASION_STATE_ANSWERED, FirstAnsweredOn: "2026-01-02", LastAnsweredOn: "2026-01-04", WindowFirstDay: "2025-11-10", WindowLastDay: "2026-02-02"},
			{Occasion: end, State: pb.OccasionState_OCCASION_STATE_ANSWERED, FirstAnsweredOn: "2026-04-20", LastAnsweredOn: "2026-04-20"},
			{Occasion: late, State: pb.OccasionState_OCCASION_STATE_MISSING},
		},
		Definitions: []*pb.TrendDefinition{{Instrument: "hads"}, {Instrument: "eq_5d_5l"}, {Instrument: "eq_5d_3l"}},
		Sheets: []*pb.TrendSheet{
			{AnsweredOn: "2026-01-02", Timing: pb.Timing_TIMING_IN_WINDOW},
			{AnsweredOn: "2026-04-20", Timing: pb.Timing_TIMING_LATE, Occasion: 1},
			{AnsweredOn: "2026-01-04", Definition: 1},
			{AnsweredOn: "2026-04-20", Occasion: 1, Definition: 1},
			{AnsweredOn: "2026-01-04", Definition: 2},
		},
		Scales: []*pb.ScaleTrend{
			{Instrument: "hads", Scale: "anxiety", Direction: pb.Direction_DIRECTION_HIGHER_IS_WORSE, Lowest: "0", Highest: "21",
				Points: []*pb.TrendPoint{
					{Score: &pb.ScaleScore{Outcome: &pb.ScaleScore_Value{Value: "14.00"}, Band: "probable", Flags: []string{"caseness"}, Prorated: true, ImputedItems: []string{"9"}}},
					{Sheet: 1, Score: value("9", "possible")},
				},
				Changes: []*pb.Change{{To: 1, Comparable: true, Difference: "-5.00", Movement: pb.Movement_MOVEMENT_TOWARDS_BETTER, Prorated: true,
					Importance:       &pb.Verdict{Answer: pb.VerdictAnswer_VERDICT_ANSWER_YES, Caveats: []pb.VerdictCaveat{pb.VerdictCaveat_VERDICT_CAVEAT_FOUND_OVER_OTHER_PERIOD}},
					MeasurementError: &pb.Verdict{Answer: pb.VerdictAnswer_VERDICT_ANSWER_WITHHELD, WithheldReason: pb.WithheldReason_WITHHELD_REASON_PRORATED}}}},
			{Instrument: "eq_5d_5l", Scale: "index", ValueSet: "se_tto_2020", Direction: pb.Direction_DIRECTION_HIGHER_IS_BETTER, Lowest: "0.2433", Highest: "0.9755",
				Points: []*pb.TrendPoint{
					{Sheet: 2, Score: value("0.6976", "")},
					{Sheet: 3, Score: &pb.ScaleScore{Outcome: &pb.ScaleScore_Refusal{Refusal: &pb.Refusal{Reason: pb.RefusalReason_REFUSAL_REASON_TOO_FEW_ANSWERS, MissingItems: []string{"mobility"}}}}},
				},
				Changes: []*pb.Change{{To: 1, NotComparableReason: pb.NotComparableReason_NOT_COMPARABLE_REASON_REFUSED}}},
			{Instrument: "eq_5d_5l", Scale: "vas", Direction: pb.Direction_DIRECTION_HIGHER_IS_BETTER, Lowest: "0", Highest: "100",
				Points: []*pb.TrendPoint{
					{Sheet: 4, Score: value("40", "")},
					{Sheet: 3, InstrumentSwitched: true, Score: value("55", "")},
				},
				Changes: []*pb.Change{{To: 1, Comparable: true, Difference: "15", Movement: pb.Movement_MOVEMENT_TOWARDS_BETTER, InstrumentSwitched: true, Sentence: "EQ VAS went from 40 to 55."}}},
		},
	}}
	f := serve(t, reply, reply)
	code, out, errs := command(t, "", "trend", "--unit", "A", "--episode", "demo-01")
	if code != exitDone {
		t.Fatal(errs)
	}
	want(t, "output", out, `
Episode demo-01 at A, completed

OCCASION            ANSWERED                  IN TIME FROM  TO
baseline            2026-01-02 to 2026-01-04  2025-11-10    2026-02-02
programme end       2026-04-20                -             -
12-month follow-up  not answered              -             -

hads anxiety (0 to 21, higher is worse)
  baseline       2026-01-02  14.00  probable  caseness; prorated, blank: 9
  programme end  2026-04-20  9      possible  late
  baseline to programme end:  -5.00, towards better; important: yes (found over other period); beyond error: withheld (prorated); at least one side is prorated

eq_5d_5l index se_tto_2020 (0.2433 to 0.9755, higher is better)
  baseline       2026-01-04  0.6976   -  
  programme end  2026-04-20  refused  -  too few answers; missing: mobility
  baseline to programme end:  no difference: one of the two is refused

eq_5d_5l vas (0 to 100, higher is better)
  baseline       2026-01-04  40  -  answered on eq_5d_3l
  programme end  2026-04-20  55  -  answered on eq_5d_5l
  EQ VAS went from 40 to 55.
`)
	if request := f.requests[0].(*pb.GetTrendRequest); request.CareUnit != "A" || request.EpisodeId != "demo-01" || request.Patient != nil {
		t.Errorf("%v", request)
	}
	code, out, _ = command(t, "", "trend", "--unit", "A", "--json")
	if code != exitDone || !strings.HasPrefix(out, `{"episode":{"care_unit":"A"`) || strings.Count(out, "\n") != 1 {
		t.Errorf("code %d: %s", code, out)
	}
}

func TestEveryReasonForNoDifferenceHasItsWords(t *testing.T) {
	for number, name := range pb.NotComparableReason_name {
		if number != 0 && notComparable[pb.NotComparableReason(number)] == "" {
			t.Errorf("%s has no words", name)
		}
	}
}
