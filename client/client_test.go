package client

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

func TestPlaintextStaysOnThisMachine(t *testing.T) {
	tests := []struct {
		addr      string
		encrypted bool
		want      string // empty where it is refused
	}{
		{"127.0.0.1:7443", false, "127.0.0.1:7443"},
		{"127.9.9.9:7443", false, "127.9.9.9:7443"},
		{"[::1]:7443", false, "[::1]:7443"},
		{"localhost:7443", false, "localhost:7443"},
		{":7443", false, "127.0.0.1:7443"},
		{"unix:/run/painscore.sock", false, "unix:/run/painscore.sock"},
		{"10.0.0.5:7443", false, ""},
		{"0.0.0.0:7443", false, ""},
		{"painscore.example:7443", false, ""},
		{"localhost.example:7443", false, ""},
		{"dns:///painscore.example:7443", false, ""},
		{"127.0.0.1", false, ""},
		{"", false, ""},
		{"painscore.example:7443", true, "painscore.example:7443"},
	}
	for _, test := range tests {
		got, err := target(test.addr, test.encrypted)
		if got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("target(%q, %v) = %q, %v; want %q", test.addr, test.encrypted, got, err, test.want)
		}
	}
	if _, err := Dial("painscore.example:7443"); !errors.Is(err, ErrPlaintext) {
		t.Errorf("%v", err)
	}
	c, err := Dial("painscore.example:7443", WithTLS(&tls.Config{}))
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

func TestACallHasADeadline(t *testing.T) {
	f := &fake{}
	c, _ := serve(t, f, WithTimeout(time.Minute))
	info := func(ctx context.Context) {
		t.Helper()
		if _, err := c.Admin().GetServerInfo(ctx, &pb.GetServerInfoRequest{}); err != nil {
			t.Fatal(err)
		}
	}
	info(t.Context())
	sooner, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	info(sooner)
	later, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	info(later)

	for i, want := range []time.Duration{time.Minute, 10 * time.Second, time.Hour} {
		if got := f.deadlines[i]; got > want || got < want-5*time.Second {
			t.Errorf("call %d had %v left, want about %v", i, got, want)
		}
	}
	patient, _ := serve(t, f, WithTimeout(0))
	if _, err := patient.Admin().GetServerInfo(t.Context(), &pb.GetServerInfoRequest{}); err != nil || f.deadlines[3] != 0 {
		t.Errorf("%v left, error %v; want no deadline", f.deadlines[3], err)
	}
}

func TestAnErrorCarriesAllDetails(t *testing.T) {
	candidate := &pb.EpisodeCandidate{EpisodeId: "2026-0117", Status: pb.EpisodeStatus_EPISODE_STATUS_ACTIVE}
	occupied := &pb.OccupiedSlot{SubmissionId: "other", Instrument: "hads"}
	verdict := &pb.FormVerdict{SubmissionId: "one", Reason: pb.ErrorReason_ERROR_REASON_OUT_OF_RANGE}
	f := &fake{script: []error{refusal(t, codes.InvalidArgument,
		&errdetails.ErrorInfo{Reason: "NOT_OURS", Domain: "proxy.example"},
		&errdetails.ErrorInfo{Reason: "OUT_OF_RANGE", Domain: "painscore", Metadata: map[string]string{"violations": "60", "request_id": "r-7"}},
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: "answers[3].value", Reason: "OUT_OF_RANGE", Description: "takes 0 to 3"}}},
		retryIn(2*time.Second),
		&pb.EpisodeCandidates{Candidates: []*pb.EpisodeCandidate{candidate}},
		occupied,
		&pb.FormVerdicts{Verdicts: []*pb.FormVerdict{verdict}},
	)}}
	c, _ := serve(t, f)
	err := submit(t.Context(), c)

	var got *Error
	if !errors.As(err, &got) {
		t.Fatalf("%T, want *Error", err)
	}
	want := &Error{
		Code: codes.InvalidArgument, Reason: "OUT_OF_RANGE", Message: "no",
		Violations: []Violation{{"answers[3].value", "OUT_OF_RANGE", "takes 0 to 3"}}, Unlisted: 59,
		Candidates: []*pb.EpisodeCandidate{candidate}, Occupied: []*pb.OccupiedSlot{occupied}, Forms: []*pb.FormVerdict{verdict},
		RetryAfter: 2 * time.Second, RequestID: "r-7",
	}
	ignoreStatus := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".status" }, cmp.Ignore())
	if diff := cmp.Diff(want, got, protocmp.Transform(), ignoreStatus); diff != "" {
		t.Error(diff)
	}
	if reason := ReasonOf(err); reason != pb.ErrorReason_ERROR_REASON_OUT_OF_RANGE {
		t.Errorf("reason %v", reason)
	}
	if status.Code(err) != codes.InvalidArgument {
		t.Errorf("status.Code does not see through: %v", status.Code(err))
	}
	text := "painscore: InvalidArgument OUT_OF_RANGE: no\n  answers[3].value: OUT_OF_RANGE: takes 0 to 3\n  and 59 more (request r-7)"
	if err.Error() != text {
		t.Errorf("text %q", err)
	}
}

