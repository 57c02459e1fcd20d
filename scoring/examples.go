package scoring

import (
	"strconv"
	"strings"
)

// examples runs the worked examples of the definition. A definition with scales
// needs at least one: a key that nobody has worked through is not trusted.
func (c *compiler) examples() {
	if len(c.def.Examples) == 0 && len(c.def.Scales) > 0 {
		c.add("examples", "worked examples are missing: a definition with scales needs at least one")
	}
	var answers Answers
	var result Result
	in := c.in.withEveryLayout()
	for i := range c.def.Examples {
		ex, path := &c.def.Examples[i], at("examples", i)
		sheet, ok := c.exampleSheet(path, ex)
		if !ok {
			continue
		}
		if problems := in.Read(sheet, &answers); len(problems) > 0 {
			for _, p := range problems {
				c.add(path, "%s is refused: %s: %s", p.Field, p.Reason, p.Description)
			}
			continue
		}
		in.Score(&answers, &result)
		c.expectations(path, ex, &result)
	}
}

// withEveryLayout is the instrument as a site sees it that confirmed all of its
// layouts; examples may use each.
func (in *Instrument) withEveryLayout() *Instrument {
	out := in
	for _, l := range in.layouts {
		out, _ = out.WithConfirmedLayout(l.code)
	}
	return out
}

func (c *compiler) exampleSheet(path string, ex *Example) (*Sheet, bool) {
	sheet := &Sheet{Layout: ex.Layout, Coding: ex.Coding, ValueSets: ex.ValueSets}
	ok := true
	respond := func(path, text string, item int) Response {
		r, good := c.exampleResponse(sheet, item, text)
		if !good {
			c.add(path, "an example's answer must be a whole number, blank, not_applicable, declined, unreadable or not_asked")
			ok = false
		}
		return r
	}
	for i, a := range ex.Answers {
		item, known := c.in.index[a.Key]
		if !known {
			item = -1
		}
		sheet.Answers = append(sheet.Answers, Answer{a.Key, respond(at(path+".answers", i), a.Value, item)})
	}
	order := c.exampleOrder(ex)
	for i, p := range ex.Positions {
		item := -1
		if i < len(order) {
			item = order[i]
		}
		sheet.Positions = append(sheet.Positions, respond(at(path+".positions", i), p, item))
	}
	if len(ex.Expect) == 0 && len(c.in.scales) > 0 {
		c.add(path, "the example expects nothing")
	}
	return sheet, ok
}

// exampleOrder is the layout that an example's positions follow; nil if none,
// which Read will say.
func (c *compiler) exampleOrder(ex *Example) []int {
	for _, l := range c.in.layouts {
		if l.code == ex.Layout || ex.Layout == "" && len(c.in.layouts) == 1 {
			return l.order
		}
	}
	return nil
}

// exampleResponse reads an answer as its item has it: text that is no reason
// for a missing answer is one to an item of another type. item is -1 where it
// is not known.
func (c *compiler) exampleResponse(sheet *Sheet, item int, text string) (Response, bool) {
	r, ok := parseResponse(text)
	if item < 0 || c.in.items[item].typed == nil || ok && r.Kind != Answered {
		return r, ok
	}
	return sheet.AddText(c.in.items[item].typed.kind.given(), text), true
}

func (c *compiler) expectations(path string, ex *Example, result *Result) {
	for i, want := range ex.Expect {
		code, set, _ := strings.Cut(want.Key, ":")
		s, ok := result.Find(code, set)
		if !ok {
			c.add(at(path+".expect", i), "the example expects %s, which is not scored", want.Key)
			continue
		}
		got := s.Text()
		if s.Outcome == Refused {
			got = string(s.Refusal.Reason)
		}
		if got != want.Value {
			c.add(at(path+".expect", i), "the example expects %s %s, but it is %s", want.Key, want.Value, got)
		}
	}
	for i, want := range ex.Bands {
		if s, ok := result.Find(want.Key, ""); !ok || s.Band != want.Value {
			c.add(at(path+".bands", i), "the example expects %s in band %s, but it is in another or none", want.Key, want.Value)
		}
	}
}

// parseResponse reads a response as examples and records write it: a whole
// number or the name of a kind. blank is short for left_blank.
func parseResponse(text string) (Response, bool) {
	switch text {
	case "blank", "left_blank":
		return Response{}, true
	case "not_applicable":
		return Response{Kind: NotApplicable}, true
	case "declined":
		return Response{Kind: Declined}, true
	case "unreadable":
		return Response{Kind: Unreadable}, true
	case "not_asked":
		return Response{Kind: NotAsked}, true
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || strconv.FormatInt(n, 10) != text {
		return Response{}, false
	}
	return Response{Kind: Answered, Value: int32(n)}, true
}
