package clinic

import (
	"slices"

	"github.com/painscore/painscore/scoring"
)

// ChangedScale is one scale of a form before and after. Before is nil where the
// version that scored it lacks the scale, After where the target lacks it.
type ChangedScale struct {
	Scale    string
	ValueSet string
	Before   *scoring.Score
	After    *scoring.Score
	// Difference is after minus before where both are numbers on the same
	// ruler, Den 0 elsewhere. The two come from the same answers: whether their
	// versions may be compared between occasions is another question.
	Difference scoring.Exact
	Decimals   int8 // how many of Difference to print
	Crossed    scoring.Crossed
}

// BandCrossed says whether the score falls into another band.
func (s *ChangedScale) BandCrossed() bool { return s.Crossed.FromBand != s.Crossed.ToBand }

// FlagsCrossed says whether a flag is raised or cleared.
func (s *ChangedScale) FlagsCrossed() bool { return len(s.Crossed.Raised)+len(s.Crossed.Cleared) > 0 }

// changedScales lists what a reader would see otherwise, in the order of the
// scales before, then those that are new. What it returns outlives the scores.
func changedScales(before Record, target *scoring.Instrument, after []scoring.Score) []ChangedScale {
	var changed []ChangedScale
	for i := range before.ScoreList {
		old := &before.ScoreList[i]
		scale := ChangedScale{Scale: old.Scale, ValueSet: old.ValueSet, Before: old}
		if j := findScore(after, old.Scale, old.ValueSet); j >= 0 {
			if sameResult(old, &after[j]) {
				continue
			}
			scale.compare(before.Definition, target, keep(&after[j]))
		}
		changed = append(changed, scale)
	}
	for i := range after {
		if findScore(before.ScoreList, after[i].Scale, after[i].ValueSet) < 0 {
			changed = append(changed, ChangedScale{Scale: after[i].Scale, ValueSet: after[i].ValueSet, After: keep(&after[i])})
		}
	}
	return changed
}

func findScore(scores []scoring.Score, scale, valueSet string) int {
	return slices.IndexFunc(scores, func(s scoring.Score) bool { return s.Scale == scale && s.ValueSet == valueSet })
}

// keep copies a score out of the buffer that the next form overwrites.
func keep(s *scoring.Score) *scoring.Score {
	kept := *s
	kept.Imputed, kept.Flags, kept.Refusal.Missing = slices.Clone(s.Imputed), slices.Clone(s.Flags), slices.Clone(s.Refusal.Missing)
	return &kept
}

// sameResult says whether a reader would see no difference. (What is prorated
// has other decimals than what is not.)
func sameResult(a, b *scoring.Score) bool {
	return a.Outcome == b.Outcome && a.Value == b.Value && a.Text() == b.Text() && a.Direction == b.Direction &&
		a.Band == b.Band && slices.Equal(a.Flags, b.Flags) && a.Refusal.Reason == b.Refusal.Reason
}

// compare fills in what lies between the two scores of the same answers.
func (s *ChangedScale) compare(old, target *scoring.Instrument, after *scoring.Score) {
	s.After = after
	s.Crossed = scoring.Crossings(s.Before, after)
	if s.Before.Outcome != scoring.Valued || after.Outcome != scoring.Valued || s.Before.Direction != after.Direction || !sameRuler(old, target, s) {
		return
	}
	s.Difference = after.Value.Sub(s.Before.Value)
	s.Decimals = max(s.Before.Decimals, after.Decimals)
}

// sameRuler says whether a scale reaches from the same lowest to the same
// highest score in both versions. The ruler of an index is its value set.
func sameRuler(old, target *scoring.Instrument, s *ChangedScale) bool {
	if s.ValueSet != "" {
		return true
	}
	a, inOld := old.Scale(s.Scale)
	b, inTarget := target.Scale(s.Scale)
	return inOld && inTarget && a.Lowest == b.Lowest && a.Highest == b.Highest
}
