package storetest

import (
	"fmt"
	"testing"

	"github.com/painscore/painscore/server/store"
)

// shared is an act about episode e of the test unit.
func shared(with string, on bool, note string) store.Share {
	return store.Share{CareUnit: unit, EpisodeID: "e", With: with, Shared: on, Act: store.Act{By: "bob", At: at, Note: note}}
}

// acted is a shared act as the store keeps it.
func acted(number int64, share store.Share) store.Share {
	share.Number, share.At = number, kept(share.At)
	return share
}

func share(t *testing.T, s store.Shares, act store.Share) store.Share {
	t.Helper()
	return must(s.ShareEpisode(ctx, act))(t)
}

var shareTests = map[string]func(*testing.T, fixture){
	"every act about an episode is kept, by unit and in order": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		put(t, s, episode(unit, "e2"), "ada", 0)
		var want []store.Share
		for _, with := range []string{"SE-A", "SE-Z", "SE-a"} {
			for n := range int64(3) {
				act := shared(with, n%2 == 0, fmt.Sprint("because ", n))
				same(t, "reply", share(t, s, act), acted(n+1, act))
				want = append(want, acted(n+1, act))
			}
		}
		same(t, "acts", must(s.Shares(ctx, unit, "e"))(t), want)
		s.Store = s.reopen()
		same(t, "after a restart", must(s.Shares(ctx, unit, "e"))(t), want)
		for _, other := range [][2]string{{unit, "e2"}, {"SE-A", "e"}, {unit, "E"}} {
			if acts := must(s.Shares(ctx, other[0], other[1]))(t); len(acts) != 0 {
				t.Errorf("%v: %+v", other, acts)
			}
		}
	},

	"an act that changes nothing writes nothing and tells the one that stands": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		never := store.Share{CareUnit: unit, EpisodeID: "e", With: "SE-2"}
		same(t, "not shared ever", share(t, s, shared("SE-2", false, "no")), never)
		first := share(t, s, shared("SE-2", true, "first"))
		same(t, "again", share(t, s, shared("SE-2", true, "second")), first)
		ended := share(t, s, shared("SE-2", false, "ended"))
		same(t, "ended again", share(t, s, shared("SE-2", false, "twice")), ended)
		same(t, "acts", must(s.Shares(ctx, unit, "e"))(t), []store.Share{first, ended})
	},

	"an act about no episode, or with nobody, is refused": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		_, err := s.ShareEpisode(ctx, altered(shared("SE-2", true, ""), func(a *store.Share) { a.EpisodeID = "E" }))
		isError(t, "unknown episode", err, store.ErrNotFound)
		_, err = s.ShareEpisode(ctx, altered(shared("SE-2", true, ""), func(a *store.Share) { a.CareUnit = "SE-3" }))
		isError(t, "another unit's", err, store.ErrNotFound)
		for _, bad := range []store.Share{shared("", true, ""), shared(unit, true, ""), shared("SE-2", true, "\x00")} {
			if _, err := s.ShareEpisode(ctx, bad); err == nil {
				t.Errorf("written: %+v", bad)
			}
		}
		if acts := must(s.Shares(ctx, unit, "e"))(t); len(acts) != 0 {
			t.Errorf("%+v", acts)
		}
	},

	"a unit sees the current versions of what is shared with it, by pages, for as long as it is": func(t *testing.T, s fixture) {
		var want []store.Episode
		for _, owner := range []string{"SE-1", "SE-a"} {
			for i := range 4 {
				id := byteOrder[i*4]
				put(t, s, episode(owner, id), "ada", 0)
				act := store.Share{CareUnit: owner, EpisodeID: id, With: "SE-me", Shared: true, Act: store.Act{At: at}}
				share(t, s, act)
				act.With = "SE-other"
				share(t, s, act)
				if i == 1 {
					act.With, act.Shared = "SE-me", false
					share(t, s, act)
					continue
				}
				if i == 2 { // ended and given again
					act.With, act.Shared = "SE-me", false
					share(t, s, act)
					act.Shared = true
					share(t, s, act)
				}
				want = append(want, put(t, s, altered(episode(owner, id), func(e *store.Episode) { e.Cohort = "new" }), "ada", 1))
			}
		}
		for _, limit := range []int{1, 2, 4, 100} {
			var got []store.Episode
			unit, id := "", ""
			for {
				page := must(s.SharedWith(ctx, "SE-me", unit, id, limit))(t)
				if len(page) == 0 || len(page) > limit {
					break
				}
				got = append(got, page...)
				unit, id = page[len(page)-1].CareUnit, page[len(page)-1].EpisodeID
			}
			same(t, fmt.Sprint("by ", limit), got, want)
		}
		if all := must(s.SharedWith(ctx, "SE-other", "", "", 100))(t); len(all) != 8 {
			t.Errorf("the other unit sees %d", len(all))
		}
		if none := must(s.SharedWith(ctx, "SE-1", "", "", 100))(t); len(none) != 0 {
			t.Errorf("an owner sees its own as shared: %+v", none)
		}
		if none := must(s.SharedWith(ctx, "SE-me", "", "", -1))(t); len(none) != 0 {
			t.Errorf("less than none: %+v", none)
		}
	},

	"of many who share an episode at once, one act is written": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		together(func(i int) { share(t, s, shared("SE-2", true, fmt.Sprint(i))) })
		if acts := must(s.Shares(ctx, unit, "e"))(t); len(acts) != 1 {
			t.Errorf("%d acts", len(acts))
		}
	},
}

// altered returns a copy of a record that was changed.
func altered[T any](record T, change func(*T)) T {
	change(&record)
	return record
}
