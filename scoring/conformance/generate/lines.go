package main

import (
	"fmt"
	"strings"
)

// lines are what only a line of text can hold: numbers that are not whole, text
// for a number, a key that stands twice. They are for who sends JSON Lines; in
// the gRPC contract most of them cannot be written down.
func lines() *kit {
	k := &kit{name: "lines", seen: map[string]bool{}, inst: instrument{code: "nprs"}}
	k.inst = nprs().inst
	for _, c := range []struct{ reply, means string }{
		{"2.0", "2"}, {"2e0", "2"}, {"20e-1", "2"}, {"0.2E1", "2"}, {"1e1", "10"}, {"-0", "0"}, {"-0.0", "0"}, {"0e9", "0"},
	} {
		k.scored(c.reply+" is whole", sheet{paper: paper{{"average_pain", c.reply}}}, paper{{"average_pain", c.means}})
	}
	for _, c := range []struct{ reply, reason string }{
		{"2.5", "NOT_WHOLE"}, {"0.1", "NOT_WHOLE"}, {"-0.5", "NOT_WHOLE"}, {"5e-1", "NOT_WHOLE"}, {"10.000001", "NOT_WHOLE"},
		{"4294967297", "OUT_OF_RANGE"}, {"1e99", "OUT_OF_RANGE"}, {"-1e99", "OUT_OF_RANGE"},
		{`"5"`, "BAD_ANSWER"}, {`""`, "BAD_ANSWER"}, {`"five"`, "BAD_ANSWER"}, {`"left_blank"`, "BAD_ANSWER"},
		{"true", "BAD_ANSWER"}, {"[5]", "BAD_ANSWER"}, {"{}", "BAD_ANSWER"},
	} {
		name := strings.ReplaceAll(c.reply, `"`, "'")
		k.refused(name+" as an answer", sheet{paper: paper{{"average_pain", c.reply}}}, problem{"answers[0].value", c.reason})
		k.refused(name+" as a position", sheet{paper: paper{{"average_pain", c.reply}}, positional: true}, problem{"positions[0]", c.reason})
	}
	k.duplicates()
	k.shapes()
	return k
}

// duplicates give one item two answers. Many JSON parsers keep the last one in
// silence: read the pairs of the object instead.
func (k *kit) duplicates() {
	for _, c := range []struct{ name, first, second string }{
		{"an item twice", "5", "6"}, {"an item twice with one answer", "5", "5"}, {"an item twice, first blank", "null", "5"},
	} {
		k.refused(c.name, sheet{paper: paper{{"average_pain", c.first}, {"average_pain", c.second}}}, problem{"answers[1].item", "DUPLICATE_ITEM"})
	}
	k.refused("an item twice, the first out of range", sheet{paper: paper{{"average_pain", "11"}, {"average_pain", "5"}}},
		problem{"answers[0].value", "OUT_OF_RANGE"}, problem{"answers[1].item", "DUPLICATE_ITEM"})
}

// shapes are lines whose keys are wrong.
func (k *kit) shapes() {
	for _, c := range []struct {
		name, rest string
		problems   []problem
	}{
		{"a key that is not known", `"instrument":"nprs","answers":{"average_pain":5},"patient":"1"`, []problem{{"keys[3]", "UNKNOWN_FIELD"}}},
		{"a key twice", `"instrument":"nprs","answers":{"average_pain":5},"answers":{"average_pain":6}`, []problem{{"answers", "DUPLICATE_FIELD"}}},
		{"answers are no list", `"instrument":"nprs","answers":[5]`, []problem{{"answers", "BAD_FORMAT"}}},
		{"positions are no object", `"instrument":"nprs","positions":{"average_pain":5}`, []problem{{"positions", "BAD_FORMAT"}}},
		{"no positions at all", `"instrument":"nprs","positions":[]`, []problem{{"positions", "WRONG_COUNT"}}},
		{"value sets are a list", `"instrument":"eq_5d_5l","value_sets":"se_tto_2020"`, []problem{{"value_sets", "BAD_FORMAT"}}},
		{"an instrument is a string", `"instrument":7`, []problem{{"instrument", "BAD_FORMAT"}}},
		{"many things at once", `"instrument":"nprs","answers":{"average_pain":2.5,"worst_pain":1,"average_pain":3},"coding":"x","layout":"y"`,
			[]problem{{"answers[0].value", "NOT_WHOLE"}, {"answers[1].item", "UNKNOWN_ITEM"}, {"answers[2].item", "DUPLICATE_ITEM"},
				{"coding", "UNKNOWN_CODING"}, {"layout", "UNKNOWN_LAYOUT"}}},
	} {
		k.refusedAs(c.name, fmt.Sprintf(`{"id":%s,%s}`, quote(k.id(c.name)), c.rest), c.problems...)
	}
}
