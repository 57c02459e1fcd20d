package scoring

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text returns what the sheet holds for a response of an item that is no whole
// number, and false where the response points at nothing.
func (s *Sheet) Text(r Response) (string, bool) { return textAt(s.Texts, r) }

func textAt(texts []string, r Response) (string, bool) {
	switch r.Kind {
	case NotWhole, NotANumber, GivenDecimal, GivenCode, GivenDate, GivenText:
		if r.Value >= 1 && int(r.Value) <= len(texts) {
			return texts[r.Value-1], true
		}
	}
	return "", false
}

// AddText puts a text into the sheet and returns the response of the given
// kind that stands for it.
func (s *Sheet) AddText(kind Kind, text string) Response {
	s.Texts = append(s.Texts, text)
	return Response{Kind: kind, Value: int32(len(s.Texts))}
}

// Text returns the answer to the item at index i as text, whatever its type;
// empty where it has none. A decimal is in its shortest form.
func (a *Answers) Text(i int) string {
	switch {
	case a.Responses[i].Kind != Answered:
		return ""
	case len(a.Texts) > 0 && a.Texts[i] != "":
		return a.Texts[i]
	}
	return strconv.Itoa(int(a.Responses[i].Value))
}

// takeTyped checks and stores an answer to an item that is no whole number; it
// returns the reason of a refusal.
func (rd *reader) takeTyped(item int, r Response) string {
	it := &rd.in.items[item]
	text, given := textAt(rd.texts, r)
	var reason string
	switch {
	case it.typed.kind == DecimalNumber && r.Kind == Answered: // a whole number is a decimal one, too
		text, reason = it.decimal(strconv.Itoa(int(r.Value)))
	case it.typed.kind == DecimalNumber && r.Kind == NotWhole && !given: // too long to be written out
		reason = ReasonTooManyDecimals
	case !given || !it.typed.takes(r.Kind):
		reason = ReasonBadAnswer
	case it.typed.kind == DecimalNumber:
		text, reason = it.decimal(text)
	case it.typed.kind == CodeOfList:
		reason = it.typed.checkCode(text)
	case it.typed.kind == CalendarDate:
		reason = it.typed.checkDate(text)
	default:
		text, reason = it.typed.text(text)
	}
	if reason == "" {
		rd.into.Responses[item] = Response{Kind: Answered}
		rd.into.Texts[item] = text
	}
	return reason
}

// given is the kind that says outright which type of answer it is.
func (t ItemType) given() Kind {
	return [...]Kind{Answered, GivenDecimal, GivenCode, GivenDate, GivenText}[t]
}

// takes reports whether a kind of response can answer this type of item.
// Formats without types of their own, such as JSON, give NotWhole and
// NotANumber.
func (t *typedItem) takes(k Kind) bool {
	if t.kind == DecimalNumber {
		return k == GivenDecimal || k == NotWhole
	}
	return k == t.kind.given() || k == NotANumber
}

// decimal reads a decimal number such as -72.50 and returns its shortest form,
// so that the same number is always stored, and recognised, as the same.
func (it *compiledItem) decimal(text string) (shortest, reason string) {
	digits, negative := strings.CutPrefix(text, "-")
	whole, fraction, point := strings.Cut(digits, ".")
	if whole == "" || point && fraction == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return "", ReasonBadAnswer
	}
	whole, fraction = strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
	switch {
	case len(fraction) > it.typed.decimals:
		return "", ReasonTooManyDecimals
	case len(whole) > 7: // beyond every range
		return "", ReasonOutOfRange
	}
	if whole == "" {
		whole = "0"
	}
	if shortest = whole; fraction != "" {
		shortest += "." + fraction
	}
	if negative && shortest != "0" {
		shortest = "-" + shortest
	}
	value, err := Decimal(shortest).Exact()
	if err != nil {
		return "", ReasonBadAnswer // cannot be: both parts are short runs of digits
	}
	if value.Cmp(Whole(int64(it.min))) < 0 || value.Cmp(Whole(int64(it.max))) > 0 {
		return "", ReasonOutOfRange
	}
	return shortest, ""
}

func (t *typedItem) checkCode(code string) string {
	for _, c := range t.codes {
		if c == code {
			return ""
		}
	}
	return ReasonUnknownCode
}

func (t *typedItem) checkDate(date string) string {
	switch {
	case !isDate(date):
		return ReasonBadDate
	case date < t.earliest || date > t.latest:
		return ReasonOutOfRange
	}
	return ""
}

// text accepts what a person can write: letters, signs and line breaks, which
// become \n. Other control characters have no place on a form, and those that
// turn the direction of writing can make a page show something else than is
// stored. Spaces alone are no answer: a box left empty is LeftBlank.
func (t *typedItem) text(text string) (string, string) {
	if len(text) > 8*maxItemText { // far too long to look at every character
		return "", ReasonTooLong
	}
	if strings.Contains(text, "\r") {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	}
	switch {
	case !utf8.ValidString(text) || strings.ContainsFunc(text, notWritten):
		return "", ReasonBadFormat
	case strings.TrimSpace(text) == "":
		return "", ReasonBadAnswer
	case utf8.RuneCountInString(text) > t.longest:
		return "", ReasonTooLong
	}
	return text, ""
}

func notWritten(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r)
}

// mostCodesListed is up to how many codes a message names.
const mostCodesListed = 20

// describe says what the item takes; it never repeats what was sent.
func (t *typedItem) describe(it *compiledItem) string {
	switch t.kind {
	case DecimalNumber:
		return fmt.Sprintf("decimal numbers from %d to %d, decimals at most %d", it.min, it.max, t.decimals)
	case CodeOfList:
		if len(t.codes) > mostCodesListed {
			return fmt.Sprintf("one of the %d codes of its definition", len(t.codes))
		}
		return "one of the codes " + strings.Join(t.codes, ", ")
	case CalendarDate:
		return fmt.Sprintf("a calendar date as YYYY-MM-DD, from %s to %s", t.earliest, t.latest)
	}
	return fmt.Sprintf("text of 1 to %d characters, without control characters", t.longest)
}
