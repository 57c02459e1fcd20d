package server

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/access/signin"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

func silent() *Server { return &Server{log: slog.New(slog.DiscardHandler)} }

// reasonsInCode reads the names of reasons from the constants of the packages
// that give them.
func reasonsInCode(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for file, prefix := range map[string]string{"clinic/problem.go": "", "status.go": "reason", "signin.go": "reason", "../scoring/problem.go": "Reason"} {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) == 0 || !strings.HasPrefix(spec.Names[0].Name, prefix) || strings.HasPrefix(spec.Names[0].Name, "Warn") {
				return true
			}
			if literal, ok := spec.Values[0].(*ast.BasicLit); ok && literal.Kind == token.STRING {
				value, err := strconv.Unquote(literal.Value)
				if err != nil {
					t.Fatal(err)
				}
				if value == strings.ToUpper(value) {
					found[value] = file + " " + spec.Names[0].Name
				}
			}
			return true
		})
	}
	return found
}

// TestReasonsAndContractAgree: no reason is sent that the contract does not
// document, and none is documented that is never sent.
func TestReasonsAndContractAgree(t *testing.T) {
	inCode := reasonsInCode(t)
	if len(inCode) < 30 {
		t.Fatalf("only %d reasons found; the search is blind", len(inCode))
	}
	for reason, where := range inCode {
		if _, ok := pb.ErrorReason_value["ERROR_REASON_"+reason]; !ok {
			t.Errorf("%s: %s is not in the contract", where, reason)
		}
	}
	for name := range pb.ErrorReason_value {
		if reason := strings.TrimPrefix(name, "ERROR_REASON_"); reason != "UNSPECIFIED" && inCode[reason] == "" {
			t.Errorf("%s is in the contract, and nothing sends it", reason)
		}
	}
}

func TestWarningsAndContractAgree(t *testing.T) {
	for _, code := range []string{
		clinic.WarnAllBlank, clinic.WarnAmendedSince, clinic.WarnCheckDigit, clinic.WarnIdentifierInText, clinic.WarnOtherEpisodes, clinic.WarnRetractedSince, clinic.WarnTestIdentity, clinic.WarnUnder18,
	} {
		if warningsProto([]clinic.Warning{{Code: code}})[0].Code == pb.WarningCode_WARNING_CODE_UNSPECIFIED {
			t.Errorf("%s is not in the contract", code)
		}
	}
}

