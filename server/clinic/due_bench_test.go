package clinic_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// manyEpisodes is a unit of 5,000 episodes over eight years with all forms of
// three occasions where they lie in the past, nine an occasion.
func manyEpisodes(b *testing.B) *site {
	b.Helper()
	s := openIn(b, b.TempDir(), clinic.Settings{}, builtin(b))
	model := baseline("model", hads())
	if _, _, err := s.Submit(ctx, model, true); err != nil {
		b.Fatal(err)
	}
	kept, err := s.store.SubmissionsOfEpisode(ctx, unit, "e-1", 0)
	if err != nil || len(kept) != 1 {
		b.Fatal(err)
	}
	instruments, err := s.ActiveInstruments(ctx)
	if err != nil {
		b.Fatal(err)
	}
	var envelopes []store.Envelope
	for n := range 5000 {
		visit := noon.AddDate(0, 0, 40-n*8*365/5000)
		end := visit.AddDate(0, 0, 120)
		id := fmt.Sprintf("e-%05d", n)
		e := store.Envelope{
			Identity:         store.Identity{PatientKey: "key of " + id, System: "x", Lookup: []byte(id), Sealed: []byte(id), KeyID: "k", AddedAt: noon},
			MayCreateEpisode: true,
			Episode: store.Episode{CareUnit: unit, EpisodeID: id, Track: "programme", ProgrammeType: "pain", Status: "active", RecordedAt: noon,
				FirstVisitOn: visit.Format(time.DateOnly), EndedOn: end.Format(time.DateOnly)},
		}
		for i, at := range []time.Time{visit, end, end.AddDate(1, 0, 0)} {
			for form := range 9 {
				if at.After(noon) || form > 5 && n%10 == 0 {
					continue
				}
				f := kept[0]
				f.EpisodeID, f.Occasion, f.AnsweredOn = id, []store.Occasion{store.Baseline, store.ProgrammeEnd, store.FollowUp12Months}[i], at.Format(time.DateOnly)
				in := instruments[form]
				f.Instrument, f.InstrumentVersion, f.SubmissionID = in.ID(), in.Version(), fmt.Sprint(id, " ", i, " ", form)
				f.Mark = []byte(f.SubmissionID)
				e.Forms = append(e.Forms, f)
			}
		}
		if len(e.Forms) == 0 {
			f := kept[0]
			f.EpisodeID, f.SubmissionID, f.Respondent, f.Mark = id, id, store.Relative, []byte(id)
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
	return s
}

// BenchmarkDueOccasions is a page of the worklist of a unit of 5,000 episodes:
// goal 50 ms. The first one, which makes the summaries, is told apart.
func BenchmarkDueOccasions(b *testing.B) {
	s := manyEpisodes(b)
	began := time.Now()
	list, err := s.DueOccasions(ctx, clinic.DueFilter{CareUnit: unit}, clinic.Page{})
	if err != nil {
		b.Fatal(err)
	}
	first := time.Since(began)
	for b.Loop() {
		if _, err := s.DueOccasions(ctx, clinic.DueFilter{CareUnit: unit}, clinic.Page{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(first.Milliseconds()), "ms/first")
	b.ReportMetric(float64(len(list.Occasions)), "shown")
	b.ReportMetric(float64(list.Counts[clinic.Overdue]+list.Counts[clinic.Due]+list.Counts[clinic.DueSoon]), "due")
}
