package clinic_test

import (
	"testing"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// TestNobodyIsToldToTalkToTheDeadOrToWhoAskedNotToBeContacted although they
// have answered.
func TestNobodyIsToldToTalkToTheDeadOrToWhoAskedNotToBeContacted(t *testing.T) {
	s := open(t, clinic.Settings{})
	for id, change := range map[string]func(*store.Episode){
		"waits": func(*store.Episode) {}, "dead": func(e *store.Episode) { e.Deceased = true }, "quiet": func(e *store.Episode) { e.DoNotContact = true },
	} {
		s.episodeOf(t, id, change)
		s.answer(t, id, store.FollowUp12Months, "2025-03-01", nprs(3))
	}
	awaiting, _, err := s.AwaitingFeedback(ctx, clinic.FeedbackFilter{CareUnit: unit}, clinic.Page{})
	if err != nil || len(awaiting) != 1 || awaiting[0].Episode.EpisodeID != "waits" {
		t.Errorf("%+v %v", awaiting, err)
	}
}
