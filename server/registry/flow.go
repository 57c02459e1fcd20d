package registry

import (
	"github.com/painscore/painscore/server/store"
)

// Step is one station of the way through rehabilitation. Those up to completed
// are nested: who has the date of a later one has passed the earlier ones, also
// where their dates were not written down. The forms after them are counted of
// all in the group: some leave a programme and answer its end form.
type Step struct {
	Code StepCode
	N    Count
	// Days from the step before it that has a date (for a form: from the
	// programme's end), of those who have both dates in this order.
	Days Summary
	// NoDays counts, by reason, those who reached the step and are not in Days.
	NoDays []Cell
}

// StepCode names a step.
type StepCode string

// The steps, in their order. Paired are those with forms from baseline and from
// the end, or from baseline and twelve months after it.
const (
	Referred      StepCode = "referred"
	Visited       StepCode = "first_visit"
	Started       StepCode = "started"
	Completed     StepCode = "completed"
	EndForm       StepCode = "end_form"
	FollowUpForm  StepCode = "form_12_months"
	PairedEnd     StepCode = "paired_end"
	PairedFollow  StepCode = "paired_12_months"
	chainOfSteps           = 4 // of these are nested
	stepsWithDays          = 6
)

var stepCodes = []StepCode{Referred, Visited, Started, Completed, EndForm, FollowUpForm, PairedEnd, PairedFollow}

// Response is how many of those asked for forms at an occasion gave one.
type Response struct {
	Occasion store.Occasion
	// Expected are, at baseline, those who came to a first visit; at the
	// programme's end those who completed it; twelve months after it those of
	// them whose time is over, but for who died or must not be contacted.
	Expected Count
	Answered Count // of these
	Rate     Share
	// NotDue are those who completed the programme and whose time for the
	// 12-month form is not over.
	NotDue Count
}

// FeedbackCount is to how many the answers were shown. The three are NOT_ASKED_FOR
// where nothing is known of anybody.
type FeedbackCount struct {
	Known, Offered, Given Count
}

// flowTally counts the steps of a group.
type flowTally struct {
	reached  [8]int
	days     [8]tally
	noDays   [8]map[Reason]int
	expected [3]int
	answered [3]int
	notDue   int
	feedback struct{ known, offered, given int }
}

// canonical are the occasions that a report is about.
var canonical = []store.Occasion{store.Baseline, store.ProgrammeEnd, store.FollowUp12Months}

func (f *flowTally) add(c *Case, read *reading, request *Request) {
	e := &c.Episode
	completed := e.Status == "completed" || e.EndedOn != "" && e.Status != "dropped_out" && e.Status != "cancelled"
	started := completed || e.StartedOn != "" || e.EndedOn != ""
	visited := started || e.FirstVisitOn != ""
	has := read.answered
	dates := [6][2]string{
		{}, {e.ReferredOn, e.FirstVisitOn}, {e.FirstVisitOn, e.StartedOn}, {e.StartedOn, e.EndedOn},
		{e.EndedOn, read.firstDay[1]}, {e.EndedOn, read.firstDay[2]},
	}
	for i, reached := range []bool{true, visited, started, completed, has[1], has[2], has[0] && has[1], has[0] && has[2]} {
		if !reached {
			continue
		}
		f.reached[i]++
		if i > 0 && i < stepsWithDays {
			f.addDays(i, dates[i])
		}
	}
	due := false
	if since, ok := days(e.EndedOn, request.AsOf); completed && !e.Deceased && !e.DoNotContact {
		if due = ok && since > request.FollowUpWithin; !due {
			f.notDue++
		}
	}
	read.followUpDue = due
	for i, expected := range []bool{visited, completed, due} {
		if expected {
			f.expected[i]++
			if has[i] {
				f.answered[i]++
			}
		}
	}
	if c.Feedback != nil {
		f.feedback.known++
		if c.Feedback.Offered {
			f.feedback.offered++
		}
		if c.Feedback.Given {
			f.feedback.given++
		}
	}
}

func (f *flowTally) addDays(step int, between [2]string) {
	n, ok := days(between[0], between[1])
	reason := Reason("")
	switch {
	case !ok:
		reason = NoDate
	case n < 0 && step < chainOfSteps: // a form may come before the programme's end, a start not before the first visit
		reason = NegativeDays
	}
	if reason != "" {
		if f.noDays[step] == nil {
			f.noDays[step] = map[Reason]int{}
		}
		f.noDays[step][reason]++
		return
	}
	if f.days[step] == nil {
		f.days[step] = tally{}
	}
	f.days[step][int64(n)*micro]++
}

func (f *flowTally) steps() []Step {
	out := make([]Step, len(stepCodes))
	for i, code := range stepCodes {
		out[i] = Step{Code: code, N: Count{N: f.reached[i]}, Days: f.days[i].summary(), NoDays: cellsByReason(f.noDays[i])}
	}
	return out
}

func (f *flowTally) responses() []Response {
	out := make([]Response, len(canonical))
	for i, occasion := range canonical {
		out[i] = Response{
			Occasion: occasion, Expected: Count{N: f.expected[i]}, Answered: Count{N: f.answered[i]},
			Rate: shareOf(f.answered[i], f.expected[i]),
		}
		if occasion == store.FollowUp12Months {
			out[i].NotDue = Count{N: f.notDue}
		}
	}
	return out
}

func (f *flowTally) feedbackCount() FeedbackCount {
	if f.feedback.known == 0 {
		unknown := Count{Reason: NotComputed}
		return FeedbackCount{unknown, unknown, unknown}
	}
	return FeedbackCount{Count{N: f.feedback.known}, Count{N: f.feedback.offered}, Count{N: f.feedback.given}}
}
