package signin

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

func TestARotatedKeyIsFetchedOnceAndTheOldOneGoes(t *testing.T) {
	a := newTokenTest(t, nil)
	old := a.issuer.sign(t, rsaKey(), "key-1", "RS256", nil)
	if _, err := a.with(t, old, Assertions{}); err != nil {
		t.Fatal(err)
	}
	next := newKey(t)
	a.issuer.publishes("key-2", "ES256", next.Public())
	token := a.issuer.sign(t, next, "key-2", "ES256", nil)
	for range 10 {
		if _, err := a.with(t, token, Assertions{}); err != nil {
			t.Fatal(err)
		}
	}
	if n := a.issuer.fetches.Load(); n != 2 {
		t.Errorf("%d fetches, want one for each key", n)
	}
	if _, err := a.with(t, old, Assertions{}); whyOf(t, err) != TokenSignature {
		t.Errorf("a key that the issuer has dropped still opens: %v", err)
	}
}

// TestADroppedKeyIsForgottenWithinTheHour: also if no token asks for a new one.
func TestADroppedKeyIsForgottenWithinTheHour(t *testing.T) {
	a := newTokenTest(t, nil)
	token := a.issuer.sign(t, rsaKey(), "key-1", "RS256", map[string]any{"exp": time.Now().Add(24 * time.Hour).Unix()})
	if _, err := a.with(t, token, Assertions{}); err != nil {
		t.Fatal(err)
	}
	a.issuer.publishes("key-2", "ES256", newKey(t).Public())
	a.clock.advance(keysAge - time.Minute)
	if _, err := a.with(t, token, Assertions{}); err != nil {
		t.Fatalf("before the hour: %v", err)
	}
	a.clock.advance(2 * time.Minute)
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		_, err := a.with(t, token, Assertions{})
		if whyOf(t, err) == TokenSignature {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the key was not forgotten: %v", err)
		}
	}
}

// TestAFloodOfUnknownKeysDoesNotReachTheIssuer, forged tokens under a known
// name not at all.
func TestAFloodOfUnknownKeysDoesNotReachTheIssuer(t *testing.T) {
	a := newTokenTest(t, nil)
	good := a.issuer.sign(t, rsaKey(), "key-1", "RS256", nil)
	if _, err := a.with(t, good, Assertions{}); err != nil {
		t.Fatal(err)
	}
	forger := newKey(t)
	for range 50 {
		if _, err := a.with(t, a.issuer.sign(t, forger, "key-1", "ES256", nil), Assertions{}); whyOf(t, err) != TokenSignature {
			t.Fatal(err)
		}
	}
	if n := a.issuer.fetches.Load(); n != 1 {
		t.Errorf("%d fetches for forged tokens under a known name", n)
	}
	var flood sync.WaitGroup
	for worker := range 8 {
		flood.Go(func() {
			for i := range 50 {
				if _, err := a.with(t, a.issuer.sign(t, forger, fmt.Sprintf("made-up-%d-%d", worker, i), "ES256", nil), Assertions{}); err == nil {
					t.Error("a forged token holds")
				}
			}
		})
	}
	flood.Wait()
	if n := a.issuer.fetches.Load(); n < 2 || n > fetchBurst+1 {
		t.Errorf("%d fetches for 400 unknown keys, want 2 to %d", n, fetchBurst+1)
	}
	if _, err := a.with(t, good, Assertions{}); err != nil {
		t.Errorf("the flood locks out who is known: %v", err)
	}
	next := newKey(t)
	a.issuer.publishes("key-2", "ES256", next.Public())
	a.clock.advance(2 * fetchEvery)
	if _, err := a.with(t, a.issuer.sign(t, next, "key-2", "ES256", nil), Assertions{}); err != nil {
		t.Errorf("a new key is not found after the flood: %v", err)
	}
}

func TestAnIssuerThatIsDownPutsOffUnknownKeysAndOnlyThose(t *testing.T) {
	for name, fail := range map[string]func(*issuer){
		"refuses":      func(i *issuer) { i.down.Store(true) },
		"answers HTML": func(i *issuer) { i.html.Store(true) },
		"is gone":      func(i *issuer) { i.Close() },
		"has no keys":  func(i *issuer) { i.mu.Lock(); i.oidc.PublicKeys = nil; i.mu.Unlock() },
		"is another":   func(i *issuer) { i.mu.Lock(); i.oidc.SetIssuer("https://another.example"); i.mu.Unlock() },
	} {
		t.Run(name, func(t *testing.T) {
			a := newTokenTest(t, nil)
			known := a.issuer.sign(t, rsaKey(), "key-1", "RS256", nil)
			if _, err := a.with(t, known, Assertions{}); err != nil {
				t.Fatal(err)
			}
			unknown := a.issuer.sign(t, newKey(t), "key-2", "ES256", nil)
			fail(a.issuer)
			for range 2 * fetchBurst { // also once the limit is reached
				if _, err := a.with(t, unknown, Assertions{}); !errors.Is(err, ErrUnavailable) {
					t.Fatalf("unknown key: %v, want unavailable", err)
				}
			}
			if _, err := a.with(t, known, Assertions{}); err != nil {
				t.Errorf("known key: %v", err)
			}
			if _, err := a.with(t, a.issuer.sign(t, newKey(t), "key-1", "ES256", nil), Assertions{}); whyOf(t, err) != TokenSignature {
				t.Errorf("forged under a known name: %v", err)
			}
			if !strings.Contains(a.log.String(), "level=ERROR") {
				t.Error("nothing in the log says that the issuer is down")
			}
		})
	}
}

