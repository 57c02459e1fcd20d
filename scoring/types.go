// Package scoring turns the answers of one questionnaire into scores: exact
// numbers or typed refusals, never a silent zero.
//
// A Definition (data, normally decoded by the package scoring/instruments) is
// compiled once into an Instrument. Read resolves and validates one Sheet into
// an Answers buffer and reports every problem at once; Score fills a Result.
// Both reuse their buffers and do not allocate in steady state. Compare says
// what became of a scale between two measurements. The record functions write
// answers and scores as one readable line for storage and read them back.
//
// The package needs the standard library only and has no clock, no log and no
// input or output. Start with Instrument.Read; DESIGN.md says why things are
// as they are.
package scoring

import "strconv"

// Kind says what stands at an item. The zero Kind is LeftBlank, so an item
// that was never mentioned counts as left blank.
type Kind uint8

// The kinds of response. Those from NotWhole on are for input only: what a way
// in hands over when it met something that is no whole number. Their Value is
// the place in Sheet.Texts, counted from 1, where that stands; 0 where it
// stands nowhere. Read refuses them, except at items of other types than whole
// numbers, and makes those Answered: they never reach a score or a store.
const (
	LeftBlank     Kind = iota // nothing was marked
	Answered                  // a whole number was given; Value holds it
	NotApplicable             // the question does not concern the patient
	Declined                  // the patient did not want to answer
	Unreadable                // two boxes ticked, or a mark nobody can read
	NotAsked                  // the item was not on the form that was used
	NotWhole                  // a number with a fraction, such as 2.5, in a format without types of its own
	NotANumber                // text, a truth value, a list … in such a format
	GivenDecimal              // given as a decimal number
	GivenCode                 // given as a code
	GivenDate                 // given as a date
	GivenText                 // given as text
)

// Response is what stands at one item.
type Response struct {
	Kind  Kind
	Value int32 // of a whole number with Kind Answered; for input a place in Sheet.Texts
}

// Missing reports whether the response is none of Answered and NotApplicable.
func (r Response) Missing() bool { return r.Kind != Answered && r.Kind != NotApplicable }

// Answer is a response with the code of the item it belongs to.
type Answer struct {
	Item string
	Response
}

// Sheet is one filled-in form as its sender gives it: by item code (Answers)
// or in the order of a named layout (Positions), never both.
type Sheet struct {
	Answers   []Answer
	Positions []Response
	Layout    string   // the order that Positions follow; needed where an instrument has several
	Coding    string   // a named value map of the definition; empty: item scores as defined
	ValueSets []string // EQ-5D only: the value sets to compute the index with
	Texts     []string // what is no whole number; responses refer to it, see AddText
}

// Direction says which way a scale points.
type Direction uint8

// The directions a scale can have.
const (
	NoDirection Direction = iota // a profile: neither way is better
	HigherIsBetter
	HigherIsWorse
)

// Exact is a rational number. Scores stay exact until they are printed or
// rounded at the edge; Den is positive. The zero Exact has Den 0 and is no
// number.
type Exact struct{ Num, Den int64 }

// Outcome says which of the three things a Score is.
type Outcome uint8

// The outcomes of scoring a scale.
const (
	Valued   Outcome = iota + 1 // Value holds a number
	Profiled                    // Value holds the digits of a profile, such as 21232
	Refused                     // Refusal says why there is none
)

// RefusalReason says why a scale has no value.
type RefusalReason string

// The reasons for a refusal. NotApplicableRefusal wins over TooFewAnswers.
const (
	TooFewAnswers        RefusalReason = "TOO_FEW_ANSWERS"
	NotApplicableRefusal RefusalReason = "NOT_APPLICABLE"
	ValueSetNotNamed     RefusalReason = "VALUE_SET_NOT_NAMED"
)

// Refusal explains a scale that has no value and says what to ask for.
type Refusal struct {
	Reason  RefusalReason
	Missing []string // codes of the items without an answer, in the definition's order
	// Lowest and Highest are the scores still possible if every missing item
	// were answered. They have Den 0 where that is not defined
	// (NOT_APPLICABLE, VALUE_SET_NOT_NAMED, a profile).
	Lowest, Highest Exact
	SameBand        bool // every completion would fall into the same band
}

// Score is the outcome of one scale of one sheet. Its strings belong to the
// compiled instrument; its slices to the Result it came in.
type Score struct {
	Scale     string
	ValueSet  string // an index names the set it was computed with
	Direction Direction
	Outcome   Outcome
	Value     Exact
	Decimals  int8 // how many decimals Text prints; AsNeeded prints the shortest exact form
	Prorated  bool
	Answered  int      // items with an answer
	Expected  int      // items the scale asks for, not-applicable ones taken off where they shrink it
	Imputed   []string // items that proration stood in for
	Band      string   // band code; empty where the scale has none
	Flags     []string
	Line      string // shared with scales of other instruments that continue this one; usually empty
	Rule      string // code of the missing-items rule that applied, such as "all" or "half"
	Refusal   Refusal
}

// AsNeeded asks Score.Text for the shortest exact decimal.
const AsNeeded int8 = -1

// String names the kind as the JSON Lines format and the records do.
func (k Kind) String() string {
	names := [...]string{"left_blank", "answered", "not_applicable", "declined", "unreadable", "not_asked", "not_whole", "not_a_number",
		"given_decimal", "given_code", "given_date", "given_text"}
	if int(k) < len(names) {
		return names[k]
	}
	return "kind " + strconv.Itoa(int(k))
}
