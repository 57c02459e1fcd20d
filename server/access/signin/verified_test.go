package signin

import (
	"fmt"
	"testing"
	"time"
)

func TestARememberedTokenHoldsNoLongerThanItWould(t *testing.T) {
	a := newTokenTest(t, nil)
	soon := map[string]any{"exp": time.Now().Add(10 * time.Minute).Unix()}
	token := a.issuer.sign(t, rsaKey(), "key-1", "RS256", soon)
	try := func(when string, want Why) {
		t.Helper()
		if _, err := a.with(t, token, Assertions{}); whyOf(t, err) != want {
			t.Errorf("%s: refused with %q, want %q", when, whyOf(t, err), want)
		}
	}
	try("first", "")
	if len(a.tokens.verified.tokens) != 1 {
		t.Fatal("it is not remembered")
	}
	try("again", "")
	a.clock.advance(9 * time.Minute)
	try("before it ends", "")
	a.clock.advance(time.Minute + a.tokens.skew + time.Second)
	try("when it is over", TokenExpired)
	a.clock.advance(-20 * time.Minute)
	try("with the clock set back to before it began", TokenNotYet)
}

func TestARememberedTokenDiesWithItsKey(t *testing.T) {
	a := newTokenTest(t, nil)
	token := a.issuer.sign(t, rsaKey(), "key-1", "RS256", nil)
	for range 2 {
		if _, err := a.with(t, token, Assertions{}); err != nil {
			t.Fatal(err)
		}
	}
	a.tokens.keys.mu.Lock()
	a.tokens.keys.known, a.tokens.keys.succeeded = []publicKey{{"key-2", newKey(t).Public()}}, a.tokens.keys.succeeded+1
	a.tokens.keys.mu.Unlock()
	a.issuer.publishes("key-1", "ES256", newKey(t).Public()) // nobody's any more
	if _, err := a.with(t, token, Assertions{}); whyOf(t, err) != TokenSignature {
		t.Errorf("refused with %q", whyOf(t, err))
	}
}

func TestOnlySoManyTokensAreRemembered(t *testing.T) {
	var v verified
	for i := range 3 * maxVerified {
		v.put([32]byte([]byte(fmt.Sprintf("%032d", i))), verifiedToken{}, 1)
		if len(v.tokens) > maxVerified {
			t.Fatalf("%d", len(v.tokens))
		}
	}
	v.put([32]byte{}, verifiedToken{}, 0) // checked with keys that were replaced meanwhile
	if _, found := v.find([32]byte{}, 1); found {
		t.Error("a token that older keys signed is remembered")
	}
}
