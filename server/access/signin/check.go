package signin

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/painscore/painscore/server/access"
)

// maxText is the longest user, unit or system, in runes, as the store takes it.
const maxText = 64

// Check lists every problem of the configuration. It reads no file but the
// issuer's authorities; LoadTLS reads the others.
func (c Config) Check() error {
	check := &checker{}
	if c.TLS != nil {
		c.TLS.check(check.at("tls"))
	}
	if c.Tokens != nil {
		c.Tokens.check(check.at("tokens"))
	}
	seen := map[any]bool{}
	for i, system := range c.Systems {
		at := check.at("systems[" + strconv.Itoa(i) + "]")
		system.check(at, c)
		at.need(system.Name != pagesSystem, "name: %s is what painscore calls its own pages", pagesSystem)
		at.once(seen, system.Name, "name: another system has it too")
		for _, certificate := range system.Certificates {
			at.once(seen, certificate, "certificates: the same one is listed twice")
		}
		for _, token := range system.Tokens {
			token.Persons = false // it would be the same token all the same
			at.once(seen, token, "tokens: the same one is listed twice")
		}
	}
	if c.Pages != nil {
		c.Pages.check(check.at("pages"))
	}
	if len(c.Systems) == 0 && c.Pages == nil && !c.Empty() {
		check.add("systems: none is listed, so nobody could call")
	}
	return errors.Join(*check.list()...)
}

func (c TLSConfig) check(at *checker) {
	at.need(c.Certificate != "", "certificate: the file of the server's certificate is missing")
	at.need(c.Key != "", "key: the file of the server's private key is missing")
}

// signatures are the algorithms that an issuer can be trusted by: those where
// the key that checks cannot sign.
var signatures = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

func (c TokenConfig) check(at *checker) {
	at.need(secureURL(c.Issuer), "issuer: an https address is needed")
	at.need(c.JWKSURL == "" || secureURL(c.JWKSURL), "jwks_url: an https address is needed")
	at.need(c.Audience != "", "audience: missing; without it a token for any other service would be taken")
	for _, algorithm := range c.Algorithms {
		at.need(slices.Contains(signatures, algorithm), "algorithms: each must be one of %s", strings.Join(signatures, ", "))
	}
	at.need(c.skew() >= 0 && c.skew() <= maxSkew, "clock_skew: 0s to %v", maxSkew)
	if c.CA != "" {
		if _, err := readAuthorities(c.CA); err != nil {
			at.add("ca: %v", err)
		}
	}
	for _, claim := range []struct {
		name string
		Claim
	}{{"units", c.Claims.Units}, {"roles", c.Claims.Roles}, {"purpose", c.Claims.Purpose}} {
		at.need(len(claim.Values) == 0 || len(claim.Path) > 0, "claims.%s: values without a path", claim.name)
	}
	for _, role := range c.Claims.Roles.Values {
		at.need(isRole(role), "claims.roles: values: each must mean one of %s", roleWords())
	}
	for _, purpose := range c.Claims.Purpose.Values {
		at.need(isPurpose(purpose), "claims.purpose: values: each must mean one of %s", purposeWords())
	}
	for _, unit := range c.Claims.Units.Values {
		at.need(nameable(unit), "claims.units: values: each must mean a unit of 1 to %d characters; %q is none", maxText, Any)
	}
}

func (s System) check(at *checker, c Config) {
	at.need(nameable(s.Name), "name: 1 to %d characters are needed", maxText)
	at.need(len(s.Certificates)+len(s.Tokens) > 0, "neither certificates nor tokens: it could never call")
	at.need(len(s.Certificates) == 0 || c.TLS != nil && c.TLS.ClientCA != "", "certificates: tls.client_ca is missing, so no certificate is asked for")
	at.need(len(s.Tokens) == 0 || c.Tokens != nil, "tokens: the tokens section with their issuer is missing")
	for _, certificate := range s.Certificates {
		at.need(certificate != Certificate{}, "certificates: one of serial_number, dns and uri is needed")
	}
	persons := false
	for _, token := range s.Tokens {
		at.need(token.Subject != "" || token.ClientID != "", "tokens: one of subject and client_id is needed")
		persons = persons || token.Persons
	}
	if persons && c.Tokens != nil {
		mapping := c.Tokens.Claims
		at.need(len(mapping.User) > 0, "tokens: persons: tokens.claims.user is missing")
		at.need(len(mapping.Roles.Path) > 0, "tokens: persons: tokens.claims.roles is missing")
		at.need(len(mapping.Units.Path) > 0, "tokens: persons: tokens.claims.units is missing")
	}
	at.need(len(s.Roles) > 0, "roles: none is listed, so it could do nothing")
	for _, role := range s.Roles {
		at.need(isRole(role), "roles: each must be one of %s", roleWords())
	}
	for _, may := range s.MayAssert {
		at.need(slices.Contains([]string{assertUser, assertUnit, assertPurpose}, may), "may_assert: each must be one of user, unit, purpose")
	}
	at.need(s.User == "" || nameable(s.User) && !holdsPersonNumber(s.User), "user: 1 to %d characters, and no personal identity number", maxText)
	at.need(s.Purpose == "" || isPurpose(s.Purpose), "purpose: one of %s", purposeWords())
	s.checkUnits(at, persons)
}

