package access

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/painscore/painscore/server/store"
)

// maxBlock is how many events are committed together at most; a block of that
// size has about 60 kB. maxWaiting is how many may wait for their commit before
// new ones are refused: what is not on record must not happen.
const (
	maxBlock   = 256
	maxWaiting = 8192
)

// Blocks is what a Log needs of the store.
type Blocks interface {
	AppendAccess(ctx context.Context, block store.AccessBlock) error
}

// Log records who looked at what, durably, before they see it.
//
// Record queues an event and returns at once; the caller reads meanwhile, and
// waits for the event's commit before its reply leaves. One block is written at
// a time, and the events that come in while it is being written share the next
// one: a lone call waits for one commit, a busy server for two at most.
//
// Each block carries a keyed hash (MAC) over itself and the block before, one
// chain for each process and month, so that old months can be dropped whole and
// nothing inside a chain can be changed, removed or put in unnoticed. Removing
// a chain's newest blocks shows against the heads that are written outside the
// database (see Heads).
type Log struct {
	blocks Blocks
	keyOf  KeyOf
	now    func() time.Time
	log    *slog.Logger
	onFull func() bool // frees space for the log; false: there is none left

	chain chain       // touched by run only
	full  atomic.Bool // the newest block found no room

	mu      sync.Mutex
	waiting []*Entry
	closed  bool
	wake    chan struct{}
	done    chan struct{}

	headMu sync.Mutex
	head   Head
	ended  []Head // of chains that ended, until they are asked for
}

// Entry is an event on its way to the log.
type Entry struct {
	event Event
	done  chan struct{}
	err   error
}

// Wait returns when the event is on the medium, or with the error that kept it
// from getting there: then the caller must not get what it asked for. If ctx
// ends first its error is returned; the event is written all the same.
func (e *Entry) Wait(ctx context.Context) error {
	select {
	case <-e.done:
		return e.err
	default:
	}
	select {
	case <-e.done:
		return e.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// LogOptions are what a Log may be given besides the store and the key.
type LogOptions struct {
	Now    func() time.Time // the clock; nil: the machine's
	Logger *slog.Logger     // nil: nothing is logged
	// OnFull is called when the medium is full. It frees what was kept in
	// reserve for the log and says whether there was any.
	OnFull func() bool
}

// NewLog starts a log under keys of at least 16 bytes. Close ends it.
func NewLog(blocks Blocks, keyOf KeyOf, options LogOptions) (*Log, error) {
	if options.Now == nil {
		options.Now = time.Now
	}
	if len(keyOf(monthOf(options.Now()))) < 16 {
		return nil, errors.New("access: the key of the log is too short")
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	if options.OnFull == nil {
		options.OnFull = func() bool { return false }
	}
	l := &Log{
		blocks: blocks, keyOf: keyOf, now: options.Now, log: options.Logger, onFull: options.OnFull,
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	go l.run()
	return l, nil
}

// Record queues an event. Its time is set here, so that times rise within a
// chain for as long as the clock is not set back.
func (l *Log) Record(event Event) *Entry {
	entry := &Entry{event: event, done: make(chan struct{})}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		entry.fail(store.ErrUnavailable)
	case len(l.waiting) >= maxWaiting:
		entry.fail(store.ErrOverloaded)
	default:
		entry.event.At = l.now().UTC().Truncate(time.Microsecond)
		l.waiting = append(l.waiting, entry)
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
	return entry
}

// Waiting is how many events wait to be written, without those that are being.
func (l *Log) Waiting() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.waiting)
}

// Full says whether the newest block found no room on the medium, not even what
// is kept for the log: then nobody is answered. It is false again once a block
// has been written.
func (l *Log) Full() bool { return l.full.Load() }

func (e *Entry) fail(err error) {
	e.err = err
	close(e.done)
}

// Close writes what waits and ends the log. Events recorded later fail.
func (l *Log) Close() {
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		close(l.wake)
	}
	l.mu.Unlock()
	<-l.done
}

// run writes block after block until the log is closed and nothing waits.
func (l *Log) run() {
	defer close(l.done)
	for range l.wake {
		for {
			batch := l.take()
			if len(batch) == 0 {
				break
			}
			l.write(batch)
		}
	}
	// Whatever came between the last turn and the closing.
	for batch := l.take(); len(batch) > 0; batch = l.take() {
		l.write(batch)
	}
}

func (l *Log) take() []*Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := min(len(l.waiting), maxBlock)
	batch := l.waiting[:n:n]
	l.waiting = l.waiting[n:]
	if len(l.waiting) == 0 {
		l.waiting = nil
	}
	return batch
}

