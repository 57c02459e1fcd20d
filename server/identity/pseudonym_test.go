package identity

import (
	"regexp"
	"testing"
)

func TestAPseudonymIsOnePerRecipientAndPersonForEver(t *testing.T) {
	keys, path := newKeys(t)
	if _, err := RotateSeal(path); err != nil {
		t.Fatal(err)
	}
	if _, _, err := PrepareLookupChange(path); err != nil {
		t.Fatal(err)
	}
	if _, err := FinishLookupChange(path); err != nil {
		t.Fatal(err)
	}
	rotated := mustLoad(t, path)
	other, _ := newKeys(t)
	seen := map[string][]string{}
	for _, of := range [][]string{{"nrs", "p"}, {"nrs", "q"}, {"other", "p"}, {"nr", "sp"}, {"", "nrsp"}, {"nrs", "u", "e"}, {"nrs", "u", "f"}, {"nrs", "v", "e"}, {"nrs", "ue", ""}, {"other", "u", "e"}} {
		name := func(k *Keyring) string {
			if len(of) == 2 {
				return k.Pseudonym(of[0], of[1])
			}
			return k.EpisodePseudonym(of[0], of[1], of[2])
		}
		own := name(keys)
		if twin, ok := seen[own]; ok {
			t.Errorf("%v is called as %v", of, twin)
		}
		seen[own] = of
		if name(rotated) != own || name(keys) != own {
			t.Errorf("%v is called otherwise after other keys were changed", of)
		}
		if name(other) == own {
			t.Errorf("%v is called the same under another key", of)
		}
		if !regexp.MustCompile(`^[a-z2-7]{26}$`).MatchString(own) {
			t.Errorf("%q", own)
		}
	}
	if keys.PseudonymFingerprint() != rotated.PseudonymFingerprint() || keys.PseudonymFingerprint() == other.PseudonymFingerprint() {
		t.Error("not one fingerprint per key")
	}
}

// The expected values were computed apart, from HMAC-SHA-256 and base32.
func TestAPseudonymIsWhatItWasInTheFirstRelease(t *testing.T) {
	r := newRing()
	secret := make([]byte, keySize)
	for _, k := range []key{{"seal", "a", "current", secret}, {"lookup", "b", "current", secret}, {"mark", "c", "current", secret}, {"pseudonym", "d", "current", secret}} {
		if err := r.add(k); err != nil {
			t.Fatal(err)
		}
	}
	keys := keyringOf(r)
	for got, want := range map[string]string{
		keys.Pseudonym("nrs", "patient"):            "2zi4xqv6bnwy2lrpjlygs4e3l4",
		keys.EpisodePseudonym("nrs", "unit", "e-1"): "wmgihnj6rwrjy6xbascqqn24ua",
	} {
		if got != want {
			t.Errorf("%s, and registers know it as %s", got, want)
		}
	}
}

func TestWithoutAKeyThereIsNoPseudonym(t *testing.T) {
	keys, _ := oldFile(t)
	if keys.PseudonymFingerprint() != "" {
		t.Error("a fingerprint of no key")
	}
	defer func() {
		if recover() == nil {
			t.Error("a pseudonym that anybody could compute")
		}
	}()
	keys.Pseudonym("nrs", "p")
}
