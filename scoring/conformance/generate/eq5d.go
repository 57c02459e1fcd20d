package main

import (
	"fmt"
	"math/big"
	"strconv"
)

var dimensions = []string{"mobility", "self_care", "usual_activities", "pain_discomfort", "anxiety_depression"}

// eq5d is one descriptive system with its value sets.
type eq5d struct {
	code   string
	levels int
	sets   []valueSet
}

func (e eq5d) items() []item {
	var out []item
	for _, d := range dimensions {
		out = append(out, item{code: d, low: 1, high: e.levels})
	}
	return append(out, item{code: "vas", high: 100})
}

// score gives one index for each value set, the VAS, the level sum and the
// profile. Without a value set there is one index, which is refused.
func (e eq5d) score(p paper, valueSets []string) []score {
	index := score{Scale: "index", Direction: better, Expected: 5, Imputed: []string{}, Flags: []string{}}
	choices := map[string][]int{}
	for _, d := range dimensions {
		choices[d] = item{low: 1, high: e.levels}.answers()
		if n, ok := p.answer(d); ok {
			index.Answered++
			choices[d] = []int{n}
		}
	}
	states := combinations(dimensions, choices)
	missing := p.missing(dimensions)
	var out []score
	for _, id := range valueSets {
		out = append(out, e.index(index, id, states, missing))
	}
	if len(valueSets) == 0 {
		out = append(out, index.refuse(notNamed, missing))
	}
	return append(out, e.others(p, missing)...)
}

// index values every state that the answers allow.
func (e eq5d) index(s score, id string, states [][]int, missing []string) score {
	set := e.set(id)
	s.ValueSet = id
	for _, state := range states {
		v := set.value(state)
		if s.low == nil || v.Cmp(s.low) < 0 {
			s.low = v
		}
		if s.high == nil || v.Cmp(s.high) > 0 {
			s.high = v
		}
	}
	if len(missing) > 0 {
		return s.refuse(tooFew, missing).between(set.decimals, nil)
	}
	return s.value(s.low, set.decimals, nil, nil, nil)
}

func (e eq5d) set(id string) valueSet {
	for _, v := range e.sets {
		if v.id == id {
			return v
		}
	}
	panic("no value set " + id)
}

func (e eq5d) others(p paper, missing []string) []score {
	items := e.items()
	vas := scale{code: "vas", direction: better, items: items[5:], needed: 1}.score(p)
	sum := scale{code: "level_sum", direction: worse, items: items[:5], needed: 5}.score(p)
	profile := score{Scale: "profile", Direction: none, Answered: sum.Answered, Expected: 5, Imputed: []string{}, Flags: []string{}}
	if len(missing) > 0 {
		return []score{vas, sum, profile.refuse(tooFew, missing)}
	}
	for _, d := range dimensions {
		profile.Profile += p.reply(d)
	}
	return []score{vas, sum, profile}
}

func eq5d3l() *kit {
	return eq5d{"eq_5d_3l", 3, []valueSet{ukTTO1997, seTTO2014, ukVAS1997, dkTTO2009}}.kit("11121", "21232", "22323")
}

func eq5d5l() *kit {
	return eq5d{"eq_5d_5l", 5, []valueSet{seTTO2020, seCTTO2022, england2018, uk2026, dk2021, no2024, ukCrosswalk2012}}.kit(
		"21342", "32543", "12255", "22445")
}

// kit has at least 60 states of each value set: the published anchors, every
// level of each dimension alone, and a spread.
func (e eq5d) kit(anchors ...string) *kit {
	var ids []string
	for _, v := range e.sets {
		ids = append(ids, v.id)
	}
	k := newKit(instrument{code: e.code, items: e.items(), layout: "form", sets: ids, score: e.score})
	k.sweep()
	for level := 1; level <= e.levels; level++ {
		anchors = append(anchors, fmt.Sprintf("%[1]d%[1]d%[1]d%[1]d%[1]d", level))
	}
	for _, a := range anchors {
		k.state("anchor "+a, a)
	}
	for at := range dimensions {
		for level := 1; level <= e.levels; level++ {
			for _, others := range []int{1, e.levels} {
				digits := []byte(fmt.Sprintf("%[1]d%[1]d%[1]d%[1]d%[1]d", others))
				digits[at] = byte('0' + level)
				if level != others {
					k.state("state "+string(digits), string(digits))
				}
			}
		}
	}
	k.spread(e.levels)
	k.valueSetCases(ids)
	return k
}

func (k *kit) state(name, digits string) {
	var p paper
	for i, d := range dimensions {
		p = append(p, entry{d, digits[i : i+1]})
	}
	n, _ := strconv.Atoi(digits)
	k.whole(name, append(p, entry{"vas", number(n % 101)}))
}

// spread walks through all states in steps that meet every pair of levels.
func (k *kit) spread(levels int) {
	states := 1
	for range dimensions {
		states *= levels
	}
	step := map[int]int{3: 5, 5: 37}[levels]
	for at := step; at < states; at += step {
		digits, rest := "", at
		for range dimensions {
			digits += number(rest%levels + 1)
			rest /= levels
		}
		if id := "state " + digits; !k.seen[k.id(id)] && !k.seen[k.id("anchor "+digits)] {
			k.state(id, digits)
		}
	}
}

func (k *kit) valueSetCases(ids []string) {
	p := k.mixed(2)
	k.plain("no value set named", p)
	k.plain("no value set named, one dimension blank", p.with("pain_discomfort", blank))
	for _, id := range ids {
		k.scored("value set "+id+" alone", sheet{paper: p, valueSets: []string{id}}, p)
	}
	k.scored("two value sets in the order asked for", sheet{paper: p, valueSets: []string{ids[1], ids[0]}}, p)
	twice := sheet{paper: p, valueSets: []string{ids[0], ids[1], ids[0]}}
	k.refused("a value set named twice", twice, problem{"value_sets[2]", "DUPLICATE_VALUE_SET"})
	other := map[string]string{"eq_5d_3l": "se_tto_2020", "eq_5d_5l": "uk_tto_1997"}[k.inst.code]
	k.refused("a value set of the other EQ-5D", sheet{paper: p, valueSets: []string{ids[0], other}}, problem{"value_sets[1]", "UNKNOWN_VALUE_SET"})
	k.scored("two dimensions blank", sheet{paper: p.with("mobility", blank).with("self_care", declined), valueSets: ids},
		p.with("mobility", blank).with("self_care", declined))
	for _, n := range []int{0, 1, 99, 100} {
		k.plain(fmt.Sprintf("vas %d", n), p.with("vas", number(n)))
	}
	k.plain("vas blank, the index stands", p.with("vas", blank))
}

// rat reads a decimal as it is printed in its source.
func rat(decimal string) *big.Rat {
	r, ok := new(big.Rat).SetString(decimal)
	if !ok {
		panic("no decimal: " + decimal)
	}
	return r
}
