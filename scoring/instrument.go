package scoring

// Instrument is a compiled definition: flat tables that score without
// allocating. It is immutable and safe for concurrent use.
type Instrument struct {
	def         *Definition
	scoringHash string
	items       []compiledItem
	itemInfo    []ItemInfo
	index       map[string]int
	scales      []compiledScale
	scaleInfo   []ScaleInfo
	layouts     []compiledLayout
	codings     []compiledCoding
	valueSets   []*ValueSet
	typed       bool // some item is no whole number
}

// ItemInfo describes an item to a reader of the catalogue.
type ItemInfo struct {
	Code             string
	Type             ItemType
	Min, Max         int32    // of a whole or decimal number
	Values           []int32  // the allowed values where not every whole number of the range is one
	Decimals         int      // of a decimal number: how many at most
	Codes            []string // of a code: those accepted
	Earliest, Latest string   // of a date, YYYY-MM-DD
	Longest          int      // of a text, in characters
	NotApplicable    bool     // NOT_APPLICABLE is accepted
	ReversedIn       []string // scales that score min + max − answer
}

// BandInfo is a band with its lower bound; the first starts at the lowest
// possible score.
type BandInfo struct {
	Code string
	From Exact
}

// FlagInfo is a cut-off: the flag is raised at From and above.
type FlagInfo struct {
	Code string
	From Exact
}

// ScaleInfo describes a scale to a reader of the catalogue.
type ScaleInfo struct {
	Code            string
	Kind            string
	Direction       Direction
	Lowest, Highest Exact // possible scores; no number for a profile and an index (see ValueSet)
	Decimals        int8  // of a complete score; AsNeeded; an index takes its value set's
	Bands           []BandInfo
	Flags           []FlagInfo
	Items           []string // every item it depends on, in the definition's order
	Domain, Group   string
	Line            string // continues across instruments that share it
	Descriptive     bool   // shown without any verdict on change
	Rule            string // missing-items rule, as in Score.Rule
	Def             *ScaleDef
}

// ID returns the instrument's code, such as hads.
func (in *Instrument) ID() string { return in.def.Instrument }

// Version returns the version of the definition.
func (in *Instrument) Version() string { return in.def.Version }

// DefinitionHash returns the hex SHA-256 of the definition file's bytes.
func (in *Instrument) DefinitionHash() string { return in.def.FileHash }

// ScoringHash returns the hex SHA-256 over what can change a number; see
// DESIGN.md for what that is.
func (in *Instrument) ScoringHash() string { return in.scoringHash }

// Definition returns the decoded definition. It must not be changed.
func (in *Instrument) Definition() *Definition { return in.def }

// Items returns the items in the definition's order. Read only.
func (in *Instrument) Items() []ItemInfo { return in.itemInfo }

// Item finds an item by its code.
func (in *Instrument) Item(code string) (ItemInfo, bool) {
	i, ok := in.index[code]
	if !ok {
		return ItemInfo{}, false
	}
	return in.itemInfo[i], true
}

// Scales returns the scales in the definition's order. Read only.
func (in *Instrument) Scales() []ScaleInfo { return in.scaleInfo }

// Scale finds a scale by its code.
func (in *Instrument) Scale(code string) (ScaleInfo, bool) {
	for i := range in.scaleInfo {
		if in.scaleInfo[i].Code == code {
			return in.scaleInfo[i], true
		}
	}
	return ScaleInfo{}, false
}

// LayoutInfo is a named order of items. Confirmed is true where positional
// input may use it.
type LayoutInfo struct {
	Code      string
	Order     []string
	Confirmed bool
}

// Layouts returns the layouts. Positional input must name one where there are
// several. Read only.
func (in *Instrument) Layouts() []LayoutInfo {
	out := make([]LayoutInfo, len(in.layouts))
	for i, l := range in.layouts {
		out[i] = LayoutInfo{Code: l.code, Confirmed: l.confirmed}
		for _, item := range l.order {
			out[i].Order = append(out[i].Order, in.items[item].code)
		}
	}
	return out
}

// Codings returns the codes of the value maps that input may name.
func (in *Instrument) Codings() []string {
	out := make([]string, len(in.codings))
	for i, c := range in.codings {
		out[i] = c.code
	}
	return out
}

// ValueSets returns the value sets that an index can be computed with, sorted
// by id. Read only.
func (in *Instrument) ValueSets() []*ValueSet { return in.valueSets }

// ValueSet finds a value set by its id.
func (in *Instrument) ValueSet(id string) (*ValueSet, bool) {
	for _, v := range in.valueSets {
		if v.def.ValueSet == id {
			return v, true
		}
	}
	return nil, false
}

// WithConfirmedLayout returns a copy of the instrument in which the layout is
// accepted for positional input, and false where it has no such layout.
func (in *Instrument) WithConfirmedLayout(code string) (*Instrument, bool) {
	out, found := *in, false
	out.layouts = make([]compiledLayout, len(in.layouts))
	for i, l := range in.layouts {
		if l.code == code {
			l.confirmed, found = true, true
		}
		out.layouts[i] = l
	}
	return &out, found
}

// compiledItem is what reading an answer needs, packed for speed.
type compiledItem struct {
	code          string
	min, max      int32
	values        []int32
	plain         bool // takes every whole number from min to max
	notApplicable bool
	typed         *typedItem // what an item takes that is no whole number; nil for whole numbers
}

func (it *compiledItem) allows(v int32) bool {
	if v < it.min || v > it.max {
		return false
	}
	if it.values == nil {
		return true
	}
	for _, a := range it.values {
		if a == v {
			return true
		}
	}
	return false
}

type compiledLayout struct {
	code      string
	order     []int
	confirmed bool
}

// compiledCoding holds, per item, the values that stand on the form and what
// they score; nil where the item keeps its values.
type compiledCoding struct {
	code string
	maps []*ValueMap
}