// write commits a batch as blocks and wakes those who wait for it. One block
// does it, unless the batch reaches over the end of a month, over a longer time
// than a block may, or over a moment at which the clock was set back.
func (l *Log) write(batch []*Entry) {
	for len(batch) > 0 {
		first := batch[0].event.At
		n := 1
		for n < len(batch) && monthOf(batch[n].event.At) == monthOf(first) &&
			!batch[n].event.At.Before(batch[n-1].event.At) && batch[n].event.At.Sub(first) <= store.AccessSpan {
			n++
		}
		err := l.append(batch[:n])
		for _, entry := range batch[:n] {
			entry.err = err
			close(entry.done)
		}
		batch = batch[n:]
	}
}

// append commits one block. A block whose outcome is not known is offered
// again as it is, which changes nothing if it is there already.
func (l *Log) append(batch []*Entry) error {
	events := make([]Event, len(batch))
	for i, entry := range batch {
		events[i] = entry.event
	}
	if !l.chain.takes(events[0].At) {
		l.chain = newChain(events[0].At)
	}
	block, next, err := l.chain.block(l.keyOf(monthOf(events[0].At)), events)
	if err != nil {
		return err
	}
	for attempt := 1; ; attempt++ {
		err = l.blocks.AppendAccess(context.Background(), block)
		l.full.Store(errors.Is(err, store.ErrDiskFull))
		switch {
		case err == nil:
			l.moved(next, &block)
			return nil
		case errors.Is(err, store.ErrDiskFull) && l.onFull():
			l.log.Error("the disk is full: the reserve of the access log was released; make room now, or reading will stop when it is used up")
		case errors.Is(err, store.ErrUnavailable) && attempt < 3, errors.Is(err, store.ErrOverloaded) && attempt < 50:
			time.Sleep(time.Duration(attempt) * 10 * time.Millisecond)
		case errors.Is(err, store.ErrUnavailable), errors.Is(err, store.ErrStale):
			// It may be there or not. A new chain begins, so that whatever
			// happened to this block, the next one follows on something certain.
			l.chain = chain{}
			return err
		default:
			return err
		}
	}
}

// moved notes that a block is on the medium.
func (l *Log) moved(to chain, block *store.AccessBlock) {
	l.chain = to
	l.headMu.Lock()
	defer l.headMu.Unlock()
	if l.head.Number > 0 && l.head.Chain != block.Chain {
		l.ended = append(l.ended, l.head)
	}
	l.head = Head{Chain: block.Chain, Number: block.Number, MAC: block.MAC, At: block.LastAt}
}

// Head returns where this process's chain stands; ok is false before the first
// block.
func (l *Log) Head() (head Head, ok bool) {
	l.headMu.Lock()
	defer l.headMu.Unlock()
	return l.head, l.head.Number > 0
}

// heads returns what is to be written after the head that was written last: the
// ends of the chains that ended meanwhile, and where the log stands now.
func (l *Log) heads(after Head) []Head {
	l.headMu.Lock()
	defer l.headMu.Unlock()
	heads := l.ended
	l.ended = nil
	if l.head.Number > 0 && (l.head.Chain != after.Chain || l.head.Number != after.Number) {
		heads = append(heads, l.head)
	}
	return heads
}