func TestAReasonThatIsUnknownHereIsStillNamed(t *testing.T) {
	f := &fake{script: []error{refusal(t, codes.FailedPrecondition, &errdetails.ErrorInfo{Reason: "OF_NEXT_YEAR", Domain: "painscore"})}}
	c, _ := serve(t, f)
	err := submit(t.Context(), c)
	var got *Error
	if !errors.As(err, &got) || got.Reason != "OF_NEXT_YEAR" || ReasonOf(err) != pb.ErrorReason_ERROR_REASON_UNSPECIFIED {
		t.Errorf("%v", err)
	}
	if ReasonOf(nil) != 0 || ReasonOf(io.EOF) != 0 {
		t.Error("a reason out of nothing")
	}
}

func TestACallThatRanOutOfTimeIsKnownToErrorsIs(t *testing.T) {
	c, _ := serve(t, &fake{})
	late, cancel := context.WithTimeout(t.Context(), -time.Second)
	defer cancel()
	if err := trend(late, c); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := trend(gone, c); !errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

func TestStreamErrorsAreTyped(t *testing.T) {
	f := &fake{script: []error{refusal(t, codes.InvalidArgument, &errdetails.ErrorInfo{Reason: "TOO_MANY", Domain: "painscore"})}}
	c, _ := serve(t, f)
	stream, err := c.Scoring().ScoreBatch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&pb.ScoreBatchRequest{}); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); ReasonOf(err) != pb.ErrorReason_ERROR_REASON_TOO_MANY {
		t.Errorf("%v", err)
	}
}

func TestNothingListeningIsUnavailable(t *testing.T) {
	c, err := Dial("127.0.0.1:1", WithAttempts(2))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := trend(t.Context(), c); status.Code(err) != codes.Unavailable || ReasonOf(err) != 0 {
		t.Errorf("%v", err)
	}
}

func TestSubmissionIDsAreUUIDv7AndRise(t *testing.T) {
	last := ""
	for range 1000 {
		id := NewSubmissionID()
		if parsed, err := uuid.Parse(id); err != nil || parsed.Version() != 7 {
			t.Fatalf("%q: %v", id, err)
		}
		if id <= last {
			t.Fatalf("%s after %s", id, last)
		}
		last = id
	}
}

func TestSheetHelpersKeepZeroAndOrder(t *testing.T) {
	answers := Answers(map[string]int32{"10": 0, "2": 3, "1": 1})
	want := []*pb.Answer{
		{Item: "1", Response: &pb.Answer_Value{Value: 1}},
		{Item: "2", Response: &pb.Answer_Value{Value: 3}},
		{Item: "10", Response: &pb.Answer_Value{Value: 0}},
	}
	if diff := cmp.Diff(want, answers, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	if p := Positions(0); p[0].GetResponse() == nil {
		t.Error("0 is an answer")
	}
}
