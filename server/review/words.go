package review

import (
	"strings"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
)

// rangeText says in words what a chart's axis and lines show.
func (r *reading) rangeText(line *clinic.Line) string {
	lowest, highest := rangeOf(line)
	if !lowest.Valid() {
		return ""
	}
	text := r.Say("range.words", r.exact(lowest, scoring.AsNeeded), r.exact(highest, scoring.AsNeeded))
	if cutoffs := r.cutoffText(line); cutoffs != "" {
		text += " " + cutoffs
	}
	return text
}

// cutoffText names a scale's cut-offs, empty where it has none.
func (r *reading) cutoffText(line *clinic.Line) string {
	id := line.Instrument.ID()
	var cutoffs []string
	for _, b := range cutoffBands(line) {
		cutoffs = append(cutoffs, r.Say("cutoff.from", r.Band(id, b.Code), r.exact(b.From, scoring.AsNeeded)))
	}
	for _, f := range line.Scale.Flags {
		cutoffs = append(cutoffs, r.Say("cutoff.from", r.Flag(id, f.Code), r.exact(f.From, scoring.AsNeeded)))
	}
	if len(cutoffs) == 0 {
		return ""
	}
	return r.Say("cutoffs", r.List(cutoffs))
}

// describe is a chart for those who cannot see it. The table beside it says
// every point; saying them twice would only be longer.
func (r *reading) describe(line *clinic.Line) string {
	return r.Say("chart.words", r.title(line), r.Direction(line.Scale.Direction))
}

// describePoints is a bar for those who cannot see it.
func (r *reading) describePoints(line *clinic.Line) string {
	var text strings.Builder
	text.WriteString(r.Direction(line.Scale.Direction) + ".")
	for i := range line.Points {
		p := &line.Points[i]
		text.WriteString(" " + r.Say("point.words", r.occasion(p.Moment()), r.Date(p.AnsweredOn), r.scoreInWords(p)))
	}
	return text.String()
}

// scoreInWords is a score with its band, such as "14.00, probable, prorated".
func (r *reading) scoreInWords(p *clinic.Point) string {
	text := r.scoreText(p)
	if band := r.bandText(p); band != "" {
		text = r.Say("value.band", text, band)
	}
	if p.Score.Prorated {
		text = r.Say("value.band", text, r.Say("prorated.short"))
	}
	return text
}
