package main

import (
	"fmt"
	"math/big"
)

func wai() *kit {
	k := newKit(instrument{code: "wai", items: waiItems, layout: "form", score: waiScore})
	k.sweep()
	for i, worked := range [][]int{
		{10, 3, 5, 5, 0, 6, 0, 7, 4, 4, 4},
		{8, 2, 4, 4, 1, 5, 5, 7, 3, 3, 3},
		{7, 3, 4, 3, 2, 5, 9, 4, 2, 2, 3},
		{5, 1, 3, 4, 3, 4, 10, 4, 2, 2, 2},
		{8, 2, 4, 3, 2, 5, 1, 7, 2, 2, 2},
		{10, 1, 5, 4, 1, 4, 0, 7, 2, 2, 3},
	} {
		k.plain(fmt.Sprintf("worked case %d", i+1), k.row(worked...))
	}
	k.waiAnswers()
	k.waiDemands()
	k.waiEdges()
	k.waiWithoutWork()
	return k
}

// waiAnswers sees every edge of every table, and what lies between the answers
// to the prognosis.
func (k *kit) waiAnswers() {
	base := k.row(7, 3, 4, 3, 2, 5, 9, 4, 2, 2, 3)
	for _, c := range []struct {
		item    string
		answers []int
	}{
		{"current_ability", []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}},
		{"diseases", []int{0, 1, 2, 3, 4, 5, 6, 7, 59, 60}},
		{"impairment", []int{1, 2, 3, 4, 5, 6}},
		{"sick_leave_days", []int{0, 1, 2, 8, 9, 10, 11, 23, 24, 25, 26, 98, 99, 100, 101, 364, 365}},
		{"prognosis", []int{1, 4, 7}},
	} {
		for _, n := range c.answers {
			k.plain(fmt.Sprintf("%s %d", c.item, n), base.with(c.item, number(n)))
		}
	}
	for _, n := range []int{2, 3, 5, 6} {
		k.refused(fmt.Sprintf("prognosis %d is no answer", n), sheet{paper: base.with("prognosis", number(n))}, problem{"answers[7].value", "OUT_OF_RANGE"})
	}
	for sum := 0; sum <= 12; sum++ {
		first := min(sum, 4)
		second := min(sum-first, 4)
		p := base.with("hopeful", number(first)).with("enjoy_daily_tasks", number(second)).with("active_and_alert", number(sum-first-second))
		k.plain(fmt.Sprintf("mental resources %d", sum), p)
	}
}

func (k *kit) waiDemands() {
	base := k.row(7, 3, 4, 3, 2, 5, 9, 4, 2, 2, 3)
	for work, word := range []string{"physical", "mental", "both"} {
		for physical := 1; physical <= 5; physical++ {
			for mental := 1; mental <= 5; mental++ {
				p := base.with("work_demands", number(work+1)).with("physical_demands", number(physical)).with("mental_demands", number(mental))
				k.plain(fmt.Sprintf("%s work, physical %d, mental %d", word, physical, mental), p)
			}
		}
	}
	for _, gone := range [][]string{{"work_demands", "physical_demands"}, {"work_demands", "mental_demands"}, {"physical_demands", "mental_demands"}} {
		k.plain("blank: "+gone[0]+", "+gone[1], base.withAll(gone, blank))
		k.plain("physical work, blank: "+gone[0]+", "+gone[1], base.with("work_demands", "1").withAll(gone, blank))
	}
}

// waiEdges reaches each bound of the bands, half a point below it and half a
// point above.
func (k *kit) waiEdges() {
	for _, halves := range []int64{14, 53, 54, 55, 56, 57, 71, 72, 73, 74, 75, 85, 86, 87, 88, 89, 97, 98} {
		p := k.waiReaching(big.NewRat(halves, 2))
		k.plain("total exactly "+text(big.NewRat(halves, 2), asNeeded), p)
	}
	best := k.highest().with("diseases", "0").with("sick_leave_days", "0")
	k.plain("one blank, excellent whatever it is", best.with("hopeful", blank))
	k.plain("one blank, two bands possible", best.with("prognosis", blank))
	k.plain("one blank, poor whatever it is", k.lowest().with("prognosis", blank).with("diseases", "9"))
}

// waiReaching finds the first sheet with a total, dimension by dimension.
func (k *kit) waiReaching(want *big.Rat) paper {
	tries := []map[string][]int{
		{"current_ability": {0, 3, 6, 10}}, {"work_demands": {3, 1, 2}, "physical_demands": {1, 2, 5}, "mental_demands": {1, 2, 4, 5}},
		{"diseases": {5, 3, 2, 1, 0}}, {"impairment": {1, 2, 3, 4, 5, 6}}, {"sick_leave_days": {100, 25, 10, 1, 0}}, {"prognosis": {1, 4, 7}},
		{"enjoy_daily_tasks": {1, 4}, "active_and_alert": {0, 4}, "hopeful": {1, 3}},
	}
	most := []int64{49, 39, 29, 22, 16, 11, 4} // points that the dimensions from here on can give together
	var search func(dimension int, rest *big.Rat, p paper) (paper, bool)
	search = func(dimension int, rest *big.Rat, p paper) (paper, bool) {
		if dimension == len(waiDimensions) {
			return p, rest.Sign() == 0
		}
		if rest.Cmp(big.NewRat(most[dimension], 1)) > 0 || rest.Cmp(big.NewRat(int64(len(most)-dimension), 1)) < 0 {
			return nil, false // out of reach: each dimension gives at least one point
		}
		d := waiDimensions[dimension]
		for _, answers := range combinations(d.items, tries[dimension]) {
			with := p
			for i, it := range d.items {
				with = with.with(it, number(answers[i]))
			}
			if found, ok := search(dimension+1, new(big.Rat).Sub(rest, d.points(answers)), with); ok {
				return found, true
			}
		}
		return nil, false
	}
	p, ok := search(0, want, k.lowest())
	if !ok {
		panic("no sheet has a total of " + want.String())
	}
	return p
}

// combinations lists every way to answer some items.
func combinations(items []string, answers map[string][]int) [][]int {
	out := [][]int{{}}
	for _, it := range items {
		var longer [][]int
		for _, way := range out {
			for _, n := range answers[it] {
				longer = append(longer, append(append([]int{}, way...), n))
			}
		}
		out = longer
	}
	return out
}

// waiWithoutWork is what someone without work answers: the total is refused as
// not applicable, whatever else is blank, and the Work Ability Score stands.
func (k *kit) waiWithoutWork() {
	base := k.row(6, 1, 2, 3, 1, 4, 0, 7, 2, 2, 2)
	work := []string{"work_demands", "physical_demands", "mental_demands"}
	k.plain("without work", base.withAll(work, notApplicable))
	k.plain("without work, all that may not apply", base.withAll(append(work, "impairment", "sick_leave_days", "prognosis"), notApplicable))
	k.plain("without work and one blank", base.withAll(work, notApplicable).with("diseases", blank))
	k.plain("one demand not applicable, another blank", base.with("work_demands", notApplicable).with("mental_demands", blank))
	k.plain("not applicable before a blank", base.with("work_demands", notApplicable).with("hopeful", unreadable))
	k.plain("a blank before not applicable", base.with("current_ability", declined).with("prognosis", notApplicable))
}
