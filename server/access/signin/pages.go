package signin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"github.com/painscore/painscore/server/store"
)

// Pages signs in the people who read the pages. It is safe for concurrent use.
//
// In local mode a one-time link starts a session (see LocalToken.PagesLink); for
// a store of synthetic patients there is none, and everybody at the machine may
// read. Otherwise the issuer of PagesConfig says who somebody is: Begin, Finish,
// then Choose if there is more than one commission to choose from. Visitor says
// who a browser's cookie stands for, End ends it.
type Pages struct {
	cfg       PagesConfig
	mode      PagesMode
	links     *links    // local mode
	provider  *provider // by the issuer
	tokens    *tokens   // likewise
	sessions  store.Sessions
	setup     string // of which sign-ins hold; see fingerprint
	exchanges *rate.Limiter
	refusals  *refusals
	log       *slog.Logger
	now       func() time.Time
}

// PagesMode is how people sign in to the pages.
type PagesMode string

// The modes.
const (
	PagesClosed    PagesMode = "closed"    // nobody can: gRPC has a sign-in, and the pages have none configured
	PagesTokenless PagesMode = "tokenless" // nobody needs to: synthetic patients, this machine only
	PagesLocal     PagesMode = "local"     // by a one-time link
	PagesIssuer    PagesMode = "issuer"    // by OpenID Connect
)

// Everybody can come back from the issuer with some code and have it asked
// about, so there is a limit for all together.
const (
	exchangesPerSecond = 20
	exchangesBurst     = 100
)

// NewPages makes the sign-in of the pages by the same configuration and options
// as New. It contacts nobody.
func NewPages(cfg Config, opts Options, sessions store.Sessions) (*Pages, error) {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	p := &Pages{
		mode: PagesClosed, sessions: sessions, exchanges: rate.NewLimiter(exchangesPerSecond, exchangesBurst),
		refusals: newRefusals(opts.Logger), log: opts.Logger, now: opts.Now,
	}
	switch {
	case (opts.Local != nil || opts.Tokenless) && !cfg.Empty():
		return nil, errors.New("signin: sign-in is configured, so there is no local mode")
	case opts.Tokenless:
		p.mode = PagesTokenless
	case opts.Local != nil:
		p.mode, p.links = PagesLocal, newLinks(opts.Local, opts.Now())
		p.setup = fingerprint(string(opts.Local.linkKey[:]))
	case cfg.Pages != nil:
		if err := cfg.Check(); err != nil {
			return nil, err
		}
		return p, p.useIssuer(*cfg.Pages, opts)
	}
	return p, nil
}

func (p *Pages) useIssuer(cfg PagesConfig, opts Options) (err error) {
	p.cfg, p.mode = cfg, PagesIssuer
	p.setup = fingerprint(fmt.Sprintf("%#v %#v %v %v", cfg.Claims, cfg.system(), cfg.Purposes, []string{cfg.Issuer, cfg.ClientID}))
	if p.tokens, err = newTokens(cfg.tokens(), opts); err != nil {
		return err
	}
	if p.provider, err = newProvider(cfg, opts); err != nil {
		return err
	}
	_, err = p.provider.oauth(endpoints{}) // reads the secret
	return err
}

// Mode says how people sign in.
func (p *Pages) Mode() PagesMode { return p.mode }

// Secure says whether readers come by https, so that cookies must not travel
// otherwise.
func (p *Pages) Secure() bool {
	u, err := url.Parse(p.cfg.URL)
	return err == nil && u.Scheme == "https"
}

// Begin starts a sign-in with the issuer: the browser keeps cookie for BegunTime
// and goes to address. returnTo comes back from Finish as it was, or empty if it
// is far too long. The error is a *Refusal.
func (p *Pages) Begin(from, returnTo string) (cookie, address string, err error) {
	b := begin(returnTo)
	if p.mode != PagesIssuer {
		return "", "", p.refuse(from, unauthenticated(PagesNotOpen))
	}
	address, refusal := p.provider.address(b)
	if refusal != nil {
		return "", "", p.refuse(from, refusal)
	}
	return b.cookie(), address, nil
}

