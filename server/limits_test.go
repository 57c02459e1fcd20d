package server_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server"
	"github.com/painscore/painscore/server/pace"
)

// limited is a server and its clients.
type limited struct {
	*server.Server
	conn        *grpc.ClientConn
	scoring     pb.ScoringServiceClient
	submissions pb.SubmissionServiceClient
	patients    pb.PatientServiceClient
	limits      *pb.Limits
}

func openLimited(t *testing.T, rate pace.Rate) *limited {
	t.Helper()
	g, s := server.New(useCases(t, t.TempDir()), tokenless(t), insecure.NewCredentials(), server.Info{Pace: pace.New(rate, nil)}, slog.New(slog.DiscardHandler))
	conn := serve(t, g)
	l := &limited{Server: s, conn: conn, scoring: pb.NewScoringServiceClient(conn), submissions: pb.NewSubmissionServiceClient(conn), patients: pb.NewPatientServiceClient(conn)}
	info, err := pb.NewAdminServiceClient(conn).GetServerInfo(t.Context(), &pb.GetServerInfoRequest{})
	if err != nil {
		t.Fatal(err)
	}
	l.limits = info.Limits
	return l
}

// has says whether an error gives a reason, as its own or as that of a violation.
func has(err error, reason string) bool {
	for _, d := range status.Convert(err).Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			if d.Reason == reason {
				return true
			}
		case *errdetails.BadRequest:
			for _, v := range d.FieldViolations {
				if v.Reason == reason {
					return true
				}
			}
		}
	}
	return false
}

// TestEveryLimitIsHeld sends as much as GetServerInfo tells, which is not refused
// for it, and one more, which is.
func TestEveryLimitIsHeld(t *testing.T) {
	l := openLimited(t, pace.Rate{})
	ctx := t.Context()
	for name, c := range map[string]struct {
		limit  int64
		reason string
		send   func(n int) error
	}{
		"message_bytes": {l.limits.MessageBytes, "TOO_LARGE", func(n int) error {
			req := &pb.ScoreRequest{Instrument: strings.Repeat("x", n-5)} // a tag and the length's four bytes
			if proto.Size(req) != n {
				t.Fatalf("%d bytes, not %d", proto.Size(req), n)
			}
			_, err := l.scoring.Score(ctx, req)
			return err
		}},
		"answers_per_sheet": {int64(l.limits.AnswersPerSheet), "TOO_MANY", func(n int) error {
			_, err := l.scoring.Score(ctx, &pb.ScoreRequest{Instrument: "hads", Answers: make([]*pb.Answer, n)})
			return err
		}},
		"value_sets_per_sheet": {int64(l.limits.ValueSetsPerSheet), "TOO_MANY", func(n int) error {
			_, err := l.scoring.Score(ctx, &pb.ScoreRequest{Instrument: "eq_5d_5l", ValueSets: make([]string, n)})
			return err
		}},
		"sheets_per_message": {int64(l.limits.SheetsPerMessage), "TOO_MANY", func(n int) error {
			stream, err := l.scoring.ScoreBatch(ctx)
			return exchange(stream, err, &pb.ScoreBatchRequest{Sheets: make([]*pb.BatchSheet, n)})
		}},
		"records_per_message": {int64(l.limits.RecordsPerMessage), "TOO_MANY", func(n int) error {
			stream, err := l.submissions.ImportSubmissions(ctx)
			return exchange(stream, err, &pb.ImportSubmissionsRequest{Records: make([]*pb.ImportRecord, n)})
		}},
		"forms_per_call": {int64(l.limits.FormsPerCall), "TOO_MANY", func(n int) error {
			_, err := l.submissions.SubmitForms(ctx, &pb.SubmitFormsRequest{Forms: make([]*pb.Form, n)})
			return err
		}},
		"id_characters": {int64(l.limits.IdCharacters), "TOO_LONG", func(n int) error {
			_, err := l.submissions.Submit(ctx, &pb.SubmitRequest{SubmissionId: strings.Repeat("ö", n)})
			return err
		}},
		"text_characters": {int64(l.limits.TextCharacters), "TOO_LONG", func(n int) error {
			_, err := l.submissions.RetractSubmission(ctx, &pb.RetractSubmissionRequest{CareUnit: "u", SubmissionId: "s", Version: 1, Reason: strings.Repeat("ö", n)})
			return err
		}},
		"care_units_per_rescore": {int64(l.limits.CareUnitsPerRescore), "TOO_MANY", func(n int) error {
			units := make([]string, n)
			for i := range units {
				units[i] = fmt.Sprint("unit-", i)
			}
			stream, err := l.submissions.PreviewRescore(ctx, &pb.PreviewRescoreRequest{Instrument: "hads", CareUnits: units})
			if err == nil {
				_, err = stream.Recv()
			}
			return err
		}},
	} {
		if err := c.send(int(c.limit)); has(err, c.reason) {
			t.Errorf("%s: %d are refused: %v", name, c.limit, err)
		}
		if err := c.send(int(c.limit) + 1); !has(err, c.reason) {
			t.Errorf("%s: %d are not refused as %s: %v", name, c.limit+1, c.reason, err)
		}
	}
}