func TestAnIssuerThatWasDownAtTheStartIsFoundLater(t *testing.T) {
	a := newTokenTest(t, nil)
	token := a.issuer.sign(t, rsaKey(), "key-1", "RS256", nil)
	a.issuer.down.Store(true)
	if _, err := a.with(t, token, Assertions{}); !errors.Is(err, ErrUnavailable) {
		t.Fatalf("got %v", err)
	}
	a.issuer.down.Store(false)
	a.clock.advance(fetchEvery)
	if _, err := a.with(t, token, Assertions{}); err != nil {
		t.Error(err)
	}
}

func TestKeysOfAJWKSAddressNeedNoDiscovery(t *testing.T) {
	a := newTokenTest(t, func(cfg *Config) {
		cfg.Tokens.JWKSURL = cfg.Tokens.Issuer + "/keys"
		cfg.Tokens.Issuer = "https://issuer.example"
	})
	if _, err := a.with(t, a.issuer.sign(t, rsaKey(), "key-1", "RS256", map[string]any{"iss": "https://issuer.example"}), Assertions{}); err != nil {
		t.Error(err)
	}
}

// TestKeysArePulledOverASecuredConnectionOnly: neither a redirect nor the
// discovery document leads to one that somebody could change on the way.
func TestKeysArePulledOverASecuredConnectionOnly(t *testing.T) {
	for name, answer := range map[string]func(http.ResponseWriter, *http.Request, string){
		"redirect": func(w http.ResponseWriter, r *http.Request, _ string) {
			http.Redirect(w, r, "http://issuer.example/keys", http.StatusFound)
		},
		"discovery": func(w http.ResponseWriter, _ *http.Request, self string) {
			json.NewEncoder(w).Encode(map[string]string{"issuer": self, "jwks_uri": "http://issuer.example/keys"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			var server *httptest.Server
			server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer(w, r, server.URL) }))
			defer server.Close()
			transport := &countedHosts{base: http.DefaultTransport.(*http.Transport).Clone(), hosts: map[string]int{}}
			defer transport.base.CloseIdleConnections()
			source, err := newKeySource(TokenConfig{Issuer: server.URL}, transport)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := source.fetch(t.Context()); err == nil || transport.hosts["issuer.example"] > 0 {
				t.Errorf("asked %v: %v", transport.hosts, err)
			}
		})
	}
}

// TestADiscoveryDocumentOfAnotherIssuerIsNotFollowed: its keys are not those
// that the tokens must be signed with.
func TestADiscoveryDocumentOfAnotherIssuerIsNotFollowed(t *testing.T) {
	keys := newIssuer(t)
	keys.publishes("key-1", "RS256", rsaKey().Public())
	said := ""
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(map[string]string{"issuer": server.URL + said, "jwks_uri": keys.URL + "/keys"})
	}))
	defer server.Close()
	for _, said = range []string{"", "/other"} {
		source, err := newKeySource(TokenConfig{Issuer: server.URL}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := source.fetch(t.Context()); (err == nil) != (said == "") {
			t.Errorf("a document of the issuer's address with %q behind: %v", said, err)
		}
	}
}

type countedHosts struct {
	base  *http.Transport
	hosts map[string]int
}

func (c *countedHosts) RoundTrip(r *http.Request) (*http.Response, error) {
	c.hosts[r.URL.Host]++
	return c.base.RoundTrip(r)
}

func TestOnlyPublicSigningKeysAreKept(t *testing.T) {
	rsaPrivate, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	raw := func(key any, id, use string) json.RawMessage {
		text, err := jose.JSONWebKey{Key: key, KeyID: id, Use: use}.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	set := []json.RawMessage{
		raw(rsaPrivate.Public(), "kept", "sig"), raw(newKey(t).Public(), "kept too", ""), raw(rsaPrivate, "private", "sig"),
		raw([]byte("a secret of everybody"), "symmetric", "sig"), raw(rsaPrivate.Public(), "for sealing", "enc"),
		json.RawMessage(`{"kty":"OKP","crv":"Ed448","x":"AA"}`), json.RawMessage(`7`),
	}
	kept := publicKeys(set)
	if len(kept) != 2 || kept[0].id != "kept" || kept[1].id != "kept too" {
		t.Errorf("kept %d keys: %v", len(kept), kept)
	}
}

func TestAnAnswerWithoutEndIsGivenUp(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"keys":[],"x":%q}`, strings.Repeat("x", maxDocument))
	}))
	defer server.Close()
	source, err := newKeySource(TokenConfig{Issuer: server.URL}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := source.get(t.Context(), server.URL, &struct{}{}); err == nil || strings.Contains(err.Error(), "xxx") {
		t.Errorf("got %.80v", err)
	}
}
