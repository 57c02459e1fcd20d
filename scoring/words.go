package scoring

import (
	"slices"
	"strings"
)

// The closed lists of words in a definition. Compile refuses any other word by
// these lists, and the JSON Schema of the file format is held to them, so that
// a word cannot be accepted by one and be unknown to the other.
var (
	knownWords         = []string{string(Verified), string(Secondary), string(FromMemory), string(Derived), string(HouseRule)}
	kindWords          = []string{KindItem, KindSum, KindMean, KindCount, KindSteps, KindScales, KindProfile, KindIndex}
	directionWords     = []string{"higher_is_better", "higher_is_worse", "none"}
	notApplicableWords = []string{"refuses", "shrinks"}
	ruleWords          = []string{RuleAll, RuleHalf, RuleAtLeast}
	decimalsWords      = []string{"0", "1", "2", "3", "4", "5", "6", "as_needed"}
	periodWords        = []string{PeriodOneYear}
	typeWords          = []string{"whole", "decimal", "code", "date", "text"} // by ItemType
)

// Words returns, by the key of a definition file, the only words it may hold.
func Words() map[string][]string {
	return map[string][]string{
		"known": slices.Clone(knownWords), "kind": slices.Clone(kindWords), "direction": slices.Clone(directionWords),
		"not_applicable": slices.Clone(notApplicableWords), "rule": slices.Clone(ruleWords),
		"decimals": slices.Clone(decimalsWords), "period": slices.Clone(periodWords),
		"type": slices.Clone(typeWords),
	}
}

// oneOf writes a list of words for a message: a, b or c.
func oneOf(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
