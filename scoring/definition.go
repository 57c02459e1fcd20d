package scoring

// Definition is the decoded content of one definition file: everything that is
// known about one version of one instrument, as data. The loader in
// scoring/instruments fills it from YAML; Compile checks it and turns it into
// an Instrument. It holds codes, ranges, keys and numbers only, never the
// wording of an item or an option (copyright).
type Definition struct {
	Format     int        `yaml:"format"`     // version of this file format: 1
	Instrument string     `yaml:"instrument"` // instrument code, such as hads
	Version    string     `yaml:"version"`    // definition version, such as 1 or 1-sitename
	Title      string     `yaml:"title"`
	ShortTitle string     `yaml:"short_title"`
	Recall     string     `yaml:"recall"`     // period the answers are about
	Population string     `yaml:"population"` // whom the instrument is meant for
	Sources    []Source   `yaml:"sources"`
	Licence    Licence    `yaml:"licence"`
	Codes      []Concept  `yaml:"codes"`
	Notes      []string   `yaml:"notes"` // doubts and decisions a reader of a score must know
	Items      []Item     `yaml:"items"`
	Layouts    []Layout   `yaml:"layouts"`
	Codings    []Coding   `yaml:"codings"`
	Scales     []ScaleDef `yaml:"scales"`
	Examples   []Example  `yaml:"examples"`
	FileHash   string     `yaml:"-"` // hex SHA-256 of the file's bytes, set by the loader
}

// Known says how well a number is known: V a primary source or two independent
// ones were read, S one secondary source, M from memory, D derived from V
// facts, H a house rule of painscore.
type Known string

// The marks a number can carry.
const (
	Verified   Known = "V"
	Secondary  Known = "S"
	FromMemory Known = "M"
	Derived    Known = "D"
	HouseRule  Known = "H"
)

// Source is a publication or another origin of facts, referred to by its code.
type Source struct {
	Code string `yaml:"code"`
	Cite string `yaml:"cite"`
}

// Licence names the rights holder of the questionnaire, for whoever prints it.
type Licence struct {
	Holder  string `yaml:"holder"`
	Status  string `yaml:"status"`
	Contact string `yaml:"contact"`
}

// Concept is a code of a terminology. Only verified codes are shipped.
type Concept struct {
	System string `yaml:"system"` // snomed_ct
	Code   string `yaml:"code"`
	Means  string `yaml:"means"` // assessment_scale, questionnaire, score …
	Known  Known  `yaml:"known"`
}

// Item is one question: its code and what it accepts. A whole number has
// either Min and Max or Values; the limits of the other types, which only a
// definition without scales can have, are named by type.
type Item struct {
	Code          string   `yaml:"code"`
	Type          string   `yaml:"type"` // whole (the default), decimal, code, date or text
	Min           int32    `yaml:"min"`
	Max           int32    `yaml:"max"`
	Values        []int32  `yaml:"values"`         // where not every whole number in a range is an answer
	Decimals      int      `yaml:"decimals"`       // decimal: how many at most
	Codes         []string `yaml:"codes"`          // code: those accepted
	Earliest      string   `yaml:"earliest"`       // date: YYYY-MM-DD; 1900-01-01 where left out
	Latest        string   `yaml:"latest"`         // date: YYYY-MM-DD; 2199-12-31 where left out
	Longest       int      `yaml:"longest"`        // text: characters
	NotApplicable bool     `yaml:"not_applicable"` // NOT_APPLICABLE is accepted
}

// Layout is a named order of the items, for positional input.
type Layout struct {
	Code    string   `yaml:"code"`
	Order   []string `yaml:"order"`
	Source  string   `yaml:"source"`
	Known   Known    `yaml:"known"`
	Confirm bool     `yaml:"confirm"` // usable only where a site has confirmed it against its own form
}

// Coding is a named value map, such as box positions counted from the top.
// Items that no map names keep their values.
type Coding struct {
	Code   string     `yaml:"code"`
	Source string     `yaml:"source"`
	Known  Known      `yaml:"known"`
	Maps   []ValueMap `yaml:"maps"`
}

// ValueMap turns the value From[i] of the named items into To[i].
type ValueMap struct {
	Items []string `yaml:"items"`
	From  []int32  `yaml:"from"`
	To    []int32  `yaml:"to"`
}

// The kinds of scale, by their arithmetic.
const (
	KindItem    = "item"    // one item as it is
	KindSum     = "sum"     // weighted sum of items, some of them reversed
	KindMean    = "mean"    // mean of items
	KindCount   = "count"   // how many items are at or above a value
	KindSteps   = "steps"   // points read from a table by the sum of items
	KindScales  = "scales"  // sum of other scales, exact, rounded once
	KindProfile = "profile" // the levels of the items as digits
	KindIndex   = "index"   // looked up in a value set
)

