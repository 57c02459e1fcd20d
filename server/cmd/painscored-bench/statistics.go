package main

import (
	"cmp"
	"slices"
	"time"
)

// sample is what one round of calls took.
type sample struct {
	PerSecond float64       `json:"per_second"`
	P50       time.Duration `json:"p50_ns"`
	P99       time.Duration `json:"p99_ns"`
	Calls     int           `json:"calls"`
}

// percentile is the smallest value that at least p of a hundred values do not
// exceed (nearest rank). sorted must not be empty; p is from 1 to 100.
func percentile(sorted []time.Duration, p int) time.Duration {
	rank := (len(sorted)*p + 99) / 100
	return sorted[rank-1]
}

// median is the middle value, of an even number the mean of the two in the
// middle. values must not be empty, and are left as they are.
func median[T cmp.Ordered](values []T, mean func(a, b T) T) T {
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return mean(sorted[half-1], sorted[half])
}

func medianFloat(values []float64) float64 {
	return median(values, func(a, b float64) float64 { return (a + b) / 2 })
}

// medians takes the median of each figure over rounds.
func medians(rounds []sample) sample {
	var perSecond []float64
	var p50, p99 []time.Duration
	calls := 0
	for _, r := range rounds {
		perSecond, p50, p99 = append(perSecond, r.PerSecond), append(p50, r.P50), append(p99, r.P99)
		calls += r.Calls
	}
	between := func(a, b time.Duration) time.Duration { return (a + b) / 2 }
	return sample{PerSecond: medianFloat(perSecond), P50: median(p50, between), P99: median(p99, between), Calls: calls}
}

// ratios compares two contestants round by round, since a machine that others
// use is slow for both in the same round: the median of the ratios, the lowest
// and the highest.
func ratios(of, to []sample, figure func(sample) float64) (middle, lowest, highest float64) {
	var all []float64
	for i := range of {
		all = append(all, figure(of[i])/figure(to[i]))
	}
	return medianFloat(all), slices.Min(all), slices.Max(all)
}
