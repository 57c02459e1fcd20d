package mapping

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/scoring"
)

// Definitions finds what the server says of an instrument; an empty version
// means the active one. found is false if there is none.
type Definitions func(instrument, version string) (definition *pb.Instrument, found bool, err error)

// Plan is a mapping that is bound to a table's header and to the definitions.
type Plan struct {
	mapping *Mapping
	sources map[string]bound
	forms   []boundForm
	key     []byte
}

// bound is a source with its place in the row.
type bound struct {
	*Source
	column int // -1 without one
	layout string
	values map[string]string
}

type boundForm struct {
	*Form
	sources map[string]bound
	when    int // -1 without one
	id      []int
	cells   []boundCell
	missing map[string]pb.NotAnswered
	fixed   []*pb.Answer // items that the table lacks
}

// boundCell is one answer's place in the row, and how it is read.
type boundCell struct {
	column int
	name   string // the column's
	item   *pb.Item
	values map[string]answerValue // nil: the cell holds the answer itself
}

// answerValue is what a listed cell stands for.
type answerValue struct {
	text string
	why  pb.NotAnswered // instead of text
}

// Bind holds the mapping against a header and the definitions, and reports every
// problem of both at once, with its place in the mapping file. key makes the
// hashes of SubmissionID.From; nil where there is none. An err of definitions is
// returned as it is.
func (m *Mapping) Bind(header []string, definitions Definitions, key []byte) (*Plan, error) {
	c := &checker{document: m.document}
	columns := indexOf(header)
	p := &Plan{mapping: m, sources: map[string]bound{}, key: key}
	for _, s := range m.sources() {
		p.sources[s.name] = bind(c, s.name, s.source, columns)
	}
	for i := range m.Forms {
		path := fmt.Sprintf("forms[%d]", i)
		definition, found, err := definitions(m.Forms[i].Instrument, m.Forms[i].Version)
		if err != nil {
			return nil, err
		}
		if !found {
			c.add(path+".instrument", "the server knows no such instrument or version")
			continue
		}
		p.forms = append(p.forms, p.bindForm(c, path, &m.Forms[i], definition, columns))
	}
	return p, c.err()
}

// indexOf are the places of a header's columns; one that stands twice has -2.
func indexOf(header []string) map[string]int {
	columns := map[string]int{}
	for i, name := range header {
		name = trim(name)
		if _, twice := columns[name]; twice {
			i = -2
		}
		columns[name] = i
	}
	return columns
}

func find(c *checker, path, column string, columns map[string]int) int {
	at, ok := columns[column]
	switch {
	case column == "":
		c.add(path, "names no column")
	case !ok:
		c.add(path, "the table has no column %q", column)
	case at == -2:
		c.add(path, "the table has more than one column %q", column)
	}
	return at
}

func bind(c *checker, path string, s *Source, columns map[string]int) bound {
	b := bound{Source: s, column: -1}
	if s.Column == "" {
		return b
	}
	b.column = find(c, path+".column", s.Column, columns)
	b.layout, _ = dateLayout(s.Date)
	if len(s.Values) > 0 {
		b.values = map[string]string{}
		for _, pair := range s.Values {
			b.values[trim(pair.Key)] = pair.Value
		}
	}
	return b
}

func (p *Plan) bindForm(c *checker, path string, f *Form, definition *pb.Instrument, columns map[string]int) boundForm {
	b := boundForm{Form: f, sources: map[string]bound{}, when: -1, missing: map[string]pb.NotAnswered{}}
	for name, s := range map[string]*Source{"occasion": f.Occasion, "occasion_label": f.OccasionLabel, "answered_on": f.AnsweredOn} {
		if s != nil {
			b.sources[name] = bind(c, path+"."+name, s, columns)
		}
	}
	if f.When != nil {
		b.when = find(c, path+".when.column", f.When.Column, columns)
	}
	p.bindID(c, path+".submission_id", &b, columns)
	for _, pair := range slices.Concat(p.mapping.Missing, f.Missing) {
		b.missing[trim(pair.Key)] = notAnswered[pair.Value]
	}
	checkSheet(c, path, f, definition)
	if len(f.Positions) > 0 {
		b.bindPositions(c, path, definition, columns)
	} else {
		b.bindAnswers(c, path, definition, columns)
	}
	b.checkMissing(c, "missing", p.mapping.Missing, definition, p.mapping.DecimalMark)
	b.checkMissing(c, path+".missing", f.Missing, definition, p.mapping.DecimalMark)
	return b
}

