package server_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/scoring/instruments"
	"github.com/painscore/painscore/server"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/store/sqlite"
)

// importing is a store that a test can hold up or break.
type importing struct {
	store.Store
	calls  atomic.Int64
	before func(call int64) error // nil: nothing
}

func (s *importing) Import(ctx context.Context, envelopes []store.Envelope, dryRun bool) ([]store.Imported, error) {
	if n := s.calls.Add(1); s.before != nil {
		if err := s.before(n); err != nil {
			return nil, err
		}
	}
	return s.Store.Import(ctx, envelopes, dryRun)
}

type importServer struct {
	*server.Server
	client pb.SubmissionServiceClient
	store  *importing
}

func openImport(t *testing.T) *importServer {
	t.Helper()
	dir := t.TempDir()
	st, err := sqlite.Open(t.Context(), filepath.Join(dir, "painscore.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	keys, err := identity.LoadOrCreate(filepath.Join(dir, "identity.keys"))
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := instruments.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	s := &importServer{store: &importing{Store: st}}
	use, err := clinic.Open(t.Context(), s.store, catalogue, keys, clinic.Settings{}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	g, calls := server.New(use, tokenless(t), insecure.NewCredentials(), server.Info{}, slog.New(slog.DiscardHandler))
	s.Server, s.client = calls, pb.NewSubmissionServiceClient(serve(t, g))
	t.Cleanup(func() { noReaderIsLeft(t) })
	return s
}

// noReaderIsLeft waits until the goroutines that read imports are gone.
func noReaderIsLeft(t *testing.T) {
	buf := make([]byte, 1<<20)
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		if !strings.Contains(string(buf[:runtime.Stack(buf, true)]), "readImport") {
			return
		}
		if time.Now().After(end) {
			t.Error("a goroutine that reads an import is left behind")
			return
		}
	}
}

func (s *importServer) open(t *testing.T) grpc.BidiStreamingClient[pb.ImportSubmissionsRequest, pb.ImportSubmissionsResponse] {
	t.Helper()
	stream, err := s.client.ImportSubmissions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return stream
}

// pain is one sheet of its own slot.
func pain(n int, value int32) *pb.ImportRecord {
	return &pb.ImportRecord{RecordId: fmt.Sprintf("line %d", n), Submission: &pb.SubmitRequest{
		SubmissionId: fmt.Sprintf("s-%d", n), CareUnit: "unit-1", EpisodeId: fmt.Sprintf("e-%d", n), Occasion: pb.Occasion_OCCASION_BASELINE, AnsweredOn: "2024-02-01",
		Patient: &pb.PatientIdentifier{System: "personnummer", Value: "189001019802"}, Instrument: "nprs",
		Answers: []*pb.Answer{{Item: "average_pain", Response: &pb.Answer_Value{Value: value}}},
	}}
}

func message(records ...*pb.ImportRecord) *pb.ImportSubmissionsRequest {
	return &pb.ImportSubmissionsRequest{Records: records}
}

// told sums a reply up, a line for each record.
func told(reply *pb.ImportSubmissionsResponse) []string {
	var lines []string
	for _, r := range reply.Results {
		line := r.RecordId + ": " + strings.ToLower(strings.TrimPrefix(r.Outcome.String(), "IMPORT_OUTCOME_"))
		if r.Error != nil {
			line += " " + strings.TrimPrefix(r.Error.Reason.String(), "ERROR_REASON_")
			for _, v := range r.Error.Violations {
				line += " " + v.Field
			}
		}
		if r.EpisodeCreated {
			line += " +episode"
		}
		for _, w := range r.Warnings {
			line += " " + strings.TrimPrefix(w.String(), "WARNING_CODE_")
		}
		lines = append(lines, line)
	}
	return lines
}

func send(t *testing.T, stream grpc.BidiStreamingClient[pb.ImportSubmissionsRequest, pb.ImportSubmissionsResponse], m *pb.ImportSubmissionsRequest) {
	t.Helper()
	if err := stream.Send(m); err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, stream grpc.BidiStreamingClient[pb.ImportSubmissionsRequest, pb.ImportSubmissionsResponse]) *pb.ImportSubmissionsResponse {
	t.Helper()
	reply, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

func TestABadRecordLeavesItsNeighboursAlone(t *testing.T) {
	s := openImport(t)
	newer, newerRecord, longName, nothing := pain(3, 4), pain(4, 4), pain(5, 4), &pb.ImportRecord{RecordId: "line 6"}
	field := protowire.AppendVarint(protowire.AppendTag(nil, 1000, protowire.VarintType), 1)
	newer.Submission.ProtoReflect().SetUnknown(field)
	newerRecord.ProtoReflect().SetUnknown(field)
	longName.RecordId = strings.Repeat("ö", 65)
	stream := s.open(t)
	send(t, stream, message(pain(1, 4), pain(2, 11), newer, newerRecord, longName, nothing, pain(7, 5)))
	got := told(receive(t, stream))
	want := []string{
		"line 1: stored +episode OTHER_EPISODES", "line 2: refused OUT_OF_RANGE answers[0].value", "line 3: refused UNKNOWN_FIELD ", "line 4: refused UNKNOWN_FIELD ",
		longName.RecordId + ": refused TOO_LONG record_id",
		"line 6: refused REQUIRED patient.value patient.system care_unit episode_id occasion answered_on submission_id instrument", "line 7: stored +episode OTHER_EPISODES",
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got  %s\nwant %s", got[i], want[i])
		}
	}
	send(t, stream, message())
	if reply := receive(t, stream); len(reply.Results) != 0 {
		t.Errorf("an empty message: %v", reply)
	}
	stream.CloseSend()
	if _, err := stream.Recv(); err != io.EOF {
		t.Errorf("end: %v", err)
	}
}

func TestResultsComeInOrderAndAfterTheStore(t *testing.T) {
	s := openImport(t)
	stream := s.open(t)
	go func() {
		for n := range 50 {
			stream.Send(message(pain(3*n, 1), pain(3*n+1, 12), pain(3*n+2, 3)))
		}
		stream.CloseSend()
	}()
	for n := range 50 {
		reply := receive(t, stream)
		for i, outcome := range []pb.ImportOutcome{pb.ImportOutcome_IMPORT_OUTCOME_STORED, pb.ImportOutcome_IMPORT_OUTCOME_REFUSED, pb.ImportOutcome_IMPORT_OUTCOME_STORED} {
			if r := reply.Results[i]; r.RecordId != fmt.Sprintf("line %d", 3*n+i) || r.Outcome != outcome {
				t.Fatalf("message %d: %v", n, reply)
			}
		}
		if _, err := s.client.GetSubmission(t.Context(), &pb.GetSubmissionRequest{CareUnit: "unit-1", SubmissionId: fmt.Sprintf("s-%d", 3*n+2)}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestADryRunIsToldAndKept(t *testing.T) {
	s := openImport(t)
	stream := s.open(t)
	send(t, stream, &pb.ImportSubmissionsRequest{DryRun: true, Records: []*pb.ImportRecord{pain(1, 4), pain(1, 4), pain(2, 11)}})
	want := []string{"line 1: stored +episode", "line 1: replayed +episode", "line 2: refused OUT_OF_RANGE answers[0].value"}
	if diff := cmp.Diff(want, told(receive(t, stream))); diff != "" {
		t.Error(diff)
	}
	send(t, stream, message(pain(1, 4)))
	_, err := stream.Recv()
	if info := detail[*errdetails.BadRequest](t, err); info.FieldViolations[0].Field != "dry_run" || info.FieldViolations[0].Reason != "BAD_FORMAT" {
		t.Errorf("a real message in a dry run: %v", err)
	}
	if _, err := s.client.GetSubmission(t.Context(), &pb.GetSubmissionRequest{CareUnit: "unit-1", SubmissionId: "s-1"}); status.Code(err) != codes.NotFound {
		t.Errorf("a dry run stored something: %v", err)
	}
}

// detail finds one detail of a status.
func detail[D any](t *testing.T, err error) D {
	t.Helper()
	for _, d := range status.Convert(err).Details() {
		if found, ok := d.(D); ok {
			return found
		}
	}
	t.Fatalf("no %T in %v", *new(D), err)
	panic("unreachable")
}

func TestAMessageThatIsWrongAsAWholeEndsTheStream(t *testing.T) {
	many := make([]*pb.ImportRecord, clinic.MaxRecords+1)
	for i := range many {
		many[i] = &pb.ImportRecord{}
	}
	huge := pain(1, 1)
	huge.Submission.Answers[0].Item = strings.Repeat("x", server.MaxMessageBytes)
	unknown := message(pain(1, 1))
	unknown.ProtoReflect().SetUnknown(protowire.AppendVarint(protowire.AppendTag(nil, 1000, protowire.VarintType), 1))
	for name, c := range map[string]struct {
		message *pb.ImportSubmissionsRequest
		code    codes.Code
		reason  string
	}{
		"too many":      {message(many...), codes.InvalidArgument, "TOO_MANY"},
		"too large":     {message(huge), codes.ResourceExhausted, "TOO_LARGE"},
		"unknown field": {unknown, codes.InvalidArgument, "UNKNOWN_FIELD"},
	} {
		t.Run(name, func(t *testing.T) {
			s := openImport(t)
			stream := s.open(t)
			send(t, stream, message(pain(7, 1)))
			send(t, stream, c.message)
			if r := receive(t, stream).Results[0]; r.Outcome != pb.ImportOutcome_IMPORT_OUTCOME_STORED {
				t.Errorf("what came before: %v", r)
			}
			_, err := stream.Recv()
			if status.Code(err) != c.code || detail[*errdetails.ErrorInfo](t, err).Reason != c.reason {
				t.Errorf("%v", err)
			}
		})
	}
	s := openImport(t)
	stream := s.open(t)
	send(t, stream, message(many[:clinic.MaxRecords]...))
	if reply := receive(t, stream); len(reply.Results) != clinic.MaxRecords {
		t.Errorf("%d results", len(reply.Results))
	}
}

func TestAFaultOfTheStoreEndsTheStreamAndNothingIsTakenBack(t *testing.T) {
	for name, c := range map[string]struct {
		failure error
		code    codes.Code
		reason  string
	}{
		"disk full":   {store.ErrDiskFull, codes.ResourceExhausted, "DISK_FULL"},
		"unavailable": {store.ErrUnavailable, codes.Unavailable, "UNAVAILABLE"},
		"other":       {errors.New("secret"), codes.Internal, "INTERNAL"},
	} {
		t.Run(name, func(t *testing.T) {
			s := openImport(t)
			s.store.before = func(call int64) error {
				if call == 2 {
					return c.failure
				}
				return nil
			}
			stream := s.open(t)
			for n := range 3 {
				stream.Send(message(pain(n, 1)))
			}
			receive(t, stream)
			_, err := stream.Recv()
			if status.Code(err) != c.code || detail[*errdetails.ErrorInfo](t, err).Reason != c.reason || strings.Contains(err.Error(), "secret") {
				t.Errorf("%v", err)
			}
			// The client goes on where it has no result.
			stream = s.open(t)
			send(t, stream, message(pain(0, 1), pain(1, 1), pain(2, 1)))
			var got []pb.ImportOutcome
			for _, r := range receive(t, stream).Results {
				got = append(got, r.Outcome)
			}
			if want := []pb.ImportOutcome{pb.ImportOutcome_IMPORT_OUTCOME_REPLAYED, pb.ImportOutcome_IMPORT_OUTCOME_STORED, pb.ImportOutcome_IMPORT_OUTCOME_STORED}; !cmp.Equal(got, want) {
				t.Errorf("%v", got)
			}
		})
	}
}

func TestAStoppingServerFinishesTheMessageThatItWrites(t *testing.T) {
	s := openImport(t)
	writing, goOn := make(chan struct{}), make(chan struct{})
	s.store.before = func(call int64) error {
		close(writing)
		<-goOn
		return nil
	}
	stream := s.open(t)
	send(t, stream, message(pain(1, 1)))
	<-writing
	s.Drain()
	s.Drain() // twice is no harm
	close(goOn)
	if got := told(receive(t, stream)); len(got) != 1 || got[0] != "line 1: stored +episode" {
		t.Errorf("%q", got)
	}
	_, err := stream.Recv()
	if status.Code(err) != codes.Unavailable || detail[*errdetails.ErrorInfo](t, err).Reason != "UNAVAILABLE" {
		t.Errorf("%v", err)
	}
}

func TestAClientThatHangsUpLeavesNothingRunning(t *testing.T) {
	s := openImport(t)
	ctx, cancel := context.WithCancel(t.Context())
	stream, err := s.client.ImportSubmissions(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 5 {
		send(t, stream, message(pain(n, 1)))
	}
	cancel() // noReaderIsLeft looks for what remains
}

// TestClientsThatHangUpTakeNoImportWithThem: the places of imports are few, and
// one that stays taken is gone until the next start.
func TestClientsThatHangUpTakeNoImportWithThem(t *testing.T) {
	s := openImport(t)
	for range 40 {
		ctx, cancel := context.WithCancel(t.Context())
		stream, err := s.client.ImportSubmissions(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := stream.Send(message()); err != nil {
			t.Fatal(err)
		}
		if _, err := stream.Recv(); err != nil {
			t.Fatalf("an import after others have hung up: %v", err)
		}
		cancel()
		for end := time.Now().Add(5 * time.Second); s.Open() != 0; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("an import goes on whose client has gone")
			}
		}
	}
}

// The server reads a few messages ahead of its replies and no more: what it
// holds of a stream is bounded.
func TestReadAheadIsBounded(t *testing.T) {
	s := openImport(t)
	goOn := make(chan struct{})
	s.store.before = func(int64) error { <-goOn; return nil }
	stream := s.open(t)
	filler := strings.Repeat("x", 200)
	sent := make(chan int, 100)
	go func() {
		defer close(sent)
		for n := range 20 {
			m := message()
			for i := range 500 { // more than the transport's own buffers take
				r := pain(500*n+i, 1)
				r.Submission.Source = &pb.SubmissionSource{System: filler, Template: filler}
				m.Records = append(m.Records, r)
			}
			if stream.Send(m) != nil {
				return
			}
			sent <- n
		}
	}()
	for end := time.Now().Add(30 * time.Second); len(sent) < 2; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d messages taken while the first is written", len(sent))
		}
	}
	time.Sleep(500 * time.Millisecond) // for more than there should be
	if n := len(sent); n > 8 {
		t.Errorf("%d messages taken while the first is written", n)
	}
	close(goOn)
	for range 20 {
		receive(t, stream)
	}
}

func TestSomeImportsRunAtATimeAndNoMore(t *testing.T) {
	s := openImport(t)
	streams := 0
	for ; streams < 20; streams++ {
		stream := s.open(t)
		// The refusal may be here before the message is sent: Send then says EOF
		// only, and Recv why.
		if err := stream.Send(message()); err != nil && err != io.EOF {
			t.Fatal(err)
		}
		if _, err := stream.Recv(); err != nil {
			if detail[*errdetails.ErrorInfo](t, err).Reason != "OVERLOADED" || detail[*errdetails.RetryInfo](t, err).RetryDelay.AsDuration() <= 0 {
				t.Errorf("%v", err)
			}
			break
		}
	}
	if streams != 8 {
		t.Errorf("%d imports at a time", streams)
	}
}

func TestAPanicOfTheReaderIsAnError(t *testing.T) {
	s := openImport(t)
	s.store.before = nil
	stream := s.open(t)
	s.store.Store = nil // the settings are read by the goroutine that prepares
	send(t, stream, message(pain(1, 1)))
	_, err := stream.Recv()
	if status.Code(err) != codes.Internal {
		t.Errorf("%v", err)
	}
}
