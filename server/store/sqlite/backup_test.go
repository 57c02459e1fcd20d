package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// backup makes a backup that must succeed.
func backup(t *testing.T, path string) (to string, m Manifest) {
	t.Helper()
	to = filepath.Join(t.TempDir(), "backup.db")
	m, err := Backup(ctx, path, to, "1.2.3", nil)
	if err != nil {
		t.Fatal(err)
	}
	return to, m
}

// TestABackupUnderLoadHoldsEverythingAcknowledgedBefore: eight writers go on
// while backups are made; each backup must hold all that was acknowledged when
// it was begun, and the server all that was acknowledged at all.
func TestABackupUnderLoadHoldsEverythingAcknowledgedBefore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "painscore.db")
	s := open(t, path)
	var acknowledged [8]atomic.Int64
	stop := make(chan struct{})
	var writers sync.WaitGroup
	for w := range acknowledged {
		writers.Go(func() {
			for i := int64(0); ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				id := fmt.Sprintf("%d-%d", w, i)
				if _, err := s.Submit(ctx, testEnvelope(id, id)); err != nil {
					t.Errorf("beside a backup: %v", err)
					return
				}
				acknowledged[w].Store(i + 1)
			}
		})
	}
	for range 8 {
		var before [len(acknowledged)]int64
		for w := range acknowledged {
			for before[w] = acknowledged[w].Load(); before[w] == 0; before[w] = acknowledged[w].Load() {
			}
		}
		to, _ := backup(t, path)
		copied := open(t, to)
		for w, n := range before {
			for i := range n {
				if _, err := copied.Submission(ctx, "u", "ehr", fmt.Sprintf("%d-%d", w, i)); err != nil {
					t.Fatalf("%d-%d of %d: %v", w, i, n, err)
				}
			}
		}
		copied.Close()
	}
	close(stop)
	writers.Wait()
}

// TestABackupWorksBesideAServerAfterOneAndAfterACrash: a log that nobody folded
// in is part of the store.
func TestABackupWorksBesideAServerAfterOneAndAfterACrash(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "painscore.db")
	s := open(t, path)
	if _, err := s.Submit(ctx, testEnvelope("e", "1")); err != nil {
		t.Fatal(err)
	}
	crashed := filepath.Join(t.TempDir(), "painscore.db")
	for _, suffix := range []string{"", "-wal"} {
		copyBytes(t, path+suffix, crashed+suffix)
	}
	check := func(when, path string) {
		t.Helper()
		to, m := backup(t, path)
		if m.Rows["submission_version"] != 1 || m.SchemaVersion == 0 || m.Software != "1.2.3" {
			t.Errorf("%s: %+v", when, m)
		}
		for _, name := range []string{to, ManifestOf(to)} {
			if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %s: %v %v", when, name, info.Mode(), err)
			}
		}
		if left, err := filepath.Glob(to + "*"); err != nil || len(left) != 2 {
			t.Errorf("%s: beside the backup: %v %v", when, left, err)
		}
		read, err := ReadManifest(to)
		if diff := cmp.Diff(m, read); diff != "" || err != nil {
			t.Errorf("%s: %v %s", when, err, diff)
		}
	}
	check("beside a server", path)
	check("after a crash", crashed)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	check("after a server", path)
	open(t, path)
}

