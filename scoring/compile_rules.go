package scoring

import "slices"

// missingRule compiles how many items a scale can do without. A rule that lets
// some be missing needs a source: none is invented.
func (c *compiler) missingRule(path string, d *ScaleDef, sc *compiledScale) {
	m := d.Missing
	sc.rule = m.Rule
	switch {
	case m.Rule == "" && m != MissingRule{}: // it looks set and would not be
		c.add(path, "missing has no rule: say %s", oneOf(ruleWords))
	case m.Rule == "" || m.Rule == RuleAll:
		sc.rule = RuleAll
	case slices.Contains(ruleWords, m.Rule):
		c.evidence(path, m.Source, m.Known, false)
		c.prorationRules(path, d, sc)
	default:
		c.add(path+".rule", "rule must be %s", oneOf(ruleWords))
	}
	if m.Rule == RuleAtLeast {
		sc.atLeast = m.Items
		if m.Items < 1 || m.Items > len(sc.items) {
			c.add(path+".items", "at_least needs a number of items from 1 to %d", len(sc.items))
		}
	} else if m.Items != 0 {
		c.add(path+".items", "items has a meaning with at_least only")
	}
}

// prorationRules: a person's mean can stand in only where all items count the
// same on the same range; otherwise the score could leave the scale's range.
func (c *compiler) prorationRules(path string, d *ScaleDef, sc *compiledScale) {
	if d.Kind != KindSum && d.Kind != KindMean || len(d.Weights) > 0 || d.WeightsBy != nil {
		c.add(path+".rule", "only an unweighted sum or mean can do without items")
	}
	for _, item := range sc.items {
		if a, b := &c.in.items[item], &c.in.items[sc.items[0]]; a.min != b.min || a.max != b.max {
			c.add(path+".rule", "items %s and %s differ in range, so a mean cannot stand in", b.code, a.code)
			return
		}
	}
}

// kindRules checks what only one kind of scale needs.
func (c *compiler) kindRules(path string, d *ScaleDef, sc *compiledScale) {
	switch d.Kind {
	case KindItem:
		if len(d.Items) != 1 {
			c.add(path+".items", "a scale of kind item has exactly one")
		}
	case KindCount:
		if d.AtLeast == nil {
			c.add(path, "count needs at_least")
			return
		}
		sc.threshold = *d.AtLeast
		for _, item := range sc.items {
			if it := &c.in.items[item]; sc.threshold <= it.min || sc.threshold > it.max {
				c.add(path+".at_least", "every answer or none to item %s would count", it.code)
			}
		}
	case KindSteps:
		c.steps(path, d, sc)
	case KindProfile:
		for _, item := range sc.items {
			if it := &c.in.items[item]; it.min < 1 || it.max > 9 || len(sc.items) > 9 {
				c.add(path, "a profile has at most 9 items with levels within 1 to 9")
				break
			}
		}
	case KindIndex:
		c.index(path, d, sc)
	}
}

// steps compiles a point table. Items must take every whole number of their
// range: then every sum between the lowest and the highest can occur, and the
// points still possible are those of the steps in between.
func (c *compiler) steps(path string, d *ScaleDef, sc *compiledScale) {
	var low, high int64
	for _, item := range sc.items {
		it := &c.in.items[item]
		if it.values != nil {
			c.add(path, "item %s does not take every whole number of its range", it.code)
		}
		low, high = low+int64(it.min), high+int64(it.max)
	}
	points := make([]Exact, len(d.Steps))
	for i, s := range d.Steps {
		e, err := s.Points.Exact()
		if _, decimals, _ := s.Points.parse(); err != nil || decimals > maxWeightDecs {
			c.add(at(path+".steps", i)+".points", "points must be a decimal with at most %d decimals", maxWeightDecs)
			e = Whole(0)
		}
		points[i] = e
		sc.den = sc.den / gcd(sc.den, e.Den) * e.Den
		from := int64(s.From)
		if i == 0 && from != low || i > 0 && from <= int64(d.Steps[i-1].From) || from > high {
			c.add(at(path+".steps", i)+".from", "steps must start at the lowest sum (%d), ascend and stay within the highest (%d)", low, high)
		}
	}
	for i, p := range points {
		sc.steps = append(sc.steps, compiledStep{from: int64(d.Steps[i].From), points: p.Num * (sc.den / p.Den)})
	}
	if len(d.Steps) < 2 {
		c.add(path, "scale %s needs a table of at least two steps", d.Code)
	}
	if len(d.Steps) == 0 { // a total that this scale is part of still asks for its range
		sc.steps = []compiledStep{{from: low}}
	}
}

func (c *compiler) index(path string, d *ScaleDef, sc *compiledScale) {
	for _, v := range c.in.valueSets {
		same := len(v.items) == len(d.Items)
		for i := 0; same && i < len(d.Items); i++ {
			item, ok := c.in.index[d.Items[i]]
			same = ok && v.items[i] == d.Items[i] && c.in.items[item].min == 1 &&
				int(c.in.items[item].max) == v.levels && c.in.items[item].values == nil
		}
		if !same {
			c.add(path+".items", "value set %s has other dimensions or levels than scale %s", v.ID(), d.Code)
		}
	}
}

