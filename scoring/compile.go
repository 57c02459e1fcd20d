package scoring

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
)

// Limits on a definition. They keep every sum far inside int64 and a hostile
// file small.
const (
	maxItems      = 500
	maxScales     = 200
	maxValue      = 1_000_000
	maxWeight     = 1000
	maxWeightDecs = 3
)

var (
	instrumentPattern = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)
	versionPattern    = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._-]{0,31}$`)
	codePattern       = regexp.MustCompile(`^[a-z0-9][a-z0-9_]{0,39}$`)
)

// Compile checks a definition and turns it into flat tables. valueSets are
// those for its index, if it has one; sets of other instruments are ignored.
// The worked examples are run, so an Instrument never exists that fails one.
// The error is a *DefinitionError with every problem found. def must not be
// changed afterwards.
func Compile(def *Definition, valueSets ...*ValueSet) (*Instrument, error) {
	c := &compiler{def: def, in: &Instrument{def: def, index: map[string]int{}}, sources: map[string]bool{}}
	c.heading()
	c.items()
	c.layouts()
	c.codings()
	for _, v := range valueSets {
		if v.def.Instrument == def.Instrument {
			c.in.valueSets = append(c.in.valueSets, v)
		}
	}
	slices.SortFunc(c.in.valueSets, func(a, b *ValueSet) int { return cmp.Compare(a.ID(), b.ID()) })
	c.scales()
	if len(c.problems) == 0 {
		c.in.scoringHash = scoringHash(c.in)
		c.examples()
	}
	if len(c.problems) > 0 {
		return nil, &DefinitionError{Problems: c.problems}
	}
	return c.in, nil
}

// compiler collects the problems of one definition while it builds the
// instrument. Nothing of the instrument is used when there is a problem.
type compiler struct {
	def      *Definition
	in       *Instrument
	sources  map[string]bool
	problems []DefinitionProblem

	textTotal int // characters that the texts of a form can have together
}

func (c *compiler) add(path, format string, args ...any) {
	c.problems = append(c.problems, DefinitionProblem{Path: path, Reason: fmt.Sprintf(format, args...)})
}

func (c *compiler) heading() {
	d := c.def
	if d.Format != 1 {
		c.add("format", "format must be 1")
	}
	if !instrumentPattern.MatchString(d.Instrument) {
		c.add("instrument", "instrument code must be lower-case letters, digits and _, at most 32")
	}
	if !versionPattern.MatchString(d.Version) {
		c.add("version", "version must be letters, digits and . _ -, at most 32")
	}
	if d.Title == "" {
		c.add("title", "title is missing")
	}
	if d.Licence.Holder == "" || d.Licence.Status == "" {
		c.add("licence", "licence needs a holder and a status")
	}
	if len(d.Sources) == 0 {
		c.add("sources", "sources are missing: say where the key comes from")
	}
	for i, s := range d.Sources {
		path := at("sources", i)
		c.code(path+".code", s.Code)
		if c.sources[s.Code] {
			c.add(path+".code", "source %s stands twice", s.Code)
		}
		if s.Cite == "" {
			c.add(path, "source %s has no citation", s.Code)
		}
		c.sources[s.Code] = true
	}
	c.concepts("codes", d.Codes)
}

func (c *compiler) concepts(path string, codes []Concept) {
	for i, k := range codes {
		if k.System == "" || k.Code == "" || k.Means == "" {
			c.add(at(path, i), "a terminology code needs system, code and means")
		}
		if k.Known != Verified {
			c.add(at(path, i)+".known", "only verified (V) terminology codes are accepted")
		}
	}
}

func (c *compiler) code(path, code string) {
	if !codePattern.MatchString(code) {
		c.add(path, "code must be lower-case letters, digits and _, at most 40")
	}
}

// evidence checks a source reference and its mark. A number known from memory
// must not decide anything, so M is refused unless the caller allows it.
func (c *compiler) evidence(path, source string, known Known, allowMemory bool) {
	switch {
	case source == "":
		c.add(path, "source is missing")
	case !c.sources[source]:
		c.add(path+".source", "source %s is not listed under sources", source)
	}
	switch {
	case known == "":
		c.add(path, "known is missing: say V, S, D or H")
	case !slices.Contains(knownWords, string(known)):
		c.add(path+".known", "known must be %s", oneOf(knownWords))
	case known == FromMemory && !allowMemory:
		c.add(path+".known", "a number known from memory (M) must not decide a result")
	}
}

func (c *compiler) items() {
	d := c.def
	if len(d.Items) == 0 || len(d.Items) > maxItems {
		c.add("items", "a definition needs 1 to %d items", maxItems)
	}
	for i, it := range d.Items {
		path := at("items", i)
		c.code(path+".code", it.Code)
		if _, twice := c.in.index[it.Code]; twice {
			c.add(path+".code", "item %s stands twice", it.Code)
		}
		c.in.index[it.Code] = i
		compiled := compiledItem{code: it.Code, min: it.Min, max: it.Max, notApplicable: it.NotApplicable}
		if compiled.typed = c.itemType(path, &d.Items[i]); compiled.typed == nil && len(it.Values) > 0 {
			compiled.values = it.Values
		}
		compiled.plain = compiled.typed == nil && compiled.values == nil
		if compiled.typed == nil || compiled.typed.kind == DecimalNumber {
			c.itemRange(path, &compiled)
		}
		c.in.typed = c.in.typed || compiled.typed != nil
		c.in.items = append(c.in.items, compiled)
		c.in.itemInfo = append(c.in.itemInfo, compiled.info())
	}
}

// itemRange checks the range or the values of a number.
func (c *compiler) itemRange(path string, it *compiledItem) {
	if len(it.values) > 0 {
		if it.min != 0 || it.max != 0 {
			c.add(path, "item %s has both a range and values", it.code)
		}
		if len(it.values) < 2 || !strictlyAscending(it.values) {
			c.add(path+".values", "values must be at least two, in ascending order, none twice")
		}
		it.min, it.max = it.values[0], it.values[len(it.values)-1]
	}
	if it.min >= it.max {
		c.add(path, "range of item %s is empty or inverted: min must be below max", it.code)
	}
	if it.min < -maxValue || it.max > maxValue {
		c.add(path, "range of item %s goes beyond ±%d", it.code, maxValue)
	}
}

// info describes the item to a reader of the catalogue.
func (it *compiledItem) info() ItemInfo {
	info := ItemInfo{Code: it.code, Min: it.min, Max: it.max, Values: it.values, NotApplicable: it.notApplicable}
	if t := it.typed; t != nil {
		info.Type, info.Decimals, info.Codes, info.Earliest, info.Latest, info.Longest = t.kind, t.decimals, t.codes, t.earliest, t.latest, t.longest
	}
	return info
}

func (c *compiler) layouts() {
	seen := map[string]bool{}
	for i, l := range c.def.Layouts {
		path := at("layouts", i)
		c.code(path+".code", l.Code)
		if seen[l.Code] {
			c.add(path+".code", "layout %s stands twice", l.Code)
		}
		seen[l.Code] = true
		c.evidence(path, l.Source, l.Known, l.Confirm)
		order := c.itemRefs(path+".order", l.Order)
		if len(order) != len(c.def.Items) || len(order) != len(l.Order) {
			c.add(path+".order", "layout %s is not an order of all %d items, each once", l.Code, len(c.def.Items))
		}
		c.in.layouts = append(c.in.layouts, compiledLayout{code: l.Code, order: order, confirmed: !l.Confirm})
	}
	if len(c.def.Layouts) == 0 {
		order := make([]int, len(c.in.items))
		for i := range order {
			order[i] = i
		}
		c.in.layouts = []compiledLayout{{code: DefaultLayout, order: order, confirmed: true}}
	}
}

// DefaultLayout is the code of the order in which the definition lists the
// items, where the definition names no layout.
const DefaultLayout = "standard"

func (c *compiler) codings() {
	seen := map[string]bool{}
	for i, k := range c.def.Codings {
		path := at("codings", i)
		c.code(path+".code", k.Code)
		if seen[k.Code] {
			c.add(path+".code", "coding %s stands twice", k.Code)
		}
		seen[k.Code] = true
		c.evidence(path, k.Source, k.Known, false)
		compiled := compiledCoding{code: k.Code, maps: make([]*ValueMap, len(c.in.items))}
		for j := range k.Maps {
			c.valueMap(at(path+".maps", j), &k.Maps[j], compiled.maps)
		}
		c.in.codings = append(c.in.codings, compiled)
	}
}

func (c *compiler) valueMap(path string, m *ValueMap, into []*ValueMap) {
	if len(m.From) == 0 || len(m.From) != len(m.To) {
		c.add(path, "from and to must have the same number of values")
		return
	}
	if !strictlyAscending(m.From) {
		c.add(path+".from", "from must be in ascending order, none twice")
	}
	if len(m.Items) == 0 {
		c.add(path, "the map names no items")
	}
	for _, item := range c.itemRefs(path+".items", m.Items) {
		c.wholeOnly(path+".items", "a coding maps", item)
		if into[item] != nil {
			c.add(path+".items", "item %s is mapped twice", c.in.items[item].code)
		}
		into[item] = m
		for _, v := range m.To {
			if !c.in.items[item].allows(v) {
				c.add(path+".to", "item %s does not take %d", c.in.items[item].code, v)
			}
		}
	}
}

// itemRefs resolves item codes; unknown and repeated ones are problems and
// left out.
func (c *compiler) itemRefs(path string, codes []string) []int {
	out := make([]int, 0, len(codes))
	for i, code := range codes {
		item, ok := c.in.index[code]
		switch {
		case !ok:
			c.add(at(path, i), "item %s is not defined", code)
		case slices.Contains(out, item):
			c.add(at(path, i), "item %s stands twice", code)
		default:
			out = append(out, item)
		}
	}
	return out
}

func at(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

func strictlyAscending(values []int32) bool {
	for i := 1; i < len(values); i++ {
		if values[i] <= values[i-1] {
			return false
		}
	}
	return true
}