// ScaleDef is one scale of an instrument.
type ScaleDef struct {
	Code          string          `yaml:"code"`
	Title         string          `yaml:"title"`
	Kind          string          `yaml:"kind"`
	Direction     string          `yaml:"direction"`   // higher_is_better, higher_is_worse or none
	Domain        string          `yaml:"domain"`      // what it is about, for ordering on a page
	Group         string          `yaml:"group"`       // display group within the instrument; no arithmetic
	Line          string          `yaml:"line"`        // scales of other instruments that share it continue this one
	Descriptive   bool            `yaml:"descriptive"` // shown without any verdict on change
	Items         []string        `yaml:"items"`
	Reversed      []string        `yaml:"reversed"` // scored as min + max − answer
	Weights       []Weight        `yaml:"weights"`  // default 1
	WeightsBy     *WeightsBy      `yaml:"weights_by"`
	AtLeast       *int32          `yaml:"at_least"` // count: the lowest value that counts
	Steps         []Step          `yaml:"steps"`
	Scales        []string        `yaml:"scales"`
	Missing       MissingRule     `yaml:"missing"`
	NotApplicable string          `yaml:"not_applicable"` // refuses (the default) or shrinks
	Decimals      string          `yaml:"decimals"`       // 0 to 6, or as_needed; an index takes its value set's
	Source        string          `yaml:"source"`         // of the key
	Known         Known           `yaml:"known"`
	Bands         *Bands          `yaml:"bands"`
	Flags         []Flag          `yaml:"flags"`
	Change        *ChangeEvidence `yaml:"change"`
	Codes         []Concept       `yaml:"codes"`
}

// Weight is the factor of one item in a sum.
type Weight struct {
	Item   string  `yaml:"item"`
	Weight Decimal `yaml:"weight"`
}

// WeightsBy lets the answer to one item choose the weights of the others.
type WeightsBy struct {
	Item  string       `yaml:"item"`
	Cases []WeightCase `yaml:"cases"`
}

// WeightCase holds the weights that apply at one answer to the choosing item.
type WeightCase struct {
	Value   int32    `yaml:"value"`
	Weights []Weight `yaml:"weights"`
}

// Step gives Points to sums from From up to the next step's From.
type Step struct {
	From   int32   `yaml:"from"`
	Points Decimal `yaml:"points"`
}

// MissingRule says how many items a scale can do without. Rule is all (every
// item is needed), half (at least half of the items) or at_least (Items of
// them). Where some may be missing, the person's own mean stands in.
type MissingRule struct {
	Rule   string `yaml:"rule"`
	Items  int    `yaml:"items"`
	Source string `yaml:"source"`
	Known  Known  `yaml:"known"`
}

// The missing-item rules, as they stand in Score.Rule.
const (
	RuleAll     = "all"
	RuleHalf    = "half"
	RuleAtLeast = "at_least"
)

// Bands splits the range of a scale. From and To are as published; a value
// belongs to the band with the highest lower bound that it reaches.
type Bands struct {
	Source     string `yaml:"source"`
	Known      Known  `yaml:"known"`
	Population string `yaml:"population"`
	List       []Band `yaml:"list"`
}

// Band is one class of scores.
type Band struct {
	Code string  `yaml:"code"`
	From Decimal `yaml:"from"`
	To   Decimal `yaml:"to"`
}

// Flag is a cut-off apart from the bands: raised at From and above.
type Flag struct {
	Code       string  `yaml:"code"`
	From       Decimal `yaml:"from"`
	Source     string  `yaml:"source"`
	Known      Known   `yaml:"known"`
	Population string  `yaml:"population"`
}

// ChangeEvidence holds what is published on how large a change must be.
type ChangeEvidence struct {
	MCID []Threshold `yaml:"mcid"` // minimal clinically important difference
	SDC  []Threshold `yaml:"sdc"`  // smallest detectable change, 95 %
	Note string      `yaml:"note"`
	// Percent classifies reductions in percent of the earlier score, on scales where that is the custom.
	Percent *PercentRule `yaml:"percent"`
}

// Threshold is an interval of change, in points of the scale; Low equals High
// where one number is published. The conditions look at the earlier score.
type Threshold struct {
	Low           Decimal  `yaml:"low"`
	High          Decimal  `yaml:"high"`
	Sources       []string `yaml:"sources"`
	Known         Known    `yaml:"known"`
	Population    string   `yaml:"population"`
	Found         string   `yaml:"found"`  // how, in words
	Period        string   `yaml:"period"` // one_year where it was found over a year; empty where the time does not matter
	EarlierAtMost Decimal  `yaml:"earlier_at_most"`
	EarlierAbove  Decimal  `yaml:"earlier_above"`
	Borrowed      bool     `yaml:"borrowed"` // from another condition than pain
}

// Example is a worked case that every load runs. Answers and positions are
// whole numbers or blank, not_applicable, declined, unreadable, not_asked; for
// items of other types also decimals, codes, dates and text.
// Expect, empty for a site form, holds a score's text, a profile, or the reason of a refusal, per scale
// (index:SET for an index); Bands the band codes.
type Example struct {
	Name      string   `yaml:"name"`
	Source    string   `yaml:"source"`
	Answers   []Pair   `yaml:"answers"`
	Positions []string `yaml:"positions"`
	Layout    string   `yaml:"layout"`
	Coding    string   `yaml:"coding"`
	ValueSets []string `yaml:"value_sets"`
	Expect    []Pair   `yaml:"expect"`
	Bands     []Pair   `yaml:"bands"`
}

// Pair is one key and value of a mapping whose keys are the author's own; the
// order of the file is kept.
type Pair struct{ Key, Value string }

// Decimal is a decimal number as written, such as 1.5; it is never a float.
// The empty Decimal is an absent one.
type Decimal string
