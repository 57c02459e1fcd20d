package sqlite

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/painscore/painscore/server/store"
)

var ctx = context.Background()

// newFile makes a store with one submission in it, closed again.
func newFile(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "data", "painscore.db")
	s := open(t, path)
	if _, err := s.Submit(ctx, testEnvelope("e", "1")); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t testing.TB, path string) *engine {
	t.Helper()
	s, err := Open(ctx, path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s.(*engine)
}

func testEnvelope(episode, id string) store.Envelope {
	return store.Envelope{
		Identity:         store.Identity{PatientKey: "p" + episode, System: "personnummer", Lookup: []byte("l" + episode), Sealed: []byte("s"), KeyID: "k"},
		Episode:          store.Episode{CareUnit: "u", EpisodeID: episode},
		MayCreateEpisode: true,
		Forms: []store.Submission{{
			Slot:   store.Slot{CareUnit: "u", EpisodeID: episode, Occasion: store.Baseline, Instrument: "hads", Respondent: store.Patient},
			System: "ehr", SubmissionID: id, Digest: []byte("d"),
		}},
	}
}

// openFails opens a file that must be refused, and checks that it was not touched.
func openFails(t *testing.T, path string, want error, says string) {
	t.Helper()
	before, _ := os.ReadFile(path)
	s, err := Open(ctx, path, Options{})
	if err == nil {
		s.Close()
		t.Fatal("it was opened")
	}
	if !errors.Is(err, want) || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want %v saying %q", err, want, says)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("the file was changed")
	}
}

func TestFilesAreForThisUserOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "painscore.db")
	s := open(t, path)
	if _, err := s.Submit(ctx, testEnvelope("e", "1")); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Dir(path) + "/*")
	if err != nil || len(names) != 4 { // the file, its log, the log's index, the lock
		t.Fatalf("%v %v", names, err)
	}
	for _, name := range names {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v %v", info.Mode(), err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path + "-wal"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the log is still there after closing: %v %v", info, err)
	}
}

func TestSettingsAreReadBackAndRefusedIfOtherwise(t *testing.T) {
	path := newFile(t)
	s := open(t, path)
	d, err := s.Describe(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "secure_delete": "1"} {
		if d.Settings[name] != want {
			t.Errorf("%s is %q", name, d.Settings[name])
		}
	}
	// A misspelt key is ignored by SQLite and its driver alike: only reading
	// back tells.
	for _, key := range []string{"_synchronous", "_foreign_keys", "_secure_delete"} {
		db := openHandle(strings.Replace(writerDSN(path, Options{}.withDefaults()), key+"=", key+"x=", 1), 1)
		if _, err := checkSettings(ctx, db, writerSettings); err == nil || !strings.Contains(err.Error(), strings.TrimPrefix(key, "_")) {
			t.Errorf("without %s: %v", key, err)
		}
		db.Close()
	}
	db := openHandle(strings.Replace(readerDSN(path, Options{}.withDefaults()), "_query_only=", "_x=", 1), 1)
	defer db.Close()
	if _, err := checkSettings(ctx, db, readerSettings); err == nil {
		t.Error("readers that may write were accepted")
	}
}

func TestReadersCannotWrite(t *testing.T) {
	path := newFile(t)
	for _, dsn := range []string{
		readerDSN(path, Options{}.withDefaults()),
		strings.Replace(readerDSN(path, Options{}.withDefaults()), "mode=ro", "mode=rw", 1),
		strings.Replace(readerDSN(path, Options{}.withDefaults()), "_query_only=1", "", 1),
	} {
		db := openHandle(dsn, 1)
		if _, err := db.Exec("INSERT INTO property (name, value) VALUES ('a', 'b')"); err == nil {
			t.Errorf("wrote through %s", dsn)
		}
		db.Close()
	}
}

func TestADamagedFileStopsTheStartAndIsLeftAlone(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func([]byte) []byte
		want   error
		says   string
	}{
		{"empty", func([]byte) []byte { return nil }, ErrNotAStore, "0 bytes"},
		{"a text", func([]byte) []byte { return []byte("hello, this is no database\n") }, ErrNotAStore, "does not begin like"},
		{"zeros", func(b []byte) []byte { return make([]byte, len(b)) }, ErrNotAStore, "does not begin like"},
		{"cut in a page", func(b []byte) []byte { return b[:len(b)-100] }, ErrDamaged, "bytes of"},
		{"cut to one page", func(b []byte) []byte { return b[:4096] }, ErrDamaged, "bytes of"},
		{"a page overwritten", func(b []byte) []byte { copy(b[2*4096:3*4096], bytes.Repeat([]byte{0xa5}, 4096)); return b }, ErrDamaged, "restore a backup"},
		{"a page of zeros", func(b []byte) []byte { clear(b[2*4096 : 3*4096]); return b }, ErrDamaged, "restore a backup"},
		{"the schema overwritten", func(b []byte) []byte { copy(b[100:4096], bytes.Repeat([]byte{0xa5}, 3996)); return b }, ErrDamaged, "restore a backup"},
		{"of another program", func(b []byte) []byte { copy(b[68:72], "abcd"); return b }, ErrNotAStore, "another program"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := newFile(t)
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, c.change(content), 0o600); err != nil {
				t.Fatal(err)
			}
			openFails(t, path, c.want, c.says)
		})
	}
	t.Run("a folder", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "painscore.db")
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		openFails(t, path, ErrNotAStore, "is not a file")
	})
	t.Run("gone, but its log is there", func(t *testing.T) {
		path := newFile(t)
		if err := errors.Join(os.Remove(path), os.WriteFile(path+"-wal", []byte("x"), 0o600)); err != nil {
			t.Fatal(err)
		}
		openFails(t, path, ErrDamaged, "is missing")
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Error("a new file was made")
		}
	})
}

func TestAnUnfinishedFileIsMadeAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "painscore.db")
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		if err := os.WriteFile(path+".new"+suffix, []byte("cut off by a power failure"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, path)
	if _, err := s.Submit(ctx, testEnvelope("e", "1")); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(path + ".new*"); left != nil {
		t.Errorf("left behind: %v", left)
	}
}

func TestStrangePathsWork(t *testing.T) {
	for _, name := range []string{"a b", "å?x=1", "50%#1", "a&mode=memory"} {
		path := filepath.Join(t.TempDir(), name, name+".db")
		open(t, path)
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestANewerSchemaIsRefused(t *testing.T) {
	path := newFile(t)
	db := openHandle(writerDSN(path, Options{}.withDefaults()), 1)
	if _, err := db.Exec("INSERT INTO schema_migration (version_id, is_applied) VALUES (999, 1)"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	openFails(t, path, ErrNewerSchema, "has schema 999, this program knows")
}

func TestAnEarlierSchemaIsBroughtUpToDate(t *testing.T) {
	path := newFile(t)
	files := fstest.MapFS{"00999_later.sql": {Data: []byte("-- +goose Up\nCREATE TABLE later (x INTEGER);\n")}}
	entries, err := migrations.ReadDir("migrations")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		text, err := migrations.ReadFile("migrations/" + entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		files[entry.Name()] = &fstest.MapFile{Data: text}
	}
	db := openHandle(writerDSN(path, Options{}.withDefaults()), 1)
	defer db.Close()
	if number, err := migrateFrom(ctx, path, db, files, false); err != nil || number != 999 {
		t.Fatalf("schema %d, %v", number, err)
	}
	if _, err := db.Exec("SELECT x FROM later"); err != nil {
		t.Error(err)
	}
	files["01000_broken.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE half (x INTEGER);\nCREATE NONSENSE;\n")}
	if _, err := migrateFrom(ctx, path, db, files, false); err == nil || !strings.Contains(err.Error(), "from schema 999 to 1000") {
		t.Errorf("a broken migration: %v", err)
	}
	if _, err := db.Exec("SELECT x FROM half"); err == nil {
		t.Error("half a migration stayed")
	}
}

func TestASecondServerIsRefusedWhileTheFirstLives(t *testing.T) {
	path := newFile(t)
	first := open(t, path)
	_, err := Open(ctx, path, Options{})
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("in this process: %v", err)
	}
	if _, err := first.Submit(ctx, testEnvelope("e", "1")); err != nil {
		t.Errorf("the first one suffered: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, path).Close()
}

// TestALockEndsWithItsProcess starts this test again as another process, which
// holds the store until it is killed.
func TestALockEndsWithItsProcess(t *testing.T) {
	if path := os.Getenv("PAINSCORE_TEST_HOLD"); path != "" {
		if _, err := Open(ctx, path, Options{}); err != nil {
			t.Fatal(err)
		}
		fmt.Println("held")
		select {}
	}
	path := newFile(t)
	holder := exec.Command(os.Args[0], "-test.run=^TestALockEndsWithItsProcess$", "-test.v")
	holder.Env = append(os.Environ(), "PAINSCORE_TEST_HOLD="+path)
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != "held"; {
	}
	_, err = Open(ctx, path, Options{})
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), fmt.Sprint(holder.Process.Pid)) {
		t.Errorf("while it is held: %v", err)
	}
	holder.Process.Kill()
	holder.Wait()
	s := open(t, path)
	if _, err := s.Submission(ctx, "u", "ehr", "1"); err != nil {
		t.Errorf("after the kill: %v", err)
	}
}

// TestARefusedStartReleasesTheStore: what stopped the start can be mended
// without waiting for anything.
func TestARefusedStartReleasesTheStore(t *testing.T) {
	path := newFile(t)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, whole[:5000], 0o600); err != nil {
		t.Fatal(err)
	}
	openFails(t, path, ErrDamaged, "")
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	open(t, path)
}

func TestForeignKeysHold(t *testing.T) {
	path := newFile(t)
	db := openHandle(writerDSN(path, Options{}.withDefaults()), 1)
	defer db.Close()
	for _, statement := range []string{
		"INSERT INTO episode (care_unit, episode_id, patient_key, version) VALUES ('u', 'x', 'nobody', 1)",
		"UPDATE submission_version SET episode_id = 'nowhere'",
		"DELETE FROM patient",
		"UPDATE submission_version SET version = 'one'",
	} {
		if _, err := db.Exec(statement); err == nil {
			t.Errorf("accepted: %s", statement)
		}
	}
}
