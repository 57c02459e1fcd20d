package review

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/wording"
)

// Coordination is what the coordinator's pages ask of the use cases, and those on
// which paper forms are typed in.
type Coordination interface {
	DueOccasions(ctx context.Context, filter clinic.DueFilter, page clinic.Page) (clinic.DueList, error)
	RecordDispatch(ctx context.Context, d clinic.Dispatch) (clinic.Dispatched, error)
	FindDispatch(ctx context.Context, typed string, found []clinic.Problem) (clinic.FoundByCode, error)
	OccasionFile(ctx context.Context, ref clinic.EpisodeRef) (clinic.OccasionFile, error)
	OccasionPlan(ctx context.Context, ref clinic.EpisodeRef) (store.Episode, []clinic.PlannedOccasion, error)
	AwaitingFeedback(ctx context.Context, f clinic.FeedbackFilter, page clinic.Page) ([]clinic.AwaitingFeedback, string, error)
	RecordFeedbackReview(ctx context.Context, r clinic.FeedbackReview) (clinic.Reviewed, error)
	Cohorts(ctx context.Context, careUnit, name string) ([]clinic.Cohort, []store.Episode, error)
	Episode(ctx context.Context, ref clinic.EpisodeRef) (store.Episode, error)
	EpisodeVersions(ctx context.Context, ref clinic.EpisodeRef) ([]store.Episode, error)
	UpsertEpisode(ctx context.Context, update clinic.EpisodeUpdate) (clinic.Upserted, error)
	EditEpisode(ctx context.Context, update clinic.EpisodeUpdate) (clinic.Upserted, error)
	Instrument(ctx context.Context, id, version string) (clinic.Definition, error)
	ActiveInstruments(ctx context.Context) ([]*scoring.Instrument, error)
	SubmitAtEpisode(ctx context.Context, sub clinic.Submission) (clinic.Stored, error)
}

// maxWork is the longest of these forms that is read, in bytes: fifty ticked rows
// with the longest names there can be, or a long paper form typed twice.
const maxWork = 256 << 10

// posted reads a form, or says false when the answer has been given already.
func (s *site) posted(w http.ResponseWriter, r *http.Request) bool {
	r.Body = http.MaxBytesReader(w, r.Body, maxWork)
	if err := r.ParseForm(); err != nil {
		s.fail(w, r, http.StatusRequestEntityTooLarge, nil)
		return false
	}
	return true
}

// field is what was typed, without the spaces around it.
func field(r *http.Request, name string) string { return strings.TrimSpace(r.PostFormValue(name)) }

// dateField is a date as it was typed, with hyphens where they were left out. The
// fields are for text: one of the browser's own shows a date as the browser's
// language has it, in which 05/06 may be May or June.
func dateField(r *http.Request, name string) string {
	text := field(r, name)
	if len(text) == 8 && strings.Trim(text, "0123456789") == "" {
		return text[:4] + "-" + text[4:6] + "-" + text[6:]
	}
	return text
}

// newFormID names what a form will store, before it is sent: sent twice, it
// stores once.
func newFormID() string { return uuid.Must(uuid.NewV7()).String() }

// partID names one of several things that a form stores, by the form and by what
// is to be stored: the same form sent again means the same, a changed one does
// not. It is of letters only, so that no number of a patient's can stand in it.
func partID(form string, parts ...string) string {
	sum := sha256.Sum256([]byte(form + "\x00" + strings.Join(parts, "\x00")))
	id := make([]byte, 0, 32)
	for _, b := range sum[:16] {
		id = append(id, 'a'+b>>4, 'a'+b&15)
	}
	return string(id)
}

// ownUnit is the care unit that a list is about: the one that is asked for, else
// the reader's own, else the first of those there are. Where the reader is bound
// to none, units are those to choose from.
func (s *site) ownUnit(r *http.Request) (unit string, units []string, err error) {
	caller, _ := access.CallerOf(r.Context())
	unit = r.FormValue("unit")
	if unit == "" {
		unit = caller.Unit
	}
	if !caller.AnyUnit {
		return unit, nil, nil
	}
	if units, err = s.clinic.CareUnits(r.Context()); err == nil && unit == "" && len(units) > 0 {
		unit = units[0]
	}
	return unit, units, err
}

// at names an occasion of an episode in a form, and is read back by readAt.
func at(episode string, occasion store.Occasion, label string) string {
	return url.Values{"e": {episode}, "o": {string(occasion)}, "l": {label}}.Encode()
}

