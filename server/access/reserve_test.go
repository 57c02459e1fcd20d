package access

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/painscore/painscore/server/access/disktest"
)

func TestTheReserveIsGivenUpOnceAndTakenBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "reserve")
	only := false
	size := func() int64 {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	r, err := OpenReserve(path, 100_000, func(on bool) { only = on })
	if err != nil || !r.Kept() || only || size() != 100_000 {
		t.Fatalf("%v, kept %v, only the log %v, %d bytes", err, r.Kept(), only, size())
	}
	if !r.Release() || !only || r.Kept() || size() != 0 {
		t.Errorf("released: only the log %v, kept %v, %d bytes", only, r.Kept(), size())
	}
	if r.Release() {
		t.Error("it was there twice")
	}
	if kept, err := r.Restore(); !kept || err != nil || only || size() != 100_000 {
		t.Errorf("taken back: %v, %v, only the log %v, %d bytes", kept, err, only, size())
	}
	if !r.Release() {
		t.Error("it cannot be given up again")
	}
	// After a crash in that state the next start takes it back.
	if again, err := OpenReserve(path, 100_000, func(on bool) { only = on }); err != nil || !again.Kept() || only || size() != 100_000 {
		t.Errorf("a new start: %v", err)
	}
}

func TestAFullDiskHasNoRoomForTheReserve(t *testing.T) {
	folder := disktest.Small(t, "256k")
	only := false
	r, err := OpenReserve(filepath.Join(folder, "reserve"), 512<<10, func(on bool) { only = on })
	if err != nil || r.Kept() || !only || r.Release() {
		t.Errorf("%v, kept %v, only the log %v", err, r.Kept(), only)
	}
	// What did not fit took nothing from the log.
	if err := os.WriteFile(filepath.Join(folder, "log"), make([]byte, 200<<10), 0o600); err != nil {
		t.Error(err)
	}
}

func TestHeadsAreWrittenWhenTheyMoveWhenAChainEndsAndAtTheEnd(t *testing.T) {
	now := time.Date(2025, 1, 31, 23, 59, 59, 0, time.UTC)
	l := newLog(t, &memory{}, LogOptions{Now: func() time.Time { return now }})
	path := filepath.Join(t.TempDir(), "heads.jsonl")
	k := StartKeeper(l, path, 5*time.Millisecond, slog.New(slog.DiscardHandler))
	record := func() {
		t.Helper()
		if err := l.Record(Event{}).Wait(ctx); err != nil {
			t.Fatal(err)
		}
	}
	written := func(n int) []Head {
		t.Helper()
		var heads []Head
		for range 400 {
			var err error
			if heads, _, err = ReadHeads(path); err != nil {
				t.Fatal(err)
			}
			if len(heads) >= n {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		return heads
	}
	record()
	if heads := written(1); len(heads) != 1 || heads[0].Number != 1 {
		t.Fatalf("%+v", heads)
	}
	time.Sleep(30 * time.Millisecond)
	if heads := written(1); len(heads) != 1 {
		t.Errorf("a head that does not move is written %d times", len(heads))
	}
	now = now.Add(time.Second)
	record()
	l.Close()
	k.Close()
	heads := written(2)
	if last := heads[len(heads)-1]; last.Chain[:7] != "2025-02" || heads[0].Chain[:7] != "2025-01" {
		t.Errorf("%+v", heads)
	}
}
