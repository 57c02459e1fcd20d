package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/painscore/painscore/server/store"
)

var identityTests = map[string]func(*testing.T, fixture){
	"a person is found by the look-up hash and nothing else": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e1"), "ada", 0)
		put(t, s, episode(unit, "e2"), "bob", 0)
		for _, who := range []string{"ada", "bob"} {
			if key := must(s.FindPatient(ctx, person(who).Lookup))(t); key != "key of "+who {
				t.Errorf("%s is %q", who, key)
			}
		}
		for _, lookup := range [][]byte{person("eve").Lookup, person("ada").Lookup[:31], {}, nil} {
			_, err := s.FindPatient(ctx, lookup)
			isError(t, fmt.Sprintf("%x", lookup), err, store.ErrNotFound)
		}
	},

	"a patient's identifiers come oldest first, every field of them": func(t *testing.T, s fixture) {
		var want []store.Identity
		for i, system := range []string{"reservnummer", "samordningsnummer", "personnummer"} {
			id := person(system)
			id.PatientKey, id.System, id.AddedAt = "key of ada", system, at.Add(time.Duration(i)*time.Hour)
			id.Sealed = []byte{0, 255, byte(i)}
			// Known by another number, the same patient: the key says so.
			if _, err := s.PutEpisode(ctx, episode(unit, system), id, 0); err != nil {
				t.Fatal(err)
			}
			id.AddedAt = kept(id.AddedAt)
			want = append(want, id)
		}
		same(t, "identities", must(s.IdentitiesOf(ctx, "key of ada"))(t), want)
		if none := must(s.IdentitiesOf(ctx, "key of eve"))(t); len(none) != 0 {
			t.Errorf("%+v", none)
		}
	},
}

func content(kind, name, version, hash string) store.Content {
	return store.Content{Kind: kind, Name: name, Version: version, Hash: hash, ScoringHash: "s" + hash, Body: []byte("body " + hash), KeptAt: kept(at)}
}

var contentTests = map[string]func(*testing.T, fixture){
	"content comes back whole, by kind, name and version": func(t *testing.T, s fixture) {
		ordered := []store.Content{
			content("instrument", "EQ", "1", "a"), content("instrument", "hads", "1", "b"), content("instrument", "hads", "10", "c"),
			content("instrument", "hads", "2", "d"), content("value_set", "SE", "", "e"), content("value_set", "dk", "", "f"),
		}
		ordered[0].Body = []byte{0, 1, 255}
		ordered[1].Body = []byte{}
		for i := range ordered {
			if err := s.KeepContents(ctx, []store.Content{ordered[(i*5)%len(ordered)]}); err != nil {
				t.Fatal(err)
			}
		}
		same(t, "contents", must(s.Contents(ctx))(t), ordered)
		same(t, "after a restart", must(s.reopen().Contents(ctx))(t), ordered)
	},

	"content that is kept already is kept as it was": func(t *testing.T, s fixture) {
		first := content("instrument", "hads", "1", "a")
		second := content("instrument", "hads", "2", "b")
		if err := s.KeepContents(ctx, []store.Content{first}); err != nil {
			t.Fatal(err)
		}
		again := first
		again.KeptAt = again.KeptAt.AddDate(1, 0, 0)
		if err := s.KeepContents(ctx, []store.Content{again, second, second}); err != nil {
			t.Fatal(err)
		}
		same(t, "contents", must(s.Contents(ctx))(t), []store.Content{first, second})
		if err := s.KeepContents(ctx, nil); err != nil {
			t.Errorf("nothing to keep: %v", err)
		}
	},

	"the same version with another hash is refused, and nothing is added": func(t *testing.T, s fixture) {
		kept := content("instrument", "hads", "1", "a")
		if err := s.KeepContents(ctx, []store.Content{kept}); err != nil {
			t.Fatal(err)
		}
		err := s.KeepContents(ctx, []store.Content{content("instrument", "pcs", "1", "c"), content("instrument", "hads", "1", "b")})
		isError(t, "another hash", err, store.ErrContentChanged)
		var changed *store.ContentChangedError
		if !errors.As(err, &changed) {
			t.Fatalf("not a ContentChangedError: %v", err)
		}
		same(t, "error", *changed, store.ContentChangedError{Kind: "instrument", Name: "hads", Version: "1", KeptHash: "a", OfferedHash: "b"})
		same(t, "contents", must(s.Contents(ctx))(t), []store.Content{kept})
	},

	"a property is written once": func(t *testing.T, s fixture) {
		_, err := s.Property(ctx, "demo")
		isError(t, "before", err, store.ErrNotFound)
		for _, value := range []string{"yes", "no", ""} {
			if stands := must(s.SetPropertyOnce(ctx, "demo", value))(t); stands != "yes" {
				t.Errorf("setting %q: %q stands", value, stands)
			}
		}
		if stands := must(s.SetPropertyOnce(ctx, "empty", ""))(t); stands != "" {
			t.Errorf("%q stands", stands)
		}
		if stands := must(s.SetPropertyOnce(ctx, "empty", "x"))(t); stands != "" {
			t.Errorf("an empty value was replaced by %q", stands)
		}
		if value := must(s.reopen().Property(ctx, "demo"))(t); value != "yes" {
			t.Errorf("after a restart: %q", value)
		}
	},
}
