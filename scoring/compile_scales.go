package scoring

import (
	"slices"
	"strings"
)

// term is what one item adds to a sum, in units of 1/den of its scale:
// base + weight × answer. A reversed item has a negative weight and the base
// that makes it min + max − answer.
type term struct {
	item         int
	weight, base int64
}

// weightCase holds the terms that apply at one answer to the choosing item.
type weightCase struct {
	value int32
	terms []term
}

type compiledStep struct {
	from   int64
	points int64 // in units of 1/den
}

// compiledScale is a scale as flat tables.
type compiledScale struct {
	code, kind, rule, line string
	direction              Direction
	decimals               int8
	items                  []int  // all it depends on, in the definition's order
	terms                  []term // sums, means, counts, profiles, indexes: in the scale's order
	den                    int64
	chooser                int // item that chooses the weights; -1 for none
	cases                  []weightCase
	threshold              int32
	steps                  []compiledStep
	parts                  []int // scales of a total
	atLeast                int   // items needed under RuleAtLeast
	shrinks                bool  // a not-applicable item leaves the denominator
	bands                  []BandInfo
	flags                  []FlagInfo
}

func (c *compiler) scales() {
	if len(c.def.Scales) > maxScales {
		c.add("scales", "a definition has at most %d scales", maxScales)
		return
	}
	used := make([]bool, len(c.in.items))
	for i := range c.def.Scales {
		d, path := &c.def.Scales[i], at("scales", i)
		c.code(path+".code", d.Code)
		if c.scaleIndex(d.Code) >= 0 {
			c.add(path+".code", "scale %s stands twice", d.Code)
		}
		before := len(c.problems)
		sc := c.scale(path, d)
		info := ScaleInfo{Code: d.Code, Kind: d.Kind, Direction: sc.direction, Decimals: sc.decimals,
			Domain: d.Domain, Group: d.Group, Line: d.Line, Descriptive: d.Descriptive, Rule: sc.rule, Def: d}
		for _, item := range sc.items {
			used[item] = true
			info.Items = append(info.Items, c.in.items[item].code)
		}
		if len(c.problems) == before && sc.numeric() {
			info.Lowest, info.Highest = c.in.extremes(&sc, make([]Response, len(c.in.items)))
			c.bandsAndFlags(path, d, &sc, info.Lowest, info.Highest)
		}
		if !sc.numeric() && (d.Bands != nil || len(d.Flags) > 0) {
			c.add(path, "a %s has no bands or flags", d.Kind)
		}
		c.change(path+".change", d)
		c.concepts(path+".codes", d.Codes)
		info.Bands, info.Flags = sc.bands, sc.flags
		c.in.scales = append(c.in.scales, sc)
		c.in.scaleInfo = append(c.in.scaleInfo, info)
	}
	for i, u := range used {
		if !u && len(c.def.Scales) > 0 {
			c.add(at("items", i), "item %s is in no scale", c.in.items[i].code)
		}
	}
}

// numeric reports whether a value is a number of the scale's own range.
func (sc *compiledScale) numeric() bool { return sc.kind != KindProfile && sc.kind != KindIndex }

func (c *compiler) scaleIndex(code string) int {
	return slices.IndexFunc(c.in.scales, func(s compiledScale) bool { return s.code == code })
}

func (c *compiler) scale(path string, d *ScaleDef) compiledScale {
	sc := compiledScale{code: d.Code, kind: d.Kind, line: d.Line, den: 1, chooser: -1}
	if !slices.Contains(directionWords, d.Direction) {
		c.add(path, "scale %s has no direction: say %s", d.Code, oneOf(directionWords))
	}
	switch d.Direction {
	case "higher_is_better":
		sc.direction = HigherIsBetter
	case "higher_is_worse":
		sc.direction = HigherIsWorse
	}
	c.evidence(path, d.Source, d.Known, false)
	c.strayKeys(path, d)
	switch {
	case !slices.Contains(kindWords, d.Kind):
		c.add(path, "kind of scale %s is not known", d.Code)
	case d.Kind == KindScales:
		c.total(path, d, &sc)
	default:
		c.terms(path, d, &sc)
		c.missingRule(path+".missing", d, &sc)
		c.kindRules(path, d, &sc)
	}
	if d.NotApplicable != "" && !slices.Contains(notApplicableWords, d.NotApplicable) {
		c.add(path+".not_applicable", "not_applicable must be %s", oneOf(notApplicableWords))
	}
	if sc.shrinks = d.NotApplicable == "shrinks"; sc.shrinks && d.Kind != KindMean && d.Kind != KindCount {
		c.add(path+".not_applicable", "not applicable can shrink a mean or a count only")
	}
	c.decimals(path+".decimals", d, &sc)
	return sc
}

