package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// diagnose runs doctor and returns the level of each check, and the text of all.
func diagnose(t *testing.T, dir string, args ...string) (levels map[string]string, text string, status int) {
	t.Helper()
	text, err := operate(t, dir, append([]string{"doctor", "--json"}, args...)...)
	var s exitStatus
	if err != nil && !errors.As(err, &s) {
		t.Fatalf("%v\n%s", err, text)
	}
	levels = map[string]string{}
	for line := range strings.Lines(text) {
		var f struct{ Check, Level string }
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		levels[f.Check] = f.Level
	}
	return levels, text, int(s)
}

// kept makes a store that is looked after: backed up, its keys saved.
func kept(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	withForms(t, dir, "a")
	mustOperate(t, dir, "backup", "--to", filepath.Join(t.TempDir(), "b.db"))
	mustOperate(t, dir, "keys", "save", "--to", filepath.Join(t.TempDir(), "keys"))
	return dir
}

func TestDoctorFindsNothingInAStoreThatIsLookedAfter(t *testing.T) {
	dir := kept(t)
	check := func(when string) {
		t.Helper()
		levels, text, status := diagnose(t, dir)
		for name, level := range levels {
			if level != "OK" && name != "clock" && name != "room" { // those are this machine's
				t.Errorf("%s: %s: %s\n%s", when, name, level, text)
			}
		}
		if want := map[bool]int{true: 1}[levels["clock"] == "WARN" || levels["room"] == "WARN"]; status != want {
			t.Errorf("%s: exit status %d", when, status)
		}
	}
	check("no server")
	p := start(t, dir)
	check("beside a server")
	if said, _ := operate(t, dir, "doctor", "--quick"); !strings.Contains(said, "a server has the store open (process ") || !strings.Contains(said, "not looked at") {
		t.Errorf("it says: %s", said)
	}
	if got := stored(t, p, "a"); len(got) != 1 {
		t.Error("the server suffered")
	}
}

// TestDoctorFindsWhatIsWrong spoils one thing at a time.
func TestDoctorFindsWhatIsWrong(t *testing.T) {
	database := func(dir string) string { return filepath.Join(dir, databaseFile) }
	write := func(name, text string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	foreignKeys := func(t *testing.T, dir string) {
		other := t.TempDir()
		start(t, other).stop()
		copyFile(t, filepath.Join(other, keyFile), filepath.Join(dir, keyFile))
	}
	for _, c := range []struct {
		name, check, level, says string
		spoil                    func(t *testing.T, dir string)
	}{
		{"readable by others", "permissions", "FAIL", "mode 0644", func(t *testing.T, dir string) { os.Chmod(database(dir), 0o644) }},
		{"folder open to others", "permissions", "FAIL", "mode 0755", func(t *testing.T, dir string) { os.Chmod(dir, 0o755) }},
		{"no database", "database", "FAIL", "painscored restore", func(t *testing.T, dir string) { os.Remove(database(dir)) }},
		{"not a database", "database", "FAIL", "does not begin like", write(databaseFile, "hello")},
		{"a page of zeros", "structure", "FAIL", "", func(t *testing.T, dir string) {
			text, err := os.ReadFile(database(dir))
			if err != nil {
				t.Fatal(err)
			}
			for page := len(text)/4096 - 8; page < len(text)/4096; page++ {
				clear(text[page*4096 : (page+1)*4096])
			}
			write(databaseFile, string(text))(t, dir)
		}},
		{"no keys", "keys", "FAIL", "missing", func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, keyFile)) }},
		{"foreign keys", "keys", "FAIL", "not the one", foreignKeys},
		{"keys never saved", "keys", "WARN", "keys save", func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, keysSavedFile)) }},
		{"keys changed since", "keys", "WARN", "changed since", write(keysSavedFile, `{"at":"2026-01-01T00:00:00Z","sha256":"00"}`)},
		{"no backup", "backup", "WARN", "no backup", func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, lastBackupFile)) }},
		{"an old backup", "backup", "WARN", "hours old", write(lastBackupFile, `{"at":"2026-01-01T00:00:00Z"}`)},
		{"a broken note of it", "backup", "WARN", lastBackupFile, write(lastBackupFile, `{`)},
		{"a set-aside store", "copies", "WARN", "set-aside-", write(databaseFile+".set-aside-20260101T000000.000Z", "x")},
		{"a copy that was cut off", "copies", "WARN", "unfinished", write(databaseFile+".restoring", "x")},
		{"an old copy from before a migration", "copies", "WARN", "before-schema", func(t *testing.T, dir string) {
			write(databaseFile+".before-schema-4", "x")(t, dir)
			old := time.Now().Add(-oldCopy - time.Hour)
			if err := os.Chtimes(database(dir)+".before-schema-4", old, old); err != nil {
				t.Fatal(err)
			}
		}},
		{"a young one", "copies", "OK", "before-schema", write(databaseFile+".before-schema-4", "x")},
		{"a damaged journal", "erasures", "FAIL", "line 1", write("erasures.journal", "{}\n")},
		{"a purge that waits", "purge", "WARN", "1 erasures", func(t *testing.T, dir string) { erase(t, dir, "er-1", personnummer) }},
		{"a journal that lacks an erasure", "erasures", "FAIL", "lacks the last erasure", func(t *testing.T, dir string) {
			erase(t, dir, "er-1", personnummer)
			write("erasures.journal", "")(t, dir)
		}},
		{"a journal that is gone", "erasures", "FAIL", "put it back", func(t *testing.T, dir string) {
			erase(t, dir, "er-1", personnummer)
			os.Remove(filepath.Join(dir, "erasures.journal"))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := kept(t)
			c.spoil(t, dir)
			levels, text, status := diagnose(t, dir)
			name := c.check
			if name == "structure" && levels[name] == "" {
				name = "database" // the damage met an earlier look
			}
			if levels[name] != c.level || !strings.Contains(text, c.says) {
				t.Errorf("%s: %s\n%s", name, levels[name], text)
			}
			if want := map[string]int{"OK": 0, "WARN": 1, "FAIL": 2}[c.level]; status != want && levels["clock"] != "WARN" {
				t.Errorf("exit status %d", status)
			}
		})
	}
}

