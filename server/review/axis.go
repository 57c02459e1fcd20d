package review

import (
	"math"
	"time"

	"github.com/painscore/painscore/scoring"
)

// scoreAxis maps a score onto a stretch of the picture, the lowest possible
// score at from and the highest at to. The whole range of the scale is always
// shown and higher scores always stand higher (on a bar: further right): an
// axis that zooms or flips makes one chart contradict the next.
type scoreAxis struct {
	lowest, highest float64
	from, to        float64
}

func newScoreAxis(lowest, highest scoring.Exact, from, to float64) scoreAxis {
	return scoreAxis{lowest: float(lowest), highest: float(highest), from: from, to: to}
}

func (a scoreAxis) at(score scoring.Exact) float64 {
	if a.highest <= a.lowest {
		return a.from
	}
	part := (float(score) - a.lowest) / (a.highest - a.lowest)
	return a.from + min(max(part, 0), 1)*(a.to-a.from)
}

// float is the edge at which an exact number becomes a coordinate.
func float(e scoring.Exact) float64 {
	if !e.Valid() {
		return 0
	}
	return float64(e.Num) / float64(e.Den)
}

// dateAxis maps dates onto the width of a plot, a day everywhere the same length.
type dateAxis struct {
	first, last time.Time
	left, right float64
}

// newDateAxis spans the given dates (YYYY-MM-DD), in any order.
func newDateAxis(dates []string, left, right float64) dateAxis {
	a := dateAxis{left: left, right: right}
	for _, text := range dates {
		date, err := time.Parse(time.DateOnly, text)
		if err != nil {
			continue
		}
		if a.first.IsZero() || date.Before(a.first) {
			a.first = date
		}
		if date.After(a.last) {
			a.last = date
		}
	}
	return a
}

// at places a date. A single date stands in the middle.
func (a dateAxis) at(text string) float64 {
	date, err := time.Parse(time.DateOnly, text)
	days := a.last.Sub(a.first).Hours()
	if err != nil || days <= 0 {
		return (a.left + a.right) / 2
	}
	return a.left + date.Sub(a.first).Hours()/days*(a.right-a.left)
}

// spread moves labels of the given widths along an axis until none overlaps,
// as little as it can, between low and high. It says false where they do not
// fit; then the centres are of no use. The wanted centres must rise.
func spread(wanted, widths []float64, gap, low, high float64) ([]float64, bool) {
	centres := make([]float64, len(wanted))
	edge := low
	for i, w := range widths {
		centres[i] = math.Max(wanted[i], edge+w/2)
		edge = centres[i] + w/2 + gap
	}
	edge = high
	for i := len(widths) - 1; i >= 0; i-- {
		centres[i] = math.Min(centres[i], edge-widths[i]/2)
		edge = centres[i] - widths[i]/2 - gap
	}
	return centres, len(widths) == 0 || edge+gap >= low-0.01
}
