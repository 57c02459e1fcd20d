package scoring

// ValueSetDefinition is the decoded content of one value-set file. Either the
// decrements or the crosswalk are given. Everything is subtracted from Start;
// each constant applies once.
type ValueSetDefinition struct {
	Format      int         `yaml:"format"` // version of this file format: 1
	ValueSet    string      `yaml:"value_set"`
	Instrument  string      `yaml:"instrument"`
	Title       string      `yaml:"title"`
	Country     string      `yaml:"country"` // ISO 3166-1 alpha-2, or GB-ENG
	Year        int         `yaml:"year"`
	Method      string      `yaml:"method"`      // tto, vas, ctto, crosswalk …
	Perspective string      `yaml:"perspective"` // hypothetical or experience
	Source      string      `yaml:"source"`
	Known       Known       `yaml:"known"`
	Notes       []string    `yaml:"notes"`
	Decimals    int         `yaml:"decimals"`
	Levels      int         `yaml:"levels"`
	Start       Decimal     `yaml:"start"`
	Decrements  []Decrement `yaml:"decrements"`
	Constants   []Constant  `yaml:"constants"`
	Crosswalk   *Crosswalk  `yaml:"crosswalk"`
	Anchors     []Pair      `yaml:"anchors"` // state: index, run at every load
	FileHash    string      `yaml:"-"`       // hex SHA-256 of the file's bytes, set by the loader
}

// Decrement is what the levels from 2 up of one dimension take off.
type Decrement struct {
	Item  string    `yaml:"item"`
	Minus []Decimal `yaml:"minus"`
}

// Constant is taken off once if any dimension is at AnyLevel or above.
type Constant struct {
	AnyLevel int     `yaml:"any_level"`
	Minus    Decimal `yaml:"minus"`
}

// Crosswalk values states through another value set: the expectation over the
// states of the other descriptive system that may correspond.
type Crosswalk struct {
	Through     string       `yaml:"through"` // id of the other value set
	Round       []int        `yaml:"round"`   // decimals of each rounding, one after the other, half away from zero
	Transitions []Transition `yaml:"transitions"`
}

// Transition sends a level of Items (all dimensions where empty) to level To
// with probability P, otherwise to level Otherwise.
type Transition struct {
	Items     []string `yaml:"items"`
	Level     int      `yaml:"level"`
	To        int      `yaml:"to"`
	P         Decimal  `yaml:"p"`
	Otherwise int      `yaml:"otherwise"`
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
