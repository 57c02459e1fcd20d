package review

import (
	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/wording"
)

// changeRow is what lies between two occasions of a scale.
type changeRow struct {
	Pair       string
	Difference string
	Percent    string   // of the earlier score, where the scale has that rule
	Way        string   // up, down, same or steady: the arrow, which the words repeat
	Movement   string   // in words
	Remarks    []string // bands and flags crossed, and how the scores came about
	Important  verdictCell
	Error      verdictCell
	Apart      string // why there is no difference; then nothing else is set
}

// verdictCell is the answer of one verdict.
type verdictCell struct {
	Shape string // yes, uncertain, no or unknown: a sign, which the word repeats
	Text  string
}

func (r *reading) changeRow(line *clinic.Line, c *clinic.Change) changeRow {
	row := changeRow{Pair: r.pair(c)}
	if !c.Comparable {
		row.Apart = r.Say("not_comparable", r.NotComparable(c.Reason))
		return row
	}
	row.Difference = r.Signed(c.Text())
	row.Way, row.Movement = r.movement(c)
	row.Remarks = r.changeRemarks(line, c)
	if j := &c.Judgement; j.Percent.Valid() {
		row.Percent = r.Say("percent", r.exact(j.Percent, 1))
		if j.PercentClass != "" {
			row.Remarks = append(row.Remarks, r.Say("percent.class", r.PercentClass(j.PercentClass)))
		}
	}
	row.Important, row.Error = r.verdict(&c.Judgement.Importance), r.verdict(&c.Judgement.Error)
	return row
}

func (r *reading) pair(c *clinic.Change) string {
	from, to := r.trend.Occasions[c.From], r.trend.Occasions[c.To]
	return r.Say("pair", r.OccasionShort(string(from.Occasion), from.Label), r.OccasionShort(string(to.Occasion), to.Label))
}

// movement gives the arrow and the words of a difference. The arrow points the
// way the number went, never the way that would be good. Improved and worse
// are said of what reaches its minimal clinically important difference, and of
// nothing else.
func (r *reading) movement(c *clinic.Change) (way, words string) {
	way = "down"
	words = r.Say("lower")
	if c.Difference.Num > 0 {
		way, words = "up", r.Say("higher")
	}
	important := c.Judgement.Importance.Answer
	switch {
	case c.Movement == scoring.Same:
		return "same", r.Movement(c.Movement)
	case important == scoring.NotImportant:
		return "steady", r.Say("moved.not_clearly")
	case important == scoring.Important && c.Movement == scoring.TowardsBetter:
		return way, r.Say("moved.improved")
	case important == scoring.Important && c.Movement == scoring.TowardsWorse:
		return way, r.Say("moved.worse")
	case important == scoring.Important:
		return way, r.Say("moved.important")
	case important == scoring.Uncertain:
		return way, r.Say("moved.possibly", r.Movement(c.Movement))
	case c.Movement == scoring.NoMovement:
		return way, words
	}
	return way, r.Say("moved", words, r.Movement(c.Movement))
}

// changeRemarks says which bands and flags were crossed, and what of the
// scores' making a reader of the difference must know.
func (r *reading) changeRemarks(line *clinic.Line, c *clinic.Change) []string {
	id := line.Instrument.ID()
	var remarks []string
	if x := c.Crossed; x.FromBand != x.ToBand && x.FromBand != "" && x.ToBand != "" {
		remarks = append(remarks, r.Say("crossed.band", r.Band(id, x.FromBand), r.Band(id, x.ToBand)))
	}
	for _, flag := range c.Crossed.Raised {
		remarks = append(remarks, r.Say("crossed.raised", r.Flag(id, flag)))
	}
	for _, flag := range c.Crossed.Cleared {
		remarks = append(remarks, r.Say("crossed.cleared", r.Flag(id, flag)))
	}
	if c.Prorated {
		remarks = append(remarks, r.Say("change.prorated"))
	}
	if c.InstrumentSwitched {
		remarks = append(remarks, r.Say("change.switched"))
	}
	return remarks
}

func (r *reading) verdict(v *scoring.Verdict) verdictCell {
	cell := verdictCell{Shape: "unknown", Text: r.Answer(v.Answer)}
	switch v.Answer {
	case scoring.Important, scoring.BeyondError:
		cell.Shape = "yes"
	case scoring.NotImportant, scoring.WithinError:
		cell.Shape = "no"
	case scoring.Uncertain:
		cell.Shape = "uncertain"
	}
	return cell
}

// whole is the change from the first of a line's occasions to the last: the
// one that is told in a sentence. It is nil where there is one occasion only.
func whole(line *clinic.Line) *clinic.Change {
	if len(line.Points) == 0 {
		return nil
	}
	first, last := line.Points[0].Moment(), line.Points[len(line.Points)-1].Moment()
	for i := range line.Changes {
		if c := &line.Changes[i]; c.From == first && c.To == last {
			return c
		}
	}
	return nil
}

// sentence tells the whole change of a line, empty where there is none.
func (r *reading) sentence(line *clinic.Line) string {
	c := whole(line)
	if c == nil {
		return ""
	}
	from, to := ends(line, c)
	a, b := r.trend.Occasions[c.From], r.trend.Occasions[c.To]
	told := wording.ChangeTold{
		Instrument: line.Instrument.ID(), Scale: line.Scale.Code, Title: scaleTitle(line),
		From: string(a.Occasion), To: string(b.Occasion), FromLabel: a.Label, ToLabel: b.Label,
		FromScore: &from.Score, ToScore: &to.Score,
		Change: &c.Change, Crossed: c.Crossed, Paretian: c.Paretian,
	}
	if c.Comparable {
		told.Judgement = &c.Judgement
	}
	return r.Sentence(told)
}

// ends are the points that a change lies between. Where both versions of an
// instrument were answered at one occasion, like is compared with like, as the
// trend does.
func ends(line *clinic.Line, c *clinic.Change) (from, to *clinic.Point) {
	a, b := pointsOf(line, c.From), pointsOf(line, c.To)
	from, to = a[0], b[0]
	for _, p := range a {
		for _, q := range b {
			if p.Definition.ID() == q.Definition.ID() {
				from, to = p, q
			}
		}
	}
	return from, to
}
