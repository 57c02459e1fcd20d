package signin

import (
	"errors"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/painscore/painscore/server/access"
)

// PagesConfig says how people sign in to the pages: with an OpenID Connect
// issuer, by the authorization code flow with PKCE. What is read of a person
// stands in the ID token; set the issuer up so that it holds user, units and
// roles.
type PagesConfig struct {
	// URL is where readers find the pages, such as https://painscore.example.org,
	// which may be a proxy's. Register its /sign-in/callback and /signed-out with
	// the issuer.
	URL string `yaml:"url"`
	// Proxies are the addresses and networks of the proxies in front of the
	// pages; their X-Forwarded-For and X-Forwarded-Host are believed, and nobody
	// else's. Without any, everybody is who the connection says.
	Proxies []string `yaml:"proxies"`
	// Issuer, Algorithms, ClockSkew, CA and Claims are as in TokenConfig.
	Issuer     string    `yaml:"issuer"`
	Algorithms []string  `yaml:"algorithms"`
	ClockSkew  *Duration `yaml:"clock_skew"`
	CA         string    `yaml:"ca"`
	Claims     Mapping   `yaml:"claims"`
	// ClientID is the name of these pages at the issuer. ClientSecretFile holds
	// the secret that goes with it; without one the client is a public one.
	ClientID         string `yaml:"client_id"`
	ClientSecretFile string `yaml:"client_secret_file"`
	// Scopes are asked for besides openid.
	Scopes []string `yaml:"scopes"`
	// ACR are the levels of assurance that are asked for, one of which the token
	// must name; without any every level does.
	ACR []string `yaml:"acr"`
	// Roles and Units are what can be had on the pages at all, "*" for every
	// unit. By default: all units, and all roles but a system's.
	Roles []string `yaml:"roles"`
	Units []string `yaml:"units"`
	// Purposes says for which purpose each role looks, over the defaults: care
	// for clinicians and coordinators, statistics for analysts, administration
	// for administrators.
	Purposes map[string]string `yaml:"purposes"`
	// Lifetime is how long a sign-in lasts, 5m to 24h, 12h by default; Idle is
	// how long it lasts without a page being opened, 1m up to Lifetime, 60m by
	// default.
	Lifetime *Duration `yaml:"lifetime"`
	Idle     *Duration `yaml:"idle"`
}

const (
	defaultLifetime, minLifetime, maxLifetime = 12 * time.Hour, 5 * time.Minute, 24 * time.Hour
	defaultIdle, minIdle                      = time.Hour, time.Minute
)

// pagesSystem is the calling system of everybody who reads the pages.
const pagesSystem = "pages"

// pageRoles are the roles that people have; an integrator is a system.
var pageRoles = []access.Role{access.Clinician, access.Coordinator, access.Analyst, access.Administrator}

// defaultPurposes: planning and sending out forms for a patient belongs to the
// patient's care (patientdatalagen 2 kap. 4 §, 2); the administration of RIV-TA
// is that of the clinic.
var defaultPurposes = map[access.Role]access.Purpose{
	access.Clinician: access.Care, access.Coordinator: access.Care,
	access.Analyst: access.Statistics, access.Administrator: access.Administrative,
}

func (c PagesConfig) lifetime() time.Duration {
	if c.Lifetime == nil {
		return defaultLifetime
	}
	return time.Duration(*c.Lifetime)
}

func (c PagesConfig) idle() time.Duration {
	if c.Idle == nil {
		return min(defaultIdle, c.lifetime())
	}
	return time.Duration(*c.Idle)
}

func (c PagesConfig) purpose(role access.Role) access.Purpose {
	if code, ok := c.Purposes[string(role)]; ok {
		return access.PurposeCodes[code]
	}
	return defaultPurposes[role]
}

// tokens is whose ID tokens are taken: the issuer's, for these pages.
func (c PagesConfig) tokens() TokenConfig {
	return TokenConfig{Issuer: c.Issuer, Audience: c.ClientID, Algorithms: c.Algorithms, ClockSkew: c.ClockSkew, CA: c.CA, Claims: c.Claims}
}

// system is the entry by which a person's claims are limited.
func (c PagesConfig) system() System {
	s := System{Name: pagesSystem, Roles: c.Roles, Units: c.Units}
	if len(s.Roles) == 0 {
		for _, role := range pageRoles {
			s.Roles = append(s.Roles, string(role))
		}
	}
	if len(s.Units) == 0 {
		s.Units = []string{Any}
	}
	return s
}

// base is the URL without the slash that may end it.
func (c PagesConfig) base() string { return strings.TrimSuffix(c.URL, "/") }

func (c PagesConfig) check(at *checker) {
	u, err := url.Parse(c.base())
	at.need(secureURL(c.URL) && err == nil && u.Path == "" && u.RawQuery == "" && !strings.ContainsAny(c.URL, "?#"),
		"url: an https address without a path is needed: where readers find the pages")
	for _, proxy := range c.Proxies {
		network, ok := parseNetwork(proxy)
		at.need(ok, "proxies: each must be an address or a network such as 10.1.0.0/16")
		at.need(!ok || network.Bits() > 0, "proxies: not everybody: each could claim to come from anywhere")
	}
	at.need(c.ClientID != "", "client_id: missing; it is the name of these pages at the issuer")
	issuer := c.tokens()
	issuer.Audience = "pages" // client_id is named above
	issuer.check(at)
	at.need(len(c.Claims.User) > 0, "claims.user: missing: who it is that signs in")
	at.need(len(c.Claims.Roles.Path) > 0, "claims.roles: missing")
	at.need(len(c.Claims.Units.Path) > 0, "claims.units: missing")
	for _, role := range c.Roles {
		at.need(slices.Contains(pageRoles, access.Role(role)), "roles: each must be one of clinician, coordinator, analyst, administrator")
	}
	for _, unit := range c.Units {
		at.need(unit == Any || nameable(unit), "units: each must be %q or have 1 to %d characters", Any, maxText)
	}
	for role, purpose := range c.Purposes {
		at.need(slices.Contains(pageRoles, access.Role(role)) && isPurpose(purpose), "purposes: each must be a role of the pages with one of %s", purposeWords())
	}
	for _, word := range slices.Concat(c.Scopes, c.ACR) {
		at.need(word != "" && !strings.ContainsAny(word, " \t\r\n"), "scopes, acr: each is one word")
	}
	at.need(c.lifetime() >= minLifetime && c.lifetime() <= maxLifetime, "lifetime: %v to %v", minLifetime, maxLifetime)
	at.need(c.idle() >= minIdle && c.idle() <= c.lifetime(), "idle: %v up to the lifetime", minIdle)
}

// CheckListenPages says whether the pages may listen on an address with this
// configuration, besides what CheckListen says: where other machines reach them,
// people must be able to sign in.
func CheckListenPages(web string, c Config) error {
	host, _, err := net.SplitHostPort(web)
	if err != nil || loopbackHost(host) || c.Pages != nil {
		return nil // an address that is none is named by CheckListen
	}
	return errors.New("an address of the pages that other machines can reach needs pages: how people sign in to them")
}
