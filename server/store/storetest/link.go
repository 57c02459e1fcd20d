package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/painscore/painscore/server/store"
)

// sealFor is how the tests seal an identity for a patient.
func sealFor(identity store.Identity, patientKey string) (store.Identity, error) {
	identity.PatientKey, identity.KeyID = patientKey, "k2"
	identity.Sealed = fmt.Appendf(nil, "%s for %s", identity.Sealed, patientKey)
	return identity, nil
}

// linkOf says that two people are one, or that one has two identifiers.
func linkOf(of, add string, merge bool) store.Link {
	return store.Link{
		Of: person(of).Lookup, Add: person(add), Merge: merge, Reseal: sealFor, ResealName: sealNameFor,
		Act: store.Act{By: "eve", At: later, Note: "same person"},
	}
}

func link(t *testing.T, s store.Links, l store.Link) store.Linked {
	t.Helper()
	linked, err := s.Link(ctx, l)
	if err != nil {
		t.Fatalf("link: %v", err)
	}
	return linked
}

// calledSo are the look-up hashes of a patient's identities, each sealed for it.
func calledSo(t *testing.T, s store.Identities, patientKey string) []string {
	t.Helper()
	var names []string
	for _, id := range must(s.IdentitiesOf(ctx, patientKey))(t) {
		for _, name := range []string{"ada", "bob", "eve", "kim"} {
			if string(id.Lookup) == string(person(name).Lookup) {
				names = append(names, name)
			}
		}
		if id.PatientKey != patientKey {
			t.Errorf("an identity of %q came for %q", id.PatientKey, patientKey)
		}
		if own := string(id.Sealed); patientKey != "key of "+own[len("sealed "):] && own[len(own)-len(patientKey):] != patientKey {
			t.Errorf("sealed for another: %q", own)
		}
	}
	slices.Sort(names)
	return names
}

