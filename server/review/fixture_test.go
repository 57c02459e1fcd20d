package review

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/scoring/instruments"
	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/store/sqlite"
)

// now is the day on which the pages of these tests are read.
var now = time.Date(2025, 3, 15, 12, 0, 0, 0, time.UTC)

const unit = "SE2321000000-TEST"

// hostile is a text that must come out as a text.
const hostile = `"><script>alert(1)</script>`

// testSite is a clinic on a store of its own with the episodes of episodes().
type testSite struct {
	*clinic.Clinic
	t testing.TB
}

// newTestSite has the built-in definitions, a unit's own form, and those given.
func newTestSite(t testing.TB, definitions ...[]byte) *testSite {
	t.Helper()
	dir := t.TempDir()
	st, err := sqlite.Open(t.Context(), filepath.Join(dir, "painscore.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	keys, err := identity.LoadOrCreate(filepath.Join(dir, "identity.keys"))
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := instruments.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	goals, _ := instruments.Skeleton("goal_evaluation")
	if err := catalogue.AddFile("goals.yaml", goals); err != nil {
		t.Fatal(err)
	}
	for i, body := range definitions {
		if err := catalogue.AddFile(fmt.Sprint("file ", i), body); err != nil {
			t.Fatal(err)
		}
	}
	settings := clinic.Settings{ValueSets: map[string][]string{"eq_5d_3l": {"se_tto_2014"}, "eq_5d_5l": {"se_tto_2020"}}}
	c, err := clinic.Open(t.Context(), st, catalogue, keys, settings, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	s := &testSite{Clinic: c, t: t}
	s.fill()
	return s
}

func (s *testSite) pages(options Options) http.Handler {
	options.Now = func() time.Time { return now }
	options.Logger = slog.New(slog.DiscardHandler)
	return asLocal(New(s.Clinic, options))
}

// local is the context of the one caller of local mode.
var local = access.WithCaller(context.Background(), access.Local())

// asLocal says to the pages that the caller of local mode asks.
func asLocal(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(access.WithCaller(r.Context(), access.Local())))
	})
}

// fill stores the episodes that the tests look at.
func (s *testSite) fill() {
	s.episode(store.Episode{EpisodeID: "all-three", Cohort: "Grupp 7", CareLevel: "mmrsv", Track: "programme", ProgrammeType: "pain",
		FirstVisitOn: "2023-02-06", StartedOn: "2023-03-13", EndedOn: "2023-05-05", Status: "completed", Sex: "female", BirthYear: 1979})
	s.submit("all-three", store.Baseline, "", "2023-01-20", 0.72, "eq_5d_5l")
	s.submit("all-three", store.ProgrammeEnd, "", "2023-05-04", 0.48, "eq_5d_3l", "hads:2,5", "tsk_17:3,9")
	s.submit("all-three", store.FollowUp12Months, "", "2024-05-20", 0.55, "eq_5d_3l", "isi:worried,interferes", "lisat_11:partner_relation")
	s.goals("all-three", store.Baseline, store.Patient, "2023-01-20", "gå till sjön", 2)
	s.goals("all-three", store.ProgrammeEnd, store.Patient, "2023-05-04", "gå till sjön <b>två gånger</b>", 7)
	s.goals("all-three", store.ProgrammeEnd, store.Relative, "2023-05-06", "", 8)

	s.episode(store.Episode{EpisodeID: "baseline-only", Cohort: "Grupp 12", FirstVisitOn: "2025-02-10", StartPlanned: "2025-04-07", EndPlanned: "2025-06-06"})
	s.submit("baseline-only", store.Baseline, "", "2025-02-01", 0.66, "eq_5d_3l", "hads:2,5", "pcs:4,9", "lisat_11:partner_relation")

	s.episode(store.Episode{EpisodeID: "no-baseline", FirstVisitOn: "2023-08-28", StartedOn: "2023-09-11", EndedOn: "2023-11-03", Status: "dropped_out", DropOutPhase: "follow_up"})
	s.submit("no-baseline", store.ProgrammeEnd, "", "2023-11-20", 0.5, "eq_5d_3l")
	s.submit("no-baseline", store.FollowUp12Months, "", "2025-03-01", 0.6, "eq_5d_3l")

	s.episode(store.Episode{EpisodeID: "nothing-yet", FirstVisitPlanned: "2025-05-05"})

	s.episode(store.Episode{EpisodeID: "hostile<b>", Cohort: hostile, FirstVisitOn: "2024-02-01"})
	s.submit("hostile<b>", store.Baseline, "", "2024-01-15", 0.9, "eq_5d_3l")
	s.submit("hostile<b>", store.OtherOccasion, hostile, "2024-03-01", 0.1, "eq_5d_3l")
}

