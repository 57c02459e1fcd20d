package review

import (
	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
)

// scaleView is a chart with the tables that say the same in words.
type scaleView struct {
	ID, Title     string
	Direction     string
	Range         string // range and cut-offs in words
	Chart         *chart // nil where no occasion has anything to draw
	PointCaption  string
	ChangeCaption string
	Bands         bool // the scale has bands
	Points        []pointRow
	Changes       []changeRow
	Basis         []string // on what the verdicts rest
	Sentence      string   // from the first occasion to the last
}

// pointRow is one occasion of a scale.
type pointRow struct {
	Occasion, Date string
	Timing         string // empty where in time
	Score          string
	Shape          shape
	Band           string
	Remarks        []string
	Missing        bool // no form of the instrument
	Wanted         bool // and none was sent for the occasion though its time has come
}

func (r *reading) scaleView(line *clinic.Line) scaleView {
	v := scaleView{
		ID: lineID(line), Title: r.title(line), Direction: r.Direction(line.Scale.Direction), Range: r.rangeText(line), Chart: r.chart(line),
	}
	v.PointCaption, v.ChangeCaption = r.Say("points.caption"), r.Say("change.caption")
	v.Bands = len(line.Scale.Bands) > 0
	for i := range r.trend.Occasions {
		if !r.hidden(i) {
			v.Points = append(v.Points, r.pointRows(line, i)...)
		}
	}
	if len(line.Points) > 1 { // a single point says at its own place that the others are missing
		shown := r.shownChanges(line)
		v.Basis = r.basis(line, shown)
		for _, c := range shown {
			v.Changes = append(v.Changes, r.changeRow(line, c))
		}
		v.Sentence = r.sentence(line)
	}
	return v
}

func (r *reading) pointRows(line *clinic.Line, moment int) []pointRow {
	points := pointsOf(line, moment)
	if len(points) == 0 {
		m := r.trend.Occasions[moment]
		row := pointRow{Occasion: r.occasion(moment), Score: r.Say("no_form"), Missing: true}
		if m.State != clinic.MomentAnswered {
			row.Score, row.Wanted = r.unanswered(m)
		}
		return []pointRow{row}
	}
	var rows []pointRow
	for _, p := range points {
		timing := ""
		if p.Timing == clinic.Early || p.Timing == clinic.Late {
			timing = r.Timing(string(p.Timing))
		}
		rows = append(rows, pointRow{
			Occasion: r.occasion(moment), Date: r.Date(p.AnsweredOn), Timing: timing,
			Score: r.scoreText(p), Shape: shapeOf(&p.Score), Band: r.bandText(p), Remarks: r.remarks(line, p),
		})
	}
	return rows
}

// scoreText is the printed score, or that there is none.
func (r *reading) scoreText(p *clinic.Point) string {
	if p.Score.Outcome == scoring.Refused {
		return r.Say("no_score")
	}
	text := r.Number(p.Score.Text())
	if p.Score.Outcome == scoring.Profiled {
		text = p.Score.Text() // digits of a profile are no number
	}
	if scale, ok := p.Definition.Scale(p.Score.Scale); ok && scale.Kind == scoring.KindCount {
		return r.Say("of", text, p.Score.Expected)
	}
	return text
}

func (r *reading) bandText(p *clinic.Point) string {
	if p.Score.Band == "" {
		return ""
	}
	return r.Band(p.Definition.ID(), p.Score.Band)
}

// remarks says what a reader must know beside the score.
func (r *reading) remarks(line *clinic.Line, p *clinic.Point) []string {
	var remarks []string
	if p.Switched {
		remarks = append(remarks, r.Say("switched", r.instrumentName(before(line, p)), r.instrumentName(p.Definition)))
	}
	scale, _ := p.Definition.Scale(p.Score.Scale)
	for _, code := range p.Score.Flags {
		remarks = append(remarks, r.Say("flag.reached", r.Flag(p.Definition.ID(), code), r.flagFrom(scale, code)))
	}
	if p.Score.Prorated {
		remarks = append(remarks, r.Say("prorated", p.Score.Answered, p.Score.Expected)+"; "+
			r.Say("prorated.items", r.items(p, p.Score.Imputed)))
	}
	if p.Score.Outcome == scoring.Refused {
		remarks = append(remarks, r.refusal(scale, p)...)
	}
	return remarks
}

// before is the instrument of the point before p.
func before(line *clinic.Line, p *clinic.Point) *scoring.Instrument {
	in := p.Definition
	for i := range line.Points {
		if &line.Points[i] == p {
			break
		}
		in = line.Points[i].Definition
	}
	return in
}

// refusal says why there is no score, what is still possible, and what to ask
// for on the telephone.
func (r *reading) refusal(scale scoring.ScaleInfo, p *clinic.Point) []string {
	refusal := p.Score.Refusal
	lines := []string{r.Say("refused", r.Refusal(refusal.Reason))}
	if refusal.Reason != scoring.TooFewAnswers {
		return lines
	}
	lines[0] += " " + r.Say("refused.answered", p.Score.Answered, p.Score.Expected)
	if len(refusal.Missing) > 0 {
		lines = append(lines, r.Say("refused.ask", r.items(p, refusal.Missing)))
	}
	if refusal.Lowest.Valid() && refusal.Highest.Valid() {
		lines = append(lines, r.Say("refused.possible", r.exact(refusal.Lowest, scale.Decimals), r.exact(refusal.Highest, scale.Decimals))+
			r.possibleBands(scale, p))
	}
	return lines
}

func (r *reading) possibleBands(scale scoring.ScaleInfo, p *clinic.Point) string {
	id, refusal := p.Definition.ID(), p.Score.Refusal
	low, high := bandAt(scale, refusal.Lowest), bandAt(scale, refusal.Highest)
	switch {
	case low == "":
		return ""
	case refusal.SameBand:
		return " " + r.Say("refused.same_band", r.Band(id, low))
	}
	return " " + r.Say("refused.other_band", r.Band(id, low), r.Band(id, high))
}

// bandAt is the band that an exact score falls into, empty without bands.
func bandAt(scale scoring.ScaleInfo, score scoring.Exact) string {
	code := ""
	for _, b := range scale.Bands {
		if score.Cmp(b.From) >= 0 {
			code = b.Code
		}
	}
	return code
}

func (r *reading) items(p *clinic.Point, codes []string) string {
	names := make([]string, len(codes))
	for i, code := range codes {
		names[i] = r.Item(p.Definition.ID(), code)
	}
	return r.List(names)
}

func (r *reading) flagFrom(scale scoring.ScaleInfo, code string) string {
	for _, f := range scale.Flags {
		if f.Code == code {
			return r.exact(f.From, scoring.AsNeeded)
		}
	}
	return ""
}

// exact prints an exact number as the reader's language does.
func (r *reading) exact(e scoring.Exact, decimals int8) string {
	return r.Number(string(e.AppendDecimal(nil, decimals)))
}
