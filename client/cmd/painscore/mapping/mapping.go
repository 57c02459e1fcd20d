// Package mapping reads tables – CSV files of a questionnaire system, a registry
// or a spreadsheet – as submissions, by a mapping file that says which column is
// what.
//
// Nothing is guessed. Which numbers mean "no answer", in which order a date
// stands, whether a HADS is coded 0–3 or 1–4, which items a form lacks: the
// mapping says it or is refused, since a file that is read wrongly gives scores
// that look right. Read checks a mapping's shape, Bind holds it against the
// instruments' definitions and the table's header before the first row, and
// Plan.Row turns rows into submissions or says what is wrong with them, by
// column. No text of this package's repeats what stands in a cell.
package mapping

import (
	"fmt"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/scoring/instruments"
)

// Mapping is a mapping file.
type Mapping struct {
	Format      int    `yaml:"format"`       // 1
	Separator   string `yaml:"separator"`    // ",", ";" or "tab"
	DecimalMark string `yaml:"decimal_mark"` // "." or ",", in the numbers of the file

	PatientSystem  Source `yaml:"patient_system"`
	Patient        Source `yaml:"patient"`
	CareUnit       Source `yaml:"care_unit"`
	Episode        Source `yaml:"episode"`
	Occasion       Source `yaml:"occasion"`
	OccasionLabel  Source `yaml:"occasion_label"`
	AnsweredOn     Source `yaml:"answered_on"`
	Respondent     Source `yaml:"respondent"`
	Mode           Source `yaml:"mode"`
	Language       Source `yaml:"language"`
	Assisted       Source `yaml:"assisted"`
	SourceSystem   Source `yaml:"source_system"`
	SourceDocument Source `yaml:"source_document"`
	NewEpisodes    bool   `yaml:"allow_new_episode"`

	Missing []scoring.Pair `yaml:"missing"` // cell → why there is no answer, in every form
	Forms   []Form         `yaml:"forms"`

	document *instruments.Document
}

// Source says where a value comes from: a column, or the same for every row.
type Source struct {
	Column   string         `yaml:"column"`
	Constant string         `yaml:"constant"`
	Values   []scoring.Pair `yaml:"values"` // cell → value; a cell that is not listed is refused
	Date     string         `yaml:"date"`   // of answered_on: how the date is written, such as DD.MM.YYYY
}

func (s *Source) given() bool { return s != nil && (s.Column != "" || s.Constant != "") }

// Form is one form that a row may hold.
type Form struct {
	Instrument   string       `yaml:"instrument"`
	Version      string       `yaml:"version"`
	When         *When        `yaml:"when"`
	WhenBlank    string       `yaml:"when_blank"` // a row without any answer: skip, store or (by default) refuse
	SubmissionID SubmissionID `yaml:"submission_id"`

	// In place of the mapping's own, where a row holds several occasions.
	Occasion      *Source `yaml:"occasion"`
	OccasionLabel *Source `yaml:"occasion_label"`
	AnsweredOn    *Source `yaml:"answered_on"`

	Coding    string   `yaml:"coding"`
	ValueSets []string `yaml:"value_sets"`

	Answers    []scoring.Pair `yaml:"answers"` // item → column
	Positions  []string       `yaml:"positions"`
	Layout     string         `yaml:"layout"`
	NotAsked   []string       `yaml:"not_asked"` // items that the table lacks
	Values     []scoring.Pair `yaml:"values"`    // cell → answer, or why there is none
	ItemValues []ItemValues   `yaml:"item_values"`
	Missing    []scoring.Pair `yaml:"missing"` // besides the mapping's
}

// When picks the rows of a form, in a table with one form a row.
type When struct {
	Column string `yaml:"column"`
	Is     string `yaml:"is"`
}

// SubmissionID says what a form is called. Made from columns it is a hash of
// them and the form's slot: the same at every run.
type SubmissionID struct {
	Column string   `yaml:"column"`
	From   []string `yaml:"from"`
}

// ItemValues is Form.Values for some items.
type ItemValues struct {
	Items  []string       `yaml:"items"`
	Values []scoring.Pair `yaml:"values"`
}

// ItemValuesCoding is what a form's coding says where the cells hold the values
// of the items themselves. An instrument that knows codings needs it said: 1–4
// read as 0–3 gives scores that look right.
const ItemValuesCoding = "item_values"

// Read decodes a mapping file and checks all that needs no definition. Its error
// names line and column of every problem.
func Read(name string, body []byte) (*Mapping, error) {
	m := &Mapping{}
	var err error
	if m.document, err = instruments.ReadDocument(name, body, m); err != nil {
		return nil, err
	}
	c := &checker{document: m.document}
	m.check(c)
	return m, c.err()
}

// checker collects the problems of a mapping with their places.
type checker struct {
	document *instruments.Document
	problems instruments.Problems
}

func (c *checker) add(path, format string, args ...any) {
	c.problems = append(c.problems, c.document.Problem(path, fmt.Sprintf(format, args...)))
}

