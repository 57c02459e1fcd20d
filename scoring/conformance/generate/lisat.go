package main

import "math/big"

var lisatItems = []item{
	{code: "life_as_a_whole", low: 1, high: 6}, {code: "vocation", low: 1, high: 6, mayNotApply: true}, {code: "economy", low: 1, high: 6},
	{code: "leisure", low: 1, high: 6}, {code: "contacts", low: 1, high: 6}, {code: "sexual_life", low: 1, high: 6, mayNotApply: true},
	{code: "adl", low: 1, high: 6}, {code: "family_life", low: 1, high: 6, mayNotApply: true},
	{code: "partner_relation", low: 1, high: 6, mayNotApply: true}, {code: "physical_health", low: 1, high: 6},
	{code: "psychological_health", low: 1, high: 6},
}

// satisfied is 5 and 6 (Fugl-Meyer 2002).
var satisfaction = []cut{{"not_satisfied", 1}, {"satisfied", 5}}

// lisatScore gives each item, how many are satisfied, and their mean. An item
// that does not apply leaves the denominator; a blank one refuses both.
func lisatScore(p paper, _ []string) []score {
	var out []score
	for _, it := range lisatItems {
		out = append(out, scale{code: it.code, direction: better, items: []item{it}, needed: 1, bands: satisfaction}.score(p))
	}
	all := codes(lisatItems)
	applying := len(all) - p.notApplying(all)
	satisfied, sum, answered := int64(0), int64(0), 0
	for _, it := range all {
		if n, ok := p.answer(it); ok {
			answered++
			sum += int64(n)
			if n >= 5 {
				satisfied++
			}
		}
	}
	count := score{Scale: "satisfied_count", Direction: better, Answered: answered, Expected: applying, Imputed: []string{}, Flags: []string{}}
	mean := count
	mean.Scale = "mean"
	missing := p.missing(all)
	if gone := int64(len(missing)); gone > 0 {
		of := int64(applying)
		count.low, count.high = big.NewRat(satisfied, 1), big.NewRat(satisfied+gone, 1)
		mean.low, mean.high = big.NewRat(sum+gone, of), big.NewRat(sum+6*gone, of)
		return append(out, count.refuse(tooFew, missing).between(0, nil), mean.refuse(tooFew, missing).between(2, nil))
	}
	return append(out, count.value(big.NewRat(satisfied, 1), 0, nil, nil, nil), mean.value(big.NewRat(sum, int64(applying)), 2, nil, nil, nil))
}

func lisat() *kit {
	k := newKit(instrument{code: "lisat_11", items: lisatItems, layout: "form", score: lisatScore})
	k.sweep()
	worked := k.row(4, 2, 3, 3, 5, 1, 6, 5, 6, 2, 4)
	k.plain("worked case, 4 of 11, mean 3.73", worked)
	k.plain("without a partner, 3 of 10, mean 3.50", worked.with("partner_relation", notApplicable))
	for _, it := range lisatItems {
		k.plain(it.code+" alone at 5, the others at 4", k.fill(func(int, item) int { return 4 }).with(it.code, "5"))
		k.plain(it.code+" alone at 4, the others at 5", k.fill(func(int, item) int { return 5 }).with(it.code, "4"))
	}
	four := worked.withAll([]string{"vocation", "sexual_life", "family_life", "partner_relation"}, notApplicable)
	k.plain("four not applicable", four)
	k.plain("two not applicable, mean of nine", worked.withAll([]string{"vocation", "family_life"}, notApplicable))
	k.plain("one not applicable and one blank", worked.with("partner_relation", notApplicable).with("adl", blank))
	k.plain("four not applicable and two blank", four.with("economy", declined).with("physical_health", unreadable))
	k.plain("only the four asked, none applies", paper{
		{"vocation", notApplicable}, {"sexual_life", notApplicable}, {"family_life", notApplicable}, {"partner_relation", notApplicable},
	})
	k.plain("mean rounded up, 3.36", k.row(3, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4))
	k.plain("mean rounded down, 3.18", k.row(3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 4))
	eighths := worked.withAll([]string{"vocation", "sexual_life", "family_life"}, notApplicable)
	k.plain("mean of eight, a tie rounded away from zero", eighths.with("economy", "4").with("adl", "5"))
	return k
}
