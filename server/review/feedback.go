package review

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/wording"
)

// feedbackPage lists whose answers have come in and who has not been offered to
// talk about them.
type feedbackPage struct {
	page
	Unit      string
	Units     []string
	Occasions []option
	Rows      []feedbackRow
	First     string
	Next      string
	Form      feedbackForm
	Done      *done
	Refused   []string
}

type feedbackRow struct {
	Episode, Href, Phone, Cohort, Answered, At, Occasion string
}

// feedbackForm is the fields by which it is recorded what became of the talk.
type feedbackForm struct {
	ID        string
	Unit      string
	Kinds     []option
	Ways      []option
	On        string
	Occasions []option // where the page is about one episode
}

var (
	feedbackKinds = []string{clinic.FeedbackOffered, clinic.FeedbackDeclined, clinic.FeedbackGiven}
	feedbackWays  = []string{"visit", "phone", "video", "letter", "digital"}
)

func newFeedbackForm(l wording.Language, unit, today, kind, way string) feedbackForm {
	return feedbackForm{
		ID: newFormID(), Unit: unit, On: today,
		Kinds: choices(feedbackKinds, kind, l.OccasionAct),
		Ways:  append([]option{{"", l.Say("feedback.no_way"), way == ""}}, choices(feedbackWays, way, l.Way)...),
	}
}

func (s *site) feedback(w http.ResponseWriter, r *http.Request) {
	l, q := language(r), r.URL.Query()
	unit, units, err := s.ownUnit(r)
	if err != nil {
		s.failFor(w, r, err, http.StatusBadRequest)
		return
	}
	occasion := store.Occasion(q.Get("occasion"))
	if occasion == "" {
		occasion = store.FollowUp12Months
	}
	p := feedbackPage{
		page: s.workPage(r, l, l.Say("feedback")), Unit: unit, Units: units, Done: doneOf(l, r),
		Form: newFeedbackForm(l, unit, s.today(), clinic.FeedbackOffered, ""),
	}
	p.Occasions = choices([]string{string(store.Baseline), string(store.ProgrammeEnd), string(store.FollowUp12Months)}, string(occasion),
		func(code string) string { return l.Occasion(code, "") })
	if unit == "" && units != nil {
		s.render(w, r, http.StatusOK, s.templates.work["feedback"], p)
		return
	}
	waiting, next, err := s.clinic.AwaitingFeedback(r.Context(), clinic.FeedbackFilter{CareUnit: unit, Occasion: occasion}, clinic.Page{Size: rowsPerPage, Token: q.Get("page")})
	if err != nil {
		s.failFor(w, r, err, http.StatusBadRequest)
		return
	}
	for _, a := range waiting {
		p.Rows = append(p.Rows, feedbackRow{
			Episode: a.Episode.EpisodeID, Href: episodeHref(a.Episode), Phone: episodeHref(a.Episode) + "/phone", Cohort: a.Episode.Cohort,
			Answered: l.Date(a.LastAnswered), At: at(a.Episode.EpisodeID, a.Occasion, a.Label), Occasion: l.Occasion(string(a.Occasion), a.Label),
		})
	}
	if next != "" {
		p.Next = address("/feedback", url.Values{"unit": {unit}, "occasion": {string(occasion)}, "page": {next}})
	}
	if q.Get("page") != "" {
		p.First = address("/feedback", url.Values{"unit": {unit}, "occasion": {string(occasion)}})
	}
	s.render(w, r, http.StatusOK, s.templates.work["feedback"], p)
}

// recordFeedback records what became of the talk about every occasion that was
// ticked, and leads back to where the form stood.
func (s *site) recordFeedback(w http.ResponseWriter, r *http.Request) {
	if !s.posted(w, r) {
		return
	}
	ticked := r.PostForm["at"]
	if len(ticked) == 0 {
		ticked = []string{""}
	}
	var refused []string
	l := language(r)
	for _, text := range ticked {
		key := readAt(text)
		review := clinic.FeedbackReview{Kind: field(r, "kind"), Way: field(r, "way")}
		if review.Kind != clinic.FeedbackGiven {
			review.Way = "" // there was no talk yet
		}
		review.CareUnit, review.EpisodeID, review.Occasion, review.Label, review.On = r.PostFormValue("unit"), key.EpisodeID, key.Occasion, key.OccasionLabel, dateField(r, "on")
		review.ID = partID(field(r, "form"), text, review.Kind, review.Way, review.On)
		_, err := s.clinic.RecordFeedbackReview(r.Context(), review)
		told := refusals(l, err)
		if err != nil && told == nil {
			s.failFor(w, r, err, http.StatusBadRequest)
			return
		}
		refused = append(refused, told...)
	}
	if len(refused) > 0 {
		s.render(w, r, http.StatusUnprocessableEntity, s.templates.work["refused"], refusedPage{page: s.workPage(r, l, l.Say("refused.title")), Refused: once(refused)})
		return
	}
	http.Redirect(w, r, withDone(localPath(field(r, "to")), "feedback"), http.StatusSeeOther)
}

// refusedPage says why nothing was stored, and that the way back is the browser's.
type refusedPage struct {
	page
	Refused []string
}

// once leaves of equal texts the first.
func once(texts []string) []string {
	var kept []string
	for _, text := range texts {
		if !slices.Contains(kept, text) {
			kept = append(kept, text)
		}
	}
	return kept
}

// givenForm is the form on the telephone sheet: what became of the talk about the
// newest occasion, or an earlier one.
func (r *reading) givenForm(today string) feedbackForm {
	e := r.trend.Episode
	form := newFeedbackForm(r.Language, e.CareUnit, today, clinic.FeedbackGiven, "phone")
	newest := r.newest()
	for i, m := range r.trend.Occasions {
		if m.State == clinic.MomentAnswered {
			form.Occasions = append(form.Occasions, option{at(e.EpisodeID, m.Occasion, m.Label), r.Occasion(string(m.Occasion), m.Label), i == newest})
		}
	}
	return form
}
