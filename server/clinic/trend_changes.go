package clinic

import (
	"cmp"
	"slices"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/registry"
	"github.com/painscore/painscore/server/store"
)

// finish orders a line's points, marks where the instrument switches, and
// compares pairs of occasions.
func (t *Trend) finish(line *Line) {
	slices.SortStableFunc(line.Points, func(a, b Point) int { return cmp.Compare(a.moment, b.moment) })
	for i := 1; i < len(line.Points); i++ {
		line.Points[i].Switched = line.Points[i].Definition.ID() != line.Points[i-1].Definition.ID()
	}
	line.Yardstick = line.Points[len(line.Points)-1].yardstick
	n := len(t.Occasions)
	line.Changes = make([]Change, 0, min(n*(n-1)/2, pairsEach*max(n, allPairs)))
	for from := range t.Occasions {
		next := line.after(from)
		for to := from + 1; to < n; to++ {
			if n <= allPairs || to == next || t.canonical(from) || t.canonical(to) {
				t.compare(line, from, to)
			}
		}
	}
}

// Up to allPairs occasions every pair of them is compared. An episode with more,
// such as one with a form a week, is compared where somebody would look: with the
// three canonical occasions, and from one point of the line to the next. That is
// pairsEach pairs an occasion at most, where all pairs of 400 occasions would be
// 80,000 on every line. Its occasions themselves are not limited: to refuse a form
// that a patient has filled in would do more harm.
const (
	allPairs  = 12
	pairsEach = 4
)

// canonical says whether an occasion is one of the three that every episode has.
func (t *Trend) canonical(moment int) bool {
	return t.Occasions[moment].Occasion != store.OtherOccasion
}

// after is the next occasion of the line with a point, or -1.
func (l *Line) after(moment int) int {
	for i := range l.Points {
		if at := l.Points[i].moment; at > moment {
			return at
		}
	}
	return -1
}

// compare adds the change between two occasions, unless neither has a point,
// or the one without a point was not answered with any form: that is said once
// for the occasion. A missing baseline is the exception, since a trend without
// its beginning must say so on every line.
func (t *Trend) compare(line *Line, from, to int) {
	a, b := line.pointsAt(from), line.pointsAt(to)
	open := func(moment int) bool {
		return t.Occasions[moment].State == MomentMissing
	}
	if len(a) == 0 && len(b) == 0 || len(a) == 0 && open(from) || len(b) == 0 && open(to) {
		return
	}
	if len(a) == 0 || len(b) == 0 {
		change := Change{From: from, To: to, Change: scoring.Change{Reason: NoForm}}
		if len(a) > 0 {
			change.FromScore = &a[0].Score
		}
		if len(b) > 0 {
			change.ToScore = &b[0].Score
		}
		line.Changes = append(line.Changes, change)
		return
	}
	// Both 3L and 5L at one occasion put two points there: compare like with
	// like where there is a like.
	first, second := &a[0], &b[0]
	for i := range a {
		for j := range b {
			if a[i].Definition.ID() == b[j].Definition.ID() {
				first, second = &a[i], &b[j]
			}
		}
	}
	line.Changes = append(line.Changes, Change{From: from, To: to, FromScore: &first.Score, ToScore: &second.Score})
	t.judge(line, first, second, &line.Changes[len(line.Changes)-1])
}

// judge compares two points and says what can be said about the change.
func (t *Trend) judge(line *Line, from, to *Point, change *Change) {
	a, b := from.measurement(), to.measurement()
	change.Change = scoring.Compare(&a, &b)
	if change.Comparable {
		change.Crossed = scoring.Crossings(a.Score, b.Score)
		change.Judgement = line.Evidence.Judge(&a, &b, &change.Change, registry.CircumstancesOf(&t.Episode, from.Occasion, to.Occasion))
	}
	change.Paretian, _ = scoring.Paretian(&a, &b)
}

// pointsAt are the points of an occasion, which stand together.
func (l *Line) pointsAt(moment int) []Point {
	first := 0
	for first < len(l.Points) && l.Points[first].moment < moment {
		first++
	}
	last := first
	for last < len(l.Points) && l.Points[last].moment == moment {
		last++
	}
	return l.Points[first:last]
}

func (p *Point) measurement() scoring.Measurement {
	return scoring.Measurement{Instrument: p.Definition.ID(), ScoringHash: p.Definition.ScoringHash(), Score: &p.Score}
}
