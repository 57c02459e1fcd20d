package clinic

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/painscore/painscore/scoring"
)

// TestSDCIsComputedAndRoundedOnce: the figures were computed with 40 digits
// elsewhere, the bounds of rounding chosen on purpose.
func TestSDCIsComputedAndRoundedOnce(t *testing.T) {
	for _, tc := range []struct {
		sd, r    scoring.Decimal
		decimals int8
		want     string
	}{
		{"3.1", "0.83", 2, "3.54"},        // 3.54288…
		{"1", "0", 2, "2.77"},             // 2.77185…
		{"1", "0.5", 2, "1.96"},           // √2·√½ = 1: exact
		{"10", "0.5", 2, "19.60"},         // exact
		{"8", "0.96875", 2, "3.92"},       // √2·8·√(1/32) = 2: exact
		{"0.25", "0.5", 2, "0.49"},        // exact
		{"0.125", "0.5", 2, "0.25"},       // 0.245: exactly half way, away from zero
		{"0.375", "0.5", 2, "0.74"},       // 0.735: likewise
		{"0.374999999", "0.5", 2, "0.73"}, // 0.73499999804: just below half way
		{"0.375000001", "0.5", 2, "0.74"}, // just above
		{"0.0025", "0.5", 2, "0.00"},      // 0.0049
		{"0.2231", "0.7", 4, "0.3387"},    // 0.338712…
		{"999999999", "0", 2, "2771858579.48"},
	} {
		sd, _ := tc.sd.Exact()
		r, _ := tc.r.Exact()
		if got := string(sdcOf(sd, r, tc.decimals).AppendDecimal(nil, tc.decimals)); got != tc.want {
			t.Errorf("SD %s, r %s: %s, want %s", tc.sd, tc.r, got, tc.want)
		}
	}
}

// TestSDCIsTheNearest holds the whole-number root against 300 bits of floating
// point.
func TestSDCIsTheNearest(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		sd := scoring.Fraction(rapid.Int64Range(1, 50_000).Draw(r, "sd"), 1000)
		rel := scoring.Fraction(rapid.Int64Range(0, 999).Draw(r, "reliability"), 1000)
		wide := func(num, den int64) *big.Float {
			f := new(big.Float).SetPrec(300).SetRat(big.NewRat(num, den))
			return f
		}
		x := new(big.Float).SetPrec(300).Sqrt(wide(2*(rel.Den-rel.Num), rel.Den))
		x.Mul(x, wide(sd.Num, sd.Den)).Mul(x, wide(196, 100))
		got := sdcOf(sd, rel, 2)
		distance := new(big.Float).SetPrec(300).Sub(x, wide(got.Num, got.Den))
		// An exact tie, such as SD 0.625 with r 0.5, lies half a unit away, give or
		// take what 300 bits cannot hold.
		half := new(big.Float).SetPrec(300).Add(wide(1, 200), wide(1, 1e15))
		if distance.Abs(distance).Cmp(half) > 0 {
			r.Fatalf("SD %s, r %s: got %s, which is %s away", sd, rel, got, distance.Text('g', 5))
		}
	})
}