// exchange sends one message on a new stream and returns what comes back.
func exchange[Req, Res any](stream grpc.BidiStreamingClient[Req, Res], err error, message *Req) error {
	if err != nil {
		return err
	}
	defer stream.CloseSend()
	if err := stream.Send(message); err != nil && err != io.EOF {
		return err
	}
	_, err = stream.Recv()
	return err
}

func TestALongListIsCutAndALongListOfProblemsToo(t *testing.T) {
	l := openLimited(t, pace.Rate{})
	stream, err := l.submissions.ImportSubmissions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		m := message()
		for i := range 500 {
			m.Records = append(m.Records, pain(500*n+i, 1))
		}
		send(t, stream, m)
		receive(t, stream)
	}
	page, err := l.submissions.ListChanges(t.Context(), &pb.ListChangesRequest{CareUnit: "unit-1", PageSize: 5000})
	if err != nil || len(page.Changes) != int(l.limits.PageSize) || page.CaughtUp {
		t.Errorf("a page of 5000: %d, %v", len(page.GetChanges()), err)
	}
	req := &pb.ScoreRequest{Instrument: "hads"}
	for range 100 {
		req.Answers = append(req.Answers, &pb.Answer{Item: "none", Response: &pb.Answer_Value{Value: -1}})
	}
	_, err = l.scoring.Score(t.Context(), req)
	if listed := detail[*errdetails.BadRequest](t, err).FieldViolations; len(listed) != int(l.limits.ViolationsListed) {
		t.Errorf("%d violations listed", len(listed))
	}
	if told := detail[*errdetails.ErrorInfo](t, err).Metadata["violations"]; told == "" || told == "50" {
		t.Errorf("%q violations told", told)
	}
}

func TestTheTransportHoldsItsLimits(t *testing.T) {
	l := openLimited(t, pace.Rate{})
	long := metadata.AppendToOutgoingContext(t.Context(), "x", strings.Repeat("x", int(l.limits.HeaderBytes)))
	if _, err := l.scoring.ListInstruments(long, &pb.ListInstrumentsRequest{}); err == nil {
		t.Error("metadata of more bytes than told are taken")
	}
	_, err := l.scoring.Score(t.Context(), &pb.ScoreRequest{Instrument: strings.Repeat("x", 17<<20)})
	if status.Code(err) != codes.ResourceExhausted {
		t.Errorf("a message that is not even read: %v", err)
	}
	health := healthpb.NewHealthClient(l.conn)
	for range l.limits.CallsPerConnection {
		stream, err := health.Watch(t.Context(), &healthpb.HealthCheckRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := stream.Recv(); err != nil {
			t.Fatal(err)
		}
	}
	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := health.Check(short, &healthpb.HealthCheckRequest{}); status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("one call more than a connection may have open: %v", err)
	}
}

