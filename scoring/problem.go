package scoring

import "strings"

// Problem is one thing wrong with a sheet. Description never repeats what the
// sender wrote – an identifier could hide there – and names an item only by a
// code that the definition knows.
type Problem struct {
	Field       string // such as answers[3].value, positions[2], layout, value_sets[0]
	Reason      string // one of the Reason constants
	Description string // English, for a developer
}

// The reasons of input problems.
const (
	ReasonUnknownItem             = "UNKNOWN_ITEM"
	ReasonDuplicateItem           = "DUPLICATE_ITEM"
	ReasonOutOfRange              = "OUT_OF_RANGE"
	ReasonNotWhole                = "NOT_WHOLE"
	ReasonBadAnswer               = "BAD_ANSWER"
	ReasonWrongCount              = "WRONG_COUNT"
	ReasonNotApplicableNotAllowed = "NOT_APPLICABLE_NOT_ALLOWED"
	ReasonLayoutNotNamed          = "LAYOUT_NOT_NAMED"
	ReasonUnknownLayout           = "UNKNOWN_LAYOUT"
	ReasonLayoutNotConfirmed      = "LAYOUT_NOT_CONFIRMED"
	ReasonUnknownCoding           = "UNKNOWN_CODING"
	ReasonUnknownValueSet         = "UNKNOWN_VALUE_SET"
	ReasonDuplicateValueSet       = "DUPLICATE_VALUE_SET"
	ReasonAnswersAndPositions     = "ANSWERS_AND_POSITIONS"
	ReasonTooManyDecimals         = "TOO_MANY_DECIMALS"
	ReasonUnknownCode             = "UNKNOWN_CODE"
	ReasonBadDate                 = "BAD_DATE"
	ReasonTooLong                 = "TOO_LONG"
	ReasonBadFormat               = "BAD_FORMAT"
)

// DefinitionProblem is one thing wrong with a definition.
type DefinitionProblem struct {
	Path   string // where in the file, such as scales[2].bands.list[1].from
	Reason string
}

// DefinitionError is what Compile and CompileValueSet return: every problem of
// one definition.
type DefinitionError struct{ Problems []DefinitionProblem }

// Error lists the problems, one per line.
func (e *DefinitionError) Error() string {
	var b strings.Builder
	for i, p := range e.Problems {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(p.Path + ": " + p.Reason)
	}
	return b.String()
}
