package server_test

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/scoring/instruments"
	"github.com/painscore/painscore/server"
	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/store/sqlite"
)

// BenchmarkTrendInProcess is GetTrend of nine instruments at three occasions,
// without the transport: read and made anew each time, and kept since the call
// before.
func BenchmarkTrendInProcess(b *testing.B) {
	b.Run("made anew", func(b *testing.B) { benchmarkTrend(b, -1) })
	b.Run("kept", func(b *testing.B) { benchmarkTrend(b, 0) })
}

func benchmarkTrend(b *testing.B, memory int) {
	s := inProcess(b, clinic.Settings{TrendMemory: memory})
	ctx := access.WithCaller(b.Context(), access.Local())
	for i, req := range trendForms(b) {
		if _, err := s.Submit(ctx, req); err != nil {
			b.Fatal(i, err)
		}
	}
	req := &pb.GetTrendRequest{CareUnit: "unit-1", EpisodeId: "e-1"}
	var room []byte
	b.ReportAllocs()
	for b.Loop() {
		reply, err := s.GetTrend(ctx, req)
		if err != nil {
			b.Fatal(err)
		}
		if room, err = (proto.MarshalOptions{}).MarshalAppend(room[:0], reply); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(room)), "reply-bytes")
}

// inProcess is a server that is called without a wire, on a store of its own.
func inProcess(tb testing.TB, settings clinic.Settings) *server.Server {
	tb.Helper()
	st, err := sqlite.Open(tb.Context(), filepath.Join(tb.TempDir(), "painscore.db"), sqlite.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { st.Close() })
	return over(tb, st, settings)
}

// over is a server that is called without a wire, on a given store.
func over(tb testing.TB, st store.Store, settings clinic.Settings) *server.Server {
	tb.Helper()
	keys, err := identity.LoadOrCreate(filepath.Join(tb.TempDir(), "identity.keys"))
	if err != nil {
		tb.Fatal(err)
	}
	catalogue, err := instruments.Builtin()
	if err != nil {
		tb.Fatal(err)
	}
	use, err := clinic.Open(tb.Context(), st, catalogue, keys, settings, time.Now)
	if err != nil {
		tb.Fatal(err)
	}
	_, s := server.New(use, tokenless(tb), insecure.NewCredentials(), server.Info{}, slog.New(slog.DiscardHandler))
	return s
}

// trendForms are the registry's nine instruments at its three occasions.
func trendForms(tb testing.TB) []*pb.SubmitRequest {
	tb.Helper()
	catalogue, err := instruments.Builtin()
	if err != nil {
		tb.Fatal(err)
	}
	var forms []*pb.SubmitRequest
	for _, in := range catalogue.Active() {
		if in.ID() == "eq_5d_3l" || in.ID() == "obq_11" {
			continue
		}
		for _, occasion := range []pb.Occasion{pb.Occasion_OCCASION_BASELINE, pb.Occasion_OCCASION_PROGRAMME_END, pb.Occasion_OCCASION_FOLLOW_UP_12_MONTHS} {
			forms = append(forms, form(tb, in, fmt.Sprintf("s-%d", len(forms)), "e-1", occasion))
		}
	}
	return forms
}
