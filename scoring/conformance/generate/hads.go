package main

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
)

// numbered makes items 1 to n with one range.
func numbered(n, low, high int) []item {
	var out []item
	for i := 1; i <= n; i++ {
		out = append(out, item{code: strconv.Itoa(i), low: low, high: high})
	}
	return out
}

// pick returns the items of these codes, in the order of the form.
func pick(items []item, codes ...string) []item {
	var out []item
	for _, it := range items {
		if slices.Contains(codes, it.code) {
			out = append(out, it)
		}
	}
	return out
}

var hadsItems = numbered(14, 0, 3)

// Zigmond & Snaith 1983: the odd items are anxiety, the even ones depression;
// 0–7, 8–10, 11–21. Bjelland 2002: a case from 8. Bell 2016: half of a
// subscale's items are enough, that is 4 of 7.
var hadsScales = []scale{
	{
		code: "anxiety", direction: worse, items: pick(hadsItems, "1", "3", "5", "7", "9", "11", "13"), needed: 4,
		bands: []cut{{"normal", 0}, {"possible", 8}, {"probable", 11}}, flags: []cut{{"caseness", 8}},
	},
	{
		code: "depression", direction: worse, items: pick(hadsItems, "2", "4", "6", "8", "10", "12", "14"), needed: 4,
		bands: []cut{{"normal", 0}, {"possible", 8}, {"probable", 11}}, flags: []cut{{"caseness", 8}},
	},
}

// The printed form shows 3, 2, 1, 0 from top to bottom at these items and
// 0, 1, 2, 3 at the others.
var hadsDescending = []string{"1", "3", "5", "6", "8", "10", "11", "13"}

func hadsScore(p paper, _ []string) []score {
	a, d := hadsScales[0].score(p), hadsScales[1].score(p)
	return []score{a, d, total("total", worse, 0, nil, codes(hadsItems), p, a, d)}
}

func hads() *kit {
	k := newKit(instrument{code: "hads", items: hadsItems, layout: "by_number", score: hadsScore})
	k.sweep()
	k.plain("published case, 11 and 7", k.row(3, 1, 1, 0, 0, 2, 1, 3, 2, 0, 1, 1, 3, 0))
	k.hadsProration()
	k.hadsBoxes()
	for i, s := range hadsScales {
		k.edges(s.code, s, 0, 7, 8, 10, 11, 21)
		other := codes(hadsScales[1-i].items)
		for _, sum := range []int{6, 9} { // 7 exactly; 10.5, which is not 11
			p := k.reaching(s, sum, pick(hadsItems, codes(s.items)[1:]...)).with(codes(s.items)[0], blank).withAll(other, "1")
			k.plain(fmt.Sprintf("%s prorated from %d over six items", s.code, sum), p)
		}
	}
	sixths := k.row(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, -1, -1) // 7/6 each: 2.33 together, 1.17 twice would be 2.34
	k.plain("two prorated halves, rounded once", sixths)
	k.plain("a quarter and a sixth, rounded once", k.row(2, 1, 1, 1, 1, 2, 1, 1, -1, 1, -1, 1, -1, -1))
	return k
}

// hadsProration leaves one, two, three and four items of a subscale without an
// answer, so that each item is missing at each number.
func (k *kit) hadsProration() {
	full := k.row(3, 1, 1, 0, 0, 2, 1, 3, 2, 0, 1, 1, 3, 0)
	kinds := []string{blank, declined, unreadable, notAsked}
	for _, s := range hadsScales {
		for gone := 2; gone <= 4; gone++ {
			for from := range s.items {
				p := full
				for i := range gone {
					p = p.with(s.items[(from+i)%7].code, kinds[i])
				}
				k.plain(fmt.Sprintf("%s with %d of 7 answered, from item %s", s.code, 7-gone, s.items[from].code), p)
			}
		}
		k.plain(s.code+" with none of 7 answered", full.withAll(codes(s.items), blank))
	}
	k.plain("anxiety prorated from equal answers is theirs", k.row(2, 0, 2, 0, 2, 0, 2, 0, -1, 0, -1, 0, -1, 0))
	k.plain("a quarter of a point", k.row(3, 0, 2, 0, 0, 0, 0, 0, -1, 0, -1, 0, -1, 0))
	k.plain("both subscales prorated", k.row(3, -1, 2, 1, 1, 1, 2, 1, -1, 1, -1, -1, -1, 1))
	k.plain("one prorated, the other refused", k.row(-1, -1, 2, -1, 1, -1, 2, 3, 1, 3, 1, -1, 1, 3))
}

