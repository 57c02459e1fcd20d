// Command mutation shows that the tests of the definitions would notice a
// mistake in them.
//
//	go run ./scoring/mutation
//
// It takes each built-in definition and value set, changes one place – an item
// left out of a scale, a cut-off one higher, a coefficient one unit in its last
// place – and asks whether anything notices: the loader, the worked examples
// and anchors in the file, the vectors published by other projects, the
// conformance kit, or the published thresholds of change. A mutant that nobody
// notices survives; each is printed with its file and path, and the program
// ends with exit code 1. All is done on decoded data, without compiling Go, in
// a few seconds.
//
// To close a survivor, add a case to the kit (scoring/conformance/generate) or a
// worked example to the file. If no input at all could show the difference, say
// so in equivalents.txt. A field that is new to the definitions is refused until
// fields.go says how it is mutated.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"time"
)

func main() {
	every := flag.Int("every", 1, "try only every n-th mutant")
	verbose := flag.Bool("v", false, "print every mutant and what notices it")
	flag.Parse()
	survivors, err := run(os.Stdout, *every, *verbose)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutation:", err)
		os.Exit(2)
	}
	if survivors > 0 {
		os.Exit(1)
	}
}

// The ways to notice a mutant, as they are counted.
const (
	byLoader     = "loader"
	byExamples   = "examples"
	byVectors    = "vectors"
	byKit        = "kit"
	byThresholds = "thresholds"
	byUnits      = "units" // an index is no whole number of what it is printed in
	byNothing    = "same"  // proven: no input gives another result
	byPanic      = "panic" // a fault of the engine, told apart
)

// run tries the mutants, prints what came of them, and returns how many survive.
func run(w io.Writer, every int, verbose bool) (int, error) {
	began := time.Now()
	p, err := newProgram()
	if err != nil {
		return 0, err
	}
	if err := p.sound(); err != nil {
		return 0, err
	}
	total := tally{}
	fmt.Fprintf(w, "%-20s %8s %8s %8s %8s %8s %11s %6s %6s %10s\n", "FILE", "MUTANTS", "LOADER", "EXAMPLES", "VECTORS", "KIT", "THRESHOLDS", "UNITS", "SAME", "SURVIVORS")
	for _, s := range p.subjects {
		mutants, err := s.mutants()
		if err != nil {
			return 0, err
		}
		one := tally{}
		for i := 0; i < len(mutants); i += every {
			noticed := p.try(s, mutants[i])
			one.add(s.name, mutants[i], noticed)
			if verbose {
				fmt.Fprintf(w, "  %s %s: %v\n", mutants[i].path, mutants[i].what, noticed)
			}
		}
		one.print(w, s.name)
		total.join(one)
	}
	total.print(w, "all")
	return p.verdict(w, total, every, time.Since(began)), nil
}

// tally counts what noticed the mutants. One mutant may be noticed in several
// ways.
type tally struct {
	mutants, loaded int // loaded: those that the loader lets through and that are not proven the same
	by              map[string]int
	survivors       []string
}

func (t *tally) add(file string, m mutant, noticed []string) {
	if t.by == nil {
		t.by = map[string]int{}
	}
	t.mutants++
	for _, way := range noticed {
		t.by[way]++
	}
	if !slices.Contains(noticed, byLoader) && !slices.Contains(noticed, byNothing) {
		t.loaded++
	}
	if len(noticed) == 0 {
		t.survivors = append(t.survivors, file+" "+m.path+" "+m.what)
	}
}

func (t *tally) join(o tally) {
	if t.by == nil {
		t.by = map[string]int{}
	}
	t.mutants, t.loaded = t.mutants+o.mutants, t.loaded+o.loaded
	for way, n := range o.by {
		t.by[way] += n
	}
	t.survivors = append(t.survivors, o.survivors...)
}

func (t *tally) print(w io.Writer, name string) {
	fmt.Fprintf(w, "%-20s %8d %8d %8d %8d %8d %11d %6d %6d %10d\n", name, t.mutants, t.by[byLoader], t.by[byExamples], t.by[byVectors], t.by[byKit], t.by[byThresholds], t.by[byUnits], t.by[byNothing], len(t.survivors))
}

// verdict prints the survivors and returns how many things are wrong.
func (p *program) verdict(w io.Writer, t tally, every int, took time.Duration) int {
	reviewed, err := excuses()
	if err != nil {
		panic(err) // it is embedded, and a test reads it
	}
	left := 0
	for _, s := range t.survivors {
		if i := slices.IndexFunc(reviewed, func(e *excuse) bool { return e.pattern.MatchString(s) }); i >= 0 {
			reviewed[i].times++
			continue
		}
		left++
		fmt.Fprintf(w, "SURVIVES: %s\n", s)
	}
	excused, stale := 0, 0
	for _, e := range reviewed {
		excused += e.times
		if e.times > 0 {
			fmt.Fprintf(w, "equivalent, %d: %s: %s\n", e.times, e.what, e.why)
		} else if every == 1 { // otherwise it may be among those not tried
			stale++
			fmt.Fprintf(w, "equivalents.txt: no survivor is %s; take it out\n", e.what)
		}
	}
	for _, fault := range p.panics {
		fmt.Fprintf(w, "PANIC: %s\n", fault)
	}
	same := t.by[byNothing]
	fmt.Fprintf(w, "\n%d mutants, %d killed, %d equivalent (%d proven by every state of the value set, %d by review), %d survive; %.1f s\n",
		t.mutants, t.mutants-same-len(t.survivors), same+excused, same, excused, left, took.Seconds())
	fmt.Fprintf(w, "of %d that load and are not proven equivalent, the kit alone kills %d\n", t.loaded, t.by[byKit])
	fmt.Fprintf(w, "not mutated, since no score or verdict depends on it: %s\n", notMutated())
	return left + stale + len(p.panics)
}
