package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
)

// benchFlags are how long and how hard the benchmarks press.
type benchFlags struct {
	*placeFlags
	inFlight    []int
	rounds      int
	lasting     time.Duration
	connections int
	json        bool
	markdown    bool
}

func benchCommand(place *placeFlags) *cobra.Command {
	f := &benchFlags{placeFlags: place}
	cmd := &cobra.Command{
		Use: "bench", Short: "measure calls beside baselines, in turn, in one run", Args: cobra.NoArgs,
		Long: `Measure calls beside baselines. In each round every contestant gets the same time,
one after the other on the same machine and medium; what is printed is the median
over the rounds, and the ratio to a baseline round by round: its median, and from the
lowest to the highest. Calls are a closed loop: so many are in flight, always.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	flags := cmd.PersistentFlags()
	flags.IntSliceVar(&f.inFlight, "in-flight", []int{1, 16, 64, 256}, "how many calls are open at a time")
	flags.IntVar(&f.rounds, "rounds", 5, "how often each contestant has its turn")
	flags.DurationVar(&f.lasting, "lasting", 2*time.Second, "how long a turn takes")
	flags.IntVar(&f.connections, "connections", 4, "over how many connections, at most one per call in flight")
	flags.BoolVar(&f.json, "json", false, "print JSON for programs")
	flags.BoolVar(&f.markdown, "markdown", false, "print tables for a document")
	flags.BoolVar(&place.tls, "tls", false, "call painscored by mutual TLS, as a configured system of one care unit; the baselines stay in clear")
	cmd.AddCommand(benchAll(f), benchSubmit(f), benchTrend(f), benchImport(f), benchGrowth(f))
	return cmd
}

func (f *benchFlags) check() error {
	if f.rounds < 1 || f.lasting <= 0 || f.connections < 1 || len(f.inFlight) == 0 {
		return fmt.Errorf("--rounds, --lasting, --connections and --in-flight must be positive")
	}
	for _, n := range f.inFlight {
		if n < 1 || n > 4096 {
			return fmt.Errorf("--in-flight %d: from 1 to 4096", n)
		}
	}
	return nil
}

// measure runs a benchmark and prints its rows.
func (f *benchFlags) measure(cmd *cobra.Command, do func(ctx context.Context, p *place, say io.Writer) ([]row, error)) error {
	if err := f.check(); err != nil {
		return err
	}
	if f.tls {
		benchUnits = 1
	}
	return f.in(cmd.Context(), func(p *place) error {
		m, err := p.look(cmd.Context())
		if err != nil {
			return err
		}
		report, err := do(cmd.Context(), p, cmd.ErrOrStderr())
		if err != nil {
			return err
		}
		return f.print(cmd.OutOrStdout(), m, report)
	})
}

// contestant is one server that a benchmark calls.
type contestant struct {
	name  string
	child *child
	kept  storage // what it was given, if somebody takes it away afterwards
	load  load
}

// compete lets the contestants run in turn. The first one is measured against
// each of the others.
func (f *benchFlags) compete(ctx context.Context, say io.Writer, call string, contestants []contestant) ([]row, error) {
	var report []row
	for _, inFlight := range f.inFlight {
		all := make([][]sample, len(contestants))
		for round := range f.rounds + 1 {
			for i, c := range contestants {
				lasting := f.lasting
				if round == 0 {
					lasting = min(lasting, time.Second/2) // warm-up, thrown away
				}
				c.load.conns = c.load.conns[:min(len(c.load.conns), inFlight)]
				c.load.seed = f.seed + uint64(round)<<32
				got, err := c.load.run(ctx, inFlight, lasting)
				if err != nil {
					return nil, fmt.Errorf("%s, %d in flight: %w", c.name, inFlight, err)
				}
				if round > 0 {
					all[i] = append(all[i], got)
				}
			}
		}
		report = append(report, rows(call, inFlight, contestants, all)...)
		progress(say, "%s: %d in flight done", call, inFlight)
	}
	return report, nil
}

// rows makes the lines of one number of calls in flight.
func rows(call string, inFlight int, contestants []contestant, all [][]sample) []row {
	var out []row
	for i, c := range contestants {
		line := row{Call: call, InFlight: inFlight, Who: c.name, Median: medians(all[i])}
		if i > 0 {
			line.First = &ratio{}
			line.First.Rate, line.First.Lowest, line.First.Highest = ratios(all[0], all[i], func(s sample) float64 { return s.PerSecond })
			if all[0][0].P99 > 0 && all[i][0].P99 > 0 { // a stream of records has no latency of one
				line.First.P99, _, _ = ratios(all[0], all[i], func(s sample) float64 { return float64(s.P99) })
			}
		}
		out = append(out, line)
	}
	return out
}
