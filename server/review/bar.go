package review

import (
	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
)

// profileRow is one scale of a single occasion: the score in words and as a
// place within the whole range.
type profileRow struct {
	ID, Title string
	Direction string
	Score     string
	Band      string
	Shape     shape
	Cutoffs   string
	Remarks   []string
	Bar       *bar // nil where there is nothing to draw
}

// The measures of a range bar, in the units of its viewBox.
const (
	barWidth  = 340
	barHeight = 44
	barLeft   = 20
	barRight  = barWidth - 20
	barMiddle = 14
)

// bar is one scale lying down: its range, its cut-offs and one score.
type bar struct {
	ID, Title, Desc     string
	Width, Height       float64
	Left, Right, Middle float64
	Numbers             []label
	Cutoffs             []barCutoff
	Mark                *mark
	Possible            *segment
}

type barCutoff struct {
	X    float64
	Flag bool
}

// profileRow shows the newest of the occasion's points on a line.
func (r *reading) profileRow(line *clinic.Line) profileRow {
	p := &line.Points[len(line.Points)-1]
	return profileRow{
		ID: lineID(line), Title: r.title(line), Direction: r.Direction(line.Scale.Direction),
		Score: r.scoreText(p), Band: r.bandText(p), Shape: shapeOf(&p.Score), Cutoffs: r.cutoffText(line),
		Remarks: r.remarks(line, p), Bar: r.bar(line, p),
	}
}

func (r *reading) bar(line *clinic.Line, p *clinic.Point) *bar {
	lowest, highest := rangeOf(line)
	if !lowest.Valid() || !drawable(&p.Score) {
		return nil
	}
	scores := newScoreAxis(lowest, highest, barLeft, barRight)
	b := &bar{
		ID: lineID(line), Title: r.title(line), Desc: r.describePoints(line) + " " + r.rangeText(line),
		Width: barWidth, Height: barHeight, Left: barLeft, Right: barRight, Middle: barMiddle,
	}
	r.drawBarNumbers(b, line, scores)
	m := mark{Shape: shapeOf(&p.Score), Y: barMiddle}
	if p.Score.Outcome == scoring.Valued {
		m.X = scores.at(p.Score.Value)
	} else {
		low, high := scores.at(p.Score.Refusal.Lowest), scores.at(p.Score.Refusal.Highest)
		b.Possible = &segment{X1: low, Y1: barMiddle, X2: high, Y2: barMiddle}
		m.X = (low + high) / 2
	}
	b.Mark = &m
	return b
}

func (r *reading) drawBarNumbers(b *bar, line *clinic.Line, scores scoreAxis) {
	numbers, flagsOnly := axisNumbers(line)
	var wanted, widths []float64
	for _, n := range numbers {
		wanted = append(wanted, scores.at(n))
		widths = append(widths, textWidth(r.exact(n, scoring.AsNeeded), smallText))
	}
	places, ok := spread(wanted, widths, 3, 0, barWidth)
	if !ok {
		places = wanted
	}
	for i, n := range numbers {
		b.Numbers = append(b.Numbers, label{places[i], barHeight - 6, r.exact(n, scoring.AsNeeded)})
	}
	for _, band := range cutoffBands(line) {
		b.Cutoffs = append(b.Cutoffs, barCutoff{X: scores.at(band.From)})
	}
	for _, from := range flagsOnly {
		b.Cutoffs = append(b.Cutoffs, barCutoff{X: scores.at(from), Flag: true})
	}
}
