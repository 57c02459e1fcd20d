package storetest

import (
	"fmt"
	"testing"

	"github.com/painscore/painscore/server/store"
)

// acting is an act about the baseline of episode e of the test unit.
func acting(id, kind string) store.OccasionAct {
	return store.OccasionAct{
		CareUnit: unit, EpisodeID: "e", System: "ehr", ActID: id, Kind: kind, Occasion: store.Baseline, DoneOn: "2025-06-01",
		Detail: "sheet 2", Act: store.Act{By: "bob", At: at, Note: "n"},
	}
}

func recordAct(t *testing.T, s store.Dispatches, act store.OccasionAct) store.OccasionAct {
	t.Helper()
	stands, replayed, err := s.RecordAct(ctx, act)
	if err != nil || replayed {
		t.Errorf("record %s: %v, replayed %v", act.ActID, err, replayed)
	}
	return stands
}

func paperCode(code, episodeID string, occasion store.Occasion, label string) store.PaperCode {
	return store.PaperCode{Code: code, CareUnit: unit, OccasionKey: store.OccasionKey{EpisodeID: episodeID, Occasion: occasion, OccasionLabel: label}, MadeAt: at}
}

var dispatchTests = map[string]func(*testing.T, fixture){
	"every act about an episode is kept in order, whole, and is there after a restart": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		put(t, s, episode(unit, "e2"), "ada", 0)
		var full store.OccasionAct
		fill(&full)
		full.CareUnit, full.EpisodeID = unit, "e"
		want := []store.OccasionAct{recordAct(t, s, full), recordAct(t, s, acting("2", "reminded")), recordAct(t, s, acting("1", "sent"))}
		full.Number, full.At = 1, kept(full.At)
		same(t, "the first", want[0], full)
		recordAct(t, s, altered(acting("3", "sent"), func(a *store.OccasionAct) { a.EpisodeID = "e2" }))
		if want[1].Number != 2 || want[2].Number != 3 {
			t.Errorf("numbers %d, %d", want[1].Number, want[2].Number)
		}
		same(t, "acts", must(s.OccasionActs(ctx, unit, "e"))(t), want)
		again := s.reopen()
		same(t, "after a restart", must(again.OccasionActs(ctx, unit, "e"))(t), want)
		if acts := must(again.OccasionActs(ctx, "SE-2", "e"))(t); len(acts) != 0 {
			t.Errorf("another unit's: %+v", acts)
		}
	},

	"an act sent again is told and not written, whoever sends it and when": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		first := recordAct(t, s, acting("1", "sent"))
		retry := altered(acting("1", "sent"), func(a *store.OccasionAct) { a.By, a.At = "eve", later })
		stands, replayed, err := s.RecordAct(ctx, retry)
		if err != nil || !replayed {
			t.Errorf("%v, replayed %v", err, replayed)
		}
		same(t, "stands", stands, first)
		other := altered(acting("1", "sent"), func(a *store.OccasionAct) { a.System = "another" })
		if got := recordAct(t, s, other); got.Number != 2 {
			t.Errorf("the id of another system: %+v", got)
		}
	},

	"an id that stands for another act is refused": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		put(t, s, episode(unit, "e2"), "ada", 0)
		first := recordAct(t, s, acting("1", "sent"))
		for name, change := range map[string]func(*store.OccasionAct){
			"episode": func(a *store.OccasionAct) { a.EpisodeID = "e2" }, "kind": func(a *store.OccasionAct) { a.Kind = "returned" },
			"occasion": func(a *store.OccasionAct) { a.Occasion = store.ProgrammeEnd }, "label": func(a *store.OccasionAct) { a.OccasionLabel = "x" },
			"day": func(a *store.OccasionAct) { a.DoneOn = "2025-06-02" }, "detail": func(a *store.OccasionAct) { a.Detail = "" },
			"note": func(a *store.OccasionAct) { a.Note = "" },
		} {
			_, _, err := s.RecordAct(ctx, altered(acting("1", "sent"), change))
			isError(t, name, err, store.ErrIDReused)
		}
		same(t, "acts", must(s.OccasionActs(ctx, unit, "e"))(t), []store.OccasionAct{first})
	},

	"an act about no episode, or without a name or a kind, is refused": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		_, _, err := s.RecordAct(ctx, altered(acting("1", "sent"), func(a *store.OccasionAct) { a.EpisodeID = "E" }))
		isError(t, "no episode", err, store.ErrNotFound)
		_, err = s.KeepPaperCode(ctx, paperCode("C", "E", store.Baseline, ""))
		isError(t, "a code for no episode", err, store.ErrNotFound)
		for _, bad := range []store.OccasionAct{acting("", "sent"), acting("1", ""), altered(acting("1", "sent"), func(a *store.OccasionAct) { a.Occasion = "" }),
			altered(acting("1", "sent"), func(a *store.OccasionAct) { a.Note = "\x1f" })} {
			if _, _, err := s.RecordAct(ctx, bad); err == nil {
				t.Errorf("written: %+v", bad)
			}
		}
		for _, bad := range []store.PaperCode{paperCode("", "e", store.Baseline, ""), paperCode("C", "e", "", ""), paperCode("C\x00", "e", store.Baseline, "")} {
			if _, err := s.KeepPaperCode(ctx, bad); err == nil {
				t.Errorf("kept: %+v", bad)
			}
		}
		if acts := must(s.OccasionActs(ctx, unit, "e"))(t); len(acts) != 0 {
			t.Errorf("%+v", acts)
		}
	},

	"the occasions with an act of a kind are listed once, in order, one unit's": func(t *testing.T, s fixture) {
		var want []store.OccasionKey
		for _, id := range []string{"A", "a"} {
			put(t, s, episode(unit, id), "ada", 0)
			for _, at := range []store.OccasionKey{{EpisodeID: id, Occasion: store.Baseline}, {EpisodeID: id, Occasion: store.OtherOccasion, OccasionLabel: "6 weeks"}, {EpisodeID: id, Occasion: store.OtherOccasion, OccasionLabel: "a"}} {
				want = append(want, at)
				for n, kind := range []string{"declined", "declined", "sent"} {
					recordAct(t, s, altered(acting(fmt.Sprint(id, at, n), kind), func(a *store.OccasionAct) {
						a.EpisodeID, a.Occasion, a.OccasionLabel = id, at.Occasion, at.OccasionLabel
					}))
				}
			}
		}
		same(t, "declined", must(s.OccasionsWithAct(ctx, unit, "declined"))(t), want)
		for _, none := range [][2]string{{unit, "returned"}, {"SE-2", "declined"}} {
			if got := must(s.OccasionsWithAct(ctx, none[0], none[1]))(t); len(got) != 0 {
				t.Errorf("%v: %+v", none, got)
			}
		}
	},

	"an occasion has one code for good, and a code one occasion": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		first := must(s.KeepPaperCode(ctx, paperCode("C1", "e", store.OtherOccasion, "6 weeks")))(t)
		want := paperCode("C1", "e", store.OtherOccasion, "6 weeks")
		want.MadeAt = kept(at)
		same(t, "first", first, want)
		same(t, "another code", must(s.KeepPaperCode(ctx, paperCode("C2", "e", store.OtherOccasion, "6 weeks")))(t), want)
		_, err := s.KeepPaperCode(ctx, paperCode("C1", "e", store.Baseline, ""))
		isError(t, "taken", err, store.ErrIDReused)
		same(t, "found", must(s.reopen().PaperCode(ctx, "C1"))(t), want)
	},

	"an episode's codes are listed by occasion, and no other's": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		put(t, s, episode(unit, "e2"), "ada", 0)
		put(t, s, episode("SE-2", "e"), "ada", 0)
		var want []store.PaperCode
		for i, c := range []store.PaperCode{
			paperCode("C9", "e", store.Baseline, ""), paperCode("C2", "e", store.OtherOccasion, "a"), paperCode("C1", "e", store.OtherOccasion, "b"),
			paperCode("C3", "e2", store.Baseline, ""),
			altered(paperCode("C4", "e", store.Baseline, ""), func(c *store.PaperCode) { c.CareUnit = "SE-2" }),
		} {
			if c = must(s.KeepPaperCode(ctx, c))(t); i < 3 {
				want = append(want, c)
			}
		}
		same(t, "codes", must(s.PaperCodesOf(ctx, unit, "e"))(t), want)
		same(t, "of none", must(s.PaperCodesOf(ctx, unit, "e3"))(t), []store.PaperCode(nil))
	},

	"a code that is nobody's is not found": func(t *testing.T, s fixture) {
		for _, code := range []string{"", "C1"} {
			_, err := s.PaperCode(ctx, code)
			isError(t, code, err, store.ErrNotFound)
		}
	},

	"of many who act at once each gets a number, and one act sent by all is written once": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		together(func(i int) {
			recordAct(t, s, acting(fmt.Sprint("own ", i), "sent"))
			must2(s.RecordAct(ctx, acting("shared", "sent")))(t)
			must(s.KeepPaperCode(ctx, paperCode(fmt.Sprint("C", i), "e", store.Baseline, "")))(t)
		})
		acts := must(s.OccasionActs(ctx, unit, "e"))(t)
		if len(acts) != clients+1 {
			t.Errorf("%d acts", len(acts))
		}
		for i, act := range acts {
			if act.Number != int64(i+1) {
				t.Errorf("number %d at place %d", act.Number, i+1)
			}
		}
		codes := 0
		for i := range clients {
			if _, err := s.PaperCode(ctx, fmt.Sprint("C", i)); err == nil {
				codes++
			}
		}
		if codes != 1 {
			t.Errorf("%d codes for one occasion", codes)
		}
	},
}

// must2 is must for a call that tells two things.
func must2[A, B any](a A, _ B, err error) func(*testing.T) A { return must(a, err) }
