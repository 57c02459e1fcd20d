package sqlite

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/painscore/painscore/server/store"
)

// BenchmarkSubmit puts a durable Submit beside the least that durability costs:
// one row of the same size inserted and flushed, on the same medium, in turn.
//
//	go test -run=NONE -bench=Submit ./server/store/sqlite
//
// Run it on a real disk: TMPDIR must not be a tmpfs.
func BenchmarkSubmit(b *testing.B) {
	for _, c := range []struct {
		name  string
		forms int
		fresh bool
	}{
		{"one form, a new patient each time", 1, true},
		{"one form of a known episode", 1, false},
		{"nine forms, a new patient each time", 9, true},
	} {
		b.Run(c.name, func(b *testing.B) { benchmarkSubmit(b, c.forms, c.fresh) })
	}
}

func benchmarkSubmit(b *testing.B, forms int, fresh bool) {
	ctx := context.Background()
	s, err := Open(ctx, filepath.Join(b.TempDir(), "painscore.db"), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	rawInsert := openRaw(b)
	var submit, raw time.Duration
	n := 0
	for b.Loop() {
		n++
		envelope := benchEnvelope(n, forms, fresh)
		start := time.Now()
		if _, err := s.Submit(ctx, envelope); err != nil {
			b.Fatal(err)
		}
		submit += time.Since(start)

		start = time.Now()
		rawInsert(n, envelope.Forms[0].Answers+envelope.Forms[0].Scores)
		raw += time.Since(start)
	}
	b.ReportMetric(0, "ns/op") // the sum of both would only mislead
	b.ReportMetric(float64(submit.Microseconds())/float64(n), "submit-µs")
	b.ReportMetric(float64(raw.Microseconds())/float64(n), "raw-µs")
	b.ReportMetric(float64((submit-raw).Microseconds())/float64(n), "difference-µs")
	b.ReportMetric(float64(submit)/float64(raw), "submit/raw")
}

// openRaw returns a function that inserts one row durably, without any of ours.
func openRaw(b *testing.B) func(n int, text string) {
	path := filepath.Join(b.TempDir(), "raw.db")
	if err := buildFile(context.Background(), path, Options{}.withDefaults()); err != nil {
		b.Fatal(err)
	}
	db := openHandle(writerDSN(path, Options{}.withDefaults()), 1)
	b.Cleanup(func() { db.Close() })
	if _, err := db.Exec("CREATE TABLE raw (n INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT"); err != nil {
		b.Fatal(err)
	}
	return func(n int, text string) {
		if _, err := db.Exec("INSERT INTO raw (n, text) VALUES (?1, ?2)", n, text); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTrendRead reads what a trend needs: 9 instruments at 3 occasions,
// from a store that also holds other episodes.
func BenchmarkTrendRead(b *testing.B) {
	ctx := context.Background()
	s, err := Open(ctx, filepath.Join(b.TempDir(), "painscore.db"), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	const episodes = 50
	for n := range episodes {
		for occasion, name := range []store.Occasion{store.Baseline, store.ProgrammeEnd, store.FollowUp12Months} {
			envelope := benchEnvelope(n, 9, true)
			for i := range envelope.Forms {
				envelope.Forms[i].Occasion = name
				envelope.Forms[i].SubmissionID += fmt.Sprint(occasion)
			}
			if _, err := s.Submit(ctx, envelope); err != nil {
				b.Fatal(err)
			}
		}
	}
	for n := 0; b.Loop(); n++ {
		rows, err := s.SubmissionsOfEpisode(ctx, "SE2321000131-P000000012345", episodeName(n%episodes), 0)
		if err != nil || len(rows) != 27 {
			b.Fatal(len(rows), err)
		}
	}
}

func episodeName(n int) string { return fmt.Sprintf("episode-%012d", n*7919%1000003) }

// benchEnvelope is envelope n, with rows of about the real size.
func benchEnvelope(n, forms int, fresh bool) store.Envelope {
	episode := store.Episode{CareUnit: "SE2321000131-P000000012345", EpisodeID: "one", Status: "active", RecordedAt: time.Now()}
	if fresh {
		episode.EpisodeID = episodeName(n)
	}
	envelope := store.Envelope{
		Identity: store.Identity{
			PatientKey: "patient of " + episode.EpisodeID, System: "personnummer", Lookup: fmt.Appendf(nil, "%032d", n*7919%1000003),
			Sealed: []byte(strings.Repeat("s", 56)), KeyID: "abcdefgh", AddedAt: time.Now(),
		},
		Episode:          episode,
		MayCreateEpisode: true,
	}
	if !fresh {
		envelope.Identity.Lookup = []byte("always the same one")
	}
	for i := range forms {
		envelope.Forms = append(envelope.Forms, store.Submission{
			Slot: store.Slot{
				CareUnit: episode.CareUnit, EpisodeID: episode.EpisodeID, Occasion: store.Baseline,
				Instrument: fmt.Sprintf("instrument-%d", i), Respondent: store.Patient,
			},
			System: "ehr.example.se", SubmissionID: fmt.Sprintf("0193%08x-0000-7000-8000-%012x", n, i), RecordedAt: time.Now(),
			Digest: []byte(strings.Repeat("d", 32)), InstrumentVersion: "1.0", AnsweredOn: "2025-06-15", Mode: "digital", LanguageCode: "sv",
			Source:  store.Source{System: "1177", DocumentID: fmt.Sprintf("document-%d", n), Template: "smartrehab", Version: "3"},
			Answers: strings.Repeat("2 1 0 3 - ", 8), Scores: strings.Repeat("anxiety=14.00;clear;0;14/14 ", 6),
		})
		if !fresh {
			envelope.Forms[i].Occasion, envelope.Forms[i].OccasionLabel = store.OtherOccasion, fmt.Sprint(n)
		}
	}
	return envelope
}
