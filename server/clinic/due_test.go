package clinic_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// pat is a patient of these tests; tolvan is a test identity, of whom
// nothing is expected.
func pat(n any) clinic.PatientRef {
	return clinic.PatientRef{System: "https://example.org/patients", Value: fmt.Sprint("4711-0815-", n)}
}

// episodeOf stores an episode of a patient of the same name.
func (s *site) episodeOf(t testing.TB, id string, change func(*store.Episode)) {
	t.Helper()
	e := store.Episode{CareUnit: unit, EpisodeID: id, Track: "programme", ProgrammeType: "pain"}
	change(&e)
	if _, err := s.UpsertEpisode(ctx, clinic.EpisodeUpdate{Patient: pat(id), Episode: e}); err != nil {
		t.Fatal(err)
	}
}

// answer stores a form of an episode made by episodeOf.
func (s *site) answer(t *testing.T, id string, occasion store.Occasion, on string, sheets ...clinic.Sheet) {
	t.Helper()
	for _, sheet := range sheets {
		sub := baseline(fmt.Sprint(id, " ", occasion, " ", sheet.Instrument), sheet)
		sub.Forms[0].SubmissionID = strings.ReplaceAll(sub.Forms[0].SubmissionID, " ", "-")
		sub.Patient, sub.EpisodeID, sub.Occasion, sub.AnsweredOn = pat(id), id, occasion, on
		if occasion == store.OtherOccasion {
			sub.OccasionLabel = "6 weeks"
		}
		s.submit(t, sub)
	}
}

func (s *site) expect(t *testing.T, b clinic.Battery) {
	t.Helper()
	if _, err := s.ChangeSetting(ctx, clinic.SettingChange{CareUnit: unit, Battery: &b}); err != nil {
		t.Fatal(err)
	}
}

