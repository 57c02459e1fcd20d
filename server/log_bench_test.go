package server_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/scoring/instruments"
	"github.com/painscore/painscore/server"
	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store/sqlite"
)

// BenchmarkAccessLog is what the access log costs a caller: two servers that
// differ in nothing else are asked in turn through gRPC, round by round, so that
// what else the machine does falls on both. share-kept is the calls a second with
// the log divided by those without, the median of the rounds. No program has a
// switch for it: a server without a log is made by tests only.
//
//	TMPDIR=/a/real/disk go test -run=NONE -bench=AccessLog -benchtime=1x ./server
func BenchmarkAccessLog(b *testing.B) {
	for _, call := range []string{"GetTrend", "Submit"} {
		for _, callers := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s, %d in flight", call, callers), func(b *testing.B) {
				without, with := newLoadOf(b, call, false), newLoadOf(b, call, true)
				for b.Loop() {
					compareLoads(b, without, with, callers)
				}
			})
		}
	}
}

// So many rounds of such a length are compared, after one to warm up.
const (
	logRounds   = 8
	logRoundFor = 400 * time.Millisecond
)

func compareLoads(b *testing.B, without, with *loadOf, callers int) {
	var shares, rates, delays []float64
	for round := range logRounds + 1 {
		bare, logged := without.run(b, callers), with.run(b, callers)
		if round == 0 {
			continue
		}
		shares, rates = append(shares, logged/bare), append(rates, logged)
		delays = append(delays, 1e6*float64(callers)*(1/logged-1/bare))
	}
	median := func(of []float64) float64 { slices.Sort(of); return of[len(of)/2] }
	b.ReportMetric(median(shares), "share-kept")
	b.ReportMetric(median(rates), "calls/s")
	b.ReportMetric(median(delays), "µs-more/call")
}

// loadOf is a server, and what is asked of it.
type loadOf struct {
	next atomic.Int64
	call func(ctx context.Context, i int64) error
}

// run returns the calls a second of one round.
func (l *loadOf) run(b *testing.B, callers int) float64 {
	var all sync.WaitGroup
	var done atomic.Int64
	began := time.Now()
	for range callers {
		all.Go(func() {
			for time.Since(began) < logRoundFor {
				if err := l.call(b.Context(), l.next.Add(1)); err != nil {
					b.Error(err)
					return
				}
				done.Add(1)
			}
		})
	}
	all.Wait()
	return float64(done.Load()) / time.Since(began).Seconds()
}

func newLoadOf(b *testing.B, call string, logged bool) *loadOf {
	conn := logService(b, logged)
	if call == "GetTrend" {
		submissions := pb.NewSubmissionServiceClient(conn)
		for _, req := range trendForms(b) {
			if _, err := submissions.Submit(b.Context(), req); err != nil {
				b.Fatal(err)
			}
		}
		patients := pb.NewPatientServiceClient(conn)
		return &loadOf{call: func(ctx context.Context, _ int64) error {
			_, err := patients.GetTrend(ctx, &pb.GetTrendRequest{CareUnit: "unit-1", EpisodeId: "e-1"})
			return err
		}}
	}
	catalogue, err := instruments.Builtin()
	if err != nil {
		b.Fatal(err)
	}
	hads, _ := catalogue.Instrument("hads", "")
	submissions := pb.NewSubmissionServiceClient(conn)
	return &loadOf{call: func(ctx context.Context, i int64) error {
		req := form(b, hads, fmt.Sprintf("s-%08d", i), fmt.Sprintf("e-%08d", i), pb.Occasion_OCCASION_BASELINE)
		req.Patient = &pb.PatientIdentifier{System: "https://painscore.example/bench", Value: fmt.Sprint("p", i)}
		_, err := submissions.Submit(ctx, req)
		return err
	}}
}

// logService is a server with an access log, or the same without one.
func logService(b *testing.B, logged bool) *grpc.ClientConn {
	dir := b.TempDir()
	st, err := sqlite.Open(b.Context(), filepath.Join(dir, "painscore.db"), sqlite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { st.Close() })
	keys, err := identity.LoadOrCreate(filepath.Join(dir, "identity.keys"))
	if err != nil {
		b.Fatal(err)
	}
	settings := clinic.Settings{}
	if logged {
		if settings.AccessLog, err = access.NewLog(st, keys.LogKey, access.LogOptions{}); err != nil {
			b.Fatal(err)
		}
		index := access.StartIndexer(st, time.Second, slog.New(slog.DiscardHandler))
		b.Cleanup(index.Close)
		b.Cleanup(settings.AccessLog.Close)
	}
	catalogue, err := instruments.Builtin()
	if err != nil {
		b.Fatal(err)
	}
	use, err := clinic.Open(b.Context(), st, catalogue, keys, settings, time.Now)
	if err != nil {
		b.Fatal(err)
	}
	g, _ := server.New(use, tokenless(b), insecure.NewCredentials(), server.Info{}, slog.New(slog.DiscardHandler))
	return serve(b, g)
}