var linkTests = map[string]func(*testing.T, fixture){
	"a new identity of a known patient is added, sealed for that patient": func(t *testing.T, s fixture) {
		submit(t, s, envelope("ada", form("e", "hads", "1")))
		same(t, "linked", link(t, s, linkOf("ada", "bob", false)), store.Linked{Added: true})
		if key := must(s.FindPatient(ctx, person("bob").Lookup))(t); key != "key of ada" {
			t.Errorf("found %q", key)
		}
		added, _ := sealFor(person("bob"), "key of ada")
		added.AddedAt = kept(at)
		if all := must(s.IdentitiesOf(ctx, "key of ada"))(t); !slices.ContainsFunc(all, func(id store.Identity) bool { return diff(added, id) == "" }) {
			t.Errorf("identities: %+v", all)
		}
		same(t, "identities", calledSo(t, s, "key of ada"), []string{"ada", "bob"})
		again := submit(t, s, envelope("bob", form("e", "hads", "1"))).Forms[0]
		if !again.Replayed {
			t.Error("a retry under the other identifier is no retry")
		}
	},

	"an identity that is the patient's already changes nothing": func(t *testing.T, s fixture) {
		submit(t, s, envelope("ada", form("e", "hads", "1")))
		link(t, s, linkOf("ada", "bob", false))
		before := must(s.IdentitiesOf(ctx, "key of ada"))(t)
		for _, l := range []store.Link{linkOf("ada", "bob", false), linkOf("bob", "ada", true), linkOf("ada", "ada", true)} {
			l.Reseal = func(store.Identity, string) (store.Identity, error) {
				return store.Identity{}, errors.New("not to be called")
			}
			same(t, "linked", link(t, s, l), store.Linked{})
		}
		same(t, "identities", must(s.IdentitiesOf(ctx, "key of ada"))(t), before)
	},

	"another patient's identity is refused unless the two are one": func(t *testing.T, s fixture) {
		submit(t, s, envelope("ada", form("e", "hads", "1")))
		submit(t, s, envelope("bob", form("e2", "hads", "2")))
		_, err := s.Link(ctx, linkOf("ada", "bob", false))
		isError(t, "two patients", err, store.ErrTwoPatients)
		_, err = s.Link(ctx, linkOf("eve", "bob", true))
		isError(t, "an unknown patient", err, store.ErrNotFound)
		_, err = s.Link(ctx, linkOf("eve", "kim", true))
		isError(t, "two unknown", err, store.ErrNotFound)
		same(t, "ada", calledSo(t, s, "key of ada"), []string{"ada"})
		same(t, "bob", calledSo(t, s, "key of bob"), []string{"bob"})
	},

	"a merge gives all identities and episodes to the first, in every unit, and the other's key up": func(t *testing.T, s fixture) {
		submit(t, s, envelope("ada", form("of ada", "hads", "1")))
		first := submit(t, s, envelope("bob", form("of bob", "hads", "2"))).Forms[0].Submission
		elsewhere := with(form("e", "hads", "3"), func(f *store.Submission) { f.CareUnit = "SE-2" })
		submit(t, s, envelope("bob", elsewhere))
		link(t, s, linkOf("bob", "kim", false))
		changes := told(feed(t, s, unit, 10))

		same(t, "linked", link(t, s, linkOf("ada", "bob", true)), store.Linked{Merged: true, MovedEpisodes: 2})
		same(t, "identities", calledSo(t, s, "key of ada"), []string{"ada", "bob", "kim"})
		same(t, "the other's identities", calledSo(t, s, "key of bob"), []string(nil))
		for _, who := range []string{"ada", "bob", "kim"} {
			if key := must(s.FindPatient(ctx, person(who).Lookup))(t); key != "key of ada" {
				t.Errorf("%s is %q", who, key)
			}
		}
		if of := must(s.EpisodesOfPatient(ctx, unit, "key of ada"))(t); len(of) != 2 {
			t.Errorf("episodes: %+v", of)
		}
		if of := must(s.EpisodesOfPatient(ctx, "SE-2", "key of ada"))(t); len(of) != 1 || of[0].PatientKey != "key of ada" {
			t.Errorf("episodes elsewhere: %+v", of)
		}
		if of := must(s.EpisodesOfPatient(ctx, unit, "key of bob"))(t); len(of) != 0 {
			t.Errorf("the other has episodes: %+v", of)
		}
		same(t, "the forms", inEpisode(t, s, "of bob", 0), []store.Submission{first})
		same(t, "the feed", told(feed(t, s, unit, 10)), changes)
		same(t, "again", link(t, s, linkOf("ada", "bob", true)), store.Linked{})
		// From now on a form may move between what were two patients' episodes.
		amend(t, s, with(corrected(first, "a"), func(f *store.Submission) { f.EpisodeID, f.Occasion = "of ada", store.ProgrammeEnd }), 1)
	},

	"the keys of a patient are all that were merged into it, directly or not": func(t *testing.T, s fixture) {
		for _, who := range []string{"ada", "bob", "eve", "kim"} {
			put(t, s, episode(unit, "of "+who), who, 0)
		}
		same(t, "alone", must(s.PatientKeys(ctx, "key of ada"))(t), []string{"key of ada"})
		link(t, s, linkOf("bob", "kim", true))
		link(t, s, linkOf("bob", "eve", true))
		same(t, "bob", must(s.PatientKeys(ctx, "key of bob"))(t), []string{"key of bob", "key of eve", "key of kim"})
		same(t, "moved", link(t, s, linkOf("ada", "kim", true)), store.Linked{Merged: true, MovedEpisodes: 3})
		same(t, "ada", must(s.PatientKeys(ctx, "key of ada"))(t), []string{"key of ada", "key of bob", "key of eve", "key of kim"})
		same(t, "given up", must(s.PatientKeys(ctx, "key of bob"))(t), []string{"key of bob"})
		same(t, "nobody's", must(s.PatientKeys(ctx, "key of nobody"))(t), []string{"key of nobody"})
		s.Store = s.reopen()
		same(t, "identities", calledSo(t, s, "key of ada"), []string{"ada", "bob", "eve", "kim"})
	},

	"a link that cannot be sealed changes nothing": func(t *testing.T, s fixture) {
		submit(t, s, envelope("ada", form("e", "hads", "1")))
		submit(t, s, envelope("bob", form("e2", "hads", "2")))
		link(t, s, linkOf("bob", "kim", false))
		noKey := errors.New("no key")
		for name, l := range map[string]store.Link{"a new one": linkOf("ada", "eve", false), "a merge": linkOf("ada", "bob", true)} {
			calls := 0
			l.Reseal = func(id store.Identity, key string) (store.Identity, error) {
				if calls++; calls > 1 || name == "a new one" {
					return store.Identity{}, noKey
				}
				return sealFor(id, key)
			}
			_, err := s.Link(ctx, l)
			isError(t, name, err, noKey)
			for wrong, reseal := range map[string]func(id store.Identity, key string) (store.Identity, error){
				"for another patient": func(id store.Identity, key string) (store.Identity, error) { return sealFor(id, "key of bob") },
				"not sealed": func(id store.Identity, key string) (store.Identity, error) {
					id.PatientKey, id.Sealed = key, nil
					return id, nil
				},
				"another identity": func(id store.Identity, key string) (store.Identity, error) { return sealFor(person("kim"), key) },
			} {
				if l.Reseal = reseal; name == "a merge" && wrong == "another identity" {
					continue // kim is one of bob's
				}
				if _, err := s.Link(ctx, l); err == nil {
					t.Errorf("%s, %s: linked", name, wrong)
				}
			}
		}
		same(t, "ada", calledSo(t, s, "key of ada"), []string{"ada"})
		same(t, "bob", calledSo(t, s, "key of bob"), []string{"bob", "kim"})
		same(t, "keys", must(s.PatientKeys(ctx, "key of ada"))(t), []string{"key of ada"})
		for _, l := range []store.Link{{}, {Of: person("ada").Lookup, Add: person("eve")}, {Add: person("eve"), Reseal: sealFor}} {
			if _, err := s.Link(ctx, l); err == nil {
				t.Errorf("linked: %+v", l.Act)
			}
		}
	},

	"while two patients are merged, submits for both go on and nobody is left behind": func(t *testing.T, s fixture) {
		for round := range 6 {
			ada, bob := fmt.Sprint("ada ", round), fmt.Sprint("bob ", round)
			put(t, s, episode(unit, "of "+ada), ada, 0)
			put(t, s, episode(unit, "of "+bob), bob, 0)
			together(func(i int) {
				if i == 0 {
					must(s.Link(ctx, linkOf(ada, bob, true)))(t)
					return
				}
				who := []string{ada, bob}[i%2]
				f := form(fmt.Sprint("e", round, " ", i), "hads", fmt.Sprint("f", round, " ", i))
				f.CareUnit = fmt.Sprint("SE-", i%3)
				must(s.Submit(ctx, envelope(who, f)))(t)
			})
			left, of := 0, 0
			for i := range 3 {
				careUnit := fmt.Sprint("SE-", i)
				left += len(must(s.EpisodesOfPatient(ctx, careUnit, "key of "+bob))(t))
				of += len(must(s.EpisodesOfPatient(ctx, careUnit, "key of "+ada))(t))
			}
			if left != 0 || of != clients-1 {
				t.Errorf("%d episodes are nobody's, %d the patient's", left, of)
			}
		}
	},

	"of two who merge two patients into each other, one does": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "of ada"), "ada", 0)
		put(t, s, episode(unit, "of bob"), "bob", 0)
		together(func(i int) {
			if i%2 == 0 {
				must(s.Link(ctx, linkOf("ada", "bob", true)))(t)
			} else {
				must(s.Link(ctx, linkOf("bob", "ada", true)))(t)
			}
		})
		key := must(s.FindPatient(ctx, person("ada").Lookup))(t)
		if keys := must(s.PatientKeys(ctx, key))(t); len(keys) != 2 {
			t.Errorf("keys: %v", keys)
		}
		if of := must(s.EpisodesOfPatient(ctx, unit, key))(t); len(of) != 2 {
			t.Errorf("episodes: %+v", of)
		}
	},
}
