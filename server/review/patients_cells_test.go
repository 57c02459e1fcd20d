package review

import (
	"testing"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/wording"
)

// A missing form is said to be missing only when it could have been there.
func TestWhatIsMissingIsToldFromWhatIsNotDue(t *testing.T) {
	const today = "2025-03-15"
	for _, c := range []struct {
		name     string
		episode  store.Episode
		occasion store.Occasion
		forms    int
		want     occasionCell
	}{
		{"forms", store.Episode{}, store.Baseline, 9, occasionCell{Text: "9 forms", Date: "2 Mar 2025"}},
		{"one form", store.Episode{}, store.Baseline, 1, occasionCell{Text: "1 form", Date: "2 Mar 2025"}},
		{"no baseline", store.Episode{}, store.Baseline, 0, occasionCell{Text: "baseline missing", Missing: true}},
		{"no baseline after the visit", store.Episode{FirstVisitOn: "2025-03-01"}, store.Baseline, 0, occasionCell{Text: "baseline missing", Missing: true}},
		{"first visit planned", store.Episode{FirstVisitPlanned: "2025-04-01"}, store.Baseline, 0, occasionCell{Text: "around", Date: "1 Apr 2025", Quiet: true}},
		{"planned visit is past", store.Episode{FirstVisitPlanned: "2025-03-01"}, store.Baseline, 0, occasionCell{Text: "baseline missing", Missing: true}},
		{"programme goes on", store.Episode{EndPlanned: "2025-02-01"}, store.ProgrammeEnd, 0, occasionCell{Text: "not ended", Quiet: true}},
		{"programme has ended", store.Episode{EndedOn: "2025-03-01"}, store.ProgrammeEnd, 0, occasionCell{Text: "end form missing", Missing: true}},
		{"a year has not passed", store.Episode{EndedOn: "2024-03-16"}, store.FollowUp12Months, 0, occasionCell{Text: "around", Date: "16 Mar 2025", Quiet: true}},
		{"a year has passed", store.Episode{EndedOn: "2024-03-15"}, store.FollowUp12Months, 0, occasionCell{Text: "12-month form missing", Missing: true}},
		{"dropped out", store.Episode{Status: "dropped_out", DropOutPhase: "programme"}, store.ProgrammeEnd, 0, occasionCell{Text: "not expected", Quiet: true}},
		{"dropped out of the follow-up", store.Episode{Status: "dropped_out", DropOutPhase: "follow_up", EndedOn: "2024-01-01"}, store.ProgrammeEnd, 0, occasionCell{Text: "end form missing", Missing: true}},
		{"dropped out of the follow-up, a year later", store.Episode{Status: "dropped_out", DropOutPhase: "follow_up", EndedOn: "2024-01-01"}, store.FollowUp12Months, 0, occasionCell{Text: "not expected", Quiet: true}},
		{"deceased", store.Episode{Deceased: true, EndedOn: "2024-01-01"}, store.FollowUp12Months, 0, occasionCell{Text: "not expected", Quiet: true}},
		{"not to be contacted", store.Episode{DoNotContact: true, EndedOn: "2024-01-01"}, store.FollowUp12Months, 0, occasionCell{Text: "not expected", Quiet: true}},
		{"dropped out, and yet answered", store.Episode{Status: "dropped_out"}, store.ProgrammeEnd, 3, occasionCell{Text: "3 forms", Date: "2 Mar 2025"}},
	} {
		p := clinic.ListedPatient{Episode: c.episode}
		if c.forms > 0 {
			p.Occasions = []clinic.AnsweredOccasion{{Occasion: c.occasion, Forms: c.forms, Last: "2025-03-02"}}
		}
		if got := cellOf(wording.English, &p, c.occasion, today); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}
