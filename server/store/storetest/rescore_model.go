package storetest

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/painscore/painscore/server/store"
)

// act is a flip as one care unit counts it.
type act struct {
	plan    string
	applied bool
	seq     int64
}

// checkFlipModel draws plans over the same few forms and flips them to and fro,
// with other writes in between, and compares every read as of every change with
// a model: of the plans that hold a form and are applied, the one applied last.
func checkFlipModel(t *testing.T, s fixture) {
	run := 0
	rapid.Check(t, func(r *rapid.T) {
		run++
		var forms []store.Submission
		for i := range 4 {
			f := with(form(fmt.Sprint("e", i/3), fmt.Sprint("hads", i%3), fmt.Sprint(i)), func(f *store.Submission) { f.CareUnit = fmt.Sprint("run ", run, " unit ", i%2) })
			forms = append(forms, submit(t, s, envelope("ada", f)).Forms[0].Submission)
		}
		holds := map[string]map[int]bool{} // by plan: indexes of forms
		acts := map[string][]act{}         // by care unit
		var plans []store.RescorePlan
		for step := range rapid.IntRange(1, 12).Draw(r, "steps") {
			if len(plans) == 0 || rapid.IntRange(0, 3).Draw(r, "kind") == 0 {
				id := fmt.Sprint("run ", run, " plan ", step)
				chosen := []store.Submission{}
				holds[id] = map[int]bool{}
				for i := range forms {
					if i == step%len(forms) || rapid.Bool().Draw(r, "hold") {
						holds[id][i], chosen = true, append(chosen, forms[i])
					}
				}
				plan := planFor(id, chosen)
				plan.Instrument = "hads"
				plans = append(plans, stagedOn(t, s, plan, chosen...))
				continue
			}
			plan := rapid.SampledFrom(plans).Draw(r, "plan")
			applied := rapid.Bool().Draw(r, "applied")
			before := now(t, s, plan)
			flip(t, s, plan, applied)
			for unit, last := range now(t, s, plan) {
				if last > before[unit] {
					acts[unit] = append(acts[unit], act{plan.PlanID, applied, last})
				}
			}
		}
		for i, f := range forms {
			trendAgrees(t, s, f.CareUnit, f.EpisodeID)
			last := must(s.LastChange(ctx, f.CareUnit))(t)
			for asOf := f.ChangeSeq; asOf <= last; asOf++ {
				if got, want := by(t, s, asOf, f)[0], counting(acts[f.CareUnit], holds, i, asOf); got != want {
					r.Fatalf("form %d as of %d counts by %q, want %q after %+v", i, asOf, got, want, acts[f.CareUnit])
				}
			}
		}
	})
}

// counting is the plan that a form counts by as of a change.
func counting(acts []act, holds map[string]map[int]bool, form int, asOf int64) string {
	var applied []string
	for _, a := range acts {
		if a.seq > asOf || !holds[a.plan][form] {
			continue
		}
		kept := applied[:0:0]
		for _, plan := range applied {
			if plan != a.plan {
				kept = append(kept, plan)
			}
		}
		if applied = kept; a.applied {
			applied = append(applied, a.plan)
		}
	}
	if len(applied) == 0 {
		return ""
	}
	return applied[len(applied)-1]
}
