package review

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// answersPage shows what was answered, item by item with the occasions side by
// side, and what was changed in it afterwards.
type answersPage struct {
	page
	Tabs    []tab
	Facts   []fact
	Forms   []answerTable
	Changed []changedForm
	// Withdrawn are named only: what stood on them may have been another's.
	Withdrawn []withdrawnForm
}

// answerTable is one instrument as one respondent answered it.
type answerTable struct {
	ID, Caption string
	Columns     []answerColumn
	Rows        []answerRow
	Reversed    bool // some item is
}

type answerColumn struct{ Occasion, Date, Version string }

type answerRow struct {
	Name, Range, Reversed string
	Cells                 []answerCell
}

type answerCell struct {
	Text    string
	Counted string // what a reversed item counts as, where it is reversed in every scale
	Empty   bool   // no answer
}

func (s *site) answers(w http.ResponseWriter, r *http.Request) {
	background, err := s.clinic.Background(r.Context(), refOf(r), opens(r))
	if err != nil {
		s.failFor(w, r, err, http.StatusNotFound)
		return
	}
	reading := s.read(r, background.Trend)
	l, e := reading.Language, reading.trend.Episode
	s.render(w, r, http.StatusOK, s.templates.answers, answersPage{
		page: s.page(r, l, l.Say("answers.title", e.EpisodeID)), Tabs: tabsOf(l, e, "/answers"),
		Forms: reading.answerTables(background.Forms), Changed: s.changedForms(reading, background.Changed),
		Withdrawn: s.withdrawnForms(reading, background.Withdrawn),
	})
}

// answerTables groups the forms by instrument and respondent. The patient's own
// come first: only they enter the trend.
func (r *reading) answerTables(forms []clinic.Record) []answerTable {
	var order []formKey
	answered := map[formKey][]clinic.Record{}
	for _, form := range forms {
		key := formKey{form.Instrument, string(form.Respondent)}
		if answered[key] == nil {
			order = append(order, key)
		}
		answered[key] = append(answered[key], form)
	}
	slices.SortStableFunc(order, func(a, b formKey) int {
		return boolOrder(a.respondent != string(store.Patient)) - boolOrder(b.respondent != string(store.Patient))
	})
	var tables []answerTable
	for i, key := range order {
		t := r.answerTable(key, answered[key])
		t.ID = "form-" + strconv.Itoa(i+1)
		tables = append(tables, t)
	}
	return tables
}

func boolOrder(later bool) int {
	if later {
		return 1
	}
	return 0
}

func (r *reading) answerTable(key formKey, forms []clinic.Record) answerTable {
	newest := forms[len(forms)-1].Definition
	t := answerTable{Caption: r.Instrument(key.instrument, newest.Definition().Title)}
	if key.respondent != string(store.Patient) {
		t.Caption = r.Say("answers.other", t.Caption, r.Respondent(key.respondent))
	}
	oneVersion := !slices.ContainsFunc(forms, func(f clinic.Record) bool { return f.Definition.Version() != newest.Version() })
	for _, f := range forms {
		column := answerColumn{Occasion: r.OccasionShort(string(f.Occasion), f.OccasionLabel), Date: r.Date(f.AnsweredOn)}
		if !oneVersion {
			column.Version = r.Say("version", f.Definition.Version())
		}
		t.Columns = append(t.Columns, column)
	}
	for _, item := range itemsOf(forms) {
		row := r.answerRow(key.instrument, item, forms)
		t.Reversed = t.Reversed || row.Reversed != ""
		t.Rows = append(t.Rows, row)
	}
	return t
}

// itemsOf lists the items of every version that was answered, those of the
// newest first.
func itemsOf(forms []clinic.Record) []scoring.ItemInfo {
	var items []scoring.ItemInfo
	for i := len(forms) - 1; i >= 0; i-- {
		for _, item := range forms[i].Definition.Items() {
			if !slices.ContainsFunc(items, func(other scoring.ItemInfo) bool { return other.Code == item.Code }) {
				items = append(items, item)
			}
		}
	}
	return items
}

func (r *reading) answerRow(instrument string, item scoring.ItemInfo, forms []clinic.Record) answerRow {
	row := answerRow{Name: r.Item(instrument, item.Code), Range: itemRange(item)}
	if len(item.ReversedIn) > 0 {
		row.Reversed = r.Say("answers.reversed")
	}
	for i := range forms {
		row.Cells = append(row.Cells, r.answerCell(&forms[i], item.Code))
	}
	return row
}

// itemRange is what an item takes, empty where that is no number.
func itemRange(item scoring.ItemInfo) string {
	if item.Type != scoring.WholeNumber {
		return ""
	}
	if len(item.Values) > 0 {
		return joinNumbers(item.Values)
	}
	return strconv.Itoa(int(item.Min)) + "–" + strconv.Itoa(int(item.Max))
}

func joinNumbers(values []int32) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = strconv.Itoa(int(v))
	}
	return strings.Join(texts, ", ")
}

// answerCell is what stands at an item of a form, as it was marked.
func (r *reading) answerCell(form *clinic.Record, code string) answerCell {
	at := slices.IndexFunc(form.Definition.Items(), func(i scoring.ItemInfo) bool { return i.Code == code })
	if at < 0 {
		return answerCell{Text: r.Say("answers.not_in_version"), Empty: true}
	}
	item := form.Definition.Items()[at]
	response := form.Sheet.Responses[at]
	if response.Kind != scoring.Answered {
		return answerCell{Text: r.NoAnswer(response.Kind), Empty: true}
	}
	cell := answerCell{Text: r.answerText(clinic.ItemAnswer{Item: item, Kind: response.Kind, Text: form.Sheet.Text(at)})}
	if len(item.ReversedIn) > 0 && item.Type == scoring.WholeNumber {
		cell.Counted = r.Say("answers.counted", strconv.Itoa(int(item.Min+item.Max-response.Value)))
	}
	return cell
}