// TestAFloodOfOneClassLeavesTheOthersTheirRoom, and is told to come again.
func TestAFloodOfOneClassLeavesTheOthersTheirRoom(t *testing.T) {
	l := openLimited(t, pace.Rate{})
	read := func() error {
		_, err := l.patients.GetTrend(t.Context(), &pb.GetTrendRequest{CareUnit: "u", EpisodeId: "e"})
		return err
	}
	write := func() error { _, err := l.submissions.Submit(t.Context(), &pb.SubmitRequest{}); return err }
	stream := func() error {
		s, err := l.scoring.ScoreBatch(t.Context())
		return exchange(s, err, &pb.ScoreBatchRequest{})
	}
	for name, c := range map[string]struct{ reads, writes, streams bool }{"reads": {true, false, false}, "writes": {false, true, false}, "streams": {false, false, true}} {
		l.Crowd(c.reads, c.writes, c.streams)
		before := l.Open()
		for i, call := range []func() error{read, write, stream} {
			err := call()
			crowded := []bool{c.reads, c.writes, c.streams}[i]
			if has(err, "OVERLOADED") != crowded {
				t.Errorf("%s crowded, call %d: %v", name, i, err)
			}
			if crowded && (status.Code(err) != codes.ResourceExhausted || detail[*errdetails.RetryInfo](t, err).RetryDelay.AsDuration() <= 0) {
				t.Errorf("%s: not told when to come again: %v", name, err)
			}
		}
		if _, err := healthpb.NewHealthClient(l.conn).Check(t.Context(), &healthpb.HealthCheckRequest{}); err != nil {
			t.Errorf("%s crowded: health: %v", name, err)
		}
		for end := time.Now().Add(2 * time.Second); l.Open() != before && time.Now().Before(end); {
			time.Sleep(time.Millisecond) // a stream's end is told before its handler has returned
		}
		if l.Open() != before {
			t.Errorf("%s: %d calls are counted as open, want %d", name, l.Open(), before)
		}
	}
}

func TestACallerWhoCallsTooOftenIsToldWhenToComeBack(t *testing.T) {
	l := openLimited(t, pace.Rate{PerSecond: 2, Burst: 3}) // GetServerInfo was the first of them
	if l.limits.CallsPerSecond != 2 || l.limits.CallBurst != 3 {
		t.Errorf("told: %v", l.limits)
	}
	call := func() error {
		_, err := l.scoring.ListInstruments(t.Context(), &pb.ListInstrumentsRequest{})
		return err
	}
	var err error
	for range 5 {
		if err = call(); err != nil {
			break
		}
	}
	if status.Code(err) != codes.ResourceExhausted || !has(err, "OVERLOADED") {
		t.Fatalf("after the burst: %v", err)
	}
	wait := detail[*errdetails.RetryInfo](t, err).RetryDelay.AsDuration()
	if wait <= 0 || wait > 501*time.Millisecond {
		t.Fatalf("wait %v at two a second", wait)
	}
	time.Sleep(wait)
	if err := call(); err != nil {
		t.Errorf("at the time that was told: %v", err)
	}
}

func TestMessagesOfAStreamCountAndAreSlowedDown(t *testing.T) {
	l := openLimited(t, pace.Rate{PerSecond: 20, Burst: 2}) // GetServerInfo and the stream itself
	stream, err := l.scoring.ScoreBatch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for range 6 {
		if err := stream.Send(&pb.ScoreBatchRequest{}); err != nil {
			t.Fatal(err)
		}
		if _, err := stream.Recv(); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); took < 200*time.Millisecond {
		t.Errorf("six messages at twenty a second took %v", took)
	}
}

// TestEveryLimitIsTold: none of the figures is left at zero, but the pace where
// none is set.
func TestEveryLimitIsTold(t *testing.T) {
	limits := openLimited(t, pace.Rate{}).limits.ProtoReflect()
	fields := limits.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		isPace := field.Name() == "calls_per_second" || field.Name() == "call_burst"
		if isSet := limits.Has(field); isSet == isPace {
			t.Errorf("%s: %v", field.Name(), protoreflect.Value(limits.Get(field)))
		}
	}
}
