package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// units are the files for systemd beside this one.
func units(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob("painscored*.service")
	timers, errTimers := filepath.Glob("painscored*.timer")
	if err != nil || errTimers != nil || len(names) != 2 || len(timers) != 1 {
		t.Fatalf("%v %v", names, timers)
	}
	return append(names, timers...)
}

// TestTheUnitsNameOnlyCommandsAndFlagsThatThereAre so that a renamed flag does
// not stop a site's next start.
func TestTheUnitsNameOnlyCommandsAndFlagsThatThereAre(t *testing.T) {
	called := 0
	for _, name := range units(t) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range regexp.MustCompile(`painscored((?: [a-z][a-z-]*)?)((?: --[a-z-]+ \S+)+)`).FindAllStringSubmatch(string(text), -1) {
			cmd, rest, err := command(func(string) string { return "" }, nil).Find(strings.Fields(line[1] + line[2]))
			if err != nil || cmd.Name() != strings.TrimSpace(line[1]) && cmd.Name()+line[1] != "painscored" {
				t.Errorf("%s: %s: %v", name, line[0], err)
				continue
			}
			if err := cmd.ParseFlags(rest); err != nil {
				t.Errorf("%s: %s: %v", name, line[0], err)
			}
			called++
		}
	}
	if called != 3 {
		t.Errorf("%d calls of painscored were found", called)
	}
}

// TestTheServiceIsHardened holds what keeps a fault in the server from becoming
// one of the machine.
func TestTheServiceIsHardened(t *testing.T) {
	text, err := os.ReadFile("painscored.service")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"User=painscore", "ProtectSystem=strict", "ProtectHome=yes", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "MemoryDenyWriteExecute=yes", "LimitCORE=0",
		"SystemCallFilter=@system-service", "StateDirectory=painscore", "StateDirectoryMode=0700", "UMask=0077", "PrivateDevices=yes", "RestrictNamespaces=yes",
	} {
		if !strings.Contains(string(text), "\n"+line+"\n") {
			t.Errorf("%s is missing", line)
		}
	}
}

// TestSystemdUnderstandsTheUnits where it is installed; what the units call is
// replaced by a program that is there.
func TestSystemdUnderstandsTheUnits(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		return // another test holds the commands, and a site's systemd says the rest
	}
	folder := t.TempDir()
	args := []string{"verify"}
	for _, name := range units(t) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		copied := filepath.Join(folder, name)
		if err := os.WriteFile(copied, []byte(strings.ReplaceAll(string(text), "/usr/local/bin/painscored", "/bin/true")), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, copied)
	}
	if said, err := exec.CommandContext(t.Context(), analyze, args...).CombinedOutput(); err != nil || len(said) > 0 {
		t.Errorf("%v: %s", err, said)
	}
}
