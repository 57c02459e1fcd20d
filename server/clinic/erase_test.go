package clinic_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

func erasing(id string, patient clinic.PatientRef) clinic.Erasing {
	return clinic.Erasing{ErasureID: id, Patient: patient, Decision: clinic.Decision{Reason: "asked for by the patient", Author: "SE-ebba"}}
}

func (s *site) erase(t *testing.T, e clinic.Erasing) clinic.Erasure {
	t.Helper()
	erased, err := s.ErasePatient(ctx, e)
	if err != nil {
		t.Fatalf("erase: %v", err)
	}
	return erased
}

func (s *site) eraseRefused(t *testing.T, e clinic.Erasing, want string) {
	t.Helper()
	before := s.lastChange(t)
	_, err := s.ErasePatient(ctx, e)
	if got := reason(t, err).Reason; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if s.lastChange(t) != before {
		t.Error("something was erased")
	}
}

// journal keeps what it is told, and can fail.
type journal struct {
	entries []store.Erasure
	err     error
	look    func()
}

func (j *journal) Record(_ context.Context, e store.Erasure) error {
	if j.look != nil {
		j.look()
	}
	if j.err == nil {
		j.entries = append(j.entries, e)
	}
	return j.err
}

// twoPatients stores two forms of tolvan, one of them amended, and one of
// somebody else.
func twoPatients(t *testing.T, s *site) {
	t.Helper()
	s.submit(t, baseline("s-1", nprs(8)))
	s.amend(t, correction("s-1", withSheet(nprs(3))))
	second := at(store.ProgrammeEnd, "2025-03-02", "s-2", hads())
	s.submit(t, second)
	other := baseline("s-3", nprs(5))
	other.Patient, other.EpisodeID = somebody(3), "e-3"
	s.submit(t, other)
}

func TestAnErasedPatientIsGoneAndNobodyElse(t *testing.T) {
	dir := t.TempDir()
	j := &journal{}
	s := openIn(t, dir, clinic.Settings{ErasureJournal: j}, builtin(t))
	twoPatients(t, s)
	elsewhere := baseline("s-1", nprs(1))
	elsewhere.CareUnit, elsewhere.Source.DocumentID = "SE-another-unit", "a-document-of-the-patient"
	s.submit(t, elsewhere)
	j.look = func() {
		if _, err := s.GetSubmission(ctx, unit, "s-1"); err != nil {
			t.Error("erased before the journal knew")
		}
	}
	erased := s.erase(t, erasing("erasure-1", tolvan))
	if erased.Identities != 1 || erased.Episodes != 2 || erased.Submissions != 3 || erased.Versions != 4 || erased.PurgedAt.IsZero() || erased.Beyond == "" || erased.Note != "asked for by the patient" || erased.By != "SE-ebba" {
		t.Errorf("%+v", erased)
	}
	if len(j.entries) != 1 || j.entries[0].ErasureID != "erasure-1" || !slices.Equal(j.entries[0].PatientKeys, erased.PatientKeys) {
		t.Errorf("the journal has %+v", j.entries)
	}
	for _, id := range []string{"s-1", "s-2"} {
		if _, err := s.GetSubmission(ctx, unit, id); reason(t, err).Reason != clinic.SubmissionUnknown {
			t.Errorf("%s is still there", id)
		}
	}
	if list, _, err := s.ListEpisodes(ctx, "", nil, clinic.Page{}); err != nil || len(list) != 1 || list[0].EpisodeID != "e-3" {
		t.Errorf("%+v %v", list, err)
	}
	if s.newest(t, "s-3").State != store.Live {
		t.Error("another patient's form is gone")
	}
	s.store.Close()
	files, _ := filepath.Glob(filepath.Join(dir, "painscore.db*"))
	for _, file := range files {
		if text, err := os.ReadFile(file); err != nil || strings.Contains(string(text), "a-document-of-the-patient") {
			t.Errorf("%s still holds it, or: %v", filepath.Base(file), err)
		}
	}
}

