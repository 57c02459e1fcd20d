package pace

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// clock is a time that moves when it is told to.
type clock struct{ at time.Time }

func (c *clock) now() time.Time          { return c.at }
func (c *clock) forward(d time.Duration) { c.at = c.at.Add(d) }

func newKeeper(perSecond float64, burst int) (*Keeper, *clock) {
	c := &clock{at: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	return New(Rate{PerSecond: perSecond, Burst: burst}, c.now), c
}

func TestWhoCallsTooOftenIsToldWhenToComeBack(t *testing.T) {
	k, c := newKeeper(10, 3)
	who := Caller{System: "ehr", User: "night import", Address: "10.0.0.1"}
	for i := range 3 {
		if wait := k.Take(who); wait != 0 {
			t.Fatalf("call %d of a burst of 3 has to wait %v", i+1, wait)
		}
	}
	for range 5 { // refusals take nothing, however many there are
		if wait := k.Take(who); wait != 100*time.Millisecond {
			t.Fatalf("the fourth has to wait %v, want 100ms", wait)
		}
	}
	c.forward(99 * time.Millisecond)
	if wait := k.Take(who); wait <= 0 || wait > 2*time.Millisecond {
		t.Errorf("a millisecond too early: wait %v", wait)
	}
	c.forward(time.Millisecond)
	if wait := k.Take(who); wait != 0 {
		t.Errorf("at the time that was told: wait %v", wait)
	}
}

func TestCallersDoNotTakeFromEachOther(t *testing.T) {
	k, _ := newKeeper(1, 1)
	for _, who := range []Caller{{"a", "u", "1"}, {"b", "u", "1"}, {"a", "v", "1"}, {"a", "u", "2"}, {"", "", "1"}} {
		if wait := k.Take(who); wait != 0 {
			t.Errorf("%v pays for another: wait %v", who, wait)
		}
		if wait := k.Take(who); wait == 0 {
			t.Errorf("%v may call twice", who)
		}
	}
}

func TestARateOfZeroRefusesNobody(t *testing.T) {
	k := New(Rate{}, nil)
	for range 1000 {
		if k.Take(Caller{}) != 0 {
			t.Fatal("refused")
		}
	}
	if k.Rate().Bounded() {
		t.Error("no rate is a rate")
	}
}

func TestCallersWithoutNumberTakeNoRoomWithoutNumber(t *testing.T) {
	k, c := newKeeper(1, 1)
	known := Caller{System: "ehr"}
	k.Take(known)
	taken := 0
	for i := range 3 * maxCallers {
		if k.Take(Caller{User: fmt.Sprint("made up ", i)}) == 0 {
			taken++
		}
	}
	if len(k.buckets) > maxCallers {
		t.Errorf("%d buckets", len(k.buckets))
	}
	if taken > maxCallers+1 {
		t.Errorf("%d calls of made-up callers were taken: those without a bucket of their own share one", taken)
	}
	if k.Take(known) == 0 {
		t.Error("the flood has given a caller a new bucket")
	}
	c.forward(2 * time.Second)
	if k.Take(Caller{User: "new"}) != 0 || len(k.buckets) != 1 {
		t.Errorf("full buckets are kept: %d", len(k.buckets))
	}
}

func TestManyAtOnceGetNoMoreThanTheBurst(t *testing.T) {
	k, _ := newKeeper(1, 50)
	var taken atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				if k.Take(Caller{User: "u"}) == 0 {
					taken.Add(1)
				}
			}
		})
	}
	all.Wait()
	if taken.Load() != 50 {
		t.Errorf("%d calls of a burst of 50", taken.Load())
	}
}
