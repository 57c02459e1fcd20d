// Package pace bounds how often one caller calls, so that a program that runs
// wild takes nothing from the others.
//
// Each caller (see Caller) has a bucket of tokens that fills at a constant rate;
// a call takes one, and whoever finds none is told when there is one again. Make
// a Keeper with New and ask it with Take. It knows neither gRPC nor HTTP, so that
// all ways in can share it.
package pace

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Rate is how often one caller may call. The zero Rate is no bound.
type Rate struct {
	PerSecond float64 // calls a second in the long run
	Burst     int     // calls at once after a pause; at least 1
}

// Bounded says whether the rate bounds anything.
func (r Rate) Bounded() bool { return r.PerSecond > 0 }

// Caller is who is counted together. Two users of one system are two callers,
// and so is one user at two addresses. Somebody who is not known yet is an
// address only.
type Caller struct{ System, User, Address string }

// maxCallers is how many callers are kept apart at a time. A bucket has about
// 200 bytes.
const maxCallers = 10_000

// Keeper keeps the callers' buckets. It is safe for concurrent use; a nil Keeper
// refuses nobody.
type Keeper struct {
	rate Rate
	now  func() time.Time

	mu      sync.Mutex
	buckets map[Caller]*rate.Limiter
	// crowd is the one bucket of all for whom there is no room: who makes up
	// callers shares it with others who do.
	crowd *rate.Limiter
	swept time.Time
}

// New makes a keeper; nil, which refuses nobody, if the rate bounds nothing. now
// is the clock; nil: the machine's.
func New(of Rate, now func() time.Time) *Keeper {
	if !of.Bounded() {
		return nil
	}
	of.Burst = max(of.Burst, 1)
	if now == nil {
		now = time.Now
	}
	k := &Keeper{rate: of, now: now, buckets: map[Caller]*rate.Limiter{}}
	k.crowd = k.fill()
	return k
}

func (k *Keeper) fill() *rate.Limiter {
	return rate.NewLimiter(rate.Limit(k.rate.PerSecond), k.rate.Burst)
}

// Rate is what every caller is held to.
func (k *Keeper) Rate() Rate {
	if k == nil {
		return Rate{}
	}
	return k.rate
}

// Take takes a token of the caller's. If there is none it takes nothing, and
// wait is how long it is until there will be one, provided that nobody else of
// the same caller takes it; otherwise it is 0.
func (k *Keeper) Take(who Caller) (wait time.Duration) {
	if k == nil {
		return 0
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	taken := k.bucket(who, now).ReserveN(now, 1)
	if wait = taken.DelayFrom(now); wait > 0 {
		taken.CancelAt(now)
	}
	return wait
}

// bucket finds the caller's bucket, or makes one where there is room.
func (k *Keeper) bucket(who Caller, now time.Time) *rate.Limiter {
	if found := k.buckets[who]; found != nil {
		return found
	}
	if len(k.buckets) >= maxCallers {
		k.sweep(now)
	}
	if len(k.buckets) >= maxCallers {
		return k.crowd
	}
	made := k.fill()
	k.buckets[who] = made
	return made
}

// sweep drops the buckets that are full: a new one would be the same. It looks
// at all of them, so once a second at most.
func (k *Keeper) sweep(now time.Time) {
	if now.Sub(k.swept) < time.Second {
		return
	}
	k.swept = now
	for who, b := range k.buckets {
		if b.TokensAt(now) >= float64(k.rate.Burst) {
			delete(k.buckets, who)
		}
	}
}
