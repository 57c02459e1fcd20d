package client

import (
	"context"
	"iter"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/durationpb"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

func retryIn(d time.Duration) *errdetails.RetryInfo {
	return &errdetails.RetryInfo{RetryDelay: durationpb.New(d)}
}

// Each kind of call, by what repeating it can do.
var (
	submit = func(ctx context.Context, c *Client) error {
		_, err := c.Submissions().Submit(ctx, &pb.SubmitRequest{SubmissionId: "one"})
		return err
	}
	submitForms = func(ctx context.Context, c *Client) error {
		_, err := c.Submissions().SubmitForms(ctx, &pb.SubmitFormsRequest{})
		return err
	}
	upsert = func(ctx context.Context, c *Client) error {
		_, err := c.Patients().UpsertEpisode(ctx, &pb.UpsertEpisodeRequest{})
		return err
	}
	upsertIfUnchanged = func(ctx context.Context, c *Client) error {
		_, err := c.Patients().UpsertEpisode(ctx, &pb.UpsertEpisodeRequest{Etag: "e1"})
		return err
	}
	apply = func(ctx context.Context, c *Client) error {
		_, err := c.Submissions().ApplyRescore(ctx, &pb.ApplyRescoreRequest{PlanId: "p"})
		return err
	}
	amend = func(ctx context.Context, c *Client) error {
		_, err := c.Submissions().AmendSubmission(ctx, &pb.AmendSubmissionRequest{SubmissionId: "one", Version: 1})
		return err
	}
	erase = func(ctx context.Context, c *Client) error {
		_, err := c.Patients().ErasePatient(ctx, &pb.ErasePatientRequest{ErasureId: "one"})
		return err
	}
	share = func(ctx context.Context, c *Client) error {
		_, err := c.Patients().ShareEpisode(ctx, &pb.ShareEpisodeRequest{EpisodeId: "one"})
		return err
	}
	trend = func(ctx context.Context, c *Client) error {
		_, err := c.Patients().GetTrend(ctx, &pb.GetTrendRequest{})
		return err
	}
)

func TestACallIsRepeatedOnlyWhereThatIsSafe(t *testing.T) {
	down := status.Error(codes.Unavailable, "stopping")
	tests := []struct {
		name  string
		call  func(context.Context, *Client) error
		fails error
		calls int // of a server that fails twice, then answers
	}{
		{"submit, server gone", submit, down, 3},
		{"submit forms, server gone", submitForms, down, 3},
		{"read, server gone", trend, down, 3},
		{"upsert, server gone: a second run may undo another's change", upsert, down, 1},
		{"upsert with an etag, server gone: another's change would be noticed", upsertIfUnchanged, down, 3},
		{"apply a re-scoring, server gone: somebody may revert it in between", apply, down, 1},
		{"amend, server gone: the version that was read makes it a replay", amend, down, 3},
		{"erase, server gone", erase, down, 3},
		{"share, server gone: somebody may end it in between", share, down, 1},
		{"submit, overloaded with a delay", submit, refusal(t, codes.ResourceExhausted, retryIn(time.Second)), 3},
		{"upsert, overloaded with a delay: nothing was done", upsert, refusal(t, codes.ResourceExhausted, retryIn(time.Second)), 3},
		{"submit, too large: no delay given", submit, status.Error(codes.ResourceExhausted, "too large"), 1},
		{"submit, aborted", submit, refusal(t, codes.Aborted, retryIn(time.Second)), 1},
		{"submit, bad input", submit, refusal(t, codes.InvalidArgument, retryIn(time.Second)), 1},
		{"submit, taken", submit, status.Error(codes.AlreadyExists, "taken"), 1},
		{"submit, precondition", submit, status.Error(codes.FailedPrecondition, "erased"), 1},
		{"submit, internal", submit, status.Error(codes.Internal, "fault"), 1},
		{"read, not found", trend, status.Error(codes.NotFound, "none"), 1},
		{"read, time is up", trend, status.Error(codes.DeadlineExceeded, "late"), 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := &fake{script: times(2, test.fails)}
			c, _ := serve(t, f)
			err := test.call(t.Context(), c)
			if f.calls != test.calls {
				t.Errorf("%d calls, want %d", f.calls, test.calls)
			}
			if retried := test.calls > 1; retried != (err == nil) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestEveryAttemptCarriesTheSameSubmissionID(t *testing.T) {
	f := &fake{script: times(2, status.Error(codes.Unavailable, "stopping"))}
	c, _ := serve(t, f)
	if err := submit(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	for _, request := range f.requests {
		if id := request.(*pb.SubmitRequest).SubmissionId; id != "one" {
			t.Errorf("submission id %q", id)
		}
	}
}

func TestAttemptsAreBoundedAndWaitsGrow(t *testing.T) {
	f := &fake{script: times(99, status.Error(codes.Unavailable, "stopping"))}
	c, waits := serve(t, f)
	if err := submit(t.Context(), c); status.Code(err) != codes.Unavailable {
		t.Fatalf("error %v", err)
	}
	if f.calls != DefaultAttempts || len(*waits) != DefaultAttempts-1 {
		t.Fatalf("%d calls, waits %v", f.calls, *waits)
	}
	for i, wait := range *waits {
		if bound := 100 * time.Millisecond << i; wait < bound/2 || wait > bound {
			t.Errorf("wait %d is %v, want %v to %v", i, wait, bound/2, bound)
		}
	}
}

func TestOneAttemptMeansNoRetry(t *testing.T) {
	f := &fake{script: times(99, status.Error(codes.Unavailable, "stopping"))}
	c, _ := serve(t, f, WithAttempts(1))
	if err := submit(t.Context(), c); err == nil || f.calls != 1 {
		t.Fatalf("%d calls, error %v", f.calls, err)
	}
}

func TestTheServersDelayIsHonoured(t *testing.T) {
	f := &fake{script: times(1, refusal(t, codes.ResourceExhausted, retryIn(3*time.Second)))}
	c, waits := serve(t, f)
	if err := submit(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if len(*waits) != 1 || (*waits)[0] < 3*time.Second || (*waits)[0] > 3200*time.Millisecond {
		t.Errorf("waits %v, want one of 3 s and a little", *waits)
	}
}

func TestADelayBeyondTheDeadlineIsReportedAtOnce(t *testing.T) {
	f := &fake{script: times(1, refusal(t, codes.ResourceExhausted, retryIn(10*time.Second)))}
	c, waits := serve(t, f)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	err := submit(ctx, c)
	if len(*waits) != 0 || status.Code(err) != codes.ResourceExhausted {
		t.Errorf("waits %v, error %v", *waits, err)
	}
}

func TestADelayBeyondAllPatienceIsReportedAtOnce(t *testing.T) {
	f := &fake{script: times(1, refusal(t, codes.ResourceExhausted, retryIn(time.Hour)))}
	c, waits := serve(t, f, WithTimeout(0))
	if err := submit(t.Context(), c); err == nil || len(*waits) != 0 {
		t.Errorf("waits %v, error %v", *waits, err)
	}
}

func TestAnEndedContextEndsTheWait(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := sleep(ctx, time.Hour); err != context.Canceled {
		t.Errorf("error %v", err)
	}
	if err := sleep(t.Context(), time.Microsecond); err != nil {
		t.Errorf("error %v", err)
	}
}

// A new RPC has to be thought about before it can be repeated.
func TestEveryUnaryCallOfTheContractIsClassified(t *testing.T) {
	listed := 0
	for file := range filesOfTheContract() {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				m := methods.Get(j)
				if m.IsStreamingClient() || m.IsStreamingServer() {
					continue
				}
				name := "/" + strings.Replace(string(m.FullName()), "."+string(m.Name()), "/"+string(m.Name()), 1)
				if effects[name] == 0 {
					t.Errorf("%s is not in effects", name)
				}
				listed++
			}
		}
	}
	if listed != len(effects) {
		t.Errorf("effects has %d entries, the contract %d unary calls", len(effects), listed)
	}
}

func filesOfTheContract() iter.Seq[protoreflect.FileDescriptor] {
	return func(yield func(protoreflect.FileDescriptor) bool) {
		protoregistry.GlobalFiles.RangeFilesByPackage(pb.File_painscore_v1_sheet_proto.Package(), yield)
	}
}
