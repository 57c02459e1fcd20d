package scoring

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// valueSetsKey stands before the value sets in a record of answers. It cannot
// be an item: those have no space or semicolon.
const valueSetsKey = "; value_sets="

// AppendAnswers appends the answers as one line for storage, every item by its
// code in the definition's order: "falling_asleep=1 staying_asleep=blank". The
// value sets that were asked for follow: "…; value_sets=se_tto_2020".
func AppendAnswers(dst []byte, in *Instrument, answers *Answers) []byte {
	for i, r := range answers.Responses {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = append(dst, in.items[i].code...)
		dst = append(dst, '=')
		switch r.Kind {
		case Answered:
			dst = strconv.AppendInt(dst, int64(r.Value), 10)
		case LeftBlank:
			dst = append(dst, "blank"...)
		default:
			dst = append(dst, r.Kind.String()...)
		}
	}
	for i, v := range answers.ValueSets {
		if i == 0 {
			dst = append(dst, valueSetsKey...)
		} else {
			dst = append(dst, ',')
		}
		dst = append(dst, v.def.ValueSet...)
	}
	return dst
}

// ParseAnswers reads what AppendAnswers wrote and checks it as Read does, so
// that answers stored under one version can be scored under another. An item
// that the line does not name is left blank. Errors name known items only and
// never repeat a value; after one, into holds nothing that could be scored.
func ParseAnswers(text string, in *Instrument, into *Answers) error {
	into.reset(in)
	if err := in.parseAnswers(text, into); err != nil {
		into.accepted = nil
		return fmt.Errorf("read a record of answers: %w", err)
	}
	return nil
}

func (in *Instrument) parseAnswers(text string, into *Answers) error {
	rd := reader{in: in, into: into}
	items, sets, hasSets := strings.Cut(text, valueSetsKey)
	for next := 0; items != ""; next++ {
		var pair string
		pair, items, _ = strings.Cut(items, " ")
		code, value, _ := strings.Cut(pair, "=")
		item := next
		if next >= len(in.items) || in.items[next].code != code {
			var ok bool
			if item, ok = in.index[code]; !ok {
				return errors.New(ReasonUnknownItem)
			}
		}
		if into.seen[item] {
			return fmt.Errorf("%s: item %s", ReasonDuplicateItem, in.items[item].code)
		}
		into.seen[item] = true
		r, ok := parseResponse(value)
		if !ok {
			r.Kind = NotANumber
		}
		if reason := rd.take(item, r); reason != "" {
			return fmt.Errorf("%s: %s", reason, rd.describe(item, reason))
		}
	}
	if hasSets {
		rd.valueSets(strings.Split(sets, ","))
	}
	if len(rd.problems) > 0 {
		return errors.New(rd.problems[0].Reason)
	}
	return nil
}
