package storetest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/painscore/painscore/server/store"
)

// lookupOf is the look-up hash of a name in the tests.
func lookupOf(text string) []byte {
	sum := sha256.Sum256([]byte("name " + text))
	return sum[:]
}

// named is somebody's name, given some hours after the first act.
func named(who, text string, hours int) store.PatientName {
	return store.PatientName{
		PatientKey: "key of " + who, Lookup: lookupOf(text), Sealed: fmt.Appendf(nil, "%s, sealed for key of %s", text, who), KeyID: "k1",
		By: "bob", At: at.Add(time.Duration(hours) * time.Hour),
	}
}

// name gives somebody a name and returns it as it must come back.
func name(t *testing.T, s store.PatientNames, n store.PatientName) store.PatientName {
	t.Helper()
	if err := s.PutPatientName(ctx, n); err != nil {
		t.Fatalf("name: %v", err)
	}
	n.At = kept(n.At)
	return n
}

// sealNameFor is how the tests seal a name for a patient.
func sealNameFor(n store.PatientName, patientKey string) (store.PatientName, error) {
	n.PatientKey, n.KeyID, n.Sealed = patientKey, "k2", fmt.Appendf(nil, "%s, then for %s", n.Sealed, patientKey)
	return n, nil
}

// hashNameAnew is what a new look-up key makes of a name.
func hashNameAnew(n store.PatientName) ([]byte, error) {
	return lookupOf("anew " + string(n.Lookup)), nil
}

// bearers are the episodes in a unit of those who bear a name.
func bearers(t *testing.T, s store.PatientNames, careUnit string, lookup []byte) (ids []string) {
	t.Helper()
	for _, e := range must(s.EpisodesNamed(ctx, careUnit, lookup))(t) {
		ids = append(ids, e.EpisodeID)
	}
	return ids
}

func namesOf(t *testing.T, s store.PatientNames, who ...string) []store.PatientName {
	t.Helper()
	keys := make([]string, len(who))
	for i := range who {
		keys[i] = "key of " + who[i]
	}
	return must(s.PatientNames(ctx, keys))(t)
}

