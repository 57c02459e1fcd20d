package scoring_test

import (
	"encoding/csv"
	"fmt"
	"math/big"
	"os"
	"strconv"
	"testing"

	"github.com/painscore/painscore/scoring"
)

// coefficients is the published data by value set and by term and level. It is
// read from another file than the definitions, and computed with big.Rat.
type coefficients map[string]map[string]*big.Rat

var dimensions = []string{"mobility", "self_care", "usual_activities", "pain_discomfort", "anxiety_depression"}

func loadCoefficients(t *testing.T) coefficients {
	t.Helper()
	file, err := os.Open("testdata/coefficients.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := coefficients{}
	for _, r := range rows[1:] {
		if out[r[1]] == nil {
			out[r[1]] = map[string]*big.Rat{}
		}
		n, ok := new(big.Rat).SetString(r[4])
		if !ok {
			t.Fatalf("bad coefficient %v", r)
		}
		out[r[1]][r[2]+r[3]] = n
	}
	return out
}

// index values a state term by term, as the papers describe it.
func (c coefficients) index(set string, state []int) *big.Rat {
	terms := c[set]
	v := new(big.Rat).Set(terms["start"])
	worst := 0
	for i, level := range state {
		worst = max(worst, level)
		if level > 1 {
			v.Sub(v, terms[dimensions[i]+strconv.Itoa(level)])
		}
	}
	for term, from := range map[string]int{"any_above_1": 2, "any_3": 3, "any_5": 5} {
		if minus := terms[term]; minus != nil && worst >= from {
			v.Sub(v, minus)
		}
	}
	return v
}

func states(levels int) [][]int {
	out := [][]int{{}}
	for range dimensions {
		var next [][]int
		for _, s := range out {
			for l := 1; l <= levels; l++ {
				next = append(next, append(append([]int{}, s...), l))
			}
		}
		out = next
	}
	return out
}

// roundAway rounds to decimals, half away from zero; roundUp rounds half up.
func roundAway(v *big.Rat, decimals int) *big.Rat {
	if v.Sign() < 0 {
		return new(big.Rat).Neg(roundUp(new(big.Rat).Neg(v), decimals))
	}
	return roundUp(v, decimals)
}

func roundUp(v *big.Rat, decimals int) *big.Rat {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil)
	x := new(big.Rat).Mul(v, new(big.Rat).SetInt(scale))
	x.Add(x, big.NewRat(1, 2))
	floor := new(big.Int).Div(x.Num(), x.Denom()) // Euclidean: the floor for a positive denominator
	return new(big.Rat).SetFrac(floor, scale)
}

func TestEveryStateOfEveryValueSetIsItsCoefficients(t *testing.T) {
	data := loadCoefficients(t)
	checked := 0
	for _, id := range []string{"eq_5d_3l", "eq_5d_5l"} {
		in := instrument(t, id)
		levels := int(in.Items()[0].Max)
		for _, v := range in.ValueSets() {
			if v.Definition().Crosswalk != nil {
				continue
			}
			checked++
			for _, state := range states(levels) {
				want := roundAway(data.index(v.ID(), state), int(v.Decimals())).FloatString(int(v.Decimals()))
				if got := indexText(t, in, v, state); got != want {
					t.Fatalf("%s %v: %s, want %s", v.ID(), state, got, want)
				}
			}
		}
	}
	if checked != len(data) || checked != 10 {
		t.Errorf("%d value sets checked, %d in the data, want 10", checked, len(data))
	}
}

// indexText goes the whole way: a sheet, its score, its text. It also checks
// the table itself.
func indexText(t *testing.T, in *scoring.Instrument, v *scoring.ValueSet, state []int) string {
	t.Helper()
	sheet := &scoring.Sheet{ValueSets: []string{v.ID()}}
	levels := make([]uint8, len(state))
	for i, l := range state {
		levels[i] = uint8(l)
		sheet.Answers = append(sheet.Answers, scoring.Answer{Item: dimensions[i], Response: is(int32(l))})
	}
	got := text(t, score(t, in, sheet), "index:"+v.ID())
	micro, ok := v.Index(levels)
	direct := string(scoring.Fraction(int64(micro), 1e6).AppendDecimal(nil, v.Decimals()))
	if !ok || direct != got {
		t.Fatalf("%s %v: Index gives %s, Score %s", v.ID(), state, direct, got)
	}
	return got
}

func TestCrosswalkIsTheExpectationRoundedTwice(t *testing.T) {
	data := loadCoefficients(t)
	in := instrument(t, "eq_5d_5l")
	v, ok := in.ValueSet("uk_crosswalk_2012")
	if !ok {
		t.Fatal("no crosswalk")
	}
	single, halfUp := 0, 0
	threes := states(3)
	for _, state := range states(5) {
		mean := new(big.Rat)
		for _, three := range threes {
			p := big.NewRat(1, 1)
			for i := range state {
				p.Mul(p, crosswalkChance(i, state[i], three[i]))
				if p.Sign() == 0 {
					break
				}
			}
			if p.Sign() != 0 {
				mean.Add(mean, p.Mul(p, data.index("uk_tto_1997", three)))
			}
		}
		want := roundAway(roundAway(mean, 4), 3)
		if got := indexText(t, in, v, state); got != want.FloatString(3) {
			t.Fatalf("%v: %s, want %s", state, got, want.FloatString(3))
		}
		if roundAway(mean, 3).Cmp(want) != 0 {
			single++
		}
		if roundUp(roundUp(mean, 4), 3).Cmp(want) != 0 {
			halfUp++
		}
	}
	if single != 192 || halfUp != 65 {
		t.Errorf("a single rounding misses %d states and half up %d, want 192 and 65", single, halfUp)
	}
}

