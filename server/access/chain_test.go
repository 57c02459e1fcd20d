package access

import (
	"sync"
	"testing"
	"time"

	"github.com/painscore/painscore/server/store"
)

func TestAChainIsMissedUnlessItsTimeHadCome(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	left := store.AccessBlock{Chain: "2021-10 a", Number: 3, Events: 1, Body: []byte("{}\n"), MAC: []byte("x")}
	for name, c := range map[string]struct {
		chain   string
		dropped time.Time
		blocks  []store.AccessBlock
		ok      bool
	}{
		"five years after its month":          {"2021-10 a", now, nil, true},
		"long ago":                            {"2015-01 a", now.AddDate(-6, 0, 0), nil, true},
		"while some of its blocks are left":   {"2021-10 a", now, []store.AccessBlock{left}, true},
		"in the month after which it may go":  {"2021-11 a", now, nil, false},
		"too early":                           {"2021-10 a", now.AddDate(0, -1, 0), nil, false},
		"in a future that makes it old":       {"2026-01 a", now.AddDate(9, 0, 0), nil, false},
		"under a name that says no month":     {"a", now, nil, false},
		"under a name that has no characters": {"", now, nil, false},
	} {
		m := &memory{blocks: c.blocks, dropped: []store.DroppedChain{{AccessChain: store.AccessChain{Chain: c.chain}, DroppedAt: c.dropped}}}
		report, err := Verify(ctx, m, OneKey(key), []Head{{Chain: c.chain, Number: 3, MAC: []byte("m"), At: now}}, now)
		if err != nil || (len(report.Problems) == 0) != c.ok || (report.Dropped == 1) != c.ok {
			t.Errorf("%s: %+v, %v", name, report, err)
		}
	}
}

func TestAClockThatIsSetBackBeginsAChain(t *testing.T) {
	now := time.Date(2025, 2, 1, 0, 0, 1, 0, time.UTC)
	steps := []time.Duration{0, time.Second, -3 * time.Second, time.Second, 2 * time.Minute, time.Second}
	m := &memory{}
	l := newLog(t, m, LogOptions{Now: func() time.Time { return now }})
	for _, step := range steps {
		now = now.Add(step)
		if err := l.Record(Event{}).Wait(ctx); err != nil {
			t.Fatal(err)
		}
	}
	last := map[string]time.Time{}
	for _, b := range m.blocks {
		if b.FirstAt.Before(last[b.Chain]) || b.LastAt.Sub(b.FirstAt) > store.AccessSpan || monthOf(b.FirstAt) != monthOfChain(b.Chain) {
			t.Errorf("block %d of chain %s: %s to %s", b.Number, b.Chain, b.FirstAt, b.LastAt)
		}
		last[b.Chain] = b.LastAt
	}
	if len(last) != 3 { // February, January again, and the February that comes after it
		t.Errorf("%d chains", len(last))
	}
	verified(t, m, nil, int64(len(steps)))
}

func TestABlockSpansNoLongerThanItMay(t *testing.T) {
	now := time.Date(2025, 2, 1, 12, 0, 0, 0, time.UTC)
	var mu sync.Mutex
	m := &memory{gate: make(chan struct{}, 99)}
	l := newLog(t, m, LogOptions{Now: func() time.Time { mu.Lock(); defer mu.Unlock(); now = now.Add(store.AccessSpan / 4); return now }})
	var entries []*Entry
	for range 20 {
		entries = append(entries, l.Record(Event{}))
	}
	close(m.gate)
	for _, e := range entries {
		if err := e.Wait(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for _, b := range m.blocks {
		if span := b.LastAt.Sub(b.FirstAt); span > store.AccessSpan {
			t.Errorf("a block of %s", span)
		}
	}
	verified(t, m, nil, 20)
}
