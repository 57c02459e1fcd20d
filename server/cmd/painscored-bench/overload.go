package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
)

// What an overloaded server must still do.
const (
	goodShare   = 0.8       // of its best throughput
	memoryBound = 256 << 20 // more than it had at its best
)

type overloadFlags struct {
	*placeFlags
	times       float64
	connections int
	lasting     time.Duration
}

func overloadCommand(at *placeFlags) *cobra.Command {
	f := &overloadFlags{placeFlags: at}
	cmd := &cobra.Command{
		Use: "overload", Short: "offer ten times what it can serve, and see what it still serves", Args: cobra.NoArgs,
		Long: `Find how many Submit and how many GetTrend a second the server answers at best, with 32
to 256 calls open. Then open ten times as many a second, over many connections and without
waiting for answers, as callers do who know nothing of each other, and count: calls answered,
as a share of the best; calls refused with RESOURCE_EXHAUSTED and the time to come again; calls
that ended in any other way, of which there must be none; calls that HTTP/2's limit of open
calls held back, as a gRPC library does; and the memory that the server came to need.

The generator runs on the same machine and takes its part of it.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.in(cmd.Context(), func(p *place) error { return f.run(cmd.Context(), p, cmd.OutOrStdout(), cmd.ErrOrStderr()) })
		},
	}
	flags := cmd.Flags()
	flags.Float64Var(&f.times, "times", 10, "how many times its best throughput is offered")
	flags.IntVar(&f.connections, "connections", 32, "over how many connections")
	flags.DurationVar(&f.lasting, "lasting", 5*time.Second, "how long each part takes")
	return cmd
}

func (f *overloadFlags) run(ctx context.Context, p *place, out, say io.Writer) error {
	if f.times < 1 || f.connections < 1 || f.lasting <= 0 {
		return fmt.Errorf("--times from 1, --connections and --lasting must be positive")
	}
	broken := 0
	for _, call := range []struct {
		method  string
		prepare func(context.Context, []*grpc.ClientConn) error
		source  func(*rand.Rand) source
	}{
		{submitMethod, func(ctx context.Context, conns []*grpc.ClientConn) error {
			return createEpisodes(ctx, conns, submitEpisodes)
		},
			sourcesOfSubmits(newSubmits(furtherHADS(), submitEpisodes))},
		{trendMethod, func(ctx context.Context, conns []*grpc.ClientConn) error {
			return fillEpisodes(ctx, conns, 0, trendEpisodes)
		},
			sourcesOf(trendRequests(0, trendEpisodes, ""))},
	} {
		// A server for each: forms that are submitted make trends longer.
		server, err := f.prepared(ctx, p, call.prepare)
		if err != nil {
			return err
		}
		found, err := f.overload(ctx, server, call.method, call.source, say)
		if err != nil {
			return fmt.Errorf("%s: %w", call.method, err)
		}
		broken += found.print(out, f)
		if err := server.stop(); err != nil {
			return err
		}
	}
	if broken > 0 {
		return fmt.Errorf("%d promises were broken", broken)
	}
	return nil
}

func sourcesOfSubmits(from *submits) func(*rand.Rand) source {
	return func(random *rand.Rand) source { return from.writer(random) }
}

// prepared starts a server with what the calls are about.
func (f *overloadFlags) prepared(ctx context.Context, p *place, prepare func(context.Context, []*grpc.ClientConn) error) (*child, error) {
	server, err := p.serveNew(ctx)
	if err != nil {
		return nil, err
	}
	conns, err := server.dial(4)
	if err != nil {
		return nil, err
	}
	defer hangUp(conns)
	return server, prepare(ctx, conns)
}

// overloaded is what was found of one call.
type overloaded struct {
	method        string
	best          float64
	offered       float64
	lasting       time.Duration
	found         outcome
	before, after memory
}

func (f *overloadFlags) overload(ctx context.Context, server *child, method string, from func(*rand.Rand) source, say io.Writer) (o overloaded, err error) {
	o = overloaded{method: method[strings.LastIndexByte(method, '/')+1:], lasting: f.lasting}
	var token []byte
	if server.token != "" {
		if token, err = os.ReadFile(server.token); err != nil {
			return o, err
		}
	}
	floods := make([]*flood, f.connections)
	for i := range floods {
		if floods[i], err = openFlood(server.addr, strings.TrimSpace(string(token)), method, from(rand.New(rand.NewPCG(f.seed, uint64(i))))); err != nil {
			return o, err
		}
		defer floods[i].conn.Close()
	}
	for _, open := range []int{f.connections, 64, 128, 256} {
		// Always as many open as there are: a rate that nothing reaches.
		got, err := flooded(ctx, floods[:min(len(floods), open)], 1e7, max(1, open/len(floods)), f.lasting)
		if err != nil || len(got.failed)+got.refused > 0 {
			return o, fmt.Errorf("%d open: %w, %d refused, failed %v", open, err, got.refused, got.failed)
		}
		rate := float64(got.answered) / f.lasting.Seconds()
		progress(say, "%s: %d open, %.0f a second", o.method, open, rate)
		o.best = max(o.best, rate)
	}
	o.before = memoryOf(server)
	o.offered = f.times * o.best
	o.found, err = flooded(ctx, floods, o.offered, 1<<20, f.lasting)
	o.after = memoryOf(server)
	return o, err
}

// print tells what was found, and how many promises it breaks.
func (o overloaded) print(w io.Writer, f *overloadFlags) (broken int) {
	second := o.lasting.Seconds()
	share := float64(o.found.answered) / second / o.best
	fmt.Fprintf(w, "%s: best %.0f a second; offered %.0f over %d connections for %v\n", o.method, o.best, o.offered, f.connections, o.lasting)
	fmt.Fprintf(w, "  answered %.0f a second, %.0f %% of the best (p50 %s, p99 %s)\n", float64(o.found.answered)/second, 100*share, percentileText(o.found.took, 50), percentileText(o.found.took, 99))
	fmt.Fprintf(w, "  refused with the time to come again %.0f a second (p99 %s); held back by the limit of open calls %.0f a second\n",
		float64(o.found.refused)/second, percentileText(o.found.refusedIn, 99), float64(o.found.heldBack)/second)
	fmt.Fprintf(w, "  memory of the server %v before, %v after, %v at most\n", o.before.resident, o.after.resident, o.after.highest)
	promise := func(kept bool, format string, args ...any) {
		if !kept {
			broken++
			fmt.Fprintf(w, "  BROKEN  "+format+"\n", args...)
		}
	}
	promise(share >= goodShare, "less than %.0f %% of the best", 100*goodShare)
	for _, what := range slices.Sorted(maps.Keys(o.found.failed)) {
		promise(false, "%d calls ended with %s", o.found.failed[what], what)
	}
	promise(o.after.highest-o.before.resident < memoryBound, "the server came to need %v more", o.after.highest-o.before.resident)
	return broken
}

func percentileText(sorted []time.Duration, p int) string {
	if len(sorted) == 0 {
		return "–"
	}
	return latency(percentile(sorted, p))
}