// crosswalkChance is van Hout's probability that level five of a dimension is
// level three in the other system, typed in again for this test.
func crosswalkChance(dimension, five, three int) *big.Rat {
	a := []string{"0.1773472429", "0.1673469388", "0.1978155340", "0.1988689915", "0.2066037736"}
	b := []string{"0.92788461538", "0.75694444444", "0.67156862745", "0.60050251256", "0.50931677019"}
	one, zero := big.NewRat(1, 1), new(big.Rat)
	rat := func(s string) *big.Rat { r, _ := new(big.Rat).SetString(s); return r }
	pick := func(first int, p *big.Rat) *big.Rat {
		switch three {
		case first:
			return p
		case first + 1:
			return new(big.Rat).Sub(one, p)
		}
		return zero
	}
	switch five {
	case 2:
		return pick(1, rat(a[dimension]))
	case 4:
		return pick(2, rat(b[dimension]))
	}
	if three == (five+1)/2 {
		return one
	}
	return zero
}

func TestAnchorsOfTheValueSets(t *testing.T) {
	for _, c := range []struct{ id, state, set, want string }{
		{"eq_5d_3l", "11121", "uk_tto_1997", "0.796"}, {"eq_5d_3l", "11121", "se_tto_2014", "0.9349"},
		{"eq_5d_3l", "21232", "uk_tto_1997", "0.088"}, {"eq_5d_3l", "21232", "se_tto_2014", "0.6127"},
		{"eq_5d_3l", "22323", "uk_tto_1997", "0.024"},
		{"eq_5d_3l", "33333", "uk_tto_1997", "-0.594"}, {"eq_5d_3l", "33333", "se_tto_2014", "0.3402"},
		{"eq_5d_3l", "11111", "se_tto_2014", "0.9694"}, {"eq_5d_3l", "33333", "uk_vas_1997", "-0.073"},
		{"eq_5d_3l", "33333", "dk_tto_2009", "-0.624"},
		{"eq_5d_5l", "21342", "se_tto_2020", "0.6976"}, {"eq_5d_5l", "21342", "se_ctto_2022", "0.580"},
		{"eq_5d_5l", "21342", "england_2018", "0.525"}, {"eq_5d_5l", "21342", "uk_2026", "0.470"},
		{"eq_5d_5l", "21342", "dk_2021", "0.466"}, {"eq_5d_5l", "21342", "uk_crosswalk_2012", "0.434"},
		{"eq_5d_5l", "32543", "se_tto_2020", "0.5601"}, {"eq_5d_5l", "32543", "se_ctto_2022", "0.327"},
		{"eq_5d_5l", "32543", "england_2018", "0.310"}, {"eq_5d_5l", "32543", "uk_2026", "0.195"},
		{"eq_5d_5l", "32543", "dk_2021", "0.165"}, {"eq_5d_5l", "32543", "uk_crosswalk_2012", "0.101"},
		{"eq_5d_5l", "44444", "se_tto_2020", "0.3743"}, {"eq_5d_5l", "44444", "se_ctto_2022", "0.073"},
		{"eq_5d_5l", "44444", "uk_crosswalk_2012", "0.036"}, {"eq_5d_5l", "12255", "uk_crosswalk_2012", "-0.088"},
		{"eq_5d_5l", "22445", "uk_crosswalk_2012", "-0.013"},
		{"eq_5d_5l", "55555", "se_tto_2020", "0.2433"}, {"eq_5d_5l", "55555", "se_ctto_2022", "-0.314"},
		{"eq_5d_5l", "55555", "england_2018", "-0.285"}, {"eq_5d_5l", "55555", "uk_2026", "-0.567"},
		{"eq_5d_5l", "55555", "dk_2021", "-0.758"}, {"eq_5d_5l", "55555", "no_2024", "-0.453000"},
	} {
		in := instrument(t, c.id)
		v, ok := in.ValueSet(c.set)
		if !ok {
			t.Fatalf("no value set %s", c.set)
		}
		var state []int
		for _, d := range c.state {
			state = append(state, int(d-'0'))
		}
		if got := indexText(t, in, v, state); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.set, c.state, got, c.want)
		}
	}
}

// Swedish sets have exact ties at three decimals; floats would break them.
func TestThreeDecimalFormOfTheSwedishSetsHasTies(t *testing.T) {
	for set, want := range map[string]int{"se_tto_2014": 20, "se_tto_2020": 247} {
		id, levels := "eq_5d_3l", 3
		if set == "se_tto_2020" {
			id, levels = "eq_5d_5l", 5
		}
		v, _ := instrument(t, id).ValueSet(set)
		ties := 0
		for _, state := range states(levels) {
			l := []uint8{uint8(state[0]), uint8(state[1]), uint8(state[2]), uint8(state[3]), uint8(state[4])}
			micro, _ := v.Index(l)
			if micro%1000 != 500 && micro%1000 != -500 {
				continue
			}
			ties++
			want := fmt.Sprintf("%.3f", float64(micro/1000*1000+1000)/1e6)
			if got := string(scoring.Fraction(int64(micro), 1e6).AppendDecimal(nil, 3)); got != want {
				t.Errorf("%s %v: %s, want %s", set, state, got, want)
			}
		}
		if ties != want {
			t.Errorf("%s has %d ties, want %d", set, ties, want)
		}
	}
}
