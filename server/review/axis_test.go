package review

import (
	"math"
	"slices"
	"testing"

	"github.com/painscore/painscore/scoring"
)

func TestTheWholeRangeIsShownAndHigherStandsHigher(t *testing.T) {
	for _, c := range []struct {
		name            string
		lowest, highest scoring.Exact
		score           scoring.Exact
		want            float64 // on an axis from 170 at the foot to 30 at the head
	}{
		{"the lowest at the foot", scoring.Whole(0), scoring.Whole(21), scoring.Whole(0), 170},
		{"the highest at the head", scoring.Whole(0), scoring.Whole(21), scoring.Whole(21), 30},
		{"the middle in the middle", scoring.Whole(0), scoring.Whole(20), scoring.Whole(10), 100},
		{"a range that does not begin at 0", scoring.Whole(17), scoring.Whole(68), scoring.Whole(17), 170},
		{"a prorated score between whole ones", scoring.Whole(0), scoring.Whole(20), scoring.Fraction(5, 2), 152.5},
		{"an index below 0", scoring.Fraction(-1, 2), scoring.Whole(1), scoring.Whole(0), 170 - 140.0/3},
		{"what lies outside, of another version, at the edge", scoring.Whole(0), scoring.Whole(10), scoring.Whole(12), 30},
		{"a range without extent", scoring.Whole(5), scoring.Whole(5), scoring.Whole(5), 170},
		{"no number", scoring.Whole(0), scoring.Whole(10), scoring.Exact{}, 170},
	} {
		got := newScoreAxis(c.lowest, c.highest, 170, 30).at(c.score)
		if math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestADayIsEverywhereTheSameLength(t *testing.T) {
	axis := newDateAxis([]string{"2024-06-01", "2024-01-01", "2024-12-31"}, 0, 365)
	for date, want := range map[string]float64{
		"2024-01-01": 0, "2024-01-02": 1, "2024-02-29": 59, "2024-03-01": 60, "2024-12-31": 365, // a leap year has 365 days between
	} {
		if got := axis.at(date); math.Abs(got-want) > 1e-9 {
			t.Errorf("%s at %v, want %v", date, got, want)
		}
	}
}

func TestASingleDateStandsInTheMiddle(t *testing.T) {
	for _, dates := range [][]string{{"2024-01-01"}, {"2024-01-01", "2024-01-01"}, nil, {"no date"}} {
		if got := newDateAxis(dates, 10, 30).at("2024-01-01"); got != 20 {
			t.Errorf("%q: at %v, want 20", dates, got)
		}
	}
}

func TestLabelsMoveAsideAsLittleAsTheyCan(t *testing.T) {
	for _, c := range []struct {
		name           string
		wanted, widths []float64
		want           []float64 // nil: they do not fit
	}{
		{"none", nil, nil, []float64{}},
		{"one with room stays", []float64{50}, []float64{20}, []float64{50}},
		{"one at the edge moves in", []float64{1, 99}, []float64{20, 20}, []float64{10, 90}},
		{"two that would overlap", []float64{50, 55}, []float64{20, 20}, []float64{50, 75}},
		{"pushed back from the far edge", []float64{50, 95}, []float64{60, 60}, nil},
		{"just enough room", []float64{50, 50}, []float64{45, 50}, []float64{22.5, 75}},
		{"too many", []float64{10, 20, 30}, []float64{40, 40, 40}, nil},
	} {
		got, ok := spread(c.wanted, c.widths, 5, 0, 100)
		if ok != (c.want != nil) || ok && !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %t; want %v", c.name, got, ok, c.want)
		}
	}
}
