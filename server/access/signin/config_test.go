package signin

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
)

const goodConfig = `
tls: {certificate: server.pem, key: server.key, client_ca: clients.pem}
tokens:
  issuer: https://idp.example/realms/care
  audience: painscore
  algorithms: [RS256, ES256]
  clock_skew: 10s
  claims:
    user: [employeeHsaId]
    units: {path: [commission, careUnitHsaId]}
    roles: {path: [realm_access, roles], values: {psykolog: clinician}}
    purpose: {path: [commission, purpose], values: {"Vård och behandling": care}}
systems:
- name: journal
  certificates: [{serial_number: SE2321000016-1A2B}, {dns: journal.example}]
  tokens: [{client_id: journal, persons: true}]
  roles: [integrator, clinician]
  units: ["*"]
  may_assert: [user, unit, purpose]
- name: night-import
  certificates: [{uri: "spiffe://example/import"}]
  roles: [integrator]
  units: [SE2321000016-3C4D]
  purpose: registry
`

func parse(t *testing.T, text string) (c Config) {
	t.Helper()
	if err := yaml.NewDecoder(strings.NewReader(text), yaml.Strict()).Decode(&c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAConfigurationIsReadFromItsFile(t *testing.T) {
	c := parse(t, goodConfig)
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	if c.Tokens.skew() != 10*time.Second || !c.Systems[0].Tokens[0].Persons || c.Tokens.Claims.Purpose.Values["Vård och behandling"] != "care" || c.Empty() {
		t.Errorf("got %+v", c)
	}
	if (TokenConfig{}).skew() != defaultSkew {
		t.Error("without a clock skew there is none")
	}
}

// TestEveryMistakeOfAConfigurationIsNamed, one change to a good one at a time.
func TestEveryMistakeOfAConfigurationIsNamed(t *testing.T) {
	notPEM := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(notPEM, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ replace, by, problem string }{
		{"certificate: server.pem, ", "", "tls: certificate: "},
		{"key: server.key, ", "", "tls: key: "},
		{", client_ca: clients.pem", "", "systems[0]: certificates: tls.client_ca"},
		{"https://idp", "http://idp", "tokens: issuer: an https address"},
		{"https://idp.example/realms/care", "https://user:password@idp.example", "tokens: issuer: an https address"},
		{"  audience: painscore\n", "", "tokens: audience: missing"},
		{"  audience:", "  jwks_url: http://idp.example/keys\n  audience:", "tokens: jwks_url: "},
		{"[RS256, ES256]", "[RS256, HS256]", "tokens: algorithms: "},
		{"[RS256, ES256]", "[none]", "tokens: algorithms: "},
		{"10s", "6m", "tokens: clock_skew: "},
		{"10s", "-1s", "tokens: clock_skew: "},
		{"  claims:", "  ca: " + notPEM + "\n  claims:", "tokens: ca: "},
		{"  claims:", "  ca: " + notPEM + ".gone\n  claims:", "tokens: ca: "},
		{"    user: [employeeHsaId]\n", "", "systems[0]: tokens: persons: tokens.claims.user"},
		{"{path: [commission, careUnitHsaId]}", "{}", "systems[0]: tokens: persons: tokens.claims.units"},
		{"{path: [commission, careUnitHsaId]}", "{path: [x], values: {a: '*'}}", "tokens: claims.units: values"},
		{"path: [realm_access, roles], ", "", "tokens: claims.roles: values without a path"},
		{"path: [commission, purpose], ", "", "tokens: claims.purpose: values without a path"},
		{"psykolog: clinician", "psykolog: psychologist", "tokens: claims.roles: values: each must mean one of integrator"},
		{"behandling\": care", "behandling\": treatment", "tokens: claims.purpose: values: each must mean one of care"},
		{"name: journal", "name: ''", "systems[0]: name: "},
		{"name: journal", "name: '*'", "systems[0]: name: "},
		{"name: journal", "name: night-import", "systems[1]: name: another system"},
		{"{dns: journal.example}", "{dns: journal.example}, {dns: journal.example}", "systems[0]: certificates: the same one"},
		{"{uri: \"spiffe://example/import\"}", "{dns: journal.example}", "systems[1]: certificates: the same one"},
		{"{client_id: journal, persons: true}", "{client_id: journal, persons: true}, {client_id: journal}", "systems[0]: tokens: the same one"},
		{"{dns: journal.example}", "{}", "systems[0]: certificates: one of serial_number"},
		{"{client_id: journal, persons: true}", "{persons: true}", "systems[0]: tokens: one of subject"},
		{"  certificates: [{uri: \"spiffe://example/import\"}]\n", "", "systems[1]: neither certificates nor tokens"},
		{"[integrator, clinician]", "[integrator, nurse]", "systems[0]: roles: each must be one of integrator, clinician, coordinator, analyst, administrator"},
		{"  roles: [integrator, clinician]\n", "", "systems[0]: roles: none"},
		{"may_assert: [user, unit, purpose]", "may_assert: [role]", "systems[0]: may_assert: "},
		{"may_assert: [user, unit, purpose]", "user: ' x'", "systems[0]: user: "},
		{"purpose: registry", "purpose: Kvalitetsregister", "systems[1]: purpose: "},
		{"units: [SE2321000016-3C4D]", "units: ['']", "systems[1]: units: each"},
		{"units: [SE2321000016-3C4D]", "units: [a, b]", "systems[1]: units: several"},
		{"units: [SE2321000016-3C4D]", "units: ['*']", "systems[1]: units: several"},
		{"units: [SE2321000016-3C4D]", "units: [a, b]\n  unit: c", "systems[1]: unit: it is none"},
		{"units: [SE2321000016-3C4D]", "units: ['*']\n  unit: '*'", "systems[1]: unit: it is none"},
	}
	for _, tc := range tests {
		t.Run(tc.problem, func(t *testing.T) {
			text := strings.Replace(goodConfig, tc.replace, tc.by, 1)
			if text == goodConfig {
				t.Fatalf("%q is not in the good configuration", tc.replace)
			}
			err := parse(t, text).Check()
			if err == nil || !strings.Contains("\n"+err.Error(), "\n"+tc.problem) {
				t.Errorf("got %v, want %q", err, tc.problem)
			}
		})
	}
}

func TestGoodVariantsOfAConfigurationAreTaken(t *testing.T) {
	for _, tc := range []struct{ replace, by string }{
		{"https://idp.example/realms/care", "http://127.0.0.1:8080/realms/care"},
		{"https://idp.example/realms/care", "http://localhost:8080"},
		{"units: [SE2321000016-3C4D]", "units: [a, b]\n  unit: b"},
		{"units: [SE2321000016-3C4D]", "units: ['*']\n  unit: b"},
		{"units: [SE2321000016-3C4D]", "units: ['*']\n  may_assert: [unit]"},
		{"  units: [SE2321000016-3C4D]\n", ""},
	} {
		if err := parse(t, strings.Replace(goodConfig, tc.replace, tc.by, 1)).Check(); err != nil {
			t.Errorf("%q: %v", tc.by, err)
		}
	}
}

func TestAllMistakesAreListedAtOnce(t *testing.T) {
	err := Config{TLS: &TLSConfig{}, Tokens: &TokenConfig{}, Systems: []System{{}, {}}}.Check()
	for _, part := range []string{"tls: certificate", "tls: key", "tokens: issuer", "tokens: audience", "systems[0]: name", "systems[0]: roles", "systems[1]: name", "systems[1]: roles"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s is not named in\n%v", part, err)
		}
	}
	if err := (Config{TLS: &TLSConfig{Certificate: "c", Key: "k"}}).Check(); err == nil || !strings.Contains(err.Error(), "systems: none") {
		t.Errorf("without systems: %v", err)
	}
	if err := (Config{}).Check(); err != nil {
		t.Errorf("nothing at all is local mode: %v", err)
	}
}

func TestOtherMachinesNeedEncryptionAndSignIn(t *testing.T) {
	full := parse(t, goodConfig)
	missing := []string{"tls.certificate", "tls.key", "a way to sign in", "systems: who may call"}
	tests := []struct {
		name   string
		addrs  []string
		change func(*Config)
		want   []string // parts of the error; none: allowed
	}{
		{"loopback without anything", []string{"127.0.0.1:7443", "[::1]:7443", "localhost:7080", "127.8.0.1:1"}, func(c *Config) { *c = Config{} }, nil},
		{"every interface", []string{"0.0.0.0:7443"}, func(c *Config) { *c = Config{} }, missing},
		{"every interface, unsaid", []string{":7443"}, func(c *Config) { *c = Config{} }, missing},
		{"every interface, IPv6", []string{"[::]:7443"}, func(c *Config) { *c = Config{} }, missing},
		{"one of two", []string{"127.0.0.1:7443", "192.0.2.7:7080"}, func(c *Config) { *c = Config{} }, missing},
		{"the first of two", []string{"192.0.2.7:7443", "127.0.0.1:7080"}, func(c *Config) { *c = Config{} }, missing},
		{"a name", []string{"painscore.example:7443"}, func(c *Config) { *c = Config{} }, missing},
		{"a name that looks like loopback", []string{"127.0.0.1.example:7443"}, func(c *Config) { *c = Config{} }, missing},
		{"everything", []string{"0.0.0.0:7443"}, func(*Config) {}, nil},
		{"tokens alone", []string{"0.0.0.0:7443"}, func(c *Config) { c.TLS.ClientCA = "" }, nil},
		{"certificates alone", []string{"0.0.0.0:7443"}, func(c *Config) { c.Tokens = nil }, nil},
		{"no encryption", []string{"0.0.0.0:7443"}, func(c *Config) { c.TLS = nil }, missing[:2]},
		{"no key", []string{"0.0.0.0:7443"}, func(c *Config) { c.TLS.Key = "" }, missing[1:2]},
		{"no certificate", []string{"0.0.0.0:7443"}, func(c *Config) { c.TLS.Certificate = "" }, missing[:1]},
		{"no sign-in", []string{"0.0.0.0:7443"}, func(c *Config) { c.TLS.ClientCA, c.Tokens = "", nil }, missing[2:3]},
		{"nobody", []string{"0.0.0.0:7443"}, func(c *Config) { c.Systems = nil }, missing[3:]},
		{"no address", []string{"7443"}, func(*Config) {}, []string{"host:port"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			c := full
			if full.TLS != nil {
				files := *full.TLS
				c.TLS = &files
			}
			tc.change(&c)
			err := CheckListen(tc.addrs, c)
			if len(tc.want) == 0 {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil {
				t.Fatal("allowed")
			}
			if got := strings.Count(err.Error(), "\n") + 1; got != len(tc.want) {
				t.Errorf("%d problems, want %d:\n%v", got, len(tc.want), err)
			}
			for _, part := range tc.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q is not in\n%v", part, err)
				}
			}
		})
	}
}
