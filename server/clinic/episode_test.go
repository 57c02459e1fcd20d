package clinic_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

func update(mask ...string) clinic.EpisodeUpdate {
	return clinic.EpisodeUpdate{Patient: tolvan, Episode: store.Episode{CareUnit: unit, EpisodeID: "e-1"}, Mask: mask}
}

func (s *site) upsert(t *testing.T, u clinic.EpisodeUpdate) clinic.Upserted {
	t.Helper()
	out, err := s.UpsertEpisode(ctx, u)
	if err != nil {
		t.Fatalf("upsert: %v", err)
	}
	return out
}

func TestUpsertEpisodeChangesTheNamedFieldsOnly(t *testing.T) {
	s := open(t, clinic.Settings{})
	u := update()
	u.Episode.Cohort, u.Episode.FirstVisitOn, u.Episode.BirthYear = "spring", "2025-01-07", 1970
	if first := s.upsert(t, u); !first.Created || first.Version != 1 || first.Status != "active" {
		t.Fatalf("got %+v", first)
	}
	u = update("cohort", "ended_on")
	u.Episode.EndedOn = "2025-03-01"
	second := s.upsert(t, u)
	if second.Created || second.Version != 2 || second.Cohort != "" || second.EndedOn != "2025-03-01" || second.FirstVisitOn != "2025-01-07" {
		t.Errorf("got %+v", second)
	}
	if again := s.upsert(t, u); again.Version != 2 {
		t.Error("a repeated update wrote a version")
	}
	history, err := s.store.EpisodeHistory(ctx, unit, "e-1")
	if err != nil || len(history) != 2 || history[0].Cohort != "spring" {
		t.Errorf("history %+v, error %v", history, err)
	}
}

func TestUpsertEpisodeHoldsTheEtag(t *testing.T) {
	s := open(t, clinic.Settings{})
	first := s.upsert(t, update())
	u := update("cohort")
	u.Episode.Cohort, u.Etag = "spring", clinic.Etag(first.Episode)
	s.upsert(t, u)
	u.Episode.Cohort = "summer"
	_, err := s.UpsertEpisode(ctx, u)
	if got := reason(t, err); got.Reason != clinic.StaleVersion {
		t.Errorf("got %s", got.Reason)
	}
}

func TestUpsertEpisodeListsEveryProblem(t *testing.T) {
	s := open(t, clinic.Settings{})
	u := update()
	e := &u.Episode
	e.CareUnit, e.CareLevel, e.Cohort, e.ReferredOn, e.StartPlanned, e.BirthYear = "", "gold", strings.Repeat("c", 65), "2025-13-01", "2031-01-01", 1700
	e.EndedOn, e.Status, e.LanguageCode = "2026-01-01", "asleep", "x"
	_, err := s.UpsertEpisode(ctx, u)
	want := []string{
		"episode.birth_year OUT_OF_RANGE", "episode.care_level UNKNOWN_FIELD", "episode.care_unit REQUIRED", "episode.cohort TOO_LONG",
		"episode.ended_on FUTURE_DATE", "episode.language_code BAD_FORMAT", "episode.referred_on BAD_DATE", "episode.status UNKNOWN_FIELD",
	}
	if diff := cmp.Diff(want, problems(t, err)); diff != "" {
		t.Error(diff)
	}
	_, err = s.UpsertEpisode(ctx, update("cohort", "etag", "patient_key"))
	if diff := cmp.Diff([]string{"update_mask.paths[1] BAD_FIELD_MASK", "update_mask.paths[2] BAD_FIELD_MASK"}, problems(t, err)); diff != "" {
		t.Error(diff)
	}
	u = update()
	u.Episode.StartedOn, u.Episode.EndedOn, u.Episode.DropOutPhase = "2025-02-02", "2025-02-01", "programme"
	_, err = s.UpsertEpisode(ctx, u)
	if diff := cmp.Diff([]string{"episode.ended_on BAD_DATE", "episode.status BAD_FORMAT"}, problems(t, err)); diff != "" {
		t.Error(diff)
	}
	if !s.isEmpty(t) {
		t.Error("something was stored")
	}
}

func TestUpsertEpisodeOfOtherPatient(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.upsert(t, update())
	u := update("cohort")
	u.Patient.Value = "189001019802"
	_, err := s.UpsertEpisode(ctx, u)
	if got := reason(t, err); got.Reason != clinic.EpisodeOfOtherPatient {
		t.Errorf("got %s", got.Reason)
	}
}

func TestListEpisodesByPages(t *testing.T) {
	s := open(t, clinic.Settings{})
	var want []string
	for _, name := range []string{"a/e-1", "a/e-10", "a/e-2", "b/é", "b/Z"} {
		u := update()
		u.Episode.CareUnit, u.Episode.EpisodeID, _ = strings.Cut(name, "/")
		s.upsert(t, u)
		want = append(want, name)
	}
	slices.Sort(want)
	for _, size := range []int{1, 2, 3, 5, 9} {
		var got []string
		page := clinic.Page{Size: size}
		for {
			episodes, next, err := s.ListEpisodes(ctx, "", nil, page)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range episodes {
				got = append(got, e.CareUnit+"/"+e.EpisodeID)
			}
			if next == "" {
				break
			}
			page.Token = next
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages of %d: %v, want %v", size, got, want)
		}
	}
	_, token, err := s.ListEpisodes(ctx, "", nil, clinic.Page{Size: 1})
	if err != nil {
		t.Fatal(err)
	}
	for name, page := range map[string]clinic.Page{"other filters": {Token: token}, "no token": {Token: "x"}, "negative size": {Size: -1}} {
		if _, _, err := s.ListEpisodes(ctx, "a", nil, page); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestListSubmissionsByPages(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.submit(t, at(store.Baseline, "2023-11-01", "s-1", nprs(7)))
	s.submit(t, at(store.Baseline, "2023-11-01", "s-2", hads()))
	s.submit(t, at(store.ProgrammeEnd, "2024-03-01", "s-3", nprs(4)))
	ref := clinic.EpisodeRef{CareUnit: unit, EpisodeID: "e-1"}
	first, next, err := s.ListSubmissions(ctx, ref, clinic.Page{Size: 2})
	if err != nil || len(first) != 2 || next == "" {
		t.Fatalf("%d records, next %q, error %v", len(first), next, err)
	}
	// What arrives between two pages is not part of the list that was begun.
	s.submit(t, at(store.Baseline, "2023-11-01", "s-0", byNumber("pcs", 0, 1, 2, 3, 0, 0, 1, 4, 2, 1, 3, 0, 4)))
	second, next, err := s.ListSubmissions(ctx, ref, clinic.Page{Size: 2, Token: next})
	if err != nil || len(second) != 1 || next != "" || second[0].SubmissionID != "s-3" {
		t.Fatalf("%+v, next %q, error %v", second, next, err)
	}
}
