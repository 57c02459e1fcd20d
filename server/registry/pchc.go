package registry

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/store"
)

// ParetianTable divides those with an EQ-5D profile at two occasions by what
// became of it (Paretian Classification of Health Change, Devlin 2010).
type ParetianTable struct {
	Instrument string
	From, To   store.Occasion
	N          Count
	Classes    []Cell
	LeftOut    []Cell
}

// paretianClasses in an order in which neighbours may be added up.
var paretianClasses = []string{
	string(scoring.Improved), string(scoring.NoProblems), string(scoring.NoChange), string(scoring.Mixed), string(scoring.Worsened),
}

func (r *row) isProfile() bool { return r.scale.Kind == scoring.KindProfile }

type paretianTally struct {
	classes map[string]int
	leftOut map[Reason]int
}

func (t *paretianTally) add(from, to *taken) {
	for _, side := range []*taken{from, to} {
		if side.reason != "" {
			t.leftOut[side.reason]++
			return
		}
	}
	a, b := from.measurement(), to.measurement()
	if class, ok := scoring.Paretian(&a, &b); ok {
		t.classes[string(class)]++
		return
	}
	t.leftOut[Reason(scoring.Compare(&a, &b).Reason)]++
}

// ItemTable says how often each answer to an item was given: of EQ-5D, of site
// forms, and of forms that a relative or a clinician filled in.
type ItemTable struct {
	Instrument string
	Respondent store.Respondent
	Occasion   store.Occasion
	Label      string // of another occasion
	Item       string
	Forms      Count
	// Answers are by value in the item's order, of those who answered; none for
	// free text, days, and numbers of more than MaxLevels values.
	Answers []Cell
	Missing []Cell  // why not
	Numbers Summary // of a whole or decimal number
}

// MaxLevels is how many different answers an item may have to be tabled by value.
const MaxLevels = 21

type itemKey struct {
	instrument string
	respondent store.Respondent
	occasion   store.Occasion
	label      string
}

// itemTally counts the answers to one item. An item's version does not matter:
// site forms have no arithmetic that it could change.
type itemTally struct {
	info    scoring.ItemInfo
	levels  []string // as answers are tabled; nil for none
	forms   int
	answers map[string]int
	missing map[Reason]int
	numbers tally
}

// readItems keeps the answers of forms that are tabled by item.
func (b *Builder) readItems(read *reading, sub *store.Submission, in *scoring.Instrument) error {
	profile := slices.ContainsFunc(in.Scales(), func(s scoring.ScaleInfo) bool { return s.Kind == scoring.KindProfile })
	if !in.IsForm() && sub.Respondent == store.Patient && !profile {
		return nil
	}
	if err := scoring.ParseAnswers(sub.Answers, in, &b.answers); err != nil {
		return err
	}
	form := formAnswers{table: itemKey{in.ID(), sub.Respondent, sub.Occasion, sub.OccasionLabel}, in: in}
	for i, r := range b.answers.Responses {
		value := ""
		if r.Kind == scoring.Answered {
			value = strconv.Itoa(int(r.Value))
			if b.answers.Texts != nil && in.Items()[i].Type != scoring.WholeNumber {
				value = strings.Clone(b.answers.Texts[i])
			}
		}
		form.kinds = append(form.kinds, r.Kind)
		form.values = append(form.values, value)
	}
	read.answers = append(read.answers, form)
	return nil
}

func (g *groupTally) addItems(form *formAnswers) {
	items := g.items[form.table]
	if items == nil {
		items = map[string]*itemTally{}
		g.items[form.table] = items
	}
	for i, info := range form.in.Items() {
		t := items[info.Code]
		if t == nil {
			t = &itemTally{info, levels(info), 0, map[string]int{}, map[Reason]int{}, tally{}}
			items[info.Code] = t
		}
		t.forms++
		if reason, missing := MissingAnswer(form.kinds[i]); missing {
			t.missing[Reason(strings.ToUpper(string(reason)))]++
			continue
		}
		if t.levels != nil {
			t.answers[form.values[i]]++
		}
		if info.Type == scoring.WholeNumber || info.Type == scoring.DecimalNumber {
			if v, err := scoring.Decimal(form.values[i]).Exact(); err == nil {
				t.numbers[v.Num*(micro/v.Den)]++
			}
		}
	}
}

// levels are the answers that an item is tabled by, in order; nil for none.
func levels(info scoring.ItemInfo) []string {
	if info.Type == scoring.CodeOfList {
		return info.Codes
	}
	values := info.Values
	if info.Type != scoring.WholeNumber || values == nil && info.Max-info.Min >= MaxLevels {
		return nil
	}
	if values == nil {
		for v := info.Min; v <= info.Max; v++ {
			values = append(values, v)
		}
	}
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = strconv.Itoa(int(v))
	}
	return out
}

func (t *itemTally) table(key itemKey) ItemTable {
	return ItemTable{
		Instrument: key.instrument, Respondent: key.respondent, Occasion: key.occasion, Label: key.label, Item: t.info.Code,
		Forms: Count{N: t.forms}, Answers: cells(t.levels, t.answers), Missing: cellsByReason(t.missing), Numbers: t.numbers.summary(),
	}
}

// itemTables lists the tables by form, occasion and respondent, then in the
// form's order.
func (g *groupTally) itemTables(order func(instrument, item string) int) []ItemTable {
	var out []ItemTable
	for key, items := range g.items {
		for _, item := range slices.Sorted(maps.Keys(items)) {
			out = append(out, items[item].table(key))
		}
	}
	slices.SortFunc(out, func(a, b ItemTable) int {
		return cmp.Or(cmp.Compare(a.Instrument, b.Instrument), cmp.Compare(a.Respondent, b.Respondent),
			cmp.Compare(a.Occasion, b.Occasion), cmp.Compare(a.Label, b.Label),
			cmp.Compare(order(a.Instrument, a.Item), order(b.Instrument, b.Item)), cmp.Compare(a.Item, b.Item))
	})
	return out
}
