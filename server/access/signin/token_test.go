package signin

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/painscore/painscore/server/access"
)

// tokenTest is an authenticator with an issuer, and what it logs.
type tokenTest struct {
	*Authenticator
	issuer *issuer
	log    *lines
	clock  *clock
}

func newTokenTest(t testing.TB, change func(*Config)) *tokenTest {
	t.Helper()
	test := &tokenTest{issuer: newIssuer(t), log: &lines{}, clock: &clock{}}
	test.issuer.publishes("key-1", "RS256", rsaKey().Public())
	cfg := test.issuer.config()
	if change != nil {
		change(&cfg)
	}
	a, err := New(cfg, Options{Logger: test.log.logger(), Now: test.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	a.refusals.every = time.Millisecond // so that no timer outlives the test by much
	test.Authenticator = a
	return test
}

func (a *tokenTest) with(t testing.TB, token string, asserted Assertions) (access.Caller, error) {
	return a.Authenticate(t.Context(), Credentials{Authorization: []string{"Bearer " + token}, Asserted: asserted, RemoteAddr: "192.0.2.7:5000"})
}

// whyOf is the reason of a refusal, and empty for nil.
func whyOf(t *testing.T, err error) Why {
	t.Helper()
	if err == nil {
		return ""
	}
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		t.Fatalf("%v is no refusal", err)
	}
	return refusal.Why
}

func TestATokenHoldsOnlyIfEverythingAboutItDoes(t *testing.T) {
	a := newTokenTest(t, nil)
	at := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }
	tests := []struct {
		name   string
		change map[string]any
		why    Why
	}{
		{"holds", nil, ""},
		{"expired", map[string]any{"exp": at(-time.Minute)}, TokenExpired},
		{"expired within the clock skew", map[string]any{"exp": at(-20 * time.Second)}, ""},
		{"never expires", map[string]any{"exp": nil}, TokenExpired},
		{"not yet valid", map[string]any{"nbf": at(time.Minute)}, TokenNotYet},
		{"not yet valid within the clock skew", map[string]any{"nbf": at(20 * time.Second)}, ""},
		{"valid from a time that is no number", map[string]any{"nbf": "tomorrow"}, TokenMalformed},
		{"expires at a time that is no number", map[string]any{"exp": "never"}, TokenMalformed},
		{"without a beginning", map[string]any{"nbf": nil}, ""},
		{"wrong audience", map[string]any{"aud": "another service"}, TokenAudience},
		{"no audience", map[string]any{"aud": nil}, TokenAudience},
		{"audience that is a text", map[string]any{"aud": "painscore"}, ""},
		{"wrong issuer", map[string]any{"iss": "https://another.example"}, TokenIssuer},
		{"issuer with a slash too many", map[string]any{"iss": a.issuer.URL + "/"}, TokenIssuer},
		{"unknown client", map[string]any{"client_id": "stranger"}, TokenSystem},
		{"no client", map[string]any{"client_id": nil}, TokenSystem},
		{"client in azp", map[string]any{"client_id": nil, "azp": "journal"}, ""},
		{"client_id wins over azp", map[string]any{"client_id": "stranger", "azp": "journal"}, TokenSystem},
		{"client_id that is no text is not passed over", map[string]any{"client_id": 7, "azp": "journal"}, TokenSystem},
		{"person through a machine's client", map[string]any{"employeeHsaId": "SE1-P"}, TokenPerson},
		{"person of an odd shape through a machine's client", map[string]any{"employeeHsaId": []string{"SE1-P"}}, TokenPerson},
		{"nobody through a client of persons", map[string]any{"client_id": "portal"}, TokenNoPerson},
		{"person without a usable name", map[string]any{"client_id": "portal", "employeeHsaId": strings.Repeat("x", 65)}, TokenNoPerson},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			_, err := a.with(t, a.issuer.sign(t, rsaKey(), "key-1", "RS256", tc.change), Assertions{})
			if why := whyOf(t, err); why != tc.why {
				t.Errorf("refused with %q, want %q", why, tc.why)
			}
			if tc.why != "" && !errors.Is(err, access.ErrUnauthenticated) {
				t.Errorf("%v is not unauthenticated", err)
			}
		})
	}
}

