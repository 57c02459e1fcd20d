package review

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/wording"
)

// entryItem is one item of a form to be typed in.
type entryItem struct {
	ID, Code, Name, Text string
	Range                string // what may be typed, in words
	Pattern              string // the same for the browser, as an HTML pattern
	Longest              int
	Required             bool     // a field left empty is no answer left blank
	Options              []option // of an item with a list of codes
	Value                string
	First, Second        string // what was typed the first and the second time
	Problem              string
	Focus                bool // what is typed next
}

// tokens are the signs for an item without an answer. They are the same in both
// languages, and the two that are most frequent stand beside the digits. An item
// that somebody has simply not typed is a mistake and stops the form: only a sign
// makes a blank.
var tokens = []struct {
	sign string
	kind scoring.Kind
}{
	{".", scoring.LeftBlank}, {"-", scoring.NotAsked}, {"?", scoring.Unreadable}, {"!", scoring.Declined}, {"x", scoring.NotApplicable},
}

// tokenOf reads a sign. A comma is the point of a Swedish numeric keypad.
func tokenOf(text string) (scoring.Kind, bool) {
	if text == "," {
		text = "."
	}
	for _, t := range tokens {
		if strings.EqualFold(t.sign, text) {
			return t.kind, true
		}
	}
	return 0, false
}

func entryItems(l wording.Language, in *scoring.Instrument, coding string) []entryItem {
	var items []entryItem
	for i, info := range in.Items() {
		info = coded(in, info, coding)
		it := entryItem{ID: "item-" + strconv.Itoa(i+1), Code: info.Code, Name: l.Item(in.ID(), info.Code), Required: true, Range: rangeWords(l, info)}
		switch info.Type {
		case scoring.CodeOfList:
			it.Options = append([]option{{"", "", true}}, choices(info.Codes, "", func(code string) string { return code })...)
			for _, t := range tokens {
				if t.kind != scoring.NotApplicable || info.NotApplicable {
					it.Options = append(it.Options, option{t.sign, l.NoAnswer(t.kind), false})
				}
			}
		case scoring.FreeText:
			it.Required, it.Longest = false, info.Longest
		default:
			it.Pattern = patternOf(info)
		}
		items = append(items, it)
	}
	return items
}

// coded is an item as a coding has it: other values stand on the paper.
func coded(in *scoring.Instrument, info scoring.ItemInfo, coding string) scoring.ItemInfo {
	for _, c := range in.Definition().Codings {
		if c.Code != coding {
			continue
		}
		for _, m := range c.Maps {
			if slices.Contains(m.Items, info.Code) {
				info.Values = slices.Sorted(slices.Values(m.From))
				info.Min, info.Max = info.Values[0], info.Values[len(info.Values)-1]
			}
		}
	}
	return info
}

// maxWritten is up to how many numbers are written out in a pattern: the days of
// a year have a form of their own among the built-in ones.
const maxWritten = 400

// patternOf is the answers that an item takes, as an HTML pattern: every number
// written out, so that the browser refuses exactly what the server would.
func patternOf(info scoring.ItemInfo) string {
	var parts []string
	switch info.Type {
	case scoring.WholeNumber:
		values := info.Values
		for v := info.Min; len(info.Values) == 0 && v <= info.Max && len(values) <= maxWritten; v++ {
			values = append(values, v)
		}
		if len(info.Values) == 0 && info.Max-info.Min > maxWritten {
			parts = []string{"-?[0-9]+"}
			break
		}
		for _, v := range values {
			parts = append(parts, strconv.Itoa(int(v)))
		}
	case scoring.DecimalNumber:
		parts = []string{`-?[0-9]+([.,][0-9]{1,` + strconv.Itoa(info.Decimals) + `})?`}
	case scoring.CalendarDate:
		parts = []string{"[0-9]{4}-[0-9]{2}-[0-9]{2}"}
	}
	for _, t := range tokens {
		if t.kind == scoring.LeftBlank {
			parts = append(parts, "[.,]")
		} else if t.kind != scoring.NotApplicable {
			parts = append(parts, regexp.QuoteMeta(t.sign))
		} else if info.NotApplicable {
			parts = append(parts, "[xX]")
		}
	}
	return strings.Join(parts, "|")
}

