package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/erasures"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/store/sqlite"
)

// operate runs a command of an operator on the store in dir.
func operate(t *testing.T, dir string, args ...string) (said string, err error) {
	t.Helper()
	var out bytes.Buffer
	err = run(t.Context(), append(args, "--data", dir), func(string) string { return "" }, &out, &out)
	return out.String(), err
}

// mustOperate is operate where nothing may go wrong.
func mustOperate(t *testing.T, dir string, args ...string) string {
	t.Helper()
	said, err := operate(t, dir, args...)
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, said)
	}
	return said
}

// submit sends a baseline of an episode of its own under the id.
func submit(ctx context.Context, c *client.Client, id string) error {
	req := hadsRequest(pb.Occasion_OCCASION_BASELINE, "2023-02-01", 3, 2)
	req.SubmissionId, req.EpisodeId = id, id
	_, err := c.Submissions().Submit(ctx, req)
	return err
}

// stored tells which of the ids a running server has.
func stored(t *testing.T, p *program, ids ...string) (there []string) {
	t.Helper()
	c := p.dial(t)
	for _, id := range ids {
		_, err := c.Submissions().GetSubmission(t.Context(), &pb.GetSubmissionRequest{CareUnit: "unit-1", SubmissionId: id})
		switch {
		case err == nil:
			there = append(there, id)
		case client.ReasonOf(err) != pb.ErrorReason_ERROR_REASON_SUBMISSION_UNKNOWN:
			t.Fatalf("%s: %v", id, err)
		}
	}
	return there
}

// withForms makes a store that holds the ids, and stops it.
func withForms(t *testing.T, dir string, ids ...string) {
	t.Helper()
	p := start(t, dir)
	c := p.dial(t)
	for _, id := range ids {
		if err := submit(t.Context(), c, id); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
}

// TestABackupUnderLoadIsRestoredWithEverythingAcknowledgedBefore is the whole
// way: clients submit, a backup is made beside the server, the machine is lost,
// and a new one with the saved keys has everything.
func TestABackupUnderLoadIsRestoredWithEverythingAcknowledgedBefore(t *testing.T) {
	dir, away := t.TempDir(), t.TempDir()
	p := start(t, dir)
	var acknowledged [6]atomic.Int64
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for w := range acknowledged {
		c := p.dial(t)
		wg.Go(func() {
			for i := int64(0); ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				if err := submit(context.Background(), c, fmt.Sprintf("s-%d-%d", w, i)); err != nil {
					t.Errorf("beside a backup: %v", err)
					return
				}
				acknowledged[w].Store(i + 1)
			}
		})
	}
	var ids []string
	for w := range acknowledged {
		for acknowledged[w].Load() < 5 {
			time.Sleep(time.Millisecond)
		}
		for i := range acknowledged[w].Load() {
			ids = append(ids, fmt.Sprintf("s-%d-%d", w, i))
		}
	}
	to := filepath.Join(away, "b.db")
	said := mustOperate(t, dir, "backup", "--to", to)
	close(stop)
	wg.Wait()
	if !strings.Contains(said, "painscored keys save") || !strings.Contains(said, "erasures.journal") {
		t.Errorf("it does not say what else must be kept: %s", said)
	}
	mustOperate(t, dir, "keys", "save", "--to", filepath.Join(away, "keys"))
	p.stop()

	dir = filepath.Join(t.TempDir(), "new")
	if _, err := operate(t, dir, "restore", "--from", to); !errors.Is(err, errNoKeys) {
		t.Errorf("without the keys: %v", err)
	}
	copyFile(t, filepath.Join(away, "keys"), filepath.Join(dir, keyFile))
	if said := mustOperate(t, dir, "restore", "--from", to); !strings.Contains(said, "was not there") {
		t.Errorf("it does not tell that there was no journal: %s", said)
	}
	if got := stored(t, start(t, dir), ids...); len(got) != len(ids) {
		t.Errorf("%d of %d acknowledged forms are in the restored store", len(got), len(ids))
	}
}

