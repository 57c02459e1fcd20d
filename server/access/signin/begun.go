package signin

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"
)

// BegunTime is how long a sign-in that was begun waits for the person's return.
const BegunTime = 10 * time.Minute

const (
	secretBytes = 32
	// maxReturn is the longest address to return to, in bytes.
	maxReturn = 2 << 10
)

// begun is a sign-in between the way to the issuer and back. Nothing of it is
// kept here, as everybody can begin one: a cookie in the person's browser holds
// a secret, from which state, nonce and PKCE verifier are derived, so that only
// that browser can finish what it began.
type begun struct {
	secret   [secretBytes]byte
	returnTo string
}

func begin(returnTo string) begun {
	var b begun
	rand.Read(b.secret[:]) // never fails: the program ends instead
	if len(returnTo) <= maxReturn {
		b.returnTo = returnTo
	}
	return b
}

// derive gives a value for one use; knowing it tells nothing of the others.
func (b begun) derive(use string) string {
	mac := hmac.New(sha256.New, b.secret[:])
	mac.Write([]byte("painscore sign-in " + use))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (b begun) cookie() string {
	return base64.RawURLEncoding.EncodeToString(b.secret[:]) + "." + base64.RawURLEncoding.EncodeToString([]byte(b.returnTo))
}

// readBegun reads the cookie. Where it returns to is the browser's word: whoever
// sends somebody there has to look at it.
func readBegun(cookie string) (b begun, ok bool) {
	secret, returnTo, _ := strings.Cut(cookie, ".")
	raw, err := base64.RawURLEncoding.Strict().DecodeString(secret)
	if err != nil || len(raw) != secretBytes {
		return begun{}, false
	}
	to, err := base64.RawURLEncoding.Strict().DecodeString(returnTo)
	if err != nil || len(to) > maxReturn {
		return begun{}, false
	}
	copy(b.secret[:], raw)
	b.returnTo = string(to)
	return b, true
}

func same(a, b string) bool { return hmac.Equal([]byte(a), []byte(b)) }