func (s *site) due(t *testing.T, filter clinic.DueFilter) clinic.DueList {
	t.Helper()
	filter.CareUnit = unit
	list, err := s.DueOccasions(ctx, filter, clinic.Page{Size: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// dueLines lists "episode occasion label state missing".
func dueLines(list clinic.DueList) (lines []string) {
	for _, d := range list.Occasions {
		lines = append(lines, strings.Join(strings.Fields(fmt.Sprint(d.Episode.EpisodeID, " ", d.Occasion, " ", d.Label, " ", d.State, " ", strings.Join(d.Missing, ","))), " "))
	}
	return lines
}

func (s *site) wantDue(t *testing.T, what string, want ...string) {
	t.Helper()
	same(t, what, dueLines(s.due(t, clinic.DueFilter{})), want)
}

// TestAnOccasionIsDueByTheDatesOfItsEpisode walks along the edges of the
// windows. Today is the 15th of March 2025.
func TestAnOccasionIsDueByTheDatesOfItsEpisode(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*store.Episode)
		want   []string
	}{
		"the visit is in 56 days: the window opens today": {func(e *store.Episode) { e.FirstVisitPlanned = "2025-05-10" }, []string{"e baseline due"}},
		"a day later, it opens tomorrow":                  {func(e *store.Episode) { e.FirstVisitPlanned = "2025-05-11" }, []string{"e baseline due_soon"}},
		"it opens in 56 days":                             {func(e *store.Episode) { e.FirstVisitPlanned = "2025-07-05" }, []string{"e baseline due_soon"}},
		"it opens in 57 days":                             {func(e *store.Episode) { e.FirstVisitPlanned = "2025-07-06" }, nil},
		"the visit was 28 days ago: the last day":         {func(e *store.Episode) { e.FirstVisitOn, e.EndPlanned = "2025-02-15", "2026-01-01" }, []string{"e baseline due"}},
		"29 days ago":                                     {func(e *store.Episode) { e.FirstVisitOn, e.EndPlanned = "2025-02-14", "2026-01-01" }, []string{"e baseline overdue"}},
		"closed for 90 days":                              {func(e *store.Episode) { e.FirstVisitOn, e.EndPlanned = "2024-11-17", "2026-01-01" }, []string{"e baseline overdue"}},
		"closed for 91 days":                              {func(e *store.Episode) { e.FirstVisitOn, e.EndPlanned = "2024-11-16", "2026-01-01" }, nil},
		"the actual visit counts, not the planned": {func(e *store.Episode) {
			e.FirstVisitPlanned, e.FirstVisitOn, e.EndPlanned = "2025-05-11", "2025-03-01", "2026-01-01"
		}, []string{"e baseline due"}},
		"no date of a visit, and nothing has begun": {func(e *store.Episode) {}, []string{"e baseline no_date"}},
		"begun without an end":                      {func(e *store.Episode) { e.FirstVisitOn = "2023-01-01" }, []string{"e programme_end no_date"}},
		"ended, eleven months ago":                  {func(e *store.Episode) { e.FirstVisitOn, e.EndedOn = "2023-01-01", "2024-04-14" }, []string{"e follow_up_12_months due"}},
		"ended a day later":                         {func(e *store.Episode) { e.FirstVisitOn, e.EndedOn = "2023-01-01", "2024-04-15" }, []string{"e follow_up_12_months due_soon"}},
		"ended 456 days ago":                        {func(e *store.Episode) { e.FirstVisitOn, e.EndedOn = "2022-01-01", "2023-12-15" }, []string{"e follow_up_12_months overdue"}},
		"ended last week":                           {func(e *store.Episode) { e.FirstVisitOn, e.EndedOn = "2024-01-01", "2025-03-08" }, []string{"e programme_end due"}},
		"completed is due all the same":             {func(e *store.Episode) { e.FirstVisitOn, e.EndedOn, e.Status = "2024-01-01", "2025-03-08", "completed" }, []string{"e programme_end due"}},
		"has died":                                  {func(e *store.Episode) { e.FirstVisitOn, e.Deceased = "2025-03-01", true }, nil},
		"is not to be contacted":                    {func(e *store.Episode) { e.FirstVisitOn, e.DoNotContact = "2025-03-01", true }, nil},
		"has dropped out":                           {func(e *store.Episode) { e.FirstVisitOn, e.Status = "2025-03-01", "dropped_out" }, nil},
		"was cancelled":                             {func(e *store.Episode) { e.FirstVisitOn, e.Status = "2025-03-01", "cancelled" }, nil},
		"is only assessed":                          {func(e *store.Episode) { e.FirstVisitOn, e.Track = "2025-03-01", "assessment_only" }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, clinic.Settings{})
			s.episodeOf(t, "e", c.change)
			s.wantDue(t, name, c.want...)
		})
	}
}

func TestAnAnsweredOccasionIsDueNoLongerAndARetractedOneIsAgain(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.episodeOf(t, "e", func(e *store.Episode) { e.FirstVisitOn, e.EndPlanned = "2025-03-01", "2026-01-01" })
	s.wantDue(t, "before", "e baseline due")
	s.answer(t, "e", store.Baseline, "2025-03-02", nprs(4))
	s.wantDue(t, "answered")
	if _, err := s.RetractSubmission(ctx, clinic.Retraction{CareUnit: unit, SubmissionID: "e-baseline-nprs", Version: 1, Decision: clinic.Decision{Reason: "r"}}); err != nil {
		t.Fatal(err)
	}
	s.wantDue(t, "retracted", "e baseline due")
}

func TestARelativesFormAnswersNothingForThePatient(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.episodeOf(t, "e", func(e *store.Episode) { e.FirstVisitOn, e.EndPlanned = "2025-03-01", "2026-01-01" })
	sub := baseline("r-1", nprs(4))
	sub.Patient, sub.EpisodeID, sub.Respondent = pat("e"), "e", store.Relative
	s.submit(t, sub)
	s.wantDue(t, "a relative's form", "e baseline due")
}