// TestALateRetryDoesNotBringBackWhatWasErased, nor can it be corrected.
func TestALateRetryDoesNotBringBackWhatWasErased(t *testing.T) {
	s := open(t, clinic.Settings{})
	twoPatients(t, s)
	s.erase(t, erasing("erasure-1", tolvan))
	_, _, err := s.Submit(ctx, baseline("s-1", nprs(8)), true)
	if got := reason(t, err); got.Reason != clinic.Erased || got.Field != "submission_id" {
		t.Errorf("submit: %+v", got)
	}
	envelope := baseline("s-8", nprs(8))
	envelope.Forms = append(envelope.Forms, clinic.Form{SubmissionID: "s-2", Sheet: hads()})
	_, _, err = s.Submit(ctx, envelope, false)
	want := []clinic.FormVerdict{{SubmissionID: "s-8"}, {SubmissionID: "s-2", Reason: clinic.Erased}}
	if got := reason(t, err); !cmp.Equal(got.Verdicts, want) || got.Reason != clinic.Erased {
		t.Errorf("an envelope: %+v", got)
	}
	s.amendRefused(t, correction("s-1", withSheet(nprs(2))), clinic.Erased)
	_, err = s.RetractSubmission(ctx, withdrawal("s-1"))
	if got := reason(t, err).Reason; got != clinic.Erased {
		t.Errorf("retract: %s", got)
	}
	if _, _, err := s.Submit(as("another"), at(store.Baseline, "2025-03-01", "s-1", nprs(8)), true); err != nil {
		t.Errorf("another system's own form of that name: %v", err)
	}
}

func TestAnErasureIsCarriedOutOnce(t *testing.T) {
	j := &journal{}
	s := openIn(t, t.TempDir(), clinic.Settings{ErasureJournal: j}, builtin(t))
	twoPatients(t, s)
	first := s.erase(t, erasing("erasure-1", tolvan))
	before := s.lastChange(t)
	s.now = s.now.Add(time.Hour)
	again := erasing("erasure-1", tolvan)
	again.Reason = "worded otherwise"
	if got := s.erase(t, again); !cmp.Equal(got, first) || s.lastChange(t) != before || len(j.entries) != 1 {
		t.Errorf("%+v, then %+v", first, got)
	}
	s.eraseRefused(t, erasing("erasure-2", tolvan), clinic.PatientUnknown)
	// The same id with a patient who is known must not look like an erasure of
	// that one, and the journal must not think so either.
	s.eraseRefused(t, erasing("erasure-1", somebody(3)), clinic.ErasureIDReused)
	back := baseline("s-7", nprs(8))
	back.EpisodeID = "e-7"
	s.submit(t, back)
	s.eraseRefused(t, erasing("erasure-1", tolvan), clinic.ErasureIDReused)
	if len(j.entries) != 1 {
		t.Errorf("the journal has %+v", j.entries)
	}
	if s.erase(t, erasing("erasure-2", tolvan)).Submissions != 1 {
		t.Error("who came back is not erased under a new id")
	}
}

func TestNothingIsErasedThatTheJournalDoesNotKnow(t *testing.T) {
	j := &journal{err: errors.New("no room")}
	s := openIn(t, t.TempDir(), clinic.Settings{ErasureJournal: j}, builtin(t))
	twoPatients(t, s)
	before := s.lastChange(t)
	if _, err := s.ErasePatient(ctx, erasing("erasure-1", tolvan)); !errors.Is(err, j.err) || s.lastChange(t) != before {
		t.Errorf("%v", err)
	}
	if j.err = nil; s.erase(t, erasing("erasure-1", tolvan)).Submissions != 2 {
		t.Error("the next try did not erase")
	}
}

func TestErasePatientListsEveryProblemAtOnce(t *testing.T) {
	s := open(t, clinic.Settings{})
	twoPatients(t, s)
	_, err := s.ErasePatient(ctx, clinic.Erasing{Found: []clinic.Problem{{Field: "x", Reason: "UNKNOWN_FIELD"}}})
	if diff := cmp.Diff([]string{"erasure_id REQUIRED", "patient.system REQUIRED", "patient.value REQUIRED", "reason REQUIRED", "x UNKNOWN_FIELD"}, problems(t, err)); diff != "" {
		t.Error(diff)
	}
	// No identifier of the patient's, by whichever of them the patient is named.
	s.link(t, linking(tolvan, clinic.PatientRef{System: "reservnummer", Value: "19AB1234"}))
	e := erasing("no-19ab1234", tolvan)
	e.Reason, e.Author = "of 121212-1212", "19AB1234"
	_, err = s.ErasePatient(ctx, e)
	if diff := cmp.Diff([]string{"author IDENTIFIER_IN_TEXT", "erasure_id IDENTIFIER_IN_TEXT", "reason IDENTIFIER_IN_TEXT"}, problems(t, err)); diff != "" {
		t.Error(diff)
	}
	s.eraseRefused(t, erasing("erasure-1", somebody(9)), clinic.PatientUnknown)
}

