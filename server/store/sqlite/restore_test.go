package sqlite

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/painscore/painscore/server/store"
)

// backedUp makes a store with the submission "1", a backup of it, and adds "2".
func backedUp(t *testing.T) (path, from string) {
	t.Helper()
	path = newFile(t)
	from, _ = backup(t, path)
	s := open(t, path)
	if _, err := s.Submit(ctx, testEnvelope("e2", "2")); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path, from
}

// holds tells whether a store that can be opened has the submissions.
func holds(t *testing.T, path string, ids ...string) (all bool) {
	t.Helper()
	s, err := Open(ctx, path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, id := range ids {
		if _, err := s.Submission(ctx, "u", "ehr", id); err != nil {
			return false
		}
	}
	return true
}

func TestARestoreBringsBackTheBackupAndKeepsWhatItReplaces(t *testing.T) {
	path, from := backedUp(t)
	done, err := Restore(ctx, from, path, RestoreOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !holds(t, path, "1") || holds(t, path, "2") {
		t.Error("not the store that was backed up")
	}
	if !strings.HasPrefix(done.SetAside, path+setAsideSuffix) || !holds(t, done.SetAside, "1", "2") {
		t.Errorf("%s is not the store that was in use", done.SetAside)
	}
	if done.Rows["submission_version"] != 1 {
		t.Errorf("it says of the copy: %+v", done.Examination)
	}
	if _, err := os.Stat(path + restoringSuffix); err == nil {
		t.Error("the copy is there twice")
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

func TestARestoreIntoAnEmptyFolderSetsNothingAside(t *testing.T) {
	_, from := backedUp(t)
	path := filepath.Join(t.TempDir(), "new", "painscore.db")
	done, err := Restore(ctx, from, path, RestoreOptions{})
	if err != nil || done.SetAside != "" || !holds(t, path, "1") {
		t.Errorf("%+v %v", done, err)
	}
}

// TestADamagedStoreWithItsLogIsSetAsideAsItIs: what somebody may still want to
// examine is not touched, and its log does not get into the new store.
func TestADamagedStoreWithItsLogIsSetAsideAsItIs(t *testing.T) {
	path, from := backedUp(t)
	for suffix, text := range map[string]string{"": "damaged", "-wal": "its log", "-shm": "x"} {
		if err := os.WriteFile(path+suffix, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	done, err := Restore(ctx, from, path, RestoreOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(done.SetAside + "-wal"); string(text) != "its log" || err != nil {
		t.Errorf("the log: %q %v", text, err)
	}
	if text, err := os.ReadFile(done.SetAside); string(text) != "damaged" || err != nil {
		t.Errorf("the store: %q %v", text, err)
	}
	if !holds(t, path, "1") {
		t.Error("not restored")
	}
}

// TestARefusedRestoreTouchesNothing: every reason to refuse is found before.
func TestARefusedRestoreTouchesNothing(t *testing.T) {
	refused := errors.New("refused by the caller")
	change := func(f func([]byte) []byte) func(t *testing.T, from string) {
		return func(t *testing.T, from string) {
			content, err := os.ReadFile(from)
			if err == nil {
				err = os.WriteFile(from, f(content), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	unlisted := func(next func(t *testing.T, from string)) func(t *testing.T, from string) {
		return func(t *testing.T, from string) {
			if err := os.Remove(ManifestOf(from)); err != nil {
				t.Fatal(err)
			}
			next(t, from)
		}
	}
	statement := func(sql string) func(t *testing.T, from string) {
		return func(t *testing.T, from string) {
			db := openHandle(strings.NewReplacer("_foreign_keys=1", "_foreign_keys=0", "_journal_mode=WAL", "_journal_mode=DELETE").Replace(writerDSN(from, Options{}.withDefaults())), 1)
			if _, err := db.Exec(sql); err != nil {
				t.Fatal(err)
			}
			db.Close()
		}
	}
	flip := change(func(b []byte) []byte { b[len(b)-1] ^= 1; return b })
	zeroed := change(func(b []byte) []byte { copy(b[4096*3:], make([]byte, 4096)); return b })
	for _, c := range []struct {
		name    string
		spoil   func(t *testing.T, from string)
		options RestoreOptions
		want    error
		says    string
	}{
		{"one bit", flip, RestoreOptions{}, ErrDamaged, "not what its manifest says"},
		{"cut off", change(func(b []byte) []byte { return b[:len(b)-1] }), RestoreOptions{}, ErrDamaged, "not what its manifest says"},
		{"cut off, no manifest", unlisted(change(func(b []byte) []byte { return b[:len(b)-1] })), RestoreOptions{}, ErrDamaged, "bytes of"},
		{"a page of zeros, no manifest", unlisted(zeroed), RestoreOptions{}, ErrDamaged, ""},
		{"empty, no manifest", unlisted(change(func([]byte) []byte { return nil })), RestoreOptions{}, ErrNotAStore, "0 bytes"},
		{"of another program, no manifest", unlisted(statement("PRAGMA application_id = 5")), RestoreOptions{}, ErrNotAStore, "another program"},
		{"of a newer one, no manifest", unlisted(statement("INSERT INTO schema_migration (version_id, is_applied) VALUES (999, 1)")), RestoreOptions{}, ErrNewerSchema, "schema 999"},
		{"a reference into nothing, no manifest", unlisted(statement("DELETE FROM patient")), RestoreOptions{}, ErrDamaged, "refers to"},
		{"a manifest of a newer program", func(t *testing.T, from string) {
			if err := os.WriteFile(ManifestOf(from), []byte(`{"format": 99}`), 0o600); err != nil {
				t.Fatal(err)
			}
		}, RestoreOptions{}, ErrNewerSchema, "format 99"},
		{"a log beside it", func(t *testing.T, from string) {
			if err := os.WriteFile(from+"-wal", []byte("log"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, RestoreOptions{}, ErrNotAStore, "log beside it"},
		{"not there", func(t *testing.T, from string) { os.Remove(from) }, RestoreOptions{}, os.ErrNotExist, ""},
		{"not accepted", func(*testing.T, string) {}, RestoreOptions{Accept: func(Examination) error { return refused }}, refused, ""},
		{"not prepared", func(*testing.T, string) {}, RestoreOptions{Prepare: func(context.Context, store.Store) error { return refused }}, refused, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			path, from := backedUp(t)
			c.spoil(t, from)
			_, err := Restore(ctx, from, path, c.options)
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %v saying %q", err, c.want, c.says)
			}
			if left, _ := filepath.Glob(path + "*"); len(left) != 2 { // with the lock
				t.Errorf("left behind: %v", left)
			}
			if !holds(t, path, "1", "2") {
				t.Error("the store suffered")
			}
		})
	}
}

func TestARestoreIsRefusedWhileAServerRuns(t *testing.T) {
	path, from := backedUp(t)
	s := open(t, path)
	if _, err := Restore(ctx, from, path, RestoreOptions{}); !errors.Is(err, ErrInUse) {
		t.Errorf("got %v", err)
	}
	if _, err := s.Submission(ctx, "u", "ehr", "2"); err != nil {
		t.Errorf("the server suffered: %v", err)
	}
}

func TestWhatPrepareDoesIsInTheRestoredStore(t *testing.T) {
	path, from := backedUp(t)
	_, err := Restore(ctx, from, path, RestoreOptions{Prepare: func(ctx context.Context, s store.Store) error {
		_, err := s.Submit(ctx, testEnvelope("e3", "3"))
		return err
	}})
	if err != nil || !holds(t, path, "1", "3") {
		t.Errorf("%v", err)
	}
}

// TestARestoreThatIsKilledLeavesOneWholeStore ends the process after each step,
// as a power cut would: then the old store or the new one is there, or the
// start is refused and says what to do; and restoring again mends it.
func TestARestoreThatIsKilledLeavesOneWholeStore(t *testing.T) {
	if path := os.Getenv("PAINSCORE_TEST_RESTORE"); path != "" {
		r := restoring{step: func(done string) error {
			if done == os.Getenv("PAINSCORE_TEST_STEP") {
				os.Exit(7)
			}
			return nil
		}}
		r.run(ctx, os.Getenv("PAINSCORE_TEST_FROM"), path)
		os.Exit(8)
	}
	for _, c := range []struct {
		step  string
		log   bool // the store was not closed, so it has a log
		whole string
		says  string
	}{
		{"copied", false, "old", ""},
		{"prepared", false, "old", ""},
		{"prepared", true, "old", ""},
		{"set aside", false, "", "run the restore again"},
		{"set aside", true, "", "its log"},
		{"set aside-wal", true, "", "run the restore again"},
		{"in place", false, "new", ""},
		{"in place", true, "new", ""},
	} {
		t.Run(c.step, func(t *testing.T) {
			path, from := backedUp(t)
			if c.log {
				path = crashed(t, path)
			}
			killed := exec.Command(os.Args[0], "-test.run=^TestARestoreThatIsKilledLeavesOneWholeStore$")
			killed.Env = append(os.Environ(), "PAINSCORE_TEST_RESTORE="+path, "PAINSCORE_TEST_FROM="+from, "PAINSCORE_TEST_STEP="+c.step)
			if out, _ := killed.CombinedOutput(); killed.ProcessState.ExitCode() != 7 {
				t.Fatalf("not killed at its step: %v %s", killed.ProcessState, out)
			}
			switch c.whole {
			case "old":
				if !holds(t, path, "1", "2") {
					t.Error("the old store is not whole")
				}
				if exists(path + restoringSuffix) {
					t.Error("the copy was left behind")
				}
			case "new":
				if !holds(t, path, "1") || holds(t, path, "2") {
					t.Error("the new store is not whole")
				}
			default:
				s, err := Open(ctx, path, Options{})
				if err == nil {
					s.Close()
					t.Fatal("a new store was begun")
				}
				if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), c.says) {
					t.Errorf("got %v", err)
				}
			}
			if _, err := Restore(ctx, from, path, RestoreOptions{}); err != nil || !holds(t, path, "1") || holds(t, path, "2") {
				t.Errorf("restored again: %v", err)
			}
			kept, err := filepath.Glob(path + setAsideSuffix + "*Z")
			if err != nil || len(kept) == 0 {
				t.Fatalf("the old store is gone: %v", err)
			}
			if ids := []string{"1", "2", "4"}; !holds(t, kept[0], ids[:map[bool]int{false: 2, true: 3}[c.log]]...) {
				t.Error("the old store was not kept whole, with its log")
			}
		})
	}
}

// crashed makes of a store one whose server did not end by itself.
func crashed(t *testing.T, path string) string {
	t.Helper()
	s := open(t, path)
	if _, err := s.Submit(ctx, testEnvelope("e4", "4")); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "painscore.db")
	for _, suffix := range []string{"", "-wal"} {
		copyBytes(t, path+suffix, to+suffix)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return to
}
