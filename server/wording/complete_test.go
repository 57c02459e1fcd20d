package wording_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/scoring/instruments"
	"github.com/painscore/painscore/server/wording"
)

func TestEveryCodeOfTheBuiltInDefinitionsHasWords(t *testing.T) {
	catalogue, err := instruments.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	if len(catalogue.List()) == 0 {
		t.Fatal("no built-in instruments")
	}
	for _, in := range catalogue.List() {
		need(t, "instrument", in.ID())
		for _, item := range in.Items() {
			if _, err := strconv.Atoi(item.Code); err != nil {
				need(t, "item", keys(in.ID(), item.Code)...)
			}
		}
		for _, scale := range in.Scales() {
			need(t, "scale", keys(in.ID(), scale.Code)...)
			need(t, "domain", scale.Domain)
			need(t, "direction", strconv.Itoa(int(scale.Direction)))
			if change := scale.Def.Change; change != nil && change.Percent != nil {
				for _, class := range change.Percent.Classes {
					need(t, "percent class", class.Code)
				}
			}
			for _, b := range scale.Bands {
				need(t, "band", in.ID()+"."+b.Code, b.Code)
			}
			for _, f := range scale.Flags {
				need(t, "flag", in.ID()+"."+f.Code, f.Code)
			}
		}
	}
	for _, set := range catalogue.ValueSets() {
		need(t, "value set", set.ID())
	}
}

// keys are the keys under which a word of an instrument may stand.
func keys(instrument, code string) []string {
	keys := []string{instrument + "." + code}
	if strings.HasPrefix(instrument, "eq_5d_") {
		keys = append(keys, "eq_5d."+code)
	}
	return keys
}

func need(t *testing.T, table string, anyOf ...string) {
	t.Helper()
	for _, key := range anyOf {
		if wording.Knows(table, key) || table == "item" && wording.Knows("scale", key) {
			return
		}
	}
	t.Errorf("no %s for %q", table, anyOf)
}

// The codes that the use cases can produce are constants of other packages;
// they are read from the source, so that a new one cannot be forgotten.
func TestEveryCodeOfTheUseCasesHasWords(t *testing.T) {
	for _, c := range []struct{ dir, typeName, table string }{
		{"../clinic", "Timing", "timing"},
		{"../clinic", "MomentState", "moment"},
		{"../clinic", "Anchor", "anchor"},
		{"../clinic", "NotComparableReason", "not comparable"},
		{"../store", "Respondent", "respondent"},
		{"../store", "Choice", "registry choice"},
		{"../access", "Role", "role"},
		{"../store", "Occasion", "occasion"},
		{"../store", "Occasion", "occasion short"},
		{"../store", "Occasion", "occasion missing"},
		{"../store", "Occasion", "occasion spoken"},
		{"../store", "Occasion", "occasion named"},
		{"../../scoring", "ParetianClass", "paretian"},
		{"../../scoring", "VerdictAnswer", "answer"},
		{"../../scoring", "RefusalReason", "refusal"},
		{"../../scoring", "NotComparableReason", "not comparable"},
		{"../../scoring", "Movement", "movement"},
	} {
		values := constants(t, c.dir, c.typeName)
		if len(values) == 0 {
			t.Errorf("no constants of type %s in %s", c.typeName, c.dir)
		}
		for _, value := range values {
			need(t, c.table, value)
		}
	}
	for _, code := range []string{scoring.CaveatWorsening, scoring.CaveatPeriod, scoring.CaveatBorrowed, scoring.WithheldProrated, scoring.WithheldExhaustion} {
		need(t, "verdict note", code)
	}
	for _, k := range []scoring.Kind{scoring.LeftBlank, scoring.NotApplicable, scoring.Declined, scoring.Unreadable, scoring.NotAsked} {
		need(t, "no answer", k.String())
	}
	for _, k := range []scoring.Known{scoring.Secondary, scoring.FromMemory, scoring.Derived, scoring.HouseRule} {
		need(t, "known", string(k)) // what is verified needs no warning
	}
	for _, d := range []scoring.Direction{scoring.NoDirection, scoring.HigherIsBetter, scoring.HigherIsWorse} {
		need(t, "direction", strconv.Itoa(int(d)))
	}
}

// constants lists the values of the string constants of a type in a package.
func constants(t *testing.T, dir, typeName string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || !isType(spec.Type, typeName) {
				return true
			}
			for _, v := range spec.Values {
				if lit, ok := v.(*ast.BasicLit); ok {
					value, err := strconv.Unquote(lit.Value)
					if err != nil {
						t.Fatal(err)
					}
					values = append(values, value)
				}
			}
			return true
		})
	}
	return values
}

// isType reports whether a constant is declared with the type, its own
// package's or another's.
func isType(e ast.Expr, name string) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == name
	case *ast.SelectorExpr:
		return e.Sel.Name == name
	}
	return false
}

// A phrase is asked for by a key in the templates and the code of the pages. A
// missing one would be seen only where it is shown; an unused one misleads.
func TestEveryPhraseOfThePagesIsThereAndNoOther(t *testing.T) {
	asked := regexp.MustCompile(`(?:Say|Count|add|addDay|tell) ?\(?"([^"]+)"|\{"(heading\.[a-z]+)"`)
	// failures are asked for by their status, words of a list by a variable
	used := map[string]bool{"deceased": true, "do_not_contact": true, "care_level": true, "track": true, "programme_type": true}
	for _, pattern := range []string{"../review/*.go", "../review/templates/*.html"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, name := range files {
			body, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range asked.FindAllStringSubmatch(string(body), -1) {
				key := m[1] + m[2]
				used[key] = true
				if key != "failure." && !wording.Knows("phrase", key) && !wording.Knows("phrase", key+".one") {
					t.Errorf("%s asks for %q, which no phrase is", name, key)
				}
			}
		}
	}
	for key := range wording.All() {
		phrase, ok := strings.CutPrefix(key, "phrase ")
		if !ok || strings.HasPrefix(phrase, "failure.4") || strings.HasPrefix(phrase, "failure.5") {
			continue
		}
		base := strings.TrimSuffix(strings.TrimSuffix(phrase, ".one"), ".many")
		if !used[phrase] && !used[base] {
			t.Errorf("nobody says %q", phrase)
		}
	}
}

// The words that an episode's fields may hold stand in the use cases' table of
// fields: word("care_level", …, "mmrpv", "mmrsv").
func TestEveryWordOfAnEpisodeHasWords(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../clinic/episode.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]string{"statusActive": "active", "statusDroppedOut": "dropped_out"}
	found := 0
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || !isType(call.Fun, "word") {
			return true
		}
		field, _ := strconv.Unquote(call.Args[0].(*ast.BasicLit).Value)
		for _, arg := range call.Args[2:] {
			value := ""
			switch arg := arg.(type) {
			case *ast.BasicLit:
				value, _ = strconv.Unquote(arg.Value)
			case *ast.Ident:
				value = known[arg.Name]
			}
			need(t, "episode word", field+"."+value)
			found++
		}
		return true
	})
	if found < 10 {
		t.Errorf("found %d words only; has the table of fields moved?", found)
	}
}
