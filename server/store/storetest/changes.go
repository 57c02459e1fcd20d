package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"github.com/painscore/painscore/server/store"
)

// feed reads a unit's changes from the first, page by page.
func feed(t *testing.T, s fixture, careUnit string, limit int) []store.Change {
	t.Helper()
	return feedAfter(t, s, careUnit, 0, "", limit)
}

func feedAfter(t *testing.T, s fixture, careUnit string, seq int64, within string, limit int) []store.Change {
	t.Helper()
	var all []store.Change
	for {
		page, err := s.Changes(ctx, careUnit, seq, within, limit)
		if err != nil || len(page) > limit || len(all) > 100_000 {
			t.Fatalf("%d changes after (%d, %q), limit %d: %v", len(page), seq, within, limit, err)
		}
		if len(page) == 0 {
			return all
		}
		all = append(all, page...)
		seq, within = page[len(page)-1].ChangeSeq, page[len(page)-1].Within
	}
}

// told is a change in short: what happened to which form.
func told(changes []store.Change) []string {
	var all []string
	for _, c := range changes {
		text := fmt.Sprint(c.ChangeSeq, " ", c.Kind, " ", c.Submission.SubmissionID)
		if c.Submission.RescorePlan != "" {
			text += " by " + c.Submission.RescorePlan
		}
		all = append(all, text)
	}
	return all
}

// feedAgrees holds the feed to the reads as of its numbers: from one number to
// the next exactly the forms differ that it tells of, and no others.
func feedAgrees(t *testing.T, s fixture, careUnit string) {
	t.Helper()
	changes := feed(t, s, careUnit, 100)
	before := heldForms(t, s, careUnit, 0, changes)
	for i := 0; i < len(changes); {
		seq := changes[i].ChangeSeq
		want := map[string]bool{}
		for ; i < len(changes) && changes[i].ChangeSeq == seq; i++ {
			if changes[i].Kind != store.ChangeErased {
				want[changes[i].Submission.SubmissionID] = true
			}
		}
		after := heldForms(t, s, careUnit, seq, changes)
		for id := range want {
			if before[id] == after[id] {
				t.Errorf("change %d tells of form %s, which is as it was", seq, id)
			}
		}
		for id := range merge(before, after) {
			if before[id] != after[id] && !want[id] {
				t.Errorf("change %d says nothing of form %s: %s, was %s", seq, id, after[id], before[id])
			}
		}
		before = after
	}
	same(t, "after the last change", heldForms(t, s, careUnit, 1<<40, changes), before)
}

func merge(a, b map[string]string) map[string]bool {
	all := map[string]bool{}
	for id := range a {
		all[id] = true
	}
	for id := range b {
		all[id] = true
	}
	return all
}

// heldForms says of each form that holds its slot as of a change which version
// it is and by what it counts. As of 0 there is none.
func heldForms(t *testing.T, s fixture, careUnit string, asOf int64, of []store.Change) map[string]string {
	t.Helper()
	held := map[string]string{}
	if asOf == 0 {
		return held
	}
	episodes := must(s.ListEpisodes(ctx, careUnit, "", 1000))(t)
	for _, e := range episodes {
		for _, f := range must(s.SubmissionsOfEpisode(ctx, careUnit, e.EpisodeID, asOf))(t) {
			if held[f.SubmissionID] != "" {
				t.Errorf("as of %d form %s holds two slots", asOf, f.SubmissionID)
			}
			held[f.SubmissionID] = fmt.Sprint("version ", f.Version, " in ", f.Slot, " by ", f.RescorePlan)
		}
	}
	return held
}

