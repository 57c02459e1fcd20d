package signin

import (
	"strings"
	"testing"
	"time"

	"github.com/painscore/painscore/server/access"
)

const goodPages = `
pages:
  url: https://painscore.example/
  issuer: https://idp.example
  client_id: painscore
  scopes: [profile]
  acr: [loa3]
  claims:
    user: [hsa]
    units: {path: [units]}
    roles: {path: [roles], values: {psykolog: clinician}}
  roles: [clinician]
  units: [unit-1]
  purposes: {clinician: care}
  lifetime: 10h
  idle: 30m
`

func TestThePagesConfigurationIsReadFromItsFile(t *testing.T) {
	c := parse(t, goodPages)
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	if c.Empty() || c.Pages.lifetime() != 10*time.Hour || c.Pages.idle() != 30*time.Minute || c.Pages.base() != "https://painscore.example" {
		t.Errorf("got %+v", c.Pages)
	}
	if p := (PagesConfig{}); p.lifetime() != 12*time.Hour || p.idle() != time.Hour {
		t.Error("other defaults")
	}
	short := Duration(10 * time.Minute)
	if p := (PagesConfig{Lifetime: &short}); p.idle() != 10*time.Minute {
		t.Error("a short lifetime needs an idle time of its own")
	}
	for _, role := range pageRoles {
		if (PagesConfig{}).purpose(role) == "" {
			t.Errorf("%s has no purpose", role)
		}
	}
	if len(pageRoles) != len(access.Roles)-1 {
		t.Error("a role is missing on the pages, or is it a system's?")
	}
}

func TestEveryMistakeOfThePagesConfigurationIsNamed(t *testing.T) {
	tests := []struct{ replace, by, problem string }{
		{"url: https://painscore.example/", "", "pages: url: "},
		{"url: https", "url: http", "pages: url: "},
		{"painscore.example/", "painscore.example/pages", "pages: url: "},
		{"painscore.example/", "painscore.example?x", "pages: url: "},
		{"issuer: https", "issuer: http", "pages: issuer: "},
		{"  client_id: painscore\n", "", "pages: client_id: "},
		{"    user: [hsa]\n", "", "pages: claims.user: "},
		{"{path: [units]}", "{}", "pages: claims.units: "},
		{"    roles: {path: [roles], values: {psykolog: clinician}}\n", "", "pages: claims.roles: missing"},
		{"psykolog: clinician", "psykolog: nurse", "pages: claims.roles: values"},
		{"roles: [clinician]", "roles: [integrator]", "pages: roles: "},
		{"units: [unit-1]", "units: ['']", "pages: units: "},
		{"{clinician: care}", "{clinician: cure}", "pages: purposes: "},
		{"{clinician: care}", "{integrator: care}", "pages: purposes: "},
		{"[profile]", "['a b']", "pages: scopes, acr: "},
		{"[loa3]", "['']", "pages: scopes, acr: "},
		{"10h", "25h", "pages: lifetime: "},
		{"10h", "1m", "pages: lifetime: "},
		{"30m", "11h", "pages: idle: "},
		{"30m", "1s", "pages: idle: "},
	}
	for _, tc := range tests {
		t.Run(tc.problem, func(t *testing.T) {
			text := strings.Replace(goodPages, tc.replace, tc.by, 1)
			if text == goodPages {
				t.Fatalf("%q is not in the good configuration", tc.replace)
			}
			err := parse(t, text).Check()
			if err == nil || !strings.Contains("\n"+err.Error(), "\n"+tc.problem) {
				t.Errorf("got %v, want %q", err, tc.problem)
			}
		})
	}
	if err := parse(t, strings.Replace(goodConfig, "name: journal", "name: pages", 1)).Check(); err == nil || !strings.Contains(err.Error(), "painscore calls its own pages") {
		t.Errorf("a system has the pages' name: %v", err)
	}
}

func TestASecretThatCannotBeReadStopsTheStart(t *testing.T) {
	c := parse(t, goodPages)
	c.Pages.ClientSecretFile = t.TempDir() + "/gone"
	if _, err := NewPages(c, Options{}, NewMemorySessions()); err == nil || !strings.Contains(err.Error(), "client_secret_file") {
		t.Errorf("got %v", err)
	}
}

func TestPagesThatOthersReachNeedASignIn(t *testing.T) {
	pages := parse(t, goodPages)
	for _, tc := range []struct {
		addr string
		cfg  Config
		good bool
	}{
		{"127.0.0.1:7080", Config{}, true}, {"0.0.0.0:7080", Config{}, false}, {":7080", Config{}, false}, {"192.0.2.1:443", pages, true},
		{"192.0.2.1:443", Config{Tokens: &TokenConfig{}}, false}, {"[::1]:7080", Config{Tokens: &TokenConfig{}}, true},
	} {
		if err := CheckListenPages(tc.addr, tc.cfg); (err == nil) != tc.good {
			t.Errorf("%s: %v", tc.addr, err)
		}
	}
}
