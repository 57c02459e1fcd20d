// Package storetest proves a storage engine against the contract in package
// store: one test per sentence of it.
//
// An engine's own test calls Run with a function that makes a fresh place for a
// store (a folder, a database) and returns how to open it:
//
//	func TestContract(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) storetest.Open { … })
//	}
//
// The tests know nothing of the engine. A sentence added to the contract gets
// its test here, and every engine has to pass it.
package storetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/painscore/painscore/server/store"
)

// Open opens the store at one place. Called again after Close, it finds what
// was stored there. The caller closes what it returns.
type Open func() store.Store

// Run runs every test, each on a fresh store.
func Run(t *testing.T, place func(t *testing.T) Open) {
	for _, group := range []map[string]func(*testing.T, fixture){
		submitTests, replayTests, refusalTests, readingTests, trendTests, episodeTests, identityTests, contentTests, settingTests, rescoreTests, amendTests, retractTests, changeTests, shareTests, linkTests, registryTests, resealTests, nameTests, eraseTests, importTests, accessTests, accessKeepTests, accessNextTests, sessionTests, dispatchTests, summaryTests, deliveryTests, toldTests, parallelTests, endTests,
	} {
		for name, test := range group {
			t.Run(name, func(t *testing.T) { test(t, newFixture(t, place(t))) })
		}
	}
	t.Run("a random sequence of calls agrees with a model in memory", func(t *testing.T) { checkModel(t, newFixture(t, place(t))) })
	t.Run("random imports, dry and in earnest, agree with a model in memory", func(t *testing.T) { checkImportModel(t, newFixture(t, place(t))) })
	t.Run("random histories of forms and patients agree with a model in memory, as of every change", func(t *testing.T) { checkHistory(t, newFixture(t, place(t))) })
	t.Run("random flips of plans agree with a model in memory, as of every change", func(t *testing.T) { checkFlipModel(t, newFixture(t, place(t))) })
}

// fixture is an open store that is closed at the end of the test.
type fixture struct {
	store.Store
	reopen func() store.Store
}

func newFixture(t *testing.T, open Open) fixture {
	s := open()
	current := s
	t.Cleanup(func() {
		if err := current.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return fixture{Store: s, reopen: func() store.Store {
		t.Helper()
		if err := current.Close(); err != nil {
			t.Fatalf("close: %v", err)
		}
		current = open()
		return current
	}}
}

var ctx = context.Background()

// unit is the care unit of most tests.
const unit = "SE2321000131-P000000000001"

// at is a time with a part below the microsecond and a zone of its own, both of
// which a store drops.
var at = time.Date(2025, 6, 15, 14, 30, 0, 123456789, time.FixedZone("", 7200))

// kept is how a time comes back.
func kept(t time.Time) time.Time { return t.Truncate(time.Microsecond).UTC() }

func person(name string) store.Identity {
	lookup := sha256.Sum256([]byte(name))
	return store.Identity{
		PatientKey: "key of " + name, System: "personnummer", Lookup: lookup[:],
		Sealed: []byte("sealed " + name), KeyID: "k1", AddedAt: at,
	}
}

func episode(careUnit, id string) store.Episode {
	return store.Episode{CareUnit: careUnit, EpisodeID: id, Status: "active", RecordedAt: at}
}

// form is a baseline form of the test unit; its digest follows from its content.
func form(episodeID, instrument, submissionID string) store.Submission {
	return store.Submission{
		Slot:   store.Slot{CareUnit: unit, EpisodeID: episodeID, Occasion: store.Baseline, Instrument: instrument, Respondent: store.Patient},
		System: "ehr", SubmissionID: submissionID, RecordedAt: at, Digest: []byte("digest of " + instrument),
		InstrumentVersion: "1", AnsweredOn: "2025-06-15", Answers: "1 2 3", Scores: "total=6",
	}
}

// envelope is of the forms' episode and may create it.
func envelope(who string, forms ...store.Submission) store.Envelope {
	return store.Envelope{
		Identity: person(who), Episode: episode(forms[0].CareUnit, forms[0].EpisodeID), MayCreateEpisode: true, Forms: forms,
	}
}

// with returns a copy of a form that was changed.
func with(f store.Submission, change func(*store.Submission)) store.Submission {
	change(&f)
	return f
}

func submit(t *testing.T, s store.Submissions, e store.Envelope) store.Receipt {
	t.Helper()
	receipt, err := s.Submit(ctx, e)
	if err != nil {
		t.Fatalf("submit: %v", err)
	}
	return receipt
}

// must reports the error of a call and returns its value.
func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Error(err) // not Fatal: clients of their own call this too
		}
		return value
	}
}

// diff is empty if both are the same.
func diff(want, got any) string { return cmp.Diff(want, got) }

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func isError(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got error %v, want %v", what, got, want)
	}
}

// fill sets every field of a record to a value of its own, so that a field
// which an engine forgets is missed.
func fill(record any) {
	fillValue(reflect.ValueOf(record).Elem(), "")
}

func fillValue(v reflect.Value, name string) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(at.Add(time.Duration(len(name)) * time.Hour)))
		return
	case []byte:
		v.SetBytes([]byte("\x00\xff" + name))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("å\t\"'; " + name)
	case reflect.Int64:
		v.SetInt(int64(len(name)) + 1<<40)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Struct:
		for i := range v.NumField() {
			fillValue(v.Field(i), name+v.Type().Field(i).Name)
		}
	default:
		panic(fmt.Sprintf("fill: %s is a %s", name, v.Kind()))
	}
}
