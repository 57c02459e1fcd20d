package review

import (
	"math"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/registry"
)

// The plots of a report are small enough to stand in a table's row, where they
// print with its numbers. None shows a lowest or highest person, and each is one
// scale with its whole range: two scales in one picture would be read as one.
const (
	sparkWidth = 120.0 // as in the template
	sparkEdge  = 4.0
)

// spark is a plot within a row, by places from its left: a bar on an axis, with a
// line across, and a dot.
type spark struct {
	Zero      float64 // of a change; 0: none
	Bar       *[2]float64
	Line, Dot float64 // 0: none
	Desc      string
}

// place maps a value between two ends onto the plot; what lies beyond stands at
// its edge.
func place(value, from, to float64) float64 {
	part := min(max((value-from)/(to-from), 0), 1)
	return math.Round(10*(sparkEdge+part*(sparkWidth-2*sparkEdge))) / 10
}

// distribution draws quartiles, median and mean on the whole scale; nil if all of
// them are held back.
func (v reportView) distribution(s *registry.Summary, lowest, highest scoring.Exact, decimals int) *spark {
	if s.Mean.Reason != "" && s.Median.Reason != "" {
		return nil
	}
	low, high := float(lowest), float(highest)
	p := &spark{}
	p.Desc = v.Say("report.plot", v.figure(s.Q1, decimals), v.figure(s.Q3, decimals))
	if s.Q1.Reason == "" && s.Q3.Reason == "" {
		p.Bar = &[2]float64{place(s.Q1.Value, low, high), place(s.Q3.Value, low, high)}
	}
	if s.Median.Reason == "" {
		p.Line = place(s.Median.Value, low, high)
	}
	if s.Mean.Reason == "" {
		p.Dot = place(s.Mean.Value, low, high)
	}
	return p
}

// change draws a mean change with its interval, on half the scale's width to
// either side of none; nil if it is held back.
func (v reportView) change(c *registry.ChangeFigures, lowest, highest scoring.Exact, decimals int) *spark {
	if c.Mean.Reason != "" {
		return nil
	}
	half := (float(highest) - float(lowest)) / 2
	p := &spark{}
	p.Zero, p.Dot = place(0, -half, half), place(c.Mean.Value, -half, half)
	p.Desc = v.Say("report.plot", v.signed(c.CI.Low, decimals), v.signed(c.CI.High, decimals))
	if c.CI.Low.Reason == "" {
		p.Bar = &[2]float64{place(c.CI.Low.Value, -half, half), place(c.CI.High.Value, -half, half)}
	}
	return p
}

// flowBar is one step of the flow, as long as it has episodes.
type flowBar struct {
	Y, Text, Length float64
	Name, N         string
}

const (
	flowStep  = 22.0
	flowLeft  = 210.0
	flowWidth = 300.0
)

// flowBars draws the way through rehabilitation: each step by its count, of all
// in the group.
func (v reportView) flowBars(g *registry.Group) (bars []flowBar, desc string) {
	all := 0
	for _, s := range g.Flow {
		if s.N.Reason == "" {
			all = max(all, s.N.N)
		}
	}
	for i, s := range g.Flow {
		b := flowBar{Y: float64(i) * flowStep, Text: float64(i)*flowStep + 14, Name: v.ReportWord(string(s.Code)), N: v.count(s.N)}
		if s.N.Reason == "" && all > 0 {
			b.Length = flowWidth * float64(s.N.N) / float64(all)
		}
		bars = append(bars, b)
		if desc != "" {
			desc += "; "
		}
		desc += v.Say("report.bar", b.Name, b.N)
	}
	return bars, desc
}
