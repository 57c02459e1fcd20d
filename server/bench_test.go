package server_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/scoring/instruments"
	"github.com/painscore/painscore/server"
	"github.com/painscore/painscore/server/access/signin"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store/sqlite"
)

// service is a server on a loopback port with a store of its own. It knows the
// built-in instruments, and of the site's own those that stand in skeletons.
func service(tb testing.TB, skeletons ...string) *grpc.ClientConn {
	tb.Helper()
	return serviceIn(tb, tb.TempDir(), skeletons...)
}

// serviceIn is service with its store in dir.
func serviceIn(tb testing.TB, dir string, skeletons ...string) *grpc.ClientConn {
	tb.Helper()
	g, _ := server.New(useCases(tb, dir, skeletons...), tokenless(tb), insecure.NewCredentials(), server.Info{}, slog.New(slog.DiscardHandler))
	return serve(tb, g)
}

// useCases are the use cases over a store in dir.
func useCases(tb testing.TB, dir string, skeletons ...string) *clinic.Clinic {
	tb.Helper()
	st, err := sqlite.Open(context.Background(), filepath.Join(dir, "painscore.db"), sqlite.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { st.Close() })
	keys, err := identity.LoadOrCreate(filepath.Join(dir, "identity.keys"))
	if err != nil {
		tb.Fatal(err)
	}
	catalogue, err := instruments.Builtin()
	if err != nil {
		tb.Fatal(err)
	}
	for _, name := range skeletons {
		body, _ := instruments.Skeleton(name)
		if err := catalogue.AddFile(name, body); err != nil {
			tb.Fatal(err)
		}
	}
	use, err := clinic.Open(context.Background(), st, catalogue, keys, clinic.Settings{}, time.Now)
	if err != nil {
		tb.Fatal(err)
	}
	return use
}

// tokenless is sign-in of local mode without a token: whoever calls is the one
// caller that there is.
func tokenless(tb testing.TB) *signin.Authenticator {
	tb.Helper()
	who, err := signin.New(signin.Config{}, signin.Options{Tokenless: true})
	if err != nil {
		tb.Fatal(err)
	}
	return who
}

func serve(tb testing.TB, g *grpc.Server) *grpc.ClientConn {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	go g.Serve(listener)
	tb.Cleanup(g.Stop)
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { conn.Close() })
	return conn
}

// form is a filled-in form of an instrument, all items at their lowest.
func form(tb testing.TB, in *scoring.Instrument, id, episode string, occasion pb.Occasion) *pb.SubmitRequest {
	tb.Helper()
	req := &pb.SubmitRequest{
		SubmissionId: id, CareUnit: "unit-1", EpisodeId: episode, Occasion: occasion, AnsweredOn: "2024-02-01", AllowNewEpisode: true,
		Patient: &pb.PatientIdentifier{System: "personnummer", Value: "189001019802"}, Instrument: in.ID(),
	}
	if len(in.ValueSets()) > 0 {
		req.ValueSets = []string{in.ValueSets()[0].ID()}
	}
	for _, item := range in.Items() {
		value := item.Min
		if len(item.Values) > 0 {
			value = item.Values[0]
		}
		req.Answers = append(req.Answers, &pb.Answer{Item: item.Code, Response: &pb.Answer_Value{Value: value}})
	}
	return req
}

// BenchmarkSubmit is one durable Submit at a time over the wire, against what
// the disk takes for a durable append of the same size in the same run.
func BenchmarkSubmit(b *testing.B) {
	client := pb.NewSubmissionServiceClient(service(b))
	catalogue, err := instruments.Builtin()
	if err != nil {
		b.Fatal(err)
	}
	hads, _ := catalogue.Instrument("hads", "")
	file, err := os.Create(filepath.Join(b.TempDir(), "append"))
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	var submitting, syncing time.Duration
	n := 0
	for b.Loop() {
		req := form(b, hads, fmt.Sprintf("s-%d", n), fmt.Sprintf("e-%d", n), pb.Occasion_OCCASION_BASELINE)
		req.Patient = &pb.PatientIdentifier{System: "https://painscore.example/bench", Value: fmt.Sprintf("p%d", n)}
		began := time.Now()
		if _, err := client.Submit(b.Context(), req); err != nil {
			b.Fatal(err)
		}
		submitting += time.Since(began)
		began = time.Now()
		if _, err := file.Write(make([]byte, 4096)); err != nil {
			b.Fatal(err)
		}
		if err := file.Sync(); err != nil {
			b.Fatal(err)
		}
		syncing += time.Since(began)
		n++
	}
	b.ReportMetric(float64(submitting.Microseconds())/float64(n), "µs/submit")
	b.ReportMetric(float64(syncing.Microseconds())/float64(n), "µs/fsync")
	b.ReportMetric(float64((submitting-syncing).Microseconds())/float64(n), "µs-over-fsync")
}

// echo answers every call with the same bytes: what the transport alone takes.
type echo struct {
	pb.UnimplementedPatientServiceServer
	reply *pb.GetTrendResponse
}

func (e echo) GetTrend(context.Context, *pb.GetTrendRequest) (*pb.GetTrendResponse, error) {
	return e.reply, nil
}

// BenchmarkGetTrend reads a trend of 27 forms, nine instruments at three
// occasions, against an echo of the same reply in the same run.
func BenchmarkGetTrend(b *testing.B) {
	conn := service(b)
	catalogue, err := instruments.Builtin()
	if err != nil {
		b.Fatal(err)
	}
	occasions := []pb.Occasion{pb.Occasion_OCCASION_BASELINE, pb.Occasion_OCCASION_PROGRAMME_END, pb.Occasion_OCCASION_FOLLOW_UP_12_MONTHS}
	submissions := pb.NewSubmissionServiceClient(conn)
	forms := 0
	for _, in := range catalogue.Active() {
		if in.ID() == "eq_5d_3l" || in.ID() == "obq_11" {
			continue // the registry's nine
		}
		for _, occasion := range occasions {
			if _, err := submissions.Submit(b.Context(), form(b, in, fmt.Sprintf("s-%d", forms), "e-1", occasion)); err != nil {
				b.Fatal(err)
			}
			forms++
		}
	}
	client := pb.NewPatientServiceClient(conn)
	req := &pb.GetTrendRequest{CareUnit: "unit-1", EpisodeId: "e-1"}
	reply, err := client.GetTrend(b.Context(), req)
	if err != nil {
		b.Fatal(err)
	}
	g := grpc.NewServer()
	pb.RegisterPatientServiceServer(g, echo{reply: reply})
	echoClient := pb.NewPatientServiceClient(serve(b, g))
	var trending, echoing time.Duration
	n := 0
	for b.Loop() {
		began := time.Now()
		if _, err := client.GetTrend(b.Context(), req); err != nil {
			b.Fatal(err)
		}
		trending += time.Since(began)
		began = time.Now()
		if _, err := echoClient.GetTrend(b.Context(), req); err != nil {
			b.Fatal(err)
		}
		echoing += time.Since(began)
		n++
	}
	b.ReportMetric(float64(forms), "forms")
	b.ReportMetric(float64(proto.Size(reply)), "reply-bytes")
	b.ReportMetric(float64(trending.Microseconds())/float64(n), "µs/trend")
	b.ReportMetric(float64(echoing.Microseconds())/float64(n), "µs/echo")
	b.ReportMetric(float64((trending-echoing).Microseconds())/float64(n), "µs-over-echo")
	b.ReportMetric(float64(echoing)/float64(trending), "of-echo")
}