// hadsBoxes sends boxes counted from the top of the printed form, 1 to 4.
func (k *kit) hadsBoxes() {
	meant := func(it string, box int) string {
		if slices.Contains(hadsDescending, it) {
			return number(4 - box)
		}
		return number(box - 1)
	}
	send := func(name string, positional bool, boxes func(it string) int) {
		var sent, values paper
		for _, it := range hadsItems {
			sent = append(sent, entry{it.code, number(boxes(it.code))})
			values = append(values, entry{it.code, meant(it.code, boxes(it.code))})
		}
		k.scored(name, sheet{paper: sent, coding: "box_position", positional: positional}, values)
	}
	for box := 1; box <= 4; box++ {
		send(fmt.Sprintf("box %d from the top on every item", box), true, func(string) int { return box })
	}
	for _, alone := range hadsItems {
		send("first box at item "+alone.code+", last box elsewhere", false, func(it string) int {
			if it == alone.code {
				return 1
			}
			return 4
		})
		send("second box at item "+alone.code+", third box elsewhere", true, func(it string) int {
			if it == alone.code {
				return 2
			}
			return 3
		})
	}
	boxes := k.row(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)
	k.refused("box 0 and box 5 do not exist", sheet{paper: boxes.with("1", "0").with("2", "5").with("4", "0").with("6", "5"), coding: "box_position"},
		problem{"answers[0].value", "OUT_OF_RANGE"}, problem{"answers[1].value", "OUT_OF_RANGE"},
		problem{"answers[3].value", "OUT_OF_RANGE"}, problem{"answers[5].value", "OUT_OF_RANGE"})
	one := paper{{"1", "1"}, {"2", "1"}}
	k.scored("boxes with blanks", sheet{paper: one, coding: "box_position"}, paper{{"1", "3"}, {"2", "0"}})
}

// row fills in the form from the first item on; -1 stands for a blank.
func (k *kit) row(values ...int) paper {
	var p paper
	for i, it := range k.inst.items {
		reply := number(values[i])
		if values[i] == -1 {
			reply = blank
		}
		p = append(p, entry{it.code, reply})
	}
	return p
}

// reaching answers some items of a scale so that the others being at their
// lowest points the scale has a sum.
func (k *kit) reaching(s scale, sum int, free []item) paper {
	p := k.lowest()
	rest := int64(sum)
	for _, it := range s.items {
		least := min(s.points(it, it.low), s.points(it, it.high))
		rest -= least
		for _, n := range it.answers() {
			if s.points(it, n) == least {
				p = p.with(it.code, number(n))
			}
		}
	}
	for _, it := range free {
		least, best, points := min(s.points(it, it.low), s.points(it, it.high)), 0, int64(-1)
		for _, n := range it.answers() {
			if more := s.points(it, n) - least; more <= rest && more > points {
				best, points = n, more
			}
		}
		p = p.with(it.code, number(best))
		rest -= points
	}
	if rest != 0 {
		panic(fmt.Sprintf("%s cannot reach %d", s.code, sum))
	}
	return p
}

// edges adds a complete sheet at each of some sums of a scale.
func (k *kit) edges(name string, s scale, sums ...int) {
	for _, sum := range sums {
		p := k.reaching(s, sum, s.items)
		if got := s.score(p); got.exact.Cmp(big.NewRat(int64(sum), 1)) != 0 {
			panic(fmt.Sprintf("%s is %s, not %d", s.code, got.Value, sum))
		}
		k.plain(fmt.Sprintf("%s exactly %d", name, sum), p)
	}
}
