package delivery

import (
	"fmt"
	"slices"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/registry"
	"github.com/painscore/painscore/server/store"
)

// formReader makes the columns of a table from the forms of one version of its
// instrument.
type formReader struct {
	in    *scoring.Instrument
	cells []cell // one for each column
}

// cell says where a column's value stands.
type cell struct {
	column *Column
	registry.Variable
	key  bool // no variable of the instrument, but what tells rows apart
	item int  // place among the items, -1 where this version has none
	has  bool // this version has the scale
}

func newFormReader(table *Table, in *scoring.Instrument) *formReader {
	variables := map[string]registry.Variable{}
	for _, m := range registry.CodebookOf([]*scoring.Instrument{in}).Variables {
		variables[m.Name] = m.Variable
	}
	r := &formReader{in: in}
	for i := range table.Columns {
		c := cell{column: &table.Columns[i], item: -1, key: slices.Contains(keyColumns, table.Columns[i].Variable)}
		c.Variable, c.has = variables[c.column.Variable]
		if c.Kind == registry.ItemVariable {
			c.item = slices.IndexFunc(in.Items(), func(item scoring.ItemInfo) bool { return item.Code == c.Code })
		}
		r.cells = append(r.cells, c)
	}
	return r
}

// keyText is what tells rows apart.
func keyText(column, person, episode string, f *store.Submission) (text string, ok bool) {
	switch column {
	case "person":
		return person, true
	case "episode":
		return episode, true
	}
	if f != nil {
		switch column {
		case "occasion":
			return string(f.Occasion), true
		case "occasion_label":
			return f.OccasionLabel, true
		case "respondent":
			return string(f.Respondent), true
		}
	}
	return "", false
}

// read fills a form's row.
func (t *Tables) read(r *formReader, row *Row, person, episode string, f *store.Submission) (err error) {
	if t.scores, err = scoring.AppendParsedScores(t.scores[:0], f.Scores); err != nil {
		return fmt.Errorf("delivery: stored scores of %s: %w", f.Instrument, err)
	}
	if err := scoring.ParseAnswers(f.Answers, r.in, &t.answers); err != nil {
		return fmt.Errorf("delivery: stored answers of %s: %w", f.Instrument, err)
	}
	for i := range r.cells {
		c := &r.cells[i]
		switch {
		case c.key:
			text, _ := keyText(c.column.Variable, person, episode, f)
			row.put(c.column, text)
		case !c.has:
			row.missing(c.column, registry.NotInVersion)
		case c.Kind == registry.About:
			row.put(c.column, about(c.Code, f))
		case c.Kind == registry.ItemVariable:
			err = t.answer(row, c)
		default:
			err = t.score(row, c)
		}
		if err != nil {
			return fmt.Errorf("delivery: %s: %w", c.column.Variable, err)
		}
	}
	return nil
}

// about is a fact about a form, by the codes of the codebook.
func about(code string, f *store.Submission) string {
	switch code {
	case "answered_on":
		return f.AnsweredOn
	case "definition_version":
		return f.InstrumentVersion
	case "mode":
		return f.Mode
	case "language_code":
		return f.LanguageCode
	}
	if f.Assisted {
		return "1"
	}
	return "0"
}

func (t *Tables) answer(row *Row, c *cell) error {
	response := t.answers.Responses[c.item]
	if reason, missing := registry.MissingAnswer(response.Kind); missing {
		row.missing(c.column, reason)
		return nil
	}
	if !c.column.texts && (len(t.answers.Texts) == 0 || t.answers.Texts[c.item] == "") {
		row.number(c.column, int64(response.Value)*power(c.column.Decimals))
		return nil
	}
	return row.value(c.column, t.answers.Text(c.item))
}

// value adds a value that is there; a number that does not fit its column is an
// error and never left out.
func (r *Row) value(c *Column, text string) error {
	if c.texts {
		r.text(c, text)
		return nil
	}
	n, err := scaled(text, c.Decimals)
	if err == nil {
		r.number(c, n)
	}
	return err
}

// score adds what a scale gave: its value, its band, or whether it is prorated.
func (t *Tables) score(row *Row, c *cell) error {
	for i := range t.scores {
		s := &t.scores[i]
		if s.Scale != c.Code || s.ValueSet != c.ValueSet {
			continue
		}
		switch {
		case s.Outcome == scoring.Refused:
			row.missing(c.column, registry.MissingScore(s.Refusal.Reason))
			return nil
		case c.Kind == registry.BandVariable:
			row.text(c.column, s.Band)
			return nil
		case c.Kind == registry.ProratedVariable:
			row.number(c.column, whole(s.Prorated))
			return nil
		}
		return row.value(c.column, s.Text())
	}
	// An index by a value set that the form was not asked for.
	row.missing(c.column, registry.ValueSetNotNamed)
	return nil
}

func whole(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
