package registry

import (
	"errors"
	"slices"
)

// DefaultThreshold is the fewest people that a count shown outside the clinic
// may be of. A site may ask for more, never for fewer.
const DefaultThreshold = 5

// ErrSuppressed means that a report was suppressed already: what is left does
// not tell any more what must be hidden.
var ErrSuppressed = errors.New("group report: it is suppressed already")

// Suppress returns the report as readers outside the clinic may have it, and
// the populations it tells about, to be kept and given as earlier at the next
// report for the same reader. ErrTooClose if those lie too close to an earlier
// one. The report itself stays whole.
//
// What is held back, and against what:
//
//   - a group of fewer patients than threshold, whole;
//   - the smallest of the others, where the groups shown could be taken off
//     their total and leave such a group (margins, a unit against the others);
//   - a group that differs by so few from another in the report (periods one
//     patient apart);
//   - a count from 1 to threshold−1, and one that leaves so few of a count it is
//     part of (those left out of a scale; verdict counts against n);
//   - classes that are too small: they are added to their neighbours, from the
//     first on, until a sum reaches the threshold, and what is left at the end
//     is added to the last sum. Whatever is known of this rule, every class
//     within a sum could be at least two numbers, unless it is zero;
//   - a median with fewer than threshold people on either side of it, quartiles
//     with fewer than threshold in each quarter, and mean and SD where all have
//     the same score. There are no minima and maxima in a report.
//
// Where only n must be hidden, mean and SD are given to few enough decimals that
// they could be of any n.
func (r *Report) Suppress(threshold int, earlier []Population) (*Report, []Population, error) {
	if r.Audience != Internal {
		return nil, nil, ErrSuppressed
	}
	h := hider{max(threshold, DefaultThreshold)}
	out := &Report{AsOf: r.AsOf, Audience: Outside, Threshold: h.threshold, Undated: h.count(r.Undated)}
	hidden := h.hiddenGroups(r.Groups)
	for i := range r.Groups {
		g := &r.Groups[i]
		if hidden[i] {
			not := Count{Reason: HiddenFigure}
			out.Groups = append(out.Groups, Group{Side: g.Side, Value: g.Value, CareLevel: g.CareLevel, Episodes: not, Patients: not, Hidden: true})
			continue
		}
		out.Groups = append(out.Groups, h.group(g))
	}
	told := populations(r.Groups, hidden)
	if err := Refuse(told, earlier, h.threshold); err != nil {
		return nil, nil, err
	}
	return out, told, nil
}

// hiddenGroups finds the groups that must be left out.
func (h hider) hiddenGroups(groups []Group) []bool {
	hidden := make([]bool, len(groups))
	for i := range groups {
		hidden[i] = groups[i].Patients.N < h.threshold
	}
	for again := true; again; {
		again = h.hideClose(groups, hidden)
		for _, margin := range margins {
			again = h.hideResidual(groups, hidden, margin) || again
		}
	}
	return hidden
}

// hideClose hides the smaller of two groups, or unions of groups, that differ
// by too few.
func (h hider) hideClose(groups []Group, hidden []bool) bool {
	for i := range groups {
		for k := range i {
			if !hidden[i] && !hidden[k] && tooClose(groups[i].population, groups[k].population, h.threshold) {
				hidden[i] = true
				return true
			}
		}
	}
	return false
}

// margins are the totals that a reader may have from another report: of a side,
// of a side's care level, and of a value on a side.
var margins = []func(*Group) [3]string{
	func(g *Group) [3]string { return [3]string{g.Side} },
	func(g *Group) [3]string { return [3]string{g.Side, g.CareLevel, "level"} },
	func(g *Group) [3]string { return [3]string{g.Side, g.Value, "value"} },
}

// hideResidual hides the smallest group shown of a margin whose hidden part is
// too small to stay hidden behind the total.
func (h hider) hideResidual(groups []Group, hidden []bool, margin func(*Group) [3]string) bool {
	for i := range groups {
		var all, shown Population
		smallest := -1
		for k := range groups {
			if margin(&groups[k]) != margin(&groups[i]) {
				continue
			}
			all = all.union(groups[k].population)
			if hidden[k] {
				continue
			}
			shown = shown.union(groups[k].population)
			if smallest < 0 || len(groups[k].population) < len(groups[smallest].population) {
				smallest = k
			}
		}
		if smallest >= 0 && tooClose(all, shown, h.threshold) {
			hidden[smallest] = true
			return true
		}
	}
	return false
}

// Populations are those that the whole report tells about, to be remembered of a
// reader who may later ask for a suppressed one.
func (r *Report) Populations() []Population {
	return populations(r.Groups, make([]bool, len(r.Groups)))
}

// populations are those that the shown groups tell about, alone and added up.
func populations(groups []Group, hidden []bool) []Population {
	var out []Population
	sums := map[[3]string]Population{}
	for i := range groups {
		if hidden[i] {
			continue
		}
		out = append(out, groups[i].population)
		for _, margin := range margins {
			key := margin(&groups[i])
			sums[key] = sums[key].union(groups[i].population)
		}
	}
	for _, sum := range sums {
		if !slices.ContainsFunc(out, func(p Population) bool { return slices.Equal(p, sum) }) {
			out = append(out, sum)
		}
	}
	slices.SortFunc(out, func(a, b Population) int { return slices.CompareFunc(a, b, comparePersons) })
	return out
}
