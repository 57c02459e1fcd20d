package access_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/store"
)

// BenchmarkLog says what the access log costs, beside what the medium costs:
// one event alone against one flush of the same few hundred bytes, and the
// events that 64 callers get on record.
//
//	go test -run xxx -bench BenchmarkLog ./server/access/
func BenchmarkLog(b *testing.B) {
	b.Run("one flush", func(b *testing.B) {
		file, err := os.Create(filepath.Join(b.TempDir(), "flushed"))
		if err != nil {
			b.Fatal(err)
		}
		defer file.Close()
		page := make([]byte, 4096)
		for b.Loop() {
			if _, err := file.Write(page); err != nil {
				b.Fatal(err)
			}
			if err := file.Sync(); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("%d in flight", callers), func(b *testing.B) {
			l := openLog(b, openStore(b))
			inFlight(b, callers, func(i int64) error { return l.Record(trendEvent(i)).Wait(ctx) })
		})
	}
}

// BenchmarkLoggedRead is what a trend reads, by 64 callers, with and without
// its event on record first. An index is filled behind, as in the service.
func BenchmarkLoggedRead(b *testing.B) {
	for _, logged := range []bool{false, true} {
		b.Run(fmt.Sprintf("logged=%v", logged), func(b *testing.B) {
			s := openStore(b)
			fillEpisodes(b, s)
			l := openLog(b, s)
			x := access.StartIndexer(s, time.Second, slog.New(slog.DiscardHandler))
			inFlight(b, 64, func(i int64) error {
				var entry *access.Entry
				if logged {
					entry = l.Record(trendEvent(i))
				}
				forms, err := s.SubmissionsOfEpisode(ctx, "unit", fmt.Sprint(i%benchEpisodes), 0)
				if err != nil || len(forms) != benchForms {
					return fmt.Errorf("%d forms: %w", len(forms), err)
				}
				if entry != nil {
					return entry.Wait(ctx)
				}
				return nil
			})
			b.StopTimer()
			l.Close()
			x.Close()
		})
	}
}

func openLog(b *testing.B, s store.Store) *access.Log {
	l, err := access.NewLog(s, keyOf, access.LogOptions{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(l.Close)
	return l
}

func trendEvent(i int64) access.Event {
	return access.Event{
		RequestID: fmt.Sprintf("0195a1b2-7c3d-7000-8000-%012d", i), System: "ehr", User: "SE2321000131-1001", Unit: "SE2321000131-P000000000001",
		Address: "10.1.2.3", Purpose: access.Care, Action: access.GetTrendCall, Activity: access.Read, Outcome: access.Granted,
		CareUnit: "SE2321000131-P000000000001", EpisodeID: fmt.Sprint(i % benchEpisodes), Patients: []string{fmt.Sprint("patient ", i%benchEpisodes)},
	}
}

// inFlight makes calls by so many callers at a time.
func inFlight(b *testing.B, callers int, call func(i int64) error) {
	var next atomic.Int64
	var all sync.WaitGroup
	b.ResetTimer()
	for range callers {
		all.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				if err := call(i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}

const benchEpisodes, benchForms = 200, 27

// fillEpisodes stores nine forms of three occasions in each episode.
func fillEpisodes(b *testing.B, s store.Store) {
	b.Helper()
	for e := range benchEpisodes {
		envelope := store.Envelope{
			Identity:         store.Identity{PatientKey: fmt.Sprint("patient ", e), System: "s", Lookup: fmt.Append(nil, "lookup ", e), Sealed: []byte("x"), KeyID: "k"},
			Episode:          store.Episode{CareUnit: "unit", EpisodeID: fmt.Sprint(e), Status: "active"},
			MayCreateEpisode: true,
		}
		for n := range benchForms {
			envelope.Forms = append(envelope.Forms, store.Submission{
				Slot: store.Slot{
					CareUnit: "unit", EpisodeID: fmt.Sprint(e), Occasion: store.OtherOccasion, OccasionLabel: fmt.Sprint(n / 9),
					Instrument: fmt.Sprint("instrument ", n%9), Respondent: store.Patient,
				},
				System: "ehr", SubmissionID: fmt.Sprint(e, " ", n), Digest: []byte("d"), InstrumentVersion: "1", AnsweredOn: "2025-06-15",
				Answers: "1=3 2=1 3=0 4=2 5=3 6=1 7=2 8=0 9=1 10=2 11=3 12=1 13=0 14=2", Scores: "anxiety=12.00 depression=9.00 total=21.00",
			})
		}
		if _, err := s.Submit(ctx, envelope); err != nil {
			b.Fatal(err)
		}
	}
}
