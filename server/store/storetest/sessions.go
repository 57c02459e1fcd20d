package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/painscore/painscore/server/store"
)

var sessionTests = map[string]func(*testing.T, fixture){
	"a session comes back whole until it expires, and its newer state replaces the older": func(t *testing.T, s fixture) {
		var full store.Session
		fill(&full)
		full.ExpiresAt = at.Add(time.Hour)
		put := func(session store.Session) {
			t.Helper()
			if err := s.PutSession(ctx, session); err != nil {
				t.Fatal(err)
			}
		}
		want := func(session store.Session) store.Session {
			session.CreatedAt, session.UsedAt, session.ExpiresAt = kept(full.CreatedAt), kept(session.UsedAt), kept(session.ExpiresAt)
			return session
		}
		put(full)
		same(t, "as put", must(s.Session(ctx, full.TokenHash, at))(t), want(full))
		newer := full
		newer.Body, newer.UsedAt, newer.ExpiresAt, newer.CreatedAt = []byte{}, at.Add(time.Minute), at.Add(2*time.Hour), at.Add(time.Minute)
		put(newer)
		again := s.reopen()
		same(t, "newer, after a restart", must(again.Session(ctx, full.TokenHash, at))(t), want(newer))
		for name, c := range map[string]struct {
			hash []byte
			at   time.Time
		}{
			"expired": {full.TokenHash, newer.ExpiresAt}, "another": {append(slices.Clone(full.TokenHash), 0), at}, "none": {nil, at},
		} {
			session, err := again.Session(ctx, c.hash, c.at)
			isError(t, name, err, store.ErrNotFound)
			same(t, "what came beside the error", session, store.Session{})
		}
		if err := again.PutSession(ctx, store.Session{Body: []byte("x")}); err == nil {
			t.Error("a session without a hash is taken")
		}
	},

	"a session that was ended or swept is gone, others stay": func(t *testing.T, s fixture) {
		for i := range 5 {
			session := store.Session{TokenHash: []byte{byte(i)}, Body: []byte("b"), CreatedAt: at, UsedAt: at, ExpiresAt: at.Add(time.Duration(i) * time.Hour)}
			if err := s.PutSession(ctx, session); err != nil {
				t.Fatal(err)
			}
		}
		there := func() string {
			var all []string
			for i := range 5 {
				if _, err := s.Session(ctx, []byte{byte(i)}, at.Add(-time.Hour)); err == nil {
					all = append(all, fmt.Sprint(i))
				}
			}
			return strings.Join(all, "")
		}
		for _, hash := range [][]byte{{4}, {4}, {9}, nil} { // one that is not there is no error
			if err := s.DropSession(ctx, hash); err != nil {
				t.Error(err)
			}
		}
		same(t, "after one was ended", there(), "0123")
		for _, want := range []string{"123", "23", "23"} { // those of 0 and 1 hours have expired, and no other
			if err := s.SweepSessions(ctx, at.Add(time.Hour), 1); err != nil {
				t.Error(err)
			}
			same(t, "after a sweep", there(), want)
		}
	},
}
