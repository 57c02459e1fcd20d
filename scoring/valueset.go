package scoring

// ValueSet turns EQ-5D states into index values. It is immutable and safe for
// concurrent use.
type ValueSet struct {
	def             *ValueSetDefinition
	items           []string
	levels          int
	table           []int32 // index of each state in units of 1e-6; the first dimension varies slowest
	lowest, highest int32
	model           *model // nil for a crosswalk
}

// ID returns the value set's code, such as se_tto_2020.
func (v *ValueSet) ID() string { return v.def.ValueSet }

// Instrument returns the code of the instrument whose states it values.
func (v *ValueSet) Instrument() string { return v.def.Instrument }

// Hash returns the hex SHA-256 of the value-set file's bytes.
func (v *ValueSet) Hash() string { return v.def.FileHash }

// Decimals returns how many decimals its index values are given with.
func (v *ValueSet) Decimals() int8 { return int8(v.def.Decimals) }

// Definition returns the decoded file. It must not be changed.
func (v *ValueSet) Definition() *ValueSetDefinition { return v.def }

// Items returns the codes of the dimensions in the order of a profile.
func (v *ValueSet) Items() []string { return v.items }

// Lowest returns the lowest index of any state.
func (v *ValueSet) Lowest() Exact { return Fraction(int64(v.lowest), microUnits) }

// Highest returns the highest index of any state.
func (v *ValueSet) Highest() Exact { return Fraction(int64(v.highest), microUnits) }

// microUnits is how many table units make an index of 1.
const microUnits = 1_000_000

// Index returns the index of a state in units of 1e-6, and false for a state
// that does not exist. levels holds one level (from 1) per dimension.
func (v *ValueSet) Index(levels []uint8) (int32, bool) {
	if len(levels) != len(v.items) {
		return 0, false
	}
	at := 0
	for _, l := range levels {
		if uint(l)-1 >= uint(v.levels) {
			return 0, false
		}
		at = at*v.levels + int(l) - 1
	}
	return v.table[at], true
}

// extremes returns the lowest and highest index over every way to answer the
// missing dimensions. Decrements need not ascend with the level, so every
// completion is looked at: at most as many as there are states.
func (v *ValueSet) extremes(terms []term, r []Response) (low, high Exact) {
	l, h := v.walk(terms, r, 0)
	return Fraction(int64(l), microUnits), Fraction(int64(h), microUnits)
}

func (v *ValueSet) walk(terms []term, r []Response, at int) (low, high int32) {
	if len(terms) == 0 {
		return v.table[at], v.table[at]
	}
	if a := r[terms[0].item]; a.Kind == Answered {
		return v.walk(terms[1:], r, at*v.levels+int(a.Value)-1)
	}
	low, high = v.walk(terms[1:], r, at*v.levels)
	for level := 1; level < v.levels; level++ {
		l, h := v.walk(terms[1:], r, at*v.levels+level)
		low, high = min(low, l), max(high, h)
	}
	return low, high
}
