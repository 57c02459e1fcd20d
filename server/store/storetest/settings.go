package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/painscore/painscore/server/store"
)

func setting(careUnit, kind, name, value string) store.Setting {
	return store.Setting{CareUnit: careUnit, Kind: kind, Name: name, Value: value, By: "ebba", At: at}
}

func putSetting(t *testing.T, s store.Settings, next store.Setting, read int64) store.Setting {
	t.Helper()
	put, err := s.PutSetting(ctx, next, read)
	if err != nil {
		t.Fatalf("put setting: %v", err)
	}
	return put
}

var settingTests = map[string]func(*testing.T, fixture){
	"a setting comes back whole, and is there after a restart": func(t *testing.T, s fixture) {
		var full store.Setting
		fill(&full)
		written := putSetting(t, s, full, 0)
		want := full
		want.Number, want.Change, want.At = 1, 1, kept(full.At)
		same(t, "reply", written, want)
		same(t, "settings", must(s.Settings(ctx))(t), []store.Setting{want})
		same(t, "history", must(s.SettingsHistory(ctx))(t), []store.Setting{want})
		again := s.reopen()
		same(t, "after a restart", must(again.Settings(ctx))(t), []store.Setting{want})
		if change := must(again.SettingsChange(ctx))(t); change != 1 {
			t.Errorf("change %d after a restart", change)
		}
	},

	"the newest version holds, and the old ones stay as they were": func(t *testing.T, s fixture) {
		var want []store.Setting
		for i, value := range []string{"1", "2", "", "1"} { // the third removes it
			next := setting(unit, "window", "baseline", value)
			next.At = at.AddDate(0, 0, -i) // the order of the acts counts, not the clock
			next.Note = fmt.Sprint("act ", i)
			want = append(want, putSetting(t, s, next, int64(i)))
			if want[i].Number != int64(i+1) {
				t.Errorf("number %d at act %d", want[i].Number, i)
			}
			same(t, "settings", must(s.Settings(ctx))(t), want[i:])
			same(t, "history", must(s.SettingsHistory(ctx))(t), want)
		}
	},

	"a change made from another version than the newest is refused and writes nothing": func(t *testing.T, s fixture) {
		first := putSetting(t, s, setting(unit, "norm", "a", "1"), 0)
		second := putSetting(t, s, setting(unit, "norm", "a", "2"), 1)
		change := must(s.SettingsChange(ctx))(t)
		for _, read := range []int64{0, 1, 3, -1} {
			put, err := s.PutSetting(ctx, setting(unit, "norm", "a", "x"), read)
			isError(t, fmt.Sprint("from ", read), err, store.ErrStale)
			same(t, "what came beside the error", put, store.Setting{})
		}
		_, err := s.PutSetting(ctx, setting(unit, "norm", "never was", "x"), 1)
		isError(t, "one that never was", err, store.ErrStale)
		same(t, "history", must(s.SettingsHistory(ctx))(t), []store.Setting{first, second})
		if now := must(s.SettingsChange(ctx))(t); now != change {
			t.Errorf("change %d, was %d", now, change)
		}
	},

	"care unit, kind and name together name a setting, and order the list byte by byte": func(t *testing.T, s fixture) {
		var want []store.Setting
		for _, careUnit := range []string{"", "SE-1", "SE-1 ", "se-1"} {
			for _, kind := range []string{"A", "a"} {
				for _, name := range byteOrder {
					want = append(want, setting(careUnit, kind, name, careUnit+"/"+kind+"/"+name))
				}
			}
		}
		// Put in another order: every seventh, again and again.
		for first := range 7 {
			for i := first; i < len(want); i += 7 {
				want[i] = putSetting(t, s, want[i], 0)
			}
		}
		same(t, "settings", must(s.Settings(ctx))(t), want)
		same(t, "history", must(s.SettingsHistory(ctx))(t), want)
	},

	"each written version has a higher change than all before it, over all settings": func(t *testing.T, s fixture) {
		if change := must(s.SettingsChange(ctx))(t); change != 0 {
			t.Errorf("before the first: %d", change)
		}
		last := int64(0)
		for i := range 6 {
			put := putSetting(t, s, setting(fmt.Sprint(i%2), "k", fmt.Sprint(i%3), "x"), int64(i/6))
			if put.Change <= last {
				t.Errorf("change %d after %d", put.Change, last)
			}
			if last = put.Change; must(s.SettingsChange(ctx))(t) != last {
				t.Errorf("the newest change is not that of the newest version, %d", last)
			}
		}
	},

	"a setting without kind or name, or with a character that is not kept, is refused": func(t *testing.T, s fixture) {
		for name, bad := range map[string]store.Setting{
			"no kind": setting(unit, "", "a", "1"), "no name": setting(unit, "k", "", "1"),
			"a unit separator": setting(unit, "k", "a", "1\x1f2"), "a zero": setting(unit, "k", "a", "1\x002"),
		} {
			if put, err := s.PutSetting(ctx, bad, 0); err == nil || errors.Is(err, store.ErrStale) {
				t.Errorf("%s: %+v, %v", name, put, err)
			}
		}
		if all := must(s.SettingsHistory(ctx))(t); len(all) != 0 {
			t.Errorf("%+v", all)
		}
	},

	"of writers who start from the same version one wins, and the change tells at once": func(t *testing.T, s fixture) {
		for round := range int64(30) {
			won := make([]store.Setting, clients)
			together(func(i int) {
				put, err := s.PutSetting(ctx, setting(unit, "k", "a", fmt.Sprint(round, " ", i)), round)
				if err != nil && !errors.Is(err, store.ErrStale) {
					t.Error(err)
				}
				won[i] = put
				if change := must(s.SettingsChange(ctx))(t); err == nil && change < put.Change {
					t.Errorf("change %d is told after %d was written", change, put.Change)
				}
			})
			won = slices.DeleteFunc(won, func(w store.Setting) bool { return w.Number == 0 })
			if len(won) != 1 {
				t.Fatalf("%d writers won", len(won))
			}
			same(t, "settings", must(s.Settings(ctx))(t), won)
			// Nor does a slow reader bring back an older number.
			if change := must(s.SettingsChange(ctx))(t); change != won[0].Change {
				t.Errorf("change %d is told, %d was the last", change, won[0].Change)
			}
		}
	},

	"no change is missed by a reader who asks while others write": func(t *testing.T, s fixture) {
		together(func(i int) {
			for n := range int64(10) {
				put, err := s.PutSetting(ctx, setting(unit, "k", fmt.Sprint(i), "x"), n)
				if err != nil {
					t.Error(err)
					return
				}
				change := must(s.SettingsChange(ctx))(t)
				seen := must(s.Settings(ctx))(t)
				newest := int64(0)
				for _, each := range seen {
					newest = max(newest, each.Change)
				}
				if put.Change > change || change > newest {
					t.Errorf("wrote %d, was told %d, then read %d", put.Change, change, newest)
				}
			}
		})
		history := must(s.SettingsHistory(ctx))(t)
		slices.SortFunc(history, func(a, b store.Setting) int { return int(a.Change - b.Change) })
		for i, each := range history {
			if each.Change != int64(i+1) {
				t.Fatalf("change %d at place %d of %d", each.Change, i+1, len(history))
			}
		}
		if len(history) != 10*clients {
			t.Errorf("%d versions", len(history))
		}
	},

	"who has given up, or finds the store closed, is told so": func(t *testing.T, s fixture) {
		gone, cancel := context.WithCancel(ctx)
		cancel()
		calls := func(ctx context.Context, st store.Settings) []error {
			_, change := st.SettingsChange(ctx) // first: a write may forget what is known
			_, put := st.PutSetting(ctx, setting(unit, "k", "a", strings.Repeat("x", 9)), 0)
			_, list := st.Settings(ctx)
			_, history := st.SettingsHistory(ctx)
			return []error{put, change, list, history}
		}
		must(s.SettingsChange(ctx))(t) // also where the answer is known already
		for i, err := range calls(gone, s) {
			isError(t, fmt.Sprint("call ", i), err, context.Canceled)
		}
		again := s.reopen()
		for i, err := range calls(ctx, s) {
			isError(t, fmt.Sprint("closed, call ", i), err, store.ErrUnavailable)
		}
		if all := must(again.SettingsHistory(ctx))(t); len(all) != 0 {
			t.Errorf("%+v", all)
		}
	},
}
