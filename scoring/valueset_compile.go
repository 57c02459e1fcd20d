package scoring

import (
	"fmt"
	"strconv"
)

// Limits on a value set: its table has at most maxStates entries.
const (
	maxDimensions = 8
	maxLevels     = 9
	maxStates     = 100_000
	maxConstants  = 20
	maxIndex      = 10 * microUnits // with the limits above, every index fits int32
)

// CompileValueSet checks a value set and computes its whole table. through is
// the value set that a crosswalk names, nil otherwise. The anchors in the file
// are checked. The error is a *DefinitionError with every problem found. def
// must not be changed afterwards.
func CompileValueSet(def *ValueSetDefinition, through *ValueSet) (*ValueSet, error) {
	c := &setCompiler{def: def}
	c.heading()
	v := &ValueSet{def: def, levels: def.Levels}
	if def.Crosswalk != nil {
		c.crosswalk(v, through)
	} else if m, ok := c.model(); ok {
		v.items, v.model = m.items, m
		v.fill(m.micro)
	}
	if len(c.problems) == 0 {
		c.anchors(v)
	}
	if len(c.problems) > 0 {
		return nil, &DefinitionError{Problems: c.problems}
	}
	return v, nil
}

type setCompiler struct {
	def      *ValueSetDefinition
	problems []DefinitionProblem
}

func (c *setCompiler) add(path, format string, args ...any) {
	c.problems = append(c.problems, DefinitionProblem{Path: path, Reason: fmt.Sprintf(format, args...)})
}

func (c *setCompiler) heading() {
	d := c.def
	if d.Format != 1 {
		c.add("format", "format must be 1")
	}
	if !codePattern.MatchString(d.ValueSet) {
		c.add("value_set", "value-set code must be lower-case letters, digits and _, at most 40")
	}
	if !instrumentPattern.MatchString(d.Instrument) {
		c.add("instrument", "instrument code is missing or malformed")
	}
	if d.Title == "" || d.Country == "" || d.Year < 1970 || d.Year > 2100 {
		c.add("title", "a value set needs title, country and year")
	}
	if d.Source == "" {
		c.add("source", "source is missing")
	}
	if d.Known != Verified && d.Known != Secondary {
		c.add("known", "known must be V or S: a value set is never guessed")
	}
	if d.Decimals < 0 || d.Decimals > 6 {
		c.add("decimals", "decimals must be 0 to 6")
	}
	if d.Levels < 2 || d.Levels > maxLevels {
		c.add("levels", "levels must be 2 to %d", maxLevels)
	}
	if len(d.Anchors) == 0 {
		c.add("anchors", "anchors are missing: give the index of at least one state")
	}
}

// model is an additive value set in units of 1e-6.
type model struct {
	items      []string
	levels     int
	start      int64
	decrements [][]int64 // per dimension and level; level 1 takes off nothing
	constants  []constant
}

type constant struct {
	anyLevel int
	minus    int64
}

func (c *setCompiler) model() (*model, bool) {
	d, before := c.def, len(c.problems)
	m := &model{levels: d.Levels, start: c.micro("start", d.Start)}
	states := 1
	seen := map[string]bool{}
	for i, dec := range d.Decrements {
		path := at("decrements", i)
		if !codePattern.MatchString(dec.Item) || seen[dec.Item] {
			c.add(path+".item", "dimension is malformed or stands twice")
		}
		seen[dec.Item] = true
		if len(dec.Minus) != d.Levels-1 {
			c.add(path+".minus", "needs one decrement for each of the levels 2 to %d", d.Levels)
		}
		row := []int64{0}
		for j, minus := range dec.Minus {
			row = append(row, c.micro(at(path+".minus", j), minus))
		}
		m.items, m.decrements = append(m.items, dec.Item), append(m.decrements, row)
		states *= max(1, d.Levels)
		if states > maxStates || i >= maxDimensions {
			c.add("decrements", "at most %d dimensions and %d states", maxDimensions, maxStates)
			return nil, false
		}
	}
	if len(d.Decrements) == 0 {
		c.add("decrements", "decrements are missing")
	}
	if len(d.Constants) > maxConstants {
		c.add("constants", "at most %d constants", maxConstants)
	}
	for i, k := range d.Constants {
		if k.AnyLevel < 2 || k.AnyLevel > d.Levels {
			c.add(at("constants", i)+".any_level", "any_level must be 2 to %d", d.Levels)
		}
		m.constants = append(m.constants, constant{k.AnyLevel, c.micro(at("constants", i)+".minus", k.Minus)})
	}
	return m, len(c.problems) == before
}

func (c *setCompiler) micro(path string, d Decimal) int64 {
	n, err := d.micro()
	if err != nil {
		c.add(path, "%s", err)
		return 0
	}
	if n > maxIndex || n < -maxIndex {
		c.add(path, "is beyond ±%d", maxIndex/microUnits)
	}
	if decimals := c.def.Decimals; decimals >= 0 && decimals <= 6 && n%int64(pow10[6-decimals]) != 0 {
		c.add(path, "has more decimals than the index is given with")
	}
	return n
}

// micro returns the index of a state, levels counted from 0, in units of 1e-6.
func (m *model) micro(levels []int) int64 {
	index, worst := m.start, 0
	for i, l := range levels {
		index -= m.decrements[i][l]
		worst = max(worst, l)
	}
	for _, k := range m.constants {
		if worst+1 >= k.anyLevel {
			index -= k.minus
		}
	}
	return index
}

// fill computes the table, the first dimension varying slowest.
func (v *ValueSet) fill(index func(levels []int) int64) {
	states := 1
	for range v.items {
		states *= v.levels
	}
	v.table = make([]int32, states)
	levels := make([]int, len(v.items))
	for at := range v.table {
		for i, rest := len(levels)-1, at; i >= 0; i, rest = i-1, rest/v.levels {
			levels[i] = rest % v.levels
		}
		v.table[at] = int32(index(levels))
	}
	v.lowest, v.highest = v.table[0], v.table[0]
	for _, n := range v.table {
		v.lowest, v.highest = min(v.lowest, n), max(v.highest, n)
	}
}

// anchors checks the published indexes that the file carries.
func (c *setCompiler) anchors(v *ValueSet) {
	for i, a := range c.def.Anchors {
		levels := make([]uint8, len(a.Key))
		for j := range levels {
			levels[j] = a.Key[j] - '0'
		}
		index, ok := v.Index(levels)
		if !ok {
			c.add(at("anchors", i), "the anchor is not a state")
			continue
		}
		if got := string(Fraction(int64(index), microUnits).AppendDecimal(nil, v.Decimals())); got != a.Value {
			c.add(at("anchors", i), "the anchor %s is expected to be %s but is %s", strconv.Quote(a.Key), a.Value, got)
		}
	}
}
