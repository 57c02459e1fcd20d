package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/painscore/painscore/server/store"
)

var accessKeepTests = map[string]func(*testing.T, fixture){
	"old chains are dropped whole, piece by piece, and are on record from the first piece on": func(t *testing.T, s fixture) {
		old := appended(t, s, block("2020-01 a", 1), block("2020-01 a", 2), block("2020-01 a", 3))
		appended(t, s, block("2020-02 b", 1))
		young := appended(t, s, block("2020-01 c", 1), block("2020-01 c", 9))
		index(t, s, []string{"ada"}, old[0], old[2], young[0])
		before, dropped := old[2].LastAt.Add(time.Microsecond), kept(at.Add(time.Hour))
		drop := func() bool { return must(s.DropAccess(ctx, before, dropped, 2))(t) }
		if !drop() {
			t.Error("nothing is left after the first piece")
		}
		record := store.DroppedChain{AccessChain: store.AccessChain{Chain: "2020-01 a", Blocks: 3, Events: 9, MAC: old[2].MAC, LastAt: old[2].LastAt}, DroppedAt: dropped}
		same(t, "on record", must(s.DroppedAccess(ctx))(t), []store.DroppedChain{record})
		same(t, "half of it", must(s.AccessBlocks(ctx, "2020-01 a", 0, 9))(t), old[2:])
		for range 9 {
			if !drop() {
				break
			}
		}
		same(t, "what is left", must(s.FindAccess(ctx, store.AccessQuery{Limit: 9}))(t), reversed(young...))
		same(t, "to be indexed", must(s.UnindexedAccess(ctx, 9))(t), young[1:])
		same(t, "ada's", must(s.FindAccess(ctx, store.AccessQuery{PatientKeys: []string{"ada"}, Limit: 9}))(t), young[:1])
		names := []string{}
		for _, d := range must(s.DroppedAccess(ctx))(t) {
			names = append(names, d.Chain)
		}
		same(t, "dropped", names, []string{"2020-01 a", "2020-02 b"})
		same(t, "the record stays as it was", must(s.DroppedAccess(ctx))(t)[0], record)
		if must(s.DropAccess(ctx, young[1].LastAt, dropped, 9))(t) {
			t.Error("a chain whose newest block is not older was dropped")
		}
		if _, err := s.DropAccess(ctx, before, dropped, 0); err == nil {
			t.Error("a limit of nothing is taken")
		}
	},

	"the record of a check is kept once and listed newest first": func(t *testing.T, s fixture) {
		var full store.AccessReview
		fill(&full)
		var want []store.AccessReview
		for i, id := range []string{"r2", "r1", "r0"} {
			r := full
			r.ReviewID, r.ReviewedAt = id, at.Add(-time.Duration(i/2)*time.Hour)
			for range 2 {
				if err := s.AddAccessReview(ctx, r); err != nil {
					t.Fatal(err)
				}
			}
			r.From, r.To, r.ReviewedAt = kept(r.From), kept(r.To), kept(r.ReviewedAt)
			want = append(want, r)
		}
		other := want[0]
		other.Note = "another"
		isError(t, "another under its id", s.AddAccessReview(ctx, other), store.ErrIDReused)
		again := s.reopen()
		same(t, "all", must(again.AccessReviews(ctx, store.AccessReview{}, 9))(t), want)
		same(t, "a page", must(again.AccessReviews(ctx, store.AccessReview{}, 2))(t), want[:2])
		same(t, "the next", must(again.AccessReviews(ctx, want[1], 2))(t), want[2:])
		for _, bad := range []store.AccessReview{{}, {ReviewID: "x\x1f"}, {ReviewID: "x", Note: "\x00"}} {
			if err := again.AddAccessReview(ctx, bad); err == nil || errors.Is(err, store.ErrIDReused) {
				t.Errorf("%+v is taken: %v", bad, err)
			}
		}
	},

	"while the room is the log's, only the log and the sessions are written": func(t *testing.T, s fixture) {
		submit(t, s, envelope("ada", form("e", "hads", "1")))
		s.LogOnly(true)
		appended(t, s, block("c", 1))
		session := store.Session{TokenHash: []byte("h"), CreatedAt: at, UsedAt: at, ExpiresAt: at.Add(time.Hour)}
		if err := s.PutSession(ctx, session); err != nil {
			t.Errorf("a session: %v", err)
		}
		_, submitted := s.Submit(ctx, envelope("bob", form("e2", "hads", "2")))
		_, imported := s.Import(ctx, []store.Envelope{envelope("bob", form("e2", "hads", "2"))}, false)
		_, put := s.PutSetting(ctx, setting(unit, "k", "n", "v"), 0)
		for name, err := range map[string]error{"submit": submitted, "import": imported, "setting": put} {
			isError(t, name, err, store.ErrDiskFull)
		}
		if forms := must(s.SubmissionsOfEpisode(ctx, unit, "e", 0))(t); len(forms) != 1 {
			t.Errorf("reads: %d forms", len(forms))
		}
		s.LogOnly(false)
		submit(t, s, envelope("bob", form("e2", "hads", "2")))
	},

	"blocks that many clients append are all there, each chain without gaps": func(t *testing.T, s fixture) {
		const each = 20
		together(func(i int) {
			for n := 1; n <= each; n++ {
				if err := s.AppendAccess(ctx, block(fmt.Sprint("chain ", i), n)); err != nil {
					t.Error(err)
				}
			}
		})
		chains := must(s.AccessChains(ctx))(t)
		for _, c := range chains {
			if blocks := must(s.AccessBlocks(ctx, c.Chain, 0, 99))(t); len(blocks) != each || c.Blocks != each || blocks[each-1].Number != each {
				t.Errorf("%s: %d blocks", c.Chain, len(blocks))
			}
		}
		if len(chains) != clients || len(must(s.UnindexedAccess(ctx, 9999))(t)) != clients*each {
			t.Errorf("%d chains", len(chains))
		}
	},

	"who asks a closed store about the log, or has given up, is told so": func(t *testing.T, s fixture) {
		gone, cancel := context.WithCancel(ctx)
		cancel()
		calls := func(ctx context.Context, st store.Store) map[string]error {
			_, chains := st.AccessChains(ctx)
			_, found := st.FindAccess(ctx, store.AccessQuery{Limit: 1})
			_, ofOne := st.FindAccess(ctx, store.AccessQuery{PatientKeys: []string{"ada"}, Limit: 1})
			_, session := st.Session(ctx, []byte("h"), at)
			_, dropped := st.DropAccess(ctx, at, at, 1)
			return map[string]error{
				"append": st.AppendAccess(ctx, block("c", 1)), "chains": chains, "find": found, "find a patient": ofOne, "drop": dropped,
				"index": st.IndexAccess(ctx, nil), "put session": st.PutSession(ctx, store.Session{TokenHash: []byte("h")}), "session": session,
				"review": st.AddAccessReview(ctx, store.AccessReview{ReviewID: "r"}),
			}
		}
		for name, err := range calls(gone, s) {
			isError(t, name, err, context.Canceled)
		}
		again := s.reopen()
		for name, err := range calls(ctx, s) {
			isError(t, name+", closed", err, store.ErrUnavailable)
		}
		if all := must(again.AccessChains(ctx))(t); len(all) != 0 {
			t.Errorf("%+v", all)
		}
	},
}
