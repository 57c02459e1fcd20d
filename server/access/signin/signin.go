// Package signin turns a credential into an access.Caller.
//
// A way in (gRPC, a page) gathers what a call shows of its maker – a verified
// client certificate, an authorization header, what it asserts of user, unit
// and purpose – as Credentials and hands it to an Authenticator, which either
// says who calls or refuses. A credential always names a system of the
// configuration, and the system's entry says for which units, in which roles
// and with which assertions it may call; persons come through a system, too.
// Nothing here knows gRPC or the pages.
//
// Start with Config, which documents the settings, and Authenticate.
// People who read the pages sign in by Pages, which keeps sessions; that part
// begins in pages.go.
// In local mode (nothing configured, loopback only) a token file stands in for
// all of it; see LoadOrMakeLocalToken.
//
// What is refused is told by fixed words only (see Why). No error, log line or
// counter here ever holds a token, a claim or a certificate's name.
package signin

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/painscore/painscore/server/access"
)

// Credentials are what a call shows of its maker.
type Credentials struct {
	// PeerCertificates is the client's certificate chain, leaf first. It must
	// have been verified by the handshake: give VerifiedChains[0] of the
	// connection's state, never its PeerCertificates.
	PeerCertificates []*x509.Certificate
	// Authorization are the values of the authorization header, as they came.
	Authorization []string
	// Asserted is what the call says of itself.
	Asserted Assertions
	// RemoteAddr is the peer's address, with or without a port.
	RemoteAddr string
}

// Assertions are the values of the metadata by which a system says for whom it
// calls. More than one value of a kind is refused: nobody could say which holds.
type Assertions struct {
	User, Unit, Purpose []string
}

// The metadata, and the HTTP headers, that carry Assertions.
const (
	UserKey    = "painscore-user"
	UnitKey    = "painscore-unit"
	PurposeKey = "painscore-purpose"
)

// Options are what an Authenticator needs besides its configuration.
type Options struct {
	// Local, if set, makes it an authenticator of local mode: the one caller is
	// whoever holds this token and calls from this machine.
	Local *LocalToken
	// Tokenless is local mode without a token, for a store of synthetic patients.
	Tokenless bool
	// Logger gets a sample of the refusals, and the issuer's failures.
	Logger *slog.Logger
	// Now is the clock; time.Now if nil.
	Now func() time.Time
	// Transport fetches the issuer's keys; if nil, a transport with the
	// configured certificate authorities.
	Transport http.RoundTripper
}

// Authenticator finds out who calls. It is safe for concurrent use.
type Authenticator struct {
	systems  *systems
	tokens   *tokens // nil where no issuer is configured
	local    *LocalToken
	isLocal  bool
	refusals *refusals
	now      func() time.Time
}

// New makes an authenticator of a configuration. It contacts nobody: an issuer
// that is down must not keep the server from starting. The error lists every
// problem of the configuration.
func New(cfg Config, opts Options) (*Authenticator, error) {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	a := &Authenticator{
		local: opts.Local, isLocal: opts.Local != nil || opts.Tokenless,
		refusals: newRefusals(opts.Logger), now: opts.Now,
	}
	switch {
	case a.isLocal && !cfg.Empty():
		return nil, fmt.Errorf("signin: sign-in is configured, so there is no local mode")
	case a.isLocal:
		return a, nil
	case cfg.Empty():
		return nil, fmt.Errorf("signin: nothing is configured, and it is not local mode: nobody could call")
	}
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	a.systems = newSystems(cfg.Systems)
	if cfg.Tokens != nil {
		var err error
		if a.tokens, err = newTokens(*cfg.Tokens, opts); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// IsLocal says whether this is local mode.
func (a *Authenticator) IsLocal() bool { return a.isLocal }

// Authenticate says who calls. The error is a *Refusal: access.ErrUnauthenticated
// where the credential does not hold, ErrAssertion where it holds and asserts
// what it may not, ErrUnavailable where it cannot be told at the moment. Every
// refusal is counted, and a sample logged.
func (a *Authenticator) Authenticate(ctx context.Context, given Credentials) (access.Caller, error) {
	address := addressOf(given.RemoteAddr)
	caller, refusal := a.authenticate(ctx, given, address)
	if refusal != nil {
		a.refusals.add(refusal.Why, address)
		return access.Caller{}, refusal
	}
	if address.IsValid() {
		caller.Address = address.String()
	}
	return caller, nil
}

func (a *Authenticator) authenticate(ctx context.Context, given Credentials, address netip.Addr) (access.Caller, *Refusal) {
	if a.isLocal {
		return a.localCaller(given, address)
	}
	grant, refusal := a.grant(ctx, given)
	if refusal != nil {
		return access.Caller{}, refusal
	}
	return grant.caller(given.Asserted)
}

// grant finds what the credential allows. Whoever shows both a certificate and
// a token must hold with both: one that is ignored could be anybody's.
func (a *Authenticator) grant(ctx context.Context, given Credentials) (grant, *Refusal) {
	var byCertificate, byToken grant
	var refusal *Refusal
	if len(given.PeerCertificates) > 0 {
		if byCertificate, refusal = a.systems.ofCertificate(given.PeerCertificates[0], a.now()); refusal != nil {
			return grant{}, refusal
		}
	}
	if len(given.Authorization) == 0 {
		if byCertificate.system == "" {
			return grant{}, unauthenticated(NoCredential)
		}
		return byCertificate, nil
	}
	bearer, refusal := bearerToken(given.Authorization)
	if refusal != nil {
		return grant{}, refusal
	}
	if a.tokens == nil {
		return grant{}, unauthenticated(TokensNotTaken)
	}
	claims, refusal := a.tokens.verifyAgain(ctx, bearer)
	if refusal != nil {
		return grant{}, refusal
	}
	if byToken, refusal = a.systems.ofClaims(claims, a.tokens.mapping); refusal != nil {
		return grant{}, refusal
	}
	if byCertificate.system != "" && byCertificate.system != byToken.system {
		return grant{}, unauthenticated(CredentialsDisagree)
	}
	return byToken, nil
}

// addressOf reads "host:port" or "host"; the zero Addr is no address.
func addressOf(remote string) netip.Addr {
	if with, err := netip.ParseAddrPort(remote); err == nil {
		return with.Addr().Unmap()
	}
	bare, err := netip.ParseAddr(remote)
	if err != nil {
		return netip.Addr{}
	}
	return bare.Unmap()
}
