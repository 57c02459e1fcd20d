package registry

import (
	"maps"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Interval is a 95 % confidence interval, or the reason why there is none.
type Interval struct{ Low, High Figure }

// Share is a proportion (0 to 1) with Wilson's 95 % interval (1927).
type Share struct {
	Value Figure
	CI    Interval
}

// Cell is one class of a table that divides people.
type Cell struct {
	Code  string // several classes in one, after suppression, are joined by +
	N     Count
	Share Share // of the table's total
}

// z is the 97.5th percentile of the normal distribution.
var z = distuv.UnitNormal.Quantile(0.975)

// shareOf is k of n with Wilson's interval, without continuity correction.
func shareOf(k, n int) Share {
	if n == 0 {
		nobody := none(NoData)
		return Share{nobody, Interval{nobody, nobody}}
	}
	p, count := float64(k)/float64(n), float64(n)
	centre := p + z*z/(2*count)
	half := z * math.Sqrt(p*(1-p)/count+z*z/(4*count*count))
	below := 1 + z*z/count
	low, high := (centre-half)/below, (centre+half)/below
	if k == 0 {
		low = 0 // rounding would leave a trace
	}
	if k == n {
		high = 1
	}
	return Share{figure(p), Interval{figure(low), figure(high)}}
}

// VerdictClass is what a change meant for one patient.
type VerdictClass string

// The classes, by the verdict on importance: improved and deteriorated are
// changes of at least the MCID, unchanged are below it, uncertain between its
// bounds (in either direction).
const (
	ImprovedClass     VerdictClass = "improved"
	UncertainClass    VerdictClass = "uncertain"
	UnchangedClass    VerdictClass = "unchanged"
	DeterioratedClass VerdictClass = "deteriorated"
)

var verdictClasses = []string{string(ImprovedClass), string(UncertainClass), string(UnchangedClass), string(DeterioratedClass)}

// cells divides a total by classes, in their order.
func cells(order []string, counts map[string]int) []Cell {
	n := 0
	for _, code := range order {
		n += counts[code]
	}
	out := make([]Cell, len(order))
	for i, code := range order {
		out[i] = Cell{code, Count{N: counts[code]}, shareOf(counts[code], n)}
	}
	return out
}

// cellsByReason lists who was left out and why, by the reason's name.
func cellsByReason(counts map[Reason]int) []Cell {
	named := map[string]int{}
	for reason, n := range counts {
		named[string(reason)] = n
	}
	return cells(slices.Sorted(maps.Keys(named)), named)
}