var changeTests = map[string]func(*testing.T, fixture){
	"the feed tells what happened to which form, who did it, when and why": func(t *testing.T, s fixture) {
		first := submit(t, s, envelope("ada", with(form("e", "hads", "1"), func(f *store.Submission) { f.Changed.By = "ehr" }))).Forms[0].Submission
		second := amend(t, s, corrected(first, "a"), 1)
		third := amend(t, s, with(corrected(second, "b"), moves["another occasion"]), 2)
		plan := staged(t, s, "p", third)
		flip(t, s, plan, true)
		flip(t, s, plan, false)
		gone := retract(t, s, third, 3)
		rescored := with(third, func(f *store.Submission) {
			f.RescorePlan, f.InstrumentVersion, f.Scores, f.RescoredSeq = "p", "2", "by p of 1", third.ChangeSeq+1
		})
		reverted := with(rescored, func(f *store.Submission) { f.RescoredSeq++ })
		flipped := store.Act{By: "bob", At: kept(at), Note: "why"}
		want := []store.Change{
			{Kind: store.ChangeSubmitted, ChangeSeq: 2, Act: store.Act{By: "ehr", At: kept(at)}, Submission: first},
			{Kind: store.ChangeAmended, ChangeSeq: 3, Act: second.Changed, Submission: second},
			{Kind: store.ChangeAmended, ChangeSeq: 5, Act: third.Changed, Submission: third, Moved: true, From: first.Slot},
			{Kind: store.ChangeRescored, ChangeSeq: 6, Act: flipped, Submission: rescored},
			{Kind: store.ChangeReverted, ChangeSeq: 7, Act: flipped, Submission: reverted},
			{Kind: store.ChangeRetracted, ChangeSeq: 8, Act: gone.Changed, Submission: gone},
		}
		got := feed(t, s, unit, 100)
		for i := range got {
			if one := got[i].Kind == store.ChangeRescored || got[i].Kind == store.ChangeReverted; one != (got[i].Within != "") {
				t.Errorf("%s is at %q within its number", got[i].Kind, got[i].Within)
			}
			got[i].Within = ""
		}
		same(t, "feed", got, want)
		s.Store = s.reopen()
		same(t, "after a restart", told(feed(t, s, unit, 100)), told(want))
		feedAgrees(t, s, unit)
	},

	"pages of any size make one feed, without a gap and without a repetition": func(t *testing.T, s fixture) {
		var forms []store.Submission
		for i := range 12 {
			e := fmt.Sprint("e", i%5)
			forms = append(forms, submit(t, s, envelope("ada", with(form(e, "hads", fmt.Sprint(i)), func(f *store.Submission) {
				f.Occasion, f.OccasionLabel = store.OtherOccasion, fmt.Sprint(i)
			}))).Forms[0].Submission)
		}
		first, second := staged(t, s, "first", forms...), staged(t, s, "second", forms[:7]...)
		flip(t, s, first, true)
		forms[3] = amend(t, s, corrected(forms[3], "a"), 1)
		flip(t, s, second, true)
		flip(t, s, second, false)
		retract(t, s, forms[8], 1)
		flip(t, s, first, false)
		forms[9] = amend(t, s, with(corrected(forms[9], "b"), func(f *store.Submission) { f.EpisodeID = "e0" }), 1)
		whole := feed(t, s, unit, 1000)
		if len(whole) != 12+12+1+6+6+1+10+1 {
			t.Errorf("%d changes: %v", len(whole), told(whole))
		}
		for _, limit := range []int{1, 2, 3, 5, 12, 13, 24, 25} {
			same(t, fmt.Sprint("by ", limit), feed(t, s, unit, limit), whole)
		}
		for i, c := range whole {
			same(t, fmt.Sprint("after change ", i), told(feedAfter(t, s, unit, c.ChangeSeq, c.Within, 4)), told(whole[i+1:]))
		}
		if !slices.IsSortedFunc(whole, func(a, b store.Change) int {
			return cmp.Or(cmp.Compare(a.ChangeSeq, b.ChangeSeq), cmp.Compare(a.Within, b.Within))
		}) {
			t.Errorf("not in the order of numbers: %v", told(whole))
		}
		feedAgrees(t, s, unit)
	},

	"a flip of many forms comes in pages of its own order": func(t *testing.T, s fixture) {
		var forms []store.Submission
		for i := range 150 {
			e := fmt.Sprint("e", i*7%50)
			forms = append(forms, form(e, fmt.Sprint("hads", i/50), fmt.Sprint(i)))
			forms[i] = submit(t, s, envelope("ada", forms[i])).Forms[0].Submission
		}
		flip(t, s, staged(t, s, "p", forms...), true)
		before := forms[149].ChangeSeq
		whole := feedAfter(t, s, unit, before, "", 1000)
		if len(whole) != 150 {
			t.Fatalf("%d changes", len(whole))
		}
		seen := map[string]bool{}
		for _, c := range feedAfter(t, s, unit, before, "", 7) {
			if seen[c.Submission.SubmissionID] {
				t.Errorf("form %s twice", c.Submission.SubmissionID)
			}
			seen[c.Submission.SubmissionID] = true
		}
		if len(seen) != 150 {
			t.Errorf("%d forms by pages of 7", len(seen))
		}
	},

	"without a place within it, a number stands for all that happened at it": func(t *testing.T, s fixture) {
		forms := threeForms(t, s)
		flip(t, s, staged(t, s, "p", forms...), true)
		last := must(s.LastChange(ctx, unit))(t)
		same(t, "after the flip", told(feedAfter(t, s, unit, last, "", 10)), []string(nil))
		same(t, "before it", told(feedAfter(t, s, unit, last-1, "", 10)), []string{fmt.Sprint(last, " rescored 1 by p"), fmt.Sprint(last, " rescored 2 by p")})
	},

	"a flip is a change of the forms that held their slot then, whatever became of them": func(t *testing.T, s fixture) {
		var forms []store.Submission
		for _, id := range []string{"stays", "amended before", "moved before", "retracted before", "amended after", "moved after", "retracted after"} {
			forms = append(forms, submit(t, s, envelope("ada", form("e of "+id, "hads", id))).Forms[0].Submission)
		}
		plan := staged(t, s, "p", forms...)
		change := func(forms []store.Submission) {
			amend(t, s, corrected(forms[0], "a"), 1)
			amend(t, s, with(corrected(forms[1], "b"), moves["another occasion"]), 1)
			retract(t, s, forms[2], 1)
			submit(t, s, envelope("ada", with(forms[2], func(f *store.Submission) { f.SubmissionID += ", new" })))
		}
		change(forms[1:4])
		before := must(s.LastChange(ctx, unit))(t)
		flip(t, s, plan, true)
		change(forms[4:7])
		flip(t, s, plan, false)
		var flips []string
		for _, c := range feedAfter(t, s, unit, before, "", 100) {
			if c.Kind == store.ChangeRescored || c.Kind == store.ChangeReverted {
				flips = append(flips, string(c.Kind)+" "+c.Submission.SubmissionID)
			}
		}
		same(t, "flips", flips, []string{"rescored amended after", "rescored moved after", "rescored retracted after", "rescored stays", "reverted stays"})
		feedAgrees(t, s, unit)
	},

	"a plan that is reverted beneath another changes no form that counts by the other": func(t *testing.T, s fixture) {
		forms := threeForms(t, s)
		under, upper := staged(t, s, "under", forms...), staged(t, s, "upper", forms[0])
		flip(t, s, under, true)
		flip(t, s, upper, true)
		before := must(s.LastChange(ctx, unit))(t)
		flip(t, s, under, false)
		flip(t, s, upper, false)
		flip(t, s, upper, true)
		flip(t, s, under, true)
		flip(t, s, under, false)
		same(t, "told", told(feedAfter(t, s, unit, before, "", 2)), []string{
			fmt.Sprint(before+1, " reverted 2 by under"),
			fmt.Sprint(before+2, " reverted 1 by upper"),
			fmt.Sprint(before+3, " rescored 1 by upper"),
			fmt.Sprint(before+4, " rescored 1 by under"), fmt.Sprint(before+4, " rescored 2 by under"),
			fmt.Sprint(before+5, " reverted 1 by under"), fmt.Sprint(before+5, " reverted 2 by under"),
		})
		feedAgrees(t, s, unit)
	},

	"flips that changed no form hide nothing that follows them": func(t *testing.T, s fixture) {
		gone := submit(t, s, envelope("ada", form("e", "hads", "1"))).Forms[0].Submission
		stays := submit(t, s, envelope("ada", form("e", "pcs", "2"))).Forms[0].Submission
		ofNobody, real := staged(t, s, "of nobody", gone), staged(t, s, "real", stays)
		retract(t, s, gone, 1)
		before := must(s.LastChange(ctx, unit))(t)
		for i := range 6 {
			flip(t, s, ofNobody, i%2 == 0)
		}
		flip(t, s, real, true)
		submit(t, s, envelope("ada", form("e", "isi", "3")))
		want := []string{fmt.Sprint(before+7, " rescored 2 by real"), fmt.Sprint(before+8, " submitted 3")}
		for _, limit := range []int{1, 2, 3, 6, 7, 20} {
			same(t, fmt.Sprint("by ", limit), told(feedAfter(t, s, unit, before, "", limit)), want)
		}
	},

	"what is staged and what is dropped is no change": func(t *testing.T, s fixture) {
		forms := threeForms(t, s)
		before := told(feed(t, s, unit, 10))
		staged(t, s, "p", forms...)
		same(t, "staged", told(feed(t, s, unit, 10)), before)
		must(s.DropRescore(ctx, "p", at, 1))(t)
		same(t, "dropped", told(feed(t, s, unit, 10)), before)
	},

	"a unit's feed is its own, and nothing is asked in vain": func(t *testing.T, s fixture) {
		forms := threeForms(t, s)
		flip(t, s, staged(t, s, "p", forms...), true)
		same(t, "the other unit's", told(feed(t, s, "SE-2", 10)), []string{"2 submitted 3", "3 rescored 3 by p"})
		for name, changes := range map[string][]store.Change{
			"an unknown unit's": must(s.Changes(ctx, "SE-3", 0, "", 10))(t),
			"none asked for":    must(s.Changes(ctx, unit, 0, "", 0))(t),
			"less than none":    must(s.Changes(ctx, unit, 0, "", -1))(t),
			"from the future":   must(s.Changes(ctx, unit, 1<<40, "", 10))(t),
		} {
			if len(changes) != 0 {
				t.Errorf("%s: %v", name, told(changes))
			}
		}
		if _, err := s.Changes(ctx, unit, 1, "nowhere", 10); err == nil {
			t.Error("a place that is none was taken")
		}
	},

	"a reader that goes on from where it stopped has seen everything, in one order": func(t *testing.T, s fixture) {
		forms := threeForms(t, s)
		plan := staged(t, s, "p", forms...)
		done := make(chan struct{})
		go func() {
			defer close(done)
			together(func(i int) {
				f := form("e1", fmt.Sprint("i", i), fmt.Sprint("client ", i))
				got := must(s.Submit(ctx, envelope("patient 0", f)))(t)
				if len(got.Forms) == 1 {
					must(s.Amend(ctx, with(corrected(f, "a"), moves["another occasion"]), 1))(t)
				}
				if i == 0 {
					for n := range 10 {
						must(s.FlipRescore(ctx, plan.PlanID, store.RescoreFlip{Applied: n%2 == 0, At: at}, now(t, s, plan)))(t)
					}
				}
			})
		}()
		var seen []store.Change
		seq, within := int64(0), ""
		for running, n := true, 0; running || n > 0; {
			select {
			case <-done:
				running = false
			default:
			}
			page := must(s.Changes(ctx, unit, seq, within, 5))(t)
			if n = len(page); n > 0 {
				seen = append(seen, page...)
				seq, within = page[n-1].ChangeSeq, page[n-1].Within
			}
		}
		same(t, "what was seen", told(seen), told(feed(t, s, unit, 1000)))
	},
}
