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

// Blocks is what a Log needs of the store. One that can also write a block
// together with what else is written (Joint) makes the log cheaper: a call that
// stores something then waits for one flush to the medium and not for two.
type Blocks interface {
	AppendAccess(ctx context.Context, block store.AccessBlock) error
}

// Joint is Blocks that write the log's blocks in the transactions of others.
type Joint interface {
	Blocks
	AppendAccessNext(draft store.AccessDraft) error
	WakeAccess()
}

// Log records who looked at what, durably, before they see it.
//
// Record queues an event and returns at once; the caller reads meanwhile, and
// waits for the event's commit before its reply leaves. A block is made when the
// store begins a transaction, of all events that wait then: a lone call waits
// for one commit, a busy server for two at most.
//
// Each block carries a keyed hash (MAC) over itself and the block before, one
// chain for each process and month, so that old months can be dropped whole and
// nothing inside a chain can be changed, removed or put in unnoticed. Removing
// a chain's newest blocks shows against the heads that are written outside the
// database (see Heads).
type Log struct {
	blocks Joint
	keyOf  KeyOf
	now    func() time.Time
	log    *slog.Logger
	onFull func() bool // frees space for the log; false: there is none left

	mu      sync.Mutex
	waiting []*Entry
	asked   bool   // the store knows that events wait
	written *batch // the block on its way to the medium; there is one at a time
	closed  bool
	idle    sync.Cond // nothing waits or is on its way

	full atomic.Bool // the newest block found no room

	chain chain // touched by whoever has the block that is on its way

	headMu sync.Mutex
	head   Head
	ended  []Head // of chains that ended, until they are asked for
}

// Entry is an event on its way to the log.
type Entry struct {
	at   time.Time
	line []byte // the event without its time
	done chan struct{}
	err  error
	wake func() // has the event written if nobody else does; nil: it is being done
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
	if e.wake != nil {
		e.wake()
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
	joint, ok := blocks.(Joint)
	if !ok {
		joint = &apart{Blocks: blocks}
	}
	l := &Log{blocks: joint, keyOf: keyOf, now: options.Now, log: options.Logger, onFull: options.OnFull}
	l.idle.L = &l.mu
	return l, nil
}

// Record queues an event. Its time is set here, so that times rise within a
// chain for as long as the clock is not set back.
func (l *Log) Record(event Event) *Entry {
	entry := l.queue(event)
	l.blocks.WakeAccess()
	return entry
}

// RecordWithWrite queues the event of a call that is about to write to the same
// store: both then go to the medium together. If nothing is written after all,
// Wait has the event written.
func (l *Log) RecordWithWrite(event Event) *Entry {
	entry := l.queue(event)
	entry.wake = l.blocks.WakeAccess
	return entry
}

func (l *Log) queue(event Event) *Entry {
	entry := &Entry{done: make(chan struct{})}
	var err error
	if entry.line, err = untimed(event); err != nil {
		entry.settle(err)
		return entry
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		entry.settle(store.ErrUnavailable)
	case len(l.waiting) >= maxWaiting:
		entry.settle(store.ErrOverloaded)
	default:
		entry.at = l.now().UTC().Truncate(time.Microsecond)
		l.waiting = append(l.waiting, entry)
		l.ask()
	}
	return entry
}

// ask lets the store know that events wait, unless it does. Whoever calls it
// holds mu.
func (l *Log) ask() {
	if l.asked || len(l.waiting) == 0 {
		return
	}
	if err := l.blocks.AppendAccessNext(draft{l}); err != nil {
		for _, entry := range l.waiting {
			entry.settle(err)
		}
		l.waiting = nil
		return
	}
	l.asked = true
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

func (e *Entry) settle(err error) {
	e.err = err
	close(e.done)
}

// Close writes what waits and ends the log. Events recorded later fail. The
// store must still be open.
func (l *Log) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.blocks.WakeAccess()
	for len(l.waiting) > 0 || l.written != nil {
		l.idle.Wait()
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
