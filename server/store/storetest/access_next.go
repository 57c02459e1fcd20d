package storetest

import (
	"sync"
	"testing"
	"time"

	"github.com/painscore/painscore/server/store"
)

// drafted is a block that is told when it is made, and what became of it.
type drafted struct {
	block   store.AccessBlock
	nothing bool

	mu      sync.Mutex
	made    int
	settled []error
	done    chan struct{}
}

func draft(b store.AccessBlock) *drafted { return &drafted{block: b, done: make(chan struct{}, 9)} }

func (d *drafted) MakeBlock() (store.AccessBlock, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.made++
	if d.nothing {
		d.done <- struct{}{}
	}
	return d.block, !d.nothing
}

func (d *drafted) BlockSettled(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.settled = append(d.settled, err)
	d.done <- struct{}{}
}

// was is how often the block was made, and what became of it.
func (d *drafted) was() (made int, settled []error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.made, d.settled
}

func next(t *testing.T, s store.AccessLog, d *drafted) *drafted {
	t.Helper()
	if err := s.AppendAccessNext(d); err != nil {
		t.Fatal(err)
	}
	return d
}

var accessNextTests = map[string]func(*testing.T, fixture){
	"a drafted block is made when the next write begins, and is settled before that write is told": func(t *testing.T, s fixture) {
		d := next(t, s, draft(block("c", 1)))
		time.Sleep(20 * time.Millisecond)
		if made, _ := d.was(); made != 0 {
			t.Error("made although nothing is written")
		}
		d.block = block("c", 2) // what was to be recorded until then
		submit(t, s, envelope("ada", form("e", "hads", "1")))
		if made, settled := d.was(); made != 1 || len(settled) != 1 || settled[0] != nil {
			t.Errorf("made %d times, settled %v", made, settled)
		}
		same(t, "chain", must(s.AccessBlocks(ctx, "c", 0, 9))(t), []store.AccessBlock{keptBlock(d.block)})
		same(t, "to be indexed", must(s.UnindexedAccess(ctx, 9))(t), []store.AccessBlock{keptBlock(d.block)})
	},

	"a drafted block goes alone when the store is woken, and one that has nothing writes nothing": func(t *testing.T, s fixture) {
		none := draft(store.AccessBlock{})
		none.nothing = true
		next(t, s, none)
		one := next(t, s, draft(block("c", 1)))
		s.WakeAccess()
		<-one.done
		<-none.done
		s.WakeAccess() // with nothing that waits
		if made, settled := none.was(); made != 1 || len(settled) != 0 {
			t.Errorf("nothing: made %d times, settled %v", made, settled)
		}
		if _, settled := one.was(); len(settled) != 1 || settled[0] != nil {
			t.Errorf("settled %v", settled)
		}
		same(t, "chain", must(s.AccessBlocks(ctx, "c", 0, 9))(t), []store.AccessBlock{keptBlock(one.block)})
	},

	"a drafted block that is refused is told so, and spoils nothing": func(t *testing.T, s fixture) {
		kept := appended(t, s, block("c", 1))
		other, odd := draft(block("c", 1)), draft(block("c", 0))
		other.block.MAC = []byte("another")
		next(t, s, other)
		next(t, s, odd)
		good := next(t, s, draft(block("c", 2)))
		submit(t, s, envelope("ada", form("e", "hads", "1")))
		_, settled := other.was()
		isError(t, "another block", settled[0], store.ErrStale)
		if _, settled := odd.was(); settled[0] == nil {
			t.Error("a block without a number is kept")
		}
		same(t, "chain", must(s.AccessBlocks(ctx, "c", 0, 9))(t), append(kept, keptBlock(good.block)))
	},

	"a store that closes writes what was drafted, and takes no more": func(t *testing.T, s fixture) {
		d := next(t, s, draft(block("c", 1)))
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if _, settled := d.was(); len(settled) != 1 || settled[0] != nil {
			t.Errorf("settled %v", settled)
		}
		isError(t, "later", s.AppendAccessNext(draft(block("c", 2))), store.ErrUnavailable)
		s.WakeAccess()
		same(t, "chain", must(s.reopen().AccessBlocks(ctx, "c", 0, 9))(t), []store.AccessBlock{keptBlock(d.block)})
	},
}