// bindID refuses to make an id of the patient without a key: whoever has the
// hash of twelve digits has the digits.
func (p *Plan) bindID(c *checker, path string, b *boundForm, columns map[string]int) {
	names, at := b.SubmissionID.From, path+".from"
	if b.SubmissionID.Column != "" {
		names, at = []string{b.SubmissionID.Column}, path+".column"
	}
	for _, name := range names {
		b.id = append(b.id, find(c, at, name, columns))
		if name != p.mapping.Patient.Column {
			continue
		}
		if b.SubmissionID.Column != "" {
			c.add(at, "the patient's identifier cannot be a submission's id")
		} else if len(p.key) == 0 {
			c.add(at, "made of the patient's identifier the ids could be guessed back: give a key file with --id-key")
		}
	}
}

// checkSheet checks what a form says about the sheet as a whole.
func checkSheet(c *checker, path string, f *Form, definition *pb.Instrument) {
	codings := []string{ItemValuesCoding}
	for _, coding := range definition.Codings {
		codings = append(codings, coding.Coding)
	}
	switch {
	case f.Coding == "" && len(codings) > 1:
		c.add(path, "coding must be given, since %s is coded in several ways: %s", f.Instrument, strings.Join(codings, ", "))
	case f.Coding != "" && !slices.Contains(codings, f.Coding):
		c.add(path+".coding", "coding must be one of %s", strings.Join(codings, ", "))
	}
	for i, set := range f.ValueSets {
		if !slices.ContainsFunc(definition.ValueSets, func(v *pb.ValueSet) bool { return v.ValueSet == set }) {
			c.add(fmt.Sprintf("%s.value_sets[%d]", path, i), "%s has no such value set", f.Instrument)
		}
	}
}

func itemsOf(definition *pb.Instrument) map[string]*pb.Item {
	items := map[string]*pb.Item{}
	for _, item := range definition.Items {
		items[item.Item] = item
	}
	return items
}

// bindAnswers makes sure that each item is mapped, or said to be missing from
// the table.
func (b *boundForm) bindAnswers(c *checker, path string, definition *pb.Instrument, columns map[string]int) {
	items, used := itemsOf(definition), map[string]string{}
	mapped := map[string]bool{}
	for i, pair := range b.Answers {
		at := fmt.Sprintf("%s.answers[%d]", path, i)
		item, ok := items[pair.Key]
		if !ok {
			c.add(at, "%s has no item %q", b.Instrument, pair.Key)
			continue
		}
		mapped[pair.Key] = true
		if other, twice := used[pair.Value]; twice {
			c.add(at, "column %q is item %s already", pair.Value, other)
		}
		used[pair.Value] = pair.Key
		b.cells = append(b.cells, boundCell{column: find(c, at, pair.Value, columns), name: pair.Value, item: item, values: b.valuesOf(c, path, item, definition)})
	}
	for i, code := range b.NotAsked {
		at := fmt.Sprintf("%s.not_asked[%d]", path, i)
		switch {
		case items[code] == nil:
			c.add(at, "%s has no item %q", b.Instrument, code)
		case mapped[code]:
			c.add(at, "item %s has a column or stands twice", code)
		default:
			mapped[code] = true
			b.fixed = append(b.fixed, &pb.Answer{Item: code, Response: &pb.Answer_NotAnswered{NotAnswered: pb.NotAnswered_NOT_ANSWERED_NOT_ASKED}})
		}
	}
	var lacking []string
	for _, item := range definition.Items {
		if !mapped[item.Item] {
			lacking = append(lacking, item.Item)
		}
	}
	if len(lacking) > 0 {
		c.add(path+".answers", "no column for %s: map them, or list them in not_asked", strings.Join(lacking, ", "))
	}
	for i, values := range b.ItemValues {
		for j, code := range values.Items {
			if items[code] == nil {
				c.add(fmt.Sprintf("%s.item_values[%d].items[%d]", path, i, j), "%s has no item %q", b.Instrument, code)
			}
		}
	}
}

