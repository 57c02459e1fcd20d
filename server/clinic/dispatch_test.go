package clinic_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// about is an act about the baseline of episode e.
func about(id string) clinic.Occasional {
	return clinic.Occasional{ID: id, CareUnit: unit, EpisodeID: "e", Occasion: store.Baseline, On: "2025-03-10", Author: "SE-ebba"}
}

func (s *site) dispatch(t *testing.T, id, kind string) clinic.Dispatched {
	t.Helper()
	done, err := s.RecordDispatch(ctx, clinic.Dispatch{Occasional: about(id), Kind: kind})
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// visited is an episode whose baseline is due.
func visited(t *testing.T) *site {
	t.Helper()
	s := open(t, clinic.Settings{})
	s.episodeOf(t, "e", func(e *store.Episode) { e.FirstVisitOn, e.EndPlanned = "2025-03-01", "2026-01-01" })
	return s
}

func TestADispatchIsRecordedOnceAndKeepsItsCode(t *testing.T) {
	s := visited(t)
	sent, err := s.RecordDispatch(ctx, clinic.Dispatch{Occasional: about("1"), Kind: clinic.FormsSent, Information: "NRS 2024"})
	if err != nil {
		t.Fatal(err)
	}
	want := store.OccasionAct{CareUnit: unit, EpisodeID: "e", Number: 1, System: "local", ActID: "1", Kind: "sent", Occasion: store.Baseline,
		DoneOn: "2025-03-10", Detail: "NRS 2024", Act: store.Act{By: "SE-ebba", At: s.now}}
	if diff := cmp.Diff(want, sent.OccasionAct); diff != "" || sent.Replayed || len(sent.Code) != 9 {
		t.Errorf("%+v %s", sent, diff)
	}
	s.now = s.now.Add(25 * time.Hour)
	again, err := s.RecordDispatch(ctx, clinic.Dispatch{Occasional: about("1"), Kind: clinic.FormsSent, Information: "NRS 2024"})
	if err != nil || !again.Replayed || again.OccasionAct != sent.OccasionAct || again.Code != sent.Code {
		t.Errorf("again: %+v, %v", again, err)
	}
	if reminded := s.dispatch(t, "2", clinic.FormsReminded); reminded.Code != sent.Code {
		t.Errorf("a reminder bears code %s, the letter %s", reminded.Code, sent.Code)
	}
	if returned := s.dispatch(t, "3", clinic.FormsReturned); returned.Code != "" {
		t.Errorf("what came back has a code: %+v", returned)
	}
	_, err = s.RecordDispatch(ctx, clinic.Dispatch{Occasional: about("1"), Kind: clinic.FormsReminded})
	if got := reason(t, err).Reason; got != clinic.ActIDReused {
		t.Error(got)
	}
	list := s.due(t, clinic.DueFilter{})
	if len(list.Occasions) != 1 || list.Occasions[0].Dispatch == nil || list.Occasions[0].Dispatch.Kind != clinic.FormsReturned {
		t.Errorf("the worklist does not tell the newest: %+v", list)
	}
}

func TestAnActWithoutADayIsOfTodayAndStaysThatActAfterMidnight(t *testing.T) {
	s := visited(t)
	sent := clinic.Dispatch{Occasional: about("1"), Kind: clinic.FormsSent}
	sent.On = ""
	first, err := s.RecordDispatch(ctx, sent)
	if err != nil || first.DoneOn != "2025-03-15" {
		t.Fatalf("%+v, %v", first, err)
	}
	s.now = s.now.Add(24 * time.Hour)
	again, err := s.RecordDispatch(ctx, sent)
	if err != nil || !again.Replayed || again.DoneOn != "2025-03-15" {
		t.Errorf("%+v, %v", again, err)
	}
}

func TestWhatThePatientDeclinedIsDueNoLongerUnlessItIsSentAgain(t *testing.T) {
	s := visited(t)
	s.wantDue(t, "before", "e baseline due")
	s.dispatch(t, "1", clinic.FormsDeclined)
	s.wantDue(t, "declined")
	if _, err := s.RecordFeedbackReview(ctx, clinic.FeedbackReview{Occasional: about("2"), Kind: clinic.FeedbackOffered}); err != nil {
		t.Fatal(err)
	}
	s.wantDue(t, "feedback has nothing to do with it")
	s.dispatch(t, "3", clinic.FormsSent)
	s.wantDue(t, "sent again", "e baseline due")
}

func TestACodeLeadsToItsEpisodeAndOccasionHoweverItIsTyped(t *testing.T) {
	s := visited(t)
	code := s.dispatch(t, "1", clinic.FormsSent).Code
	end := clinic.Dispatch{Occasional: about("2"), Kind: clinic.FormsSent}
	end.Occasion, end.Label = store.OtherOccasion, "6 weeks"
	other, err := s.RecordDispatch(ctx, end)
	if err != nil || other.Code == code {
		t.Fatalf("%+v %v", other, err)
	}
	for _, typed := range []string{code, strings.ToLower(code), code[:3] + "-" + code[3:6] + " " + code[6:]} {
		found, err := s.FindDispatch(ctx, typed, nil)
		if err != nil || found.Episode.EpisodeID != "e" || found.Occasion != store.Baseline || len(found.Acts) != 1 {
			t.Errorf("%+v %v", found, err)
		}
	}
	found, err := s.FindDispatch(ctx, other.Code, nil)
	if err != nil || found.Occasion != store.OtherOccasion || found.Label != "6 weeks" {
		t.Errorf("%+v %v", found, err)
	}
	last := map[bool]string{true: "2", false: "3"}[code[8] != '2']
	for _, wrong := range []string{"", code[:8], code + "2", code[:8] + last, "0" + code[1:]} {
		_, err := s.FindDispatch(ctx, wrong, nil)
		same(t, wrong, problems(t, err), []string{"paper_code BAD_FORMAT"})
	}
	_, err = s.FindDispatch(ctx, "222222222", nil)
	if got := reason(t, err).Reason; got != clinic.CodeUnknown {
		t.Error(got)
	}
	stranger := access.Caller{System: "journal", User: "SE-user", Unit: "other", Roles: []access.Role{access.Coordinator}, Purpose: access.Care}
	_, err = s.FindDispatch(access.WithCaller(ctx, stranger), code, nil)
	if got := reason(t, err).Reason; got != clinic.CodeUnknown {
		t.Errorf("a stranger: %s", got)
	}
	if _, err := s.ErasePatient(ctx, clinic.Erasing{ErasureID: "1", Patient: pat("e"), Decision: clinic.Decision{Reason: "r"}}); err != nil {
		t.Fatal(err)
	}
	_, err = s.FindDispatch(ctx, code, nil)
	if got := reason(t, err).Reason; got != clinic.CodeUnknown {
		t.Errorf("erased: %s", got)
	}
}

func TestActRefusals(t *testing.T) {
	s := visited(t)
	for name, c := range map[string]struct {
		dispatch clinic.Dispatch
		want     []string
	}{
		"nothing": {clinic.Dispatch{}, []string{"act_id REQUIRED", "care_unit REQUIRED", "episode_id REQUIRED", "kind REQUIRED", "occasion REQUIRED"}},
		"a review, in the future": {clinic.Dispatch{Occasional: clinic.Occasional{ID: "1", CareUnit: unit, EpisodeID: "e", Occasion: store.OtherOccasion, On: "2025-03-16"}, Kind: clinic.AnswersSeen, Information: "x"},
			[]string{"done_on FUTURE_DATE", "information_sheet BAD_FORMAT", "kind UNKNOWN_FIELD", "occasion_label REQUIRED"}},
		"identifiers": {clinic.Dispatch{Occasional: clinic.Occasional{ID: "x-4711-0815-e", CareUnit: unit, EpisodeID: "e", Occasion: store.Baseline, Note: "of 4711-0815-e", Author: "4711-0815-e"}, Kind: clinic.FormsSent, Information: "4711-0815-e"},
			[]string{"act_id IDENTIFIER_IN_TEXT", "author IDENTIFIER_IN_TEXT", "information_sheet IDENTIFIER_IN_TEXT", "note IDENTIFIER_IN_TEXT"}},
	} {
		_, err := s.RecordDispatch(ctx, c.dispatch)
		same(t, name, problems(t, err), c.want)
	}
	_, err := s.RecordFeedbackReview(ctx, clinic.FeedbackReview{Occasional: about("1"), Kind: clinic.FeedbackOffered, Way: "phone"})
	same(t, "a way of what was not given", problems(t, err), []string{"way BAD_FORMAT"})
	nobody := about("1")
	nobody.EpisodeID = "E"
	_, err = s.RecordDispatch(ctx, clinic.Dispatch{Occasional: nobody, Kind: clinic.FormsSent})
	if got := reason(t, err).Reason; got != clinic.EpisodeUnknown {
		t.Error(got)
	}
}

func TestWhoHasAnsweredAndWasNotOfferedFeedbackIsListed(t *testing.T) {
	s := open(t, clinic.Settings{})
	for _, id := range []string{"a", "b", "c", "d"} {
		s.episodeOf(t, id, func(e *store.Episode) { e.FirstVisitOn, e.EndedOn = "2023-01-01", "2024-02-01" })
		if id != "d" {
			s.answer(t, id, store.FollowUp12Months, "2025-02-0"+fmt.Sprint(int(id[0]-'a')+1), nprs(4))
		}
	}
	waiting := func(f clinic.FeedbackFilter) (ids []string) {
		f.CareUnit = unit
		page := clinic.Page{Size: 2}
		for {
			list, next, err := s.AwaitingFeedback(ctx, f, page)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range list {
				ids = append(ids, a.Episode.EpisodeID+" "+a.LastAnswered)
			}
			if page.Token = next; next == "" {
				return ids
			}
		}
	}
	same(t, "all", waiting(clinic.FeedbackFilter{}), []string{"a 2025-02-01", "b 2025-02-02", "c 2025-02-03"})
	same(t, "since", waiting(clinic.FeedbackFilter{AnsweredFrom: "2025-02-03"}), []string{"c 2025-02-03"})
	same(t, "another occasion", waiting(clinic.FeedbackFilter{Occasion: store.Baseline}), nil)
	for i, kind := range []string{clinic.AnswersSeen, clinic.FeedbackDeclined} {
		review := clinic.FeedbackReview{Occasional: about(fmt.Sprint("r", i)), Kind: kind}
		review.EpisodeID, review.Occasion = []string{"a", "b"}[i], store.FollowUp12Months
		if _, err := s.RecordFeedbackReview(ctx, review); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "seen is not offered, declined is done", waiting(clinic.FeedbackFilter{}), []string{"a 2025-02-01", "c 2025-02-03"})
	_, acts, err := s.OccasionActs(ctx, clinic.EpisodeRef{CareUnit: unit, EpisodeID: "b"})
	if err != nil || len(acts) != 1 || acts[0].Kind != clinic.FeedbackDeclined {
		t.Errorf("history: %+v %v", acts, err)
	}
	_, _, err = s.OccasionActs(ctx, clinic.EpisodeRef{CareUnit: unit, EpisodeID: "none"})
	var state *clinic.StateError
	if !errors.As(err, &state) {
		t.Error(err)
	}
}

func TestNothingIsExpectedOfATestPatient(t *testing.T) {
	s := visited(t)
	s.wantDue(t, "a real one", "e baseline due")
	episode, err := s.store.Episode(ctx, unit, "e")
	if err != nil {
		t.Fatal(err)
	}
	ids, err := s.store.IdentitiesOf(ctx, episode.PatientKey)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.store.MarkTestPatient(ctx, ids[0].Lookup); err != nil {
		t.Fatal(err)
	}
	s.wantDue(t, "a test patient")
}