func TestAClockThatRanAheadIsFound(t *testing.T) {
	now := time.Now()
	for ahead, want := range map[time.Duration]level{time.Hour: fail, time.Minute: ok, -time.Hour: ok} {
		f := checkClock(now.Add(ahead), now)
		if (f.level == fail) != (want == fail) {
			t.Errorf("%s ahead: %+v", ahead, f)
		}
	}
}

func TestSavedKeysServeTheDatabaseAndOthersDoNot(t *testing.T) {
	dir, saved := t.TempDir(), filepath.Join(t.TempDir(), "keys")
	withForms(t, dir, "a")
	if said := mustOperate(t, dir, "keys", "save", "--to", saved); !strings.Contains(said, "same medium") {
		t.Errorf("it says: %s", said)
	}
	if info, err := os.Stat(saved); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, keysSavedFile)); err != nil || strings.Contains(string(text), filepath.Dir(saved)) {
		t.Errorf("the place is written down: %s %v", text, err)
	}
	if said := mustOperate(t, dir, "keys", "check", "--file", saved); !strings.Contains(said, "is the key file in use") {
		t.Errorf("it says: %s", said)
	}
	if _, err := operate(t, dir, "keys", "save", "--to", saved); !errors.Is(err, os.ErrExist) {
		t.Errorf("a second time: %v", err)
	}
	for _, to := range []string{filepath.Join(dir, "keys.copy"), filepath.Join(dir, "sub", "keys.copy")} {
		os.Mkdir(filepath.Dir(to), 0o700)
		if _, err := operate(t, dir, "keys", "save", "--to", to); err == nil || !strings.Contains(err.Error(), "in the data folder") {
			t.Errorf("into the data folder: %v", err)
		}
	}
	other := t.TempDir()
	withForms(t, other, "b")
	if _, err := operate(t, other, "keys", "check", "--file", saved); !errors.Is(err, errForeignKeys) {
		t.Errorf("for another database: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, keyFile)); err != nil {
		t.Fatal(err)
	}
	if said := mustOperate(t, dir, "keys", "check", "--file", saved); !strings.Contains(said, "is missing: copy it to") {
		t.Errorf("it says: %s", said)
	}
}

func TestASmallDatabaseIsNotOfNoSize(t *testing.T) {
	for bytes, want := range map[int64]string{0: "0 kB", 1: "1 kB", 385024: "376 kB", 10<<20 - 1: "10240 kB", 10 << 20: "10 MB", 3 << 30: "3072 MB"} {
		if got := inUnits(bytes); got != want {
			t.Errorf("%d bytes: %q, want %q", bytes, got, want)
		}
	}
	if _, text, _ := diagnose(t, kept(t)); !strings.Contains(text, " kB\"") || strings.Contains(text, "has 0 ") {
		t.Errorf("the size of a new database: %s", text)
	}
}
