package review

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/wording"
)

// dispatchForm is the fields by which it is recorded what was sent out.
type dispatchForm struct {
	ID          string
	Kinds       []option
	On          string
	Information string
	Note        string
}

var dispatchKinds = []string{clinic.FormsSent, clinic.FormsReminded, clinic.FormsReturned, clinic.FormsDeclined}

func newDispatchForm(l wording.Language, today string) dispatchForm {
	return dispatchForm{ID: newFormID(), Kinds: choices(dispatchKinds, clinic.FormsSent, l.OccasionAct), On: today}
}

// dispatchedPage says what was recorded, with the codes for the paper forms.
type dispatchedPage struct {
	page
	What    string
	Rows    []dispatchedRow
	Refused int
	Codes   bool
}

type dispatchedRow struct {
	Episode, Href, Occasion, Code string
	Refused                       []string
}

// recordDispatch records one thing about every occasion that was ticked. Each is
// an act of its own: one that is refused does not hold up the others. Sent again,
// the form records nothing anew and shows the same codes.
func (s *site) recordDispatch(w http.ResponseWriter, r *http.Request) {
	if !s.posted(w, r) {
		return
	}
	l := language(r)
	ticked := slices.Compact(slices.Sorted(slices.Values(r.PostForm["at"])))
	if len(ticked) == 0 {
		ticked = []string{""} // so that the use case says who may, before it is said what is missing
	}
	d := clinic.Dispatch{Kind: field(r, "kind"), Information: field(r, "information")}
	if d.Kind == clinic.FormsReturned || d.Kind == clinic.FormsDeclined {
		d.Information = "" // nothing went along
	}
	d.CareUnit, d.On, d.Note = r.PostFormValue("unit"), dateField(r, "on"), field(r, "note")
	p := dispatchedPage{page: s.workPage(r, l, l.Say("dispatched")), What: l.Say("value.on", l.OccasionAct(d.Kind), l.Date(d.On))}
	rows, errs := s.recordAll(r.Context(), d, field(r, "form"), ticked)
	for i, err := range errs {
		key := readAt(ticked[i])
		row := dispatchedRow{
			Episode: key.EpisodeID, Href: episodeHref(store.Episode{CareUnit: d.CareUnit, EpisodeID: key.EpisodeID}) + "/dispatch",
			Occasion: l.Occasion(string(key.Occasion), key.OccasionLabel), Code: byThrees(rows[i].Code),
		}
		if err != nil {
			if row.Refused = refusals(l, err); row.Refused == nil {
				s.failFor(w, r, err, http.StatusBadRequest)
				return
			}
			p.Refused++
		}
		p.Codes = p.Codes || row.Code != ""
		p.Rows = append(p.Rows, row)
	}
	if ticked[0] == "" {
		p.Rows, p.Title = nil, l.Say("dispatch.nothing")
	}
	status := http.StatusOK
	if p.Refused == len(ticked) {
		status = http.StatusUnprocessableEntity
	}
	s.render(w, r, status, s.templates.work["dispatched"], p)
}

// recordAll records the same about several occasions at once, so that the store
// takes them in one go.
func (s *site) recordAll(ctx context.Context, d clinic.Dispatch, form string, ticked []string) ([]clinic.Dispatched, []error) {
	rows := make([]clinic.Dispatched, len(ticked))
	errs := together(len(ticked), func(i int) (err error) {
		d, key := d, readAt(ticked[i])
		d.EpisodeID, d.Occasion, d.Label = key.EpisodeID, key.Occasion, key.OccasionLabel
		d.ID = partID(form, ticked[i], d.Kind, d.On, d.Information, d.Note)
		rows[i], err = s.clinic.RecordDispatch(ctx, d)
		return err
	})
	return rows, errs
}

// byThrees is a paper code as people read it aloud: by threes.
func byThrees(code string) string {
	if len(code) != 9 {
		return code
	}
	return code[:3] + " " + code[3:6] + " " + code[6:]
}