func (c *checker) err() error {
	if len(c.problems) == 0 {
		return nil
	}
	return c.problems
}

func (m *Mapping) check(c *checker) {
	if m.Format != 1 {
		c.add("format", "format must be 1")
	}
	if _, ok := separators[m.Separator]; !ok {
		c.add("separator", `separator must be ",", ";" or tab`)
	}
	if m.DecimalMark != "." && m.DecimalMark != "," {
		c.add("decimal_mark", `decimal_mark must be "." or ","`)
	}
	m.checkSources(c)
	checkMissing(c, "missing", m.Missing)
	if len(m.Forms) == 0 {
		c.add("forms", "forms must list at least one form")
	}
	for i := range m.Forms {
		m.Forms[i].check(c, fmt.Sprintf("forms[%d]", i), m)
	}
}

var separators = map[string]rune{",": ',', ";": ';', "tab": '\t'}

// Comma is the character between two cells.
func (m *Mapping) Comma() rune { return separators[m.Separator] }

// named is a source with its name in the file.
type named struct {
	name     string
	source   *Source
	required bool
}

func (m *Mapping) sources() []named {
	return []named{
		{"patient_system", &m.PatientSystem, true}, {"patient", &m.Patient, true}, {"care_unit", &m.CareUnit, true}, {"episode", &m.Episode, true},
		{"occasion", &m.Occasion, false}, {"occasion_label", &m.OccasionLabel, false}, {"answered_on", &m.AnsweredOn, false},
		{"respondent", &m.Respondent, false}, {"mode", &m.Mode, false}, {"language", &m.Language, false}, {"assisted", &m.Assisted, false},
		{"source_system", &m.SourceSystem, false}, {"source_document", &m.SourceDocument, false},
	}
}

func (m *Mapping) checkSources(c *checker) {
	for _, s := range m.sources() {
		if s.required && !s.source.given() {
			c.add(s.name, "%s must name a column or a constant", s.name)
		}
		checkSource(c, s.name, s.name, s.source)
	}
	if m.Patient.Constant != "" {
		c.add("patient.constant", "a patient cannot be the same in every row, and an identifier does not belong into this file")
	}
}

// checkSource checks a source that may be absent.
func checkSource(c *checker, path, name string, s *Source) {
	if s.Column != "" && s.Constant != "" {
		c.add(path, "column and constant: give one of them")
	}
	if len(s.Values) > 0 && s.Column == "" {
		c.add(path+".values", "values belong to a column")
	}
	if s.Date != "" && name != "answered_on" {
		c.add(path+".date", "only answered_on is a date")
	}
	if name == "answered_on" && s.Column != "" {
		if _, err := dateLayout(s.Date); err != nil {
			c.add(path+".date", "%v", err)
		}
	}
	for i, pair := range s.Values {
		checkWord(c, fmt.Sprintf("%s.values[%d]", path, i), name, pair.Value)
	}
	if s.Constant != "" {
		checkWord(c, path+".constant", name, s.Constant)
	}
}

func (f *Form) check(c *checker, path string, m *Mapping) {
	if f.Instrument == "" {
		c.add(path+".instrument", "instrument must be given")
	}
	if f.When != nil && (f.When.Column == "" || f.When.Is == "") {
		c.add(path+".when", "when needs column and is")
	}
	switch f.WhenBlank {
	case "", "skip", "store", "refuse":
	default:
		c.add(path+".when_blank", "when_blank must be skip, store or refuse")
	}
	if (f.SubmissionID.Column != "") == (len(f.SubmissionID.From) > 0) {
		c.add(path+".submission_id", "submission_id needs either column or from, a list of columns")
	}
	for _, s := range []struct {
		name       string
		own, other *Source
		required   bool
	}{{"occasion", f.Occasion, &m.Occasion, true}, {"occasion_label", f.OccasionLabel, &m.OccasionLabel, false}, {"answered_on", f.AnsweredOn, &m.AnsweredOn, true}} {
		if s.own != nil {
			checkSource(c, path+"."+s.name, s.name, s.own)
		}
		if s.required && !s.own.given() && !s.other.given() {
			c.add(path, "%s must be given, here or for all forms", s.name)
		}
	}
	if (len(f.Answers) > 0) == (len(f.Positions) > 0) {
		c.add(path, "give either answers (item: column) or positions (a list of columns)")
	}
	if len(f.Positions) > 0 && (len(f.NotAsked) > 0 || len(f.ItemValues) > 0) {
		c.add(path, "not_asked and item_values go with answers")
	}
	checkMissing(c, path+".missing", f.Missing)
}

func checkMissing(c *checker, path string, pairs []scoring.Pair) {
	for i, pair := range pairs {
		if _, ok := notAnswered[pair.Value]; !ok {
			c.add(fmt.Sprintf("%s[%d]", path, i), "must be left_blank, not_applicable, declined, unreadable or not_asked")
		}
	}
}
