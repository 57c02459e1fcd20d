package storetest

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"

	"github.com/painscore/painscore/server/store"
)

// sealAnew is how the tests seal an identity with another key.
func sealAnew(key string) func(store.Identity) (store.Identity, error) {
	return func(id store.Identity) (store.Identity, error) {
		id.KeyID, id.Sealed = key, fmt.Appendf(nil, "%s by %s", id.Sealed, key)
		return id, nil
	}
}

// resealAll reseals in batches to the end and returns how many there were.
func resealAll(t *testing.T, s store.Sealings, keep string, limit int, reseal func(store.Identity) (store.Identity, error)) (resealed int64, batches int) {
	t.Helper()
	for after := []byte(nil); ; batches++ {
		last, n, err := s.Reseal(ctx, keep, after, limit, reseal)
		if err != nil {
			t.Fatal(err)
		}
		if n > int64(limit) {
			t.Errorf("%d in a batch of %d", n, limit)
		}
		if last == nil {
			return resealed, batches
		}
		if bytes.Compare(last, after) <= 0 {
			t.Fatal("it does not move on")
		}
		resealed, after = resealed+n, last
	}
}

// crowd stores people, each with an episode.
func crowd(t *testing.T, s fixture, n int) (names []string) {
	t.Helper()
	for i := range n {
		names = append(names, fmt.Sprint("person ", i))
		put(t, s, episode(unit, names[i]), names[i], 0)
	}
	return names
}

// hashAnew is what a new look-up key makes of an identity.
func hashAnew(id store.Identity) ([]byte, error) {
	sum := sha256.Sum256(append([]byte("new key"), id.Lookup...))
	return sum[:], nil
}

var newKey = store.KeyChange{Property: "fingerprint", From: "old", To: "new"}

