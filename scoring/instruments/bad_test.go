package instruments

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the .err files anew; read the difference before committing it")

// Each file of testdata/bad breaks one rule in a copy of testdata/good.yaml;
// the .err file beside it holds the whole message, with line and column.
func TestEveryRuleIsEnforcedWithItsMessage(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d bad files, %v", len(files), err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			body, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			c := emptyCatalogue()
			refused := c.AddFile(filepath.Base(name), body)
			if refused == nil {
				t.Fatal("accepted")
			}
			if len(c.List()) != 0 {
				t.Error("refused, but added")
			}
			golden := strings.TrimSuffix(name, ".yaml") + ".err"
			got := refused.Error() + "\n"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil || string(want) != got {
				t.Errorf("got\n%swant\n%s%v", got, want, err)
			}
		})
	}
}

func TestTheGoodFileIsAcceptedOnce(t *testing.T) {
	good, err := os.ReadFile("testdata/good.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c := emptyCatalogue()
	for range 2 {
		if err := c.AddFile("good.yaml", good); err != nil {
			t.Fatal(err)
		}
	}
	changed := []byte(strings.Replace(string(good), "Demonstration", "Another", 1))
	if err := c.AddFile("other.yaml", changed); err == nil || !strings.Contains(err.Error(), "a published version never changes") {
		t.Errorf("same version with other content: %v", err)
	}
	newer := []byte(strings.Replace(string(changed), `version: "1"`, `version: "10"`, 1))
	if err := c.AddFile("newer.yaml", newer); err != nil {
		t.Fatal(err)
	}
	first, _ := c.Instrument("demo", "1")
	second, ok := c.Instrument("demo", "10")
	active, _ := c.Instrument("demo", "")
	if !ok || active != first || first.ScoringHash() != second.ScoringHash() || first.DefinitionHash() == second.DefinitionHash() {
		t.Error("a title changes the definition hash only, and a new version does not become active by itself")
	}
	if body, ok := c.Content(second.DefinitionHash()); !ok || string(body) != string(newer) {
		t.Error("the file is not kept by its hash")
	}
	if err := c.SetActive("demo", "10"); err != nil {
		t.Fatal(err)
	}
	if active, _ := c.Instrument("demo", ""); active != second {
		t.Error("SetActive had no effect")
	}
}

func TestScoringHashFollowsWhatChangesANumber(t *testing.T) {
	good, err := os.ReadFile("testdata/good.yaml")
	if err != nil {
		t.Fatal(err)
	}
	hash := func(replace ...string) string {
		c := emptyCatalogue()
		if err := c.AddFile("x", []byte(strings.NewReplacer(replace...).Replace(string(good)))); err != nil {
			t.Fatal(err)
		}
		return c.List()[0].ScoringHash()
	}
	for change, changes := range map[[2]string]bool{
		{"from: 4, source", "from: 5, source"}:                                           false,
		{"to: 2}, {code: high, from: 3", "to: 1}, {code: high, from: 2"}:                 false,
		{"code: form, order: [a, b]", "code: form, order: [b, a]"}:                       false,
		{"items: [a, b]", "items: [b, a]"}:                                               false,
		{"rule: half", "rule: all"}:                                                      true,
		{"code: total", "code: sum"}:                                                     true,
		{"    reversed: [b]\n", "    reversed: [a]\n"}:                                   true,
		{"    reversed: [b]\n", "    reversed: [b]\n    decimals: 2\n"}:                  true,
		{"{code: b, min: 0, max: 3}", "{code: b, min: 0, max: 3, not_applicable: true}"}: true,
	} {
		replace := []string{change[0], change[1]}
		if change[1] == "    reversed: [b]\n    decimals: 2\n" {
			replace = append(replace, "total: 3}", `total: "3.00"}`)
		}
		if change[0] == "code: total" {
			replace = append(replace, "total: 3}", "sum: 3}")
		}
		if got := hash(replace...) != hash(); got != changes {
			t.Errorf("%q: scoring hash changes: %t, want %t", change[1], got, changes)
		}
	}
}

func TestConfirmLayoutAndNewValueSet(t *testing.T) {
	c, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	before, _ := c.Instrument("cpaq_8", "")
	if err := c.ConfirmLayout("cpaq_8", "alternating"); err != nil {
		t.Fatal(err)
	}
	after, _ := c.Instrument("cpaq_8", "")
	if before.Layouts()[2].Confirmed || !after.Layouts()[2].Confirmed || before.ScoringHash() != after.ScoringHash() {
		t.Error("confirming a layout")
	}
	if err := c.ConfirmLayout("cpaq_8", "other"); err == nil {
		t.Error("an unknown layout is confirmed")
	}
	eq, _ := c.Instrument("eq_5d_3l", "")
	body, _ := builtin.ReadFile("value_sets/dk_tto_2009.yaml")
	if err := c.AddFile("site.yaml", []byte(strings.Replace(string(body), "dk_tto_2009", "site_set", 1))); err != nil {
		t.Fatal(err)
	}
	with, _ := c.Instrument("eq_5d_3l", "")
	if _, ok := with.ValueSet("site_set"); !ok || with.ScoringHash() != eq.ScoringHash() {
		t.Error("a value set is added without touching the scoring hash")
	}
}

func FuzzAddFile(f *testing.F) {
	for _, name := range []string{"testdata/good.yaml", "testdata/bad/many_at_once.yaml", "testdata/bad/nested_too_deep.yaml"} {
		body, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	for _, name := range []string{"value_sets/uk_crosswalk_2012.yaml", "value_sets/dk_tto_2009.yaml", "builtin/wai_1.yaml"} {
		body, _ := builtin.ReadFile(name)
		f.Add(body)
	}
	f.Add([]byte("- - - - - - - a"))
	f.Fuzz(func(t *testing.T, body []byte) {
		if err := emptyCatalogue().AddFile("x", body); err != nil && strings.Contains(err.Error(), "\x00") {
			t.Error("control characters in a message")
		}
	})
}