// strayKeys refuses keys that the kind of scale would ignore: a rule that
// looks set and is not would be a silent error.
func (c *compiler) strayKeys(path string, d *ScaleDef) {
	stray := func(set bool, key string, kinds ...string) {
		if set && !slices.Contains(kinds, d.Kind) {
			c.add(path+"."+key, "%s has no meaning in a scale of kind %s", key, d.Kind)
		}
	}
	stray(len(d.Items) > 0, "items", KindItem, KindSum, KindMean, KindCount, KindSteps, KindProfile, KindIndex)
	stray(len(d.Reversed) > 0, "reversed", KindItem, KindSum, KindMean, KindSteps)
	stray(len(d.Weights) > 0, "weights", KindSum)
	stray(d.WeightsBy != nil, "weights_by", KindSum)
	stray(d.AtLeast != nil, "at_least", KindCount)
	stray(len(d.Steps) > 0, "steps", KindSteps)
	stray(len(d.Scales) > 0, "scales", KindScales)
	stray(d.Missing != MissingRule{}, "missing", KindItem, KindSum, KindMean, KindCount, KindSteps, KindProfile, KindIndex)
}

func (c *compiler) terms(path string, d *ScaleDef, sc *compiledScale) {
	order := c.itemRefs(path+".items", d.Items)
	c.wholeOnly(path+".items", "a scale reads", order...)
	if len(order) == 0 {
		c.add(path, "scale %s has no items", d.Code)
	}
	weights := c.weights(path, d, sc, order)
	for _, code := range d.Reversed {
		if !slices.Contains(d.Items, code) {
			c.add(path+".reversed", "item %s is reversed but not in scale %s", code, d.Code)
		}
	}
	if len(d.Reversed) != len(slices.Compact(slices.Sorted(slices.Values(d.Reversed)))) {
		c.add(path+".reversed", "an item stands twice")
	}
	if len(weights) == 1 && sc.chooser < 0 {
		sc.terms = c.termsWith(d, sc, order, weights[0])
	} else {
		for i := range sc.cases {
			sc.cases[i].terms = c.termsWith(d, sc, order, weights[i])
		}
	}
	sc.items = slices.Clone(order)
	if sc.chooser >= 0 {
		sc.items = append(sc.items, sc.chooser)
	}
	slices.Sort(sc.items)
	for _, code := range d.Reversed {
		if i, ok := c.in.index[code]; ok && slices.Contains(order, i) {
			c.in.itemInfo[i].ReversedIn = append(c.in.itemInfo[i].ReversedIn, d.Code)
		}
	}
}

// termsWith makes the terms of the items in order with the given weights.
func (c *compiler) termsWith(d *ScaleDef, sc *compiledScale, order []int, weights map[int]Exact) []term {
	var out []term
	for _, item := range order {
		w := sc.den
		if weights != nil {
			w = weights[item].Num * (sc.den / weights[item].Den)
		}
		t := term{item: item, weight: w}
		if it := &c.in.items[item]; slices.Contains(d.Reversed, it.code) {
			t = term{item: item, weight: -w, base: w * (int64(it.min) + int64(it.max))}
		}
		out = append(out, t)
	}
	return out
}

// weights returns the weights per item, one map per case of weights_by or a
// single one; nil stands for all 1. It sets the denominator and the cases.
func (c *compiler) weights(path string, d *ScaleDef, sc *compiledScale, order []int) []map[int]Exact {
	if d.WeightsBy == nil {
		if len(d.Weights) == 0 {
			return []map[int]Exact{nil}
		}
		return []map[int]Exact{c.weightMap(path+".weights", d.Weights, sc, order)}
	}
	by, path := d.WeightsBy, path+".weights_by"
	if len(d.Weights) > 0 {
		c.add(path, "give weights or weights_by, not both")
	}
	chooser, ok := c.in.index[by.Item]
	if !ok || slices.Contains(order, chooser) {
		c.add(path+".item", "the item that chooses the weights must be defined and must not be weighted itself")
		return nil
	}
	sc.chooser = chooser
	c.wholeOnly(path+".item", "a scale reads", chooser)
	var maps []map[int]Exact
	var values []int32
	for i, k := range by.Cases {
		sc.cases = append(sc.cases, weightCase{value: k.Value})
		values = append(values, k.Value)
		maps = append(maps, c.weightMap(at(path+".cases", i)+".weights", k.Weights, sc, order))
	}
	it := &c.in.items[chooser]
	for v := it.min; v <= it.max && v-it.min <= maxItems; v++ {
		if it.allows(v) != slices.Contains(values, v) {
			c.add(path, "cases must cover exactly the answers of item %s", by.Item)
			break
		}
	}
	if !strictlyAscending(values) || len(values) == 0 || it.max-it.min > maxItems || values[0] < it.min || values[len(values)-1] > it.max {
		c.add(path, "cases must be the answers of item %s, in ascending order", by.Item)
	}
	return maps
}

