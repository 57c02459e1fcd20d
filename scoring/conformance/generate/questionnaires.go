package main

import "slices"

// summed scores an instrument that is nothing but sums of its items.
func summed(scales ...scale) func(paper, []string) []score {
	return func(p paper, _ []string) []score {
		var out []score
		for _, s := range scales {
			out = append(out, s.score(p))
		}
		return out
	}
}

var isiItems = []item{
	{code: "falling_asleep", high: 4}, {code: "staying_asleep", high: 4}, {code: "early_waking", high: 4}, {code: "satisfaction", high: 4},
	{code: "noticeable", high: 4}, {code: "worried", high: 4}, {code: "interferes", high: 4},
}

// Bastien 2001, Morin 2011: 0–7, 8–14, 15–21, 22–28; cases from 10 in the
// community (Morin 2011) and from 14 in primary care (Gagnon 2013).
var isiTotal = scale{
	code: "total", direction: worse, items: isiItems, needed: 7,
	bands: []cut{{"none", 0}, {"subthreshold", 8}, {"moderate", 15}, {"severe", 22}},
	flags: []cut{{"case_community", 10}, {"case_primary_care", 14}},
}

func isi() *kit {
	k := newKit(instrument{code: "isi", items: isiItems, layout: "form", named: true, score: summed(isiTotal)})
	k.sweep()
	k.edges("total", isiTotal, 0, 7, 8, 9, 10, 13, 14, 15, 21, 22, 28)
	k.plain("published case, 9", k.row(1, 2, 1, 0, 0, 3, 2))
	k.plain("every item 2 is 14", k.row(2, 2, 2, 2, 2, 2, 2))
	k.plain("one blank, severe whatever it is", k.row(4, 4, 4, 4, 4, 4, -1))
	k.plain("one blank, two bands possible", k.row(2, 2, 2, 2, 2, 2, -1))
	k.orders(map[string][]string{
		"form": codes(isiItems),
		"mapi": {"falling_asleep", "staying_asleep", "early_waking", "satisfaction", "interferes", "noticeable", "worried"},
	}, map[string]int{"falling_asleep": 0, "staying_asleep": 1, "early_waking": 2, "satisfaction": 3, "noticeable": 4, "worried": 0, "interferes": 1})
	return k
}

// orders sends one sheet in each layout, and again with each item blank, so
// that every place of every layout is seen.
func (k *kit) orders(layouts map[string][]string, values map[string]int) {
	for _, layout := range sortedKeys(layouts) {
		var p paper
		for _, it := range layouts[layout] {
			p = append(p, entry{it, number(values[it])})
		}
		k.scored("layout "+layout, sheet{paper: p, positional: true, layout: layout}, p)
		for _, it := range layouts[layout] {
			gone := p.with(it, blank)
			k.scored("layout "+layout+", "+it+" blank", sheet{paper: gone, positional: true, layout: layout}, gone)
		}
	}
}

func sortedKeys[V any](m map[string]V) []string {
	var out []string
	for key := range m {
		out = append(out, key)
	}
	slices.Sort(out)
	return out
}

var pcsItems = numbered(13, 0, 4)

// Sullivan 1995 and the manual of 2009: clinically relevant from 30.
var pcsTotal = scale{code: "total", direction: worse, items: pcsItems, needed: 13, bands: []cut{{"below_cutoff", 0}, {"clinically_relevant", 30}}}

func pcs() *kit {
	k := newKit(instrument{code: "pcs", items: pcsItems, layout: "by_number", score: summed(
		scale{code: "rumination", direction: worse, items: pick(pcsItems, "8", "9", "10", "11"), needed: 4},
		scale{code: "magnification", direction: worse, items: pick(pcsItems, "6", "7", "13"), needed: 3},
		scale{code: "helplessness", direction: worse, items: pick(pcsItems, "1", "2", "3", "4", "5", "12"), needed: 6},
		pcsTotal,
	)})
	k.sweep()
	k.edges("total", pcsTotal, 0, 29, 30, 31, 52)
	k.plain("published case, 10, 5, 6 and 21", k.row(0, 1, 2, 3, 0, 0, 1, 4, 2, 1, 3, 0, 4))
	k.plain("one blank, below the cut-off whatever it is", k.row(2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, -1))
	k.plain("one blank, the cut-off within reach", k.row(3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, -1))
	return k
}

var tskItems = numbered(17, 1, 4)

// Four items are turned round, 5 − x; above 37 is high (Vlaeyen 1995).
var tskTotal = scale{
	code: "total", direction: worse, items: tskItems, reversed: []string{"4", "8", "12", "16"}, needed: 17,
	bands: []cut{{"not_high", 17}, {"high", 38}},
}

