package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/painscore/painscore/server/store"
)

var rescoreTests = map[string]func(*testing.T, fixture){
	"a plan comes back whole, and a plan that makes no sense is refused": func(t *testing.T, s fixture) {
		forms := threeForms(t, s)
		first := planFor("p0", forms)
		if err := s.KeepRescorePlan(ctx, first); err != nil {
			t.Fatal(err)
		}
		var full store.RescorePlan
		fill(&full.RescoreCounts)
		full.PlanID, full.Instrument, full.RequestedVersion, full.TargetVersion, full.TargetHash = "p1", "hads", "2 asked", "2", "hash"
		full.AllUnits, full.AnsweredFrom, full.AnsweredTo, full.MadeBy, full.MadeAt = true, "2025-01-01", "2025-12-31", "ada", kept(at)
		full.Digest, full.BuiltOn = []byte{0, 255}, []string{"p0"}
		full.Scope = []store.RescoreScope{{CareUnit: "SE-2", ChangeSeq: 7, Forms: 3}, {CareUnit: unit, ChangeSeq: 9}}
		full.Sources = []store.RescoreSource{{Version: "0", DefinitionHash: "h0", Forms: 1}, {Version: "1", DefinitionHash: "h1", Forms: 2}}
		if err := s.KeepRescorePlan(ctx, full); err != nil {
			t.Fatal(err)
		}
		same(t, "plan", must(s.RescorePlan(ctx, "p1"))(t), full)
		s.Store = s.reopen()
		same(t, "after a restart", must(s.RescorePlan(ctx, "p1"))(t), full)
		for name, change := range map[string]func(*store.RescorePlan){
			"no id": func(p *store.RescorePlan) { p.PlanID = "" }, "no digest": func(p *store.RescorePlan) { p.Digest = nil },
			"nothing to do": func(p *store.RescorePlan) { p.Scope = p.Scope[1:] },
		} {
			bad := full
			change(&bad)
			if err := s.KeepRescorePlan(ctx, bad); err == nil {
				t.Errorf("%s: kept", name)
			}
		}
		_, err := s.RescorePlan(ctx, "p")
		isError(t, "unknown", err, store.ErrNotFound)
		_, err = s.FlipRescore(ctx, "p", store.RescoreFlip{Applied: true}, nil)
		isError(t, "flip an unknown plan", err, store.ErrNotFound)
		isError(t, "stage an unknown plan", s.StageRescore(ctx, "p", anew("p", forms[0])), store.ErrNotFound)
		_, err = s.DropRescore(ctx, "p", at, 1)
		isError(t, "drop an unknown plan", err, store.ErrNotFound)
	},

	"staged scores are seen by nobody, and staging them again changes nothing": func(t *testing.T, s fixture) {
		forms := threeForms(t, s)
		before := must(s.LastChange(ctx, unit))(t)
		staged(t, s, "p", forms...)
		if err := s.StageRescore(ctx, "p", anew("p", forms[1:]...)); err != nil {
			t.Error(err)
		}
		same(t, "counts by", by(t, s, 0, forms...), []string{"", "", ""})
		if after := must(s.LastChange(ctx, unit))(t); after != before {
			t.Errorf("the last change is %d, was %d", after, before)
		}
		versions := must(s.SubmissionVersions(ctx, unit, "ehr", "1"))(t)
		same(t, "versions", versions, []store.SubmissionVersion{{Submission: forms[0], Live: true}})
	},

	"one flip makes all scores of a plan count in every unit, and another the old ones": func(t *testing.T, s fixture) {
		forms := threeForms(t, s)
		plan := staged(t, s, "p", forms...)
		states := []string{""}
		seen := []int64{must(s.LastChange(ctx, unit))(t)}
		for i := range 4 {
			applied := i%2 == 0
			flipped := flip(t, s, plan, applied)
			if len(flipped.Flips) != i+1 || flipped.Flips[i] != (store.RescoreFlip{Applied: applied, By: "bob", At: kept(at), Note: "why"}) {
				t.Errorf("flips: %+v", flipped.Flips)
			}
			state := map[bool]string{true: "p"}[applied]
			same(t, "counts by", by(t, s, 0, forms...), []string{state, state, state})
			last := must(s.LastChange(ctx, unit))(t)
			if last != seen[i]+1 {
				t.Errorf("flip %d took changes %d to %d", i, seen[i]+1, last)
			}
			if got := must(s.Submission(ctx, unit, "ehr", "1"))(t); got.RescoredSeq != last {
				t.Errorf("flip %d: the form says it moved at %d, not %d", i, got.RescoredSeq, last)
			}
			states, seen = append(states, state), append(seen, last)
		}
		for i, asOf := range seen {
			same(t, fmt.Sprint("as of flip ", i), by(t, s, asOf, forms[:2]...), []string{states[i], states[i]})
		}
		s.Store = s.reopen()
		flip(t, s, plan, true)
		same(t, "after a restart", by(t, s, 0, forms...), []string{"p", "p", "p"})
	},

	"a flip that is made already writes nothing": func(t *testing.T, s fixture) {
		forms := threeForms(t, s)
		plan := staged(t, s, "p", forms...)
		last := must(s.LastChange(ctx, unit))(t)
		if got := flip(t, s, plan, false); len(got.Flips) != 0 {
			t.Errorf("a plan that was never applied was reverted: %+v", got.Flips)
		}
		flip(t, s, plan, true)
		// Whoever asks again may know nothing of what happened since.
		again := must(s.FlipRescore(ctx, "p", store.RescoreFlip{Applied: true, By: "eve", At: at}, nil))(t)
		if len(again.Flips) != 1 || again.Flips[0].By != "bob" {
			t.Errorf("flips: %+v", again.Flips)
		}
		if after := must(s.LastChange(ctx, unit))(t); after != last+1 {
			t.Errorf("changes up to %d, were %d", after, last)
		}
	},

	"slots, ids and retries are what they were, staged, applied and reverted": func(t *testing.T, s fixture) {
		forms := threeForms(t, s)
		plan := staged(t, s, "p", forms...)
		check := func(when string) {
			replay := submit(t, s, envelope("patient 0", form("e1", "hads", "1"))).Forms[0]
			same(t, when+": a retry", replay, store.StoredForm{Submission: forms[0], Replayed: true, Newest: 1, NewestState: store.Live})
			_, err := s.Submit(ctx, envelope("patient 0", form("e1", "hads", "another")))
			isError(t, when+": the slot", err, store.ErrSlotTaken)
			_, err = s.Submit(ctx, envelope("patient 0", with(form("e1", "hads", "1"), func(f *store.Submission) { f.Digest = []byte("x") })))
			isError(t, when+": the id", err, store.ErrIDReused)
			if got := must(s.Submission(ctx, unit, "ehr", "1"))(t); got.Version != 1 || got.ChangeSeq != forms[0].ChangeSeq {
				t.Errorf("%s: version %d, change %d", when, got.Version, got.ChangeSeq)
			}
			if all := must(s.SubmissionsOfEpisode(ctx, unit, "e1", 0))(t); len(all) != 2 {
				t.Errorf("%s: %d forms", when, len(all))
			}
		}
		check("staged")
		flip(t, s, plan, true)
		check("applied")
		flip(t, s, plan, false)
		check("reverted")
		// A later form of the unit takes the next change number.
		last := must(s.LastChange(ctx, unit))(t)
		if got := submit(t, s, envelope("patient 0", form("e1", "isi", "5"))).Forms[0]; got.ChangeSeq != last+1 || got.RescorePlan != "" || got.RescoredSeq != 0 {
			t.Errorf("after it: %+v", got)
		}
	},

	"what scores count is the store's to set": func(t *testing.T, s fixture) {
		forged := with(form("e", "hads", "1"), func(f *store.Submission) { f.RescorePlan, f.RescoredSeq = "p", 7 })
		if got := submit(t, s, envelope("ada", forged)).Forms[0]; got.RescorePlan != "" || got.RescoredSeq != 0 {
			t.Errorf("%+v", got)
		}
	},

	"a submission version that is not there cannot be scored anew, and nothing of the call is written": func(t *testing.T, s fixture) {
		forms := threeForms(t, s)
		plan := planFor("p", forms)
		if err := s.KeepRescorePlan(ctx, plan); err != nil {
			t.Fatal(err)
		}
		gone := with(forms[1], func(f *store.Submission) { f.Version = 2 })
		isError(t, "stage", s.StageRescore(ctx, "p", anew("p", forms[0], gone)), store.ErrStale)
		// If the first of the two had stayed, these two would make three.
		if err := s.StageRescore(ctx, "p", anew("p", forms[1:]...)); err != nil {
			t.Fatal(err)
		}
		_, err := s.FlipRescore(ctx, "p", store.RescoreFlip{Applied: true}, now(t, s, plan))
		isError(t, "apply what is staged in part", err, store.ErrStale)
		same(t, "counts by", by(t, s, 0, forms...), []string{"", "", ""})
		if err := s.StageRescore(ctx, "p", anew("p", forms...)); err != nil {
			t.Fatal(err)
		}
		flip(t, s, plan, true)
	},

	"a plan is stale where another of the instrument was flipped since": func(t *testing.T, s fixture) {
		forms := threeForms(t, s)
		mine, others := staged(t, s, "mine", forms[:2]...), staged(t, s, "others", forms[2])
		since := now(t, s, mine)
		flip(t, s, others, true) // in another unit: nothing to do with mine
		third := staged(t, s, "third", forms[0])
		flip(t, s, third, true)
		flip(t, s, third, false)
		_, err := s.FlipRescore(ctx, "mine", store.RescoreFlip{Applied: true}, since)
		isError(t, "apply", err, store.ErrStale)
		// Somebody who has looked again may.
		flip(t, s, mine, true)
		same(t, "counts by", by(t, s, 0, forms...), []string{"mine", "mine", "others"})
		// To take it back nothing needs to have been seen.
		if _, err := s.FlipRescore(ctx, "mine", store.RescoreFlip{}, nil); err != nil {
			t.Error(err)
		}
	},

	"plans that build on each other are reverted from the last to the first": func(t *testing.T, s fixture) {
		forms := threeForms(t, s)
		first := staged(t, s, "first", forms...)
		flip(t, s, first, true)
		upon := planFor("second", forms[:1])
		upon.BuiltOn = []string{"first"}
		stagedOn(t, s, upon, forms[0])
		flip(t, s, upon, true)
		same(t, "both applied", by(t, s, 0, forms...), []string{"second", "first", "first"})
		_, err := s.FlipRescore(ctx, "first", store.RescoreFlip{}, nil)
		isError(t, "revert the first", err, store.ErrBuiltUpon)
		same(t, "as before", by(t, s, 0, forms...), []string{"second", "first", "first"})
		flip(t, s, upon, false)
		same(t, "the second reverted", by(t, s, 0, forms...), []string{"first", "first", "first"})
		flip(t, s, first, false)
		same(t, "both reverted", by(t, s, 0, forms...), []string{"", "", ""})
		flip(t, s, first, true)
		flip(t, s, upon, true)
		same(t, "both again", by(t, s, 0, forms...), []string{"second", "first", "first"})
	},

	"a plan that was never applied can be dropped, by and by, and is then stale for good": func(t *testing.T, s fixture) {
		forms := threeForms(t, s)
		plan := staged(t, s, "p", forms...)
		calls := 0
		for more := true; more && calls < 10; calls++ {
			more = must(s.DropRescore(ctx, "p", at, 1))(t)
		}
		if calls < 3 {
			t.Errorf("three scores were deleted one by one in %d calls", calls)
		}
		if got := must(s.RescorePlan(ctx, "p"))(t); !got.DroppedAt.Equal(kept(at)) {
			t.Errorf("dropped at %v", got.DroppedAt)
		}
		isError(t, "stage", s.StageRescore(ctx, "p", anew("p", forms...)), store.ErrStale)
		_, err := s.FlipRescore(ctx, "p", store.RescoreFlip{Applied: true}, now(t, s, plan))
		isError(t, "apply", err, store.ErrStale)
		same(t, "counts by", by(t, s, 0, forms...), []string{"", "", ""})
	},

	"a plan that was ever applied stays, with its scores": func(t *testing.T, s fixture) {
		forms := threeForms(t, s)
		plan := staged(t, s, "p", forms...)
		flip(t, s, plan, true)
		flip(t, s, plan, false)
		if more := must(s.DropRescore(ctx, "p", at, 100))(t); more {
			t.Error("there was something to drop")
		}
		flip(t, s, plan, true)
		same(t, "counts by", by(t, s, 0, forms...), []string{"p", "p", "p"})
	},

	"every scoring of a submission is listed, with its flips": func(t *testing.T, s fixture) {
		forms := threeForms(t, s)
		p, q := staged(t, s, "p", forms...), staged(t, s, "q", forms[0])
		flip(t, s, q, true)
		flip(t, s, q, false)
		flip(t, s, p, true)
		want := []store.SubmissionVersion{{Submission: forms[0], Live: true, Rescored: []store.Rescoring{
			{PlanID: "q", InstrumentVersion: "2", Scores: "by q of 1", Flips: []store.RescoreFlip{
				{Applied: true, By: "bob", At: kept(at), Note: "why", ChangeSeq: 6}, {Applied: false, By: "bob", At: kept(at), Note: "why", ChangeSeq: 7}}},
			{PlanID: "p", InstrumentVersion: "2", Scores: "by p of 1", Flips: []store.RescoreFlip{{Applied: true, By: "bob", At: kept(at), Note: "why", ChangeSeq: 8}}},
		}}}
		same(t, "versions", must(s.SubmissionVersions(ctx, unit, "ehr", "1"))(t), want)
		for _, key := range [][3]string{{"SE-2", "ehr", "1"}, {unit, "app", "1"}, {unit, "ehr", "7"}} {
			_, err := s.SubmissionVersions(ctx, key[0], key[1], key[2])
			isError(t, fmt.Sprint(key), err, store.ErrNotFound)
		}
	},

	"an instrument's submissions come by runs of episodes, whole and in order": func(t *testing.T, s fixture) {
		var want []store.Submission
		for i := range byteOrder {
			id := byteOrder[(i*7)%len(byteOrder)]
			end := with(form(id, "hads", "end "+id), func(f *store.Submission) { f.Occasion = store.ProgrammeEnd })
			for _, f := range submit(t, s, envelope("ada", form(id, "hads", id), form(id, "pcs", "pcs "+id), end)).Forms {
				if f.Instrument == "hads" {
					want = append(want, f.Submission)
				}
			}
			put(t, s, episode(unit, id+"~ has no form"), "ada", 0)
		}
		slices.SortFunc(want, func(a, b store.Submission) int {
			return 2*strings.Compare(a.EpisodeID, b.EpisodeID) + strings.Compare(string(a.Occasion), string(b.Occasion))
		})
		for _, size := range []int{1, 5, 2 * len(byteOrder), 100} {
			var got []store.Submission
			for after, calls := "", 0; ; calls++ {
				subs, next, err := s.InstrumentSubmissions(ctx, unit, "hads", after, size, 0)
				if err != nil || len(subs) > 2*size {
					t.Fatal(len(subs), err)
				}
				got = append(got, subs...)
				if after = next; next == "" || calls > 100 {
					break
				}
			}
			same(t, fmt.Sprint("runs of ", size), got, want)
		}
		if none, next, err := s.InstrumentSubmissions(ctx, "SE-2", "hads", "", 10, 0); len(none) != 0 || next != "" || err != nil {
			t.Error(none, next, err)
		}
	},

	"while scores are flipped to and fro, every read sees all of a plan or nothing": func(t *testing.T, s fixture) {
		var forms []store.Submission
		for i := range 6 {
			forms = append(forms, form("e", fmt.Sprint("hads", i), fmt.Sprint(i)))
		}
		for i, stored := range submit(t, s, envelope("ada", forms...)).Forms {
			forms[i] = stored.Submission
		}
		plan := staged(t, s, "p", forms...)
		done := make(chan struct{})
		go func() {
			defer close(done)
			for i := range 40 {
				flip(t, s, plan, i%2 == 0)
				submit(t, s, envelope("ada", form("e", fmt.Sprint("other", i), fmt.Sprint("o", i))))
			}
		}()
		seen := map[bool]int{}
		for running := true; running; {
			select {
			case <-done:
				running = false
			default:
			}
			byPlan := 0
			for _, f := range must(s.SubmissionsOfEpisode(ctx, unit, "e", 0))(t) {
				if f.RescorePlan == "p" {
					byPlan++
				}
			}
			if byPlan != 0 && byPlan != len(forms) {
				t.Fatalf("%d of %d forms count by the plan", byPlan, len(forms))
			}
			seen[byPlan > 0]++
			time.Sleep(100 * time.Microsecond)
		}
		if seen[true] == 0 || seen[false] == 0 {
			t.Errorf("states seen: %v", seen)
		}
	},

	"of many who flip at once, one does, and nothing is lost beside them": func(t *testing.T, s fixture) {
		forms := threeForms(t, s)
		plan := staged(t, s, "p", forms...)
		since := now(t, s, plan)
		together(func(i int) {
			if i%2 == 0 {
				if _, err := s.FlipRescore(ctx, "p", store.RescoreFlip{Applied: true, By: fmt.Sprint(i), At: at}, since); err != nil {
					t.Error(err)
				}
				return
			}
			if _, err := s.Submit(ctx, envelope("ada", form("e9", "hads", fmt.Sprint("s", i)))); err != nil && !errors.Is(err, store.ErrSlotTaken) {
				t.Error(err)
			}
		})
		if got := must(s.RescorePlan(ctx, "p"))(t); len(got.Flips) != 1 || !got.Applied() {
			t.Errorf("flips: %+v", got.Flips)
		}
		same(t, "counts by", by(t, s, 0, forms...), []string{"p", "p", "p"})
	},
}
