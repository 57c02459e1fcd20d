package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/painscore/painscore/server/store"
)

// threeForms stores hads of three patients in two care units, and one form
// that no plan here is about.
func threeForms(t *testing.T, s store.Submissions) []store.Submission {
	t.Helper()
	other := func(f *store.Submission) { f.CareUnit = "SE-2" }
	forms := []store.Submission{
		form("e1", "hads", "1"), form("e2", "hads", "2"), with(form("e3", "hads", "3"), other),
	}
	for i, f := range forms {
		forms[i] = submit(t, s, envelope(fmt.Sprint("patient ", i), f)).Forms[0].Submission
	}
	submit(t, s, envelope("patient 0", form("e1", "pcs", "9")))
	return forms
}

// planFor is a plan that scores these forms anew, as version 2.
func planFor(id string, forms []store.Submission) store.RescorePlan {
	plan := store.RescorePlan{
		PlanID: id, Instrument: forms[0].Instrument, TargetVersion: "2", TargetHash: "hash", Digest: []byte{1, 0},
		RescoreCounts: store.RescoreCounts{Forms: int64(len(forms))}, MadeBy: "ada", MadeAt: kept(at),
		Sources: []store.RescoreSource{{Version: "1", DefinitionHash: "old", Forms: int64(len(forms))}},
	}
	for _, f := range forms {
		i := slices.IndexFunc(plan.Scope, func(s store.RescoreScope) bool { return s.CareUnit == f.CareUnit })
		if i < 0 {
			plan.Scope, i = append(plan.Scope, store.RescoreScope{CareUnit: f.CareUnit}), len(plan.Scope)
		}
		plan.Scope[i].Forms++
		plan.Scope[i].ChangeSeq = max(plan.Scope[i].ChangeSeq, f.ChangeSeq)
	}
	slices.SortFunc(plan.Scope, func(a, b store.RescoreScope) int { return strings.Compare(a.CareUnit, b.CareUnit) })
	return plan
}

// anew is what a plan makes of forms.
func anew(plan string, forms ...store.Submission) []store.Rescored {
	var scores []store.Rescored
	for _, f := range forms {
		scores = append(scores, store.Rescored{
			CareUnit: f.CareUnit, System: f.System, SubmissionID: f.SubmissionID, Version: f.Version,
			InstrumentVersion: "2", Scores: "by " + plan + " of " + f.SubmissionID,
		})
	}
	return scores
}

// staged keeps a plan and stages all its scores.
func staged(t *testing.T, s store.Rescores, id string, forms ...store.Submission) store.RescorePlan {
	t.Helper()
	return stagedOn(t, s, planFor(id, forms), forms...)
}

func stagedOn(t *testing.T, s store.Rescores, plan store.RescorePlan, forms ...store.Submission) store.RescorePlan {
	t.Helper()
	if err := s.KeepRescorePlan(ctx, plan); err != nil {
		t.Fatal(err)
	}
	if err := s.StageRescore(ctx, plan.PlanID, anew(plan.PlanID, forms...)); err != nil {
		t.Fatal(err)
	}
	return plan
}

// now is up to which change of each unit everything has been seen.
func now(t *testing.T, s store.Submissions, plan store.RescorePlan) map[string]int64 {
	t.Helper()
	since := map[string]int64{}
	for _, scope := range plan.Scope {
		since[scope.CareUnit] = must(s.LastChange(ctx, scope.CareUnit))(t)
	}
	return since
}

func flip(t *testing.T, s fixture, plan store.RescorePlan, applied bool) store.RescorePlan {
	t.Helper()
	flipped, err := s.FlipRescore(ctx, plan.PlanID, store.RescoreFlip{Applied: applied, By: "bob", At: at, Note: "why"}, now(t, s, plan))
	if err != nil {
		t.Fatalf("flip %s to %v: %v", plan.PlanID, applied, err)
	}
	if flipped.Applied() != applied {
		t.Errorf("%s: applied is %v", plan.PlanID, flipped.Applied())
	}
	return flipped
}

// by tells by which plan each of these forms counts, as every read has it.
func by(t *testing.T, s fixture, asOf int64, forms ...store.Submission) []string {
	t.Helper()
	var plans []string
	for _, f := range forms {
		inEpisode := must(s.SubmissionsOfEpisode(ctx, f.CareUnit, f.EpisodeID, asOf))(t)
		i := slices.IndexFunc(inEpisode, func(g store.Submission) bool { return g.Slot == f.Slot })
		if i < 0 {
			plans = append(plans, "absent")
			continue
		}
		got := inEpisode[i]
		want := f
		want.RescorePlan, want.RescoredSeq = got.RescorePlan, got.RescoredSeq
		if got.RescorePlan != "" {
			want.InstrumentVersion, want.Scores = "2", "by "+got.RescorePlan+" of "+f.SubmissionID
		}
		same(t, "form "+f.SubmissionID, got, want)
		of, _, err := s.InstrumentSubmissions(ctx, f.CareUnit, f.Instrument, "", 100, asOf)
		if !slices.ContainsFunc(of, func(g store.Submission) bool { return diff(got, g) == "" }) || err != nil {
			t.Errorf("form %s is not the same among those of its instrument (%v): %+v", f.SubmissionID, err, of)
		}
		if asOf == 0 {
			same(t, "by its id", must(s.Submission(ctx, f.CareUnit, f.System, f.SubmissionID))(t), got)
		}
		plans = append(plans, got.RescorePlan)
	}
	return plans
}
