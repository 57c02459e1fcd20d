package server_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/scoring/instruments"
	"github.com/painscore/painscore/server"
	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/store/sqlite"
)

// BenchmarkSubmitInProcess is a durable Submit without the transport, with the
// access log and without: what it takes of the processors, and how many
// transactions it needs. Half of the calls bring a new patient.
//
//	go test -run=NONE -bench=SubmitInProcess -benchtime=6000x ./server
func BenchmarkSubmitInProcess(b *testing.B) {
	for _, logged := range []bool{false, true} {
		for _, callers := range []int{1, 64} {
			b.Run(fmt.Sprintf("log=%v, %d in flight", logged, callers), func(b *testing.B) { benchmarkSubmits(b, callers, logged) })
		}
	}
}

func benchmarkSubmits(b *testing.B, callers int, logged bool) {
	st, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "painscore.db"), sqlite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { st.Close() })
	settings := clinic.Settings{}
	if logged {
		log, err := access.NewLog(st, access.OneKey([]byte("a key of thirty-two bytes, for a log")), access.LogOptions{})
		if err != nil {
			b.Fatal(err)
		}
		index := access.StartIndexer(st, time.Second, slog.New(slog.DiscardHandler))
		b.Cleanup(index.Close)
		b.Cleanup(log.Close)
		settings.AccessLog = log
	}
	catalogue, err := instruments.Builtin()
	if err != nil {
		b.Fatal(err)
	}
	hads, _ := catalogue.Instrument("hads", "")
	s := over(b, st, settings)
	requests := make([]*pb.SubmitRequest, b.N)
	for i := range requests {
		requests[i] = numbered(b, hads, i)
	}
	before := st.(store.Figured).Figures()
	b.ReportAllocs()
	b.ResetTimer()
	cpu := processorTime(b)
	submitAll(b, s, requests, callers)
	cpu = processorTime(b) - cpu
	b.StopTimer()
	b.ReportMetric(float64(cpu.Microseconds())/float64(b.N), "cpu-µs/call")
	b.ReportMetric(float64(st.(store.Figured).Figures().Batches-before.Batches)/float64(b.N), "commits/call")
}

// numbered is a form of its own: the baseline of a patient, or the end form of
// the one before.
func numbered(b *testing.B, in *scoring.Instrument, i int) *pb.SubmitRequest {
	occasion := pb.Occasion_OCCASION_BASELINE
	if i%2 == 1 {
		occasion = pb.Occasion_OCCASION_PROGRAMME_END
	}
	req := form(b, in, fmt.Sprintf("s-%08d", i), fmt.Sprintf("e-%08d", i/2), occasion)
	req.Patient = &pb.PatientIdentifier{System: "https://painscore.example/bench", Value: fmt.Sprint("p", i/2)}
	return req
}

func submitAll(b *testing.B, s *server.Server, requests []*pb.SubmitRequest, callers int) {
	ctx := access.WithCaller(context.Background(), access.Local())
	var next atomic.Int64
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(requests); i = int(next.Add(1)) - 1 {
				if _, err := s.Submit(ctx, requests[i]); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}

// processorTime is what this process has taken of the processors so far.
func processorTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
