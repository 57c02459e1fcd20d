package scoring

import (
	"fmt"
	"strconv"
	"strings"
)

// valueSetsKey stands before the value sets in a record of answers. It cannot
// be an item: those have no space or semicolon.
const valueSetsKey = "; value_sets="

// AppendAnswers appends the answers as one line for storage, every item by its
// code in the definition's order: "falling_asleep=1 staying_asleep=blank". A
// decimal, a code and a date stand as they are, a text in quotes as Go writes
// it: `weight=72.5 goal="walk\nto work"`. The value sets that were asked for
// follow: "…; value_sets=se_tto_2020".
func AppendAnswers(dst []byte, in *Instrument, answers *Answers) []byte {
	for i, r := range answers.Responses {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = append(dst, in.items[i].code...)
		dst = append(dst, '=')
		switch typed := in.items[i].typed; {
		case r.Kind == LeftBlank:
			dst = append(dst, "blank"...)
		case r.Kind != Answered:
			dst = append(dst, r.Kind.String()...)
		case typed == nil:
			dst = strconv.AppendInt(dst, int64(r.Value), 10)
		case typed.kind == FreeText:
			dst = strconv.AppendQuote(dst, answers.Texts[i])
		default:
			dst = append(dst, answers.Texts[i]...)
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

// RecordError says why a record of answers cannot be read by a definition:
// because it is damaged, or was made by a version that asked for more.
type RecordError struct {
	Reason      string // one of the Reason constants
	Description string // names known items only and never a value; may be empty
}

func (e *RecordError) Error() string {
	if e.Description == "" {
		return e.Reason
	}
	return e.Reason + ": " + e.Description
}

// ParseAnswers reads what AppendAnswers wrote and checks it as Read does, so
// that answers stored under one version can be scored under another. An item
// that the line does not name is left blank. Errors are *RecordError; after
// one, into holds nothing that could be scored.
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
	items, sets, hasSets := cutValueSets(text)
	for next := 0; items != ""; next++ {
		code, value, rest := cutAnswer(items)
		items = rest
		item := next
		if next >= len(in.items) || in.items[next].code != code {
			var ok bool
			if item, ok = in.index[code]; !ok {
				return &RecordError{Reason: ReasonUnknownItem}
			}
		}
		if into.seen[item] {
			return &RecordError{ReasonDuplicateItem, "item " + in.items[item].code}
		}
		into.seen[item] = true
		if reason := rd.take(item, rd.recorded(item, value)); reason != "" {
			return &RecordError{reason, rd.describe(item, reason)}
		}
	}
	if hasSets {
		rd.valueSets(strings.Split(sets, ","))
	}
	if len(rd.problems) > 0 {
		return &RecordError{rd.problems[0].Reason, rd.problems[0].Description}
	}
	return nil
}

// cutValueSets takes the value sets off the end of a record. A text that holds
// what looks like them ends with its quote.
func cutValueSets(record string) (items, sets string, found bool) {
	at := strings.LastIndex(record, valueSetsKey)
	if at < 0 || at < strings.LastIndexByte(record, '"') {
		return record, "", false
	}
	return record[:at], record[at+len(valueSetsKey):], true
}

// cutAnswer takes the first answer off a record. The value of a text keeps its
// quotes.
func cutAnswer(record string) (code, value, rest string) {
	end := strings.IndexByte(record, ' ')
	equals := strings.IndexByte(record, '=')
	if equals >= 0 && (end < 0 || equals < end) && strings.HasPrefix(record[equals+1:], `"`) {
		quoted, err := strconv.QuotedPrefix(record[equals+1:])
		rest, spaced := strings.CutPrefix(record[equals+1+len(quoted):], " ")
		if err == nil && (spaced || rest == "") {
			return record[:equals], quoted, rest
		}
	}
	pair, rest, _ := strings.Cut(record, " ")
	code, value, _ = strings.Cut(pair, "=")
	return code, value, rest
}

// recorded reads a value of a record as the item's type has it. The record may
// be of another version of the definition, in which the item had another type.
func (rd *reader) recorded(item int, value string) Response {
	r, ok := parseResponse(value)
	typed := rd.in.items[item].typed
	switch {
	case ok && (typed == nil || r.Kind != Answered):
		return r
	case typed == nil:
		return Response{Kind: NotANumber}
	}
	kind := typed.kind.given()
	if quoted := strings.HasPrefix(value, `"`); quoted != (kind == GivenText) {
		return Response{Kind: NotANumber}
	} else if quoted {
		text, err := strconv.Unquote(value)
		if err != nil {
			return Response{Kind: NotANumber}
		}
		value = text
	}
	rd.texts = append(rd.texts, value)
	return Response{Kind: kind, Value: int32(len(rd.texts))}
}
