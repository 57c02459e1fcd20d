package review

import (
	"net/http"
	"slices"
	"strings"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/wording"
)

// entryPage leads to the forms of an episode that can be typed in, by occasion.
type entryPage struct {
	page
	Tabs      []tab
	Episode   string
	Facts     []fact
	Done      *done
	Occasions []entryOccasion
	One       bool // the page is about one occasion
	All       string
	Closed    bool
}

type entryOccasion struct {
	Title, Window string
	Held          []string    // the forms that are there, each with its day
	Missing       []entryLink // what the unit expects
	Others        []entryLink
	Complete      bool // nothing is missing of what the unit expects
}

type entryLink struct{ Name, Href string }

func (s *site) entry(w http.ResponseWriter, r *http.Request) {
	e, plan, err := s.clinic.OccasionPlan(r.Context(), refOf(r))
	if err != nil {
		s.failFor(w, r, err, http.StatusNotFound)
		return
	}
	if name := r.URL.Query().Get("instrument"); name != "" {
		s.entryForm(w, r, e, name)
		return
	}
	active, err := s.clinic.ActiveInstruments(r.Context())
	if err != nil {
		s.failFor(w, r, err, http.StatusNotFound)
		return
	}
	l, wanted := language(r), occasionOf(r)
	p := entryPage{
		page: s.workPage(r, l, l.Say("entry.title", e.EpisodeID)), Tabs: workTabs(l, e, "/entry"), Episode: e.EpisodeID, Facts: factsOf(l, e),
		Done: doneOf(l, r), All: episodeHref(e) + "/entry", Closed: !s.owns(r, e.CareUnit),
	}
	for i := range plan {
		o := &plan[i]
		if wanted.Occasion != "" && (o.Occasion != wanted.Occasion || o.Label != wanted.OccasionLabel) {
			continue
		}
		p.One = wanted.Occasion != ""
		p.Occasions = append(p.Occasions, entryOccasionOf(l, e, o, active))
	}
	s.render(w, r, http.StatusOK, s.templates.work["entry"], p)
}

// occasionOf is the occasion that an address or a form names.
func occasionOf(r *http.Request) store.OccasionKey {
	return store.OccasionKey{EpisodeID: r.PathValue("id"), Occasion: store.Occasion(r.FormValue("occasion")), OccasionLabel: r.FormValue("label")}
}

func entryOccasionOf(l wording.Language, e store.Episode, o *clinic.PlannedOccasion, active []*scoring.Instrument) entryOccasion {
	out := entryOccasion{Title: l.Occasion(string(o.Occasion), o.Label), Window: windowText(l, o.Anchored)}
	for _, form := range o.Forms {
		text := l.Say("value.on", l.Instrument(form.Instrument, ""), l.Date(form.AnsweredOn))
		if form.Respondent != store.Patient {
			text += ", " + l.Respondent(string(form.Respondent))
		}
		out.Held = append(out.Held, text)
	}
	missing := o.Missing()
	out.Complete = len(o.Battery) > 0 && len(missing) == 0
	for _, in := range active {
		link := entryLink{l.Instrument(in.ID(), in.Definition().Title), entryHref(e, o.Occasion, o.Label, in.ID())}
		switch {
		case slices.Contains(missing, in.ID()):
			out.Missing = append(out.Missing, link)
		case !o.Holds(in.ID(), store.Patient):
			out.Others = append(out.Others, link)
		}
	}
	return out
}

// entryFormPage is a paper form to be typed in by the codes of its items.
type entryFormPage struct {
	page
	Back     string
	Action   string
	Episode  string
	Occasion string
	Name     string
	Refused  []string
	Errors   []entryError

	// Hidden fields.
	ID, Instrument, FormVersion, Coding, Step string
	Key                                       store.OccasionKey

	Codings    []tab // the ways in which answers can be typed
	On         string
	OnProblem  string
	Respondent []option
	FormLang   string
	Assisted   bool
	Signs      []sign
	Items      []entryItem
	Texts      bool   // the site's own texts are shown
	Licence    string // by whose leave
	Differ     int    // items typed differently the second time
	Fresh      bool   // nothing has been typed yet
}

type sign struct{ Sign, Means string }

type entryError struct{ Href, Text string }

// The steps of a form: typed once; typed again to compare; settled.
const (
	typedOnce  = ""
	typedAgain = "again"
	settled    = "settled"
)

func (s *site) entryForm(w http.ResponseWriter, r *http.Request, e store.Episode, name string) {
	def, err := s.clinic.Instrument(r.Context(), name, r.URL.Query().Get("version"))
	if err != nil {
		s.failFor(w, r, err, http.StatusNotFound)
		return
	}
	p := s.newEntry(r, e, def.Instrument, r.URL.Query().Get("coding"))
	p.FormLang, p.Fresh = e.LanguageCode, true
	s.render(w, r, http.StatusOK, s.templates.work["entry_form"], p)
}

