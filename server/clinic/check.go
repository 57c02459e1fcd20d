package clinic

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/painscore/painscore/server/identity"
)

// Limits on what one request may carry. They are far above any real form and
// keep a mistaken or hostile sender from filling memory or disk.
const (
	MaxIDLength      = 64   // runes of an id, a code or a label
	MaxTextLength    = 200  // runes of any other text
	MaxAnswers       = 500  // answers or positions of a sheet
	MaxValueSets     = 20   // value sets named with a sheet
	MaxForms         = 50   // forms of one envelope
	MaxProblems      = 500  // problems listed; what is cut off is counted
	MaxPageSize      = 1000 // records of a page
	DefaultPageSize  = 100
	earliestAnswerOn = "1980-01-01" // the oldest built-in instrument is from 1981; anything older is a slip
)

// checker collects the problems of one request. Every method reports all it
// finds and returns nothing that would tempt a caller to stop early.
type checker struct {
	problems []Problem
	found    int // how many of them the way in had found
	cut      int
	today    string
}

// newChecker begins with what the way in has already found.
func (c *Clinic) newChecker(found []Problem) *checker {
	return &checker{problems: slices.Clip(found), found: len(found), today: c.today()}
}

func (c *checker) add(field, reason, description string) {
	for _, p := range c.problems[:c.found] {
		if p.Field == field {
			return // the way in has said what is wrong there
		}
	}
	if len(c.problems) == MaxProblems {
		c.cut++
		return
	}
	c.problems = append(c.problems, Problem{Field: field, Reason: reason, Description: description})
}

// addAll takes over problems found by the engine, their fields below prefix.
func (c *checker) addAll(prefix string, problems []Problem) {
	for _, p := range problems {
		c.add(prefix+p.Field, p.Reason, p.Description)
	}
}

// err returns what was found, or nil.
func (c *checker) err() error {
	if len(c.problems) == 0 {
		return nil
	}
	if c.cut > 0 {
		last := &c.problems[len(c.problems)-1]
		*last = Problem{Field: last.Field, Reason: TooMany, Description: fmt.Sprintf("and %d further problems, not listed", c.cut+1)}
	}
	return &InputError{Problems: c.problems}
}

// id checks a required name made by a machine: no spaces, no control characters.
func (c *checker) id(field, value string) {
	if value == "" {
		c.add(field, Required, "must be given")
		return
	}
	c.code(field, value)
}

// code is id for an optional field.
func (c *checker) code(field, value string) {
	if utf8.RuneCountInString(value) > MaxIDLength {
		c.add(field, TooLong, fmt.Sprintf("at most %d characters", MaxIDLength))
		return
	}
	for _, r := range value {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) {
			c.add(field, BadFormat, "only printable characters without spaces")
			return
		}
	}
}

// text checks an optional text for people.
func (c *checker) text(field, value string, limit int) {
	if utf8.RuneCountInString(value) > limit {
		c.add(field, TooLong, fmt.Sprintf("at most %d characters", limit))
		return
	}
	for _, r := range value {
		if !unicode.IsPrint(r) {
			c.add(field, BadFormat, "only printable characters on one line")
			return
		}
	}
	if value != strings.TrimSpace(value) {
		c.add(field, BadFormat, "no space at the beginning or end")
	}
}

// language checks an optional BCP 47 tag by its shape, such as sv or sv-SE.
func (c *checker) language(field, value string) {
	if value == "" {
		return
	}
	for i, part := range strings.Split(value, "-") {
		short := len(part) < 1 || len(part) > 8 || (i == 0 && len(part) < 2)
		if short || strings.ContainsFunc(part, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9' || i == 0)
		}) || len(value) > 35 {
			c.add(field, BadFormat, "a BCP 47 language tag, such as sv or sv-SE")
			return
		}
	}
}

// date checks an optional calendar date; one that has happened cannot lie
// after today.
func (c *checker) date(field, value string, happened bool) {
	if value == "" {
		return
	}
	if _, err := time.Parse(time.DateOnly, value); err != nil {
		c.add(field, BadDate, "a calendar date as YYYY-MM-DD")
		return
	}
	if value < earliestAnswerOn {
		c.add(field, BadDate, "not before "+earliestAnswerOn)
		return
	}
	if happened && value > c.today {
		c.add(field, FutureDate, "lies in the future (judged in Europe/Stockholm)")
	}
}

// patient parses the identifier. A zero identifier comes back with a problem.
func (c *checker) patient(field string, ref PatientRef) (identity.Identifier, []string) {
	if ref.Value == "" {
		c.add(field+".value", Required, "must be given")
	}
	if ref.System == "" {
		c.add(field+".system", Required, "must be given, such as personnummer")
	}
	if ref.System == "" || ref.Value == "" {
		return identity.Identifier{}, nil
	}
	c.text(field+".system", ref.System, MaxTextLength)
	if utf8.RuneCountInString(ref.Value) > MaxIDLength {
		c.add(field+".value", TooLong, fmt.Sprintf("at most %d characters", MaxIDLength))
		return identity.Identifier{}, nil
	}
	day, err := time.Parse(time.DateOnly, c.today)
	if err != nil {
		panic(err) // today is made by this package
	}
	id, warnings, err := identity.Parse(ref.System, ref.Value, day)
	if err != nil {
		c.add(field+".value", BadFormat, err.Error())
		return identity.Identifier{}, nil
	}
	return id, identityWarnings(id, warnings)
}

// withoutIdentifier refuses texts that hold the patient's own identifier: an
// episode or document id built from a personnummer would put the person, in
// clear, into a database that is made not to know names.
func (c *checker) withoutIdentifier(id identity.Identifier, fields ...[2]string) {
	for _, f := range fields {
		if id.FoundIn(f[1]) {
			c.add(f[0], IdentifierInText, "contains the patient's identifier; only the field patient may")
		}
	}
}
