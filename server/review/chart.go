package review

import (
	"slices"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
)

// shape tells the kinds of point apart, also in black and white.
type shape string

const (
	complete shape = "complete" // a filled circle
	prorated shape = "prorated" // an open diamond
	refused  shape = "refused"  // a cross
)

func shapeOf(s *scoring.Score) shape {
	switch {
	case s.Outcome == scoring.Refused:
		return refused
	case s.Prorated:
		return prorated
	}
	return complete
}

// The measures of a chart, in the units of its viewBox. The numbers of the
// axis stand left of the plot, the names of the bands right of it, and below
// it one column of words per occasion.
const (
	chartWidth = 440
	plotLeft   = 52
	plotRight  = 326
	plotTop    = 30
	plotBottom = 170
	pointInset = 26 // room for a value's text at the ends of the time axis
	columnTop  = plotBottom + 26
	lineHeight = 14
	smallText  = 11 // font size of the axis and the bands
	columnText = 11.5
)

// chart is one scale over time, every coordinate worked out, so that the
// template only writes it down.
type chart struct {
	ID, Title, Desc          string
	Width, Height            float64
	Left, Right, Top, Bottom float64 // of the plot
	Direction                string
	Numbers                  []label // of the axis
	Cutoffs                  []cutoff
	Bands                    []label
	Segments                 []segment
	Possible                 []segment // what a refused score could still be
	Switches                 []switchMark
	Marks                    []mark
	Columns                  []column
}

type label struct {
	X, Y float64
	Text string
}

// cutoff is a line across the plot; Flag tells a cut-off apart from a band's
// lower bound.
type cutoff struct {
	Y    float64
	Flag bool
}

type segment struct {
	X1, Y1, X2, Y2 float64
	Broken         bool // between two instruments
}

type switchMark struct {
	X    float64
	Text string
}

type mark struct {
	X, Y  float64
	Shape shape
	Text  string // the value, or what is possible; may be empty
	Label label  // where the text stands
}

// column holds the words below a point, joined to it by a leader line where
// they had to move aside.
type column struct {
	X, TickX float64
	Lines    []label
}

// chart draws a line of the trend, or gives nil where there is nothing to
// draw: no range, or no point with a number or a range of possible ones.
func (r *reading) chart(line *clinic.Line) *chart {
	lowest, highest := rangeOf(line)
	if !lowest.Valid() || !slices.ContainsFunc(line.Points, func(p clinic.Point) bool { return drawable(&p.Score) }) {
		return nil
	}
	c := &chart{
		ID: lineID(line), Title: r.title(line), Desc: r.describe(line), Direction: r.Direction(line.Scale.Direction),
		Width: chartWidth, Left: plotLeft, Right: plotRight, Top: plotTop, Bottom: plotBottom,
	}
	scores := newScoreAxis(lowest, highest, plotBottom, plotTop)
	dates := newDateAxis(r.dates, plotLeft+pointInset, plotRight-pointInset)
	r.drawAxis(c, line, scores)
	r.drawBands(c, line, scores)
	r.drawPoints(c, line, scores, dates)
	r.drawSwitches(c, line, dates)
	r.drawColumns(c, line, dates)
	return c
}

func drawable(s *scoring.Score) bool {
	return s.Outcome == scoring.Valued || s.Outcome == scoring.Refused && s.Refusal.Lowest.Valid()
}

// rangeOf is the range of a line's axis. An index takes its value set's.
func rangeOf(line *clinic.Line) (lowest, highest scoring.Exact) {
	if set, ok := line.Instrument.ValueSet(line.ValueSet); ok {
		return set.Lowest(), set.Highest()
	}
	return line.Scale.Lowest, line.Scale.Highest
}

// drawAxis writes the ends of the range and every cut-off beside the plot, and
// zero where the range passes it (an index below 0 is worse than dead).
func (r *reading) drawAxis(c *chart, line *clinic.Line, scores scoreAxis) {
	numbers, flagsOnly := axisNumbers(line)
	wanted := make([]float64, len(numbers))
	heights := make([]float64, len(numbers))
	for i, n := range numbers {
		wanted[i], heights[i] = -scores.at(n), smallText // spread wants rising centres, pictures grow downwards
	}
	places, ok := spread(wanted, heights, 0, -plotBottom-smallText/2, -plotTop+smallText/2)
	if !ok {
		places = wanted
	}
	for i, n := range numbers {
		c.Numbers = append(c.Numbers, label{plotLeft - 8, -places[i], r.exact(n, scoring.AsNeeded)})
	}
	for _, b := range cutoffBands(line) {
		c.Cutoffs = append(c.Cutoffs, cutoff{Y: scores.at(b.From)})
	}
	for _, from := range flagsOnly {
		c.Cutoffs = append(c.Cutoffs, cutoff{Y: scores.at(from), Flag: true})
	}
}

// axisNumbers lists the scores to write at the axis, rising, and those of them
// that are flags' cut-offs without being a band's lower bound.
func axisNumbers(line *clinic.Line) (numbers, flagsOnly []scoring.Exact) {
	lowest, highest := rangeOf(line)
	numbers = []scoring.Exact{lowest, highest}
	add := func(n scoring.Exact) bool {
		isNew := !slices.ContainsFunc(numbers, func(m scoring.Exact) bool { return m.Cmp(n) == 0 })
		if isNew {
			numbers = append(numbers, n)
		}
		return isNew
	}
	for _, b := range cutoffBands(line) {
		add(b.From)
	}
	for _, f := range line.Scale.Flags {
		if add(f.From) {
			flagsOnly = append(flagsOnly, f.From)
		}
	}
	if zero := scoring.Whole(0); lowest.Cmp(zero) < 0 && highest.Cmp(zero) > 0 {
		add(zero)
	}
	slices.SortFunc(numbers, scoring.Exact.Cmp)
	return numbers, flagsOnly
}

// cutoffBands are the bands that begin at a cut-off: all but the lowest.
func cutoffBands(line *clinic.Line) []scoring.BandInfo {
	if len(line.Scale.Bands) == 0 {
		return nil
	}
	return line.Scale.Bands[1:]
}

// drawBands writes each band's name right of the plot, in the middle of the
// band as far as the others leave room.
func (r *reading) drawBands(c *chart, line *clinic.Line, scores scoreAxis) {
	bands := line.Scale.Bands
	_, highest := rangeOf(line)
	var wanted, heights []float64
	for i, b := range bands {
		top := highest
		if i+1 < len(bands) {
			top = bands[i+1].From
		}
		wanted, heights = append(wanted, -(scores.at(b.From)+scores.at(top))/2), append(heights, smallText+1)
	}
	places, ok := spread(wanted, heights, 0, -plotBottom-smallText/2, -plotTop+smallText/2)
	if !ok {
		return // the table and the range in words name them all
	}
	for i, b := range bands {
		c.Bands = append(c.Bands, label{plotRight + 8, -places[i], r.Band(line.Instrument.ID(), b.Code)})
	}
}