func TestErrorsBecomeStatuses(t *testing.T) {
	problem := clinic.Problem{Field: "answers[3].value", Reason: "OUT_OF_RANGE", Description: "0 to 3"}
	other := clinic.Problem{Field: "occasion", Reason: clinic.Required, Description: "must be given"}
	tests := []struct {
		err    error
		code   codes.Code
		reason string
	}{
		{&clinic.InputError{Problems: []clinic.Problem{problem}}, codes.InvalidArgument, "OUT_OF_RANGE"},
		{&clinic.InputError{Problems: []clinic.Problem{problem, other}}, codes.InvalidArgument, "INVALID_INPUT"},
		{&clinic.StateError{Reason: clinic.SubmissionIDReused}, codes.AlreadyExists, "SUBMISSION_ID_REUSED"},
		{&clinic.StateError{Reason: clinic.OccasionAnswered}, codes.AlreadyExists, "OCCASION_ALREADY_ANSWERED"},
		{&clinic.StateError{Reason: clinic.EpisodeUnknown}, codes.NotFound, "EPISODE_UNKNOWN"},
		{&clinic.StateError{Reason: clinic.SubmissionUnknown}, codes.NotFound, "SUBMISSION_UNKNOWN"},
		{&clinic.StateError{Reason: clinic.SettingUnknown}, codes.NotFound, "SETTING_UNKNOWN"},
		{&clinic.StateError{Reason: clinic.EpisodeOfOtherPatient}, codes.FailedPrecondition, "EPISODE_OF_OTHER_PATIENT"},
		{&clinic.StateError{Reason: clinic.StaleVersion}, codes.Aborted, "STALE_VERSION"},
		{&clinic.StateError{Reason: clinic.RescorePlanUnknown}, codes.NotFound, "RESCORE_PLAN_UNKNOWN"},
		{&clinic.StateError{Reason: clinic.RescoreBuiltUpon}, codes.FailedPrecondition, "RESCORE_BUILT_UPON"},
		{&clinic.StateError{Reason: clinic.PatientUnknown}, codes.NotFound, "PATIENT_UNKNOWN"},
		{&clinic.StateError{Reason: clinic.ErasureIDReused}, codes.AlreadyExists, "ERASURE_ID_REUSED"},
		{&clinic.StateError{Reason: clinic.ReviewIDReused}, codes.AlreadyExists, "REVIEW_ID_REUSED"},
		{&clinic.StateError{Reason: clinic.SubmissionRetracted}, codes.FailedPrecondition, "SUBMISSION_RETRACTED"},
		{&clinic.StateError{Reason: clinic.Erased}, codes.FailedPrecondition, "ERASED"},
		{&clinic.StateError{Reason: clinic.IdentifierOfOther}, codes.FailedPrecondition, "IDENTIFIER_OF_OTHER_PATIENT"},
		{fmt.Errorf("write: %w", store.ErrOverloaded), codes.ResourceExhausted, "OVERLOADED"},
		{fmt.Errorf("write: %w", store.ErrDiskFull), codes.ResourceExhausted, "DISK_FULL"},
		{fmt.Errorf("write: %w", store.ErrUnavailable), codes.Unavailable, "UNAVAILABLE"},
		{&signin.Refusal{Kind: access.ErrUnauthenticated, Why: signin.TokenExpired}, codes.Unauthenticated, "UNAUTHENTICATED"},
		{&signin.Refusal{Kind: signin.ErrUnavailable, Why: signin.IssuerUnreachable}, codes.Unavailable, "UNAVAILABLE"},
		{&signin.Refusal{Kind: signin.ErrAssertion, Why: signin.UserNotAllowed}, codes.PermissionDenied, "ASSERTION_NOT_ALLOWED"},
		{&signin.Refusal{Kind: signin.ErrAssertion, Why: signin.UnitNotIts}, codes.PermissionDenied, "ASSERTION_NOT_ALLOWED"},
		{&signin.Refusal{Kind: signin.ErrAssertion, Why: signin.PurposeUnknown}, codes.InvalidArgument, "BAD_ASSERTION"},
		{&signin.Refusal{Kind: signin.ErrAssertion, Why: signin.AssertedText}, codes.InvalidArgument, "BAD_ASSERTION"},
		{&signin.Refusal{Kind: signin.ErrAssertion, Why: signin.AssertedTwice}, codes.InvalidArgument, "BAD_ASSERTION"},
		{context.DeadlineExceeded, codes.DeadlineExceeded, ""},
		{errors.New("patient 191212121212 is odd"), codes.Internal, "INTERNAL"},
	}
	for _, tc := range tests {
		t.Run(tc.reason, func(t *testing.T) {
			st := status.Convert(silent().refuse(t.Context(), tc.err))
			if st.Code() != tc.code || reasonOf(st.Err()) != tc.reason {
				t.Errorf("got %s %s, want %s %s", st.Code(), reasonOf(st.Err()), tc.code, tc.reason)
			}
			if strings.Contains(st.String(), "191212121212") {
				t.Error("the inner text reached the caller")
			}
			_, retry := detail[*errdetails.RetryInfo](st)
			if want := tc.code == codes.ResourceExhausted; retry != want {
				t.Errorf("retry info %v, want %v", retry, want)
			}
		})
	}
}

func detail[D any](st *status.Status) (d D, ok bool) {
	for _, each := range st.Details() {
		if d, ok = each.(D); ok {
			return d, true
		}
	}
	return d, false
}

