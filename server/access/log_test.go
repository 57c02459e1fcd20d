package access

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/painscore/painscore/server/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	ctx = context.Background()
	key = []byte("a key of thirty-two bytes, for a log")
)

// memory keeps blocks, and can be told to fail.
type memory struct {
	mu     sync.Mutex
	blocks []store.AccessBlock
	fail   func(store.AccessBlock) error // before it is kept
	after  func(store.AccessBlock) error // after it is kept: the outcome is lost on the way
	gate   chan struct{}                 // if not nil, each block waits for a token

	dropped []store.DroppedChain
}

func (m *memory) AppendAccess(_ context.Context, block store.AccessBlock) error {
	if m.gate != nil {
		<-m.gate
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		if err := m.fail(block); err != nil {
			return err
		}
	}
	for _, b := range m.blocks {
		if b.Chain == block.Chain && b.Number == block.Number {
			if !bytes.Equal(b.MAC, block.MAC) {
				return store.ErrStale
			}
			return nil
		}
	}
	m.blocks = append(m.blocks, block)
	if m.after != nil {
		return m.after(block)
	}
	return nil
}

func (m *memory) AccessChains(context.Context) ([]store.AccessChain, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var chains []store.AccessChain
	for _, b := range m.blocks {
		if n := len(chains); n == 0 || chains[n-1].Chain != b.Chain {
			chains = append(chains, store.AccessChain{Chain: b.Chain})
		}
	}
	return chains, nil
}

func (m *memory) AccessBlocks(_ context.Context, chain string, after int64, limit int) (found []store.AccessBlock, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, b := range m.blocks {
		if b.Chain == chain && b.Number > after && len(found) < limit {
			found = append(found, b)
		}
	}
	return found, nil
}

func (m *memory) DroppedAccess(context.Context) ([]store.DroppedChain, error) { return m.dropped, nil }

func (m *memory) events(t *testing.T) (all []Event) {
	t.Helper()
	for _, b := range m.blocks {
		events, err := Events(b.Body)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, events...)
	}
	return all
}

