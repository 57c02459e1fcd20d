package signin

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// tokens checks the bearer tokens of one issuer.
type tokens struct {
	issuer, audience string
	skew             time.Duration
	mapping          Mapping
	keys             *issuerKeys
	verifier         *oidc.IDTokenVerifier
	now              func() time.Time
	verified         verified
}

func newTokens(cfg TokenConfig, opts Options) (*tokens, error) {
	keys, err := newIssuerKeys(cfg, opts)
	if err != nil {
		return nil, err
	}
	t := &tokens{issuer: cfg.Issuer, audience: cfg.Audience, skew: cfg.skew(), mapping: cfg.Claims, keys: keys, now: opts.Now}
	algorithms := cfg.Algorithms
	if len(algorithms) == 0 {
		algorithms = defaultAlgorithms
	}
	t.verifier = oidc.NewVerifier(cfg.Issuer, checkedKeys{keys}, &oidc.Config{
		ClientID:             cfg.Audience,
		SupportedSigningAlgs: algorithms,
		Now:                  func() time.Time { return opts.Now().Add(-cfg.skew()) },
	})
	return t, nil
}

// verify returns the claims of a token that holds, and when it ends. What holds is decided by
// go-oidc; what its error was about is found out from what has been checked,
// and not from the error's text, which quotes claims.
func (t *tokens) verify(ctx context.Context, token string) (claims, time.Time, *Refusal) {
	checked := &signature{}
	id, err := t.verifier.Verify(context.WithValue(ctx, signatureKey{}, checked), token)
	switch {
	case checked.refusal != nil:
		return nil, time.Time{}, checked.refusal
	case checked.payload == nil:
		return nil, time.Time{}, unauthenticated(TokenMalformed)
	}
	all, badClaims := readClaims(checked.payload)
	notBefore, ok := all.notBefore()
	var expired *oidc.TokenExpiredError
	switch {
	case badClaims != nil || !ok:
		return nil, time.Time{}, unauthenticated(TokenMalformed)
	case all.text([]string{"iss"}) != t.issuer:
		return nil, time.Time{}, unauthenticated(TokenIssuer)
	case !slices.Contains(all.texts([]string{"aud"}), t.audience):
		return nil, time.Time{}, unauthenticated(TokenAudience)
	case errors.As(err, &expired):
		return nil, time.Time{}, unauthenticated(TokenExpired)
	case t.now().Add(t.skew).Before(notBefore): // the library's own leeway is five minutes
		return nil, time.Time{}, unauthenticated(TokenNotYet)
	case err != nil:
		return nil, time.Time{}, unauthenticated(TokenMalformed)
	}
	return all, id.Expiry, nil
}

// signature is what became of a token's signature. It travels in the context,
// as the verifier flattens its key set's errors to text.
type signature struct {
	payload []byte
	refusal *Refusal
}

type signatureKey struct{}

// checkedKeys is the issuer's keys as the verifier's key set.
type checkedKeys struct{ *issuerKeys }

var errSignature = errors.New("signin: the signature does not hold")

func (k checkedKeys) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	payload, refusal := k.check(ctx, token)
	if checked, ok := ctx.Value(signatureKey{}).(*signature); ok {
		checked.payload, checked.refusal = payload, refusal
	}
	if refusal != nil {
		return nil, errSignature
	}
	return payload, nil
}
