package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/painscore/painscore/server/store"
)

// chosen is what somebody says to a registry, some hours after the first act.
func chosen(who, registry string, choice store.Choice, hours int) store.RegistryChoice {
	return store.RegistryChoice{
		PatientKey: "key of " + who, Provider: "SE-P", Registry: registry, Choice: choice, DecidedOn: fmt.Sprintf("2025-06-%02d", hours+1),
		Act: store.Act{By: "bob", At: at.Add(time.Duration(hours) * time.Hour), Note: fmt.Sprint("hour ", hours)},
	}
}

// choose records a choice and returns it as it must come back.
func choose(t *testing.T, s store.RegistryChoices, c store.RegistryChoice, readNumber int64) store.RegistryChoice {
	t.Helper()
	got := must(s.PutRegistryChoice(ctx, c, readNumber))(t)
	c.Number, c.At = readNumber+1, kept(c.At)
	same(t, "reply", got, c)
	return c
}

func choices(t *testing.T, s store.RegistryChoices, who string) []store.RegistryChoice {
	t.Helper()
	return must(s.RegistryChoices(ctx, "key of "+who))(t)
}

var registryTests = map[string]func(*testing.T, fixture){
	"every version of a choice is kept, by provider and registry and in order": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		put(t, s, episode(unit, "e2"), "bob", 0)
		var want []store.RegistryChoice
		for _, of := range [][2]string{{"SE-A", "nrs"}, {"SE-Z", "NRS"}, {"SE-Z", "nrs"}, {"SE-a", "nrs"}} {
			for n, choice := range []store.Choice{store.Informed, store.Objected, store.NotInformed, store.Informed} {
				c := chosen("ada", of[1], choice, n)
				c.Provider = of[0]
				want = append(want, choose(t, s, c, int64(n)))
			}
		}
		same(t, "choices", choices(t, s, "ada"), want)
		s.Store = s.reopen()
		same(t, "after a restart", choices(t, s, "ada"), want)
		same(t, "another's", choices(t, s, "bob"), []store.RegistryChoice(nil))
	},

	"of many patients what holds at one provider and registry is read at once": func(t *testing.T, s fixture) {
		var keys []string
		want := map[string]store.Choice{}
		for n := range 70 { // more than a statement takes
			who := fmt.Sprintf("p%02d", n)
			put(t, s, episode(unit, "e of "+who), who, 0)
			keys = append(keys, "key of "+who, "key of "+who)
			if n%3 == 0 {
				continue
			}
			choose(t, s, chosen(who, "nrs", store.Informed, 1), 0)
			choose(t, s, chosen(who, "other", store.Objected, 1), 0)
			elsewhere := chosen(who, "nrs", store.NotInformed, 1)
			elsewhere.Provider = "SE-Q"
			choose(t, s, elsewhere, 0)
			want["key of "+who] = store.Informed
			if n%3 == 1 {
				choose(t, s, chosen(who, "nrs", store.Objected, 2), 1)
				want["key of "+who] = store.Objected
			}
		}
		same(t, "choices", must(s.ChoicesOf(ctx, "SE-P", "nrs", append(keys, "key of nobody")))(t), want)
		same(t, "nobody's", must(s.ChoicesOf(ctx, "SE-P", "nrs", nil))(t), map[string]store.Choice{})
		same(t, "elsewhere", must(s.ChoicesOf(ctx, "SE-R", "nrs", keys))(t), map[string]store.Choice{})
	},

	"choices move from one provider's name to another's, and the stricter stands where both had one": func(t *testing.T, s fixture) {
		under := func(provider string, c store.RegistryChoice) store.RegistryChoice { c.Provider = provider; return c }
		act := store.Act{By: "operator", At: later, Note: "renamed"}
		for _, who := range []string{"ada", "bob", "cai"} {
			put(t, s, episode(unit, "e of "+who), who, 0)
		}
		objected := choose(t, s, under("old", chosen("ada", "nrs", store.Objected, 1)), 0)
		informed := choose(t, s, under("new", chosen("ada", "nrs", store.Informed, 2)), 0)
		only := choose(t, s, under("old", chosen("bob", "nrs", store.Informed, 1)), 0)
		apart := choose(t, s, under("other", chosen("bob", "nrs", store.Objected, 1)), 0)
		settled := choose(t, s, under("new", chosen("cai", "nrs", store.NotInformed, 1)), 0)
		same(t, "providers", must(s.ChoiceProviders(ctx))(t), []string{"new", "old", "other"})
		same(t, "patients", must(s.MoveChoices(ctx, "old", "new", act))(t), int64(2))
		same(t, "providers afterwards", must(s.ChoiceProviders(ctx))(t), []string{"new", "other"})

		first, second, third := under("new", objected), informed, under("new", objected)
		second.Number, third.Number = 2, 3
		third.Act = act
		third.At = kept(later)
		same(t, "who had chosen under both", choices(t, s, "ada"), []store.RegistryChoice{first, second, third})
		same(t, "who had chosen under the old", choices(t, s, "bob"), []store.RegistryChoice{under("new", only), apart})
		same(t, "who had chosen under the new", choices(t, s, "cai"), []store.RegistryChoice{settled})
		unchanged(t, s, func() {
			same(t, "again", must(s.MoveChoices(ctx, "old", "new", act))(t), int64(0))
		})
		for _, wrong := range [][2]string{{"", "a"}, {"a", ""}, {"a", "a"}} {
			if _, err := s.MoveChoices(ctx, wrong[0], wrong[1], act); err == nil {
				t.Errorf("from %q to %q", wrong[0], wrong[1])
			}
		}
	},

	"every field of a choice comes back": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		var c store.RegistryChoice
		fill(&c)
		c.PatientKey, c.Number = "key of ada", 7
		choose(t, s, c, 0)
	},

	"a choice is made from the newest version, by a patient who is known": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		first := choose(t, s, chosen("ada", "nrs", store.Objected, 1), 0)
		for _, read := range []int64{-1, 0, 2} {
			_, err := s.PutRegistryChoice(ctx, chosen("ada", "nrs", store.Informed, 2), read)
			isError(t, fmt.Sprint("from ", read), err, store.ErrStale)
		}
		_, err := s.PutRegistryChoice(ctx, chosen("ada", "other", store.Informed, 2), 1)
		isError(t, "from none", err, store.ErrStale)
		_, err = s.PutRegistryChoice(ctx, chosen("eve", "nrs", store.Informed, 2), 0)
		isError(t, "nobody", err, store.ErrNotFound)
		for _, spoil := range []func(*store.RegistryChoice){
			func(c *store.RegistryChoice) { c.Provider = "" }, func(c *store.RegistryChoice) { c.Registry = "" },
			func(c *store.RegistryChoice) { c.Choice = "" }, func(c *store.RegistryChoice) { c.Note = "\x1f" },
		} {
			if _, err := s.PutRegistryChoice(ctx, altered(chosen("ada", "nrs", store.Informed, 2), spoil), 1); err == nil {
				t.Error("kept")
			}
		}
		same(t, "choices", choices(t, s, "ada"), []store.RegistryChoice{first})
	},

	"of many who choose at once one is first and the others hear that they are late": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		together(func(i int) {
			if _, err := s.PutRegistryChoice(ctx, chosen("ada", "nrs", store.Informed, i), 0); err != nil {
				isError(t, "late", err, store.ErrStale)
			}
		})
		if all := choices(t, s, "ada"); len(all) != 1 {
			t.Errorf("%d choices", len(all))
		}
	},

	"where two patients become one both histories are kept and the stricter choice stands": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		put(t, s, episode(unit, "e2"), "bob", 0)
		// strict: objected first, informed later by the other; agreed; theirs and mine alone.
		a1 := choose(t, s, chosen("ada", "strict", store.Informed, 1), 0)
		b1 := choose(t, s, chosen("bob", "strict", store.Objected, 2), 0)
		a2 := choose(t, s, chosen("ada", "strict", store.NotInformed, 3), 1)
		a3 := choose(t, s, chosen("ada", "strict", store.Informed, 4), 2)
		agreed := choose(t, s, chosen("bob", "agreed", store.Informed, 2), 0)
		agreedLater := choose(t, s, chosen("ada", "agreed", store.Informed, 5), 0)
		mine := choose(t, s, chosen("ada", "mine", store.Informed, 1), 0)
		theirs := choose(t, s, chosen("bob", "theirs", store.Informed, 1), 0)
		early := choose(t, s, chosen("bob", "cautious", store.NotInformed, 1), 0)
		late := choose(t, s, chosen("ada", "cautious", store.Informed, 2), 0)
		link(t, s, linkOf("ada", "bob", true))
		numbered := func(all ...store.RegistryChoice) []store.RegistryChoice {
			for i := range all {
				all[i].PatientKey, all[i].Number = "key of ada", int64(i+1)
			}
			return all
		}
		act := store.Act{By: "eve", At: kept(later), Note: "same person"}
		objection, caution := b1, early
		objection.Act, caution.Act = act, act
		var want []store.RegistryChoice
		for _, history := range [][]store.RegistryChoice{
			numbered(agreed, agreedLater), numbered(early, late, caution), numbered(mine), numbered(a1, b1, a2, a3, objection), numbered(theirs),
		} {
			want = append(want, history...)
		}
		same(t, "choices", choices(t, s, "ada"), want)
		same(t, "the other's", choices(t, s, "bob"), []store.RegistryChoice(nil))
		choose(t, s, chosen("ada", "strict", store.Informed, 9), 5)
	},

	"choices go with the patient who is erased, and only with that one": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		put(t, s, episode(unit, "e2"), "bob", 0)
		choose(t, s, chosen("ada", "nrs", store.Objected, 1), 0)
		stays := choose(t, s, chosen("bob", "nrs", store.Objected, 1), 0)
		erase(t, s, erasing("1", "ada"))
		same(t, "choices", choices(t, s, "ada"), []store.RegistryChoice(nil))
		same(t, "the other's", choices(t, s, "bob"), []store.RegistryChoice{stays})
		_, err := s.PutRegistryChoice(ctx, chosen("ada", "nrs", store.Informed, 2), 0)
		isError(t, "of nobody", err, store.ErrNotFound)
	},

	"who is new with a test identity is a test patient, in every read of an episode": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "real"), "bob", 0)
		written := must(s.PutEpisode(ctx, episode(unit, "e"), testPerson("ada"), 0))(t)
		same(t, "reply", written.TestPatient, true)
		second := altered(envelope("eve", form("submitted", "hads", "1")), func(e *store.Envelope) { e.Identity = testPerson("eve") })
		submit(t, s, second)
		share(t, s, store.Share{CareUnit: unit, EpisodeID: "e", With: "SE-3", Shared: true, Act: store.Act{At: at}})
		// The flag is the patient's, whatever a later write says.
		claimed := altered(episode(unit, "real"), func(e *store.Episode) { e.TestPatient = true })
		same(t, "claimed", put(t, s, claimed, "bob", 1).TestPatient, false)
		same(t, "denied", put(t, s, episode(unit, "e"), "ada", 1).TestPatient, true)
		flagged := map[string]bool{}
		for _, e := range must(s.ListEpisodes(ctx, unit, "", 10))(t) {
			flagged[e.EpisodeID] = e.TestPatient
			same(t, "one", must(s.Episode(ctx, unit, e.EpisodeID))(t), e)
			for _, version := range must(s.EpisodeHistory(ctx, unit, e.EpisodeID))(t) {
				same(t, "a version", version.TestPatient, e.TestPatient)
			}
			same(t, "of the patient", must(s.EpisodesOfPatient(ctx, unit, e.PatientKey))(t), []store.Episode{e})
		}
		same(t, "flagged", flagged, map[string]bool{"real": false, "e": true, "submitted": true})
		if shared := must(s.SharedWith(ctx, "SE-3", "", "", 10))(t); len(shared) != 1 || !shared[0].TestPatient {
			t.Errorf("shared: %+v", shared)
		}
	},

	"a test patient and a real one do not become one": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "real"), "bob", 0)
		must(s.PutEpisode(ctx, episode(unit, "e"), testPerson("ada"), 0))(t)
		must(s.PutEpisode(ctx, episode(unit, "e2"), testPerson("eve"), 0))(t)
		for _, l := range []store.Link{
			linkOf("bob", "ada", true), linkOf("bob", "ada", false), linkOf("ada", "bob", true),
			altered(linkOf("bob", "kim", false), func(l *store.Link) { l.Add = testPerson("kim") }),
		} {
			_, err := s.Link(ctx, l)
			isError(t, "joined", err, store.ErrTestPatient)
		}
		same(t, "bob", calledSo(t, s, "key of bob"), []string{"bob"})
		same(t, "another name of a test patient", link(t, s, linkOf("ada", "kim", false)), store.Linked{Added: true})
		same(t, "two test patients", link(t, s, linkOf("ada", "eve", true)), store.Linked{Merged: true, MovedEpisodes: 1})
		if e := must(s.Episode(ctx, unit, "e2"))(t); !e.TestPatient {
			t.Error("no test patient any more")
		}
	},

	"who was there before test patients were told apart is marked, unless known otherwise too": func(t *testing.T, s fixture) {
		for _, who := range []string{"ada", "bob"} {
			put(t, s, episode(unit, "of "+who), who, 0)
		}
		link(t, s, linkOf("bob", "kim", false))
		for _, who := range []string{"ada", "ada", "bob", "kim", "nobody"} {
			if err := s.MarkTestPatient(ctx, person(who).Lookup); err != nil {
				t.Error(err)
			}
		}
		same(t, "ada", must(s.Episode(ctx, unit, "of ada"))(t).TestPatient, true)
		same(t, "bob", must(s.Episode(ctx, unit, "of bob"))(t).TestPatient, false)
	},
}

func testPerson(name string) store.Identity {
	identity := person(name)
	identity.TestPatient = true
	return identity
}