func TestARestoreIsRefusedBesideAServerAndKeepsTheOldStoreAfterwards(t *testing.T) {
	dir, to := t.TempDir(), filepath.Join(t.TempDir(), "b.db")
	withForms(t, dir, "a")
	mustOperate(t, dir, "backup", "--to", to)
	withForms(t, dir, "b")
	p := start(t, dir)
	if _, err := operate(t, dir, "restore", "--from", to); !errors.Is(err, sqlite.ErrInUse) {
		t.Errorf("beside a server: %v", err)
	}
	if got := stored(t, p, "a", "b"); len(got) != 2 {
		t.Errorf("the server has %v", got)
	}
	p.stop()
	said := mustOperate(t, dir, "restore", "--from", to)
	if !strings.Contains(said, "1 forms") || !strings.Contains(said, "set-aside-") || !strings.Contains(said, "delete it by hand") {
		t.Errorf("it says: %s", said)
	}
	if got := stored(t, start(t, dir), "a", "b"); len(got) != 1 || got[0] != "a" {
		t.Errorf("the restored store has %v", got)
	}
}

func TestABackupOfAnotherClinicOrOfADemoIsNotRestored(t *testing.T) {
	dir, other, demo := t.TempDir(), t.TempDir(), t.TempDir()
	withForms(t, dir, "a")
	withForms(t, other, "b")
	start(t, demo, "--demo").stop()
	for from, want := range map[string]string{other: "not the one that this database was made with", demo: "is of a demo store"} {
		to := filepath.Join(t.TempDir(), "b.db")
		args := []string{"backup", "--to", to}
		if from == demo {
			args = append(args, "--demo")
		}
		mustOperate(t, from, args...)
		if _, err := operate(t, dir, "restore", "--from", to); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want a refusal that says %q", err, want)
		}
	}
	if got := stored(t, start(t, dir), "a"); len(got) != 1 {
		t.Error("the store suffered")
	}
}

