package access_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/store"
)

// oneForm is an envelope of a new patient.
func oneForm(name string) store.Envelope {
	return store.Envelope{
		Identity:         store.Identity{PatientKey: "key of " + name, System: "s", Lookup: []byte(name), Sealed: []byte("x"), KeyID: "k"},
		Episode:          store.Episode{CareUnit: "unit", EpisodeID: name, Status: "active"},
		MayCreateEpisode: true,
		Forms: []store.Submission{{
			Slot:   store.Slot{CareUnit: "unit", EpisodeID: name, Occasion: store.Baseline, Instrument: "hads", Respondent: store.Patient},
			System: "ehr", SubmissionID: name, Digest: []byte("d"), InstrumentVersion: "1", AnsweredOn: "2025-06-15",
		}},
	}
}

func openLogOn(t *testing.T, s store.Store) *access.Log {
	t.Helper()
	l, err := access.NewLog(s, keyOf, access.LogOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

func TestAWriteAndItsEventTakeOneCommit(t *testing.T) {
	s := openStore(t)
	l := openLogOn(t, s)
	before := s.(store.Figured).Figures().Batches
	for n := range uint64(20) {
		entry := l.RecordWithWrite(access.Event{User: fmt.Sprint(n)})
		if _, err := s.Submit(ctx, oneForm(fmt.Sprint(n))); err != nil {
			t.Fatal(err)
		}
		if err := entry.Wait(ctx); err != nil {
			t.Fatal(err)
		}
		if commits := s.(store.Figured).Figures().Batches - before; commits != n+1 {
			t.Fatalf("%d commits for %d calls", commits, n+1)
		}
	}
	if report := checked(t, s); report.Events != 20 || report.Blocks != 20 {
		t.Errorf("%+v", report)
	}
}

func TestAWriteThatDoesNotComeStillIsOnRecord(t *testing.T) {
	s := openStore(t)
	l := openLogOn(t, s)
	entry := l.RecordWithWrite(access.Event{})
	gone, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	<-gone.Done()
	if report := checked(t, s); report.Events != 0 {
		t.Errorf("it did not wait for the write: %+v", report)
	}
	// Whoever asks has given up; the event is written all the same.
	if err := entry.Wait(gone); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	l.Close()
	if report := checked(t, s); report.Events != 1 {
		t.Errorf("%+v", report)
	}
}

// lossy is a store whose first block is written while the word of it is lost.
type lossy struct {
	store.Store
	lost bool
}

func (l *lossy) AppendAccessNext(d store.AccessDraft) error {
	if l.lost {
		return l.Store.AppendAccessNext(d)
	}
	l.lost = true
	return l.Store.AppendAccessNext(unheard{d})
}

type unheard struct{ store.AccessDraft }

func (u unheard) BlockSettled(error) { u.AccessDraft.BlockSettled(store.ErrUnavailable) }

func TestTryingABlockAgainDoesNotKeepOthersFromWriting(t *testing.T) {
	s := openStore(t)
	l := openLogOn(t, &lossy{Store: s})
	soon, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	first, second := l.RecordWithWrite(access.Event{User: "1"}), l.RecordWithWrite(access.Event{User: "2"})
	if _, err := s.Submit(soon, oneForm("a")); err != nil {
		t.Fatal(err)
	}
	third := l.Record(access.Event{User: "3"})
	for _, entry := range []*access.Entry{first, second, third} {
		if err := entry.Wait(soon); err != nil {
			t.Fatal(err)
		}
	}
	if report := checked(t, s); report.Events != 3 || report.Blocks != 2 || report.Chains != 1 {
		t.Errorf("%+v", report)
	}
}

func TestClosingWritesWhatWaitsForAWrite(t *testing.T) {
	s := openStore(t)
	l := openLogOn(t, s)
	entry := l.RecordWithWrite(access.Event{})
	l.Close()
	if err := entry.Wait(ctx); err != nil {
		t.Error(err)
	}
	if report := checked(t, s); report.Events != 1 {
		t.Errorf("%+v", report)
	}
}

func TestMoreThanABlockHoldsFollowsInTheNext(t *testing.T) {
	s := openStore(t)
	l := openLogOn(t, s)
	var entries []*access.Entry
	for n := range 1000 {
		entries = append(entries, l.RecordWithWrite(access.Event{User: fmt.Sprint(n)}))
	}
	for _, entry := range entries {
		if err := entry.Wait(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if report := checked(t, s); report.Events != 1000 || report.Blocks != 4 || report.Chains != 1 {
		t.Errorf("%+v", report)
	}
}

func TestALogWhoseStoreIsClosedFailsAndDoesNotWait(t *testing.T) {
	s := openStore(t)
	l := openLogOn(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for name, entry := range map[string]*access.Entry{"read": l.Record(access.Event{}), "write": l.RecordWithWrite(access.Event{})} {
		if err := entry.Wait(ctx); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestABlockHoldsItsEventsAsJSONWithTheTimeOfEach(t *testing.T) {
	s := openStore(t)
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.FixedZone("", 3600))
	l, err := access.NewLog(s, keyOf, access.LogOptions{Now: func() time.Time { now = now.Add(123457 * time.Microsecond); return now }})
	if err != nil {
		t.Fatal(err)
	}
	var want []byte
	for n := range 10 {
		e := access.Event{At: time.Unix(1, 1), User: `<&> "å` + "\u2028", Action: access.GetTrendCall, Local: n > 5, Patients: []string{"a", "b"}[: n%3 : n%3]}
		if err := l.Record(e).Wait(ctx); err != nil {
			t.Fatal(err)
		}
		e.At = now.UTC()
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		want = append(append(want, line...), '\n')
	}
	l.Close()
	var got []byte
	blocks, err := s.FindAccess(ctx, store.AccessQuery{Limit: 99})
	if err != nil {
		t.Fatal(err)
	}
	for i := range blocks {
		got = append(got, blocks[len(blocks)-1-i].Body...)
	}
	if string(got) != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// checked is what Verify finds in a log without problems.
func checked(t *testing.T, s store.Store) access.Report {
	t.Helper()
	report, err := access.Verify(ctx, s, keyOf, nil, time.Now())
	if err != nil || len(report.Problems) > 0 {
		t.Errorf("%+v, %v", report, err)
	}
	return report
}