func (s System) checkUnits(at *checker, persons bool) {
	for _, unit := range s.Units {
		at.need(unit == Any || nameable(unit), "units: each must be %q or have 1 to %d characters", Any, maxText)
	}
	at.need(s.Unit == "" || nameable(s.Unit) && holds(s.Units, s.Unit), "unit: it is none of its units")
	several := len(s.Units) > 1 || slices.Contains(s.Units, Any)
	at.need(!several || s.Unit != "" || persons || slices.Contains(s.MayAssert, assertUnit),
		"units: several, and neither unit nor may_assert says for which one it calls")
}

// holds says whether a system's units include this one.
func holds(units []string, unit string) bool {
	return slices.Contains(units, Any) || slices.Contains(units, unit)
}

// nameable says whether a text can name a user, a unit or a system: what the
// store takes as an id, and not the sign for every unit.
func nameable(text string) bool {
	if text == "" || text == Any || len(text) > utf8.UTFMax*maxText || !utf8.ValidString(text) || utf8.RuneCountInString(text) > maxText {
		return false
	}
	return !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) && strings.TrimSpace(text) == text
}

func isRole(word string) bool { return slices.Contains(access.Roles, access.Role(word)) }

func isPurpose(code string) bool {
	_, ok := access.PurposeCodes[code]
	return ok
}

func roleWords() string {
	words := make([]string, len(access.Roles))
	for i, role := range access.Roles {
		words[i] = string(role)
	}
	return strings.Join(words, ", ")
}

func purposeWords() string {
	return "care, quality, other_legal, statistics, administration and registry"
}

// secureURL takes https, and plain http on this machine, where nobody is between.
func secureURL(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && loopbackHost(u.Hostname())
}

// loopbackHost goes by the literal address, as a name that resolves to this
// machine today need not do so tomorrow. RFC 6761 reserves localhost.
func loopbackHost(host string) bool {
	address, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && address.Unmap().IsLoopback()
}

func readAuthorities(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no PEM certificate", file)
	}
	return pool, nil
}

// CheckListen says whether a server with this configuration may listen on these
// addresses ("host:port"). Any but a loopback address needs TLS and a way to
// sign in; the error lists everything that is missing.
func CheckListen(addrs []string, c Config) error {
	check := &checker{}
	open := false
	for _, addr := range addrs {
		host, _, err := net.SplitHostPort(addr)
		check.need(err == nil, "%q: host:port is needed", addr)
		open = open || err == nil && !loopbackHost(host)
	}
	if open {
		at := check.at("an address that other machines can reach")
		at.need(c.TLS != nil && c.TLS.Certificate != "", "needs tls.certificate, the server's certificate")
		at.need(c.TLS != nil && c.TLS.Key != "", "needs tls.key, the certificate's private key")
		at.need(c.TLS != nil && c.TLS.ClientCA != "" || c.Tokens != nil || c.Pages != nil, "needs a way to sign in: tls.client_ca for client certificates, tokens, or pages")
		at.need(len(c.Systems) > 0 || c.Pages != nil, "needs systems: who may call")
	}
	return errors.Join(*check.list()...)
}

// checker gathers problems, each once, under the path where it stands.
type checker struct {
	path  string
	found *[]error
}

func (c *checker) list() *[]error {
	if c.found == nil {
		c.found = new([]error)
	}
	return c.found
}

func (c *checker) at(path string) *checker { return &checker{path: path + ": ", found: c.list()} }

func (c *checker) add(format string, args ...any) {
	problem := c.path + fmt.Sprintf(format, args...)
	if !slices.ContainsFunc(*c.list(), func(err error) bool { return err.Error() == problem }) {
		*c.list() = append(*c.list(), errors.New(problem))
	}
}

func (c *checker) need(holds bool, format string, args ...any) {
	if !holds {
		c.add(format, args...)
	}
}

// once notes that key was seen; seen twice, it is a problem.
func (c *checker) once(seen map[any]bool, key any, problem string) {
	c.need(!seen[key], "%s", problem)
	seen[key] = true
}
