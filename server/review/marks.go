package review

import (
	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
)

// drawPoints places marks, their values, and the lines between points that may
// be compared.
func (r *reading) drawPoints(c *chart, line *clinic.Line, scores scoreAxis, dates dateAxis) {
	for i := range line.Points {
		p := &line.Points[i]
		m := mark{X: dates.at(p.AnsweredOn), Y: plotBottom, Shape: shapeOf(&p.Score)}
		switch {
		case p.Score.Outcome == scoring.Valued:
			m.Y = scores.at(p.Score.Value)
			m.Text = r.Number(p.Score.Text())
		case p.Score.Refusal.Lowest.Valid():
			low, high := scores.at(p.Score.Refusal.Lowest), scores.at(p.Score.Refusal.Highest)
			m.Y = (low + high) / 2
			m.Text = r.Say("chart.possible", r.exact(p.Score.Refusal.Lowest, line.Scale.Decimals), r.exact(p.Score.Refusal.Highest, line.Scale.Decimals))
			c.Possible = append(c.Possible, segment{X1: m.X, Y1: low, X2: m.X, Y2: high})
		}
		c.Marks = append(c.Marks, m)
	}
	for i := 1; i < len(line.Points); i++ {
		if change, ok := changeBetween(line, &line.Points[i-1], &line.Points[i]); ok {
			a, b := c.Marks[i-1], c.Marks[i]
			c.Segments = append(c.Segments, segment{a.X, a.Y, b.X, b.Y, change.InstrumentSwitched})
		}
	}
	placeValues(c)
}

// changeBetween finds the change of two neighbouring points, where they may be
// compared: a line that joins what is not comparable would show a change that
// is none.
func changeBetween(line *clinic.Line, a, b *clinic.Point) (*clinic.Change, bool) {
	if a.Score.Outcome != scoring.Valued || b.Score.Outcome != scoring.Valued {
		return nil, false
	}
	for i := range line.Changes {
		if c := &line.Changes[i]; c.From == a.Moment() && c.To == b.Moment() {
			return c, c.Comparable
		}
	}
	return nil, false
}

// valueText is the font size of a value in the plot.
const valueText = 13

// placeValues puts each value above its mark, or below where the neighbours'
// lines come from above or the plot ends; what a refused score could be stands
// clear of its bar. No value leaves the plot sideways, where the bands are.
func placeValues(c *chart) {
	for i := range c.Marks {
		m := &c.Marks[i]
		above, below := m.Y-11, m.Y+20
		for _, bar := range c.Possible {
			if m.Shape == refused && bar.X1 == m.X {
				above, below = bar.Y2-6, bar.Y1+15
			}
		}
		y := above
		if fits := below < plotBottom; above < plotTop+valueText-3 || fits && m.Shape != refused && cameFromAbove(c.Marks, i) {
			y = below
		}
		half := textWidth(m.Text, valueText) / 2
		m.Label = label{X: min(max(m.X, plotLeft+2+half), plotRight-2-half), Y: y}
	}
}

// cameFromAbove reports whether the neighbours of a mark stand above it, so
// that lines lead there and a value below is free of them.
func cameFromAbove(marks []mark, i int) bool {
	var sum, n float64
	for _, j := range []int{i - 1, i + 1} {
		if j >= 0 && j < len(marks) && marks[j].Shape != refused {
			sum, n = sum+marks[j].Y, n+1
		}
	}
	return n > 0 && sum/n < marks[i].Y-2
}

// drawSwitches marks where the line goes on with another instrument.
func (r *reading) drawSwitches(c *chart, line *clinic.Line, dates dateAxis) {
	for i := range line.Points {
		if p := &line.Points[i]; p.Switched && i > 0 {
			x := (dates.at(line.Points[i-1].AnsweredOn) + dates.at(p.AnsweredOn)) / 2
			text := r.Say("switched.short", r.instrumentName(line.Points[i-1].Definition), r.instrumentName(p.Definition))
			c.Switches = append(c.Switches, switchMark{x, text})
		}
	}
}