func TestABackupReplacesNothing(t *testing.T) {
	path := newFile(t)
	for _, suffix := range []string{"", ".json", ".unfinished"} {
		to := filepath.Join(t.TempDir(), "backup.db")
		if err := os.WriteFile(to+suffix, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Backup(ctx, path, to, "", nil); !errors.Is(err, ErrExists) {
			t.Errorf("%q is there: %v", suffix, err)
		}
		if text, err := os.ReadFile(to + suffix); string(text) != "mine" || err != nil {
			t.Errorf("%q was changed: %q %v", suffix, text, err)
		}
		if left, _ := filepath.Glob(to + "*"); len(left) != 1 {
			t.Errorf("left behind: %v", left)
		}
	}
}

// TestPublishNeverReplaces: also where a file appeared since the backup was begun.
func TestPublishNeverReplaces(t *testing.T) {
	to := filepath.Join(t.TempDir(), "backup.db")
	for _, name := range []string{to, to + ".unfinished"} {
		if err := os.WriteFile(name, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := publish(to+".unfinished", to); !errors.Is(err, ErrExists) {
		t.Errorf("got %v", err)
	}
	if text, _ := os.ReadFile(to); string(text) != to {
		t.Errorf("replaced by %q", text)
	}
}

func TestWhatIsNoStoreIsNotBackedUp(t *testing.T) {
	damaged := newFile(t)
	content, err := os.ReadFile(damaged)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(damaged, append(content[:len(content)/2:len(content)/2], make([]byte, len(content)/2)...), 0o600); err != nil {
		t.Fatal(err)
	}
	text := filepath.Join(t.TempDir(), "painscore.db")
	if err := os.WriteFile(text, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]error{damaged: ErrDamaged, text: ErrNotAStore, filepath.Join(t.TempDir(), "none"): os.ErrNotExist} {
		to := filepath.Join(t.TempDir(), "backup.db")
		if _, err := Backup(ctx, name, to, "", nil); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
		if left, _ := filepath.Glob(to + "*"); left != nil {
			t.Errorf("left behind: %v", left)
		}
	}
}

func TestABackupThatIsGivenUpLeavesNothing(t *testing.T) {
	path := newFile(t)
	given, giveUp := context.WithCancel(ctx)
	to := filepath.Join(t.TempDir(), "backup.db")
	_, err := Backup(given, path, to, "", func(step string, _, _ int64) {
		if step == "verify" {
			giveUp()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if left, _ := filepath.Glob(to + "*"); left != nil {
		t.Errorf("left behind: %v", left)
	}
}

// TestABackupWhoseNameIsTakenMeanwhileLeavesOnlyWhatTookIt: another program was
// faster while this one copied.
func TestABackupWhoseNameIsTakenMeanwhileLeavesOnlyWhatTookIt(t *testing.T) {
	to := filepath.Join(t.TempDir(), "backup.db")
	_, err := Backup(ctx, newFile(t), to, "", func(step string, _, _ int64) {
		if step != "hash" {
			return
		}
		if err := os.WriteFile(to, []byte("theirs"), 0o600); err != nil {
			t.Error(err)
		}
	})
	if !errors.Is(err, ErrExists) {
		t.Errorf("got %v", err)
	}
	if left, _ := filepath.Glob(to + "*"); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
	if text, _ := os.ReadFile(to); string(text) != "theirs" {
		t.Error("it was replaced")
	}
}

func TestTooSmallAMediumIsNamedBeforeAnythingIsWritten(t *testing.T) {
	free, err := FreeSpace(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := checkSpace(t.TempDir(), free); err == nil || !strings.Contains(err.Error(), "are free") {
		t.Errorf("got %v", err)
	}
	if err := checkSpace(t.TempDir(), free/2); err != nil {
		t.Error(err)
	}
	if _, err := FreeSpace(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a folder that is not there has room")
	}
}

func TestAnExaminationFindsWhatASubmitNeverReads(t *testing.T) {
	path := newFile(t)
	db := openHandle(strings.Replace(writerDSN(path, Options{}.withDefaults()), "_foreign_keys=1", "_foreign_keys=0", 1), 1)
	if _, err := db.Exec("DELETE FROM patient"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("INSERT INTO erasure VALUES ('er-1', 'k', 1, 1, 1, 1, 'b', 1, 'n', 0), ('a caller''s id', 'k', 1, 1, 1, 1, 'b', 2, 'n', 5)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	e, err := Examine(ctx, path, true)
	if err != nil || len(e.Faults) != 2 || !strings.Contains(strings.Join(e.Faults, "\n"), `"episode" refers to a row of "patient"`) {
		t.Errorf("%v %q", err, e.Faults)
	}
	if e.NewestErasure != "a caller's id" || e.PendingPurges != 1 {
		t.Errorf("erasures: %q, %d pending", e.NewestErasure, e.PendingPurges)
	}
	quick, err := Examine(ctx, path, false)
	if err != nil || quick.Faults != nil {
		t.Errorf("not thorough: %v %q", err, quick.Faults)
	}
	if _, err := Backup(ctx, path, filepath.Join(t.TempDir(), "b"), "", nil); !errors.Is(err, ErrDamaged) {
		t.Errorf("backed up all the same: %v", err)
	}
}

func copyBytes(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, content, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
