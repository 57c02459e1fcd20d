package clinic

import (
	"testing"

	"github.com/painscore/painscore/server/store"
)

func TestTimingIsJudgedFromTheEpisodesDates(t *testing.T) {
	episode := store.Episode{FirstVisitOn: "2024-02-29", EndedOn: "2024-06-14", EndPlanned: "2024-06-01"}
	planned := store.Episode{FirstVisitPlanned: "2024-02-29"}
	tests := []struct {
		name     string
		episode  store.Episode
		occasion store.Occasion
		on       string
		want     Timing
		days     int
	}{
		{"first day of the window", episode, store.Baseline, "2024-01-04", InWindow, -56},
		{"the day before it", episode, store.Baseline, "2024-01-03", Early, -57},
		{"last day of the window", episode, store.Baseline, "2024-03-28", InWindow, 28},
		{"the day after it", episode, store.Baseline, "2024-03-29", Late, 29},
		{"end, first day", episode, store.ProgrammeEnd, "2024-05-31", InWindow, -14},
		{"end, too early", episode, store.ProgrammeEnd, "2024-05-30", Early, -15},
		{"end, last day", episode, store.ProgrammeEnd, "2024-07-26", InWindow, 42},
		{"end, too late", episode, store.ProgrammeEnd, "2024-07-27", Late, 43},
		{"twelve months from the end, not the start", episode, store.FollowUp12Months, "2025-05-15", InWindow, 335},
		{"twelve months, too early", episode, store.FollowUp12Months, "2025-05-14", Early, 334},
		{"twelve months, last day", episode, store.FollowUp12Months, "2025-09-12", InWindow, 455},
		{"twelve months, too late", episode, store.FollowUp12Months, "2025-09-13", Late, 456},
		{"a planned date stands in", planned, store.Baseline, "2024-02-29", InWindow, 0},
		{"no date to judge by", planned, store.ProgrammeEnd, "2024-05-30", NoAnchorDate, 0},
		{"an occasion without a window", episode, store.OtherOccasion, "2024-05-30", NotTimed, 0},
		{"across the change to summer time", store.Episode{FirstVisitOn: "2024-03-30"}, store.Baseline, "2024-04-01", InWindow, 2},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			got, days := DefaultWindows().anchor(tc.occasion, tc.episode).judge(tc.on)
			if got != tc.want || days != tc.days {
				t.Errorf("got %q, %d days; want %q, %d", got, days, tc.want, tc.days)
			}
		})
	}
}

func TestAPlannedDateIsMarkedAsAPlan(t *testing.T) {
	windows := DefaultWindows()
	if a := windows.anchor(store.ProgrammeEnd, store.Episode{EndPlanned: "2024-06-01"}); !a.Planned || a.Date != "2024-06-01" {
		t.Errorf("%+v", a)
	}
	if a := windows.anchor(store.ProgrammeEnd, store.Episode{EndPlanned: "2024-06-01", EndedOn: "2024-06-14"}); a.Planned || a.Date != "2024-06-14" {
		t.Errorf("%+v", a)
	}
}
