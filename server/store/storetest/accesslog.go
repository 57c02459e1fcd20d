package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/painscore/painscore/server/store"
)

// block is block n of a chain; its times are n minutes after the base, and it
// lasts ten seconds.
func block(chain string, n int) store.AccessBlock {
	first := at.Add(time.Duration(n) * time.Minute)
	return store.AccessBlock{
		Chain: chain, Number: int64(n), FirstAt: first, LastAt: first.Add(10 * time.Second), Events: int64(n) + 1,
		Body: []byte(fmt.Sprintf("\x00\xff events %d of %s\n", n, chain)), MAC: []byte(fmt.Sprintf("\xff\x00 mac %s/%d", chain, n)),
	}
}

// keptBlock is how a block comes back.
func keptBlock(b store.AccessBlock) store.AccessBlock {
	b.FirstAt, b.LastAt = kept(b.FirstAt), kept(b.LastAt)
	return b
}

// appended appends blocks and returns them as they come back.
func appended(t *testing.T, s store.AccessLog, blocks ...store.AccessBlock) []store.AccessBlock {
	t.Helper()
	var back []store.AccessBlock
	for _, b := range blocks {
		if err := s.AppendAccess(ctx, b); err != nil {
			t.Fatalf("append: %v", err)
		}
		back = append(back, keptBlock(b))
	}
	return back
}

// index notes the same patients for each of some blocks.
func index(t *testing.T, s store.AccessLog, keys []string, blocks ...store.AccessBlock) {
	t.Helper()
	var subjects []store.AccessSubjects
	for _, b := range blocks {
		subjects = append(subjects, store.AccessSubjects{AccessRef: blockRef(b), PatientKeys: keys})
	}
	if err := s.IndexAccess(ctx, subjects); err != nil {
		t.Fatalf("index: %v", err)
	}
}

func blockRef(b store.AccessBlock) store.AccessRef {
	return store.AccessRef{Chain: b.Chain, Number: b.Number}
}

// reversed are blocks newest first.
func reversed(blocks ...store.AccessBlock) []store.AccessBlock {
	back := slices.Clone(blocks)
	slices.Reverse(back)
	return back
}