func newLog(t *testing.T, blocks Blocks, options LogOptions) *Log {
	t.Helper()
	l, err := NewLog(blocks, OneKey(key), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

func TestNobodyIsAnsweredBeforeTheEventIsOnTheMedium(t *testing.T) {
	m := &memory{gate: make(chan struct{})}
	l := newLog(t, m, LogOptions{})
	entry := l.Record(Event{Action: GetTrendCall})
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if err := entry.Wait(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("answered with %v while nothing was written", err)
	}
	m.gate <- struct{}{}
	if err := entry.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	if got := m.events(t); len(got) != 1 || got[0].Action != GetTrendCall || got[0].At.IsZero() {
		t.Errorf("events: %+v", got)
	}
}

func TestEventsThatWaitShareABlock(t *testing.T) {
	m := &memory{gate: make(chan struct{})}
	l := newLog(t, m, LogOptions{})
	first := l.Record(Event{User: "0"})
	time.Sleep(10 * time.Millisecond) // its block is being written
	var rest []*Entry
	for i := range 100 {
		rest = append(rest, l.Record(Event{User: fmt.Sprint(i + 1)}))
	}
	close(m.gate)
	for _, entry := range append(rest, first) {
		if err := entry.Wait(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if len(m.blocks) > 3 {
		t.Errorf("%d blocks for a hundred events that waited together", len(m.blocks))
	}
	for i, e := range m.events(t) {
		if e.User != fmt.Sprint(i) {
			t.Fatalf("event %d is that of user %s", i, e.User)
		}
	}
}

func TestAnEventThatCannotBeWrittenIsAnError(t *testing.T) {
	m := &memory{fail: func(store.AccessBlock) error { return store.ErrDiskFull }}
	l := newLog(t, m, LogOptions{})
	if err := l.Record(Event{}).Wait(ctx); !errors.Is(err, store.ErrDiskFull) {
		t.Errorf("got %v", err)
	}
	m.mu.Lock()
	m.fail = nil
	m.mu.Unlock()
	if err := l.Record(Event{}).Wait(ctx); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	if m.blocks[0].Number != 1 {
		t.Errorf("the block that failed left a gap: number %d", m.blocks[0].Number)
	}
}

func TestTheReserveIsReleasedToTheLog(t *testing.T) {
	full, released := true, 0
	m := &memory{}
	m.fail = func(store.AccessBlock) error {
		if full {
			return store.ErrDiskFull
		}
		return nil
	}
	l := newLog(t, m, LogOptions{OnFull: func() bool { full = false; released++; return released == 1 }})
	if err := l.Record(Event{}).Wait(ctx); err != nil || released != 1 {
		t.Errorf("%v after the reserve was released %d times", err, released)
	}
}

func TestABlockWhoseOutcomeWasLostIsNotWrittenTwice(t *testing.T) {
	lost := true
	m := &memory{}
	m.after = func(store.AccessBlock) error {
		if lost {
			lost = false
			return store.ErrUnavailable
		}
		return nil
	}
	l := newLog(t, m, LogOptions{})
	for range 2 {
		if err := l.Record(Event{}).Wait(ctx); err != nil {
			t.Fatal(err)
		}
	}
	verified(t, m, nil, 2)
}

func TestAfterAnUnknownOutcomeTheChainBeginsAnew(t *testing.T) {
	m := &memory{}
	m.after = func(b store.AccessBlock) error { return store.ErrUnavailable }
	l := newLog(t, m, LogOptions{})
	m.fail = func(b store.AccessBlock) error {
		if len(m.blocks) > 0 {
			return store.ErrUnavailable
		}
		return nil
	}
	if err := l.Record(Event{}).Wait(ctx); !errors.Is(err, store.ErrUnavailable) {
		t.Fatalf("got %v", err)
	}
	m.mu.Lock()
	m.fail, m.after = nil, nil
	m.mu.Unlock()
	if err := l.Record(Event{}).Wait(ctx); err != nil {
		t.Fatal(err)
	}
	if len(m.blocks) != 2 || m.blocks[0].Chain == m.blocks[1].Chain {
		t.Errorf("blocks: %+v", m.blocks)
	}
	verified(t, m, nil, 2)
}

func TestAMonthIsAChainOfItsOwn(t *testing.T) {
	now := time.Date(2025, 1, 31, 23, 59, 58, 600e6, time.UTC)
	m := &memory{gate: make(chan struct{}, 10)}
	var mu sync.Mutex
	l := newLog(t, m, LogOptions{Now: func() time.Time { mu.Lock(); defer mu.Unlock(); now = now.Add(400 * time.Millisecond); return now }})
	var entries []*Entry
	for range 6 {
		entries = append(entries, l.Record(Event{}))
	}
	close(m.gate)
	for _, e := range entries {
		if err := e.Wait(ctx); err != nil {
			t.Fatal(err)
		}
	}
	months := map[string]int64{}
	for _, b := range m.blocks {
		months[b.Chain[:7]] += b.Events
	}
	if months["2025-01"] != 2 || months["2025-02"] != 4 {
		t.Errorf("events by month: %v", months)
	}
	verified(t, m, nil, 6)
}

func TestCloseWritesWhatWaitsAndRefusesWhatComesAfter(t *testing.T) {
	m := &memory{gate: make(chan struct{})}
	l := newLog(t, m, LogOptions{})
	entries := []*Entry{l.Record(Event{}), l.Record(Event{}), l.Record(Event{})}
	go func() { time.Sleep(5 * time.Millisecond); close(m.gate) }()
	l.Close()
	for _, e := range entries {
		if err := e.Wait(ctx); err != nil {
			t.Error(err)
		}
	}
	if err := l.Record(Event{}).Wait(ctx); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("after closing: %v", err)
	}
	l.Close()
}

func TestMoreThanCanWaitIsRefused(t *testing.T) {
	m := &memory{gate: make(chan struct{})}
	l := newLog(t, m, LogOptions{})
	var last *Entry
	for range maxWaiting + maxBlock + 1 {
		last = l.Record(Event{})
	}
	if err := last.Wait(ctx); !errors.Is(err, store.ErrOverloaded) {
		t.Errorf("got %v", err)
	}
	close(m.gate)
}

// verified checks the log and expects no problem and this many events.
func verified(t *testing.T, m *memory, heads []Head, events int64) {
	t.Helper()
	report, err := Verify(ctx, m, OneKey(key), heads, time.Now())
	if err != nil || len(report.Problems) > 0 || report.Events != events {
		t.Errorf("report %+v, error %v; want %d events", report, err, events)
	}
}

// filled is a log of five blocks with its head.
func filled(t *testing.T) (*memory, Head) {
	m := &memory{}
	l := newLog(t, m, LogOptions{})
	for i := range 5 {
		if err := l.Record(Event{User: fmt.Sprint("user ", i), Patients: []string{"p"}}).Wait(ctx); err != nil {
			t.Fatal(err)
		}
	}
	head, ok := l.Head()
	if !ok || head.Number != 5 {
		t.Fatalf("head %+v", head)
	}
	return m, head
}

func TestVerifyFindsWhatWasDoneToTheLog(t *testing.T) {
	m, head := filled(t)
	verified(t, m, []Head{head}, 5)
	for name, damage := range map[string]func(b []store.AccessBlock) []store.AccessBlock{
		"an event changed": func(b []store.AccessBlock) []store.AccessBlock {
			b[2].Body = bytes.Replace(b[2].Body, []byte("user 2"), []byte("user 9"), 1)
			return b
		},
		"a block removed":           func(b []store.AccessBlock) []store.AccessBlock { return append(b[:2], b[3:]...) },
		"two blocks exchanged":      func(b []store.AccessBlock) []store.AccessBlock { b[1].Body, b[2].Body = b[2].Body, b[1].Body; return b },
		"a time changed":            func(b []store.AccessBlock) []store.AccessBlock { b[0].LastAt = b[0].LastAt.Add(time.Hour); return b },
		"the number of events":      func(b []store.AccessBlock) []store.AccessBlock { b[4].Events++; return b },
		"the end cut off":           func(b []store.AccessBlock) []store.AccessBlock { return b[:3] },
		"the whole chain gone":      func(b []store.AccessBlock) []store.AccessBlock { return nil },
		"the first block removed":   func(b []store.AccessBlock) []store.AccessBlock { return b[1:] },
		"a block renamed elsewhere": func(b []store.AccessBlock) []store.AccessBlock { b[4].Chain = "2020-01 other"; return b },
	} {
		t.Run(name, func(t *testing.T) {
			damaged := &memory{}
			for _, b := range m.blocks {
				b.Body = bytes.Clone(b.Body)
				damaged.blocks = append(damaged.blocks, b)
			}
			damaged.blocks = damage(damaged.blocks)
			report, err := Verify(ctx, damaged, OneKey(key), []Head{head}, time.Now())
			if err != nil || len(report.Problems) == 0 {
				t.Errorf("nothing noticed: %+v, %v", report, err)
			}
		})
	}
	t.Run("another key", func(t *testing.T) {
		report, _ := Verify(ctx, m, OneKey([]byte("another key, of enough bytes")), nil, time.Now())
		if len(report.Problems) != 5 {
			t.Errorf("problems: %q", report.Problems)
		}
	})
}

func TestHeadsAreReadBackAndWhatIsNoneIsCounted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "heads.jsonl")
	if heads, unreadable, err := ReadHeads(path); err != nil || heads != nil || unreadable != 0 {
		t.Errorf("no file: %v, %d, %v", heads, unreadable, err)
	}
	_, head := filled(t)
	for range 2 {
		if err := AppendHead(path, head); err != nil {
			t.Fatal(err)
		}
	}
	appendText(t, path, `{"chain":"2025-`) // a crash in the middle of a line
	if err := AppendHead(path, head); err != nil {
		t.Fatal(err)
	}
	heads, unreadable, err := ReadHeads(path)
	if err != nil || unreadable != 1 || len(heads) != 3 || heads[2].Chain != head.Chain || !bytes.Equal(heads[2].MAC, head.MAC) || !heads[2].At.Equal(head.At) {
		t.Errorf("%+v, %d unreadable, %v", heads, unreadable, err)
	}
}

func appendText(t *testing.T, path, text string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

func TestWhatComesWhileABlockIsTriedAgainFollowsIt(t *testing.T) {
	m := &memory{}
	failed := 0
	m.fail = func(store.AccessBlock) error {
		if failed++; failed <= 2 {
			return store.ErrUnavailable
		}
		return nil
	}
	l := newLog(t, m, LogOptions{})
	var entries []*Entry
	for n := range 20 {
		entries = append(entries, l.Record(Event{User: fmt.Sprint(n)}))
		time.Sleep(time.Millisecond)
	}
	for _, entry := range entries {
		if err := entry.Wait(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for n, e := range m.events(t) {
		if e.User != fmt.Sprint(n) {
			t.Fatalf("event %d is that of user %s", n, e.User)
		}
	}
	if m.blocks[0].Chain != m.blocks[len(m.blocks)-1].Chain {
		t.Errorf("chains %q and %q", m.blocks[0].Chain, m.blocks[len(m.blocks)-1].Chain)
	}
	verified(t, m, nil, 20)
}
