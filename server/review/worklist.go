package review

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/wording"
)

// worklistPage shows what is expected of a unit's patients, with one form for
// what was sent out to several of them.
type worklistPage struct {
	page
	Unit      string
	Units     []string
	States    []stateLink
	Occasions []option
	Cohort    string
	State     string // of the filter; empty: all
	Rows      []dueRow
	Ticked    bool   // every row
	TickAll   string // address of the same page with every row ticked
	CSV       string
	First     string
	Next      string
	Form      dispatchForm
}

// stateLink narrows the list to one state and says how many there are.
type stateLink struct {
	tab
	Count int
}

type dueRow struct {
	Episode, Href, Entry string
	At                   string // names the occasion in the form
	Cohort, Occasion     string
	State, Class         string
	Window               []word
	Missing              string
	Dispatch             string
}

var dueStates = []clinic.DueState{clinic.PartlyAnswered, clinic.Overdue, clinic.Due, clinic.DueSoon, clinic.NoDate}

// dueFilter is what a worklist's address asks for.
func dueFilter(r *http.Request, unit string) clinic.DueFilter {
	q := r.URL.Query()
	f := clinic.DueFilter{CareUnit: unit, Occasion: store.Occasion(q.Get("occasion")), Cohort: strings.TrimSpace(q.Get("cohort"))}
	if state := q.Get("state"); state != "" {
		f.States = []clinic.DueState{clinic.DueState(state)}
	}
	return f
}

func (s *site) worklist(w http.ResponseWriter, r *http.Request) {
	l, q := language(r), r.URL.Query()
	unit, units, err := s.ownUnit(r)
	if err != nil {
		s.failFor(w, r, err, http.StatusBadRequest)
		return
	}
	p := worklistPage{page: s.workPage(r, l, l.Say("worklist")), Unit: unit, Units: units, Cohort: q.Get("cohort"), State: q.Get("state"), Ticked: q.Get("tick") == "all"}
	p.Form = newDispatchForm(l, s.today())
	if unit == "" && units != nil { // nobody has an episode yet
		s.render(w, r, http.StatusOK, s.templates.work["worklist"], p)
		return
	}
	filter := dueFilter(r, unit)
	list, err := s.clinic.DueOccasions(r.Context(), filter, clinic.Page{Size: rowsPerPage, Token: q.Get("page")})
	if err != nil {
		s.failFor(w, r, err, http.StatusBadRequest)
		return
	}
	for i := range list.Occasions {
		p.Rows = append(p.Rows, dueRowOf(l, &list.Occasions[i]))
	}
	p.link(l, filter, list, q.Get("page"))
	s.render(w, r, http.StatusOK, s.templates.work["worklist"], p)
}

// link fills in where the list goes on, and how it can be narrowed.
func (p *worklistPage) link(l wording.Language, f clinic.DueFilter, list clinic.DueList, token string) {
	to := func(path, state, page, tick string) string {
		return address(path, url.Values{"unit": {p.Unit}, "occasion": {string(f.Occasion)}, "cohort": {f.Cohort}, "state": {state}, "page": {page}, "tick": {tick}})
	}
	all := 0
	for _, state := range dueStates {
		n := list.Counts[state]
		all += n
		p.States = append(p.States, stateLink{tab{l.DueState(string(state)), to("/worklist", string(state), "", ""), p.State == string(state)}, n})
	}
	p.States = append([]stateLink{{tab{l.Say("worklist.all"), to("/worklist", "", "", ""), p.State == ""}, all}}, p.States...)
	p.Occasions = append([]option{{"", l.Say("worklist.every_occasion"), f.Occasion == ""}},
		choices([]string{string(store.Baseline), string(store.ProgrammeEnd), string(store.FollowUp12Months), string(store.OtherOccasion)}, string(f.Occasion), func(code string) string { return l.Occasion(code, "") })...)
	p.CSV, p.TickAll = to("/worklist.csv", p.State, "", ""), to("/worklist", p.State, token, "all")
	if token != "" {
		p.First = to("/worklist", p.State, "", "")
	}
	if list.Next != "" {
		p.Next = to("/worklist", p.State, list.Next, "")
	}
}

func dueRowOf(l wording.Language, d *clinic.DueOccasion) dueRow {
	row := dueRow{
		Episode: d.Episode.EpisodeID, Href: episodeHref(d.Episode) + "/dispatch", At: at(d.Episode.EpisodeID, d.Occasion, d.Label),
		Cohort: d.Episode.Cohort, Occasion: l.Occasion(string(d.Occasion), d.Label), State: l.DueState(string(d.State)), Class: string(d.State),
		Window: windowWords(l, d.Anchored), Missing: missingText(l, d), Dispatch: dispatchText(l, d.Dispatch),
	}
	row.Entry = entryHref(d.Episode, d.Occasion, d.Label, "")
	return row
}

// windowText says when an occasion is expected.
func windowText(l wording.Language, a clinic.Anchored) string {
	return expectedText(l, clinic.Moment{Anchored: a})
}

// word is a word of a line; a date is not broken at its hyphens.
type word struct {
	Text string
	Date bool
}

func windowWords(l wording.Language, a clinic.Anchored) []word {
	var words []word
	for text := range strings.FieldsSeq(windowText(l, a)) {
		words = append(words, word{text, text[0] >= '0' && text[0] <= '9'})
	}
	return words
}

// missingText names the forms that are missing where the unit has said which it
// expects. Where none is there, all of them are, and the row says so by its state.
func missingText(l wording.Language, d *clinic.DueOccasion) string {
	if len(d.Answered) == 0 && len(d.Missing) > 0 {
		return l.Say("worklist.missing_all", len(d.Missing))
	}
	return l.List(instrumentNames(l, d.Missing))
}

func instrumentNames(l wording.Language, ids []string) []string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = l.Instrument(id, "")
	}
	return names
}

func dispatchText(l wording.Language, act *store.OccasionAct) string {
	if act == nil {
		return ""
	}
	return l.Say("value.on", l.OccasionAct(act.Kind), l.Date(act.DoneOn))
}
