package sqlite

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func TestRunningTellsWhetherAServerHasTheStore(t *testing.T) {
	path := newFile(t)
	check := func(when string, want bool, wantNumber string) {
		t.Helper()
		if running, number, err := Running(path); running != want || number != wantNumber || err != nil {
			t.Errorf("%s: %v %q %v", when, running, number, err)
		}
	}
	check("after a server", false, "")
	s := open(t, path)
	check("beside a server", true, fmt.Sprint(os.Getpid()))
	s.Close()
	check("after it", false, "")
	path = filepath.Join(t.TempDir(), "none")
	check("where nothing is", false, "")
	if left, _ := filepath.Glob(path + "*"); left != nil {
		t.Errorf("made %v", left)
	}
}

// TestAServerThatStartsWhileSomebodyAsksWaits: whoever asks holds the lock for
// an instant.
func TestAServerThatStartsWhileSomebodyAsksWaits(t *testing.T) {
	path := newFile(t)
	asking, err := os.Open(path + ".lock")
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(asking.Fd()), syscall.LOCK_SH); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(10*time.Millisecond, func() { asking.Close() })
	open(t, path).Close()
}

func TestThoseWhoAskDoNotTakeEachOtherForAServer(t *testing.T) {
	path := newFile(t)
	asking, err := os.Open(path + ".lock")
	if err != nil {
		t.Fatal(err)
	}
	defer asking.Close()
	if err := syscall.Flock(int(asking.Fd()), syscall.LOCK_SH); err != nil {
		t.Fatal(err)
	}
	if running, _, err := Running(path); running || err != nil {
		t.Errorf("%v %v", running, err)
	}
}
