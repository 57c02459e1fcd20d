package main

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// item is one question and what it takes.
type item struct {
	code        string
	low, high   int
	only        []int // where not every whole number from low to high is an answer
	mayNotApply bool
}

// answers lists every answer the item takes.
func (it item) answers() []int {
	if it.only != nil {
		return it.only
	}
	var out []int
	for n := it.low; n <= it.high; n++ {
		out = append(out, n)
	}
	return out
}

// name is the item as the names of cases have it.
func (it item) name() string {
	if it.code[0] <= '9' {
		return "item " + it.code
	}
	return it.code
}

// entry is what stands at one item, in JSON: 3, null, "declined" …
type entry struct{ item, reply string }

// paper is a filled-in form. An item that has no entry is left blank.
type paper []entry

// Replies that are no answer.
const (
	blank         = "null"
	declined      = `"declined"`
	unreadable    = `"unreadable"`
	notAsked      = `"not_asked"`
	notApplicable = `"not_applicable"`
)

func number(n int) string { return strconv.Itoa(n) }

// with returns the paper with another reply at one item.
func (p paper) with(item, reply string) paper {
	out := slices.Clone(p)
	for i := range out {
		if out[i].item == item {
			out[i].reply = reply
		}
	}
	return out
}

// withAll replaces the replies at several items by one.
func (p paper) withAll(items []string, reply string) paper {
	for _, it := range items {
		p = p.with(it, reply)
	}
	return p
}

// without returns the paper without any mention of an item.
func (p paper) without(item string) paper {
	return slices.DeleteFunc(slices.Clone(p), func(e entry) bool { return e.item == item })
}

func (p paper) reply(item string) string {
	for _, e := range p {
		if e.item == item {
			return e.reply
		}
	}
	return blank
}

// answer returns the number at an item, and false where there is none.
func (p paper) answer(item string) (int, bool) {
	n, err := strconv.Atoi(p.reply(item))
	return n, err == nil
}

// missing lists those of the items that have no answer although they apply.
func (p paper) missing(items []string) []string {
	var out []string
	for _, it := range items {
		if _, ok := p.answer(it); !ok && p.reply(it) != notApplicable {
			out = append(out, it)
		}
	}
	return out
}

// notApplying counts those of the items that are marked as not applicable.
func (p paper) notApplying(items []string) int {
	n := 0
	for _, it := range items {
		if p.reply(it) == notApplicable {
			n++
		}
	}
	return n
}

// sheet is a paper as its sender writes it.
type sheet struct {
	paper
	instrument string
	version    string
	positional bool // as a list in the paper's order
	both       bool // as answers and as positions, which is refused
	layout     string
	coding     string
	valueSets  []string
}

// line is the sheet in the format of painscore score --jsonl.
func (s sheet) line(id string) string {
	fields := []string{`"id":` + quote(id)}
	if s.instrument != "" {
		fields = append(fields, `"instrument":`+quote(s.instrument))
	}
	if s.version != "" {
		fields = append(fields, `"version":`+quote(s.version))
	}
	var members, list []string
	for _, e := range s.paper {
		members = append(members, quote(e.item)+":"+e.reply)
		list = append(list, e.reply)
	}
	if !s.positional || s.both {
		fields = append(fields, `"answers":{`+strings.Join(members, ",")+"}")
	}
	if s.positional || s.both {
		fields = append(fields, `"positions":[`+strings.Join(list, ",")+"]")
	}
	if s.layout != "" {
		fields = append(fields, `"layout":`+quote(s.layout))
	}
	if s.coding != "" {
		fields = append(fields, `"coding":`+quote(s.coding))
	}
	if len(s.valueSets) > 0 {
		var sets []string
		for _, v := range s.valueSets {
			sets = append(sets, quote(v))
		}
		fields = append(fields, `"value_sets":[`+strings.Join(sets, ",")+"]")
	}
	return "{" + strings.Join(fields, ",") + "}"
}

func quote(text string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		panic(err) // a string always encodes
	}
	return strings.TrimSpace(b.String())
}
