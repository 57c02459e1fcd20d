package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/spf13/cobra"
)

// fault is one way of breaking painscored, and what must hold all the same.
type fault struct {
	name, short, long string
	run               func(ctx context.Context, p *place, size size, v *verdict) error
}

// size says how thorough a run is.
type size struct {
	rounds int // 0: the fault's own number
	long   bool
}

// of is how many rounds to make: what was asked for, or the one that fits.
func (s size) of(short, long int) int {
	switch {
	case s.rounds > 0:
		return s.rounds
	case s.long:
		return long
	}
	return short
}

// allFaults are in the order in which "faults all" runs them.
func allFaults() []fault {
	return []fault{parallelFault, killFault, fsyncFault, damageFault, diskFullFault, restartFault}
}

func faultsCommand(where *placeFlags) *cobra.Command {
	var s size
	cmd := &cobra.Command{
		Use: "faults", Short: "break painscored on purpose and count what it lost", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentFlags().BoolVar(&s.long, "long", false, "as thorough as before a release; the default is short")
	cmd.PersistentFlags().IntVar(&s.rounds, "rounds", 0, "how many rounds, in place of the short or long number")
	for _, f := range allFaults() {
		cmd.AddCommand(&cobra.Command{Use: f.name, Short: f.short, Long: f.long, Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return where.in(cmd.Context(), func(p *place) error { return f.report(cmd.Context(), p, s, cmd.OutOrStdout()) })
			}})
	}
	cmd.AddCommand(&cobra.Command{Use: "all", Short: "every fault in turn", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return where.in(cmd.Context(), func(p *place) error {
				var broken []error
				for _, f := range allFaults() {
					broken = append(broken, f.report(cmd.Context(), p, s, cmd.OutOrStdout()))
				}
				return errors.Join(broken...)
			})
		}})
	return cmd
}

// report runs a fault and prints what was found.
func (f fault) report(ctx context.Context, p *place, s size, w io.Writer) error {
	began := time.Now()
	v := &verdict{}
	err := f.run(ctx, p, s, v)
	if errors.Is(err, errSkipped) {
		fmt.Fprintf(w, "%s: not run: %v\n", f.name, err)
		return nil
	}
	v.print(w, f.name, p.engine, p.seed, time.Since(began))
	if err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	return v.err(f.name)
}

// errSkipped says that a fault cannot be made here, such as without root.
var errSkipped = errors.New("not possible here")

// verdict collects what a fault counted and which promises were broken. It is
// safe for concurrent use.
type verdict struct {
	mu         sync.Mutex
	names      []string // of the counts, in the order of their first mention
	counts     map[string]int
	violations []string
}

// maxViolations is how many are told; one cause breaks a promise many times.
const maxViolations = 20

// count adds to a number of the report.
func (v *verdict) count(name string, n int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.counts == nil {
		v.counts = map[string]int{}
	}
	if _, known := v.counts[name]; !known {
		v.names = append(v.names, name)
	}
	v.counts[name] += n
}

// violate notes a broken promise.
func (v *verdict) violate(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.violations = append(v.violations, fmt.Sprintf(format, args...))
}

func (v *verdict) broken() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.violations)
}

func (v *verdict) err(name string) error {
	if n := v.broken(); n > 0 {
		return fmt.Errorf("%s: %d promises broken", name, n)
	}
	return nil
}

func (v *verdict) print(w io.Writer, name, engine string, seed uint64, took time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	fmt.Fprintf(w, "%s on %s, seed %d, %.1f s\n", name, engine, seed, took.Seconds())
	for _, count := range v.names {
		fmt.Fprintf(w, "  %8d %s\n", v.counts[count], count)
	}
	fmt.Fprintf(w, "  %8d promises broken\n", len(v.violations))
	for i, text := range v.violations {
		if i == maxViolations {
			fmt.Fprintf(w, "    and %d more\n", len(v.violations)-i)
			break
		}
		fmt.Fprintf(w, "    %s\n", text)
	}
}
