package demo

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/painscore/painscore/server/store"
)

// story is one made-up patient: the episode and the visits at which forms were
// filled in.
type story struct {
	n       int
	episode store.Episode
	visits  []visit
	rng     *rand.Rand
	burden  float64 // how heavily the patient is affected to begin with, about 0 to 1
	single  bool    // questions on a partner do not apply
	jobless bool    // questions on work do not apply
}

// visit is one occasion at which the patient answered.
type visit struct {
	occasion store.Occasion
	label    string
	date     string
	mode     string
	relief   float64 // how much lighter than at the beginning, about −0.2 to 0.5
}

func (v visit) name() string {
	if v.label != "" {
		return v.label
	}
	return string(v.occasion)
}

// The story's calendar is fixed: eight cohorts of five patients, six weeks
// apart, in programmes of eight weeks. All of it lies in the past.
var firstStart = time.Date(2023, 8, 28, 0, 0, 0, 0, time.UTC)

const (
	cohortSize     = 5
	weeksApart     = 6
	programmeWeeks = 8
)

// storyOf makes up patient n of 1 … Patients.
func storyOf(n int) *story {
	s := &story{n: n, rng: rand.New(rand.NewPCG(0x7061696e, uint64(n)))}
	s.burden = min(max(0.58+0.15*s.rng.NormFloat64(), 0.25), 0.9)
	s.single, s.jobless = n%4 == 3, n%11 == 5
	cohort := (n - 1) / cohortSize
	start := firstStart.AddDate(0, 0, cohort*weeksApart*7)
	end := start.AddDate(0, 0, programmeWeeks*7-3)                   // begins on a Monday, ends on a Friday
	first := start.AddDate(0, 0, -7*(5+s.rng.IntN(3))+s.rng.IntN(5)) // a weekday, five to seven weeks ahead
	s.episode = store.Episode{
		CareUnit: "demo-primary-care", EpisodeID: fmt.Sprintf("demo-%02d", n), CareLevel: "mmrpv",
		Track: "programme", ProgrammeType: "pain", Cohort: fmt.Sprintf("demo cohort %d", cohort+1),
		ReferredOn: date(first.AddDate(0, 0, -40-s.rng.IntN(30))), FirstVisitPlanned: date(first), FirstVisitOn: date(first),
		StartPlanned: date(start), StartedOn: date(start), EndPlanned: date(end), EndedOn: date(end),
		Sex: "female", BirthYear: 1958 + int64(s.rng.IntN(42)), LanguageCode: "sv", Status: "completed",
	}
	if cohort >= 4 {
		s.episode.CareUnit, s.episode.CareLevel = "demo-specialist-care", "mmrsv"
	}
	if n%4 == 0 {
		s.episode.Sex = "male"
	}
	if n%13 == 6 {
		s.episode.ProgrammeType = "exhaustion"
	}
	s.visit(first, end)
	return s
}

// visit decides what was answered. Most patients get somewhat better during
// the programme and lose a part of it in the year after; some do not.
func (s *story) visit(first, end time.Time) {
	gain := 0.16 + 0.12*s.rng.NormFloat64()
	kept := gain * (0.45 + 0.5*s.rng.Float64())
	at := func(d time.Time, early, spread int) string { return date(d.AddDate(0, 0, early+s.rng.IntN(spread))) }
	baseline := visit{occasion: store.Baseline, date: at(first, -21, 18), mode: "paper"}
	atEnd := visit{occasion: store.ProgrammeEnd, date: at(end, -4, 12), mode: "paper", relief: gain}
	followUp := visit{occasion: store.FollowUp12Months, date: at(end, 358, 40), mode: "digital", relief: kept}
	s.visits = []visit{baseline, atEnd, followUp}
	switch s.n {
	case 4, 13, 22, 37: // dropped out during the programme
		s.dropOut("during the programme, by the patient's own wish", "programme")
		s.visits = s.visits[:1]
	case 18, 31: // dropped out before it
		s.dropOut("another illness", "assessment")
		s.episode.StartedOn = ""
		s.visits = s.visits[:1]
	case 9, 27: // the baseline was never filled in
		s.visits = s.visits[1:]
	case 6, 15, 24, 29, 33, 40: // no answer after a year
		s.visits = s.visits[:2]
	case 11: // nothing at the end, but after a year
		s.visits = []visit{baseline, followUp}
	case 12: // the form at the end came late
		s.visits[1].date = at(end, 70, 10)
	case 20: // the team asked once more, half-way through the year
		s.visits = []visit{baseline, atEnd, {occasion: store.OtherOccasion, label: "6-months", date: at(end, 180, 8), mode: "phone", relief: kept}, followUp}
	case 34: // nobody entered when the programme ended
		s.episode.EndPlanned, s.episode.EndedOn = "", ""
	case 36, 38, 39: // assessed only
		s.episode.Track = "assessment_only"
		s.episode.StartPlanned, s.episode.StartedOn, s.episode.EndPlanned, s.episode.EndedOn = "", "", "", ""
		s.visits = s.visits[:1]
	}
}

func (s *story) dropOut(reason, phase string) {
	s.episode.Status, s.episode.DropOutReason, s.episode.DropOutPhase = "dropped_out", reason, phase
	s.episode.EndedOn = ""
}

func date(t time.Time) string { return t.Format(time.DateOnly) }
