package access_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/store/sqlite"
)

var (
	ctx   = context.Background()
	keyOf = access.OneKey([]byte("a key of thirty-two bytes, for a log"))
)

func openStore(t testing.TB) store.Store {
	t.Helper()
	s, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "painscore.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// logged records events with a clock of its own, some at a time, and returns
// them in the order in which they were recorded.
func logged(t *testing.T, s store.Store, n int, start time.Time) []access.Event {
	t.Helper()
	now := start
	random := rand.New(rand.NewPCG(1, 2))
	var all []access.Event
	for len(all) < n {
		l, err := access.NewLog(s, keyOf, access.LogOptions{Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		for range random.IntN(12) + 1 {
			var entries []*access.Entry
			for range random.IntN(5) + 1 {
				now = now.Add(time.Duration(random.IntN(40)) * time.Second)
				e := access.Event{At: now, User: fmt.Sprint("user ", random.IntN(3)), Action: access.GetTrendCall, RequestID: fmt.Sprint(len(all))}
				for p := range 4 {
					if random.IntN(3) == 0 {
						e.Patients = append(e.Patients, fmt.Sprint("p", p))
					}
				}
				entries = append(entries, l.Record(e))
				all = append(all, e)
			}
			for _, entry := range entries {
				if err := entry.Wait(ctx); err != nil {
					t.Fatal(err)
				}
			}
		}
		l.Close()
	}
	return all
}

// found reads all pages of a query.
func found(t *testing.T, s store.Store, q access.Query) (events []access.Event) {
	t.Helper()
	for {
		page, err := access.Find(ctx, s, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range page {
			events = append(events, f.Event)
		}
		if len(page) < q.Limit {
			return events
		}
		q.After = page[len(page)-1].Place
	}
}

// TestFindAgreesWithReadingEverything asks in every way, by pages of every
// size, while none, some and all of the log is indexed.
func TestFindAgreesWithReadingEverything(t *testing.T) {
	s := openStore(t)
	start := time.Date(2026, 10, 30, 12, 0, 0, 0, time.UTC)
	all := logged(t, s, 400, start)
	middle, later := all[130].At, all[300].At
	queries := []access.Query{
		{}, {User: "user 1"}, {PatientKeys: []string{"p1"}}, {PatientKeys: []string{"p0", "p3"}, User: "user 2"}, {PatientKeys: []string{"nobody"}},
		{From: middle}, {To: middle}, {From: middle, To: later, PatientKeys: []string{"p2"}}, {From: later, To: middle}, {From: middle, To: middle},
	}
	for _, indexed := range []string{"nothing", "some", "all"} {
		for i, q := range queries {
			var want []access.Event
			for _, e := range slices.Backward(all) {
				if (q.User == "" || e.User == q.User) && (q.From.IsZero() || !e.At.Before(q.From)) && (q.To.IsZero() || !e.At.After(q.To)) &&
					(q.PatientKeys == nil || slices.ContainsFunc(e.Patients, func(k string) bool { return slices.Contains(q.PatientKeys, k) })) {
					want = append(want, e)
				}
			}
			for _, q.Limit = range []int{1, 7, 1000} {
				if diff := cmp.Diff(want, found(t, s, q)); diff != "" {
					t.Fatalf("query %d, %s indexed, pages of %d (-want +got):\n%s", i, indexed, q.Limit, diff)
				}
			}
		}
		for more := true; more; more = more && indexed == "some" {
			var err error
			if more, err = access.IndexSome(ctx, s); err != nil {
				t.Fatal(err)
			}
		}
	}
	if none, err := access.Find(ctx, s, access.Query{}); err != nil || len(none) != 0 {
		t.Errorf("a limit of nothing: %d, %v", len(none), err)
	}
}

func TestTheIndexerFinishesWhatIsLeft(t *testing.T) {
	s := openStore(t)
	logged(t, s, 300, time.Now().Add(-time.Hour)) // left by a crash
	x := access.StartIndexer(s, time.Hour, slog.New(slog.DiscardHandler))
	x.Close()
	if left, err := s.UnindexedAccess(ctx, 9); err != nil || len(left) != 0 {
		t.Errorf("%d blocks left, %v", len(left), err)
	}
	blocks, err := s.FindAccess(ctx, store.AccessQuery{PatientKeys: []string{"p1"}, Limit: 9999})
	if err != nil || len(blocks) == 0 {
		t.Errorf("%d blocks are found, %v", len(blocks), err)
	}
}

// backlog adds blocks that are not indexed, as a crash or a full disk leaves them,
// and one among them that cannot be read.
func backlog(t *testing.T, s store.Store, blocks int) {
	t.Helper()
	var appended sync.WaitGroup
	failed := make(chan error, blocks)
	room := make(chan struct{}, 64)
	for i := range blocks {
		appended.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			at := time.UnixMicro(int64(1_000_000 + i))
			body := fmt.Sprintf("{\"at\":%q,\"action\":\"PatientService.GetTrend\",\"activity\":\"Läsa\",\"outcome\":\"granted\",\"request\":\"%d\",\"patients\":[\"p%d\"]}\n", at.UTC().Format(time.RFC3339Nano), i, i%7)
			if i == blocks/2 {
				body = "damaged"
			}
			block := store.AccessBlock{Chain: fmt.Sprint("1970-01 c", i%64), Number: int64(i/64 + 1), FirstAt: at, LastAt: at, Events: 1, Body: []byte(body), MAC: []byte{1}}
			if err := s.AppendAccess(ctx, block); err != nil {
				failed <- err
			}
		})
	}
	appended.Wait()
	close(failed)
	for err := range failed {
		t.Fatal(err)
	}
}

// TestALargeBacklogIsCaughtUpAndThenSearched: while so much is unindexed that
// searching it would take too long, a search is refused; the indexer of the next
// start works it off, and more that comes meanwhile, by itself.
func TestALargeBacklogIsCaughtUpAndThenSearched(t *testing.T) {
	s := openStore(t)
	const blocks = 4500
	backlog(t, s, blocks)
	query := access.Query{PatientKeys: []string{"p3"}, Limit: blocks}
	if _, err := access.Find(ctx, s, query); !errors.Is(err, store.ErrOverloaded) {
		t.Fatalf("with %d blocks unindexed: %v", blocks, err)
	}
	x := access.StartIndexer(s, 10*time.Millisecond, slog.New(slog.DiscardHandler))
	defer x.Close()
	later := logged(t, s, 40, time.Now())
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if left, err := s.UnindexedAccess(ctx, 1); err != nil {
			t.Fatal(err)
		} else if len(left) == 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the index does not catch up")
		}
	}
	want := 0
	for i := range blocks {
		if i%7 == 3 && i != blocks/2 {
			want++
		}
	}
	for _, e := range later {
		if slices.Contains(e.Patients, "p3") {
			want++
		}
	}
	if found, err := access.Find(ctx, s, query); err != nil || len(found) != want {
		t.Errorf("%d events found, want %d, error %v", len(found), want, err)
	}
}

