package instruments

import (
	"strings"
	"testing"
	"time"
)

// Hostile files are refused quickly; the parser is recursive, so what is
// nested too deep must not reach it.
func TestHostileFilesAreRefusedQuickly(t *testing.T) {
	for name, body := range map[string]string{
		"too large":      strings.Repeat("# comment\n", maxFileBytes/10+1),
		"flow brackets":  strings.Repeat("[\n", 50_000),
		"braces":         strings.Repeat("{a: \n", 20_000),
		"dashes":         strings.Repeat("- ", 900),
		"dashes by line": strings.Repeat(strings.Repeat("- ", 900)+"\n", 60),
		"question marks": strings.Repeat("? ", 900),
		"many keys":      strings.Repeat("a: b\n", 25_000),
		"many tokens":    "a: [" + strings.Repeat("1,\n", 40_000) + "]",
		"long line":      "a: " + strings.Repeat("x", maxLineBytes),
		"not UTF-8":      "a: \xff",
		"control":        "a: \x00",
		"empty":          "",
		"scalar":         "hello",
		"list":           "- a",
		"aliases":        "a: &a [x]\nb: [*a, *a]",
	} {
		start := time.Now()
		if err := emptyCatalogue().AddFile(name, []byte(body)); err == nil {
			t.Errorf("%s is accepted", name)
		}
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("%s takes %v", name, took)
		} else {
			t.Logf("%s: %v", name, took)
		}
	}
}
