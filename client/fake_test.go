package client

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/protoadapt"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is a server that answers each call with the next error of its script,
// and with an empty reply when the script is done.
type fake struct {
	pb.UnimplementedScoringServiceServer
	pb.UnimplementedSubmissionServiceServer
	pb.UnimplementedPatientServiceServer
	pb.UnimplementedAdminServiceServer

	mu        sync.Mutex
	script    []error
	calls     int
	requests  []any
	deadlines []time.Duration // what was left of each call's time; 0 without a deadline
}

// serve starts f and returns a client of it that does not really sleep between
// attempts; waits lists what it would have slept.
func serve(t *testing.T, f *fake, opts ...Option) (c *Client, waits *[]time.Duration) {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer(grpc.UnaryInterceptor(f.answer))
	pb.RegisterScoringServiceServer(server, f)
	pb.RegisterSubmissionServiceServer(server, f)
	pb.RegisterPatientServiceServer(server, f)
	pb.RegisterAdminServiceServer(server, f)
	go server.Serve(listener)
	t.Cleanup(server.Stop)

	waits = new([]time.Duration)
	opts = append([]Option{
		WithDialOptions(grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) })),
		func(s *settings) {
			s.retry.sleep = func(ctx context.Context, d time.Duration) error {
				*waits = append(*waits, d)
				return ctx.Err()
			}
		},
	}, opts...)
	c, err := Dial("127.0.0.1:1", opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, waits
}

func (f *fake) answer(ctx context.Context, req any, info *grpc.UnaryServerInfo, _ grpc.UnaryHandler) (any, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	left := time.Duration(0)
	if end, has := ctx.Deadline(); has {
		left = time.Until(end)
	}
	f.calls++
	f.requests = append(f.requests, req)
	f.deadlines = append(f.deadlines, left)
	if len(f.script) > 0 {
		err := f.script[0]
		f.script = f.script[1:]
		if err != nil {
			return nil, err
		}
	}
	return replies[info.FullMethod], nil
}

var replies = map[string]any{
	pb.SubmissionService_Submit_FullMethodName:          &pb.SubmitResponse{Replayed: true},
	pb.SubmissionService_SubmitForms_FullMethodName:     &pb.SubmitFormsResponse{},
	pb.SubmissionService_AmendSubmission_FullMethodName: &pb.AmendSubmissionResponse{},
	pb.PatientService_ErasePatient_FullMethodName:       &pb.ErasePatientResponse{},
	pb.PatientService_ShareEpisode_FullMethodName:       &pb.ShareEpisodeResponse{},
	pb.PatientService_UpsertEpisode_FullMethodName:      &pb.UpsertEpisodeResponse{},
	pb.PatientService_GetTrend_FullMethodName:           &pb.GetTrendResponse{},
	pb.ScoringService_Score_FullMethodName:              &pb.ScoreResponse{},
	pb.AdminService_GetServerInfo_FullMethodName:        &pb.GetServerInfoResponse{},
}

func refusal(t *testing.T, code codes.Code, details ...protoadapt.MessageV1) error {
	t.Helper()
	st, err := status.New(code, "no").WithDetails(details...)
	if err != nil {
		t.Fatal(err)
	}
	return st.Err()
}

// times repeats err.
func times(n int, err error) []error {
	script := make([]error, n)
	for i := range script {
		script[i] = err
	}
	return script
}

// ScoreBatch answers one message, then fails.
func (f *fake) ScoreBatch(stream grpc.BidiStreamingServer[pb.ScoreBatchRequest, pb.ScoreBatchResponse]) error {
	if _, err := stream.Recv(); err != nil {
		return err
	}
	if err := stream.Send(&pb.ScoreBatchResponse{}); err != nil {
		return err
	}
	return f.script[0]
}
