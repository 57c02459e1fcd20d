package conformance

import (
	"cmp"
	"fmt"
	"slices"
)

// Differences says where an outcome is not the expected one, in sentences;
// none where it matches. Violations compare as a set.
func (want Outcome) Differences(got Outcome) []string {
	if want.Error != nil || got.Error != nil {
		return errorDifferences(want.Error, got.Error)
	}
	var out []string
	if want.Instrument != got.Instrument || want.Version != got.Version {
		out = append(out, fmt.Sprintf("scored as %s %s, want %s %s", got.Instrument, got.Version, want.Instrument, want.Version))
	}
	if len(want.Scores) != len(got.Scores) {
		return append(out, fmt.Sprintf("%d scores, want %d", len(got.Scores), len(want.Scores)))
	}
	for i := range want.Scores {
		if w, g := &want.Scores[i], &got.Scores[i]; !w.equal(g) {
			out = append(out, fmt.Sprintf("%s %s is %s, want %s", w.Scale, w.ValueSet, g, w))
		}
	}
	return out
}

// Matches reports whether there is no difference; it makes no sentences.
func (want Outcome) Matches(got Outcome) bool {
	if want.Error != nil || got.Error != nil {
		return len(errorDifferences(want.Error, got.Error)) == 0
	}
	return want.Instrument == got.Instrument && want.Version == got.Version &&
		slices.EqualFunc(want.Scores, got.Scores, func(w, g Score) bool { return w.equal(&g) })
}

// equal treats an absent list as an empty one.
func (w *Score) equal(g *Score) bool {
	return w.Scale == g.Scale && w.Value == g.Value && w.Profile == g.Profile && w.Refusal.equal(g.Refusal) &&
		w.Prorated == g.Prorated && w.Answered == g.Answered && w.Expected == g.Expected &&
		slices.Equal(w.Imputed, g.Imputed) && w.Band == g.Band && slices.Equal(w.Flags, g.Flags) &&
		w.ValueSet == g.ValueSet && w.Direction == g.Direction
}

func (w *Refusal) equal(g *Refusal) bool {
	if w == nil || g == nil {
		return w == g
	}
	return w.Reason == g.Reason && slices.Equal(w.Missing, g.Missing) && w.Lowest == g.Lowest && w.Highest == g.Highest && w.SameBand == g.SameBand
}

// String is the score on one line.
func (w *Score) String() string {
	text := fmt.Sprintf("%q%s", w.Value, w.Profile)
	if r := w.Refusal; r != nil {
		text = fmt.Sprintf("%s missing %v, %q to %q, same band %t", r.Reason, r.Missing, r.Lowest, r.Highest, r.SameBand)
	}
	return fmt.Sprintf("%s (%d of %d, prorated %t %v, band %q, flags %v, %s)", text, w.Answered, w.Expected, w.Prorated, w.Imputed, w.Band, w.Flags, w.Direction)
}

func errorDifferences(want, got *Error) []string {
	switch {
	case want == nil:
		return []string{fmt.Sprintf("refused with %s %v, want scores", got.Reason, got.Violations)}
	case got == nil:
		return []string{fmt.Sprintf("scored, want %s %v", want.Reason, want.Violations)}
	case want.Reason != got.Reason || !slices.Equal(sorted(want.Violations), sorted(got.Violations)):
		return []string{fmt.Sprintf("refused with %s %v, want %s %v", got.Reason, got.Violations, want.Reason, want.Violations)}
	}
	return nil
}

func sorted(violations []Violation) []Violation {
	return slices.SortedFunc(slices.Values(violations), func(a, b Violation) int {
		return cmp.Or(cmp.Compare(a.Field, b.Field), cmp.Compare(a.Reason, b.Reason))
	})
}
