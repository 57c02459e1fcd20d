package signin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

const (
	// endpointsAge is how long the issuer's endpoints are taken as they were.
	endpointsAge = time.Hour
	// retryEvery is the pause after a fetch that failed: everybody can ask for one.
	retryEvery = 5 * time.Second
)

// endpoints are those of an issuer's discovery document.
type endpoints struct {
	Issuer        string   `json:"issuer"`
	Authorization string   `json:"authorization_endpoint"`
	Token         string   `json:"token_endpoint"`
	EndSession    string   `json:"end_session_endpoint"`
	AuthMethods   []string `json:"token_endpoint_auth_methods_supported"`
	NamesItself   bool     `json:"authorization_response_iss_parameter_supported"` // RFC 9207
}

// provider is the issuer as the pages use it: where it signs people in, and
// where a code becomes a token.
type provider struct {
	cfg    PagesConfig
	source *keySource
	client *http.Client // for codes
	log    *slog.Logger
	now    func() time.Time

	mu        sync.Mutex
	known     *endpoints
	fetchedAt time.Time
	failedAt  time.Time
}

func newProvider(cfg PagesConfig, opts Options) (*provider, error) {
	source, err := newKeySource(cfg.tokens(), opts.Transport)
	if err != nil {
		return nil, err
	}
	// A code and the client's secret go where discovery says, and no further.
	client := &http.Client{Transport: source.client.Transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	return &provider{cfg: cfg, source: source, client: client, log: opts.Logger, now: opts.Now}, nil
}

// endpoints returns those known, or fetches them. An issuer that is down leaves
// the known ones in force.
func (p *provider) endpoints() (endpoints, *Refusal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	stale := p.known == nil || now.Sub(p.fetchedAt) > endpointsAge
	if stale && now.Sub(p.failedAt) >= retryEvery {
		// Under a context of its own: whoever asked may give up, others wait.
		ctx, cancel := context.WithTimeout(context.Background(), fetchTime)
		defer cancel()
		if fetched, err := p.fetch(ctx); err == nil {
			p.known, p.fetchedAt = fetched, now
		} else {
			p.failedAt = now
			p.log.Error("the issuer's endpoints cannot be fetched; nobody can sign in to the pages with those unknown", "error", err)
		}
	}
	if p.known == nil {
		return endpoints{}, unavailable(IssuerAway)
	}
	return *p.known, nil
}

func (p *provider) fetch(ctx context.Context) (*endpoints, error) {
	var found endpoints
	if err := p.source.get(ctx, strings.TrimSuffix(p.cfg.Issuer, "/")+"/.well-known/openid-configuration", &found); err != nil {
		return nil, err
	}
	if found.Issuer != p.cfg.Issuer || !secureURL(found.Authorization) || !secureURL(found.Token) {
		return nil, errors.New("discovery: the document is another issuer's, or names no https endpoints")
	}
	if !secureURL(found.EndSession) {
		found.EndSession = ""
	}
	return &found, nil
}

// oauth is the oauth2 configuration with the secret as its file holds it now,
// so that it can be changed without a restart.
func (p *provider) oauth(at endpoints) (oauth2.Config, error) {
	c := oauth2.Config{
		ClientID:    p.cfg.ClientID,
		RedirectURL: p.cfg.base() + "/sign-in/callback",
		Scopes:      append([]string{"openid"}, slices.DeleteFunc(slices.Clone(p.cfg.Scopes), func(s string) bool { return s == "openid" })...),
		// A trial of both ways, as is the library's default, could burn the code.
		Endpoint: oauth2.Endpoint{AuthURL: at.Authorization, TokenURL: at.Token, AuthStyle: oauth2.AuthStyleInParams},
	}
	if p.cfg.ClientSecretFile == "" {
		return c, nil
	}
	secret, err := readKey(p.cfg.ClientSecretFile)
	if err != nil {
		return c, fmt.Errorf("signin: pages: client_secret_file: %w", err)
	}
	c.ClientSecret = strings.TrimSpace(string(secret))
	if len(at.AuthMethods) == 0 || slices.Contains(at.AuthMethods, "client_secret_basic") {
		c.Endpoint.AuthStyle = oauth2.AuthStyleInHeader // the default of OpenID Connect
	}
	return c, nil
}

// address is where the browser is sent to sign in.
func (p *provider) address(b begun) (string, *Refusal) {
	at, refusal := p.endpoints()
	if refusal != nil {
		return "", refusal
	}
	c, err := p.oauth(at)
	if err != nil {
		return "", unavailable(ClientSecretUnreadable)
	}
	options := []oauth2.AuthCodeOption{
		oauth2.S256ChallengeOption(b.derive("verifier")),
		oauth2.SetAuthURLParam("nonce", b.derive("nonce")),
	}
	if len(p.cfg.ACR) > 0 {
		options = append(options, oauth2.SetAuthURLParam("acr_values", strings.Join(p.cfg.ACR, " ")))
	}
	return c.AuthCodeURL(b.derive("state"), options...), nil
}

// idToken has the issuer turn a code into an ID token, unchecked yet. What the
// issuer says of an error is told by its code alone, and only a known one.
func (p *provider) idToken(ctx context.Context, b begun, code string) (string, *Refusal) {
	at, refusal := p.endpoints()
	if refusal != nil {
		return "", refusal
	}
	c, err := p.oauth(at)
	if err != nil {
		return "", unavailable(ClientSecretUnreadable)
	}
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, oauth2.HTTPClient, p.client), fetchTime)
	defer cancel()
	token, err := c.Exchange(ctx, code, oauth2.VerifierOption(b.derive("verifier")))
	var answer *oauth2.RetrieveError
	switch {
	case errors.As(err, &answer) && answer.ErrorCode == "invalid_grant":
		return "", unauthenticated(CodeRefused)
	case errors.As(err, &answer) && (answer.ErrorCode == "invalid_client" || answer.ErrorCode == "unauthorized_client"):
		return "", unavailable(ClientRefused)
	case err != nil:
		return "", unavailable(IssuerAway)
	}
	text, _ := token.Extra("id_token").(string)
	if text == "" || len(text) > maxToken {
		return "", unauthenticated(TokenMalformed)
	}
	return text, nil
}

// endSession is where the browser goes to sign out of the issuer too; empty if
// the issuer has no such place, or is not known to at the moment.
func (p *provider) endSession() string {
	at, refusal := p.endpoints()
	if refusal != nil || at.EndSession == "" {
		return ""
	}
	u, err := url.Parse(at.EndSession)
	if err != nil {
		return ""
	}
	query := u.Query()
	query.Set("client_id", p.cfg.ClientID)
	query.Set("post_logout_redirect_uri", p.cfg.base()+"/signed-out")
	u.RawQuery = query.Encode()
	return u.String()
}
