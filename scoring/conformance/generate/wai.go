package main

import (
	"fmt"
	"math/big"
)

var waiItems = []item{
	{code: "current_ability", high: 10},
	{code: "work_demands", low: 1, high: 3, mayNotApply: true},
	{code: "physical_demands", low: 1, high: 5, mayNotApply: true},
	{code: "mental_demands", low: 1, high: 5, mayNotApply: true},
	{code: "diseases", high: 60},
	{code: "impairment", low: 1, high: 6, mayNotApply: true},
	{code: "sick_leave_days", high: 365, mayNotApply: true},
	{code: "prognosis", low: 1, high: 7, only: []int{1, 4, 7}, mayNotApply: true},
	{code: "enjoy_daily_tasks", high: 4}, {code: "active_and_alert", high: 4}, {code: "hopeful", high: 4},
}

func waiItem(code string) item { return pick(waiItems, code)[0] }

// The index has bands by its lower bounds (Tuomi 1998); half points are kept.
var waiBands = []cut{{"poor", 7}, {"moderate", 28}, {"good", 37}, {"excellent", 44}}

// waiDimension is one of the seven: its items and its points.
type waiDimension struct {
	items  []string
	points func(answers []int) *big.Rat
}

var waiDimensions = []waiDimension{
	{[]string{"current_ability"}, asAnswered},
	{[]string{"work_demands", "physical_demands", "mental_demands"}, byDemands},
	{[]string{"diseases"}, byDiseases},
	{[]string{"impairment"}, asAnswered},
	{[]string{"sick_leave_days"}, bySickLeave},
	{[]string{"prognosis"}, asAnswered},
	{[]string{"enjoy_daily_tasks", "active_and_alert", "hopeful"}, byResources},
}

func asAnswered(a []int) *big.Rat { return big.NewRat(int64(a[0]), 1) }

// byDemands weighs ability for the kind of work that the person does.
func byDemands(a []int) *big.Rat {
	physical, mental := int64(a[1]), int64(a[2])
	switch a[0] {
	case 1:
		return big.NewRat(3*physical+mental, 2)
	case 2:
		return big.NewRat(physical+3*mental, 2)
	}
	return big.NewRat(physical+mental, 1)
}

func byDiseases(a []int) *big.Rat {
	if a[0] >= 5 {
		return big.NewRat(1, 1)
	}
	return big.NewRat([]int64{7, 5, 4, 3, 2}[a[0]], 1)
}

func bySickLeave(a []int) *big.Rat {
	switch days := a[0]; {
	case days == 0:
		return big.NewRat(5, 1)
	case days <= 9:
		return big.NewRat(4, 1)
	case days <= 24:
		return big.NewRat(3, 1)
	case days <= 99:
		return big.NewRat(2, 1)
	}
	return big.NewRat(1, 1)
}

func byResources(a []int) *big.Rat {
	switch sum := a[0] + a[1] + a[2]; {
	case sum <= 3:
		return big.NewRat(1, 1)
	case sum <= 6:
		return big.NewRat(2, 1)
	case sum <= 9:
		return big.NewRat(3, 1)
	}
	return big.NewRat(4, 1)
}

// score tries every completion of the dimension, which is one where all of its
// items are answered.
func (d waiDimension) score(code string, p paper) score {
	out := score{Scale: code, Direction: better, Expected: len(d.items), Imputed: []string{}, Flags: []string{}}
	choices := map[string][]int{}
	for _, it := range d.items {
		choices[it] = waiItem(it).answers()
		if n, ok := p.answer(it); ok {
			out.Answered++
			choices[it] = []int{n}
		}
	}
	missing := p.missing(d.items)
	if p.notApplying(d.items) > 0 {
		return out.refuse(notOne, missing)
	}
	for _, w := range combinations(d.items, choices) {
		points := d.points(w)
		if out.low == nil || points.Cmp(out.low) < 0 {
			out.low = points
		}
		if out.high == nil || points.Cmp(out.high) > 0 {
			out.high = points
		}
	}
	if len(missing) > 0 {
		return out.refuse(tooFew, missing).between(asNeeded, nil)
	}
	return out.value(out.low, asNeeded, nil, nil, nil)
}

func waiScore(p paper, _ []string) []score {
	was := scale{
		code: "was", direction: better, items: []item{waiItem("current_ability")}, needed: 1,
		bands: []cut{{"poor", 0}, {"moderate", 6}, {"good", 8}, {"excellent", 10}},
	}
	var parts []score
	for i, d := range waiDimensions {
		parts = append(parts, d.score(fmt.Sprintf("dimension_%d", i+1), p))
	}
	out := append([]score{was.score(p)}, parts...)
	return append(out, total("total", better, asNeeded, waiBands, codes(waiItems), p, parts...))
}