// TestStatusesFitIntoTrailers: some gRPC stacks refuse more than 8 KiB.
func TestStatusesFitIntoTrailers(t *testing.T) {
	var problems []clinic.Problem
	for i := range clinic.MaxProblems {
		problems = append(problems, clinic.Problem{Field: fmt.Sprintf("forms[%d].answers[%d].value", i, i), Reason: "OUT_OF_RANGE", Description: strings.Repeat("x", 90)})
	}
	st := status.Convert(inputStatus(&clinic.InputError{Problems: problems}))
	wire, err := proto.Marshal(st.Proto())
	if err != nil {
		t.Fatal(err)
	}
	if encoded := len(wire) * 4 / 3; encoded > 8000 {
		t.Errorf("%d bytes", encoded)
	}
	info, _ := detail[*errdetails.ErrorInfo](st)
	if info.GetMetadata()["violations"] != strconv.Itoa(clinic.MaxProblems) {
		t.Errorf("metadata %v does not tell the full number", info.GetMetadata())
	}
}

func TestAPanicTellsTheCallerNothing(t *testing.T) {
	s := silent()
	info := &grpc.UnaryServerInfo{FullMethod: "/painscore.v1.X/Y"}
	_, err := s.unaryCall(t.Context(), &pb.GetServerInfoRequest{}, info, func(context.Context, any) (any, error) { panic("191212121212") })
	st := status.Convert(err)
	info2, ok := detail[*errdetails.ErrorInfo](st)
	if st.Code() != codes.Internal || !ok || info2.Metadata["request_id"] == "" || strings.Contains(st.String(), "1912") {
		t.Errorf("got %s", st)
	}
}

// TestEveryEnumHasItsWord: a value added to the contract without a word would
// silently become empty in the store.
func TestEveryEnumHasItsWord(t *testing.T) {
	for _, occasion := range []store.Occasion{store.Baseline, store.ProgrammeEnd, store.FollowUp12Months, store.OtherOccasion} {
		if occasionWords.enum[string(occasion)] == pb.Occasion_OCCASION_UNSPECIFIED {
			t.Errorf("occasion %s is not in the contract", occasion)
		}
	}
	for _, who := range []store.Respondent{store.Patient, store.Relative, store.Clinician} {
		if respondentWords.enum[string(who)] == pb.Respondent_RESPONDENT_UNSPECIFIED {
			t.Errorf("respondent %s is not in the contract", who)
		}
	}
	for _, state := range []store.State{store.Live, store.Retracted} {
		if stateWords.enum[string(state)] == pb.SubmissionState_SUBMISSION_STATE_UNSPECIFIED {
			t.Errorf("state %s is not in the contract", state)
		}
	}
	for _, timing := range []clinic.Timing{clinic.Early, clinic.InWindow, clinic.Late, clinic.NoAnchorDate} {
		if timingWords.enum[string(timing)] == pb.Timing_TIMING_UNSPECIFIED {
			t.Errorf("timing %s is not in the contract", timing)
		}
	}
	for _, anchor := range []clinic.Anchor{clinic.FirstVisit, clinic.EndOfProgramme} {
		if anchorWords.enum[string(anchor)] == pb.Anchor_ANCHOR_UNSPECIFIED {
			t.Errorf("anchor %s is not in the contract", anchor)
		}
	}
	for _, kind := range []clinic.SettingKind{clinic.NormSetting, clinic.WindowSetting, clinic.ActiveDefinition} {
		if settingKindWords.enum[string(kind)] == pb.SettingKind_SETTING_KIND_UNSPECIFIED {
			t.Errorf("setting %s is not in the contract", kind)
		}
	}
	for _, state := range []clinic.MomentState{clinic.MomentAnswered, clinic.MomentMissing, clinic.BaselineMissing} {
		if occasionStateWords.enum[string(state)] == pb.OccasionState_OCCASION_STATE_UNSPECIFIED {
			t.Errorf("state %s is not in the contract", state)
		}
	}
}
