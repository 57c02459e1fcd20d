package registry

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/scoring/instruments"
	"github.com/painscore/painscore/server/store"
)

// builtin is read once: parsing it takes longer than most reports.
var builtin = sync.OnceValues(instruments.Builtin)

// catalogueOf is the built-in catalogue, not to be changed, and what a report
// must know of it.
func catalogueOf(t testing.TB) (*instruments.Catalogue, Knowledge) {
	catalogue, err := builtin()
	if err != nil {
		t.Fatal(err)
	}
	return catalogue, Knowledge{Current: catalogue.Active(), Definition: catalogue.Instrument}
}

// synthetic makes up patients with holes: blanks, items that do not apply,
// forms that never came, drop-outs, and dates that are not known.
type synthetic struct {
	random *rand.Rand
	forms  []*scoring.Instrument
	buffer scoring.Answers
	result scoring.Result
}

func newSynthetic(t testing.TB, seed uint64, instruments ...string) *synthetic {
	catalogue, _ := catalogueOf(t)
	s := &synthetic{random: rand.New(rand.NewPCG(seed, 7))}
	for _, id := range instruments {
		in, ok := catalogue.Instrument(id, "")
		if !ok {
			t.Fatalf("no instrument %s", id)
		}
		s.forms = append(s.forms, in)
	}
	return s
}

var firstDay = time.Date(2023, 1, 2, 0, 0, 0, 0, time.UTC)

func (s *synthetic) chance(p float64) bool { return s.random.Float64() < p }

// day is a day some time after another, unknown with the given chance.
func (s *synthetic) day(from time.Time, least, most int, unknown float64) (time.Time, string) {
	at := from.AddDate(0, 0, least+s.random.IntN(most-least+1))
	if s.chance(unknown) {
		return at, ""
	}
	return at, at.Format(time.DateOnly)
}

func (s *synthetic) patient(n int) Case {
	e := store.Episode{
		CareUnit: fmt.Sprintf("unit-%d", s.random.IntN(3)), EpisodeID: fmt.Sprintf("e%05d", n), PatientKey: fmt.Sprintf("p%05d", n),
		CareLevel: "mmrsv", Track: "programme", ProgrammeType: "pain", Status: "active", Sex: "female",
	}
	if s.chance(0.3) {
		e.CareLevel = "mmrpv"
	}
	if s.chance(0.1) {
		e.ProgrammeType = "exhaustion"
	}
	at := firstDay.AddDate(0, 0, s.random.IntN(500))
	e.ReferredOn = at.Format(time.DateOnly)
	came := [3]float64{0.9, 0, 0}
	if !s.chance(0.05) {
		at, e.FirstVisitOn = s.day(at, 10, 120, 0.05)
		visited := at
		if !s.chance(0.1) {
			at, e.StartedOn = s.day(at, 5, 90, 0.05)
			if s.chance(0.2) {
				e.Status = "dropped_out"
				came[1] = 0.2
			} else {
				at, e.EndedOn = s.day(at, 28, 98, 0.02)
				e.Status = "completed"
				came = [3]float64{0.95, 0.85, 0.55}
			}
		}
		e.DoNotContact = s.chance(0.02)
		return s.answer(Case{Episode: e}, came, [3]time.Time{visited.AddDate(0, 0, -20), at, at.AddDate(1, 0, 0)})
	}
	return Case{Episode: e}
}

// answer fills in the forms of the occasions that the patient answered.
func (s *synthetic) answer(c Case, came [3]float64, when [3]time.Time) Case {
	trouble := s.random.Float64()
	for at, occasion := range canonical {
		if !s.chance(came[at]) {
			continue
		}
		trouble = min(1, max(0, trouble-0.12+0.25*s.random.NormFloat64()))
		for _, in := range s.forms {
			if s.chance(0.07) {
				continue
			}
			sub := s.fill(in, trouble)
			sub.Slot = store.Slot{CareUnit: c.Episode.CareUnit, EpisodeID: c.Episode.EpisodeID, Occasion: occasion, Instrument: in.ID(), Respondent: store.Patient}
			sub.AnsweredOn = when[at].AddDate(0, 0, s.random.IntN(14)).Format(time.DateOnly)
			c.Forms = append(c.Forms, sub)
		}
	}
	return c
}

// fill answers a form: the more trouble, the higher, with noise and holes.
func (s *synthetic) fill(in *scoring.Instrument, trouble float64) store.Submission {
	var sheet scoring.Sheet
	for _, item := range in.Items() {
		r := scoring.Response{Kind: scoring.Answered}
		level := min(0.999, max(0, trouble+0.2*s.random.NormFloat64()))
		switch {
		case s.chance(0.015):
			r.Kind = scoring.LeftBlank
		case item.NotApplicable && s.chance(0.05):
			r.Kind = scoring.NotApplicable
		case item.Values != nil:
			r.Value = item.Values[int(level*float64(len(item.Values)))]
		default:
			r.Value = item.Min + int32(level*float64(item.Max-item.Min+1))
		}
		sheet.Answers = append(sheet.Answers, scoring.Answer{Item: item.Code, Response: r})
	}
	if in.ID() == "eq_5d_5l" {
		sheet.ValueSets = []string{"se_tto_2020"}
	}
	if problems := in.Read(&sheet, &s.buffer); len(problems) > 0 {
		panic(fmt.Sprint(problems))
	}
	in.Score(&s.buffer, &s.result)
	return store.Submission{
		InstrumentVersion: in.Version(), State: store.Live,
		Answers: string(scoring.AppendAnswers(nil, in, &s.buffer)), Scores: string(scoring.AppendScores(nil, s.result.Scores)),
	}
}

// reportOf makes the whole report of some cases.
func reportOf(t testing.TB, request Request, cases []Case) *Report {
	_, knowledge := catalogueOf(t)
	if request.AsOf == "" {
		request.AsOf = "2026-01-01"
	}
	b, err := NewBuilder(request, knowledge)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if err := b.Add(c); err != nil {
			t.Fatal(err)
		}
	}
	return b.Report()
}