func (b *boundForm) bindPositions(c *checker, path string, definition *pb.Instrument, columns map[string]int) {
	layout := slices.IndexFunc(definition.Layouts, func(l *pb.Layout) bool {
		return l.Layout == b.Layout || b.Layout == "" && len(definition.Layouts) == 1
	})
	if layout < 0 {
		var names []string
		for _, l := range definition.Layouts {
			names = append(names, l.Layout)
		}
		c.add(path, "layout must be one of %s", strings.Join(names, ", "))
		return
	}
	order := definition.Layouts[layout]
	if !order.Accepted {
		c.add(path+".layout", "the server does not accept positions in this layout: its order is not confirmed")
	}
	if len(b.Positions) != len(order.Items) {
		c.add(path+".positions", "layout %s has %d items", order.Layout, len(order.Items))
		return
	}
	items := itemsOf(definition)
	for i, column := range b.Positions {
		item := items[order.Items[i]]
		b.cells = append(b.cells, boundCell{column: find(c, fmt.Sprintf("%s.positions[%d]", path, i), column, columns), name: column, item: item, values: b.valuesOf(c, path, item, definition)})
	}
}

// valuesOf are the listed cells of an item: its own, else the form's.
func (b *boundForm) valuesOf(c *checker, path string, item *pb.Item, definition *pb.Instrument) map[string]answerValue {
	pairs, at := b.Values, path+".values"
	for i, own := range b.ItemValues {
		if slices.Contains(own.Items, item.Item) {
			pairs, at = own.Values, fmt.Sprintf("%s.item_values[%d].values", path, i)
		}
	}
	if len(pairs) == 0 {
		return nil
	}
	values := map[string]answerValue{}
	for i, pair := range pairs {
		why, isMissing := notAnswered[pair.Value]
		if !isMissing && item.Type == pb.ItemType_ITEM_TYPE_WHOLE_NUMBER && !accepts(b.Coding, item, definition, pair.Value) {
			c.add(fmt.Sprintf("%s[%d]", at, i), "item %s takes no %s", item.Item, pair.Value)
		}
		values[trim(pair.Key)] = answerValue{pair.Value, why}
	}
	return values
}

// checkMissing refuses a code for "missing" that is an answer as well: 9 of an
// NPRS from 0 to 10.
func (b *boundForm) checkMissing(c *checker, path string, pairs []scoring.Pair, definition *pb.Instrument, mark string) {
	for i, pair := range pairs {
		key := trim(pair.Key)
		number := strings.Replace(key, mark, ".", 1)
		for _, cell := range b.cells {
			_, listed := cell.values[key]
			if listed || cell.values == nil && accepts(b.Coding, cell.item, definition, number) {
				c.add(fmt.Sprintf("%s[%d]", path, i), "%q cannot mean that there is no answer: it is an answer to item %s of %s", key, cell.item.Item, b.Instrument)
				break
			}
		}
	}
}

// accepts says whether a number is an answer to an item in a coding. Text that
// is no number is none.
func accepts(coding string, item *pb.Item, definition *pb.Instrument, text string) bool {
	if item.Type == pb.ItemType_ITEM_TYPE_DECIMAL {
		value, err := scoring.Decimal(text).Exact()
		return err == nil && value.Num >= int64(item.Lowest)*value.Den && value.Num <= int64(item.Highest)*value.Den
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || item.Type != pb.ItemType_ITEM_TYPE_WHOLE_NUMBER {
		return false
	}
	for _, each := range definition.Codings {
		for _, coded := range each.Maps {
			if each.Coding == coding && slices.Contains(coded.Items, item.Item) {
				return slices.ContainsFunc(coded.Values, func(v *pb.CodedValue) bool { return int64(v.Given) == n })
			}
		}
	}
	if len(item.AllowedValues) > 0 {
		return slices.Contains(item.AllowedValues, int32(n))
	}
	return int64(item.Lowest) <= n && n <= int64(item.Highest)
}

// trim takes the spaces off, also the unbreakable ones of spreadsheets.
func trim(text string) string { return strings.TrimSpace(text) }
