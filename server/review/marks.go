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
	placeValues(c.Marks)
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

// placeValues puts each value above its mark, or below where the neighbours'
// lines come from above or the plot ends. The words of a refused point stand
// beside its bar.
func placeValues(marks []mark) {
	for i := range marks {
		m := &marks[i]
		m.Label = label{X: m.X, Y: m.Y - 11}
		var around, n float64
		for _, j := range []int{i - 1, i + 1} {
			if j >= 0 && j < len(marks) && marks[j].Shape != refused {
				around, n = around+marks[j].Y, n+1
			}
		}
		if below := m.Y + 20; m.Y < plotTop+16 || n > 0 && around/n < m.Y-2 && below < plotBottom {
			m.Label.Y = below
		}
		if m.Shape == refused {
			m.Label.Y = max(m.Y-11, plotTop+10)
		}
	}
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
