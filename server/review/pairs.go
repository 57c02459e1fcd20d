package review

import (
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// shownChanges picks the pairs of occasions that a page tells: the baseline
// against each other occasion, and the last two. All pairs of nine occasions
// are 36; nobody reads them, and chance alone makes some of them large.
//
// A line without a baseline keeps one pair that says so, since nothing else
// takes its place.
func (r *reading) shownChanges(line *clinic.Line) []*clinic.Change {
	if len(line.Points) == 0 {
		return nil
	}
	baseline := r.baseline()
	newest := line.Points[len(line.Points)-1].Moment()
	before := beforeNewest(line)
	begins := len(pointsOf(line, baseline)) > 0
	var shown []*clinic.Change
	for i := range line.Changes {
		c := &line.Changes[i]
		answered := c.FromScore != nil && c.ToScore != nil
		if r.hidden(c.From) || r.hidden(c.To) {
			continue
		}
		switch {
		case answered && (c.From == baseline || c.To == baseline),
			answered && c.From == before && c.To == newest,
			!begins && c.From == baseline && c.To == newest:
			shown = append(shown, c)
		}
	}
	return shown
}

// tabled is how many answered occasions the tables of a page show unless all
// are asked for: the baseline and the two newest, as on the sheets. The charts
// show every one.
const tabled = 3

// hideBetween leaves out of the tables what lies between the baseline and the
// newest occasions, and says how many that are. Nine occasions in every table
// would make a page that nobody scrolls through.
func (r *reading) hideBetween() int {
	var answered []int
	for i, m := range r.trend.Occasions {
		if m.State == clinic.MomentAnswered && m.Occasion != store.Baseline {
			answered = append(answered, i)
		}
	}
	r.between = map[int]bool{}
	if len(answered) <= tabled { // one more than the tables would hold is no reason to hide it
		return 0
	}
	for _, i := range answered[:len(answered)-(tabled-1)] {
		r.between[i] = true
	}
	return len(r.between)
}

// hidden reports whether an occasion stands in the charts only.
func (r *reading) hidden(moment int) bool { return r.between[moment] }

// baseline is the index of the baseline among the occasions; every trend has it.
func (r *reading) baseline() int {
	for i, m := range r.trend.Occasions {
		if m.Occasion == store.Baseline {
			return i
		}
	}
	return -1
}

// beforeNewest is the occasion of the newest point but one, -1 without one. Two
// points of one occasion, from two versions of an instrument, count once.
func beforeNewest(line *clinic.Line) int {
	newest := line.Points[len(line.Points)-1].Moment()
	for i := len(line.Points) - 1; i >= 0; i-- {
		if line.Points[i].Moment() != newest {
			return line.Points[i].Moment()
		}
	}
	return -1
}

// changeFrom finds the change between two occasions, nil where there is none.
func changeFrom(line *clinic.Line, from, to int) *clinic.Change {
	for i := range line.Changes {
		if c := &line.Changes[i]; c.From == from && c.To == to {
			return c
		}
	}
	return nil
}