func TestABatterySaysWhatIsMissing(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.episodeOf(t, "e", func(e *store.Episode) { e.FirstVisitOn, e.EndPlanned = "2025-03-01", "2026-01-01" })
	s.expect(t, clinic.Battery{Occasion: store.Baseline, From: "2020-01-01", Instruments: []string{"nprs", "hads", "pcs"}})
	s.wantDue(t, "nothing is there", "e baseline due nprs,hads,pcs")
	s.answer(t, "e", store.Baseline, "2025-03-02", hads())
	s.wantDue(t, "one is there", "e baseline partly_answered nprs,pcs")
	s.expect(t, clinic.Battery{Occasion: store.Baseline, ProgrammeType: "pain", From: "2025-01-04", Instruments: []string{"hads"}})
	s.wantDue(t, "the programme's own battery")
	s.expect(t, clinic.Battery{Occasion: store.Baseline, ProgrammeType: "pain", From: "2025-01-05", Instruments: []string{"pcs"}})
	s.wantDue(t, "a battery from the day after the window opens holds for later ones")
	s.expect(t, clinic.Battery{Occasion: store.Baseline, ProgrammeType: "pain", Track: "programme", From: "2020-01-01", Instruments: []string{"hads", "isi"}})
	s.wantDue(t, "the track's own, though it is older", "e baseline partly_answered isi")
	s.expect(t, clinic.Battery{Occasion: store.Baseline, ProgrammeType: "exhaustion", From: "2024-01-01", Instruments: []string{"pcs"}})
	s.wantDue(t, "another programme's", "e baseline partly_answered isi")
}

func TestAUnitsOwnOccasionIsDueByItsOwnWindow(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.episodeOf(t, "e", func(e *store.Episode) { e.FirstVisitOn, e.EndedOn = "2023-01-01", "2025-02-01" })
	s.answer(t, "e", store.ProgrammeEnd, "2025-02-01", nprs(4))
	s.wantDue(t, "without a battery it does not exist")
	six := clinic.Battery{Occasion: store.OtherOccasion, Label: "6 weeks", From: "2020-01-01", Instruments: []string{"nprs"},
		Window: &clinic.BatteryWindow{Anchor: clinic.EndOfProgramme, From: 28, To: 42}}
	s.expect(t, six)
	s.wantDue(t, "on the last day", "e other 6 weeks due nprs")
	s.answer(t, "e", store.OtherOccasion, "2025-03-10", nprs(4))
	s.wantDue(t, "answered")
	six.From, six.Instruments = "2025-01-01", nil
	s.expect(t, six)
	s.wantDue(t, "switched off")
}

func TestAnEmptyBatteryExpectsNothing(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.episodeOf(t, "e", func(e *store.Episode) { e.FirstVisitOn, e.EndPlanned = "2025-03-01", "2026-01-01" })
	s.expect(t, clinic.Battery{Occasion: store.Baseline, From: "2020-01-01"})
	s.wantDue(t, "empty")
}

func TestBatteryRefusals(t *testing.T) {
	s := open(t, clinic.Settings{})
	window := &clinic.BatteryWindow{Anchor: clinic.FirstVisit, From: 1, To: 2}
	for name, c := range map[string]struct {
		battery clinic.Battery
		want    []string
	}{
		"nothing":         {clinic.Battery{}, []string{"battery.from REQUIRED", "battery.occasion REQUIRED"}},
		"no such forms":   {clinic.Battery{Occasion: store.Baseline, From: "2025-01-01", Instruments: []string{"nope", "hads", "hads"}}, []string{"battery.instruments[0] UNKNOWN_INSTRUMENT", "battery.instruments[2] DUPLICATE_FORM"}},
		"no window":       {clinic.Battery{Occasion: store.OtherOccasion, From: "2025-01-01"}, []string{"battery.occasion_label REQUIRED", "battery.window BAD_FORMAT"}},
		"a window more":   {clinic.Battery{Occasion: store.Baseline, Label: "x", From: "2025-01-01", Window: window}, []string{"battery.occasion_label BAD_FORMAT", "battery.window BAD_FORMAT"}},
		"words":           {clinic.Battery{Occasion: store.Baseline, Track: "assessment_only", ProgrammeType: "x", From: "yesterday"}, []string{"battery.from BAD_DATE", "battery.programme_type UNKNOWN_FIELD", "battery.track UNKNOWN_FIELD"}},
		"a broken window": {clinic.Battery{Occasion: store.OtherOccasion, Label: "x", From: "2025-01-01", Window: &clinic.BatteryWindow{From: 2, To: 1}}, []string{"battery.window.anchor REQUIRED", "battery.window.to_days OUT_OF_RANGE"}},
	} {
		_, err := s.ChangeSetting(ctx, clinic.SettingChange{CareUnit: unit, Battery: &c.battery})
		same(t, name, problems(t, err), c.want)
	}
}

