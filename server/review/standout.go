package review

import (
	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/wording"
)

// standOut sums up what the charts show up to an occasion. The small tables are left out: most
// of what they hold repeats a chart.
func (r *reading) standOut(to int) []string {
	if to < 0 {
		return nil
	}
	seen := wording.Seen{To: string(r.trend.Occasions[to].Occasion), ToLabel: r.trend.Occasions[to].Label}
	seen.BaselineMissing = r.trend.Occasions[r.baseline()].State == clinic.BaselineMissing
	from := r.comparedWith(to)
	if from >= 0 {
		seen.From, seen.FromLabel = string(r.trend.Occasions[from].Occasion), r.trend.Occasions[from].Label
	}
	for i := range r.trend.Lines {
		if line := &r.trend.Lines[i]; !isSmall(line) {
			r.seeLine(&seen, line, from, to)
		}
	}
	sentences := r.StandOut(seen)
	return sentences[:]
}

// newest is the last occasion with a form, -1 without one.
func (r *reading) newest() int {
	for i := len(r.trend.Occasions) - 1; i >= 0; i-- {
		if r.trend.Occasions[i].State == clinic.MomentAnswered {
			return i
		}
	}
	return -1
}

// comparedWith is the occasion that a later one is first compared with: the
// baseline, or where that is missing the one before. -1 where there is none.
func (r *reading) comparedWith(to int) int {
	if b := r.baseline(); b < to && r.trend.Occasions[b].State == clinic.MomentAnswered {
		return b
	}
	for i := to - 1; i >= 0; i-- {
		if r.trend.Occasions[i].State == clinic.MomentAnswered {
			return i
		}
	}
	return -1
}

func (r *reading) seeLine(seen *wording.Seen, line *clinic.Line, from, to int) {
	name := r.title(line)
	if c := changeFrom(line, from, to); c != nil && c.FromScore != nil && c.ToScore != nil {
		seeChange(seen, name, c)
	}
	missing, prorated := false, false
	for _, moment := range []int{from, to} {
		for _, p := range pointsOf(line, moment) {
			missing = missing || p.Score.Outcome == scoring.Refused
			prorated = prorated || p.Score.Prorated
		}
	}
	switch {
	case missing:
		seen.Refused = append(seen.Refused, name)
	case prorated:
		seen.Prorated = append(seen.Prorated, name)
	}
	for _, p := range pointsOf(line, to) {
		if p.Score.Band == "" {
			continue
		}
		seen.Banded++
		switch place := bandPlace(line, p); {
		case place > 0:
			seen.Heaviest = append(seen.Heaviest, r.Say("named.band", name, r.bandText(p)))
		case place < 0:
			seen.Lightest++
		}
		break // both versions of an instrument at one occasion share the line
	}
}

func seeChange(seen *wording.Seen, name string, c *clinic.Change) {
	switch important := c.Judgement.Importance.Answer; {
	case !c.Comparable:
		seen.Incomparable++
	case important == scoring.Important && c.Movement == scoring.TowardsBetter:
		seen.Better = append(seen.Better, name)
	case important == scoring.Important && c.Movement == scoring.TowardsWorse:
		seen.Worse = append(seen.Worse, name)
	case important == scoring.Important:
		seen.Matters = append(seen.Matters, name)
	case important == scoring.Uncertain:
		seen.Possibly++
	case important == scoring.NotImportant, c.Movement == scoring.Same:
		seen.Unclear++
	default:
		seen.Unjudged++
	}
}

// bandPlace is 1 where a score lies in the band furthest to the worse end of
// its scale, -1 in the one furthest to the better, and 0 between.
func bandPlace(line *clinic.Line, p *clinic.Point) int {
	scale, ok := p.Definition.Scale(p.Score.Scale)
	if !ok || len(scale.Bands) < 2 || p.Score.Direction == scoring.NoDirection {
		return 0
	}
	first, last := scale.Bands[0].Code == p.Score.Band, scale.Bands[len(scale.Bands)-1].Code == p.Score.Band
	worseIsLast := p.Score.Direction == scoring.HigherIsWorse
	switch {
	case last && worseIsLast, first && !worseIsLast:
		return 1
	case first, last:
		return -1
	}
	return 0
}