var accessTests = map[string]func(*testing.T, fixture){
	"a block comes back as it was, is there after a restart, and stands in its chain's order": func(t *testing.T, s fixture) {
		a := appended(t, s, block("2026-11 a", 1), block("2026-11 a", 2), block("2026-11 a", 10))
		b := appended(t, s, block("2026-11 B", 1))
		for range 2 {
			same(t, "chain a", must(s.AccessBlocks(ctx, "2026-11 a", 0, 9))(t), a)
			same(t, "a part", must(s.AccessBlocks(ctx, "2026-11 a", 1, 1))(t), a[1:2])
			same(t, "chain B", must(s.AccessBlocks(ctx, "2026-11 B", 0, 9))(t), b)
			for name, blocks := range map[string][]store.AccessBlock{
				"after the last": must(s.AccessBlocks(ctx, "2026-11 a", 10, 9))(t), "another chain": must(s.AccessBlocks(ctx, "2026-11 b", 0, 9))(t),
				"a limit of nothing": must(s.AccessBlocks(ctx, "2026-11 a", 0, 0))(t), "less than that": must(s.AccessBlocks(ctx, "2026-11 a", 0, -1))(t),
			} {
				if len(blocks) != 0 {
					t.Errorf("%s: %+v", name, blocks)
				}
			}
			same(t, "chains", must(s.AccessChains(ctx))(t), []store.AccessChain{
				{Chain: "2026-11 B", Blocks: 1, Events: 2, MAC: b[0].MAC, LastAt: b[0].LastAt},
				{Chain: "2026-11 a", Blocks: 10, Events: 2 + 3 + 11, MAC: a[2].MAC, LastAt: a[2].LastAt},
			})
			s.Store = s.reopen()
		}
	},

	"appending the same block again changes nothing, another one under its name is refused": func(t *testing.T, s fixture) {
		first := block("c", 1)
		want := appended(t, s, first, first)[:1]
		other := first
		other.MAC = []byte("another")
		isError(t, "another block", s.AppendAccess(ctx, other), store.ErrStale)
		same(t, "blocks", must(s.AccessBlocks(ctx, "c", 0, 9))(t), want)
		same(t, "to be indexed", must(s.UnindexedAccess(ctx, 9))(t), want)
	},

	"a block that names nothing, or lasts too long, is refused": func(t *testing.T, s fixture) {
		for name, change := range map[string]func(*store.AccessBlock){
			"no chain": func(b *store.AccessBlock) { b.Chain = "" }, "no number": func(b *store.AccessBlock) { b.Number = 0 },
			"no MAC": func(b *store.AccessBlock) { b.MAC = nil }, "a character that is not kept": func(b *store.AccessBlock) { b.Chain += "\x1f" },
			"ends before it begins": func(b *store.AccessBlock) { b.LastAt = b.FirstAt.Add(-time.Microsecond) },
			"too long":              func(b *store.AccessBlock) { b.LastAt = b.FirstAt.Add(store.AccessSpan + time.Microsecond) },
		} {
			b := block("c", 1)
			change(&b)
			if err := s.AppendAccess(ctx, b); err == nil || errors.Is(err, store.ErrStale) {
				t.Errorf("%s: %v", name, err)
			}
		}
		whole := block("c", 1)
		whole.LastAt, whole.Body = whole.FirstAt.Add(store.AccessSpan), []byte{}
		same(t, "chain", must(s.AccessBlocks(ctx, "c", 0, 9))(t), []store.AccessBlock(nil))
		appended(t, s, whole)
	},

	"blocks are found newest first, page by page, by time and then chain and number": func(t *testing.T, s fixture) {
		one := appended(t, s, block("b", 1), block("b", 2), block("b", 3))
		two := appended(t, s, block("B", 1), block("B", 2), block("a", 3))
		want := []store.AccessBlock{one[2], two[2], one[1], two[1], one[0], two[0]}
		same(t, "all", must(s.FindAccess(ctx, store.AccessQuery{Limit: 99}))(t), want)
		query := store.AccessQuery{Limit: 2}
		var got []store.AccessBlock
		for range want {
			page := must(s.FindAccess(ctx, query))(t)
			if len(page) == 0 {
				break
			}
			got = append(got, page...)
			query.Before, query.BeforeAt = blockRef(page[len(page)-1]), page[len(page)-1].LastAt
		}
		same(t, "by pages", got, want)
		if none := must(s.FindAccess(ctx, store.AccessQuery{}))(t); len(none) != 0 {
			t.Errorf("a limit of nothing: %+v", none)
		}
	},

	"a period is told by the events in it, both ends included": func(t *testing.T, s fixture) {
		all := appended(t, s, block("c", 1), block("c", 2), block("c", 3))
		long := block("c", 4)
		long.LastAt = long.FirstAt.Add(store.AccessSpan) // ends when 5 would begin
		all = append(all, appended(t, s, long)...)
		us := time.Microsecond
		for name, c := range map[string]struct {
			from, to time.Time
			want     []store.AccessBlock
		}{
			"from the end of 2":           {all[1].LastAt, time.Time{}, reversed(all[1:]...)},
			"after the end of 2":          {all[1].LastAt.Add(us), time.Time{}, reversed(all[2:]...)},
			"to the beginning of 3":       {time.Time{}, all[2].FirstAt, reversed(all[:3]...)},
			"to before the beginning":     {time.Time{}, all[2].FirstAt.Add(-us), reversed(all[:2]...)},
			"within 2":                    {all[1].FirstAt.Add(us), all[1].LastAt.Add(-us), all[1:2]},
			"between two":                 {all[0].LastAt.Add(us), all[1].FirstAt.Add(-us), nil},
			"the beginning of a long one": {all[3].FirstAt, all[3].FirstAt, all[3:]},
			"all of it":                   {at.Add(-time.Hour), at.Add(time.Hour), reversed(all...)},
		} {
			same(t, name, must(s.FindAccess(ctx, store.AccessQuery{From: c.from, To: c.to, Limit: 9}))(t), c.want)
		}
	},

	"a patient's blocks are found under every key, once, and only what is indexed": func(t *testing.T, s fixture) {
		all := appended(t, s, block("c", 1), block("c", 2), block("d", 2), block("c", 3), block("c", 4))
		index(t, s, []string{"ada", "ada2"}, all[0], all[2])
		index(t, s, []string{"bob"}, all[1])
		index(t, s, []string{"ada2"}, all[3])
		for name, c := range map[string]struct {
			keys []string
			want []store.AccessBlock
		}{
			"one key": {[]string{"ada"}, []store.AccessBlock{all[2], all[0]}}, "two keys": {[]string{"ada", "ada2"}, []store.AccessBlock{all[3], all[2], all[0]}},
			"two people": {[]string{"bob", "ada"}, []store.AccessBlock{all[2], all[1], all[0]}}, "nobody": {[]string{"Ada"}, nil},
		} {
			got := must(s.FindAccess(ctx, store.AccessQuery{PatientKeys: c.keys, Limit: 9}))(t)
			if len(got)+len(c.want) > 0 {
				same(t, name, got, c.want)
			}
		}
		both := store.AccessQuery{PatientKeys: []string{"ada", "ada2"}, Limit: 2}
		same(t, "the first page", must(s.FindAccess(ctx, both))(t), []store.AccessBlock{all[3], all[2]})
		both.Before, both.BeforeAt = blockRef(all[2]), all[2].LastAt
		same(t, "the second", must(s.FindAccess(ctx, both))(t), []store.AccessBlock{all[0]})
		same(t, "a period", must(s.FindAccess(ctx, store.AccessQuery{
			PatientKeys: []string{"ada"}, From: all[2].FirstAt, To: all[2].FirstAt, Limit: 9,
		}))(t), []store.AccessBlock{all[2]})
	},

	"what is not indexed is told, oldest first, until it is": func(t *testing.T, s fixture) {
		all := appended(t, s, block("d", 1), block("c", 2), block("d", 2), block("c", 3))
		same(t, "all", must(s.UnindexedAccess(ctx, 9))(t), all)
		same(t, "two", must(s.UnindexedAccess(ctx, 2))(t), all[:2])
		for range 2 { // repeating changes nothing
			index(t, s, []string{"ada", "ada"}, all[0], all[2])
			index(t, s, nil, all[1])
			same(t, "left", must(s.reopen().UnindexedAccess(ctx, 9))(t), all[3:])
			s.Store = s.reopen()
		}
		same(t, "ada's", must(s.FindAccess(ctx, store.AccessQuery{PatientKeys: []string{"ada"}, Limit: 9}))(t), []store.AccessBlock{all[2], all[0]})
		if err := s.IndexAccess(ctx, []store.AccessSubjects{{AccessRef: store.AccessRef{Chain: "gone", Number: 1}, PatientKeys: []string{"ada"}}}); err != nil {
			t.Errorf("a block that is not there: %v", err)
		}
		for _, bad := range []string{"", "a\x1fb"} {
			if err := s.IndexAccess(ctx, []store.AccessSubjects{{AccessRef: blockRef(all[3]), PatientKeys: []string{"ada", bad}}}); err == nil {
				t.Errorf("a patient key %q is taken", bad)
			}
		}
		same(t, "not indexed by halves", must(s.UnindexedAccess(ctx, 9))(t), all[3:])
	},
}
