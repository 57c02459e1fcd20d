package clinic_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// feed reads a care unit's changes from a token on, by pages, in words.
func (s *site) feed(t *testing.T, careUnit, token string, size int) (words []string, resume string) {
	t.Helper()
	for range 1000 {
		events, err := s.ListChanges(ctx, careUnit, clinic.Page{Size: size, Token: token})
		if err != nil {
			t.Fatal(err)
		}
		if len(events.List) > size || events.Resume == "" {
			t.Fatalf("%d changes, token %q", len(events.List), events.Resume)
		}
		for _, e := range events.List {
			words = append(words, eventWords(t, e))
		}
		if token = events.Resume; events.CaughtUp {
			return words, token
		}
		if len(events.List) != size {
			t.Fatalf("%d changes of %d, and not caught up", len(events.List), size)
		}
	}
	t.Fatal("the feed never ends")
	return nil, ""
}

func eventWords(t *testing.T, e clinic.Event) string {
	t.Helper()
	if e.Kind == store.ChangeErased {
		return fmt.Sprintf("erased %d of %s by %s: %s", len(e.ErasedChanges), "somebody", e.By, e.Note)
	}
	line := fmt.Sprintf("%s %s/%s v%d %s by %s", e.Kind, e.Record.System, e.Record.SubmissionID, e.Record.Version, e.Record.State, e.By)
	if e.Moved {
		line += fmt.Sprintf(" from %s %s", e.From.EpisodeID, e.From.Occasion)
	}
	if e.Record.RescorePlan != "" {
		line += " scored by " + e.Record.Definition.Version()
	}
	return line
}

// eventful does one of everything.
func eventful(t *testing.T, s *site) {
	t.Helper()
	hadsAtThree(t, s)
	theirs := baseline("s-1", nprs(5))
	if _, _, err := s.Submit(as("journal"), theirs, true); err != nil {
		t.Fatal(err)
	}
	plan, _ := s.preview(t, clinic.RescoreRequest{Instrument: "hads", Version: "2"})
	s.apply(t, plan)
	s.revert(t, plan)
	s.amend(t, correction("s-1", toOccasion(store.Occasion("baseline"))))
	week := correction("s-2", func(a *clinic.Amendment) { a.To.Occasion, a.To.OccasionLabel = store.OtherOccasion, "week 6" })
	s.amend(t, week)
	s.retract(t, withdrawal("s-3"))
	gone := baseline("s-9", nprs(2))
	gone.Patient, gone.EpisodeID = somebody(1), "e-9"
	s.submit(t, gone)
	s.erase(t, erasing("erasure-1", somebody(1)))
}

var happened = []string{
	"submitted local/s-1 v1 live by local", "submitted local/s-2 v1 live by local", "submitted local/s-3 v1 live by local",
	"submitted journal/s-1 v1 live by journal",
	"rescored local/s-1 v1 live by ebba scored by 2", "rescored local/s-3 v1 live by ebba scored by 2", "rescored local/s-2 v1 live by ebba scored by 2",
	"reverted local/s-1 v1 live by ebba scored by 2", "reverted local/s-3 v1 live by ebba scored by 2", "reverted local/s-2 v1 live by ebba scored by 2",
	"amended local/s-1 v2 live by SE-ebba", "amended local/s-2 v2 live by SE-ebba from e-1 programme_end", "retracted local/s-3 v2 retracted by SE-ebba",
	"erased 1 of somebody by SE-ebba: asked for by the patient",
}

// TestTheFeedTellsAllThatHappened once, in order, however it is cut into pages.
func TestTheFeedTellsAllThatHappened(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir, clinic.Settings{}, catalogueWith(t, cutOff9(t)))
	eventful(t, s)
	var resume string
	for _, size := range []int{1, 2, 3, 5, 13, 14, 1000} {
		words, token := s.feed(t, unit, "", size)
		same(t, fmt.Sprint("by pages of ", size), words, happened)
		if resume != "" && token != resume {
			t.Errorf("pages of %d end at another place", size)
		}
		resume = token
	}
	if whole, err := s.ListChanges(ctx, unit, clinic.Page{Size: len(happened)}); err != nil || !whole.CaughtUp {
		t.Errorf("a page that ends with the feed is not caught up, %v", err)
	}
	if words, token := s.feed(t, unit, resume, 10); len(words) != 0 || token != resume {
		t.Errorf("after the end: %q", words)
	}
	// The token outlives the process, and what comes later is found by it.
	s.store.Close()
	s = openIn(t, dir, clinic.Settings{}, catalogueWith(t, cutOff9(t)))
	s.submit(t, at(store.FollowUp12Months, "2025-03-11", "s-4", nprs(1)))
	words, _ := s.feed(t, unit, resume, 10)
	same(t, "later", words, []string{"submitted local/s-4 v1 live by local"})
}

func TestAnEmptyFeedHasAPlaceToGoOnFrom(t *testing.T) {
	s := open(t, clinic.Settings{})
	words, token := s.feed(t, unit, "", 10)
	if len(words) != 0 || token == "" {
		t.Fatalf("%q %q", words, token)
	}
	s.submit(t, baseline("s-1", nprs(5)))
	words, _ = s.feed(t, unit, token, 10)
	same(t, "then", words, []string{"submitted local/s-1 v1 live by local"})
}

// TestAResumeTokenIsOfItsUnitAndPlace: any other one would skip changes unseen.
func TestAResumeTokenIsOfItsUnitAndPlace(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.submit(t, baseline("s-1", nprs(5)))
	other := baseline("s-1", nprs(5))
	other.CareUnit = "SE-another-unit"
	s.submit(t, other)
	_, token := s.feed(t, unit, "", 10)
	refused := func(what, careUnit, token string, want ...string) {
		t.Helper()
		_, err := s.ListChanges(ctx, careUnit, clinic.Page{Token: token})
		if got := problems(t, err); !slices.Equal(got, want) {
			t.Errorf("%s: %v", what, got)
		}
	}
	refused("another unit's", "SE-another-unit", token, "resume_token BAD_PAGE_TOKEN")
	for i := range token {
		changed := []byte(token)
		if changed[i]++; changed[i] == token[i] {
			continue
		}
		if _, err := s.ListChanges(ctx, unit, clinic.Page{Token: string(changed)}); err == nil {
			t.Errorf("taken with character %d changed", i)
		}
	}
	refused("none", "", "", "care_unit REQUIRED")
	// The same place in a younger database is a place that is still to come.
	younger := open(t, clinic.Settings{})
	_, err := younger.ListChanges(ctx, unit, clinic.Page{Token: token})
	if got := problems(t, err); !slices.Equal(got, []string{"resume_token BAD_PAGE_TOKEN"}) {
		t.Errorf("after the database was put back: %v", got)
	}
	if _, err := s.ListChanges(ctx, unit, clinic.Page{Size: -1}); err == nil {
		t.Error("a negative size was taken")
	}
}
