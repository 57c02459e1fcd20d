package clinic_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/scoring/instruments"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// cutOff9 is a HADS whose cut-off for caseness is 9; its numbers are the same.
func cutOff9(t testing.TB) []byte {
	return version(t, "hads", "2", "to: 7}, {code: possible, from: 8,", "to: 8}, {code: possible, from: 9,", "{code: caseness, from: 8,", "{code: caseness, from: 9,")
}

// oneMissing is a HADS that allows one blank item in seven only.
func oneMissing(t testing.TB) []byte {
	return version(t, "hads", "3", "{rule: half, source", "{rule: at_least, items: 6, source",
		"expect: {anxiety: \"14.00\", depression: 7, total: \"21.00\"}\n    bands: {anxiety: probable}", "expect: {anxiety: TOO_FEW_ANSWERS, depression: 7, total: TOO_FEW_ANSWERS}")
}

func catalogueWith(t testing.TB, bodies ...[]byte) *instruments.Catalogue {
	t.Helper()
	catalogue := builtin(t)
	for i, body := range bodies {
		if err := catalogue.AddFile(fmt.Sprint("file ", i), body); err != nil {
			t.Fatal(err)
		}
	}
	return catalogue
}

// hadsOf is a complete HADS of these sums, and blank leaves out items 9, 11
// and 13 of anxiety, whose other items carry the sum.
func hadsOf(anxiety, depression int32, blank bool) clinic.Sheet {
	values := make([]int32, 14)
	spread := func(sum int32, first, items int) {
		for i := first; sum > 0 && i < first+2*items; i += 2 {
			values[i] = min(sum, 3)
			sum -= values[i]
		}
	}
	spread(anxiety, 0, 7)
	spread(depression, 1, 7)
	sheet := byNumber("hads", values...)
	if blank {
		sheet.Answers = slices.DeleteFunc(sheet.Answers, func(a scoring.Answer) bool { return slices.Contains([]string{"9", "11", "13"}, a.Item) })
	}
	return sheet
}

// hadsAtThree gives e-1 a HADS at each occasion: anxiety 12, 8 and 8, the last
// with three blanks.
func hadsAtThree(t *testing.T, s *site) {
	t.Helper()
	s.submit(t, at(store.Baseline, "2023-11-01", "s-1", hadsOf(12, 9, false)))
	s.submit(t, at(store.ProgrammeEnd, "2024-03-01", "s-2", hadsOf(8, 7, false)))
	s.submit(t, at(store.FollowUp12Months, "2025-03-10", "s-3", hadsOf(8, 7, true)))
}

// read is a trend in words.
func read(trend *clinic.Trend) string {
	var b strings.Builder
	for _, l := range trend.Lines {
		for _, p := range l.Points {
			fmt.Fprintf(&b, "%s %s: %s %s %v by %s\n", l.Scale.Code, p.Occasion, cmp.Or(p.Score.Text(), string(p.Score.Refusal.Reason)), p.Score.Band, p.Score.Flags, p.Definition.Version())
		}
		for _, c := range l.Changes {
			fmt.Fprintf(&b, "%s %d→%d: %s %s %s %s %+v\n", l.Scale.Code, c.From, c.To, c.Text(), c.Reason, c.Judgement.Importance.Answer, c.Judgement.Error.Answer, c.Crossed)
		}
	}
	return b.String()
}

// preview returns the plan and what was told, in words.
func (s *site) preview(t *testing.T, req clinic.RescoreRequest) (*store.RescorePlan, []string) {
	t.Helper()
	var found []clinic.RescoreFinding
	plan, err := s.PreviewRescore(ebba, req, func(f clinic.RescoreFinding) error {
		found = append(found, f)
		return nil
	})
	if err != nil {
		t.Fatalf("preview: %v", err)
	}
	var told []string
	for _, f := range found { // only now: what was told must not change with what is told later
		told = append(told, inWords(f))
	}
	return plan, told
}

func inWords(f clinic.RescoreFinding) string {
	switch {
	case f.NotRescorable != nil:
		return fmt.Sprintf("%s stays: %s, %s", f.NotRescorable.SubmissionID, f.NotRescorable.Reason, f.NotRescorable.Description)
	case f.Verdict != nil:
		v := f.Verdict
		return fmt.Sprintf("%s %d→%d: %s%s → %s%s", v.Scale, v.Before.From, v.Before.To, v.Before.Reason, v.Before.Judgement.Importance.Answer, v.After.Reason, v.After.Judgement.Importance.Answer)
	}
	words := f.Changed.Before.SubmissionID
	for _, s := range f.Changed.Scales {
		words += fmt.Sprintf("; %s %s %s→%s %s", s.Scale, s.Before.Text(), s.Before.Band, s.After.Text(), s.After.Band)
		if s.Difference.Valid() {
			words += " by " + s.Difference.String()
		}
		if s.FlagsCrossed() {
			words += fmt.Sprint(" +", s.Crossed.Raised, " -", s.Crossed.Cleared, " now ", s.After.Flags)
		}
	}
	return words
}

