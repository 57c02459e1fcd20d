package clinic_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// refusedAs is why something was refused: of input the first problem.
func refusedAs(err error) string {
	var input *clinic.InputError
	var state *clinic.StateError
	switch {
	case errors.As(err, &input):
		return input.Problems[0].Reason
	case errors.As(err, &state):
		return state.Reason
	case err != nil:
		return clinic.RefusalReason(err)
	}
	return ""
}

func asRole(role access.Role, careUnit string) context.Context {
	return access.WithCaller(context.Background(), access.Caller{System: "pages", User: "SE-x", Unit: careUnit, Roles: []access.Role{role}, Purpose: access.Care, RequestID: "r"})
}

func TestAnEpisodeIsEditedWithoutThePatientsIdentifier(t *testing.T) {
	s := visited(t)
	edit := func(etag string, mask ...string) clinic.EpisodeUpdate {
		return clinic.EpisodeUpdate{Episode: store.Episode{CareUnit: unit, EpisodeID: "e", EndedOn: "2025-03-14"}, Mask: mask, Etag: etag}
	}
	for _, c := range []struct {
		name   string
		ctx    context.Context
		update clinic.EpisodeUpdate
		want   string
	}{
		{"with the etag that was read", ctx, edit("v1", "ended_on"), ""},
		{"again, by a retry", ctx, edit("v1", "ended_on"), ""},
		{"with an old etag", ctx, edit("v1", "ended_on", "end_planned_on"), clinic.StaleVersion},
		{"the patient's own number in a text", ctx, clinic.EpisodeUpdate{Episode: store.Episode{CareUnit: unit, EpisodeID: "e", Cohort: "4711-0815-e"}}, clinic.IdentifierInText},
		{"a role that may not", asRole(access.Analyst, unit), edit("", "ended_on"), clinic.RoleNotAllowed},
		{"another unit", asRole(access.Coordinator, "other"), edit("", "ended_on"), clinic.UnitNotAllowed},
		{"its own unit", asRole(access.Coordinator, unit), edit("", "ended_on"), ""},
		{"no such episode", ctx, clinic.EpisodeUpdate{Episode: store.Episode{CareUnit: unit, EpisodeID: "x"}}, clinic.EpisodeUnknown},
		{"no episode named", ctx, clinic.EpisodeUpdate{Episode: store.Episode{CareUnit: unit}}, clinic.Required},
	} {
		if _, err := s.EditEpisode(c.ctx, c.update); refusedAs(err) != c.want {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	versions, err := s.EpisodeVersions(ctx, clinic.EpisodeRef{CareUnit: unit, EpisodeID: "e"})
	if err != nil || len(versions) != 2 || versions[0].EndedOn != "" || versions[1].EndedOn != "2025-03-14" {
		t.Errorf("%+v, %v", versions, err)
	}
	if _, err := s.EpisodeVersions(asRole(access.Coordinator, "other"), clinic.EpisodeRef{CareUnit: unit, EpisodeID: "e"}); refusedAs(err) != clinic.EpisodeUnknown {
		t.Error("another unit reads the versions:", err)
	}
}

func TestANewEpisodeIsNeverLaidOverAnother(t *testing.T) {
	s := visited(t)
	update := clinic.EpisodeUpdate{
		Patient: clinic.PatientRef{System: "personnummer", Value: "191212121212"}, OnlyNew: true,
		Episode: store.Episode{CareUnit: unit, EpisodeID: "new", Cohort: "7"},
	}
	for range 2 { // the second is the same form, sent twice
		if _, err := s.UpsertEpisode(ctx, update); err != nil {
			t.Fatal(err)
		}
	}
	update.Episode.Cohort = "8"
	if _, err := s.UpsertEpisode(ctx, update); refusedAs(err) != clinic.StaleVersion {
		t.Error("an episode is changed by a form for a new one:", err)
	}
}

func TestAPaperFormIsSubmittedAtItsEpisodeOnce(t *testing.T) {
	s := visited(t)
	sub := clinic.Submission{CareUnit: unit, EpisodeID: "e", Occasion: store.Baseline, AnsweredOn: "2025-03-01", Respondent: store.Patient, Mode: "paper",
		Forms: []clinic.Form{{SubmissionID: "form", Sheet: hads()}}}
	first, err := s.SubmitAtEpisode(ctx, sub)
	if err != nil || first.Replayed || first.Mode != "paper" || first.EpisodeID != "e" {
		t.Fatalf("%+v, %v", first, err)
	}
	if again, err := s.SubmitAtEpisode(ctx, sub); err != nil || !again.Replayed {
		t.Errorf("twice: %+v, %v", again, err)
	}
	for _, c := range []struct {
		name, want string
		ctx        context.Context
		change     func(*clinic.Submission)
	}{
		{"another content under the same id", clinic.SubmissionIDReused, ctx, func(s *clinic.Submission) { s.AnsweredOn = "2025-03-02" }},
		{"another id in the same place", clinic.OccasionAnswered, ctx, func(s *clinic.Submission) { s.Forms = []clinic.Form{{SubmissionID: "b", Sheet: hads()}} }},
		{"an episode that is not there", clinic.EpisodeUnknown, ctx, func(s *clinic.Submission) { s.EpisodeID = "x" }},
		{"not even by saying that it is new", clinic.EpisodeUnknown, ctx, func(s *clinic.Submission) { s.EpisodeID, s.AllowNewEpisode = "x", true }},
		{"another unit", clinic.UnitNotAllowed, asRole(access.Clinician, "other"), func(*clinic.Submission) {}},
		{"a role that may not", clinic.RoleNotAllowed, asRole(access.Administrator, unit), func(*clinic.Submission) {}},
	} {
		changed := sub
		c.change(&changed)
		if _, err := s.SubmitAtEpisode(c.ctx, changed); refusedAs(err) != c.want {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestThePlanOfAnEpisodeSaysWhatIsExpectedAndThere(t *testing.T) {
	s := visited(t)
	sub := clinic.Submission{CareUnit: unit, EpisodeID: "e", Occasion: store.OtherOccasion, OccasionLabel: "4 weeks", AnsweredOn: "2025-03-01", Respondent: store.Relative,
		Forms: []clinic.Form{{SubmissionID: "form", Sheet: hads()}}}
	if _, err := s.SubmitAtEpisode(ctx, sub); err != nil {
		t.Fatal(err)
	}
	s.expect(t, clinic.Battery{Occasion: store.Baseline, From: "2024-01-01", Instruments: []string{"hads", "isi"}})
	_, plan, err := s.OccasionPlan(ctx, clinic.EpisodeRef{CareUnit: unit, EpisodeID: "e"})
	if err != nil || len(plan) != 4 {
		t.Fatalf("%+v, %v", plan, err)
	}
	if !slices.Equal(plan[0].Missing(), []string{"hads", "isi"}) || plan[0].Date != "2025-03-01" || len(plan[1].Battery) != 0 {
		t.Errorf("%+v", plan)
	}
	own := plan[3]
	if own.Label != "4 weeks" || !own.Holds("hads", store.Relative) || own.Holds("hads", store.Patient) || own.Forms[0].AnsweredOn != "2025-03-01" {
		t.Errorf("%+v", own)
	}
	if _, _, err := s.OccasionPlan(asRole(access.Clinician, "other"), clinic.EpisodeRef{CareUnit: unit, EpisodeID: "e"}); refusedAs(err) != clinic.EpisodeUnknown {
		t.Error(err)
	}
}

func TestTheFileOfAnEpisodeTellsTheCodesAgain(t *testing.T) {
	s := visited(t)
	sent := s.dispatch(t, "1", clinic.FormsSent)
	s.dispatch(t, "2", clinic.FormsReminded)
	other := about("3")
	other.Occasion = store.ProgrammeEnd
	if _, err := s.RecordDispatch(ctx, clinic.Dispatch{Occasional: other, Kind: clinic.FormsReturned}); err != nil {
		t.Fatal(err)
	}
	file, err := s.OccasionFile(ctx, clinic.EpisodeRef{CareUnit: unit, EpisodeID: "e"})
	if err != nil || len(file.Acts) != 3 || len(file.Codes) != 1 || file.Codes[store.OccasionKey{EpisodeID: "e", Occasion: store.Baseline}] != sent.Code {
		t.Errorf("%+v, %v", file, err)
	}
	if _, err := s.OccasionFile(asRole(access.Analyst, unit), clinic.EpisodeRef{CareUnit: unit, EpisodeID: "e"}); refusedAs(err) != clinic.RoleNotAllowed {
		t.Error(err)
	}
}

func TestCohortsAreCountedForTheirOwnUnit(t *testing.T) {
	s := open(t, clinic.Settings{})
	for _, e := range []struct{ id, cohort, started, ended, status string }{
		{"a", "Group 7", "2025-01-10", "", ""}, {"b", "Group 7", "2025-01-10", "2025-03-01", ""}, {"c", "Group 7", "", "", "dropped_out"},
		{"d", "Group 8", "2025-02-10", "", ""}, {"e", "", "2025-02-10", "", ""},
	} {
		s.episodeOf(t, e.id, func(to *store.Episode) {
			to.Cohort, to.StartedOn, to.EndedOn, to.Status = e.cohort, e.started, e.ended, e.status
		})
	}
	cohorts, members, err := s.Cohorts(asRole(access.Coordinator, unit), unit, "Group 7")
	want := []clinic.Cohort{{Name: "Group 8", Episodes: 1, NoEnd: 1, Newest: "2025-02-10"}, {Name: "Group 7", Episodes: 3, NoEnd: 1, Newest: "2025-01-10"}}
	if err != nil || !slices.Equal(cohorts, want) {
		t.Errorf("%+v, %v", cohorts, err)
	}
	var ids []string
	for _, e := range members {
		ids = append(ids, e.EpisodeID)
		if clinic.Etag(e) == "" {
			t.Error("no etag to change it by")
		}
	}
	if !slices.Equal(ids, []string{"a", "b", "c"}) {
		t.Error(ids)
	}
	for name, c := range map[string]struct {
		ctx  context.Context
		unit string
		want string
	}{
		"another unit": {asRole(access.Coordinator, "other"), unit, clinic.UnitNotAllowed},
		"an analyst":   {asRole(access.Analyst, unit), unit, clinic.RoleNotAllowed},
		"no unit":      {ctx, "", clinic.Required},
	} {
		if _, _, err := s.Cohorts(c.ctx, c.unit, ""); refusedAs(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
