package client_test

import (
	"os"
	"strings"
	"testing"
)

// TestReadmeShowsTheExample: what the README shows is what compiles here.
func TestReadmeShowsTheExample(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(source), "func Example() {\n")
	body, _, found := strings.Cut(body, "\n}\n")
	if !found {
		t.Fatal("example_test.go has no Example")
	}
	var shown []string
	for line := range strings.Lines(body) {
		shown = append(shown, strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "\t"))
	}
	if want := "```go\n" + strings.Join(shown, "\n") + "\n```\n"; !strings.Contains(string(readme), want) {
		t.Errorf("README.md does not show the example of this package; it should hold:\n%s", want)
	}
}
