// Package idptest is an OpenID Connect issuer for tests: whoever opens its
// sign-in page chooses who to be. Never give it anything real to guard.
package idptest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc/oidctest"
)

// Issuer is an http.Handler. Set its fields before it serves; Change and the
// others that tests turn at run time are guarded by Lock.
type Issuer struct {
	sync.Mutex
	URL      string // of itself
	ClientID string
	Secret   string // of the client; empty: a public client
	Callback string // the one redirect_uri that is taken
	// People are who can sign in, by the name on the page, with their claims.
	People map[string]map[string]any
	// Change, if set, has the last word on the claims of a token.
	Change func(claims map[string]any)
	// TokenError, if set, is what every code is answered with.
	TokenError string
	// SignsOut adds an end_session_endpoint.
	SignsOut bool
	// NamesItself adds iss to its answers, and says so.
	NamesItself bool
	Down        bool
	Now         func() time.Time
	// Requests counts those of each path.
	Requests map[string]int

	key   *rsa.PrivateKey
	codes map[string]code
}

type code struct{ person, challenge, nonce string }

// New makes an issuer that lacks its URL, client and people.
func New() *Issuer {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return &Issuer{key: key, codes: map[string]code{}, Now: time.Now, Requests: map[string]int{}}
}

func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.Lock()
	defer i.Unlock()
	i.Requests[r.URL.Path]++
	switch {
	case i.Down:
		http.Error(w, "down", http.StatusServiceUnavailable)
	case r.URL.Path == "/.well-known/openid-configuration":
		i.discovery(w)
	case r.URL.Path == "/keys":
		server := oidctest.Server{PublicKeys: []oidctest.PublicKey{{PublicKey: i.key.Public(), KeyID: "key", Algorithm: "RS256"}}}
		server.ServeHTTP(w, r)
	case r.URL.Path == "/auth":
		i.auth(w, r)
	case r.URL.Path == "/token" && r.Method == http.MethodPost:
		i.token(w, r)
	case r.URL.Path == "/logout" && i.SignsOut:
		http.Redirect(w, r, r.URL.Query().Get("post_logout_redirect_uri"), http.StatusSeeOther)
	default:
		http.NotFound(w, r)
	}
}

func (i *Issuer) discovery(w http.ResponseWriter) {
	document := map[string]any{
		"issuer": i.URL, "authorization_endpoint": i.URL + "/auth", "token_endpoint": i.URL + "/token", "jwks_uri": i.URL + "/keys",
		"authorization_response_iss_parameter_supported": i.NamesItself,
	}
	if i.SignsOut {
		document["end_session_endpoint"] = i.URL + "/logout"
	}
	reply(w, http.StatusOK, document)
}

// auth lists who can be chosen; with person in the query it is that one, and
// with refuse it answers with that error.
func (i *Issuer) auth(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	back := url.Values{"state": {query.Get("state")}}
	if i.NamesItself {
		back.Set("iss", i.URL)
	}
	person := query.Get("person")
	switch {
	case query.Get("client_id") != i.ClientID || query.Get("redirect_uri") != i.Callback || query.Get("response_type") != "code" ||
		query.Get("code_challenge_method") != "S256" || query.Get("code_challenge") == "" || query.Get("nonce") == "" || query.Get("state") == "":
		http.Error(w, "not a request of this client", http.StatusBadRequest)
		return
	case query.Has("refuse"):
		back.Set("error", query.Get("refuse"))
		back.Set("error_description", "<b>the issuer's own words</b>")
	case i.People[person] == nil:
		fmt.Fprint(w, "<!doctype html><html lang=en><title>Test issuer</title><h1>Who are you?</h1>")
		for _, name := range slices.Sorted(maps.Keys(i.People)) {
			query.Set("person", name)
			fmt.Fprintf(w, `<p><a href="/auth?%s">%s</a></p>`, html.EscapeString(query.Encode()), html.EscapeString(name))
		}
		return
	default:
		name := rand.Text()
		i.codes[name] = code{person, query.Get("code_challenge"), query.Get("nonce")}
		back.Set("code", name)
	}
	http.Redirect(w, r, i.Callback+"?"+back.Encode(), http.StatusSeeOther)
}

func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	given, known := i.codes[r.PostFormValue("code")]
	delete(i.codes, r.PostFormValue("code"))
	challenge := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	switch {
	case i.TokenError != "":
		reply(w, http.StatusBadRequest, map[string]any{"error": i.TokenError, "error_description": "the issuer's own words"})
		return
	case id != i.ClientID || secret != i.Secret:
		reply(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
		return
	case !known || r.PostFormValue("redirect_uri") != i.Callback || base64.RawURLEncoding.EncodeToString(challenge[:]) != given.challenge:
		reply(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant"})
		return
	}
	now := i.Now()
	claims := map[string]any{
		"iss": i.URL, "aud": i.ClientID, "sub": "sub of " + given.person, "nonce": given.nonce,
		"iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(),
	}
	maps.Copy(claims, i.People[given.person])
	if i.Change != nil {
		i.Change(claims)
	}
	text, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	reply(w, http.StatusOK, map[string]any{
		"access_token": "none", "token_type": "Bearer", "id_token": oidctest.SignIDToken(i.key, "key", "RS256", string(text)),
	})
}

func reply(w http.ResponseWriter, status int, document any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(document)
}
