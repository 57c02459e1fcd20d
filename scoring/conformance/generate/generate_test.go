package main

import (
	"bytes"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheKitIsWhatTheGeneratorMakes(t *testing.T) {
	made := files()
	stored := map[string]bool{}
	for _, folder := range []string{"sheets", "expected"} {
		found, err := filepath.Glob("../kit/" + folder + "/*")
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			stored[folder+"/"+filepath.Base(path)] = true
		}
	}
	for name, body := range made {
		got, err := os.ReadFile("../kit/" + name)
		if err != nil {
			t.Errorf("%s: run go generate ./scoring/conformance: %v", name, err)
		} else if !bytes.Equal(got, body) {
			t.Errorf("%s is not what the generator makes: run go generate ./scoring/conformance and read the difference", name)
		}
		delete(stored, name)
	}
	for name := range stored {
		t.Errorf("%s is in the kit, and nothing makes it", name)
	}
}

// A second implementation that borrowed from the first would agree with it on
// its mistakes.
func TestTheGeneratorSharesNothingWithTheEngine(t *testing.T) {
	sources, err := filepath.Glob("*.go")
	if err != nil || len(sources) < 10 {
		t.Fatalf("%d sources: %v", len(sources), err)
	}
	for _, source := range sources {
		file, err := parser.ParseFile(token.NewFileSet(), source, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range file.Imports {
			if first, _, _ := strings.Cut(strings.Trim(spec.Path.Value, `"`), "/"); strings.Contains(first, ".") {
				t.Errorf("%s imports %s: the standard library only", source, spec.Path.Value)
			}
		}
	}
}

func TestEachValueSetHasSixtyStates(t *testing.T) {
	for _, e := range []struct {
		k    *kit
		sets int
	}{{eq5d3l(), 4}, {eq5d5l(), 7}} {
		states := map[string]bool{}
		for _, line := range strings.Split(e.k.expected.String(), "\n") {
			if _, rest, ok := strings.Cut(line, `"profile":"`); ok && strings.Count(line, `"value_set"`) == e.sets {
				states[rest[:5]] = true
			}
		}
		if len(states) < 60 {
			t.Errorf("%s has %d states with every value set, want at least 60", e.k.name, len(states))
		}
		t.Logf("%s: %d states by %d value sets", e.k.name, len(states), e.sets)
	}
}