var nameTests = map[string]func(*testing.T, fixture){
	"a name is given, changed and taken away": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		same(t, "none", namesOf(t, s, "ada"), []store.PatientName(nil))
		name(t, s, named("ada", "Ada", 1))
		second := name(t, s, named("ada", "Ada B", 0))
		s.Store = s.reopen()
		same(t, "the newest call's", namesOf(t, s, "ada"), []store.PatientName{second})
		same(t, "found by the one before", bearers(t, s, unit, lookupOf("Ada")), []string(nil))
		same(t, "found", bearers(t, s, unit, lookupOf("Ada B")), []string{"e"})
		for range 2 {
			if err := s.DeletePatientName(ctx, "key of ada"); err != nil {
				t.Error(err)
			}
		}
		same(t, "taken away", namesOf(t, s, "ada"), []store.PatientName(nil))
		same(t, "found by it", bearers(t, s, unit, lookupOf("Ada B")), []string(nil))
	},

	"every field of a name comes back": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		var n store.PatientName
		fill(&n)
		n.PatientKey = "key of ada"
		want := name(t, s, n)
		same(t, "name", namesOf(t, s, "ada"), []store.PatientName{want})
	},

	"names come for those who have one, each once and in order, however many are asked for": func(t *testing.T, s fixture) {
		var want []store.PatientName
		var keys []string
		for i := range 150 {
			who := fmt.Sprintf("p%03d", i)
			put(t, s, episode(unit, who), who, 0)
			if i%3 > 0 {
				want = append(want, name(t, s, named(who, who, 0)))
			}
			keys = append([]string{"key of " + who}, keys...)
		}
		same(t, "names", must(s.PatientNames(ctx, append(keys, keys[0], "nobody")))(t), want)
		same(t, "of nobody", must(s.PatientNames(ctx, nil))(t), []store.PatientName(nil))
	},

	"those who bear one name are found in their unit only, with every episode": func(t *testing.T, s fixture) {
		for _, e := range [][3]string{{unit, "b", "ada"}, {unit, "a", "ada"}, {"SE-2", "c", "ada"}, {unit, "d", "eve"}, {unit, "x", "kim"}} {
			put(t, s, episode(e[0], e[1]), e[2], 0)
		}
		name(t, s, named("ada", "same", 0))
		name(t, s, named("eve", "same", 0))
		name(t, s, named("kim", "other", 0))
		same(t, "in the unit", bearers(t, s, unit, lookupOf("same")), []string{"a", "b", "d"})
		same(t, "in the other", bearers(t, s, "SE-2", lookupOf("same")), []string{"c"})
		same(t, "in none", bearers(t, s, "SE-3", lookupOf("same")), []string(nil))
		same(t, "as a read tells it", must(s.EpisodesNamed(ctx, "SE-2", lookupOf("same")))(t), []store.Episode{must(s.Episode(ctx, "SE-2", "c"))(t)})
	},

	"a name is a known patient's, and sealed": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		isError(t, "nobody", s.PutPatientName(ctx, named("eve", "Eve", 0)), store.ErrNotFound)
		for what, spoil := range map[string]func(*store.PatientName){
			"no key": func(n *store.PatientName) { n.PatientKey = "" }, "no hash": func(n *store.PatientName) { n.Lookup = nil },
			"not sealed": func(n *store.PatientName) { n.Sealed = nil }, "by no key": func(n *store.PatientName) { n.KeyID = "" },
			"separator": func(n *store.PatientName) { n.By = "\x1f" },
		} {
			if err := s.PutPatientName(ctx, altered(named("ada", "Ada", 0), spoil)); err == nil {
				t.Errorf("%s: kept", what)
			}
		}
		same(t, "names", namesOf(t, s, "ada", "eve"), []store.PatientName(nil))
	},

	"of two patients who become one the newer name stays, sealed for the first": func(t *testing.T, s fixture) {
		for _, c := range []struct {
			what        string
			mine, their int // hours; negative: none
			wantTheirs  bool
		}{{"only mine", 1, -1, false}, {"only theirs", -1, 1, true}, {"mine newer", 2, 1, false}, {"theirs newer", 1, 2, true}, {"at once", 1, 1, false}} {
			mine, their := "ada "+c.what, "bob "+c.what
			put(t, s, episode(unit, mine), mine, 0)
			put(t, s, episode(unit, their), their, 0)
			var want store.PatientName
			if c.mine >= 0 {
				want = name(t, s, named(mine, mine, c.mine))
			}
			if c.their >= 0 {
				if n := name(t, s, named(their, their, c.their)); c.wantTheirs {
					want, _ = sealNameFor(n, "key of "+mine)
				}
			}
			link(t, s, linkOf(mine, their, true))
			same(t, c.what, namesOf(t, s, mine, their), []store.PatientName{want})
			same(t, c.what+", found", bearers(t, s, unit, want.Lookup), []string{mine, their})
		}
	},

	"a merge whose name cannot be sealed, or comes back as another, is none": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "a"), "ada", 0)
		put(t, s, episode(unit, "b"), "bob", 0)
		theirs := name(t, s, named("bob", "Bob", 0))
		broken := errors.New("broken")
		for what, spoil := range map[string]func(*store.PatientName) error{
			"an error": func(*store.PatientName) error { return broken }, "another patient": func(n *store.PatientName) error { n.PatientKey = "x"; return nil },
			"another hash": func(n *store.PatientName) error { n.Lookup = []byte("x"); return nil }, "not sealed": func(n *store.PatientName) error { n.Sealed = nil; return nil },
		} {
			l := linkOf("ada", "bob", true)
			l.ResealName = func(n store.PatientName, key string) (store.PatientName, error) {
				n, _ = sealNameFor(n, key)
				err := spoil(&n)
				return n, err
			}
			if _, err := s.Link(ctx, l); err == nil || what == "an error" && !errors.Is(err, broken) {
				t.Errorf("%s: %v", what, err)
			}
		}
		same(t, "names", namesOf(t, s, "ada", "bob"), []store.PatientName{theirs})
		same(t, "patients", must(s.FindPatient(ctx, person("bob").Lookup))(t), "key of bob")
	},

	"an erased patient's name is gone, and nobody else's": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "a"), "ada", 0)
		put(t, s, episode(unit, "b"), "bob", 0)
		name(t, s, named("ada", "same", 0))
		bobs := name(t, s, named("bob", "same", 0))
		erase(t, s, erasing("1", "ada"))
		same(t, "names", namesOf(t, s, "ada", "bob"), []store.PatientName{bobs})
		same(t, "found", bearers(t, s, unit, bobs.Lookup), []string{"b"})
	},

	"resealing names changes what is sealed with another key, and nothing else of it": func(t *testing.T, s fixture) {
		var want []store.PatientName
		for i := range 7 {
			who := fmt.Sprint("p", i)
			put(t, s, episode(unit, who), who, 0)
			want = append(want, name(t, s, named(who, who, i)))
		}
		same(t, "keys in use", must(s.SealingKeys(ctx))(t), []string{"k1"})
		reseal := func(n store.PatientName) (store.PatientName, error) {
			if n.PatientKey != "key of p3" { // which does not open, say
				n.Sealed, n.KeyID = fmt.Appendf(nil, "%s by k9", n.Sealed), "k9"
			}
			return n, nil
		}
		var batches []int64
		for after := ""; ; {
			last, n, err := s.ResealNames(ctx, "k9", after, 3, reseal)
			if err != nil {
				t.Fatal(err)
			}
			if last == "" {
				break
			}
			batches, after = append(batches, n), last
		}
		same(t, "batches", batches, []int64{3, 2, 1})
		for i := range want {
			want[i], _ = reseal(want[i])
		}
		same(t, "names", namesOf(t, s, "p0", "p1", "p2", "p3", "p4", "p5", "p6"), want)
		same(t, "keys in use", must(s.SealingKeys(ctx))(t), []string{"k1", "k9"})
	},

	"a batch of names in which resealing fails, or makes another of one, is undone": func(t *testing.T, s fixture) {
		broken := errors.New("broken")
		var want []store.PatientName
		for _, who := range []string{"ada", "bob"} {
			put(t, s, episode(unit, who), who, 0)
			want = append(want, name(t, s, named(who, who, 0)))
		}
		for what, spoil := range map[string]func(*store.PatientName) error{
			"an error": func(*store.PatientName) error { return broken }, "another patient": func(n *store.PatientName) error { n.PatientKey = "x"; return nil },
			"another hash": func(n *store.PatientName) error { n.Lookup = []byte("x"); return nil }, "not sealed": func(n *store.PatientName) error { n.Sealed = nil; return nil },
		} {
			calls := 0
			last, n, err := s.ResealNames(ctx, "k9", "", 10, func(name store.PatientName) (store.PatientName, error) {
				name.Sealed, name.KeyID = []byte("anew"), "k9"
				if calls++; calls == 2 {
					err := spoil(&name)
					return name, err
				}
				return name, nil
			})
			if err == nil || last != "" || n != 0 || what == "an error" && !errors.Is(err, broken) {
				t.Errorf("%s: %q %d %v", what, last, n, err)
			}
		}
		same(t, "names", namesOf(t, s, "ada", "bob"), want)
	},

	"another look-up key finds those who bear a name, and the old one nobody": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "a"), "ada", 0)
		put(t, s, episode(unit, "b"), "bob", 0)
		want := name(t, s, named("bob", "Bob", 0))
		must(s.SetPropertyOnce(ctx, newKey.Property, "old"))(t)
		for _, spoiled := range []error{nil, errors.New("broken")} {
			_, err := s.Rehash(ctx, newKey, hashAnew, func(store.PatientName) ([]byte, error) { return nil, spoiled })
			if err == nil || spoiled != nil && !errors.Is(err, spoiled) {
				t.Errorf("got %v", err)
			}
			must(s.FindPatient(ctx, person("ada").Lookup))(t)
		}
		same(t, "rehashed", must(s.Rehash(ctx, newKey, hashAnew, hashNameAnew))(t), int64(2))
		same(t, "by the old hash", bearers(t, s, unit, want.Lookup), []string(nil))
		want.Lookup, _ = hashNameAnew(want)
		same(t, "by the new one", bearers(t, s, unit, want.Lookup), []string{"b"})
		same(t, "names", namesOf(t, s, "ada", "bob"), []store.PatientName{want})
	},
}