// newEntry is an empty form for an instrument.
func (s *site) newEntry(r *http.Request, e store.Episode, in *scoring.Instrument, coding string) entryFormPage {
	l, key := language(r), occasionOf(r)
	name := l.Instrument(in.ID(), in.Definition().Title)
	if !slices.Contains(in.Codings(), coding) {
		coding = ""
	}
	p := entryFormPage{
		page: s.workPage(r, l, l.Say("entry.form", name, e.EpisodeID)), Back: entryHref(e, key.Occasion, key.OccasionLabel, ""), Action: episodeHref(e) + "/entry",
		Episode: e.EpisodeID, Occasion: l.Occasion(string(key.Occasion), key.OccasionLabel), Name: name,
		ID: newFormID(), Instrument: in.ID(), FormVersion: in.Version(), Coding: coding, Key: key,
		Respondent: choices([]string{string(store.Patient), string(store.Relative), string(store.Clinician)}, string(store.Patient), l.Respondent),
		Items:      entryItems(l, in, coding),
	}
	p.addTexts(s.options.ItemTexts, in)
	for _, code := range append([]string{""}, in.Codings()...) {
		if len(in.Codings()) > 0 {
			p.Codings = append(p.Codings, tab{l.Coding(code), entryHref(e, key.Occasion, key.OccasionLabel, in.ID()) + "&coding=" + code, code == coding})
		}
	}
	for _, t := range tokens {
		if t.kind != scoring.NotApplicable || slices.ContainsFunc(in.Items(), func(i scoring.ItemInfo) bool { return i.NotApplicable }) {
			p.Signs = append(p.Signs, sign{t.sign, l.NoAnswer(t.kind)})
		}
	}
	return p
}

// saveEntry takes a typed form: it compares it with a first typing where there
// was one, and stores it by the use case by which any other form comes in.
func (s *site) saveEntry(w http.ResponseWriter, r *http.Request) {
	if !s.posted(w, r) {
		return
	}
	def, err := s.clinic.Instrument(r.Context(), field(r, "instrument"), field(r, "version"))
	if err != nil {
		s.saveUnknown(w, r, err)
		return
	}
	e := store.Episode{CareUnit: r.PathValue("unit"), EpisodeID: r.PathValue("id")}
	p := s.newEntry(r, e, def.Instrument, field(r, "coding"))
	p.refill(r)
	sheet, problems := p.read(r, def.Instrument)
	switch {
	case len(problems) > 0: // an answer is missing: the same for every step
	case r.PostFormValue("then") == typedAgain:
		p.Step = typedAgain
		p.firstTyped()
		s.render(w, r, http.StatusOK, s.templates.work["entry_form"], p)
		return
	case p.Step == typedAgain && p.compare(r) > 0:
		p.Step = settled
		s.render(w, r, http.StatusOK, s.templates.work["entry_form"], p)
		return
	}
	stored, err := s.clinic.SubmitAtEpisode(r.Context(), clinic.Submission{
		CareUnit: e.CareUnit, EpisodeID: e.EpisodeID, Occasion: p.Key.Occasion, OccasionLabel: p.Key.OccasionLabel,
		AnsweredOn: p.On, Respondent: store.Respondent(r.PostFormValue("respondent")), Mode: "paper", LanguageCode: p.FormLang, Assisted: p.Assisted,
		Forms: []clinic.Form{{SubmissionID: p.ID, Sheet: clinic.Sheet{Instrument: p.Instrument, Version: p.FormVersion, Sheet: sheet}}}, Found: problems,
	})
	if err == nil {
		http.Redirect(w, r, withDone(p.Back, "form", warningCodes(stored.Warnings)...), http.StatusSeeOther)
		return
	}
	if p.Refused = refusals(p.Language, err); p.Refused == nil {
		s.failFor(w, r, err, http.StatusNotFound)
		return
	}
	p.mark(problemsOf(err))
	s.render(w, r, http.StatusUnprocessableEntity, s.templates.work["entry_form"], p)
}

// saveUnknown asks the use case all the same who may, so that somebody who may
// not learns nothing of what there is.
func (s *site) saveUnknown(w http.ResponseWriter, r *http.Request, err error) {
	if _, refused := s.clinic.SubmitAtEpisode(r.Context(), clinic.Submission{CareUnit: r.PathValue("unit"), EpisodeID: r.PathValue("id")}); clinic.RefusalReason(refused) != "" {
		err = refused
	}
	s.failFor(w, r, err, http.StatusNotFound)
}

// refill takes over what was typed beside the answers.
func (p *entryFormPage) refill(r *http.Request) {
	p.ID, p.On, p.FormLang, p.Step = field(r, "form"), dateField(r, "on"), field(r, "language"), r.PostFormValue("step")
	p.Assisted = r.PostFormValue("assisted") == ticked
	for i := range p.Respondent {
		p.Respondent[i].Chosen = p.Respondent[i].Value == r.PostFormValue("respondent")
	}
	for i := range p.Items {
		p.Items[i].Value, p.Items[i].First = field(r, "i."+p.Items[i].Code), r.PostFormValue("f."+p.Items[i].Code)
	}
	if p.Step != typedAgain && p.Step != settled {
		p.Step = typedOnce
	}
}

// firstTyped keeps what was typed and empties the fields for the second time.
func (p *entryFormPage) firstTyped() {
	for i := range p.Items {
		p.Items[i].First, p.Items[i].Value = p.Items[i].Value, ""
	}
	p.Items[0].Focus = true
}

// compare marks the items that were typed differently the second time, and
// empties them to be settled with the paper in hand.
func (p *entryFormPage) compare(r *http.Request) int {
	for i := range p.Items {
		it := &p.Items[i]
		if sameTyped(it.First, it.Value) {
			continue
		}
		p.Differ++
		it.Focus = p.Differ == 1
		it.Second, it.Value = it.Value, ""
	}
	return p.Differ
}

// sameTyped: a sign can be typed in two ways, and a number with a comma or a point.
func sameTyped(a, b string) bool {
	return strings.ReplaceAll(a, ",", ".") == strings.ReplaceAll(b, ",", ".")
}
