package registry

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/stat"

	"github.com/painscore/painscore/scoring"
)

// Reason says why there is no figure, or why somebody's score is not in one.
type Reason string

// The reasons for a figure that is not there.
const (
	NoData         Reason = "NO_DATA"         // nobody to count
	OneValue       Reason = "ONE_VALUE"       // a spread needs two
	NoSpread       Reason = "NO_SPREAD"       // all values are equal, and it would be divided by their SD
	NoVerdict      Reason = "NOT_ESTABLISHED" // no threshold says what change matters
	HiddenFigure   Reason = "SUPPRESSED"      // would tell about too few people
	NotComputed    Reason = "NOT_ASKED_FOR"   // the input has nothing about it
	NotANumberHere Reason = "NO_NUMBER"
)

// The reasons for leaving a form out that are not scoring's own. Others are
// scoring's words for a refusal or for two scores that cannot be compared.
const (
	NotAnswered      Reason = "NOT_ANSWERED"
	DifferentScoring        = Reason(scoring.DifferentScoring) // another scoring hash than the report's
	NotJudged        Reason = "NOT_JUDGED"                     // a change without a verdict on its importance
	NoDate           Reason = "NO_DATE"
	NegativeDays     Reason = "DATES_IN_WRONG_ORDER"
)

// Figure is a number, or the reason why there is none. It is never NaN or
// infinite. In JSON it is the number or the reason.
type Figure struct {
	Value  float64
	Reason Reason // empty where Value holds
}

// MarshalJSON writes the number with all its digits, or the reason.
func (f Figure) MarshalJSON() ([]byte, error) {
	if f.Reason != "" {
		return json.Marshal(f.Reason)
	}
	return strconv.AppendFloat(nil, f.Value, 'g', -1, 64), nil
}

// Count is how many, or the reason why it is not told.
type Count struct {
	N      int
	Reason Reason
}

// MarshalJSON writes the count or the reason.
func (c Count) MarshalJSON() ([]byte, error) {
	if c.Reason != "" {
		return json.Marshal(c.Reason)
	}
	return strconv.AppendInt(nil, int64(c.N), 10), nil
}

// figure makes a Figure of what was computed; NaN and infinity, which no path
// should lead to, become a reason all the same.
func figure(v float64) Figure {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return Figure{Reason: NotANumberHere}
	}
	return Figure{Value: v}
}

func none(reason Reason) Figure { return Figure{Reason: reason} }

// Summary describes a distribution.
type Summary struct {
	N      Count
	Mean   Figure
	SD     Figure // of a sample: n − 1 below the line
	Q1     Figure // quartiles of type 7 (Hyndman and Fan 1996), R's default
	Median Figure
	Q3     Figure
}

// tally counts values, in units of 1e-6. Scores take few different values, so
// it stays small however many people are counted.
type tally map[int64]int

const micro = 1e6

// microOf is a score as printed. The printed number is what an export delivers,
// so that whoever computes from an export comes to the same figures.
func microOf(s *scoring.Score) int64 {
	v, err := strconv.ParseFloat(s.Text(), 64)
	if err != nil {
		panic("registry: a score that was valued does not print as a number") // scoring prints what it valued
	}
	return int64(math.Round(v * micro))
}

func (t tally) n() int {
	n := 0
	for _, c := range t {
		n += c
	}
	return n
}

// sorted returns the values, rising, and how often each occurs.
func (t tally) sorted() (values, weights []float64) {
	for _, v := range slices.Sorted(maps.Keys(t)) {
		values = append(values, float64(v)/micro)
		weights = append(weights, float64(t[v]))
	}
	return values, weights
}

// meanSD returns mean and SD, or why there is none.
func (t tally) meanSD() (mean, sd Figure) {
	n := t.n()
	if n == 0 {
		return none(NoData), none(NoData)
	}
	values, weights := t.sorted()
	m, s := stat.MeanStdDev(values, weights)
	switch {
	case n == 1:
		return figure(m), none(OneValue)
	case len(values) == 1: // rounding would leave a trace of a spread
		return figure(values[0]), figure(0)
	}
	return figure(m), figure(s)
}

// quantile is of type 7: linear between the order statistics around 1 + (n−1)p.
func (t tally) quantile(p float64) Figure {
	n := t.n()
	if n == 0 {
		return none(NoData)
	}
	values, weights := t.sorted()
	place := float64(n-1) * p
	below := math.Floor(place)
	low, high := at(values, weights, below), at(values, weights, math.Min(below+1, float64(n-1)))
	return figure(low + (place-below)*(high-low))
}

// at is the order statistic with this many others below it.
func at(values, weights []float64, below float64) float64 {
	for i := range values {
		if below -= weights[i]; below < 0 {
			return values[i]
		}
	}
	return values[len(values)-1]
}

func (t tally) summary() Summary {
	s := Summary{N: Count{N: t.n()}, Q1: t.quantile(0.25), Median: t.quantile(0.5), Q3: t.quantile(0.75)}
	s.Mean, s.SD = t.meanSD()
	return s
}