// erase carries out what the use case does: first the journal, then the store.
func erase(t *testing.T, dir, erasureID, number string) {
	t.Helper()
	keys, err := identity.Load(filepath.Join(dir, keyFile))
	if err != nil {
		t.Fatal(err)
	}
	id, _, err := identity.Parse("personnummer", number, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	st, err := sqlite.Open(t.Context(), filepath.Join(dir, databaseFile), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	key, err := st.FindPatient(t.Context(), keys.Lookup(id))
	if err != nil {
		t.Fatal(err)
	}
	erasure := store.Erasure{ErasureID: erasureID, PatientKeys: []string{key}, Act: store.Act{By: "ebba", At: time.Now()}}
	journal, err := erasures.Open(filepath.Join(dir, "erasures.journal"))
	if err == nil {
		err = journal.Record(t.Context(), erasure)
	}
	if err == nil {
		_, err = st.Erase(t.Context(), erasure, markWith(keys))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// otherNumber is another published example that nobody bears.
const otherNumber = "197010032391"

// twoPatients makes a store with the form "gone-form" of one patient and "stays" of
// another, and a backup of it, and erases the first one.
func twoPatients(t *testing.T) (dir, backup string) {
	t.Helper()
	dir = t.TempDir()
	return dir, twoPatientsIn(t, dir)
}

// twoPatientsIn is twoPatients in a folder that may have keys already.
func twoPatientsIn(t *testing.T, dir string) (backup string) {
	t.Helper()
	backup = filepath.Join(t.TempDir(), "b.db")
	p := start(t, dir)
	c := p.dial(t)
	if err := submit(t.Context(), c, "gone-form"); err != nil {
		t.Fatal(err)
	}
	req := hadsRequest(pb.Occasion_OCCASION_BASELINE, "2023-02-01", 3, 2)
	req.SubmissionId, req.EpisodeId, req.Patient = "stays", "stays", client.Personnummer(otherNumber)
	if _, err := c.Submissions().Submit(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	p.stop()
	mustOperate(t, dir, "backup", "--to", backup)
	erase(t, dir, "erasure-1", personnummer)
	return backup
}

// onlyStays checks that the erased patient is gone from a started store, and
// that a late retry does not bring the form back.
func onlyStays(t *testing.T, p *program) {
	t.Helper()
	if got := stored(t, p, "gone-form", "stays"); len(got) != 1 || got[0] != "stays" {
		t.Errorf("the store has %v", got)
	}
	if err := submit(t.Context(), p.dial(t), "gone-form"); client.ReasonOf(err) != pb.ErrorReason_ERROR_REASON_ERASED {
		t.Errorf("a late retry: %v", err)
	}
}

func TestNobodyComesBackWithARestoredBackup(t *testing.T) {
	dir, backup := twoPatients(t)
	if said := mustOperate(t, dir, "restore", "--from", backup); !strings.Contains(said, "1 of 1") {
		t.Errorf("it says: %s", said)
	}
	if e, err := sqlite.Examine(t.Context(), filepath.Join(dir, databaseFile), true); err != nil || e.PendingPurges != 0 || e.Rows["erasure"] != 1 {
		t.Errorf("what was erased again is not purged: %+v %v", e, err)
	}
	content, err := os.ReadFile(filepath.Join(dir, databaseFile))
	if err != nil || bytes.Contains(content, []byte("gone-form")) || !bytes.Contains(content, []byte("stays")) {
		t.Errorf("the restored file still has the form's id (%v)", err)
	}
	onlyStays(t, start(t, dir))
}

// TestAFormThatNoBackupHoldsIsNotStoredAgainAfterItsErasure: it came after the
// backup, of a patient whom that holds and of one whom it does not.
func TestAFormThatNoBackupHoldsIsNotStoredAgainAfterItsErasure(t *testing.T) {
	for name, before := range map[string][]string{"a patient of the backup": {"early"}, "a patient who came later": nil} {
		t.Run(name, func(t *testing.T) {
			dir, backup := t.TempDir(), filepath.Join(t.TempDir(), "b.db")
			withForms(t, dir, before...)
			mustOperate(t, dir, "backup", "--to", backup)
			p := start(t, dir)
			if err := submit(t.Context(), p.dial(t), "late"); err != nil {
				t.Fatal(err)
			}
			request := &pb.ErasePatientRequest{ErasureId: "erasure-1", Patient: client.Personnummer(personnummer), Reason: "asked for it", Author: "SE-ebba"}
			if _, err := p.dial(t).Patients().ErasePatient(t.Context(), request); err != nil {
				t.Fatal(err)
			}
			p.stop()
			mustOperate(t, dir, "restore", "--from", backup)
			for range 2 { // starting again makes no difference
				p := start(t, dir)
				for _, id := range append([]string{"late"}, before...) {
					if err := submit(t.Context(), p.dial(t), id); client.ReasonOf(err) != pb.ErrorReason_ERROR_REASON_ERASED {
						t.Errorf("a late retry of %s: %v", id, err)
					}
				}
				if err := submit(t.Context(), p.dial(t), "another"); err != nil {
					t.Errorf("a form that was never erased: %v", err)
				}
				p.stop()
			}
		})
	}
}

// TestNobodyComesBackWithAFileThatIsPutBackByHand: no command of ours is asked,
// the start finds out.
func TestNobodyComesBackWithAFileThatIsPutBackByHand(t *testing.T) {
	dir, backup := twoPatients(t)
	copyFile(t, backup, filepath.Join(dir, databaseFile))
	p := start(t, dir)
	onlyStays(t, p)
	if !strings.Contains(p.output.String(), "carried out again") {
		t.Error("the log does not tell")
	}
	p.stop()
	again := start(t, dir)
	onlyStays(t, again)
	if strings.Contains(again.output.String(), "carried out again") {
		t.Error("it is carried out at every start")
	}
}

func TestADamagedJournalStopsTheStartAndTheRestore(t *testing.T) {
	dir, backup := twoPatients(t)
	name := filepath.Join(dir, "erasures.journal")
	if err := os.WriteFile(name, []byte("{\"erasure\":{}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	err := run(ctx, []string{"--data", dir, "--grpc", "127.0.0.1:0", "--web", "127.0.0.1:0"}, func(string) string { return "" }, io.Discard, io.Discard)
	if !errors.Is(err, erasures.ErrDamaged) {
		t.Errorf("start: %v", err)
	}
	if _, err := operate(t, dir, "restore", "--from", backup); !errors.Is(err, erasures.ErrDamaged) {
		t.Errorf("restore: %v", err)
	}
}

// TestARestoreTellsThatTheJournalIsNotTheRightOne: the backup knows of an
// erasure that the journal at hand does not.
func TestARestoreTellsThatTheJournalIsNotTheRightOne(t *testing.T) {
	dir, _ := twoPatients(t)
	to := filepath.Join(t.TempDir(), "later.db")
	mustOperate(t, dir, "backup", "--to", to)
	if said := mustOperate(t, dir, "restore", "--from", to); strings.Contains(said, "may be back") {
		t.Errorf("with the journal: %s", said)
	}
	if said := mustOperate(t, dir, "restore", "--from", to, "--erasure-journal", filepath.Join(t.TempDir(), "j")); !strings.Contains(said, "lacks the last erasure") {
		t.Errorf("with another journal: %s", said)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
