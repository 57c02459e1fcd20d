package clinic_test

import (
	"database/sql"
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/registry/delivery"
	"github.com/painscore/painscore/server/store"
)

// deliverable is a site with a unit of 5,000 episodes of six forms each, all of
// whose patients are informed.
func deliverable(b *testing.B, dir string) *site {
	b.Helper()
	s := openIn(b, dir, clinic.Settings{Recipients: recipients(b), CareProviders: clinic.CareProviders{Own: "SE-P"}}, builtin(b))
	if _, _, err := s.Submit(ctx, baseline("model", hads()), true); err != nil {
		b.Fatal(err)
	}
	kept, err := s.store.SubmissionsOfEpisode(ctx, unit, "e-1", 0)
	if err != nil || len(kept) != 1 {
		b.Fatal(err)
	}
	var envelopes []store.Envelope
	for n := range 5000 {
		id := fmt.Sprintf("e-%05d", n)
		e := store.Envelope{
			Identity:         store.Identity{PatientKey: "key of " + id, System: "x", Lookup: []byte(id), Sealed: []byte(id), KeyID: "k", AddedAt: noon},
			MayCreateEpisode: true,
			Episode:          store.Episode{CareUnit: unit, EpisodeID: id, Track: "programme", ProgrammeType: "pain", Status: "active", RecordedAt: noon},
		}
		for i := range 6 {
			f := kept[0]
			f.EpisodeID, f.SubmissionID = id, fmt.Sprint(id, " ", i)
			f.Occasion = []store.Occasion{store.Baseline, store.ProgrammeEnd, store.FollowUp12Months}[i%3]
			f.Respondent = []store.Respondent{store.Patient, store.Relative}[i/3]
			f.Mark = []byte(f.SubmissionID)
			e.Forms = append(e.Forms, f)
		}
		envelopes = append(envelopes, e)
	}
	for len(envelopes) > 0 {
		n := min(50, len(envelopes))
		imported, err := s.store.Import(ctx, envelopes[:n], false)
		if err != nil || imported[0].Err != nil {
			b.Fatal(err, imported[0].Err)
		}
		envelopes = envelopes[n:]
	}
	direct(b, filepath.Join(dir, "painscore.db"), `INSERT INTO registry_choice
		SELECT patient_key, 'SE-P', 'nrs', 1, 'informed', '2025-03-01', 'x', 0, '' FROM patient`,
		`VACUUM INTO '`+filepath.Join(dir, "copy.db")+`'`)
	return s
}

// direct runs statements on the file itself: five thousand calls would take
// longer than all that is measured.
func direct(b *testing.B, path string, statements ...string) {
	b.Helper()
	db, err := sql.Open("sqlite3", path+"?_busy_timeout=5000")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkExport makes a delivery for the first time and then again, beside what
// sqlite3 takes to write the same forms as CSV: the goal is half its rows a second.
func BenchmarkExport(b *testing.B) {
	dir := b.TempDir()
	s, made := deliverable(b, dir), 0
	rows := func(b *testing.B, n int) { b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s") }
	deliver := func(b *testing.B, id string) (n int) {
		_, err := s.Export(ctx, exporting(id), clinic.ExportSink{
			Head: func(*clinic.ExportHead) error { return nil },
			Rows: func(page []delivery.Row, _ int64) error { n += len(page); return nil },
		})
		if err != nil {
			b.Fatal(err)
		}
		return n
	}
	b.Run("first", func(b *testing.B) {
		n := 0
		for b.Loop() {
			made++
			n = deliver(b, fmt.Sprint("d-", made))
		}
		rows(b, n)
	})
	b.Run("again", func(b *testing.B) {
		n := deliver(b, "d-0")
		for b.Loop() {
			deliver(b, "d-0")
		}
		rows(b, n)
	})
	b.Run("sqlite3", func(b *testing.B) {
		for b.Loop() {
			cmd := exec.Command("sqlite3", "-csv", filepath.Join(dir, "copy.db"), "SELECT * FROM submission_version")
			if err := cmd.Run(); err != nil {
				b.Skip("needs sqlite3: ", err)
			}
		}
		rows(b, 30_001)
	})
}
