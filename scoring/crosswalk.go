package scoring

import (
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// Probabilities are whole numbers of units of 10^-chanceDecimals.
const (
	chanceDecimals       = 12
	chanceUnit     int64 = 1e12
)

// crosswalk computes the table of a value set that goes through another one
// (van Hout 2012): the expected index over the states of the other descriptive
// system, the dimensions being independent, rounded step by step as the
// published table was. It is exact until those roundings.
func (c *setCompiler) crosswalk(v, through *ValueSet) {
	d := c.def
	if d.Start != "" || len(d.Decrements) > 0 || len(d.Constants) > 0 {
		c.add("crosswalk", "give a crosswalk or decrements, not both")
	}
	if through == nil || through.ID() != d.Crosswalk.Through || through.model == nil {
		c.add("crosswalk.through", "the value set to go through is not known, or is a crosswalk itself")
		return
	}
	if len(d.Crosswalk.Round) == 0 {
		c.add("crosswalk.round", "say how many decimals are rounded to, one after the other")
	}
	for i, r := range d.Crosswalk.Round {
		if r < 0 || r > 6 || i > 0 && r >= d.Crosswalk.Round[i-1] {
			c.add(at("crosswalk.round", i), "decimals must be 0 to 6 and descend")
		}
	}
	m := through.model
	states := 1
	for range m.items {
		if states *= max(1, d.Levels); states > maxStates {
			c.add("levels", "more than %d states", maxStates)
			return
		}
	}
	chances := c.transitions(m)
	if len(c.problems) > 0 {
		return
	}
	v.items = m.items
	x := expectation{model: m, chances: chances, round: d.Crosswalk.Round}
	v.fill(x.micro)
}

// transitions returns the chance of each level of the other system, per
// dimension and level, in units of 1e-12.
func (c *setCompiler) transitions(m *model) [][][]int64 {
	out := make([][][]int64, len(m.items))
	for i := range out {
		out[i] = make([][]int64, max(0, c.def.Levels))
	}
	for i, t := range c.def.Crosswalk.Transitions {
		path := at("crosswalk.transitions", i)
		row, ok := c.chances(path, &t, m.levels)
		if !ok || t.Level < 1 || t.Level > c.def.Levels {
			c.add(path, "levels are outside the descriptive systems")
			continue
		}
		for j, item := range m.items {
			if len(t.Items) > 0 && !slices.Contains(t.Items, item) {
				continue
			}
			if out[j][t.Level-1] != nil {
				c.add(path, "level %d of %s has two transitions", t.Level, item)
			}
			out[j][t.Level-1] = row
		}
		for _, item := range t.Items {
			if !slices.Contains(m.items, item) {
				c.add(path+".items", "dimension is not one of the value set gone through")
			}
		}
	}
	for j := range out {
		for l, row := range out[j] {
			if row == nil {
				c.add("crosswalk.transitions", "level %d of %s has no transition", l+1, m.items[j])
			}
		}
	}
	return out
}

// chances spreads one level over those of the other system.
func (c *setCompiler) chances(path string, t *Transition, levels int) ([]int64, bool) {
	row := make([]int64, levels)
	if t.To < 1 || t.To > levels {
		return nil, false
	}
	if t.P == "" {
		row[t.To-1] = chanceUnit
		return row, t.Otherwise == 0
	}
	p, err := parseChance(t.P)
	if err != nil {
		c.add(path+".p", "a probability must be a decimal from 0 to 1 with at most %d decimals", chanceDecimals)
		return row, true
	}
	if t.Otherwise < 1 || t.Otherwise > levels || t.Otherwise == t.To {
		return nil, false
	}
	row[t.To-1], row[t.Otherwise-1] = p, chanceUnit-p
	return row, true
}

// parseChance reads a decimal from 0 to 1 in units of 1e-12; Decimal allows
// nine decimals only.
func parseChance(text string) (int64, error) {
	whole, fraction, _ := strings.Cut(text, ".")
	if whole != "0" && whole != "1" || len(fraction) > chanceDecimals {
		return 0, errDecimal
	}
	n, err := strconv.ParseUint(whole+fraction+strings.Repeat("0", chanceDecimals-len(fraction)), 10, 62)
	if err != nil || int64(n) > chanceUnit {
		return 0, errDecimal
	}
	return int64(n), nil
}

// expectation values a state by the mean over the states it may correspond to.
// The model is additive, so the mean decrement of each dimension adds up, and
// each constant weighs as much as the chance that some dimension reaches it.
type expectation struct {
	model   *model
	chances [][][]int64
	round   []int
}

// micro returns the index of a state, levels counted from 0, in units of 1e-6.
func (x *expectation) micro(levels []int) int64 {
	n := len(levels)
	unit := big.NewInt(chanceUnit)
	whole := new(big.Int).Exp(unit, big.NewInt(int64(n)), nil) // a chance of 1 over n dimensions
	sum := new(big.Int).Mul(big.NewInt(x.model.start), unit)
	for i, l := range levels {
		for to, p := range x.chances[i][l] {
			sum.Sub(sum, new(big.Int).Mul(big.NewInt(p), big.NewInt(x.model.decrements[i][to])))
		}
	}
	sum.Mul(sum, new(big.Int).Div(whole, unit))
	for _, k := range x.model.constants {
		none := big.NewInt(1) // the chance that every dimension stays below the level
		for i, l := range levels {
			below := int64(0)
			for to, p := range x.chances[i][l] {
				if to+1 < k.anyLevel {
					below += p
				}
			}
			none.Mul(none, big.NewInt(below))
		}
		some := none.Sub(whole, none)
		sum.Sub(sum, some.Mul(some, big.NewInt(k.minus)))
	}
	return roundInSteps(sum, whole, x.round)
}

// roundInSteps rounds num/den (in units of 1e-6) to each number of decimals in
// turn, half away from zero, and returns units of 1e-6.
func roundInSteps(num, den *big.Int, decimals []int) int64 {
	value, over := new(big.Int).Set(num), new(big.Int).Set(den)
	for _, d := range decimals {
		step := big.NewInt(int64(pow10[6-d])) // one unit of this rounding, in 1e-6
		over.Mul(over, step)
		value.Abs(value).Lsh(value, 1).Add(value, over)
		value.Div(value, over.Lsh(over, 1)).Mul(value, step)
		over.SetInt64(1)
	}
	if num.Sign() < 0 {
		value.Neg(value)
	}
	return value.Int64()
}
