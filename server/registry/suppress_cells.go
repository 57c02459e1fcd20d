package registry

import (
	"math"
	"strings"
)

// hider takes figures out of a report.
type hider struct{ threshold int }

var (
	hiddenCount    = Count{Reason: HiddenFigure}
	hiddenFigure   = Figure{Reason: HiddenFigure}
	hiddenInterval = Interval{hiddenFigure, hiddenFigure}
	hiddenShare    = Share{hiddenFigure, hiddenInterval}
	hiddenSummary  = Summary{hiddenCount, hiddenFigure, hiddenFigure, hiddenFigure, hiddenFigure, hiddenFigure}
)

// small reports whether a number of people must not be shown.
func (h hider) small(n int) bool { return n > 0 && n < h.threshold }

// count hides a count that is small itself, or leaves a small number beside one
// of others that are shown and hold it, or that it holds.
func (h hider) count(c Count, beside ...Count) Count {
	if c.Reason != "" {
		return c
	}
	if h.small(c.N) {
		return hiddenCount
	}
	for _, other := range beside {
		if other.Reason == "" && (h.small(other.N-c.N) || h.small(c.N-other.N)) {
			return hiddenCount
		}
	}
	return c
}

// merged adds small classes to their neighbours. n is what all add up to as
// shown; where it is hidden, so are the classes.
func (h hider) merged(list []Cell, n Count) []Cell {
	total := 0
	for _, c := range list {
		total += c.N.N
	}
	if total == 0 {
		return list
	}
	if n.Reason != "" || total < h.threshold {
		return nil
	}
	var out []Cell
	var codes []string
	sum := 0
	for _, c := range list {
		codes, sum = append(codes, c.Code), sum+c.N.N
		if sum >= h.threshold {
			out = append(out, Cell{strings.Join(codes, "+"), Count{N: sum}, shareOf(sum, total)})
			codes, sum = nil, 0
		}
	}
	if len(codes) > 0 {
		last := &out[len(out)-1]
		last.Code += "+" + strings.Join(codes, "+")
		last.N.N += sum
		last.Share = shareOf(last.N.N, total)
	}
	return out
}

// whole reports whether merging left every class as it was.
func whole(before, after []Cell) bool { return len(before) == len(after) }

// leastForCoarse is how many people a mean to one decimal must be of to be
// possible for any n: steps of 1/n are then no wider than the rounding.
const leastForCoarse = 10

// summary hides what a distribution's n does not carry. n is its count as it
// may be shown; decimals are those of the scale.
func (h hider) summary(s Summary, n Count, decimals int8) Summary {
	switch {
	case s.N.N == 0 && n.Reason == "":
		return s
	case s.N.N < h.threshold, s.SD.Reason == "" && s.SD.Value == 0:
		return hiddenSummary
	case n.Reason != "":
		return h.coarse(s, decimals)
	}
	out := s
	if s.N.N < 2*h.threshold {
		out.Median = hiddenFigure
	}
	if s.N.N < 4*h.threshold {
		out.Q1, out.Q3 = hiddenFigure, hiddenFigure
	}
	return out
}

// coarse leaves mean and SD, rounded.
func (h hider) coarse(s Summary, decimals int8) Summary {
	out := hiddenSummary
	if s.N.N >= max(leastForCoarse, h.threshold) {
		out.Mean, out.SD = rounded(s.Mean, decimals), rounded(s.SD, decimals)
	}
	return out
}

// rounded is a figure to one decimal, of an index, which is at most about 1, to
// two.
func rounded(f Figure, decimals int8) Figure {
	if f.Reason != "" {
		return f
	}
	unit := 10.0
	if decimals >= 3 {
		unit = 100
	}
	return Figure{Value: math.Round(f.Value*unit) / unit}
}
