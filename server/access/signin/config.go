package signin

import (
	"time"
)

// Config is the configuration of sign-in. Its zero value is none at all: local
// mode. Strict decoding is the reader's business, Check that of this package.
type Config struct {
	TLS     *TLSConfig   `yaml:"tls"`
	Tokens  *TokenConfig `yaml:"tokens"`
	Systems []System     `yaml:"systems"`
	// Pages is how people sign in to the pages; without it nobody can, save in
	// local mode.
	Pages *PagesConfig `yaml:"pages"`
}

// Empty says whether nothing is configured.
func (c Config) Empty() bool {
	return c.TLS == nil && c.Tokens == nil && len(c.Systems) == 0 && c.Pages == nil
}

// TLSConfig names the PEM files of the server's side of TLS. They are read again
// when they change.
type TLSConfig struct {
	Certificate string `yaml:"certificate"` // the server's chain, leaf first
	Key         string `yaml:"key"`         // must not be readable by everybody
	// ClientCA holds the authorities whose client certificates are taken; without
	// it none is asked for. Everything they issue for client authentication
	// passes the handshake, so name a narrow one.
	ClientCA string `yaml:"client_ca"`
}

// TokenConfig says whose bearer tokens are taken: JWTs of one issuer.
type TokenConfig struct {
	// Issuer is the iss claim, to the letter; the keys are found by discovery
	// there unless JWKSURL names them.
	Issuer  string `yaml:"issuer"`
	JWKSURL string `yaml:"jwks_url"`
	// Audience must be among the token's aud. Give this service one of its own:
	// a token that was meant for another service must not open this one.
	Audience string `yaml:"audience"`
	// Algorithms are the signatures taken; RS256, PS256 and ES256 by default.
	// Symmetric ones and "none" are refused always.
	Algorithms []string `yaml:"algorithms"`
	// ClockSkew is by how much the issuer's clock may differ, 0s to 5m; 30s by default.
	ClockSkew *Duration `yaml:"clock_skew"`
	// CA names a PEM file of the authorities of the issuer's own certificate; the
	// machine's by default.
	CA     string  `yaml:"ca"`
	Claims Mapping `yaml:"claims"`
}

// Mapping says which claims of a person's token mean what. Each claim is a path:
// [roles] is a claim at the top, [realm_access, roles] one within another. Its
// value is a text or a list of texts.
type Mapping struct {
	// Client is the claim that says which client got the token; client_id by
	// default, and azp where a token has none.
	Client []string `yaml:"client"`
	// User is the claim of the person's HSA-id. Only systems of persons need it.
	User []string `yaml:"user"`
	// Units are the care units whose commission the person has.
	Units Claim `yaml:"units"`
	// Roles are what the person may do. Words that mean no role are passed over.
	Roles Claim `yaml:"roles"`
	// Purpose limits the person to these purposes; without it the system's entry
	// decides.
	Purpose Claim `yaml:"purpose"`
}

// Claim is where a claim stands, and what its values mean here.
type Claim struct {
	Path []string `yaml:"path"`
	// Values translates. A value that is not listed means nothing; without a list
	// each value stands for itself.
	Values map[string]string `yaml:"values"`
}

// System is one calling system, or one client through which persons call.
type System struct {
	Name         string        `yaml:"name"` // submission ids are unique within it
	Certificates []Certificate `yaml:"certificates"`
	Tokens       []TokenID     `yaml:"tokens"`
	// Roles it has; a person gets those of the token that are also here.
	Roles []string `yaml:"roles"`
	// Units it may act for, "*" for every one; of a person's units those that are
	// also here. None: for calls that concern no patient.
	Units []string `yaml:"units"`
	// User, Unit and Purpose are used where a call asserts none. Without a user,
	// a system that may not assert one is its own user, by its name. Of a single
	// unit there is nothing to choose.
	User    string `yaml:"user"`
	Unit    string `yaml:"unit"`
	Purpose string `yaml:"purpose"`
	// MayAssert lists what a call may say of itself: user, unit, purpose.
	MayAssert []string `yaml:"may_assert"`
}

// Certificate tells a client certificate by its subject's serialNumber (where
// Swedish function certificates carry the HSA-id) or a name of its SAN. All that
// are given must fit.
type Certificate struct {
	SerialNumber string `yaml:"serial_number"`
	DNS          string `yaml:"dns"`
	URI          string `yaml:"uri"`
}

// TokenID tells a token by its sub or by the client that got it. All that are
// given must fit.
type TokenID struct {
	Subject  string `yaml:"subject"`
	ClientID string `yaml:"client_id"`
	// Persons says that the client's tokens are those of persons, who are then
	// named by the mapped claims. Without it a token that names a person is
	// refused, so that nobody gets a machine's rights through its client.
	Persons bool `yaml:"persons"`
}

// Any is the unit that stands for every one.
const Any = "*"

// What a system may assert.
const (
	assertUser    = "user"
	assertUnit    = "unit"
	assertPurpose = "purpose"
)

// Duration is a time.Duration that a file writes as "30s".
type Duration time.Duration

// UnmarshalText reads what time.ParseDuration does.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = Duration(parsed)
	return err
}

const (
	defaultSkew = 30 * time.Second
	maxSkew     = 5 * time.Minute
)

// defaultAlgorithms are those that every issuer of note has.
var defaultAlgorithms = []string{"RS256", "PS256", "ES256"}

func (c TokenConfig) skew() time.Duration {
	if c.ClockSkew == nil {
		return defaultSkew
	}
	return time.Duration(*c.ClockSkew)
}
