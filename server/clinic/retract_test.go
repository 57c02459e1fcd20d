package clinic_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

func withdrawal(id string) clinic.Retraction {
	return clinic.Retraction{CareUnit: unit, SubmissionID: id, Version: 1, Decision: clinic.Decision{Reason: "of somebody else", Author: "SE-ebba"}}
}

func (s *site) retract(t *testing.T, r clinic.Retraction) clinic.Stored {
	t.Helper()
	stored, err := s.RetractSubmission(ctx, r)
	if err != nil {
		t.Fatalf("retract: %v", err)
	}
	return stored
}

// fullStore has no room for a correction.
type fullStore struct{ store.Store }

func (fullStore) Amend(context.Context, store.Submission, int64) (store.StoredForm, error) {
	return store.StoredForm{}, store.ErrDiskFull
}

func (fullStore) Retract(context.Context, store.SubmissionRef, []byte, int64, store.Act) (store.StoredForm, error) {
	return store.StoredForm{}, store.ErrDiskFull
}

func TestARetractedFormCountsNowhereAndItsTombstoneStays(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.submit(t, baseline("s-1", nprs(8)))
	s.submit(t, at(store.ProgrammeEnd, "2025-03-02", "s-2", nprs(4)))
	stone := s.retract(t, withdrawal("s-1"))
	if stone.State != store.Retracted || stone.Version != 2 || stone.Replayed || score(t, stone.ScoreList, "average_pain").Text() != "8" {
		t.Errorf("%+v", stone.Submission)
	}
	if want := (store.Act{By: "SE-ebba", At: s.now, Note: "of somebody else"}); stone.Changed != want {
		t.Errorf("%+v", stone.Changed)
	}
	if read := s.newest(t, "s-1"); !cmp.Equal(read.Submission, stone.Submission) {
		t.Error(cmp.Diff(read.Submission, stone.Submission))
	}
	same(t, "listed", s.episodeIDs(t, "e-1"), []string{"s-2 programme_end"})
	trend := s.trend(t)
	if p := line(t, trend, "nprs", "average_pain").Points; len(p) != 1 || p[0].SubmissionID != "s-2" || trend.Occasions[0].State != clinic.BaselineMissing {
		t.Errorf("the trend shows %+v", p)
	}
	versions, _, err := s.ListSubmissionVersions(ctx, unit, "s-1", clinic.Page{})
	if err != nil || len(versions) != 2 || versions[0].Counts || versions[1].Counts || versions[0].State != store.Live || versions[1].Changed.Note != "of somebody else" {
		t.Errorf("%+v %v", versions, err)
	}
	list, err := s.Patients(ctx, clinic.PatientFilter{}, clinic.Page{})
	if err != nil || list.Patients[0].At(store.Baseline) != nil || list.Patients[0].At(store.ProgrammeEnd).Forms != 1 {
		t.Errorf("%+v %v", list, err)
	}
	s.submit(t, baseline("s-3", nprs(7))) // the slot is free
	s.amendRefused(t, correction("s-1", withSheet(nprs(3))), clinic.SubmissionRetracted)
}

func TestARetractionIsCarriedOutOnce(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.submit(t, baseline("s-1", nprs(8)))
	first := s.retract(t, withdrawal("s-1"))
	before := s.lastChange(t)
	for _, version := range []int64{1, 2, 7} { // a tombstone is the end, whatever was read
		again := withdrawal("s-1")
		again.Version, again.Reason = version, "another"
		if got := s.retract(t, again); !got.Replayed || !cmp.Equal(got.Submission, first.Submission) {
			t.Errorf("from version %d: %+v", version, got.Submission)
		}
	}
	if s.lastChange(t) != before {
		t.Error("something was stored")
	}
}

func TestRetractRefusals(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.submit(t, baseline("s-1", nprs(8)))
	s.amend(t, correction("s-1", withSheet(nprs(3))))
	before := s.lastChange(t)
	for name, c := range map[string]struct {
		change func(*clinic.Retraction)
		caller context.Context
		want   string
	}{
		"a version before the last":         {func(r *clinic.Retraction) {}, ctx, clinic.StaleVersion},
		"a version that is not there":       {func(r *clinic.Retraction) { r.Version = 3 }, ctx, clinic.StaleVersion},
		"an id that is not there":           {func(r *clinic.Retraction) { r.SubmissionID = "s-2" }, ctx, clinic.SubmissionUnknown},
		"a unit that is not there":          {func(r *clinic.Retraction) { r.CareUnit = "SE-2" }, ctx, clinic.SubmissionUnknown},
		"what another calling system named": {func(r *clinic.Retraction) { r.Version = 2 }, as("another"), clinic.SubmissionUnknown},
	} {
		r := withdrawal("s-1")
		c.change(&r)
		_, err := s.RetractSubmission(c.caller, r)
		if got := reason(t, err).Reason; got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	_, err := s.RetractSubmission(ctx, clinic.Retraction{Found: []clinic.Problem{{Field: "", Reason: "UNKNOWN_FIELD"}}})
	if diff := cmp.Diff([]string{" UNKNOWN_FIELD", "care_unit REQUIRED", "reason REQUIRED", "submission_id REQUIRED", "version REQUIRED"}, problems(t, err)); diff != "" {
		t.Error(diff)
	}
	r := withdrawal("s-1")
	r.Reason, r.Author = "of 19121212-1212", "121212+1212"
	_, err = s.RetractSubmission(ctx, r)
	if diff := cmp.Diff([]string{"author IDENTIFIER_IN_TEXT", "reason IDENTIFIER_IN_TEXT"}, problems(t, err)); diff != "" {
		t.Error(diff)
	}
	if s.lastChange(t) != before {
		t.Error("something was stored")
	}
}

// TestALateRetryIsToldWhatBecameOfTheForm: the reply is the original one, with a
// word of what has happened since, and nothing is stored.
func TestALateRetryIsToldWhatBecameOfTheForm(t *testing.T) {
	s := open(t, clinic.Settings{})
	first := s.submit(t, baseline("s-1", nprs(8)))
	late := func(want ...string) {
		t.Helper()
		before := s.lastChange(t)
		again := s.submit(t, baseline("s-1", nprs(8)))
		if !again.Replayed || !cmp.Equal(again.Submission, first.Submission) || s.lastChange(t) != before {
			t.Errorf("%+v", again.Submission)
		}
		var since []string
		for _, w := range again.Warnings[len(first.Warnings):] {
			since = append(since, w.Code+" "+w.Field)
		}
		same(t, "warnings", since, want)
	}
	late()
	s.amend(t, correction("s-1", func(a *clinic.Amendment) { withSheet(nprs(3))(a); a.To.Occasion = store.ProgrammeEnd }))
	late("AMENDED_SINCE submission_id")
	r := withdrawal("s-1")
	r.Version = 2
	s.retract(t, r)
	late("RETRACTED_SINCE submission_id")
	other := baseline("s-1", nprs(3)) // what the amendment made of it is not what the id stands for
	_, _, err := s.Submit(ctx, other, true)
	if got := reason(t, err).Reason; got != clinic.SubmissionIDReused {
		t.Error(got)
	}
	envelope := baseline("s-1", nprs(8))
	envelope.Forms = append(envelope.Forms, clinic.Form{SubmissionID: "s-9", Sheet: hads()})
	stored, _, err := s.Submit(ctx, envelope, false)
	if err != nil || stored[0].Warnings[len(stored[0].Warnings)-1].Field != "forms[0].submission_id" || stored[1].Replayed {
		t.Errorf("%+v %v", stored, err)
	}
}