func TestASignatureIsOnlyTakenFromTheIssuersKeyByAnAcceptedAlgorithm(t *testing.T) {
	a := newTokenTest(t, nil)
	good := a.issuer.sign(t, rsaKey(), "key-1", "RS256", nil)
	parts := strings.Split(good, ".")
	segment := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	der, err := x509.MarshalPKIXPublicKey(rsaKey().Public())
	if err != nil {
		t.Fatal(err)
	}
	hs256 := segment(`{"alg":"HS256","kid":"key-1"}`) + "." + parts[1]
	mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	mac.Write([]byte(hs256))
	tests := []struct {
		name, token string
		why         Why
	}{
		{"good", good, ""},
		{"none", segment(`{"alg":"none"}`) + "." + parts[1] + ".", TokenMalformed},
		{"none with the old signature", segment(`{"alg":"none","kid":"key-1"}`) + "." + parts[1] + "." + parts[2], TokenMalformed},
		{"HS256 with the public key", hs256 + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)), TokenMalformed},
		{"an algorithm that is not accepted", a.issuer.sign(t, rsaKey(), "key-1", "RS512", nil), TokenMalformed},
		{"another key under the same name", a.issuer.sign(t, newKey(t), "key-1", "ES256", nil), TokenSignature},
		{"another key without a name", a.issuer.sign(t, newKey(t), "", "ES256", nil), TokenSignature},
		{"the key without its name", a.issuer.sign(t, rsaKey(), "", "RS256", nil), ""},
		{"other claims", parts[0] + "." + segment(`{"iss":"x"}`) + "." + parts[2], TokenSignature},
		{"no signature", parts[0] + "." + parts[1] + ".", TokenSignature},
		{"two parts", parts[0] + "." + parts[1], TokenMalformed},
		{"garbage", "garbage", TokenMalformed},
		{"dots", "..", TokenMalformed},
		{"1 MB", good + strings.Repeat("A", 1<<20), TokenTooLong},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			_, err := a.with(t, tc.token, Assertions{})
			if why := whyOf(t, err); why != tc.why {
				t.Errorf("refused with %q, want %q", why, tc.why)
			}
		})
	}
}

func TestAPersonMayWhatBothTokenAndSystemAllow(t *testing.T) {
	a := newTokenTest(t, nil)
	claimed := func(units, roles, purpose any) map[string]any {
		return map[string]any{
			"client_id": "portal", "employeeHsaId": "SE1-P", "purpose": purpose,
			"commission": map[string]any{"units": units}, "realm_access": map[string]any{"roles": roles},
		}
	}
	caller := func(unit string, purpose access.Purpose, roles ...access.Role) access.Caller {
		return access.Caller{System: "portal", User: "SE1-P", Unit: unit, Roles: roles, Purpose: purpose, Address: "192.0.2.7"}
	}
	list := func(all ...string) []string { return all }
	tests := []struct {
		name     string
		change   map[string]any
		asserted Assertions
		want     access.Caller
		why      Why
	}{
		{"single texts", claimed("unit-1", "psykolog", "vård"), Assertions{}, caller("unit-1", access.Care, access.Clinician), ""},
		{"lists", claimed(list("unit-1"), list("koordinator", "psykolog", "psykolog"), list("vård")), Assertions{}, caller("unit-1", access.Care, access.Coordinator, access.Clinician), ""},
		{"roles that mean nothing are passed over", claimed("unit-1", list("offline_access", "clinician", "psykolog"), "vård"), Assertions{}, caller("unit-1", access.Care, access.Clinician), ""},
		{"a role that the system has not", claimed("unit-1", list("admin"), "vård"), Assertions{}, caller("unit-1", access.Care), ""},
		{"a unit that the system has not", claimed(list("unit-9", "unit-2"), "psykolog", "vård"), Assertions{}, caller("unit-2", access.Care, access.Clinician), ""},
		{"every unit is no unit", claimed(list("*"), "psykolog", "vård"), Assertions{}, caller("", access.Care, access.Clinician), ""},
		{"units that are no texts", claimed([]any{7, nil, "unit-2"}, "psykolog", "vård"), Assertions{}, caller("unit-2", access.Care, access.Clinician), ""},
		{"several units, none chosen", claimed(list("unit-1", "unit-2"), "psykolog", "vård"), Assertions{}, caller("", access.Care, access.Clinician), ""},
		{"several units, one chosen", claimed(list("unit-1", "unit-2"), "psykolog", "vård"), Assertions{Unit: list("unit-2")}, caller("unit-2", access.Care, access.Clinician), ""},
		{"a unit of the system's but not the person's", claimed(list("unit-1", "unit-2"), "psykolog", "vård"), Assertions{Unit: list("unit-3")}, access.Caller{}, UnitNotIts},
		{"another user", claimed("unit-1", "psykolog", "vård"), Assertions{User: list("SE1-Q")}, access.Caller{}, UserNotAllowed},
		{"the same user", claimed("unit-1", "psykolog", "vård"), Assertions{User: list("SE1-P")}, caller("unit-1", access.Care, access.Clinician), ""},
		{"one of the token's purposes", claimed("unit-1", "psykolog", list("vård", "kvalitet")), Assertions{Purpose: list("quality")}, caller("unit-1", access.Quality, access.Clinician), ""},
		{"a purpose that is none of the token's", claimed("unit-1", "psykolog", "vård"), Assertions{Purpose: list("statistics")}, access.Caller{}, PurposeNotAllowed},
		{"the token's only purpose wins over the system's", claimed("unit-1", "psykolog", "kvalitet"), Assertions{}, caller("unit-1", access.Quality, access.Clinician), ""},
		{"no purpose in the token is no purpose", claimed("unit-1", "psykolog", nil), Assertions{}, caller("unit-1", "", access.Clinician), ""},
		{"a purpose that means nothing is none", claimed("unit-1", "psykolog", "care"), Assertions{}, caller("unit-1", "", access.Clinician), ""},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			got, err := a.with(t, a.issuer.sign(t, rsaKey(), "key-1", "RS256", tc.change), tc.asserted)
			if why := whyOf(t, err); why != tc.why {
				t.Fatalf("refused with %q, want %q", why, tc.why)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("caller (-want +got):\n%s", diff)
			}
		})
	}
}

