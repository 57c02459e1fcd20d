package clinic_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/scoring/instruments"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// openWithForm is a clinic that has the example of a site form.
func openWithForm(t *testing.T) *site {
	t.Helper()
	catalogue := builtin(t)
	body, _ := instruments.Skeleton("goal_evaluation")
	if err := catalogue.AddFile("goals.yaml", body); err != nil {
		t.Fatal(err)
	}
	return openIn(t, t.TempDir(), clinic.Settings{}, catalogue)
}

func goals(reached int32, words string) clinic.Sheet {
	sheet := byCode("goal_evaluation", map[string]int32{"goal_reached": reached})
	add := func(item string, kind scoring.Kind, text string) {
		sheet.Answers = append(sheet.Answers, scoring.Answer{Item: item, Response: sheet.AddText(kind, text)})
	}
	add("hours_per_week", scoring.GivenDecimal, "12.50")
	add("goal_area", scoring.GivenCode, "leisure")
	add("goal_set_on", scoring.GivenDate, "2024-01-15")
	if words != "" {
		add("goal_in_own_words", scoring.GivenText, words)
	}
	sheet.Answers = append(sheet.Answers, scoring.Answer{Item: "comment", Response: scoring.Response{Kind: scoring.Declined}})
	return sheet
}

func (s *site) forms(t *testing.T) []clinic.SiteForm {
	t.Helper()
	_, forms, err := s.TrendAndForms(ctx, clinic.EpisodeRef{CareUnit: unit, EpisodeID: "e-1"}, false)
	if err != nil {
		t.Fatal(err)
	}
	return forms
}

func TestFormsComeByOccasionAndRespondentWithEveryAnswer(t *testing.T) {
	s := openWithForm(t)
	by := func(who store.Respondent, sub clinic.Submission) clinic.Submission {
		sub.Respondent = who
		return sub
	}
	s.submit(t, at(store.FollowUp12Months, "2025-03-10", "s-5", goals(9, "c")))
	s.submit(t, at(store.Baseline, "2023-11-01", "s-1", nprs(7)))
	s.submit(t, by(store.Clinician, at(store.Baseline, "2023-11-03", "s-4", goals(3, "b"))))
	s.submit(t, by(store.Relative, at(store.Baseline, "2023-11-02", "s-3", goals(4, "a"))))
	s.submit(t, at(store.Baseline, "2023-11-01", "s-2", goals(5, "Gå till sjön\r\ni \"veckan\"")))
	other := at(store.OtherOccasion, "2024-01-20", "s-6", goals(6, "d"))
	other.OccasionLabel = "6 weeks"
	s.submit(t, other)
	var order []string
	for _, form := range s.forms(t) {
		order = append(order, string(form.Occasion)+" "+string(form.Respondent))
	}
	want := []string{"baseline patient", "baseline relative", "baseline clinician", "other patient", "follow_up_12_months patient"}
	if !slices.Equal(order, want) {
		t.Errorf("%q, want %q", order, want)
	}
	form := s.forms(t)[0]
	var items []string
	for _, a := range form.Items {
		items = append(items, a.Item.Code+" "+a.Item.Type.String()+" "+a.Kind.String()+" "+a.Text)
	}
	if got := strings.Join(items, "|"); got != "goal_reached whole answered 5|hours_per_week decimal answered 12.5|goal_area code answered leisure|"+
		"work_status code left_blank |goal_set_on date answered 2024-01-15|goal_in_own_words text answered Gå till sjön\ni \"veckan\"|comment text declined " {
		t.Error(got)
	}
	if form.Timing != clinic.NoAnchorDate || form.SubmissionID != "s-2" || len(form.ScoreList) != 0 {
		t.Errorf("%+v", form)
	}
}

func TestAFormMakesNoLineInTheTrend(t *testing.T) {
	s := openWithForm(t)
	s.submit(t, at(store.Baseline, "2023-11-01", "s-1", goals(5, "")))
	s.submit(t, at(store.ProgrammeEnd, "2024-03-01", "s-2", nprs(4)))
	s.submit(t, at(store.ProgrammeEnd, "2024-03-01", "s-3", goals(6, "")))
	trend := s.trend(t)
	if len(trend.Lines) != 1 || len(trend.Lines[0].Points) != 1 {
		t.Errorf("%d lines", len(trend.Lines))
	}
	// Nothing that is scored was answered at the baseline, and the trend says so.
	if got := trend.Occasions[0]; got.State != clinic.BaselineMissing || got.FirstAnswered != "" {
		t.Errorf("the baseline is %s", got.State)
	}
	if len(s.forms(t)) != 2 {
		t.Error("the forms are not there")
	}
	if _, _, err := s.TrendAndForms(ctx, clinic.EpisodeRef{CareUnit: unit, EpisodeID: "e-2"}, false); reason(t, err).Reason != clinic.EpisodeUnknown {
		t.Error(err)
	}
}

func TestARetriedFormIsStoredOnceAndAChangedTextIsAnotherContent(t *testing.T) {
	s := openWithForm(t)
	first := s.submit(t, baseline("s-1", goals(5, "one\r\ntwo")))
	if again := s.submit(t, baseline("s-1", goals(5, "one\ntwo"))); !again.Replayed || first.Replayed {
		t.Error("a retry with other line ends is stored again")
	}
	if _, _, err := s.Submit(ctx, baseline("s-1", goals(5, "one, two")), true); reason(t, err).Reason != clinic.SubmissionIDReused {
		t.Error(err)
	}
	blank := s.submit(t, at(store.ProgrammeEnd, "2024-03-01", "s-2", clinic.Sheet{Instrument: "goal_evaluation"}))
	warned := func(stored clinic.Stored) bool {
		return slices.ContainsFunc(stored.Warnings, func(w clinic.Warning) bool { return w.Code == clinic.WarnAllBlank })
	}
	if !warned(blank) {
		t.Errorf("warnings %v", blank.Warnings)
	}
	only := clinic.Sheet{Instrument: "goal_evaluation"}
	only.Answers = []scoring.Answer{{Item: "comment", Response: only.AddText(scoring.GivenText, "x")}}
	if warned(s.submit(t, at(store.FollowUp12Months, "2025-03-01", "s-3", only))) {
		t.Error("a form with one text is called blank")
	}
}

func TestNoTextOfAFormHoldsThePatientsIdentifier(t *testing.T) {
	s := openWithForm(t)
	sub := baseline("s-1", goals(5, "My number is 19121212-1212, call me"))
	if _, _, err := s.Submit(ctx, sub, true); !slices.Contains(problems(t, err), "answers[4].text IDENTIFIER_IN_TEXT") {
		t.Error(err)
	}
	sheet := clinic.Sheet{Instrument: "goal_evaluation"}
	for range 6 {
		sheet.Positions = append(sheet.Positions, scoring.Response{})
	}
	sheet.Positions = append(sheet.Positions, sheet.AddText(scoring.GivenText, "1212\n121212"))
	sub.Forms = append(baseline("s-1", nprs(1)).Forms, clinic.Form{SubmissionID: "s-2", Sheet: sheet})
	if _, _, err := s.Submit(ctx, sub, false); !slices.Equal(problems(t, err), []string{"forms[1].positions[6] IDENTIFIER_IN_TEXT"}) {
		t.Error(err)
	}
	if !s.isEmpty(t) {
		t.Error("something was stored")
	}
}
