package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
)

func TestAFullDiskStoresNothingOfTheEnvelopeAndReadsGoOn(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "painscore.db"))
	limit := func(pages int) {
		var got int
		if err := s.writer.QueryRow(fmt.Sprint("PRAGMA max_page_count = ", pages)).Scan(&got); err != nil {
			t.Fatal(err)
		}
	}
	limit(60)
	stored := 0
	var err error
	for ; stored < 1000; stored++ {
		if _, err = s.Submit(ctx, large(stored)); err != nil {
			break
		}
	}
	if !errors.Is(err, store.ErrDiskFull) {
		t.Fatalf("after %d: %v", stored, err)
	}
	for i := range stored + 1 {
		forms, err := s.SubmissionsOfEpisode(ctx, "u", fmt.Sprint(i), 0)
		if want := map[bool]int{true: 3}[i < stored]; err != nil || len(forms) != want {
			t.Errorf("envelope %d: %d forms, %v", i, len(forms), err)
		}
	}
	if _, err := s.Episode(ctx, "u", fmt.Sprint(stored)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the episode of the refused envelope: %v", err)
	}
	if _, err := s.PutEpisode(ctx, large(stored).Episode, large(stored).Identity, 0); err != nil && !errors.Is(err, store.ErrDiskFull) {
		t.Errorf("put episode: %v", err)
	}
	limit(100000)
	if receipt, err := s.Submit(ctx, large(stored)); err != nil || receipt.Forms[0].Replayed {
		t.Errorf("when space is back: %+v %v", receipt, err)
	}
}

// large is an envelope of three forms that fill some pages.
func large(n int) store.Envelope {
	e := testEnvelope(fmt.Sprint(n), fmt.Sprint(n, "-0"))
	for i := 1; i < 3; i++ {
		f := e.Forms[0]
		f.Instrument, f.SubmissionID, f.Answers = fmt.Sprint("i", i), fmt.Sprint(n, "-", i), strings.Repeat("x", 5000)
		e.Forms = append(e.Forms, f)
	}
	return e
}

func TestAnotherWritersLockIsWaitedOut(t *testing.T) {
	path := newFile(t)
	opened, err := Open(ctx, path, Options{BusyTimeout: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	other := openHandle(writerDSN(path, Options{}.withDefaults()), 1)
	defer other.Close()

	tx, err := other.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := opened.Submit(ctx, testEnvelope("e2", "2")); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("while it is held: %v", err)
	}
	time.AfterFunc(50*time.Millisecond, func() { tx.Rollback() })
	if _, err := opened.Submit(ctx, testEnvelope("e2", "2")); err != nil {
		t.Errorf("released in the meantime: %v", err)
	}
}

func TestAReadThatIsGivenUpEndsAndTheNextOneWorks(t *testing.T) {
	s := open(t, newFile(t))
	for range 200 {
		short, cancel := context.WithTimeout(ctx, 20*time.Microsecond)
		_, err := s.SubmissionsOfEpisode(short, "u", "e", 0)
		cancel()
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
	}
	if forms, err := s.SubmissionsOfEpisode(ctx, "u", "e", 0); err != nil || len(forms) != 1 {
		t.Errorf("%d forms, %v", len(forms), err)
	}
}

// TestAnIdentifierStandsNowhereInTheFiles looks for a number in every spelling
// in the bytes of the database and its log. The control is a marker in a field
// that is not sealed: found, it shows that the search works.
func TestAnIdentifierStandsNowhereInTheFiles(t *testing.T) {
	const number, marker = "197010032391", "MARKER-OF-THIS-TEST"
	folder := t.TempDir()
	keys, err := identity.LoadOrCreate(filepath.Join(folder, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	id, _, err := identity.Parse("personnummer", number, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	key, err := identity.NewPatientKey()
	if err != nil {
		t.Fatal(err)
	}
	sealed, keyID, err := keys.Seal(key, id)
	if err != nil {
		t.Fatal(err)
	}
	e := testEnvelope("e", "1")
	e.Identity = store.Identity{PatientKey: key, System: id.System(), Lookup: keys.Lookup(id), Sealed: sealed, KeyID: keyID, AddedAt: time.Now()}
	e.Forms[0].Source.DocumentID = marker

	path := filepath.Join(folder, "painscore.db")
	s := open(t, path)
	if _, err := s.Submit(ctx, e); err != nil {
		t.Fatal(err)
	}
	search := func(when string) {
		t.Helper()
		var all []byte
		for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
			if content, err := os.ReadFile(path + suffix); err == nil {
				all = append(all, content...)
			}
		}
		if !bytes.Contains(all, []byte(marker)) {
			t.Errorf("%s: the control was not found: this test shows nothing", when)
		}
		for _, spelling := range []string{number, number[2:], "19701003-2391", "701003-2391"} {
			if bytes.Contains(all, []byte(spelling)) {
				t.Errorf("%s: %s stands in the files", when, spelling)
			}
		}
	}
	search("while open")
	found, err := s.IdentitiesOf(ctx, key)
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	if opened, err := keys.Open(key, found[0].Sealed, found[0].KeyID); err != nil || opened != id {
		t.Errorf("the stored identity does not open: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	search("closed")
}