// bandsAndFlags compiles the cut-offs. Bands must split the whole range without
// gap or overlap, as published; between two of them the lower bound decides.
func (c *compiler) bandsAndFlags(path string, d *ScaleDef, sc *compiledScale, low, high Exact) {
	if d.Bands != nil {
		c.bands(path+".bands", d, sc, low, high)
	}
	seen := map[string]bool{}
	for i, f := range d.Flags {
		at := at(path+".flags", i)
		c.code(at+".code", f.Code)
		c.evidence(at, f.Source, f.Known, false)
		from, err := f.From.Exact()
		if err != nil || from.Cmp(low) <= 0 || from.Cmp(high) > 0 || seen[f.Code] {
			c.add(at, "flag %s must start above the lowest score and within the range, and stand once", f.Code)
			continue
		}
		seen[f.Code] = true
		sc.flags = append(sc.flags, FlagInfo{Code: f.Code, From: from})
	}
}

func (c *compiler) bands(path string, d *ScaleDef, sc *compiledScale, low, high Exact) {
	c.evidence(path, d.Bands.Source, d.Bands.Known, false)
	if d.Bands.Population == "" {
		c.add(path, "bands need the population they come from")
	}
	decimals := 0
	for _, b := range d.Bands.List {
		_, df, _ := b.From.parse()
		_, dt, _ := b.To.parse()
		decimals = max(decimals, df, dt)
	}
	unit, expect := Exact{1, int64(pow10[decimals])}, low
	seen := map[string]bool{}
	for i, b := range d.Bands.List {
		path := at(path+".list", i)
		c.code(path+".code", b.Code)
		if seen[b.Code] {
			c.add(path+".code", "band %s stands twice", b.Code)
		}
		seen[b.Code] = true
		from, err1 := b.From.Exact()
		to, err2 := b.To.Exact()
		if err1 != nil || err2 != nil || from.Cmp(to) > 0 {
			c.add(path, "band %s needs from and to, from not above to", b.Code)
			return
		}
		switch from.Cmp(expect) {
		case -1:
			c.add(path+".from", "band %s overlaps the one before or starts below the lowest score: expected from %s", b.Code, expect)
		case 1:
			c.add(path+".from", "there is a gap before band %s: expected from %s", b.Code, expect)
		}
		expect = to.Add(unit)
		sc.bands = append(sc.bands, BandInfo{Code: b.Code, From: from})
	}
	if len(d.Bands.List) < 2 || expect.Cmp(high.Add(unit)) != 0 {
		c.add(path, "bands must be at least two and end at the highest score, %s", high)
	}
}

func (c *compiler) change(path string, d *ScaleDef) {
	if d.Change == nil {
		return
	}
	if d.Descriptive || d.Kind == KindProfile {
		c.add(path, "a descriptive scale has no thresholds of change")
	}
	c.thresholds(path+".mcid", d.Change.MCID)
	c.thresholds(path+".sdc", d.Change.SDC)
	c.percent(path+".percent", d.Change.Percent)
}

// percent checks the classes of reduction in percent.
func (c *compiler) percent(path string, rule *PercentRule) {
	if rule == nil {
		return
	}
	c.evidence(path, rule.Source, rule.Known, false)
	if len(rule.Classes) == 0 {
		c.add(path+".classes", "percent needs at least one class")
	}
	before := 0
	for i, class := range rule.Classes {
		path := at(path+".classes", i)
		if class.Code == "" {
			c.add(path+".code", "a class needs a code")
		}
		if class.From <= before || class.From > 100 {
			c.add(path+".from", "classes rise from above 0 to at most 100 percent")
		}
		before = class.From
	}
}

func (c *compiler) thresholds(path string, list []Threshold) {
	for i, t := range list {
		path := at(path, i)
		low, err1 := t.Low.Exact()
		high, err2 := t.High.Exact()
		if err1 != nil || err2 != nil || low.Num <= 0 || low.Cmp(high) > 0 {
			c.add(path, "a threshold needs low and high above 0, low not above high")
		}
		if len(t.Sources) == 0 {
			c.evidence(path, "", t.Known, false)
		}
		for _, s := range t.Sources {
			c.evidence(path, s, t.Known, false)
		}
		if t.Population == "" {
			c.add(path, "a threshold needs the population it was found in")
		}
		if t.Period != "" && !slices.Contains(periodWords, t.Period) {
			c.add(path+".period", "period must be one_year or left out")
		}
		for _, bound := range []Decimal{t.EarlierAtMost, t.EarlierAbove} {
			if _, err := bound.Exact(); bound != "" && err != nil {
				c.add(path, "earlier_at_most and earlier_above must be decimals")
			}
		}
	}
}
