package storetest

import (
	"bytes"
	"slices"
	"testing"

	"github.com/painscore/painscore/server/store"
)

// population is one episode of each of these people, as a report tells of them.
func population(who ...string) []byte {
	var members [][]byte
	for _, name := range who {
		patient := store.ToldPatient("key of " + name)
		members = append(members, slices.Concat(patient[:], []byte("episode.")))
	}
	slices.SortFunc(members, bytes.Compare)
	return slices.Concat(members...)
}

// tell keeps populations for a reader.
func tell(t *testing.T, s store.Told, reader string, populations ...[]byte) {
	t.Helper()
	_, stamp, err := s.ToldTo(ctx, reader)
	if err == nil {
		err = s.KeepTold(ctx, reader, populations, stamp, at)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// isTold holds what a reader was told to what is wanted, in whatever order.
func isTold(t *testing.T, s store.Told, what, reader string, want ...[]byte) {
	t.Helper()
	got, _, err := s.ToldTo(ctx, reader)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(got, bytes.Compare)
	slices.SortFunc(want, bytes.Compare)
	same(t, what, got, want)
}

var toldTests = map[string]func(*testing.T, fixture){
	"what a reader was told is kept once, and apart from what others were": func(t *testing.T, s fixture) {
		isTold(t, s, "of nobody yet", "ann")
		tell(t, s, "ann", population("ada", "bob"), population("ada"))
		tell(t, s, "ann", population("ada"), population("cid"))
		tell(t, s, "ben", population("bob"))
		s.Store = s.reopen()
		isTold(t, s, "ann's", "ann", population("ada", "bob"), population("ada"), population("cid"))
		isTold(t, s, "ben's", "ben", population("bob"))
	},

	"of two who were told the same the second to keep it is told that more was added": func(t *testing.T, s fixture) {
		_, stamp, err := s.ToldTo(ctx, "ann")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.KeepTold(ctx, "ann", [][]byte{population("ada")}, stamp, at); err != nil {
			t.Fatal(err)
		}
		isError(t, "second", s.KeepTold(ctx, "ann", [][]byte{population("bob")}, stamp, at), store.ErrStale)
		isTold(t, s, "kept", "ann", population("ada"))
	},

	"who is erased is in nothing that was told, also under a key that was given up": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		put(t, s, episode(unit, "e2"), "bob", 0)
		put(t, s, episode(unit, "e3"), "cid", 0)
		tell(t, s, "ann", population("ada", "bob", "cid"), population("ada"), population("cid"))
		tell(t, s, "ben", population("cid", "ada"))
		link(t, s, linkOf("ada", "bob", true))
		erase(t, s, erasing("x-1", "ada"))
		isTold(t, s, "ann's", "ann", population("cid"))
		isTold(t, s, "ben's", "ben", population("cid"))
	},

	"what was read before an erasure cannot be kept after it": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		_, stamp, err := s.ToldTo(ctx, "ann") // who has never been told anything
		if err != nil {
			t.Fatal(err)
		}
		erase(t, s, erasing("x-1", "ada"))
		isError(t, "after", s.KeepTold(ctx, "ann", [][]byte{population("ada")}, stamp, at), store.ErrStale)
		isTold(t, s, "kept", "ann")
	},

	"a merged patient's places in what was told become the other's": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		put(t, s, episode(unit, "e2"), "bob", 0)
		tell(t, s, "ann", population("bob", "cid"))
		link(t, s, linkOf("ada", "bob", true))
		isTold(t, s, "kept", "ann", population("ada", "cid"))
	},

	"nothing is kept of a population that is not whole, or for nobody": func(t *testing.T, s fixture) {
		_, stamp, err := s.ToldTo(ctx, "ann")
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range [][]byte{nil, []byte("short")} {
			if err := s.KeepTold(ctx, "ann", [][]byte{population("ada"), bad}, stamp, at); err == nil {
				t.Errorf("%q was kept", bad)
			}
		}
		if _, _, err := s.ToldTo(ctx, ""); err == nil {
			t.Error("nobody was told")
		}
		isTold(t, s, "kept", "ann")
	},
}
