package signin

import (
	"context"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// logEvery is how often refusals may fill a line of the log. Anybody who reaches
// the port can cause them, and must not be able to fill the disk.
const logEvery = 5 * time.Second

// refusals counts what was refused and logs a sample: the first at once, the
// rest in one line for each logEvery.
type refusals struct {
	log   *slog.Logger
	every time.Duration

	mu      sync.Mutex
	total   map[Why]uint64
	untold  map[Why]uint64
	address netip.Addr // of the last one
	waiting bool       // a line was written within the last logEvery
}

func newRefusals(log *slog.Logger) *refusals {
	return &refusals{log: log, every: logEvery, total: map[Why]uint64{}, untold: map[Why]uint64{}}
}

func (r *refusals) add(why Why, address netip.Addr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.total[why]++
	r.untold[why]++
	r.address = address
	if !r.waiting {
		r.tell()
	}
}

// tell writes the line, and comes back for what arrives meanwhile.
func (r *refusals) tell() {
	r.waiting = len(r.untold) > 0
	if !r.waiting {
		return
	}
	var count uint64
	var reasons []any
	for _, why := range slices.Sorted(maps.Keys(r.untold)) {
		count += r.untold[why]
		reasons = append(reasons, slog.Uint64(string(why), r.untold[why]))
	}
	r.log.LogAttrs(context.Background(), slog.LevelWarn, "sign-in refused",
		slog.Uint64("calls", count), slog.Group("why", reasons...), slog.String("last_address", r.address.String()))
	clear(r.untold)
	time.AfterFunc(r.every, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.tell()
	})
}

// Refusals is how many calls have been refused since the start, by why.
func (a *Authenticator) Refusals() map[Why]uint64 { return a.refusals.counted() }

func (r *refusals) counted() map[Why]uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.total)
}