func (s *testSite) episode(e store.Episode) {
	s.t.Helper()
	e.CareUnit = unit
	if _, err := s.UpsertEpisode(local, clinic.EpisodeUpdate{Patient: patient(e.EpisodeID), Episode: e}); err != nil {
		s.t.Fatal(err)
	}
}

func patient(episode string) clinic.PatientRef {
	return clinic.PatientRef{System: "https://example.org/patients", Value: "p-" + episode}
}

// submit stores one of every form but the one left out, each answered about
// as heavily as burden (0 to 1) says. without names items of an instrument
// that stay blank, or are not applicable where they may be.
func (s *testSite) submit(episode string, occasion store.Occasion, label, on string, burden float64, leaveOut string, without ...string) {
	s.t.Helper()
	sub := clinic.Submission{
		Patient: patient(episode), CareUnit: unit, EpisodeID: episode, Occasion: occasion, OccasionLabel: label,
		AnsweredOn: on, Respondent: store.Patient, Mode: "paper",
	}
	active, err := s.ActiveInstruments(local)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, in := range active {
		if in.ID() != leaveOut && !in.IsForm() {
			sub.Forms = append(sub.Forms, clinic.Form{SubmissionID: episode + "-" + in.ID() + "-" + on, Sheet: answered(in, burden, without)})
		}
	}
	if _, _, err := s.Submit(local, sub, false); err != nil {
		s.t.Fatalf("%s %s: %v", episode, occasion, err)
	}
}

// goals stores the unit's own form, by the example that painscore ships.
func (s *testSite) goals(episode string, occasion store.Occasion, who store.Respondent, on, goal string, reached int32) {
	s.t.Helper()
	sheet := clinic.Sheet{Instrument: "goal_evaluation"}
	mark := func(item string, r scoring.Response) {
		sheet.Answers = append(sheet.Answers, scoring.Answer{Item: item, Response: r})
	}
	mark("goal_reached", scoring.Response{Kind: scoring.Answered, Value: reached})
	mark("hours_per_week", sheet.AddText(scoring.GivenDecimal, "12.5"))
	mark("goal_area", sheet.AddText(scoring.GivenCode, "leisure"))
	mark("goal_set_on", sheet.AddText(scoring.GivenDate, "2023-01-20"))
	mark("work_status", scoring.Response{Kind: scoring.NotApplicable})
	mark("comment", scoring.Response{Kind: scoring.Declined})
	if goal != "" {
		mark("goal_in_own_words", sheet.AddText(scoring.GivenText, goal))
	}
	sub := clinic.Submission{
		Patient: patient(episode), CareUnit: unit, EpisodeID: episode, Occasion: occasion, AnsweredOn: on, Respondent: who,
		Forms: []clinic.Form{{SubmissionID: episode + "-goals-" + string(who) + "-" + on, Sheet: sheet}},
	}
	if _, _, err := s.Submit(local, sub, false); err != nil {
		s.t.Fatalf("goals: %v", err)
	}
}

// betterHigh are the instruments on which a heavier burden gives lower scores.
var betterHigh = map[string]bool{"cpaq_8": true, "lisat_11": true, "wai": true, "obq_11": true}

func answered(in *scoring.Instrument, burden float64, without []string) clinic.Sheet {
	sheet := clinic.Sheet{Instrument: in.ID()}
	for i, item := range in.Items() {
		level := burden + 0.22*math.Sin(float64(3*i+len(in.ID()))) // some items lie higher, some lower
		if betterHigh[in.ID()] || item.Code == "vas" {
			level = 1 - level
		}
		a := scoring.Answer{Item: item.Code, Response: scoring.Response{Kind: scoring.Answered, Value: valueAt(item, level)}}
		if leftOut(in.ID(), item.Code, without) {
			a.Response = scoring.Response{Kind: scoring.LeftBlank}
			if item.NotApplicable {
				a.Response.Kind = scoring.NotApplicable
			}
		}
		sheet.Answers = append(sheet.Answers, a)
	}
	return sheet
}

func valueAt(item scoring.ItemInfo, level float64) int32 {
	level = min(max(level, 0), 1)
	if len(item.Values) > 0 {
		return item.Values[int(math.Round(level*float64(len(item.Values)-1)))]
	}
	return item.Min + int32(math.Round(level*float64(item.Max-item.Min)))
}

// leftOut reads "hads:2,5".
func leftOut(instrument, item string, without []string) bool {
	for _, w := range without {
		name, items, _ := strings.Cut(w, ":")
		for items != "" {
			var one string
			one, items, _ = strings.Cut(items, ",")
			if name == instrument && one == item {
				return true
			}
		}
	}
	return false
}
