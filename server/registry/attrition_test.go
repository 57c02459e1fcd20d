package registry

import (
	"math"
	"testing"
)

// TestAttritionByHand: baselines 8, 6 of those with a 12-month form; 5, 4, 3 of
// those without; the two whose time is not over, or who must not be contacted,
// are neither.
func TestAttritionByHand(t *testing.T) {
	waiting, silent := pain(6, 10, 5, -1), pain(7, 10, 5, -1)
	waiting.Episode.EndedOn, silent.Episode.Deceased = "2025-06-01", true
	cases := []Case{pain(1, 8, 5, 5), pain(2, 6, -1, 5), pain(3, 5, 5, -1), pain(4, 4, 5, -1), pain(5, 3, -1, -1), waiting, silent}
	rows := reportOf(t, Request{}, cases).Groups[0].Attrition
	if len(rows) != 1 || rows[0].With.N.N != 2 || rows[0].Without.N.N != 3 || rows[0].Unit != "unit" {
		t.Fatalf("%+v", rows)
	}
	near(t, "difference", rows[0].Difference, 3)
	near(t, "standardised", rows[0].Standardised, 3/math.Sqrt((2.+2)/3)) // SDs √2 and 1
	if alone := reportOf(t, Request{}, cases[:1]).Groups[0].Attrition[0]; alone.Difference.Reason != NoData || alone.Standardised.Reason != NoData {
		t.Errorf("nobody without: %+v", alone)
	}
}

// year makes cases of a unit, some with a 12-month form and some without.
func year(from, with, without int, unit string) []Case {
	var out []Case
	for i := range with + without {
		after := -1
		if i < with {
			after = 5
		}
		c := pain(from+i, 4+i%5, 5, after)
		c.Episode.CareUnit = unit
		out = append(out, c)
	}
	return out
}

// TestAttritionOfASmallUnitIsNotWhatIsLeft of the others: it takes them with it.
func TestAttritionOfASmallUnitIsNotWhatIsLeft(t *testing.T) {
	both := append(year(1, 12, 12, "a"), year(101, 12, 12, "b")...)
	for _, row := range suppressed(t, reportOf(t, Request{}, both)).Groups[0].Attrition {
		if row.With.N.N != 12 || row.Difference.Reason != "" {
			t.Errorf("two large units: %+v", row)
		}
	}
	small := append(append(year(1, 12, 12, "a"), year(101, 3, 12, "b")...), year(201, 12, 12, "c")...)
	for _, row := range suppressed(t, reportOf(t, Request{}, small)).Groups[0].Attrition {
		if row.With.N.Reason != HiddenFigure || row.Without.Mean.Reason != HiddenFigure || row.Difference.Reason != HiddenFigure {
			t.Errorf("a unit with three: %+v", row)
		}
	}
}
