package signin

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"golang.org/x/time/rate"
)

// An issuer publishes a new key before it signs with it, and drops one that it
// no longer trusts. So the keys are fetched anew when a token names one that is
// not known, and once in keysAge whatever happens.
const (
	keysAge = time.Hour
	// Anybody can name keys that do not exist. A few fetches are made at once,
	// then one in fetchEvery, however many tokens ask for it.
	fetchEvery = 10 * time.Second
	fetchBurst = 5
)

// issuerKeys keeps the public keys of an issuer. go-oidc's own remote key set
// fetches once for every forged token and never forgets a key.
type issuerKeys struct {
	source *keySource
	log    *slog.Logger
	now    func() time.Time
	limit  *rate.Limiter

	mu        sync.Mutex
	known     []publicKey // those of the last fetch that succeeded
	fetchedAt time.Time
	good      bool   // the last fetch succeeded
	succeeded int    // how many fetches did
	running   *fetch // the one under way, or nil
}

type publicKey struct {
	id  string
	key crypto.PublicKey
}

type fetch struct{ done chan struct{} }

func newIssuerKeys(cfg TokenConfig, opts Options) (*issuerKeys, error) {
	source, err := newKeySource(cfg, opts.Transport)
	if err != nil {
		return nil, err
	}
	return &issuerKeys{source: source, log: opts.Logger, now: opts.Now, limit: rate.NewLimiter(rate.Every(fetchEvery), fetchBurst)}, nil
}

// check returns the payload of a token that one of the issuer's keys has signed.
// The algorithm has been checked before.
func (k *issuerKeys) check(ctx context.Context, token string) ([]byte, *Refusal) {
	id := keyID(token)
	payload, named := k.try(ctx, token, id)
	if payload != nil {
		return payload, nil
	}
	if named { // by a key that is known, so this is no new one: it is forged
		return nil, unauthenticated(TokenSignature)
	}
	if !k.refresh(ctx) {
		return nil, unavailable(IssuerUnreachable)
	}
	if payload, _ = k.try(ctx, token, id); payload != nil {
		return payload, nil
	}
	return nil, unauthenticated(TokenSignature)
}

// try checks a token against the known keys, all of them if it names none. named
// says that it names one of them.
func (k *issuerKeys) try(ctx context.Context, token, id string) (payload []byte, named bool) {
	var candidates oidc.StaticKeySet
	for _, each := range k.current() {
		if id == "" || each.id == id {
			candidates.PublicKeys = append(candidates.PublicKeys, each.key)
		}
	}
	named = id != "" && len(candidates.PublicKeys) > 0
	payload, err := candidates.VerifySignature(ctx, token)
	if err != nil {
		return nil, named
	}
	return payload, named
}

// current returns the known keys, and has them fetched behind the scenes when
// they have become old. An issuer that is down leaves the known ones in force.
func (k *issuerKeys) current() []publicKey {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.known) > 0 && k.now().Sub(k.fetchedAt) > keysAge {
		k.start()
	}
	return k.known
}

// fetches is a number that stands for the keys known now. Asking has old ones
// fetched, as current does.
func (k *issuerKeys) fetches() int {
	k.current()
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.succeeded
}

// refresh fetches the keys, or waits for a fetch under way, or does neither when
// there were too many of late. It says whether the known keys can be taken for
// the issuer's.
func (k *issuerKeys) refresh(ctx context.Context) bool {
	k.mu.Lock()
	running := k.start()
	k.mu.Unlock()
	if running != nil {
		select {
		case <-running.done:
		case <-ctx.Done():
			return false
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.good
}

// start returns the fetch under way, or a new one if the limit allows, else nil.
// The caller holds the lock.
func (k *issuerKeys) start() *fetch {
	if k.running == nil && k.limit.AllowN(k.now(), 1) {
		k.running = &fetch{done: make(chan struct{})}
		go k.run(k.running)
	}
	return k.running
}

// run fetches under a context of its own: whoever asked may give up, others wait
// for the same keys.
func (k *issuerKeys) run(f *fetch) {
	ctx, cancel := context.WithTimeout(context.Background(), fetchTime)
	defer cancel()
	fetched, err := k.source.fetch(ctx)
	if err != nil {
		k.log.Error("the keys of the issuer of tokens cannot be fetched; tokens with keys that are not known yet are put off", "error", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.good = err == nil; k.good {
		k.known, k.fetchedAt = fetched, k.now()
		k.succeeded++
	}
	k.running = nil
	close(f.done)
}

// keyID reads the name of the key from a token's header, unchecked.
func keyID(token string) string {
	header, _, _ := strings.Cut(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(header)
	if err != nil {
		return ""
	}
	var named struct {
		ID string `json:"kid"`
	}
	if json.Unmarshal(raw, &named) != nil {
		return ""
	}
	return named.ID
}

// publicKeys keeps of a key set what can check signatures. Keys of kinds that
// are not known here are passed over (RFC 7517, section 5), and so is what is
// private or symmetric: a secret that everybody can fetch signs nothing.
func publicKeys(set []json.RawMessage) []publicKey {
	var keys []publicKey
	for _, raw := range set {
		var key jose.JSONWebKey
		if json.Unmarshal(raw, &key) != nil || !key.Valid() || key.Use != "" && key.Use != "sig" {
			continue
		}
		switch key.Key.(type) {
		case *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey:
			keys = append(keys, publicKey{key.KeyID, key.Key})
		}
	}
	return keys
}