// rangeWords says what an item takes.
func rangeWords(l wording.Language, info scoring.ItemInfo) string {
	text := ""
	switch {
	case info.Type == scoring.CalendarDate:
		text = "ÅÅÅÅ-MM-DD"
		if l == wording.English {
			text = "YYYY-MM-DD"
		}
	case info.Type == scoring.FreeText:
		text = l.Say("entry.longest", info.Longest)
	case info.Type == scoring.CodeOfList:
	case len(info.Values) > 0:
		var values []string
		for _, v := range info.Values {
			values = append(values, strconv.Itoa(int(v)))
		}
		text = strings.Join(values, ", ")
	default:
		text = strconv.Itoa(int(info.Min)) + "–" + strconv.Itoa(int(info.Max))
	}
	if info.NotApplicable {
		text += ", x"
	}
	return text
}

// read turns what was typed into a sheet. Only what the engine cannot see is a
// problem here: an item that was not typed. All else it judges itself.
func (p *entryFormPage) read(r *http.Request, in *scoring.Instrument) (scoring.Sheet, []clinic.Problem) {
	sheet := scoring.Sheet{Coding: p.Coding}
	var problems []clinic.Problem
	for i, info := range in.Items() {
		text := p.Items[i].Value
		response, ok := responseOf(&sheet, info, text)
		if !ok {
			problems = append(problems, clinic.Problem{Field: "answers[" + strconv.Itoa(i) + "]", Reason: clinic.Required, Description: "an answer, or a sign that there is none"})
		}
		sheet.Answers = append(sheet.Answers, scoring.Answer{Item: info.Code, Response: response})
	}
	if len(problems) > 0 {
		p.mark(problems)
	}
	return sheet, problems
}

// responseOf reads one item; ok is false where nothing was typed.
func responseOf(sheet *scoring.Sheet, info scoring.ItemInfo, text string) (_ scoring.Response, ok bool) {
	if kind, is := tokenOf(text); is {
		return scoring.Response{Kind: kind}, true
	}
	if text == "" {
		return scoring.Response{}, info.Type == scoring.FreeText // whoever wrote nothing left it blank
	}
	switch info.Type {
	case scoring.DecimalNumber:
		return sheet.AddText(scoring.GivenDecimal, strings.Replace(text, ",", ".", 1)), true
	case scoring.CodeOfList:
		return sheet.AddText(scoring.GivenCode, text), true
	case scoring.CalendarDate:
		return sheet.AddText(scoring.GivenDate, text), true
	case scoring.FreeText:
		return sheet.AddText(scoring.GivenText, text), true
	}
	value, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return scoring.Response{Kind: scoring.NotANumber}, true
	}
	return scoring.Response{Kind: scoring.Answered, Value: int32(value)}, true
}

var answerField = regexp.MustCompile(`answers\[(\d+)\]`)

// mark puts problems at their fields, and lists them with links for whoever does
// not see where they stand.
func (p *entryFormPage) mark(problems []clinic.Problem) {
	p.Errors = nil
	for _, problem := range problems {
		text := p.Problem(problem.Reason)
		if m := answerField.FindStringSubmatch(problem.Field); m != nil {
			i, _ := strconv.Atoi(m[1]) // digits
			if i < len(p.Items) {
				p.Items[i].Problem = text
				p.Errors = append(p.Errors, entryError{"#" + p.Items[i].ID, p.Items[i].Name + ": " + text})
			}
			continue
		}
		switch problem.Field {
		case "answered_on":
			p.OnProblem = text
			p.Errors = append(p.Errors, entryError{"#on", p.Say("entry.on") + ": " + text})
		case "submission_id":
			p.ID = newFormID() // by chance it holds the patient's number
		}
	}
}
