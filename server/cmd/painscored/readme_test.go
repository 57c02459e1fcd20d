package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// readmeConfig is the example of a configuration in README.md.
func readmeConfig(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)<!-- config -->\n```yaml\n(.*?)```").FindSubmatch(text)
	if found == nil {
		t.Fatal("README.md marks no <!-- config --> block")
	}
	return string(found[1])
}

// TestTheReadmesConfigurationIsAccepted with its files in place, and only then.
func TestTheReadmesConfigurationIsAccepted(t *testing.T) {
	etc := t.TempDir()
	text := strings.NewReplacer("/etc/painscore", etc, "/var/lib/painscore", filepath.Join(etc, "data")).Replace(readmeConfig(t))
	name := file(t, text)
	if said, status := checkConfig(t, "--config", name); status != int(fail) {
		t.Errorf("without its files: %d\n%s", status, said)
	}
	_, certificate, _ := certificateFor(t, etc, time.Now().Add(90*24*time.Hour))
	authority, err := os.ReadFile(certificate)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"clients.crt": authority, "client.secret": []byte("secret\n")} {
		if err := os.WriteFile(filepath.Join(etc, name), text, 0o640); err != nil {
			t.Fatal(err)
		}
	}
	if said, status := checkConfig(t, "--config", name); status != 0 || strings.Contains(said, "WARN") {
		t.Errorf("exit status %d\n%s", status, said)
	}
}
