package signin

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"
)

// maxVerified is how many tokens are remembered, some 2 MB.
const maxVerified = 512

// verified remembers tokens that held, since a system sends the same one with
// every call until it runs out, and to check it takes longer than most calls.
// What was checked is the signature and what does not change; times are compared
// at each call, and a new set of the issuer's keys forgets everything, so that a
// key which the issuer dropped lets nobody in. Tokens themselves are not kept.
type verified struct {
	mu     sync.Mutex
	keys   int // which of the issuer's key sets has signed them
	tokens map[[sha256.Size]byte]verifiedToken
}

type verifiedToken struct {
	claims            claims // shared by calls: must not be changed
	notBefore, expiry time.Time
}

func (v *verified) find(hash [sha256.Size]byte, keys int) (token verifiedToken, found bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.keys != keys {
		return token, false
	}
	token, found = v.tokens[hash]
	return token, found
}

// put remembers a token that was checked with a key set. Where there are too
// many it begins anew: to check one once more costs little.
func (v *verified) put(hash [sha256.Size]byte, token verifiedToken, keys int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.keys > keys {
		return
	}
	if v.keys < keys || len(v.tokens) >= maxVerified || v.tokens == nil {
		v.keys, v.tokens = keys, map[[sha256.Size]byte]verifiedToken{}
	}
	v.tokens[hash] = token
}

// verifyAgain is verify for a token that comes with call after call.
func (t *tokens) verifyAgain(ctx context.Context, token string) (claims, *Refusal) {
	hash, keys, now := sha256.Sum256([]byte(token)), t.keys.fetches(), t.now()
	if known, found := t.verified.find(hash, keys); found && known.holds(now, t.skew) {
		return known.claims, nil
	}
	all, expiry, refusal := t.verify(ctx, token)
	if notBefore, ok := all.notBefore(); refusal == nil && ok {
		t.verified.put(hash, verifiedToken{claims: all, notBefore: notBefore, expiry: expiry}, keys)
	}
	return all, refusal
}

// holds says whether the token's time has come and is not over, as verify does.
func (known verifiedToken) holds(now time.Time, skew time.Duration) bool {
	return !now.Add(-skew).After(known.expiry) && !now.Add(skew).Before(known.notBefore)
}
