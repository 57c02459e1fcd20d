package postgres

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/store/postgres/pgtest"
)

// TestACrashOfTheServerLosesNothingAcknowledged lets the database crash under
// load, twice. Callers repeat what was not acknowledged, as they are told to;
// the store finds the server again by itself.
func TestACrashOfTheServerLosesNothingAcknowledged(t *testing.T) {
	server := pgtest.Require(t)
	s := open(t, server.Address("postgres"))
	var acknowledged, unavailable atomic.Int64
	stop := make(chan struct{})
	stored := make([]int, clients) // how many each client was told are stored
	var all sync.WaitGroup
	for client := range clients {
		all.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					stored[client] = n
					return
				default:
				}
				for !submitted(t, s, client, n, &unavailable) {
					time.Sleep(10 * time.Millisecond)
				}
				acknowledged.Add(1)
			}
		})
	}
	for range 2 {
		waitFor(t, &acknowledged, acknowledged.Load()+100)
		if err := server.Crash(); err != nil {
			t.Error(err)
		}
		waitFor(t, &unavailable, unavailable.Load()+1)
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, &acknowledged, acknowledged.Load()+100)
	close(stop)
	all.Wait()
	changes := int64(0)
	for client, n := range stored {
		forms, err := s.SubmissionsOfEpisode(ctx, unit, fmt.Sprint("e", client), 0)
		if err != nil || len(forms) != n {
			t.Errorf("client %d was told that %d forms are stored, there are %d (%v)", client, n, len(forms), err)
		}
		changes += int64(n) + 1
	}
	if last, err := s.LastChange(ctx, unit); last != changes || err != nil {
		t.Errorf("%d changes were numbered for %d that were made (%v)", last, changes, err)
	}
}

// submitted tries once. A call may be answered with ErrUnavailable and nothing else.
func submitted(t *testing.T, s store.Store, client, n int, unavailable *atomic.Int64) bool {
	name := fmt.Sprintf("%d-%d", client, n)
	_, err := s.Submit(ctx, envelope(unit, fmt.Sprint("patient ", client), fmt.Sprint("key ", client), fmt.Sprint("e", client), "i"+name, name))
	if err != nil && !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("a submit during a crash: %v", err)
	}
	if err != nil {
		unavailable.Add(1)
	}
	return err == nil
}

func waitFor(t *testing.T, counter *atomic.Int64, atLeast int64) {
	t.Helper()
	for end := time.Now().Add(time.Minute); counter.Load() < atLeast; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the counter stands at %d, not at %d", counter.Load(), atLeast)
		}
	}
}
