package clinic_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// imports is a whole import of one message.
func (s *site) imports(t *testing.T, dryRun bool, records ...clinic.Submission) []clinic.ImportedRecord {
	t.Helper()
	prepared, err := s.PrepareImport(ctx, records)
	if err != nil {
		t.Fatal(err)
	}
	results, err := s.Import(ctx, prepared, dryRun)
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != len(records) {
		t.Fatalf("%d results for %d records", len(results), len(records))
	}
	return results
}

// outcomes sums each result up in one word or reason.
func outcomes(results []clinic.ImportedRecord) []string {
	out := make([]string, len(results))
	for i, r := range results {
		var input *clinic.InputError
		var state *clinic.StateError
		switch {
		case errors.As(r.Refused, &input):
			out[i] = input.Reason() + " " + input.Problems[0].Field
		case errors.As(r.Refused, &state):
			out[i] = state.Reason + " " + state.Field
		case r.Replayed:
			out[i] = "replayed"
		default:
			out[i] = "stored"
		}
		if r.EpisodeCreated {
			out[i] += ", episode created"
		}
		for _, w := range r.Warnings {
			out[i] += ", " + w.Code
		}
	}
	return out
}

// mixed are records of every kind, with what becomes of each.
func mixed() (records []clinic.Submission, want []string) {
	ofAnother := baseline("of-another", nprs(1))
	ofAnother.Patient = clinic.PatientRef{System: "personnummer", Value: "189001019802"}
	unknown := at(store.ProgrammeEnd, "2025-03-10", "unknown", hads())
	unknown.EpisodeID, unknown.AllowNewEpisode = "mistyped", false
	wrong := baseline("wrong", nprs(11))
	wrong.AnsweredOn = "2025-02-30"
	second := baseline("second", nprs(3))
	second.EpisodeID = "e-2"
	return []clinic.Submission{
			baseline("first", hads()), wrong, baseline("first", hads()), baseline("first", byNumber("hads", 0)),
			baseline("slot", hads()), unknown, ofAnother, at(store.ProgrammeEnd, "2025-03-10", "end", hads()), second,
		}, []string{
			"stored, episode created, TEST_IDENTITY, OTHER_EPISODES", "INVALID_INPUT answered_on", "replayed, episode created, TEST_IDENTITY, OTHER_EPISODES", "SUBMISSION_ID_REUSED submission_id",
			"OCCASION_ALREADY_ANSWERED instrument", "EPISODE_UNKNOWN episode_id", "EPISODE_OF_OTHER_PATIENT episode_id", "stored, TEST_IDENTITY", "stored, episode created, TEST_IDENTITY, OTHER_EPISODES",
		}
}

func TestEachRecordOfAnImportIsJudgedAlone(t *testing.T) {
	s := open(t, clinic.Settings{})
	records, want := mixed()
	if diff := cmp.Diff(want, outcomes(s.imports(t, false, records...))); diff != "" {
		t.Error(diff)
	}
	if held := s.held(t, "e-1"); held != 2 {
		t.Errorf("%d forms held, want 2", held)
	}
	again := outcomes(s.imports(t, false, records...))
	for i, now := range again {
		if want[i][:6] == "stored" {
			want[i] = "replayed" + want[i][6:]
		}
		if now != want[i] {
			t.Errorf("record %d sent again: %s, want %s", i, now, want[i])
		}
	}
}

func (s *site) held(t *testing.T, episode string) int {
	t.Helper()
	subs, err := s.store.SubmissionsOfEpisode(ctx, unit, episode, 0)
	if err != nil {
		t.Fatal(err)
	}
	return len(subs)
}

func TestAnImportScoresAsSubmitDoes(t *testing.T) {
	one, other := open(t, clinic.Settings{}), open(t, clinic.Settings{})
	one.submit(t, baseline("s-1", hads()))
	other.imports(t, false, baseline("s-1", hads()))
	get := func(s *site) clinic.Record {
		record, err := s.GetSubmission(ctx, unit, "s-1")
		if err != nil {
			t.Fatal(err)
		}
		return record
	}
	a, b := get(one), get(other)
	if a.Scores != b.Scores || a.Answers != b.Answers || string(a.Digest) != string(b.Digest) || a.Submission.Slot != b.Submission.Slot || a.Warnings != b.Warnings || a.RecordedAt != b.RecordedAt {
		t.Errorf("submitted %+v, imported %+v", a.Submission, b.Submission)
	}
}

