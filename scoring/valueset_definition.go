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
	P         string   `yaml:"p"` // a decimal; 1 where empty
	Otherwise int      `yaml:"otherwise"`
}
