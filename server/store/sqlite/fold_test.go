package sqlite

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/painscore/painscore/server/store"
)

// TestTheLogIsFoldedBesideTheWriter: long before the writer would do it.
func TestTheLogIsFoldedBesideTheWriter(t *testing.T) {
	s, path := openNew(t)
	for n := 0; size(t, path+"-wal") < (foldBeside+500)*4096; n++ {
		importForms(t, s, n)
	}
	fold := s.(*engine).fold
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		pages, folded, err := fold.checkpoint("NOOP")
		if err != nil {
			t.Fatal(err)
		}
		if folded > 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("of %d pages in the log none was folded", pages)
		}
	}
}

// TestTheLogDoesNotGrowWithoutEnd while somebody writes without pause.
func TestTheLogDoesNotGrowWithoutEnd(t *testing.T) {
	s, path := openNew(t)
	largest := int64(0)
	for n := range 60 { // some 60 MB
		importForms(t, s, n)
		largest = max(largest, size(t, path+"-wal"))
	}
	// What the writer folds at, transactions of 500 forms until that is noticed,
	// and headers. Unfolded it would be 60 MB.
	if largest > 32<<20 {
		t.Errorf("the log had %d bytes", largest)
	}
}

// TestFoldingIsOverWhenTheStoreIsClosed: a folder that outlives its store would
// write into a file that another process has by then.
func TestFoldingIsOverWhenTheStoreIsClosed(t *testing.T) {
	s, _ := openNew(t)
	fold := s.(*engine).fold
	if _, err := s.Submit(context.Background(), batchEnvelope(1, 1, true)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-fold.ended:
	default:
		t.Error("the store is closed and its log is still being folded")
	}
	if _, _, err := fold.checkpoint("NOOP"); err == nil {
		t.Error("the connection that folds is still open")
	}
	if err := s.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func openNew(t *testing.T) (s store.Store, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "painscore.db")
	s, err := Open(context.Background(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, path
}

// importForms stores the n-th 500 forms, each of a new patient.
func importForms(t *testing.T, s store.Store, n int) {
	t.Helper()
	some := make([]store.Envelope, 500)
	for i := range some {
		some[i] = batchEnvelope(n*len(some)+i, 1, true)
	}
	if _, err := s.Import(context.Background(), some, false); err != nil {
		t.Fatal(err)
	}
}