func TestTheWorklistComesByPagesAndCountsAll(t *testing.T) {
	s := open(t, clinic.Settings{})
	for n := range 7 {
		s.episodeOf(t, fmt.Sprint("e", n), func(e *store.Episode) {
			e.FirstVisitOn, e.EndPlanned, e.Cohort = fmt.Sprintf("2025-0%d-01", 1+n%3), "2026-01-01", fmt.Sprint("c", n%2)
		})
	}
	s.episodeOf(t, "none", func(e *store.Episode) {})
	whole := s.due(t, clinic.DueFilter{})
	if got := fmt.Sprint(whole.Counts); got != "map[due:2 no_date:1 overdue:5]" {
		t.Errorf("counts: %s", got)
	}
	var paged []string
	page := clinic.Page{Size: 3}
	for {
		list, err := s.DueOccasions(ctx, clinic.DueFilter{CareUnit: unit}, page)
		if err != nil {
			t.Fatal(err)
		}
		paged = append(paged, dueLines(list)...)
		if page.Token = list.Next; page.Token == "" {
			break
		}
	}
	same(t, "by pages", paged, dueLines(whole))
	same(t, "of a cohort", dueLines(s.due(t, clinic.DueFilter{Cohort: "c1", States: []clinic.DueState{clinic.Due}})), []string{"e5 baseline due"})
	if n := len(s.due(t, clinic.DueFilter{Occasion: store.ProgrammeEnd}).Occasions); n != 0 {
		t.Errorf("%d of another occasion", n)
	}
	if n := len(s.due(t, clinic.DueFilter{OverdueDays: 3}).Occasions); n != 3 {
		t.Errorf("%d after three days", n)
	}
	_, err := s.DueOccasions(ctx, clinic.DueFilter{CareUnit: unit, States: []clinic.DueState{"x"}, OverdueDays: -1, Occasion: "y"}, page)
	same(t, "refused", problems(t, err), []string{"occasion UNKNOWN_FIELD", "overdue_days OUT_OF_RANGE", "states[0] UNKNOWN_FIELD"})
}

func TestAnotherUnitsWorklistIsRefused(t *testing.T) {
	s := open(t, clinic.Settings{})
	caller := access.Caller{System: "journal", User: "SE-user", Unit: "other", Roles: []access.Role{access.Coordinator}, Purpose: access.Care}
	_, err := s.DueOccasions(access.WithCaller(ctx, caller), clinic.DueFilter{CareUnit: unit}, clinic.Page{})
	if clinic.RefusalReason(err) != clinic.UnitNotAllowed {
		t.Errorf("%v", err)
	}
}

func TestASummaryFollowsEveryChangeOfTheForms(t *testing.T) {
	s := open(t, clinic.Settings{})
	for _, id := range []string{"a", "b"} {
		s.episodeOf(t, id, func(e *store.Episode) { e.FirstVisitOn, e.EndPlanned = "2025-03-01", "2026-01-01" })
	}
	s.answer(t, "a", store.Baseline, "2025-03-02", nprs(4))
	s.wantDue(t, "answered", "b baseline due")
	if _, err := s.AmendSubmission(ctx, clinic.Amendment{CareUnit: unit, SubmissionID: "a-baseline-nprs", Version: 1, To: store.Submission{Slot: store.Slot{Occasion: store.ProgrammeEnd}}, Decision: clinic.Decision{Reason: "r"}}); err != nil {
		t.Fatal(err)
	}
	s.wantDue(t, "moved to another occasion", "a baseline due", "b baseline due")
	if _, err := s.ErasePatient(ctx, clinic.Erasing{ErasureID: "1", Patient: pat("a"), Decision: clinic.Decision{Reason: "r"}}); err != nil {
		t.Fatal(err)
	}
	s.wantDue(t, "erased", "b baseline due")
}
