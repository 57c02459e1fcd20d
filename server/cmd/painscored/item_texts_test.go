package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/painscore/painscore/scoring/instruments"
)

func TestItemTextsAreReadStrictly(t *testing.T) {
	catalogue, err := instruments.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	in, _ := catalogue.Instrument("nprs", "")
	entry := "- instrument: nprs\n  version: \"" + in.Version() + "\"\n  language: sv\n  licence: agreement 7\n  items: {" + in.Items()[0].Code + ": a text}\n"
	for name, c := range map[string]struct{ body, says string }{
		"as it should be":     {entry, ""},
		"another version":     {strings.Replace(entry, in.Version(), "x", 1), "no such instrument"},
		"an unknown key":      {entry + "  questions: {}\n", "unknown field"},
		"an item that is not": {strings.Replace(entry, "{", "{other: x, ", 1), "no item other"},
		"no list":             {"instrument: nprs\n", "item_texts"},
	} {
		file := filepath.Join(t.TempDir(), "texts.yaml")
		if err := os.WriteFile(file, []byte(c.body), 0o600); err != nil {
			t.Fatal(err)
		}
		texts, err := readItemTexts(file, catalogue.Instrument)
		if c.says == "" {
			if err != nil || len(texts) != 1 || texts[0].Licence != "agreement 7" {
				t.Errorf("%s: %+v, %v", name, texts, err)
			}
		} else if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "a text") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if texts, err := readItemTexts("", nil); texts != nil || err != nil {
		t.Error("without a file:", texts, err)
	}
	if _, err := readItemTexts(filepath.Join(t.TempDir(), "gone"), nil); err == nil {
		t.Error("a file that is not there goes unnoticed")
	}
}
