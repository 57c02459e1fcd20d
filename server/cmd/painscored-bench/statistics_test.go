package main

import (
	"testing"
	"time"
)

func TestPercentilesAreNearestRanks(t *testing.T) {
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(i+1))
	}
	for _, c := range []struct {
		sorted []time.Duration
		p      int
		want   time.Duration
	}{
		{hundred, 50, 50}, {hundred, 99, 99}, {hundred, 100, 100}, {hundred, 1, 1},
		{hundred[:1], 99, 1}, {hundred[:3], 50, 2}, {hundred[:10], 99, 10}, {hundred[:10], 50, 5},
	} {
		if got := percentile(c.sorted, c.p); got != c.want {
			t.Errorf("p%d of %d values: %d, want %d", c.p, len(c.sorted), got, c.want)
		}
	}
}

func TestMediansLeaveTheValuesAsTheyAre(t *testing.T) {
	values := []float64{9, 1, 4, 2}
	if got := medianFloat(values); got != 3 {
		t.Errorf("median %v, want 3", got)
	}
	if got := medianFloat(values[:3]); got != 4 {
		t.Errorf("median %v, want 4", got)
	}
	if values[0] != 9 || values[3] != 2 {
		t.Errorf("the values were moved: %v", values)
	}
}

// TestRatiosCompareRoundByRound: the machine was half as fast in the second
// round, for both.
func TestRatiosCompareRoundByRound(t *testing.T) {
	a := []sample{{PerSecond: 50}, {PerSecond: 30}, {PerSecond: 45}}
	b := []sample{{PerSecond: 100}, {PerSecond: 50}, {PerSecond: 100}}
	middle, lowest, highest := ratios(a, b, func(s sample) float64 { return s.PerSecond })
	if middle != 0.5 || lowest != 0.45 || highest != 0.6 {
		t.Errorf("%v (%v–%v), want 0.5 (0.45–0.6)", middle, lowest, highest)
	}
}
