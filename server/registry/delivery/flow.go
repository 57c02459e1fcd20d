package delivery

import "github.com/painscore/painscore/server/store"

// Step is a count of episodes, from all that were seen to those handed over.
type Step struct {
	Code StepCode `json:"what"`
	N    int64    `json:"n"`
}

// StepCode names a step, or a reason why an episode is left out.
type StepCode string

// The steps. Seen is what the care units had; the reasons and HandedOver add up
// to it. The last three are of those handed over, and count any form chosen that
// the patient answered.
const (
	Seen               StepCode = "episodes"
	LeftOutTest        StepCode = "left_out_test_patient"
	LeftOutUndated     StepCode = "left_out_no_date"
	LeftOutFilter      StepCode = "left_out_not_chosen"
	LeftOutProvider    StepCode = "left_out_provider_unknown"
	LeftOutNotInformed StepCode = "left_out_not_informed"
	LeftOutObjected    StepCode = "left_out_objected"
	LeftOutThen        StepCode = "left_out_when_it_was_begun"
	HandedOver         StepCode = "handed_over"
	WithBaseline       StepCode = "with_baseline"
	WithEnd            StepCode = "with_programme_end"
	WithFollowUp       StepCode = "with_follow_up_12_months"
)

var steps = []StepCode{
	Seen, LeftOutTest, LeftOutUndated, LeftOutFilter, LeftOutProvider, LeftOutNotInformed, LeftOutObjected, LeftOutThen,
	HandedOver, WithBaseline, WithEnd, WithFollowUp,
}

// Flow counts episodes by what became of them.
type Flow struct{ counts map[StepCode]int64 }

// NewFlow begins at nought.
func NewFlow() *Flow { return &Flow{counts: map[StepCode]int64{}} }

// Count counts an episode: left out for a reason, or handed over with its forms.
func (f *Flow) Count(leftOut StepCode, forms []store.Submission) {
	f.counts[Seen]++
	if leftOut != "" {
		f.counts[leftOut]++
		return
	}
	f.counts[HandedOver]++
	at := map[store.Occasion]StepCode{store.Baseline: WithBaseline, store.ProgrammeEnd: WithEnd, store.FollowUp12Months: WithFollowUp}
	for i := range forms {
		if code := at[forms[i].Occasion]; code != "" && forms[i].Respondent == store.Patient {
			f.counts[code]++
			delete(at, forms[i].Occasion)
		}
	}
}

// Steps are all steps in their order, those that nobody took left out.
func (f *Flow) Steps() []Step {
	out := []Step{}
	for _, code := range steps {
		if n := f.counts[code]; n > 0 || code == Seen || code == HandedOver {
			out = append(out, Step{code, n})
		}
	}
	return out
}
