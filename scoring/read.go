package scoring

import (
	"fmt"
	"strings"
)

// Read resolves the sheet's codes, positions, layout and coding to the order of
// the items, and checks everything. It returns every problem of the sheet at
// once, in the order coding, answers, layout, positions, value sets; into then
// holds nothing that could be scored. An item that the sheet does not mention
// is left blank. Read keeps nothing of the sheet but the texts that answer an
// item, and does not allocate for an acceptable sheet of whole numbers once
// into has grown to size.
func (in *Instrument) Read(sheet *Sheet, into *Answers) []Problem {
	into.reset(in)
	rd := reader{in: in, into: into, texts: sheet.Texts}
	rd.coding(sheet)
	if len(sheet.Answers) > 0 && len(sheet.Positions) > 0 {
		rd.add("positions", ReasonAnswersAndPositions, "give answers by item or positions, not both")
	}
	rd.answers(sheet.Answers)
	rd.positions(sheet)
	rd.valueSets(sheet.ValueSets)
	if rd.problems != nil {
		into.accepted = nil
	}
	return rd.problems
}

// reset makes room for the instrument's items, all left blank.
func (a *Answers) reset(in *Instrument) {
	n := len(in.items)
	if cap(a.Responses) < n || cap(a.seen) < n {
		a.Responses, a.seen = make([]Response, n), make([]bool, n)
	}
	a.Responses, a.seen = a.Responses[:n], a.seen[:n]
	clear(a.Responses)
	clear(a.seen)
	a.ValueSets, a.Texts = a.ValueSets[:0], a.Texts[:0]
	if in.typed {
		if cap(a.Texts) < n {
			a.Texts = make([]string, n)
		}
		a.Texts = a.Texts[:n]
		clear(a.Texts)
	}
	a.accepted = in.items
}

type reader struct {
	in       *Instrument
	into     *Answers
	texts    []string    // of the sheet
	maps     []*ValueMap // of the coding, per item; nil without one
	problems []Problem
}

func (rd *reader) add(field, reason, description string) {
	rd.problems = append(rd.problems, Problem{Field: field, Reason: reason, Description: description})
}

func (rd *reader) coding(sheet *Sheet) {
	if sheet.Coding == "" {
		return
	}
	for i := range rd.in.codings {
		if rd.in.codings[i].code == sheet.Coding {
			rd.maps = rd.in.codings[i].maps
			return
		}
	}
	known := "this instrument has no codings"
	if len(rd.in.codings) > 0 {
		known = "known codings: " + strings.Join(rd.in.Codings(), ", ")
	}
	rd.add("coding", ReasonUnknownCoding, known)
}

func (rd *reader) answers(answers []Answer) {
	items, responses, seen := rd.in.items, rd.into.Responses, rd.into.seen
	for i := range answers {
		a := &answers[i]
		// Most senders keep the definition's order and answer the item: look
		// there first, without a call.
		if i < len(items) && i < len(seen) && i < len(responses) {
			it := &items[i]
			if a.Kind == Answered && it.plain && rd.maps == nil && !seen[i] && a.Value >= it.min && a.Value <= it.max && it.code == a.Item {
				seen[i], responses[i] = true, a.Response
				continue
			}
		}
		rd.answer(i, a)
	}
}

// answer takes one answer by its item's code, whatever is wrong with it.
func (rd *reader) answer(i int, a *Answer) {
	item, ok := rd.in.index[a.Item]
	if !ok {
		rd.add(at("answers", i)+".item", ReasonUnknownItem, "this instrument has no such item")
		return
	}
	if rd.into.seen[item] {
		rd.add(at("answers", i)+".item", ReasonDuplicateItem, "item "+rd.in.items[item].code+" stands twice")
		return
	}
	rd.into.seen[item] = true
	if reason := rd.take(item, a.Response); reason != "" {
		rd.add(at("answers", i)+a.Kind.Field(), reason, rd.describe(item, reason))
	}
}

func (rd *reader) positions(sheet *Sheet) {
	if sheet.Layout == "" && len(sheet.Positions) == 0 {
		return
	}
	layout := rd.layout(sheet)
	if len(sheet.Positions) == 0 {
		return
	}
	if layout != nil && len(sheet.Positions) != len(layout.order) {
		rd.add("positions", ReasonWrongCount, fmt.Sprintf("layout %s has %d positions", layout.code, len(layout.order)))
		layout = nil
	}
	for i, r := range sheet.Positions {
		reason := ""
		description := ""
		if layout == nil { // which item stands here is not known; some things are wrong at any
			if !rd.in.typed {
				reason = shape(r.Kind)
			}
			description = "not a whole number or a kind of missing answer"
		} else {
			reason = rd.take(layout.order[i], r)
		}
		if reason == "" {
			continue
		}
		if layout != nil {
			description = rd.describe(layout.order[i], reason)
		}
		rd.add(at("positions", i), reason, description)
	}
}

