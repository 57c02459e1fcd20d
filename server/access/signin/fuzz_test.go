package signin

import (
	"strings"
	"testing"
)

// FuzzBearer: whatever is taken for a token is one, and is what was sent.
func FuzzBearer(f *testing.F) {
	for _, seed := range []string{"Bearer abc", "bearer  a.b.c", "Basic eDp5", "Bearer", "Bearer ", "Bearer a b", "Bearer a,b", "Bearer å", "BEARER\tx", " Bearer x", "Bearer " + strings.Repeat("a", maxToken+1)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		token, refusal := bearerToken([]string{header})
		if refusal != nil {
			if token != "" || refusal.Why != BadAuthorization && refusal.Why != TokenTooLong {
				t.Errorf("%q: %q, %v", header, token, refusal)
			}
			return
		}
		if token == "" || len(token) > maxToken || strings.ContainsAny(token, " \t\r\n,\"\x00") || !strings.HasSuffix(header, " "+token) || !strings.EqualFold(header[:7], "bearer ") {
			t.Errorf("%q is taken as token %q", header, token)
		}
	})
}

// FuzzToken: nothing that the issuer has not signed is ever a caller, and
// nothing makes the check fall over.
func FuzzToken(f *testing.F) {
	a := newTokenTest(f, nil)
	good := a.issuer.sign(f, rsaKey(), "key-1", "RS256", nil)
	for _, seed := range []string{good, good[1:], "a.b.c", "..", "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJIUzI1NiJ9.e30.AA"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		caller, err := a.with(t, token, Assertions{})
		if err == nil && strings.TrimRight(token, "=") != good {
			t.Errorf("%q is taken for %s", token, caller.System)
		}
	})
}

// FuzzClaims: claims of any shape give names that can be stored, or none.
func FuzzClaims(f *testing.F) {
	mapping := Mapping{User: []string{"u"}, Units: Claim{Path: []string{"a", "b"}}, Roles: Claim{Path: []string{"r"}, Values: map[string]string{"x": "clinician"}}, Purpose: Claim{Path: []string{"p"}}}
	for _, seed := range []string{`{}`, `null`, `[]`, `{"u":"x","a":{"b":["y",7]},"r":"x","p":["care"]}`, `{"u":{"u":"x"},"a":[{"b":"y"}],"r":null,"nbf":1e300}`, `{"u":"x"} {}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		all, err := readClaims(payload)
		if err != nil {
			return
		}
		all.notBefore()
		who := all.person(mapping)
		for _, name := range append(who.units, who.user) {
			if name != "" && !nameable(name) {
				t.Errorf("%q is no name", name)
			}
		}
		for _, role := range who.roles {
			if !isRole(role) {
				t.Errorf("%q is no role", role)
			}
		}
		for _, purpose := range who.purposes {
			if !isPurpose(purpose) {
				t.Errorf("%q is no purpose", purpose)
			}
		}
	})
}