// dispatchPage is what was done about an episode's occasions, and the form to
// record more.
type dispatchPage struct {
	page
	Tabs      []tab
	Episode   string
	Unit      string
	Done      *done
	Occasions []plannedRow
	Acts      []actRow
	At        []option
	Form      dispatchForm
}

type plannedRow struct {
	Occasion, Forms, Missing, Code, Entry string
	Window                                []word
}

type actRow struct{ Date, What, Occasion, Detail, Note, By string }

func (s *site) dispatch(w http.ResponseWriter, r *http.Request) {
	file, err := s.clinic.OccasionFile(r.Context(), refOf(r))
	if err != nil {
		s.failFor(w, r, err, http.StatusNotFound)
		return
	}
	l, e, plan := language(r), file.Episode, file.Plan
	p := dispatchPage{
		page: s.workPage(r, l, l.Say("dispatch.title", e.EpisodeID)), Tabs: workTabs(l, e, "/dispatch"), Episode: e.EpisodeID, Unit: e.CareUnit,
		Done: doneOf(l, r), Form: newDispatchForm(l, s.today()),
	}
	for i := range plan {
		o := &plan[i]
		p.At = append(p.At, option{at(e.EpisodeID, o.Occasion, o.Label), l.Occasion(string(o.Occasion), o.Label), false})
		p.Occasions = append(p.Occasions, plannedRow{
			Occasion: l.Occasion(string(o.Occasion), o.Label), Window: windowWords(l, o.Anchored), Forms: l.Count("forms", len(o.Forms)),
			Missing: l.List(instrumentNames(l, o.Missing())), Entry: entryHref(e, o.Occasion, o.Label, ""),
			Code: byThrees(file.Codes[store.OccasionKey{EpisodeID: e.EpisodeID, Occasion: o.Occasion, OccasionLabel: o.Label}]),
		})
	}
	for _, act := range slices.Backward(file.Acts) {
		detail := act.Detail
		if act.Kind == clinic.FeedbackGiven {
			detail = l.Way(act.Detail)
		}
		p.Acts = append(p.Acts, actRow{l.Date(act.DoneOn), l.OccasionAct(act.Kind), l.Occasion(string(act.Occasion), act.OccasionLabel), detail, act.Note, act.By})
	}
	s.render(w, r, http.StatusOK, s.templates.work["dispatch"], p)
}

// paperPage asks for the code on a paper form.
type paperPage struct {
	page
	Code    string
	Refused string
}

func (s *site) paper(w http.ResponseWriter, r *http.Request) {
	l := language(r)
	s.render(w, r, http.StatusOK, s.templates.work["paper"], paperPage{page: s.workPage(r, l, l.Say("paper"))})
}

// findPaper leads from a code to where its form is typed in. The code is posted:
// an address with one would stay in the history of a computer that many use.
func (s *site) findPaper(w http.ResponseWriter, r *http.Request) {
	if !s.posted(w, r) {
		return
	}
	l, typed := language(r), field(r, "code")
	found, err := s.clinic.FindDispatch(r.Context(), typed, nil)
	if told := refusals(l, err); told != nil {
		reason := l.Say("paper.unknown")
		if typed == "" {
			reason = l.Say("paper.empty")
		} else if isInput(err) {
			reason = l.Say("paper.mistyped")
		}
		s.render(w, r, cmp.Or(map[bool]int{true: http.StatusUnprocessableEntity}[isInput(err)], http.StatusNotFound), s.templates.work["paper"],
			paperPage{page: s.workPage(r, l, l.Say("paper")), Code: typed, Refused: reason})
		return
	}
	if err != nil {
		s.failFor(w, r, err, http.StatusNotFound)
		return
	}
	http.Redirect(w, r, entryHref(found.Episode, found.Occasion, found.Label, ""), http.StatusSeeOther)
}

// entryHref is where the forms of an occasion are typed in, or one of them.
func entryHref(e store.Episode, occasion store.Occasion, label, instrument string) string {
	return address(episodeHref(e)+"/entry", url.Values{"occasion": {string(occasion)}, "label": {label}, "instrument": {instrument}})
}