// layout finds the order that the positions follow, nil after a problem. A
// layout beside answers by item has no effect but must be a known one.
func (rd *reader) layout(sheet *Sheet) *compiledLayout {
	in := rd.in
	if sheet.Layout == "" {
		if len(in.layouts) == 1 && in.layouts[0].confirmed {
			return &in.layouts[0]
		}
		rd.add("layout", ReasonLayoutNotNamed, "several orders of the items are in use; name one of: "+in.layoutCodes())
		return nil
	}
	for i := range in.layouts {
		if l := &in.layouts[i]; l.code == sheet.Layout {
			if !l.confirmed && len(sheet.Positions) > 0 {
				rd.add("layout", ReasonLayoutNotConfirmed, "layout "+l.code+" is usable only where the site's configuration confirms it against its own form")
				return nil
			}
			return l
		}
	}
	rd.add("layout", ReasonUnknownLayout, "known layouts: "+in.layoutCodes())
	return nil
}

func (in *Instrument) layoutCodes() string {
	codes := make([]string, len(in.layouts))
	for i := range in.layouts {
		codes[i] = in.layouts[i].code
	}
	return strings.Join(codes, ", ")
}

// take checks and stores one response; it returns the reason of a refusal.
func (rd *reader) take(item int, r Response) string {
	it := &rd.in.items[item]
	if it.typed != nil && (r.Kind == Answered || r.Kind >= NotWhole) {
		return rd.takeTyped(item, r)
	}
	switch r.Kind {
	case Answered:
		v := r.Value
		if rd.maps != nil && rd.maps[item] != nil {
			var ok bool
			if v, ok = rd.maps[item].apply(v); !ok {
				return ReasonOutOfRange
			}
		}
		if !it.allows(v) {
			return ReasonOutOfRange
		}
		rd.into.Responses[item] = Response{Kind: Answered, Value: v}
	case NotApplicable:
		if !it.notApplicable {
			return ReasonNotApplicableNotAllowed
		}
		rd.into.Responses[item].Kind = NotApplicable
	case LeftBlank, Declined, Unreadable, NotAsked:
		rd.into.Responses[item].Kind = r.Kind
	default:
		return shape(r.Kind)
	}
	return ""
}

// Field is the part of an answer that a problem with it is about, as the gRPC
// contract names it: ".date" of a GivenDate, mostly ".value".
func (k Kind) Field() string {
	switch k {
	case GivenDecimal:
		return ".decimal"
	case GivenCode:
		return ".code"
	case GivenDate:
		return ".date"
	case GivenText:
		return ".text"
	}
	return ".value"
}

// shape returns what is wrong with a kind at any item of whole numbers, empty
// if nothing.
func shape(k Kind) string {
	switch k {
	case NotWhole:
		return ReasonNotWhole
	case LeftBlank, Answered, NotApplicable, Declined, Unreadable, NotAsked:
		return ""
	}
	return ReasonBadAnswer
}

// apply maps a value of the form to the one that scores.
func (m *ValueMap) apply(v int32) (int32, bool) {
	for i, from := range m.From {
		if from == v {
			return m.To[i], true
		}
	}
	return 0, false
}

// describe says what the item takes; it never repeats what was sent.
func (rd *reader) describe(item int, reason string) string {
	it := &rd.in.items[item]
	if reason == ReasonNotApplicableNotAllowed {
		return "item " + it.code + " does not take NOT_APPLICABLE"
	}
	if it.typed != nil {
		return "item " + it.code + " takes " + it.typed.describe(it)
	}
	takes := fmt.Sprintf("whole numbers from %d to %d", it.min, it.max)
	if it.values != nil {
		takes = "one of " + list(it.values)
	}
	if rd.maps != nil && rd.maps[item] != nil {
		takes = "in this coding one of " + list(rd.maps[item].From)
	}
	return "item " + it.code + " takes " + takes
}

func list(values []int32) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(values), " ", ", "), "[]")
}

func (rd *reader) valueSets(ids []string) {
	for i, id := range ids {
		v, ok := rd.in.ValueSet(id)
		if !ok {
			known := "this instrument uses no value sets"
			if sets := rd.in.valueSets; len(sets) > 0 {
				codes := make([]string, len(sets))
				for j := range sets {
					codes[j] = sets[j].ID()
				}
				known = "known value sets: " + strings.Join(codes, ", ")
			}
			rd.add(at("value_sets", i), ReasonUnknownValueSet, known)
			continue
		}
		for _, earlier := range rd.into.ValueSets {
			if earlier == v {
				rd.add(at("value_sets", i), ReasonDuplicateValueSet, "value set "+v.ID()+" stands twice")
			}
		}
		rd.into.ValueSets = append(rd.into.ValueSets, v)
	}
}