func TestADryRunForetellsAndStoresNothing(t *testing.T) {
	s := open(t, clinic.Settings{})
	records, want := mixed()
	for i := range want { // in a dry run neither episode is there to be noticed
		want[i] = strings.TrimSuffix(want[i], ", OTHER_EPISODES")
	}
	if diff := cmp.Diff(want, outcomes(s.imports(t, true, records...))); diff != "" {
		t.Error(diff)
	}
	if !s.isEmpty(t) {
		t.Error("a dry run stored something")
	}
	s.imports(t, false, records[0])
	if got := outcomes(s.imports(t, true, records[8]))[0]; got != "stored, episode created, TEST_IDENTITY, OTHER_EPISODES" {
		t.Errorf("beside an episode that is stored: %s", got)
	}
}

func TestAnImportOfWhatAnotherVersionScoredIsAReplay(t *testing.T) {
	s := openIn(t, t.TempDir(), clinic.Settings{}, with(t, "nprs-2.yaml", mustDiffer(t, "nprs", "max: 10", "max: 8", "from: 8, to: 10", "from: 8, to: 8")))
	first, reused := baseline("s-1", nprs(9)), baseline("s-1", nprs(8))
	s.submit(t, first)
	s.set(t, activate("nprs", "2"))
	fresh := baseline("s-2", nprs(9)) // 9 is no answer any more
	fresh.EpisodeID = "e-2"
	want := []string{"replayed, episode created, TEST_IDENTITY", "OUT_OF_RANGE answers[0].value", "SUBMISSION_ID_REUSED submission_id"}
	for _, dryRun := range []bool{true, false} {
		if diff := cmp.Diff(want, outcomes(s.imports(t, dryRun, first, fresh, reused))); diff != "" {
			t.Errorf("dry run %v: %s", dryRun, diff)
		}
	}
}

func TestAnImportOfNothingIsNothing(t *testing.T) {
	s := open(t, clinic.Settings{})
	if results := s.imports(t, false); len(results) != 0 || !s.isEmpty(t) {
		t.Errorf("%v", results)
	}
}

// busy is a store that has no room for the first calls.
type busy struct {
	store.Store
	refusals int
	failure  error
	calls    int
}

func (b *busy) Import(ctx context.Context, envelopes []store.Envelope, dryRun bool) ([]store.Imported, error) {
	if b.calls++; b.calls <= b.refusals {
		return nil, b.failure
	}
	return b.Store.Import(ctx, envelopes, dryRun)
}

func TestAnImportWaitsForRoomButNotForEver(t *testing.T) {
	s := open(t, clinic.Settings{})
	b := &busy{Store: s.store, refusals: 3, failure: store.ErrOverloaded}
	prepared, err := s.PrepareImport(ctx, []clinic.Submission{baseline("s-1", hads())})
	if err != nil {
		t.Fatal(err)
	}
	results, err := clinic.OnStore(s.Clinic, b).Import(ctx, prepared, false)
	if err != nil || b.calls != 4 || results[0].Refused != nil {
		t.Fatalf("%d calls, error %v", b.calls, err)
	}
	synctest.Test(t, func(t *testing.T) {
		for name, failure := range map[string]error{"no room": store.ErrOverloaded, "gone": store.ErrUnavailable, "full": store.ErrDiskFull} {
			began := time.Now()
			b := &busy{refusals: 1000, failure: failure}
			if _, err := clinic.OnStore(s.Clinic, b).Import(ctx, prepared, false); !errors.Is(err, failure) {
				t.Errorf("%s: %v", name, err)
			}
			waited := time.Since(began)
			if patient := failure == store.ErrOverloaded; patient != (waited > 15*time.Second) || waited > 21*time.Second {
				t.Errorf("%s: waited %v", name, waited)
			}
		}
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		began := time.Now()
		_, err := clinic.OnStore(s.Clinic, &busy{refusals: 1000, failure: store.ErrOverloaded}).Import(ctx, prepared, false)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > time.Second {
			t.Errorf("given up after %v: %v", time.Since(began), err)
		}
	})
}
