package sqlite

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
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

// TestAskingDoesNotStopAServerFromStarting: whoever asks holds the lock for an
// instant, many times in a row here.
func TestAskingDoesNotStopAServerFromStarting(t *testing.T) {
	path := newFile(t)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				Running(path)
			}
		}
	}()
	for range 30 {
		open(t, path).Close()
	}
	close(stop)
	<-stopped
}
