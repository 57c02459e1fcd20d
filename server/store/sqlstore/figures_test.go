package sqlstore

import (
	"errors"
	"testing"

	"github.com/painscore/painscore/server/store"
)

func TestFiguresTellWhatWaitsAndWhatWasRefused(t *testing.T) {
	s := &Store{queue: newQueue()}
	s.queue.limits[imports].waiting = 2
	for i := range 3 {
		err := s.queue.put(imports, newJob([]task{{what: "x"}}))
		if full := i == 2; full != errors.Is(err, store.ErrOverloaded) {
			t.Errorf("job %d: %v", i, err)
		}
	}
	if err := s.queue.put(accessLog, newJob([]task{{what: "x"}})); err != nil {
		t.Fatal(err)
	}
	f := s.Figures()
	if len(f.Waiting) != int(shares) || f.Waiting["imports"] != 2 || f.Waiting["access_log"] != 1 || f.Waiting["interactive"] != 0 || f.Refused != 1 {
		t.Errorf("%+v", f)
	}
}