// TestWithoutAPurposeClaimTheSystemDecides, also over what a person may assert.
func TestWithoutAPurposeClaimTheSystemDecides(t *testing.T) {
	a := newTokenTest(t, func(cfg *Config) {
		cfg.Tokens.Claims.Purpose = Claim{}
		cfg.Systems[1].MayAssert = []string{"user", "purpose"}
	})
	token := a.issuer.sign(t, rsaKey(), "key-1", "RS256", map[string]any{
		"client_id": "portal", "employeeHsaId": "SE1-P", "commission": map[string]any{"units": "unit-1"},
	})
	if got, err := a.with(t, token, Assertions{}); err != nil || got.Purpose != access.Care {
		t.Errorf("got %v %v, want the system's purpose", got.Purpose, err)
	}
	if got, err := a.with(t, token, Assertions{Purpose: []string{"quality"}}); err != nil || got.Purpose != access.Quality {
		t.Errorf("got %v %v, want the asserted purpose", got.Purpose, err)
	}
	if _, err := a.with(t, token, Assertions{User: []string{"SE1-Q"}}); whyOf(t, err) != UserNotAllowed {
		t.Errorf("a person became somebody else: %v", err)
	}
}

// TestNothingOfATokenIsToldAnywhere: neither in an error nor in the log.
func TestNothingOfATokenIsToldAnywhere(t *testing.T) {
	a := newTokenTest(t, nil)
	secrets := []string{"191212121212", "planted-client", "planted-kid", "planted-role"}
	planted := map[string]any{"sub": secrets[0], "client_id": secrets[1], "realm_access": map[string]any{"roles": secrets[3]}, "employeeHsaId": secrets[0]}
	tokens := []string{
		a.issuer.sign(t, rsaKey(), "key-1", "RS256", planted),
		a.issuer.sign(t, rsaKey(), "planted-kid", "RS256", planted),
		a.issuer.sign(t, newKey(t), "key-1", "ES256", planted),
		"191212121212.planted-client",
	}
	for _, field := range []string{"iss", "aud", "exp", "nbf"} {
		planted[field] = secrets[0]
		tokens = append(tokens, a.issuer.sign(t, rsaKey(), "key-1", "RS256", planted))
		delete(planted, field)
	}
	told := ""
	for _, token := range tokens {
		for _, header := range []string{"Bearer " + token, "Basic " + token, token, "Bearer " + token + "\x00"} {
			_, err := a.Authenticate(t.Context(), Credentials{Authorization: []string{header}, RemoteAddr: "192.0.2.7:1"})
			if err == nil {
				t.Fatal("a token with planted words holds")
			}
			told += err.Error()
		}
		secrets = append(secrets, strings.Split(token, ".")...)
	}
	time.Sleep(20 * time.Millisecond) // the last line of the sample
	told += a.log.String()
	if !strings.Contains(told, "sign-in refused") {
		t.Fatal("nothing was logged, so nothing was searched")
	}
	for _, secret := range secrets {
		if secret != "" && strings.Contains(told, secret) {
			t.Errorf("%.20q… stands in an error or in the log", secret)
		}
	}
}

func BenchmarkTokenES256(b *testing.B) { benchmarkToken(b, "ES256", false) }
func BenchmarkTokenRS256(b *testing.B) { benchmarkToken(b, "RS256", false) }

// BenchmarkTokenAgain is what the same token costs with the next call.
func BenchmarkTokenAgain(b *testing.B) { benchmarkToken(b, "ES256", true) }

func benchmarkToken(b *testing.B, algorithm string, again bool) {
	a := newTokenTest(b, nil)
	token := a.issuer.sign(b, rsaKey(), "key-1", "RS256", nil)
	if algorithm == "ES256" {
		key := newKey(b)
		a.issuer.publishes("key-1", algorithm, key.Public())
		token = a.issuer.sign(b, key, "key-1", algorithm, nil)
	}
	b.ReportAllocs()
	for b.Loop() {
		if !again {
			a.tokens.verified.tokens = nil
		}
		if _, err := a.with(b, token, Assertions{}); err != nil {
			b.Fatal(err)
		}
	}
}
