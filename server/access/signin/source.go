package signin

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	// fetchTime is how long the issuer has for its keys, discovery included.
	fetchTime = 5 * time.Second
	// maxDocument is the largest answer of the issuer that is read, in bytes.
	maxDocument = 1 << 20
)

// keySource fetches an issuer's key set.
type keySource struct {
	issuer, jwksURL string
	client          *http.Client
}

func newKeySource(cfg TokenConfig, transport http.RoundTripper) (*keySource, error) {
	if transport == nil {
		own := http.DefaultTransport.(*http.Transport).Clone()
		own.DisableKeepAlives = true // there is a fetch an hour
		if cfg.CA != "" {
			pool, err := readAuthorities(cfg.CA)
			if err != nil {
				return nil, fmt.Errorf("signin: tokens: ca: %w", err)
			}
			own.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
		}
		transport = own
	}
	client := &http.Client{Transport: transport, CheckRedirect: func(next *http.Request, via []*http.Request) error {
		if len(via) > 3 || !secureURL(next.URL.String()) {
			return errors.New("it sends elsewhere")
		}
		return nil
	}}
	return &keySource{cfg.Issuer, cfg.JWKSURL, client}, nil
}

// fetch finds and reads the key set. A set without any usable key is an error:
// it would lock everybody out in silence.
func (s *keySource) fetch(ctx context.Context) ([]publicKey, error) {
	address := s.jwksURL
	if address == "" {
		var discovery struct {
			Issuer  string `json:"issuer"`
			JWKSURL string `json:"jwks_uri"`
		}
		if err := s.get(ctx, strings.TrimSuffix(s.issuer, "/")+"/.well-known/openid-configuration", &discovery); err != nil {
			return nil, fmt.Errorf("discovery: %w", err)
		}
		if discovery.Issuer != s.issuer {
			return nil, errors.New("discovery: the document there is another issuer's")
		}
		if address = discovery.JWKSURL; !secureURL(address) {
			return nil, errors.New("discovery: jwks_uri is no https address")
		}
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := s.get(ctx, address, &set); err != nil {
		return nil, fmt.Errorf("key set: %w", err)
	}
	keys := publicKeys(set.Keys)
	if len(keys) == 0 {
		return nil, errors.New("key set: no usable key in it")
	}
	return keys, nil
}

// get reads a JSON document. Its errors do not quote the answer, which may be
// anything.
func (s *keySource) get(ctx context.Context, address string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	reply, err := s.client.Do(request)
	if err != nil {
		return err
	}
	defer reply.Body.Close()
	if reply.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", reply.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(reply.Body, maxDocument))
	if err != nil {
		return err
	}
	if json.Unmarshal(text, into) != nil { // one that was cut off is none
		return errors.New("the answer is no JSON document, or far too long")
	}
	return nil
}
