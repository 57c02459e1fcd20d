package scoring_test

import (
	"testing"

	"github.com/painscore/painscore/scoring"
)

func measure(t *testing.T, id, name string, sheet *scoring.Sheet) *scoring.Measurement {
	t.Helper()
	in := instrument(t, id)
	return &scoring.Measurement{Instrument: id, ScoringHash: in.ScoringHash(), Score: find(t, score(t, in, sheet), name)}
}

func TestCompare(t *testing.T) {
	nprs := func(v int32) *scoring.Measurement {
		return measure(t, "nprs", "average_pain", &scoring.Sheet{Positions: row(v)})
	}
	cpaq := func(v int32) *scoring.Measurement {
		return measure(t, "cpaq_8", "activity_engagement", &scoring.Sheet{Layout: "blocked", Positions: row(v, 0, 0, 0, 0, 0, 0, 0)})
	}
	hads := func(scale string, v ...int32) *scoring.Measurement {
		return measure(t, "hads", scale, &scoring.Sheet{Positions: row(v...)})
	}
	eq := func(id, name, set string, v ...int32) *scoring.Measurement {
		return measure(t, id, name, &scoring.Sheet{Positions: row(v...), ValueSets: []string{set}})
	}
	lisat := func(apply bool) *scoring.Measurement {
		p := row(same(11, 5)...)
		if !apply {
			p[8] = kind(scoring.NotApplicable)
		}
		return measure(t, "lisat_11", "mean", &scoring.Sheet{Positions: p})
	}
	other := nprs(3)
	other.ScoringHash = "other"
	prorated := []int32{1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, blank, 0}
	for _, c := range []struct {
		name     string
		from, to *scoring.Measurement
		want     string
		move     scoring.Movement
		reason   scoring.NotComparableReason
		prorated bool
		switched bool
	}{
		{"less pain", nprs(7), nprs(5), "-2", scoring.TowardsBetter, "", false, false},
		{"more pain", nprs(5), nprs(7), "+2", scoring.TowardsWorse, "", false, false},
		{"the same", nprs(5), nprs(5), "0", scoring.Same, "", false, false},
		{"more engagement", cpaq(2), cpaq(6), "+4", scoring.TowardsBetter, "", false, false},
		{"complete against prorated", hads("anxiety", same(14, 0)...), hads("anxiety", prorated...), "+7.00", scoring.TowardsWorse, "", true, false},
		{"refused", hads("anxiety", same(14, blank)...), hads("anxiety", same(14, 0)...), "", "", scoring.RefusedScore, false, false},
		{"other scale", hads("anxiety", same(14, 0)...), hads("depression", same(14, 0)...), "", "", scoring.DifferentScale, false, false},
		{"other instrument", nprs(1), cpaq(1), "", "", scoring.DifferentInstrument, false, true},
		{"other scoring", nprs(1), other, "", "", scoring.DifferentScoring, false, false},
		{"other denominator", lisat(true), lisat(false), "", "", scoring.DifferentDenominator, false, false},
		{"index", eq("eq_5d_3l", "index:se_tto_2014", "se_tto_2014", 1, 1, 1, 2, 1, 50), eq("eq_5d_3l", "index:se_tto_2014", "se_tto_2014", 1, 1, 1, 1, 1, 50), "+0.0345", scoring.TowardsBetter, "", false, false},
		{"other value set", eq("eq_5d_3l", "index:se_tto_2014", "se_tto_2014", 1, 1, 1, 2, 1, 50), eq("eq_5d_3l", "index:uk_tto_1997", "uk_tto_1997", 1, 1, 1, 2, 1, 50), "", "", scoring.DifferentValueSet, false, false},
		{"VAS across 3L and 5L", eq("eq_5d_3l", "vas", "se_tto_2014", 1, 1, 1, 2, 1, 50), eq("eq_5d_5l", "vas", "dk_2021", 1, 1, 1, 2, 1, 61), "+11", scoring.TowardsBetter, "", false, true},
		{"level sum across 3L and 5L", eq("eq_5d_3l", "level_sum", "se_tto_2014", 1, 1, 1, 2, 1, 50), eq("eq_5d_5l", "level_sum", "dk_2021", 1, 1, 1, 2, 1, 61), "", "", scoring.DifferentInstrument, false, true},
		{"same profile", eq("eq_5d_3l", "profile", "se_tto_2014", 1, 1, 1, 2, 1, 50), eq("eq_5d_3l", "profile", "se_tto_2014", 1, 1, 1, 2, 1, 1), "", scoring.Same, scoring.NoNumber, false, false},
		{"other profile", eq("eq_5d_3l", "profile", "se_tto_2014", 1, 1, 1, 2, 1, 50), eq("eq_5d_3l", "profile", "se_tto_2014", 1, 1, 1, 3, 1, 1), "", scoring.NoMovement, scoring.NoNumber, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := scoring.Compare(c.from, c.to)
			if got.Text() != c.want || got.Movement != c.move || got.Reason != c.reason || got.Comparable != (c.reason == "") || got.Prorated != c.prorated || got.InstrumentSwitched != c.switched {
				t.Errorf("%s: %+v", got.Text(), got)
			}
		})
	}
}

func TestExactRoundsHalfAwayFromZeroOnce(t *testing.T) {
	for _, c := range []struct {
		e        scoring.Exact
		decimals int8
		want     string
	}{
		{scoring.Fraction(1, 8), 2, "0.13"}, {scoring.Fraction(-1, 8), 2, "-0.13"}, {scoring.Fraction(-1, 1000), 2, "0.00"},
		{scoring.Fraction(41, 11), 2, "3.73"}, {scoring.Fraction(55, 2), scoring.AsNeeded, "27.5"}, {scoring.Whole(49), scoring.AsNeeded, "49"},
		{scoring.Whole(14), 2, "14.00"}, {scoring.Fraction(5, 2), 0, "3"}, {scoring.Fraction(-5, 2), 0, "-3"}, {scoring.Fraction(49, 6), 2, "8.17"},
		{scoring.Exact{}, 2, ""},
	} {
		if got := string(c.e.AppendDecimal(nil, c.decimals)); got != c.want {
			t.Errorf("%v with %d decimals: %q, want %q", c.e, c.decimals, got, c.want)
		}
	}
	huge := scoring.Exact{Num: 1<<62 + 1, Den: 1<<61 - 1}
	if huge.Cmp(scoring.Exact{Num: 1 << 62, Den: 1<<61 - 1 - 2}) >= 0 || huge.Cmp(scoring.Exact{Num: -1 << 62, Den: 3}) <= 0 {
		t.Error("comparison overflows")
	}
}