func TestASampleCanBeDrawnAgainAndDependsOnItsSeed(t *testing.T) {
	s := openStore(t)
	start := time.Date(2026, 10, 30, 12, 0, 0, 0, time.UTC)
	all := logged(t, s, 300, start)
	from, to := all[50].At, all[249].At
	draw := func(size int, seed string) access.Sample {
		sample, err := access.Draw(ctx, s, from, to, size, seed)
		if err != nil {
			t.Fatal(err)
		}
		return sample
	}
	first := draw(20, "a")
	if diff := cmp.Diff(first, draw(20, "a")); diff != "" || len(first.Drawn) != 20 {
		t.Errorf("%d drawn, again:\n%s", len(first.Drawn), diff)
	}
	if cmp.Equal(first, draw(20, "b")) {
		t.Error("another seed draws the same")
	}
	whole := draw(1000, "a")
	if first.Events != whole.Events || int(whole.Events) != len(whole.Drawn) || whole.Events < 200 {
		t.Errorf("%d and %d events, %d drawn", first.Events, whole.Events, len(whole.Drawn))
	}
	// Each event is drawn about equally often: of 200 in the period, 20 at a
	// time, a given one in a tenth of 100 draws.
	times := map[string]int{}
	for i := range 100 {
		for _, f := range draw(20, fmt.Sprint("seed ", i)).Drawn {
			times[f.RequestID]++
		}
	}
	for _, f := range whole.Drawn {
		if n := times[f.RequestID]; n < 1 || n > 30 {
			t.Errorf("event %s was drawn %d times", f.RequestID, n)
		}
	}
	if none := draw(0, "a"); len(none.Drawn) != 0 || none.Events != first.Events {
		t.Errorf("a sample of nothing: %+v", none)
	}
}
