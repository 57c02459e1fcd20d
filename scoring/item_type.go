package scoring

import (
	"slices"
	"time"
)

// ItemType says what answers an item. Scales read whole numbers only; the
// other types are for site forms, which are stored and shown by item.
type ItemType uint8

// The types of item. A definition names them by String.
const (
	WholeNumber   ItemType = iota
	DecimalNumber          // such as 72.5, kept exactly
	CodeOfList             // one of the codes that the definition lists
	CalendarDate           // YYYY-MM-DD
	FreeText
)

// String returns whole, decimal, code, date or text.
func (t ItemType) String() string { return typeWords[t] }

// Limits on the items of a form. Together they keep a stored form small.
const (
	maxItemDecimals = 6
	maxItemCodes    = 200
	maxItemText     = 2000   // characters of one text
	maxFormText     = 20_000 // characters of all texts of a form
	earliestDate    = "1900-01-01"
	latestDate      = "2199-12-31"
)

// typedItem holds what only an item that is no whole number needs, apart from
// compiledItem, to keep that small: it is read for every answer.
type typedItem struct {
	kind             ItemType
	decimals         int
	codes            []string
	earliest, latest string
	longest          int // characters
}

// itemType compiles an item's type and its limits; nil for a whole number.
func (c *compiler) itemType(path string, it *Item) *typedItem {
	at := slices.Index(typeWords, it.Type)
	if it.Type == "" {
		at = int(WholeNumber)
	}
	if at < 0 {
		c.add(path+".type", "type must be %s", oneOf(typeWords))
		return &typedItem{kind: FreeText} // so that nothing further is said of its limits
	}
	t := &typedItem{kind: ItemType(at), decimals: it.Decimals, codes: it.Codes, earliest: it.Earliest, latest: it.Latest, longest: it.Longest}
	c.strayItemKeys(path, it, t.kind)
	switch t.kind {
	case WholeNumber:
		return nil
	case DecimalNumber:
		if t.decimals < 1 || t.decimals > maxItemDecimals {
			c.add(path, "item %s needs decimals from 1 to %d: how many its answers have at most", it.Code, maxItemDecimals)
		}
	case CodeOfList:
		c.itemCodes(path, it)
	case CalendarDate:
		c.itemDates(path, t)
	case FreeText:
		if t.longest < 1 || t.longest > maxItemText {
			c.add(path, "item %s needs longest: at most how many characters, 1 to %d", it.Code, maxItemText)
		}
		if c.textTotal += t.longest; c.textTotal > maxFormText {
			c.add(path, "the texts of a form may have at most %d characters together", maxFormText)
		}
	}
	return t
}

// strayItemKeys refuses keys that the type would ignore.
func (c *compiler) strayItemKeys(path string, it *Item, kind ItemType) {
	for _, key := range []struct {
		name  string
		set   bool
		types []ItemType
	}{
		{"min", it.Min != 0, []ItemType{WholeNumber, DecimalNumber}},
		{"max", it.Max != 0, []ItemType{WholeNumber, DecimalNumber}},
		{"values", len(it.Values) > 0, []ItemType{WholeNumber}},
		{"decimals", it.Decimals != 0, []ItemType{DecimalNumber}},
		{"codes", len(it.Codes) > 0, []ItemType{CodeOfList}},
		{"earliest", it.Earliest != "", []ItemType{CalendarDate}},
		{"latest", it.Latest != "", []ItemType{CalendarDate}},
		{"longest", it.Longest != 0, []ItemType{FreeText}},
	} {
		if key.set && !slices.Contains(key.types, kind) {
			c.add(path+"."+key.name, "%s has no meaning in an item of type %s", key.name, kind)
		}
	}
}

func (c *compiler) itemCodes(path string, it *Item) {
	if len(it.Codes) < 2 || len(it.Codes) > maxItemCodes {
		c.add(path, "item %s needs 2 to %d codes", it.Code, maxItemCodes)
	}
	for i, code := range it.Codes {
		path := at(path+".codes", i)
		c.code(path, code)
		if slices.Contains(it.Codes[:i], code) {
			c.add(path, "code %s stands twice", code)
		}
		if r, ok := parseResponse(code); ok && r.Kind != Answered || code == "blank" {
			c.add(path, "%s means that there is no answer and cannot be a code", code)
		}
	}
}

func (c *compiler) itemDates(path string, t *typedItem) {
	if t.earliest == "" {
		t.earliest = earliestDate
	}
	if t.latest == "" {
		t.latest = latestDate
	}
	if !isDate(t.earliest) || !isDate(t.latest) || t.earliest >= t.latest || t.earliest < earliestDate || t.latest > latestDate {
		c.add(path, "earliest and latest must be dates as YYYY-MM-DD, earliest first, from %s to %s", earliestDate, latestDate)
	}
}

// isDate reports whether text is a day of the calendar as YYYY-MM-DD.
func isDate(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil && len(text) == len(time.DateOnly) // Parse alone takes other lengths in some layouts
}

// wholeOnly refuses items of other types where arithmetic needs whole numbers.
func (c *compiler) wholeOnly(path, who string, items ...int) {
	for _, item := range items {
		if it := &c.in.items[item]; it.typed != nil {
			c.add(path, "item %s is of type %s: %s whole numbers only", it.code, it.typed.kind, who)
		}
	}
}

// IsForm reports whether this is a site form: a definition without scales,
// stored and shown by item, never scored.
func (in *Instrument) IsForm() bool { return len(in.scales) == 0 }

// Typed reports whether some items take other answers than whole numbers.
func (in *Instrument) Typed() bool { return in.typed }