func (c *compiler) weightMap(path string, list []Weight, sc *compiledScale, order []int) map[int]Exact {
	out := map[int]Exact{}
	for i, w := range list {
		item, ok := c.in.index[w.Item]
		if _, twice := out[item]; !ok || twice || !slices.Contains(order, item) {
			c.add(at(path, i), "item %s is not in the scale, or weighted twice", w.Item)
			continue
		}
		_, decimals, _ := w.Weight.parse()
		e, err := w.Weight.Exact()
		if err != nil || decimals > maxWeightDecs || e.Num == 0 || e.Cmp(Whole(maxWeight)) > 0 || e.Cmp(Whole(-maxWeight)) < 0 {
			c.add(at(path, i), "weight must be a decimal other than 0, within ±%d, with at most %d decimals", maxWeight, maxWeightDecs)
			e = Whole(1)
		}
		out[item] = e
		sc.den = sc.den / gcd(sc.den, e.Den) * e.Den
	}
	for _, item := range order {
		if _, ok := out[item]; !ok {
			c.add(path, "item %s has no weight", c.in.items[item].code)
			out[item] = Whole(1)
		}
	}
	return out
}

// total compiles a sum of scales. Its parts must not share an item: then the
// lowest and highest possible totals are the sums of those of the parts.
func (c *compiler) total(path string, d *ScaleDef, sc *compiledScale) {
	sc.rule = RuleAllScales
	if len(d.Scales) < 2 {
		c.add(path, "scale %s must add up at least two scales", d.Code)
	}
	for i, code := range d.Scales {
		part := c.scaleIndex(code)
		if part < 0 || slices.Contains(sc.parts, part) || !c.in.scales[part].numeric() {
			c.add(at(path+".scales", i), "%s is not a scale with a number that stands earlier, or stands twice", code)
			continue
		}
		for _, item := range c.in.scales[part].items {
			if slices.Contains(sc.items, item) {
				c.add(at(path+".scales", i), "item %s would be counted twice", c.in.items[item].code)
			}
			sc.items = append(sc.items, item)
		}
		sc.parts = append(sc.parts, part)
	}
	slices.Sort(sc.items)
	sc.items = slices.Compact(sc.items)
	common := 1.0
	for _, part := range sc.parts {
		if p := &c.in.scales[part]; p.rule != RuleAll || p.kind == KindMean {
			common *= float64(len(p.items))
		}
	}
	if common > 1e6 { // the common denominator of the parts must leave room for the sum in int64
		c.add(path, "scale %s adds up too many prorated scales", d.Code)
	}
}

// RuleAllScales is the rule of a total: it needs a value of each of its parts.
const RuleAllScales = "all_scales"

func (c *compiler) decimals(path string, d *ScaleDef, sc *compiledScale) {
	fractions := d.Kind == KindMean || sc.den > 1
	endless := d.Kind == KindMean
	for _, part := range sc.parts {
		fractions = fractions || c.in.scales[part].decimals != 0
		endless = endless || c.in.scales[part].kind == KindMean
	}
	switch {
	case d.Decimals == "" && fractions:
		c.add(strings.TrimSuffix(path, ".decimals"), "scale %s can have fractions: say how many decimals", d.Code)
	case d.Decimals == "":
	case d.Kind == KindIndex || d.Kind == KindProfile:
		c.add(path, "decimals has no meaning in a scale of kind %s", d.Kind)
	case !slices.Contains(decimalsWords, d.Decimals):
		c.add(path, "decimals must be 0 to 6 or as_needed")
	case d.Decimals == "as_needed" && endless:
		c.add(path, "a mean needs a number of decimals")
	case d.Decimals == "as_needed":
		sc.decimals = AsNeeded
	default:
		sc.decimals = int8(d.Decimals[0] - '0')
	}
}
