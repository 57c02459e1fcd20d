package sqlstore

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/painscore/painscore/server/store"
)

// named is a job that says what it is, of a given cost.
func named(what string, cost int) *job {
	j := newJob([]task{{what: what}})
	j.cost = cost
	return j
}

func whats(jobs []*job) (all []string) {
	for _, j := range jobs {
		all = append(all, j.tasks[0].what)
	}
	return all
}

// smallQueue has shares that are easily filled.
func smallQueue() *queue {
	q := newQueue()
	q.limits = [shares]limit{
		interactive: {weight: 4, waiting: 10}, imports: {weight: 3, waiting: 10}, accessLog: {weight: 2, waiting: 10}, maintenance: {weight: 1, waiting: 2},
	}
	return q
}

func TestABatchTakesFromEveryShareUpToItsWeightAndKeepsTheOrder(t *testing.T) {
	q := smallQueue()
	for s, name := range map[share]string{maintenance: "m", imports: "i", interactive: "s", accessLog: "a"} {
		for n := range q.limits[s].waiting {
			if err := q.put(s, named(fmt.Sprint(name, n), 1)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, want := range [][]string{
		{"s0", "s1", "s2", "s3", "i0", "i1", "i2", "a0", "a1", "m0"},
		{"s4", "s5", "s6", "s7", "i3", "i4", "i5", "a2", "a3", "m1"},
		{"s8", "s9", "i6", "i7", "i8", "a4", "a5"},
		{"i9", "a6", "a7"},
		{"a8", "a9"},
	} {
		if got := whats(q.take()); !slices.Equal(got, want) {
			t.Errorf("took %v, want %v", got, want)
		}
	}
}

func TestALargeJobGoesAloneOfItsShareAndIsNotPassedOver(t *testing.T) {
	q := smallQueue()
	for _, j := range []*job{named("small", 3), named("large", 100), named("after", 1)} {
		if err := q.put(interactive, j); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"small", "large", "after"} {
		if got := whats(q.take()); !slices.Equal(got, []string{want}) {
			t.Errorf("took %v, want %s", got, want)
		}
	}
}

func TestAnImportTakesMoreRoomOnlyWhileNobodyElseWaits(t *testing.T) {
	q := smallQueue()
	put := func(in share) {
		t.Helper()
		if err := q.put(in, named("job", 1)); err != nil {
			t.Fatal(err)
		}
	}
	put(imports)
	put(accessLog)
	put(maintenance)
	if got := q.importRoom(); got != importAlone {
		t.Errorf("among its own kind: %d", got)
	}
	put(interactive)
	if got := q.importRoom(); got != importChunk {
		t.Errorf("beside a submit: %d", got)
	}
	q.awaited = time.Now().Add(-2 * unattended)
	if got := q.importRoom(); got != importAlone {
		t.Errorf("later: %d", got)
	}
}

func TestAnEnvelopeCostsItsForms(t *testing.T) {
	three := store.Envelope{Forms: make([]store.Submission, 3)}
	one := store.Envelope{Forms: make([]store.Submission, 1)}
	if j := newJob([]task{submission(&three), submission(&one), {}}); j.cost != 5 {
		t.Errorf("cost %d", j.cost)
	}
}

func TestAFullShareRefusesAtOnceAndLeavesTheOthersOpen(t *testing.T) {
	q := smallQueue()
	for range 2 {
		if err := q.put(maintenance, named("m", 1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := q.put(maintenance, named("one too many", 1)); !errors.Is(err, store.ErrOverloaded) {
		t.Errorf("full: %v", err)
	}
	if err := q.put(interactive, named("s", 1)); err != nil {
		t.Errorf("another share: %v", err)
	}
	q.take()
	if err := q.put(maintenance, named("m", 1)); err != nil {
		t.Errorf("room again: %v", err)
	}
}

func TestAJobWhoseCallerGaveUpTakesNoRoomInABatch(t *testing.T) {
	q := smallQueue()
	for n := range 8 {
		j := named(fmt.Sprint(n), 1)
		if n%2 == 0 && !j.claim() {
			t.Fatal("claimed before")
		}
		if err := q.put(interactive, j); err != nil {
			t.Fatal(err)
		}
	}
	got := q.take()
	if want := []string{"1", "3", "5", "7"}; !slices.Equal(whats(got), want) {
		t.Errorf("took %v, want %v", whats(got), want)
	}
	for _, j := range got {
		if j.claim() {
			t.Error("a job that was begun can be given up")
		}
	}
}

func TestAClosedQueueGivesOutWhatWaitsAndThenNothing(t *testing.T) {
	q := smallQueue()
	for n := range 5 {
		if err := q.put(interactive, named(fmt.Sprint(n), 1)); err != nil {
			t.Fatal(err)
		}
	}
	q.close()
	for _, want := range []int{4, 1, 0} {
		if got := q.take(); len(got) != want {
			t.Errorf("took %d jobs, want %d", len(got), want)
		}
	}
}

func TestEveryShareHasRoomAndWeight(t *testing.T) {
	for s, l := range limits {
		if l.weight < 1 || l.waiting < 1 {
			t.Errorf("share %d: %+v", s, l)
		}
	}
}

func TestRunsCoverEveryNumberOfRows(t *testing.T) {
	m := many{width: 2}
	for i := range m.texts {
		m.texts[i] = fmt.Sprint(runs[i])
	}
	for n := range 200 {
		values := make([]any, 2*n)
		for i := range values {
			values[i] = i
		}
		var seen []any
		err := m.each(values, func(query string, values []any) error {
			if fmt.Sprint(len(values)/2) != query {
				t.Errorf("%d rows were given to the text for %s", len(values)/2, query)
			}
			seen = append(seen, values...)
			return nil
		})
		if err != nil || !slices.Equal(seen, values) {
			t.Errorf("of %d rows: %v, %v", n, seen, err)
		}
	}
}
