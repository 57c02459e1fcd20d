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