// purging is a store that cannot clear its files yet.
type purging struct {
	store.Store
	purge func() (store.Purge, error)
}

func (p purging) Purge(context.Context, time.Time) (store.Purge, error) { return p.purge() }

func TestAnErasureDoesNotFailForWantOfAPurge(t *testing.T) {
	for name, c := range map[string]struct {
		purge  store.Purge
		err    error
		beyond string
	}{
		"somebody reads":        {store.Purge{Pending: 1}, nil, ""},
		"the engine is at work": {store.Purge{}, store.ErrUnavailable, ""},
		"beyond its reach":      {store.Purge{Pending: 1, Beyond: "the log of the engine"}, nil, "the log of the engine"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			plain := openIn(t, dir, clinic.Settings{}, builtin(t))
			twoPatients(t, plain)
			s := plain.through(t, dir, purging{plain.store, func() (store.Purge, error) { return c.purge, c.err }})
			if got := s.erase(t, erasing("erasure-1", tolvan)); !got.PurgedAt.IsZero() || got.Submissions != 2 || got.Beyond != c.beyond {
				t.Errorf("%+v", got)
			}
			if n, err := s.ErasuresBeingPurged(ctx); n != 1 || err != nil {
				t.Errorf("%d being purged, %v", n, err)
			}
			if got := plain.erase(t, erasing("erasure-1", tolvan)); got.PurgedAt.IsZero() {
				t.Errorf("asked again: %+v", got)
			}
			if n, err := plain.ErasuresBeingPurged(ctx); n != 0 || err != nil {
				t.Errorf("%d being purged, %v", n, err)
			}
		})
	}
}

// overtaken is a store in which another call with the same id was faster.
type overtaken struct {
	store.Store
	other string
}

func (o overtaken) Erase(ctx context.Context, e store.Erasure, mark func(store.SubmissionRef) []byte) (store.Erasure, error) {
	if e.PatientKeys[0] == o.other {
		return store.Erasure{ErasureID: e.ErasureID, PatientKeys: []string{"another"}}, nil
	}
	return o.Store.Erase(ctx, e, mark)
}

func TestAnErasureThatWasOvertakenByAnotherIsNotTakenForItsOwn(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir, clinic.Settings{}, builtin(t))
	twoPatients(t, s)
	episode, err := s.store.Episode(ctx, unit, "e-1")
	if err != nil {
		t.Fatal(err)
	}
	s.through(t, dir, overtaken{s.store, episode.PatientKey}).eraseRefused(t, erasing("erasure-1", tolvan), clinic.ErasureIDReused)
}

func TestAPlanIsStaleAfterAnErasure(t *testing.T) {
	s := openIn(t, t.TempDir(), clinic.Settings{}, catalogueWith(t, cutOff9(t)))
	hadsAtThree(t, s)
	s.manyForms(t, 2)
	before := read(s.trend(t))
	plan, _ := s.preview(t, clinic.RescoreRequest{Instrument: "hads", Version: "2"})
	s.erase(t, erasing("erasure-1", somebody(1)))
	s.staleness(t, plan, before)
	next, _ := s.preview(t, clinic.RescoreRequest{Instrument: "hads", Version: "2"})
	if s.apply(t, next); next.Forms != 4 {
		t.Errorf("%d forms", next.Forms)
	}
	// Erased while its new scores count, a patient does not come back by them.
	s.erase(t, erasing("erasure-2", tolvan))
	s.revert(t, next)
	if words, _ := s.feed(t, unit, "", 100); strings.Contains(strings.Join(words, "\n"), "/s-") {
		t.Errorf("%q", words)
	}
}
