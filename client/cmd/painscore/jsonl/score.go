package jsonl

import (
	"slices"

	"github.com/painscore/painscore/scoring"
)

// Scorer scores lines one at a time. It reuses its buffers and is not safe for
// concurrent use.
type Scorer struct {
	catalogue Catalogue
	known     map[string]map[string]*definition // by instrument, by version; "" is the active one
	line      line
	sheet     scoring.Sheet
	answers   scoring.Answers
	result    scoring.Result
}

// definition is an instrument with its codes as strings, so that a line's
// bytes are turned into them without making new ones.
type definition struct {
	*scoring.Instrument
	items []string
	codes map[string]string
}

// NewScorer returns a Scorer of the catalogue's instruments. It asks the
// catalogue once for each version that lines name.
func NewScorer(catalogue Catalogue) *Scorer {
	return &Scorer{catalogue: catalogue, known: map[string]map[string]*definition{}}
}

// AppendLine scores one line, without its end, and appends the line of its
// result to dst, with its end. It returns false where the result is an error.
func (s *Scorer) AppendLine(dst, text []byte) ([]byte, bool) {
	if !s.line.read(text) {
		description := "not a JSON object in UTF-8"
		if len(text) == 0 {
			description = "the line is empty"
		}
		return AppendError(dst, nil, []scoring.Problem{{Reason: reasonBadJSON, Description: description}}), false
	}
	in := s.instrument()
	problems := s.line.problems
	if in != nil && !s.line.opaque {
		problems = s.check(in)
	}
	if len(problems) > 0 {
		return AppendError(dst, s.line.id, problems), false
	}
	in.Score(&s.answers, &s.result)
	return AppendResult(dst, s.line.id, &s.result, &s.answers), true
}

// instrument finds the definition that the line names; nil after a problem.
func (s *Scorer) instrument() *definition {
	l := &s.line
	if len(l.instrument) == 0 {
		if !l.wrongAt("instrument") {
			l.add("instrument", reasonRequired, "names the questionnaire, such as hads")
		}
		return nil
	}
	versions, ok := s.known[string(l.instrument)]
	if !ok {
		id := string(l.instrument)
		if _, ok := s.catalogue.Instrument(id, ""); !ok {
			l.add("instrument", reasonUnknownInstrument, "no instrument of this code; painscore instruments list gives all")
			return nil
		}
		versions = map[string]*definition{}
		s.known[id] = versions
	}
	if in, ok := versions[string(l.version)]; ok {
		return in
	}
	found, ok := s.catalogue.Instrument(string(l.instrument), string(l.version))
	if !ok {
		l.add("version", reasonUnknownVersion, "this instrument has no such version here")
		return nil
	}
	in := newDefinition(found)
	versions[string(l.version)] = in
	return in
}

func newDefinition(in *scoring.Instrument) *definition {
	d := &definition{Instrument: in, codes: map[string]string{}}
	for _, item := range in.Items() {
		d.items = append(d.items, item.Code)
		d.codes[item.Code] = item.Code
	}
	for _, layout := range in.Layouts() {
		d.codes[layout.Code] = layout.Code
	}
	for _, coding := range in.Codings() {
		d.codes[coding] = coding
	}
	for _, set := range in.ValueSets() {
		d.codes[set.ID()] = set.ID()
	}
	return d
}

// code is text as a string; one of the definition's own where it can be.
func (d *definition) code(text []byte) string {
	if len(text) == 0 {
		return ""
	}
	if code, ok := d.codes[string(text)]; ok {
		return code
	}
	return string(text)
}

// check hands the line to the engine and returns every problem of both: those
// of the line's shape first, then the engine's, except where the shape was
// wrong at the same place already.
func (s *Scorer) check(in *definition) []scoring.Problem {
	l, sheet := &s.line, &s.sheet
	sheet.Answers, sheet.Positions, sheet.ValueSets = sheet.Answers[:0], l.positions, sheet.ValueSets[:0]
	for i, a := range l.answers {
		item := ""
		if i < len(in.items) && in.items[i] == string(a.item) { // most senders keep the order
			item = in.items[i]
		} else {
			item = in.code(a.item)
		}
		sheet.Answers = append(sheet.Answers, scoring.Answer{Item: item, Response: a.Response})
	}
	sheet.Layout, sheet.Coding = in.code(l.layout), in.code(l.coding)
	for _, set := range l.valueSets {
		sheet.ValueSets = append(sheet.ValueSets, in.code(set))
	}
	sheet.Texts = sheet.Texts[:0]
	if in.Typed() {
		l.giveTexts(sheet)
	}
	problems := in.Read(sheet, &s.answers)
	if l.emptyList && len(l.answers) == 0 {
		l.add("positions", scoring.ReasonWrongCount, "the list is empty; leave it out for a sheet without any answer")
	}
	if len(l.problems) == 0 {
		return problems
	}
	all := l.problems
	for _, p := range problems {
		if !l.wrongAt(p.Field) {
			all = append(all, p)
		}
	}
	return all
}

// giveTexts hands the kept texts over to the engine, numbers without exponents.
// A number too long to be written out points at nothing.
func (l *line) giveTexts(sheet *scoring.Sheet) {
	for _, text := range l.texts {
		sheet.Texts = append(sheet.Texts, string(text))
	}
	plain := func(r *scoring.Response) {
		if r.Kind != scoring.NotWhole {
			return
		}
		text, ok := Plain(l.texts[r.Value-1])
		if sheet.Texts[r.Value-1] = text; !ok {
			r.Value = 0
		}
	}
	for i := range sheet.Answers {
		plain(&sheet.Answers[i].Response)
	}
	for i := range sheet.Positions {
		plain(&sheet.Positions[i])
	}
}

// wrongAt says whether the line's shape was wrong at a field.
func (l *line) wrongAt(field string) bool {
	return slices.ContainsFunc(l.problems, func(p scoring.Problem) bool { return p.Field == field })
}