var resealTests = map[string]func(*testing.T, fixture){
	"the keys in use are told, each once": func(t *testing.T, s fixture) {
		same(t, "of nobody", must(s.SealingKeys(ctx))(t), []string(nil))
		for i, key := range []string{"k2", "k1", "k2"} {
			id := person(fmt.Sprint(i))
			id.KeyID = key
			if _, err := s.PutEpisode(ctx, episode(unit, fmt.Sprint(i)), id, 0); err != nil {
				t.Fatal(err)
			}
		}
		same(t, "in order", must(s.SealingKeys(ctx))(t), []string{"k1", "k2"})
	},

	"resealing changes what is sealed with another key, and nothing else of anybody": func(t *testing.T, s fixture) {
		names := crowd(t, s, 25)
		n, batches := resealAll(t, s, "k2", 10, sealAnew("k2"))
		same(t, "resealed", []int64{n, int64(batches)}, []int64{25, 3})
		s.Store = s.reopen()
		for _, name := range names {
			want := person(name)
			want, _ = sealAnew("k2")(want)
			want.AddedAt = kept(want.AddedAt)
			same(t, name, must(s.IdentitiesOf(ctx, want.PatientKey))(t), []store.Identity{want})
		}
		same(t, "keys in use", must(s.SealingKeys(ctx))(t), []string{"k2"})
		if n, batches := resealAll(t, s, "k2", 10, sealAnew("k3")); n != 0 || batches != 0 {
			t.Errorf("again: %d in %d batches", n, batches)
		}
	},

	"what reseal leaves as it is stays so, and does not keep the others from it": func(t *testing.T, s fixture) {
		crowd(t, s, 7)
		spared := person("person 3")
		n, _ := resealAll(t, s, "k2", 2, func(id store.Identity) (store.Identity, error) {
			if bytes.Equal(id.Lookup, spared.Lookup) {
				return id, nil
			}
			return sealAnew("k2")(id)
		})
		same(t, "resealed", n, int64(6))
		spared.AddedAt = kept(spared.AddedAt)
		same(t, "spared", must(s.IdentitiesOf(ctx, spared.PatientKey))(t), []store.Identity{spared})
	},

	"a batch in which resealing fails, or makes another person of somebody, is undone": func(t *testing.T, s fixture) {
		crowd(t, s, 5)
		broken := errors.New("broken")
		for what, spoil := range map[string]func(*store.Identity) error{
			"an error":        func(*store.Identity) error { return broken },
			"another patient": func(id *store.Identity) error { id.PatientKey += "x"; return nil },
			"another system":  func(id *store.Identity) error { id.System += "x"; return nil },
			"another hash":    func(id *store.Identity) error { id.Lookup = []byte("x"); return nil },
			"nothing sealed":  func(id *store.Identity) error { id.Sealed = nil; return nil },
		} {
			calls := 0
			_, _, err := s.Reseal(ctx, "k2", nil, 5, func(id store.Identity) (store.Identity, error) {
				id, _ = sealAnew("k2")(id)
				if calls++; calls == 4 {
					err := spoil(&id)
					return id, err
				}
				return id, nil
			})
			if err == nil || what == "an error" && !errors.Is(err, broken) {
				t.Errorf("%s: %v", what, err)
			}
			same(t, what, must(s.SealingKeys(ctx))(t), []string{"k1"})
		}
	},

	"a limit of nothing reseals nothing": func(t *testing.T, s fixture) {
		crowd(t, s, 1)
		for _, limit := range []int{0, -1} {
			if last, n, err := s.Reseal(ctx, "k2", nil, limit, sealAnew("k2")); last != nil || n != 0 || err != nil {
				t.Errorf("%d: %v %d %v", limit, last, n, err)
			}
		}
	},

	"people who come, are merged and go while others are resealed are found afterwards": func(t *testing.T, s fixture) {
		crowd(t, s, 20)
		done := make(chan struct{})
		go func() {
			defer close(done)
			for i := range 10 {
				put(t, s, episode(unit, fmt.Sprint("late ", i)), fmt.Sprint("late ", i), 0)
				link(t, s, linkOf(fmt.Sprint("late ", i), fmt.Sprint("person ", i), true))
			}
		}()
		for range 5 {
			resealAll(t, s, "k3", 3, sealAnew("k3"))
		}
		<-done
		resealAll(t, s, "k3", 3, sealAnew("k3"))
		same(t, "keys in use", must(s.SealingKeys(ctx))(t), []string{"k3"})
		for i := range 10 {
			if ids := must(s.IdentitiesOf(ctx, fmt.Sprint("key of late ", i)))(t); len(ids) != 2 {
				t.Errorf("late %d has %d identities", i, len(ids))
			}
		}
	},

	"another look-up key finds everybody who was found before, and the old one nobody": func(t *testing.T, s fixture) {
		names := crowd(t, s, 600) // more than are held in memory at a time
		link(t, s, store.Link{Of: person(names[3]).Lookup, Add: person("more"), Reseal: sealFor, Act: store.Act{By: "eve", At: later}})
		must(s.SetPropertyOnce(ctx, newKey.Property, "old"))(t)
		same(t, "rehashed", must(s.Rehash(ctx, newKey, hashAnew, hashNameAnew))(t), int64(601))
		s.Store = s.reopen()
		same(t, "fingerprint", must(s.Property(ctx, newKey.Property))(t), "new")
		for i, name := range append(names, "more") {
			id := person(name)
			_, err := s.FindPatient(ctx, id.Lookup)
			isError(t, "the old hash of "+name, err, store.ErrNotFound)
			want := id.PatientKey
			if i == len(names) {
				want = person(names[3]).PatientKey
			}
			id.Lookup, _ = hashAnew(id)
			if key := must(s.FindPatient(ctx, id.Lookup))(t); key != want {
				t.Fatalf("%s is %q", name, key)
			}
		}
		want := person(names[5])
		want.Lookup, _ = hashAnew(want)
		want.AddedAt = kept(want.AddedAt)
		same(t, "the rest of an identity", must(s.IdentitiesOf(ctx, want.PatientKey))(t), []store.Identity{want})
	},

	"a change of the look-up key that fails, or is made from another key, changes nothing": func(t *testing.T, s fixture) {
		crowd(t, s, 5)
		must(s.SetPropertyOnce(ctx, newKey.Property, "old"))(t)
		unchanged := func(what string) {
			t.Helper()
			for i := range 5 {
				must(s.FindPatient(ctx, person(fmt.Sprint("person ", i)).Lookup))(t)
			}
			same(t, what, must(s.Property(ctx, newKey.Property))(t), "old")
		}
		broken := errors.New("broken")
		for what, spoiled := range map[string]error{"an error": broken, "no hash": nil} {
			calls := 0
			_, err := s.Rehash(ctx, newKey, func(id store.Identity) ([]byte, error) {
				if calls++; calls == 4 {
					return nil, spoiled
				}
				return hashAnew(id)
			}, hashNameAnew)
			if err == nil || spoiled != nil && !errors.Is(err, spoiled) {
				t.Errorf("%s: %v", what, err)
			}
			unchanged(what)
		}
		for _, from := range []store.KeyChange{
			{Property: newKey.Property, From: "other", To: "new"}, {Property: "else", From: "old", To: "new"}, {Property: newKey.Property, From: "old"},
		} {
			_, err := s.Rehash(ctx, from, hashAnew, hashNameAnew)
			isError(t, fmt.Sprint(from), err, store.ErrStale)
			unchanged(fmt.Sprint(from))
		}
	},
}