func readAt(text string) store.OccasionKey {
	v, err := url.ParseQuery(text)
	if err != nil {
		return store.OccasionKey{} // the use case says what is missing
	}
	return store.OccasionKey{EpisodeID: v.Get("e"), Occasion: store.Occasion(v.Get("o")), OccasionLabel: v.Get("l")}
}

// choices makes the options of a field from codes and their words; an empty code
// comes first where one need not choose.
func choices(codes []string, chosen string, word func(string) string) []option {
	var options []option
	for _, code := range codes {
		options = append(options, option{code, word(code), code == chosen})
	}
	return options
}

// refusals says in words why nothing was stored, each problem once; nil for an
// error that is about something else than what was sent.
func refusals(l wording.Language, err error) []string {
	var input *clinic.InputError
	var state *clinic.StateError
	var told []string
	switch {
	case errors.As(err, &input):
		for _, p := range input.Problems {
			if text := l.Problem(p.Reason); !slices.Contains(told, text) {
				told = append(told, text)
			}
		}
	case errors.As(err, &state):
		told = []string{l.Problem(state.Reason)}
	}
	return told
}

// done says what has just been stored, where an address names it: nothing but
// codes of our own ever stands there.
type done struct {
	Text     string
	Warnings []string
}

func doneOf(l wording.Language, r *http.Request) *done {
	text := l.Done(r.URL.Query().Get("done"))
	if text == "" {
		return nil
	}
	d := &done{Text: text}
	for _, code := range r.URL.Query()["warn"] {
		if warning := l.Warning(code); warning != "" {
			d.Warnings = append(d.Warnings, warning)
		}
	}
	return d
}

// withDone is an address of these pages that says what has just been stored.
func withDone(to, code string, warnings ...string) string {
	u, err := url.Parse(to)
	if err != nil {
		return "/" // to is one of our own, or came through localPath
	}
	q := u.Query()
	q.Set("done", code)
	q.Del("warn")
	for _, warning := range warnings {
		q.Add("warn", warning)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

func warningCodes(warnings []clinic.Warning) []string {
	var codes []string
	for _, w := range warnings {
		codes = append(codes, w.Code)
	}
	return codes
}

// workTabs are the pages on which something is done about an episode.
func workTabs(l wording.Language, e store.Episode, current string) []tab {
	href := episodeHref(e)
	tabs := []tab{
		{Name: l.Say("tab.overview"), Href: href},
		{Name: l.Say("tab.dispatch"), Href: href + "/dispatch"},
		{Name: l.Say("tab.entry"), Href: href + "/entry"},
		{Name: l.Say("tab.edit"), Href: href + "/edit"},
	}
	for i := range tabs {
		tabs[i].Current = tabs[i].Href == href+current
	}
	return tabs
}

// menu leads to what the reader's role may open.
func (s *site) menu(r *http.Request, l wording.Language) []tab {
	caller, ok := access.CallerOf(r.Context())
	if !ok {
		return nil
	}
	var tabs []tab
	for _, entry := range []struct {
		action     access.Action
		name, href string
	}{
		{access.ListEpisodesCall, l.Say("menu.patients"), "/"},
		{access.ListDueOccasionsCall, l.Say("menu.worklist"), "/worklist"},
		{access.FindDispatchCall, l.Say("menu.paper"), "/paper"},
		{access.ListAwaitingFeedbackCall, l.Say("menu.feedback"), "/feedback"},
		{access.ListDueOccasionsCall, l.Say("menu.cohorts"), "/cohorts"},
		{access.GetGroupReportCall, l.Say("menu.report"), reportPath},
	} {
		rule, _ := access.RuleOf(entry.action)
		if slices.ContainsFunc(rule.Roles, caller.Has) {
			tabs = append(tabs, tab{Name: entry.name, Href: entry.href, Current: r.URL.Path == entry.href})
		}
	}
	return tabs
}

func isInput(err error) bool {
	var input *clinic.InputError
	return errors.As(err, &input)
}

func problemsOf(err error) []clinic.Problem {
	var input *clinic.InputError
	if errors.As(err, &input) {
		return input.Problems
	}
	return nil
}

// together does n things at once, so that the store takes them in one go, and
// returns what became of each. A panic in one goes on here, where it costs this
// page: in a goroutine of its own it would end the program.
func together(n int, do func(i int) error) []error {
	errs := make([]error, n)
	panicked := make(chan any, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			defer func() {
				if cause := recover(); cause != nil {
					panicked <- cause
				}
			}()
			errs[i] = do(i)
		})
	}
	all.Wait()
	select {
	case cause := <-panicked:
		panic(cause)
	default:
		return errs
	}
}
