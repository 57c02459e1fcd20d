package review

import (
	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
)

// formTables shows a unit's own forms as they were answered: a table for each
// form and respondent, a row per item, a column per occasion. Nothing is
// scored, so nothing is judged either. The forms come ordered by occasion.
func (r *reading) formTables(forms []clinic.SiteForm) []compactTable {
	var order []formKey
	answered := map[formKey][]clinic.SiteForm{}
	for _, form := range forms {
		key := formKey{form.Instrument, string(form.Respondent)}
		if answered[key] == nil {
			order = append(order, key)
		}
		answered[key] = append(answered[key], form)
	}
	var tables []compactTable
	for _, key := range order {
		tables = append(tables, r.formTable(key, answered[key]))
	}
	return tables
}

type formKey struct{ instrument, respondent string }

func (r *reading) formTable(key formKey, forms []clinic.SiteForm) compactTable {
	newest := forms[len(forms)-1].Definition
	t := compactTable{
		Caption: r.Say("forms.caption", r.Instrument(key.instrument, newest.Definition().Title), r.Respondent(key.respondent)),
		First:   r.Say("forms.item"),
	}
	// A later version of a form may have other items: each keeps its own row.
	rows := map[string]int{}
	for _, form := range forms {
		t.Columns = append(t.Columns, r.OccasionShort(string(form.Occasion), form.OccasionLabel)+" "+r.Date(form.AnsweredOn))
		for _, answer := range form.Items {
			row, ok := rows[answer.Item.Code]
			if !ok {
				row = len(t.Rows)
				rows[answer.Item.Code] = row
				t.Rows = append(t.Rows, compactRow{Name: r.Item(key.instrument, answer.Item.Code)})
			}
			for len(t.Rows[row].Cells) < len(t.Columns)-1 {
				t.Rows[row].Cells = append(t.Rows[row].Cells, "–")
			}
			t.Rows[row].Cells = append(t.Rows[row].Cells, r.answerText(answer))
		}
	}
	for i := range t.Rows {
		for len(t.Rows[i].Cells) < len(t.Columns) {
			t.Rows[i].Cells = append(t.Rows[i].Cells, "–")
		}
	}
	return t
}

// answerText is an answer as its item gives it; only a number is written the
// way the language expects.
func (r *reading) answerText(answer clinic.ItemAnswer) string {
	switch {
	case answer.Kind != scoring.Answered:
		return r.NoAnswer(answer.Kind)
	case answer.Item.Type == scoring.DecimalNumber:
		return r.Number(answer.Text)
	}
	return answer.Text
}
