package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// configured resolves a command line the way run does, without serving.
func configured(t *testing.T, env map[string]string, args ...string) (config, error) {
	t.Helper()
	var got config
	cmd := command(func(name string) string { return env[name] }, func(_ context.Context, cfg config) error { got = cfg; return nil })
	cmd.SetArgs(args)
	cmd.SetOut(io.Discard)
	cmd.SetErr(io.Discard)
	return got, cmd.ExecuteContext(t.Context())
}

func file(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "painscore.yaml")
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

var home = map[string]string{"HOME": "/home/ebba"}

func TestDefaults(t *testing.T) {
	got, err := configured(t, home)
	if err != nil {
		t.Fatal(err)
	}
	want := config{Data: "/home/ebba/.local/share/painscore", ErasureJournal: "/home/ebba/.local/share/painscore/erasures.journal", GRPC: "127.0.0.1:7443", Web: "127.0.0.1:7080", Metrics: defaultMetrics, Log: "info"}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(config{}), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	demo, err := configured(t, map[string]string{"HOME": "/home/ebba", "XDG_DATA_HOME": "/data"}, "--demo")
	if err != nil || demo.Data != "/data/painscore-demo" || !demo.Demo {
		t.Errorf("demo: %+v, %v", demo, err)
	}
}

// TestHelpNamesEveryDefaultAndVariable: what a person reads in --help is what
// the program does.
func TestHelpNamesEveryDefaultAndVariable(t *testing.T) {
	cmd := command(func(string) string { return "" }, nil)
	for _, s := range settings {
		flag := cmd.Flags().Lookup(s.name)
		if flag == nil {
			t.Errorf("no flag --%s", s.name)
			continue
		}
		if !strings.Contains(flag.Usage, "$"+s.env) || !strings.Contains(flag.Usage, "default "+s.presets) {
			t.Errorf("--%s: %s", s.name, flag.Usage)
		}
		if s.isFile {
			continue
		}
		if value, err := s.preset(&config{}, func(string) string { return "/x" }); err != nil || s.name != "data" && s.name != "erasure-journal" && s.presets != "none" && value != s.presets {
			t.Errorf("--%s: says its default is %s, which is %q (%v)", s.name, s.presets, value, err)
		}
	}
}

func TestFlagBeatsEnvironmentBeatsFileBeatsDefault(t *testing.T) {
	name := file(t, "data: /from/file\ngrpc: 127.0.0.1:1\nweb: 127.0.0.1:2\nlog: warn\ndemo: true\n")
	env := map[string]string{"PAINSCORE_CONFIG": name, "PAINSCORE_GRPC": "127.0.0.1:3", "PAINSCORE_WEB": "127.0.0.1:4", "HOME": "/home/ebba"}
	got, err := configured(t, env, "--web", "127.0.0.1:5", "--demo=false")
	if err != nil {
		t.Fatal(err)
	}
	want := config{Data: "/from/file", ErasureJournal: "/from/file/erasures.journal", GRPC: "127.0.0.1:3", Web: "127.0.0.1:5", Metrics: defaultMetrics, Log: "warn"}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(config{}), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

func TestSiteConfiguration(t *testing.T) {
	got, err := configured(t, home, "--config", file(t, `
value_sets:
  eq_5d_5l: [se_tto_2020]
confirm_layouts:
  cpaq_8: [alternating]
windows:
  follow_up_12_months: {from: 300}
care_provider: SE-region
care_provider_of: {SE-hired: SE-company}
`))
	if err != nil {
		t.Fatal(err)
	}
	windows, err := got.windows()
	if err != nil {
		t.Fatal(err)
	}
	want := clinic.DefaultWindows()
	want[store.FollowUp12Months] = clinic.Window{Anchor: clinic.EndOfProgramme, From: 300, To: 455}
	if diff := cmp.Diff(want, windows); diff != "" {
		t.Error(diff)
	}
	if got.site.ValueSets["eq_5d_5l"][0] != "se_tto_2020" || got.site.ConfirmLayouts["cpaq_8"][0] != "alternating" {
		t.Errorf("got %+v", got.site)
	}
	providers, err := got.careProviders()
	if err != nil || providers.ByUnit("SE-unit") != "SE-region" || providers.ByUnit("SE-hired") != "SE-company" {
		t.Errorf("whose the units are: %+v %v", providers, err)
	}
}

func TestMistakesStopTheStart(t *testing.T) {
	tests := map[string]struct {
		env  map[string]string
		args []string
		want []string // all of these stand in the error
	}{
		"all addresses":          {home, []string{"--grpc", ":7443"}, []string{"--grpc", "other machines", "tls.certificate", "systems"}},
		"another machine":        {home, []string{"--web", "192.168.1.2:80"}, []string{"--web", "other machines", "needs a way to sign in"}},
		"a name":                 {home, []string{"--web", "painscore.example:80"}, []string{"--web", "other machines"}},
		"no port":                {home, []string{"--grpc", "127.0.0.1"}, []string{"--grpc", "host:port"}},
		"two at once":            {home, []string{"--grpc", "0.0.0.0:1", "--web", "[::]:2", "--log", "loud"}, []string{"--grpc", "--web", "--log"}},
		"from the environment":   {map[string]string{"HOME": "/h", "PAINSCORE_WEB": "0.0.0.0:1"}, nil, []string{"$PAINSCORE_WEB"}},
		"demo neither nor":       {map[string]string{"HOME": "/h", "PAINSCORE_DEMO": "perhaps"}, nil, []string{"$PAINSCORE_DEMO", "true or false"}},
		"nowhere for the data":   {nil, nil, []string{"--data", "name a folder"}},
		"unknown key":            {home, []string{"--config", file(t, "daat: /x\n")}, []string{"daat", "1"}},
		"key twice":              {home, []string{"--config", file(t, "data: /x\ndata: /y\n")}, []string{"data", "2"}},
		"wrong kind":             {home, []string{"--config", file(t, "demo: [1]\n")}, []string{"1"}},
		"no such file":           {home, []string{"--config", "/nowhere/painscore.yaml"}, []string{"--config"}},
		"window of no occasion":  {home, []string{"--config", file(t, "windows:\n  easter: {from: 1}\n")}, []string{"easter"}},
		"heading without title":  {home, []string{"--config", file(t, "headings:\n  unit-a:\n    - {domains: [pain]}\n")}, []string{"unit-a", "sv"}},
		"domain under two":       {home, []string{"--config", file(t, "headings:\n  unit-a:\n    - {sv: A, domains: [pain]}\n    - {sv: B, domains: [pain]}\n")}, []string{"unit-a", "pain"}},
		"a provider of words":    {home, []string{"--config", file(t, "care_provider: the region\n")}, []string{"care_provider", "the region"}},
		"a unit of nobody":       {home, []string{"--config", file(t, "care_provider_of: {SE-1: ''}\n")}, []string{"care_provider_of", "empty"}},
		"window inside out":      {home, []string{"--config", file(t, "windows:\n  baseline: {from: 30}\n")}, []string{"baseline", "30"}},
		"an argument by mistake": {home, []string{"demo"}, []string{"demo"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := configured(t, tc.env, tc.args...)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not name %q", err, want)
				}
			}
		})
	}
}

func TestEmptyConfigFileSetsNothing(t *testing.T) {
	if _, err := configured(t, home, "--config", file(t, "# nothing yet\n")); err != nil {
		t.Error(err)
	}
}
