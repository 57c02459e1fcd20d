package main

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// valueSet is an additive set: what each level from 2 on takes off its start,
// and what is taken off once if any dimension is at a level or above.
type valueSet struct {
	id       string
	decimals int
	start    string
	minus    []string // per dimension, the decrements of the levels from 2
	any      map[int]string
	through  *valueSet // of the crosswalk: the set that the states go through
}

var ukTTO1997 = valueSet{ // Dolan 1997, MVH model A1
	id: "uk_tto_1997", decimals: 3, start: "1", any: map[int]string{2: ".081", 3: ".269"},
	minus: []string{".069 .314", ".104 .214", ".036 .094", ".123 .386", ".071 .236"},
}

var seTTO2014 = valueSet{ // Burström 2014, experience-based
	id: "se_tto_2014", decimals: 4, start: ".9694", any: map[int]string{3: ".0433"},
	minus: []string{".0666 .1247", ".0276 .0276", ".1012 .1355", ".0345 .0904", ".0552 .2077"},
}

var ukVAS1997 = valueSet{
	id: "uk_vas_1997", decimals: 3, start: "1", any: map[int]string{2: ".155", 3: ".215"},
	minus: []string{".071 .182", ".093 .145", ".031 .081", ".084 .171", ".063 .124"},
}

var dkTTO2009 = valueSet{
	id: "dk_tto_2009", decimals: 3, start: "1", any: map[int]string{2: ".114"},
	minus: []string{".053 .411", ".063 .192", ".048 .144", ".062 .396", ".068 .367"},
}

var seTTO2020 = valueSet{ // Burström 2020, experience-based
	id: "se_tto_2020", decimals: 4, start: ".9755", any: map[int]string{5: ".0023"},
	minus: []string{
		".0287 .0346 .0523 .0523", ".0254 .0817 .0824 .0824", ".0549 .1143 .1639 .1639",
		".0108 .0428 .1024 .1974", ".0325 .0868 .2002 .2339",
	},
}

var seCTTO2022 = valueSet{ // Sun 2022, hypothetical
	id: "se_ctto_2022", decimals: 3, start: "1",
	minus: []string{".022 .026 .087 .132", ".019 .056 .113 .159", ".022 .048 .131 .187", ".010 .047 .319 .442", ".031 .122 .277 .394"},
}

var england2018 = valueSet{ // Devlin 2018
	id: "england_2018", decimals: 3, start: "1",
	minus: []string{".058 .076 .207 .274", ".050 .080 .164 .203", ".050 .063 .162 .184", ".063 .084 .276 .335", ".078 .104 .285 .289"},
}

var uk2026 = valueSet{ // Rowen 2026
	id: "uk_2026", decimals: 3, start: "1",
	minus: []string{".032 .058 .179 .279", ".038 .060 .162 .206", ".049 .086 .184 .212", ".056 .066 .371 .479", ".041 .126 .313 .391"},
}

var dk2021 = valueSet{
	id: "dk_2021", decimals: 3, start: "1",
	minus: []string{".041 .054 .157 .220", ".035 .050 .144 .209", ".033 .040 .139 .174", ".048 .094 .381 .537", ".072 .191 .430 .618"},
}

var no2024 = valueSet{
	id: "no_2024", decimals: 6, start: "1",
	minus: []string{
		".03116 .064985 .158875 .205", ".031312 .065302 .15965 .206", ".027208 .056743 .138725 .179",
		".059432 .123947 .303025 .391", ".071744 .149624 .3658 .472",
	},
}

var ukCrosswalk2012 = valueSet{id: "uk_crosswalk_2012", decimals: 3, through: &ukTTO1997} // van Hout 2012

// values remembers what has been computed: a blank sheet asks for every state.
var values = map[string]*big.Rat{}

// value is the index of a state, levels counted from 1.
func (v valueSet) value(state []int) *big.Rat {
	key := fmt.Sprint(v.id, state)
	if values[key] == nil {
		values[key] = v.compute(state)
	}
	return values[key]
}

func (v valueSet) compute(state []int) *big.Rat {
	if v.through != nil {
		mean := expected(state, v.through)
		return round(round(mean, 4), 3) // as the published table was made
	}
	out := rat(v.start)
	for i, level := range state {
		if level > 1 {
			out.Sub(out, rat("0"+strings.Fields(v.minus[i])[level-2]))
		}
	}
	for level, minus := range v.any {
		if slices.Max(state) >= level {
			out.Sub(out, rat("0"+minus))
		}
	}
	return out
}

// Of level 2 of the 5L the part stays level 1 in the 3L, of level 4 level 2;
// the rest is one worse. Per dimension.
var (
	levelTwo  = []string{"0.1773472429", "0.1673469388", "0.1978155340", "0.1988689915", "0.2066037736"}
	levelFour = []string{"0.92788461538", "0.75694444444", "0.67156862745", "0.60050251256", "0.50931677019"}
)

// spreadOf says how likely a level of the 5L is each level of the 3L.
func spreadOf(dimension, level int) map[int]*big.Rat {
	one := big.NewRat(1, 1)
	switch level {
	case 2:
		p := rat(levelTwo[dimension])
		return map[int]*big.Rat{1: p, 2: new(big.Rat).Sub(one, p)}
	case 4:
		p := rat(levelFour[dimension])
		return map[int]*big.Rat{2: p, 3: new(big.Rat).Sub(one, p)}
	}
	return map[int]*big.Rat{(level + 1) / 2: one}
}

// expected is the mean over the states of the 3L that a state may be.
func expected(state []int, through *valueSet) *big.Rat {
	type chance struct {
		state []int
		p     *big.Rat
	}
	all := []chance{{nil, big.NewRat(1, 1)}}
	for i, level := range state {
		var longer []chance
		for _, c := range all {
			for to, p := range spreadOf(i, level) {
				longer = append(longer, chance{append(slices.Clone(c.state), to), new(big.Rat).Mul(c.p, p)})
			}
		}
		all = longer
	}
	mean := new(big.Rat)
	for _, c := range all {
		mean.Add(mean, new(big.Rat).Mul(c.p, through.value(c.state)))
	}
	return mean
}

// round gives a rational a number of decimals, half away from zero.
func round(r *big.Rat, decimals int) *big.Rat { return rat(r.FloatString(decimals)) }
