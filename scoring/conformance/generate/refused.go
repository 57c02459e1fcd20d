package main

import "fmt"

// badAnswers puts an answer below and above the range of each item.
func (k *kit) badAnswers() {
	base := k.mixed(6)
	for i, it := range k.inst.items {
		at := fmt.Sprintf("answers[%d].value", i)
		k.refused(it.name()+" below its range", k.sheet(base.with(it.code, number(it.low-1))), problem{at, "OUT_OF_RANGE"})
		k.refused(it.name()+" above its range", k.sheet(base.with(it.code, number(it.high+1))), problem{at, "OUT_OF_RANGE"})
	}
	first := k.inst.items[0].code
	k.refused("999 is no code for a missing answer", k.sheet(base.with(first, "999")), problem{"answers[0].value", "OUT_OF_RANGE"})
	k.refused("-9 is no code for a missing answer", k.sheet(base.with(first, "-9")), problem{"answers[0].value", "OUT_OF_RANGE"})
}

// badSheets are wrong as a whole. Each carries good answers otherwise.
func (k *kit) badSheets() {
	base, n := k.mixed(1), len(k.inst.items)
	last := k.inst.items[n-1]
	unknown := append(base.with(last.code, number(last.high+1)), entry{"no_such_item", "1"})
	k.refused("unknown item", k.sheet(append(base.with(last.code, blank), entry{"no_such_item", "1"})),
		problem{fmt.Sprintf("answers[%d].item", n), "UNKNOWN_ITEM"})
	k.refused("every problem at once", k.sheet(unknown),
		problem{fmt.Sprintf("answers[%d].value", n-1), "OUT_OF_RANGE"}, problem{fmt.Sprintf("answers[%d].item", n), "UNKNOWN_ITEM"})

	s := k.sheet(base)
	s.coding = "no_such_coding"
	k.refused("unknown coding", s, problem{"coding", "UNKNOWN_CODING"})
	s = k.sheet(base)
	s.version = "no_such_version"
	k.refused("unknown version", s, problem{"version", "UNKNOWN_VERSION"})
	s = k.sheet(base)
	s.valueSets = []string{"no_such_set"}
	k.refused("unknown value set", s, problem{"value_sets[0]", "UNKNOWN_VALUE_SET"})
	s = k.sheet(base)
	s.both, s.layout = true, k.inst.layout
	k.refused("answers and positions both", s, problem{"positions", "ANSWERS_AND_POSITIONS"})
	k.badPositions()
}

func (k *kit) badPositions() {
	base, n := k.mixed(1), len(k.inst.items)
	positions := func(p paper, layout string) sheet {
		s := k.sheet(p)
		s.positional, s.layout = true, layout
		return s
	}
	if n > 1 {
		k.refused("one position too few", positions(base[:n-1], k.inst.layout), problem{"positions", "WRONG_COUNT"})
	}
	extra := k.inst.items[n-1].code
	k.refused("one position too many", positions(append(base, entry{extra, base.reply(extra)}), k.inst.layout), problem{"positions", "WRONG_COUNT"})
	k.refused("unknown layout", positions(base, "no_such_layout"), problem{"layout", "UNKNOWN_LAYOUT"})
	if k.inst.named {
		k.refused("several layouts in use, none named", positions(base, ""), problem{"layout", "LAYOUT_NOT_NAMED"})
	}
	last := k.inst.items[n-1]
	k.refused("last position above its range", positions(base.with(last.code, number(last.high+1)), k.inst.layout),
		problem{fmt.Sprintf("positions[%d]", n-1), "OUT_OF_RANGE"})
}

// requests are sheets whose instrument is not known.
func requests() *kit {
	k := &kit{name: "requests", seen: map[string]bool{}}
	for _, c := range []struct{ name, instrument, reason string }{
		{"no instrument", "", "REQUIRED"},
		{"unknown instrument", "no_such_instrument", "UNKNOWN_INSTRUMENT"},
		{"an instrument's code is in lower case", "HADS", "UNKNOWN_INSTRUMENT"},
	} {
		s := sheet{paper: paper{{"1", "1"}}, instrument: c.instrument}
		k.refusedAs(c.name, s.line(k.id(c.name)), problem{"instrument", c.reason})
	}
	return k
}