// Finish takes what the browser brings back from the issuer: the cookie of Begin
// and the query. token is the new session's. The error is a *Refusal, or one of
// the store's.
func (p *Pages) Finish(ctx context.Context, from, cookie string, query url.Values) (token, returnTo string, err error) {
	if p.mode != PagesIssuer {
		return "", "", p.refuse(from, unauthenticated(PagesNotOpen))
	}
	b, found := readBegun(cookie)
	if !found || len(query["state"]) != 1 || !same(query.Get("state"), b.derive("state")) {
		return "", "", p.refuse(from, unauthenticated(NotBegun))
	}
	who, refusal := p.person(ctx, b, query)
	if refusal != nil {
		return "", "", p.refuse(from, refusal)
	}
	visitor, refusal := p.visitorOf(who)
	if refusal != nil {
		return "", "", p.refuse(from, refusal)
	}
	token, err = p.put(ctx, visitor, p.now())
	return token, b.returnTo, err
}

// person asks the issuer who has come back.
func (p *Pages) person(ctx context.Context, b begun, query url.Values) (person, *Refusal) {
	at, refusal := p.provider.endpoints()
	if refusal != nil {
		return person{}, refusal
	}
	// RFC 9207: an answer of another issuer was mixed in.
	if iss := query["iss"]; len(iss) > 1 || len(iss) == 1 && iss[0] != p.cfg.Issuer || len(iss) == 0 && at.NamesItself {
		return person{}, unauthenticated(NotBegun)
	}
	switch {
	case query.Get("error") == "access_denied":
		return person{}, unauthenticated(IssuerDenied)
	case query.Has("error"):
		return person{}, unauthenticated(IssuerRefused)
	case len(query["code"]) != 1 || query.Get("code") == "":
		return person{}, unauthenticated(NotBegun)
	case !p.exchanges.AllowN(p.now(), 1):
		return person{}, unavailable(TooManySignIns)
	}
	text, refusal := p.provider.idToken(ctx, b, query.Get("code"))
	if refusal != nil {
		return person{}, refusal
	}
	claims, _, refusal := p.tokens.verify(ctx, text)
	if refusal != nil {
		return person{}, refusal
	}
	switch {
	case !same(claims.text([]string{"nonce"}), b.derive("nonce")):
		return person{}, unauthenticated(TokenNonce)
	case claims.has([]string{"azp"}) && claims.text([]string{"azp"}) != p.cfg.ClientID:
		return person{}, unauthenticated(TokenAudience)
	case len(p.cfg.ACR) > 0 && !slices.Contains(p.cfg.ACR, claims.text([]string{"acr"})):
		return person{}, unauthenticated(TooWeak)
	}
	return claims.person(p.cfg.Claims), nil
}

// Link takes the code of a one-time link. The error is a *Refusal, or one of the
// store's.
func (p *Pages) Link(ctx context.Context, from, code string) (token string, err error) {
	if p.mode != PagesLocal {
		return "", p.refuse(from, unauthenticated(PagesNotOpen))
	}
	if !addressOf(from).IsLoopback() {
		return "", p.refuse(from, unauthenticated(LocalElsewhere))
	}
	now := p.now()
	if refusal := p.links.take(code, now); refusal != nil {
		return "", p.refuse(from, refusal)
	}
	return p.put(ctx, localVisitor(), now)
}

// Refusals is how many sign-ins have been refused since the start, by why.
func (p *Pages) Refusals() map[Why]uint64 { return p.refusals.counted() }

// refuse counts a refusal, and logs it in its turn.
func (p *Pages) refuse(from string, refusal *Refusal) error {
	p.refusals.add(refusal.Why, addressOf(from))
	return refusal
}
