package scoring

// Measurement is a score with what decides whether it can be compared.
type Measurement struct {
	Instrument  string // instrument code
	ScoringHash string
	Score       *Score
}

// NotComparableReason says why two measurements have no difference.
type NotComparableReason string

// The reasons, in the order in which Compare looks for them.
const (
	DifferentInstrument  NotComparableReason = "DIFFERENT_INSTRUMENT"
	DifferentScale       NotComparableReason = "DIFFERENT_SCALE"
	DifferentScoring     NotComparableReason = "DIFFERENT_SCORING"
	DifferentValueSet    NotComparableReason = "DIFFERENT_VALUE_SET"
	RefusedScore         NotComparableReason = "REFUSED"
	NoNumber             NotComparableReason = "NO_NUMBER"
	DifferentDenominator NotComparableReason = "DIFFERENT_DENOMINATOR"
)

// Movement is the way a score went, without a verdict on whether it matters.
type Movement string

// The movements.
const (
	TowardsBetter Movement = "TOWARDS_BETTER"
	TowardsWorse  Movement = "TOWARDS_WORSE"
	Same          Movement = "SAME"
	NoMovement    Movement = "NO_DIRECTION" // it changed, and neither way is better
)

// Change is what became of a scale between two measurements. Difference,
// Movement and Prorated are set only where Comparable; for two profiles
// (Reason NO_NUMBER) Movement is SAME or NO_DIRECTION.
type Change struct {
	Comparable         bool
	Reason             NotComparableReason // empty where comparable
	Difference         Exact               // to − from, exact
	Decimals           int8                // how many decimals Text prints
	Movement           Movement
	Prorated           bool // at least one side is prorated: withhold the measurement-error verdict
	InstrumentSwitched bool // one line across two instruments, such as EQ VAS of 3L and 5L
}

// Compare says what became of a scale from one measurement to another (rules 9
// and 11 of the house): same instrument and scale – or one line across
// instruments –, same scoring hash, value set and denominator. Complete against
// prorated is comparable, and marked.
func Compare(from, to *Measurement) Change {
	a, b := from.Score, to.Score
	change := Change{InstrumentSwitched: from.Instrument != to.Instrument}
	if reason := notComparable(from, to); reason != "" {
		change.Reason = reason
		if reason == NoNumber && a.Outcome == b.Outcome {
			change.Movement = NoMovement
			if a.Value == b.Value {
				change.Movement = Same
			}
		}
		return change
	}
	change.Comparable = true
	change.Difference = b.Value.Sub(a.Value)
	change.Decimals = max(a.Decimals, b.Decimals)
	change.Prorated = a.Prorated || b.Prorated
	switch up := change.Difference.Num > 0; {
	case change.Difference.Num == 0:
		change.Movement = Same
	case a.Direction == NoDirection:
		change.Movement = NoMovement
	case up == (a.Direction == HigherIsBetter):
		change.Movement = TowardsBetter
	default:
		change.Movement = TowardsWorse
	}
	return change
}

func notComparable(from, to *Measurement) NotComparableReason {
	a, b := from.Score, to.Score
	oneLine := from.Instrument != to.Instrument && a.Line != "" && a.Line == b.Line
	switch {
	case from.Instrument != to.Instrument && !oneLine:
		return DifferentInstrument
	case a.Scale != b.Scale && !oneLine:
		return DifferentScale
	case !oneLine && from.ScoringHash != to.ScoringHash, a.Direction != b.Direction:
		return DifferentScoring
	case a.Outcome == Refused || b.Outcome == Refused:
		return RefusedScore
	case a.ValueSet != b.ValueSet:
		return DifferentValueSet
	case a.Outcome != Valued || b.Outcome != Valued:
		return NoNumber
	case a.Expected != b.Expected:
		return DifferentDenominator
	}
	return ""
}

// Text is the difference with its sign, such as +3, -2.25 or 0; empty where the
// measurements are not comparable.
func (c *Change) Text() string { return string(c.AppendText(nil)) }

// AppendText appends Text to dst. The exact difference is rounded once.
func (c *Change) AppendText(dst []byte) []byte {
	if !c.Comparable {
		return dst
	}
	sign := len(dst)
	dst = append(dst, '+')
	dst = c.Difference.AppendDecimal(dst, c.Decimals)
	for _, digit := range dst[sign+1:] {
		if digit == '-' {
			break
		}
		if digit >= '1' && digit <= '9' {
			return dst
		}
	}
	return append(dst[:sign], dst[sign+1:]...) // negative, or nothing but zeros
}

// ParetianClass classifies the change between two EQ-5D profiles (Paretian
// Classification of Health Change, Devlin 2010).
type ParetianClass string

// The Paretian classes.
const (
	NoProblems ParetianClass = "NO_PROBLEMS" // level 1 throughout, both times
	NoChange   ParetianClass = "NO_CHANGE"
	Improved   ParetianClass = "IMPROVED" // better on at least one dimension, worse on none
	Worsened   ParetianClass = "WORSENED" // worse on at least one dimension, better on none
	Mixed      ParetianClass = "MIXED"    // better on one, worse on another
)

// Paretian classifies the change between two profiles of one scale, level 1
// being the best. It returns false unless both are profiles of equal length
// under the same scoring.
func Paretian(from, to *Measurement) (ParetianClass, bool) {
	if notComparable(from, to) != NoNumber || from.Score.Outcome != Profiled || to.Score.Outcome != Profiled {
		return "", false
	}
	a, b := from.Score.Text(), to.Score.Text()
	if len(a) != len(b) {
		return "", false
	}
	better, worse, problems := false, false, false
	for i := range len(a) {
		better = better || b[i] < a[i]
		worse = worse || b[i] > a[i]
		problems = problems || a[i] != '1' || b[i] != '1'
	}
	switch {
	case !problems:
		return NoProblems, true
	case better && worse:
		return Mixed, true
	case better:
		return Improved, true
	case worse:
		return Worsened, true
	}
	return NoChange, true
}