func (s *site) apply(t *testing.T, plan *store.RescorePlan) *store.RescorePlan {
	t.Helper()
	applied, err := s.ApplyRescore(ebba, plan.PlanID, "the new manual")
	if err != nil || !applied.Applied() {
		t.Fatalf("apply: %v, %+v", err, applied)
	}
	return applied
}

func (s *site) revert(t *testing.T, plan *store.RescorePlan) {
	t.Helper()
	if reverted, err := s.RevertRescore(ebba, plan.PlanID, "a mistake"); err != nil || reverted.Applied() {
		t.Fatalf("revert: %v, %+v", err, reverted)
	}
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// versions lists every scoring of a submission as "version by (plan) counts".
func (s *site) versions(t *testing.T, id string) []string {
	t.Helper()
	list, _, err := s.ListSubmissionVersions(ctx, unit, id, clinic.Page{})
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, v := range list {
		line := fmt.Sprintf("%d by %s", v.Version, v.Definition.Version())
		for _, f := range v.Flips {
			line += fmt.Sprintf(", %v by %s (%s)", f.Applied, f.By, f.Note)
		}
		if v.Counts {
			line += ", counts"
		}
		words = append(words, line)
	}
	return words
}

func TestAnotherCutOffIsPreviewedAppliedAndReverted(t *testing.T) {
	s := openIn(t, t.TempDir(), clinic.Settings{}, catalogueWith(t, cutOff9(t)))
	hadsAtThree(t, s)
	s.submit(t, at(store.Baseline, "2023-11-01", "s-9", nprs(5)))
	before, seq := read(s.trend(t)), s.lastChange(t)

	plan, told := s.preview(t, clinic.RescoreRequest{Instrument: "hads", Version: "2"})
	same(t, "preview", told, []string{"s-2; anxiety 8 possible→8 normal by 0 +[] -[caseness] now []"})
	want := store.RescoreCounts{Examined: 3, Forms: 3, Changed: 1, BandsCrossed: 1, FlagsCrossed: 1}
	if plan.RescoreCounts != want || len(plan.Sources) != 1 || plan.Sources[0].Version != "1" || plan.Sources[0].Forms != 3 || plan.MadeBy != "ebba" {
		t.Errorf("plan: %+v", plan)
	}
	if read(s.trend(t)) != before || s.lastChange(t) != seq {
		t.Error("the preview changed what is read")
	}

	s.apply(t, plan)
	after := read(s.trend(t))
	if strings.Count(after, "by 2\n") != 9 || strings.Count(after, "by 1\n") != 1 || !strings.Contains(after, "anxiety programme_end: 8 normal [] by 2") {
		t.Errorf("applied:\n%s", after)
	}
	got, err := s.GetSubmission(ctx, unit, "s-2")
	if err != nil || got.RescorePlan != plan.PlanID || got.Version != 1 || got.RescoredSeq != seq+1 || score(t, got.ScoreList, "anxiety").Band != "normal" {
		t.Errorf("%+v %v", got, err)
	}
	same(t, "versions", s.versions(t, "s-2"), []string{"1 by 1", "1 by 2, true by ebba (the new manual), counts"})
	if again := s.apply(t, plan); len(again.Flips) != 1 {
		t.Errorf("applied twice: %+v", again.Flips)
	}
	same(t, "nothing left to do", second(s.preview(t, clinic.RescoreRequest{Instrument: "hads", Version: "2"})), nil)

	s.revert(t, plan)
	if got := read(s.trend(t)); got != before {
		t.Errorf("reverted:\n%s\nbefore:\n%s", got, before)
	}
	s.revert(t, plan)
	same(t, "versions", s.versions(t, "s-2"), []string{"1 by 1, counts", "1 by 2, true by ebba (the new manual), false by ebba (a mistake)"})
	s.apply(t, plan)
	if got := read(s.trend(t)); got != after {
		t.Errorf("applied again:\n%s\nbefore:\n%s", got, after)
	}
}

func (s *site) lastChange(t *testing.T) int64 {
	t.Helper()
	seq, err := s.store.LastChange(ctx, unit)
	if err != nil {
		t.Fatal(err)
	}
	return seq
}

func second[A, B any](_ A, b B) B { return b }

func TestAnotherMissingRuleRefusesWhatItMust(t *testing.T) {
	s := openIn(t, t.TempDir(), clinic.Settings{}, catalogueWith(t, oneMissing(t)))
	hadsAtThree(t, s)
	before := read(s.trend(t))
	plan, told := s.preview(t, clinic.RescoreRequest{Instrument: "hads", Version: "3", CareUnits: []string{unit, "elsewhere", unit}})
	same(t, "preview", told, []string{
		"s-3; anxiety 14.00 probable→  +[] -[caseness] now []; total 21.00 → ",
		"anxiety 0→2: UNCERTAIN → REFUSED", "anxiety 1→2: YES → REFUSED", "total 0→2: NOT_ESTABLISHED → REFUSED", "total 1→2: NOT_ESTABLISHED → REFUSED",
	})
	if plan.VerdictsCrossed != 4 || plan.Changed != 1 || plan.AllUnits || len(plan.Scope) != 2 {
		t.Errorf("plan: %+v", plan)
	}
	s.apply(t, plan)
	if got := read(s.trend(t)); !strings.Contains(got, "anxiety follow_up_12_months: TOO_FEW_ANSWERS  [] by 3") || !strings.Contains(got, "anxiety 0→1: -4  YES") {
		t.Errorf("applied:\n%s", got)
	}
	s.revert(t, plan)
	if got := read(s.trend(t)); got != before {
		t.Errorf("reverted:\n%s", got)
	}
}

// TestAFlagAloneIsAChange lowers the flag and leaves the bands.
func TestAFlagAloneIsAChange(t *testing.T) {
	s := openIn(t, t.TempDir(), clinic.Settings{}, catalogueWith(t, version(t, "hads", "2", "{code: caseness, from: 8,", "{code: caseness, from: 7,")))
	s.submit(t, at(store.Baseline, "2023-11-01", "s-1", hadsOf(8, 7, false)))
	s.submit(t, at(store.ProgrammeEnd, "2024-03-01", "s-2", hadsOf(8, 7, true)))
	plan, told := s.preview(t, clinic.RescoreRequest{Instrument: "hads", Version: "2"})
	same(t, "preview", told, []string{
		"s-1; depression 7 normal→7 normal by 0 +[caseness] -[] now [caseness]",
		"s-2; depression 7 normal→7 normal by 0 +[caseness] -[] now [caseness]",
	})
	if plan.BandsCrossed != 0 || plan.FlagsCrossed != 2 {
		t.Errorf("%+v", plan.RescoreCounts)
	}
}

func TestAPeriodSplitsATrendAndThePreviewSaysSo(t *testing.T) {
	s := openIn(t, t.TempDir(), clinic.Settings{}, catalogueWith(t, oneMissing(t)))
	hadsAtThree(t, s)
	for id, on := range map[string]string{"r-1": "2023-11-02", "r-2": "2024-04-01"} { // a relative's enter no trend
		relative := at(store.OtherOccasion, on, id, hadsOf(8, 7, false))
		relative.Respondent, relative.OccasionLabel = store.Relative, id
		s.submit(t, relative)
	}
	plan, told := s.preview(t, clinic.RescoreRequest{Instrument: "hads", Version: "3", AnsweredFrom: "2024-03-01", AnsweredTo: "2024-12-31"})
	if plan.Examined != 2 || plan.Forms != 2 || plan.Changed != 0 {
		t.Errorf("plan: %+v", plan)
	}
	var lost []string
	for _, line := range told {
		if strings.HasSuffix(line, "→ DIFFERENT_SCORING") {
			lost = append(lost, line)
		}
	}
	if len(told) != len(lost) || len(lost) != 6 { // 0→1 and 1→2 of three scales
		t.Errorf("%q", told)
	}
}

func TestAFormThatTheNewVersionCannotReadKeepsItsScores(t *testing.T) {
	for name, c := range map[string]struct {
		change []string
		told   string
	}{
		"range narrowed": {[]string{"max: 10", "max: 8", "from: 8, to: 10", "from: 8, to: 8"}, "s-2 stays: OUT_OF_RANGE, item average_pain takes whole numbers from 0 to 8"},
		"item removed":   {[]string{"average_pain", "mean_pain"}, "s-2 stays: UNKNOWN_ITEM, version 2 lacks item average_pain"},
	} {
		t.Run(name, func(t *testing.T) {
			s := openIn(t, t.TempDir(), clinic.Settings{}, with(t, "nprs-2.yaml", mustDiffer(t, "nprs", c.change...)))
			s.submit(t, at(store.Baseline, "2025-03-01", "s-1", nprs(3)))
			s.submit(t, at(store.ProgrammeEnd, "2025-03-02", "s-2", nprs(9)))
			before := read(s.trend(t))
			plan, told := s.preview(t, clinic.RescoreRequest{Instrument: "nprs", Version: "2"})
			if !slices.Contains(told, c.told) {
				t.Errorf("told %q", told)
			}
			if name == "item removed" {
				if plan.NotRescorable != 2 || plan.PlanID != "" {
					t.Errorf("plan: %+v", plan)
				}
				return
			}
			s.apply(t, plan)
			if got := s.versions(t, "s-2"); len(got) != 1 || plan.NotRescorable != 1 || plan.Forms != 1 {
				t.Errorf("%q, plan %+v", got, plan)
			}
			s.revert(t, plan)
			if got := read(s.trend(t)); got != before {
				t.Errorf("reverted:\n%s", got)
			}
		})
	}
}

// TestScoresOnTwoRulersHaveNoDifference: another highest score, and a cut-off
// moved besides.
func TestScoresOnTwoRulersHaveNoDifference(t *testing.T) {
	s := openIn(t, t.TempDir(), clinic.Settings{}, with(t, "nprs-2.yaml", mustDiffer(t, "nprs", "max: 10", "max: 8",
		"to: 5}, {code: moderate, from: 6,", "to: 4}, {code: moderate, from: 5,", "from: 8, to: 10", "from: 8, to: 8",
		"expect: {average_pain: 5}, bands: {average_pain: mild}", "expect: {average_pain: 5}, bands: {average_pain: moderate}")))
	s.submit(t, at(store.Baseline, "2025-03-01", "s-1", nprs(5)))
	_, told := s.preview(t, clinic.RescoreRequest{Instrument: "nprs", Version: "2"})
	same(t, "preview", told, []string{"s-1; average_pain 5 mild→5 moderate"})
}

func TestBadRescoresAreRefusedWithEveryProblem(t *testing.T) {
	s := open(t, clinic.Settings{})
	none := func(clinic.RescoreFinding) error { return nil }
	for _, c := range []struct {
		req  clinic.RescoreRequest
		want []string
	}{
		{clinic.RescoreRequest{}, []string{"instrument REQUIRED"}},
		{clinic.RescoreRequest{Instrument: "hads", Version: "9"}, []string{"version UNKNOWN_VERSION"}},
		{clinic.RescoreRequest{Instrument: "nope"}, []string{"instrument UNKNOWN_INSTRUMENT"}},
		{clinic.RescoreRequest{Instrument: "hads", CareUnits: make([]string, clinic.MaxCareUnits+1)}, []string{"care_units TOO_MANY"}},
		{clinic.RescoreRequest{Instrument: "hads", Version: "9", CareUnits: []string{"a", ""}, AnsweredFrom: "x", AnsweredTo: "2025-02-30"},
			[]string{"answered_from BAD_DATE", "answered_to BAD_DATE", "answered_to OUT_OF_RANGE", "care_units[1] REQUIRED", "version UNKNOWN_VERSION"}},
		{clinic.RescoreRequest{Instrument: "hads", AnsweredFrom: "2025-02-02", AnsweredTo: "2025-02-01"}, []string{"answered_to OUT_OF_RANGE"}},
	} {
		_, err := s.PreviewRescore(ebba, c.req, none)
		same(t, "problems", problems(t, err), c.want)
	}
	_, _, err := s.ListSubmissionVersions(ebba, unit, "nope", clinic.Page{})
	if got := reason(t, err).Reason; got != clinic.SubmissionUnknown {
		t.Error(got)
	}
	_, _, err = s.ListSubmissionVersions(ebba, unit, "", clinic.Page{Token: "x"})
	same(t, "problems", problems(t, err), []string{"page_token BAD_PAGE_TOKEN", "submission_id REQUIRED"})
	_, err = s.ApplyRescore(ebba, "", strings.Repeat("x", 201))
	same(t, "problems", problems(t, err), []string{"note TOO_LONG", "plan_id REQUIRED"})
	_, err = s.ApplyRescore(ebba, "nope", "")
	if got := reason(t, err).Reason; got != clinic.RescorePlanUnknown {
		t.Error(got)
	}
	_, err = s.RevertRescore(ebba, "nope", "")
	if got := reason(t, err).Reason; got != clinic.RescorePlanUnknown {
		t.Error(got)
	}
}