func tsk() *kit {
	thirteen := pick(tskItems, "1", "2", "3", "5", "6", "7", "9", "10", "11", "13", "14", "15", "17")
	eleven := pick(tskItems, "1", "2", "3", "5", "6", "7", "10", "11", "13", "15", "17")
	k := newKit(instrument{code: "tsk_17", items: tskItems, layout: "by_number", score: summed(tskTotal,
		scale{code: "tsk_13", direction: worse, items: thirteen, needed: 13},
		scale{code: "tsk_11", direction: worse, items: eleven, needed: 11},
	)})
	k.sweep()
	k.edges("total", tskTotal, 17, 37, 38, 68)
	for _, same := range []int{1, 2, 3, 4} {
		k.plain("every item "+number(same), k.fill(func(int, item) int { return same }))
	}
	k.plain("every item 2 but the first", k.fill(func(i int, _ item) int { return min(i, 1) + 1 }))
	k.plain("worked case, 54", k.row(4, 3, 4, 2, 3, 2, 3, 1, 3, 4, 3, 2, 3, 2, 4, 2, 3))
	return k
}

// Engagement first, then willingness, whose four items are all turned round.
var cpaqItems = []item{
	{code: "business_of_living", high: 6}, {code: "normal_life", high: 6}, {code: "full_life", high: 6}, {code: "responsibilities", high: 6},
	{code: "pain_under_control", high: 6}, {code: "control_before_plans", high: 6}, {code: "avoid_situations", high: 6}, {code: "worries_true", high: 6},
}

func cpaqScore(p paper, _ []string) []score {
	willingness := codes(cpaqItems[4:])
	return summed(
		scale{code: "activity_engagement", direction: better, items: cpaqItems[:4], needed: 4},
		scale{code: "pain_willingness", direction: better, items: cpaqItems[4:], reversed: willingness, needed: 4},
		scale{code: "total", direction: better, items: cpaqItems, reversed: willingness, needed: 8},
	)(p, nil)
}

// cpaqAnswers are told apart at every place of every layout.
var cpaqAnswers = map[string]int{
	"business_of_living": 6, "normal_life": 5, "full_life": 4, "responsibilities": 3,
	"pain_under_control": 0, "control_before_plans": 1, "avoid_situations": 2, "worries_true": 4,
}

func cpaq() *kit {
	k := newKit(instrument{code: "cpaq_8", items: cpaqItems, layout: "blocked", named: true, score: cpaqScore})
	k.sweep()
	k.plain("worked case, 18, 18 and 36", k.row(6, 5, 4, 3, 0, 1, 2, 3))
	k.plain("a constant answer totals 24", k.row(5, 5, 5, 5, 5, 5, 5, 5))
	k.orders(map[string][]string{
		"blocked":       codes(cpaqItems),
		"cpaq_20_order": {"business_of_living", "normal_life", "full_life", "pain_under_control", "control_before_plans", "responsibilities", "avoid_situations", "worries_true"},
	}, cpaqAnswers)
	s := sheet{paper: k.row(6, 0, 5, 1, 4, 3, 2, 3), positional: true, layout: "alternating"}
	k.refused("layout alternating, which no site has confirmed", s, problem{"layout", "LAYOUT_NOT_CONFIRMED"})
	return k
}

// confirmed holds what a site may send that has compared a layout known from
// memory with its own form, and confirmed it.
func confirmed() *kit {
	k := newKit(instrument{code: "cpaq_8", items: cpaqItems, score: cpaqScore})
	k.name = "confirmed"
	k.orders(map[string][]string{"alternating": {
		"business_of_living", "pain_under_control", "normal_life", "control_before_plans",
		"full_life", "responsibilities", "avoid_situations", "worries_true",
	}}, cpaqAnswers)
	return k
}

func nprs() *kit {
	items := []item{{code: "average_pain", high: 10}}
	// Boonstra 2016: up to 5, 6 and 7, from 8.
	pain := scale{code: "average_pain", direction: worse, items: items, needed: 1, bands: []cut{{"mild", 0}, {"moderate", 6}, {"severe", 8}}}
	k := newKit(instrument{code: "nprs", items: items, layout: "standard", score: summed(pain)})
	k.sweep()
	k.edges("average pain", pain, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
	return k
}

func obq() *kit {
	items := numbered(11, 0, 3)
	sum := scale{code: "total", direction: better, items: items, needed: 11}
	k := newKit(instrument{code: "obq_11", items: items, layout: "standard", score: summed(sum)})
	k.sweep()
	k.plain("worked case, 15", k.row(0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2))
	return k
}
