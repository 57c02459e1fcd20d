package access

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/painscore/painscore/server/store"
)

// draft is a log as the store sees it that is about to write its next block.
type draft struct{ *Log }

// batch is a block on its way to the medium, and who waits for it.
type batch struct {
	entries []*Entry
	block   store.AccessBlock
	next    chain // with the block
}

// MakeBlock implements store.AccessDraft.
func (d draft) MakeBlock() (store.AccessBlock, bool) {
	l := d.Log
	b := l.take()
	if b == nil {
		return store.AccessBlock{}, false
	}
	first := b.entries[0].at
	if !l.chain.takes(first) {
		l.chain = newChain(first)
	}
	b.block, b.next = l.chain.block(l.keyOf(monthOf(first)), b.entries)
	return b.block, true
}

// take begins a batch with what waits, if no other is on its way. One block
// cannot take events of two months, over a longer time than a block may, or from
// before and after a moment at which the clock was set back.
func (l *Log) take() *batch {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = false
	if l.written != nil || len(l.waiting) == 0 {
		return nil
	}
	first := l.waiting[0].at
	n := 1
	for n < min(len(l.waiting), maxBlock) && monthOf(l.waiting[n].at) == monthOf(first) &&
		!l.waiting[n].at.Before(l.waiting[n-1].at) && l.waiting[n].at.Sub(first) <= store.AccessSpan {
		n++
	}
	l.written = &batch{entries: l.waiting[:n:n]}
	if l.waiting = l.waiting[n:]; len(l.waiting) == 0 {
		l.waiting = nil
		return l.written
	}
	l.ask()
	l.blocks.WakeAccess()
	return l.written
}

// BlockSettled implements store.AccessDraft. A block that failed is tried again
// beside the writer; nothing else is written to the log until then.
func (d draft) BlockSettled(err error) {
	if err != nil {
		go func() { d.settle(d.insist(err)) }()
		return
	}
	d.settle(nil)
}

// insist offers a block that could not be written again as it is, which changes
// nothing if it is there already.
func (l *Log) insist(err error) error {
	for attempt := 1; ; attempt++ {
		switch {
		case err == nil:
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
		err = l.blocks.AppendAccess(context.Background(), l.written.block)
	}
}

// settle lets those know who wait for the block that was on its way. Events that
// came while it was tried again have been asked for in vain.
func (l *Log) settle(err error) {
	b := l.written
	l.full.Store(errors.Is(err, store.ErrDiskFull))
	if err == nil {
		l.moved(b.next, &b.block)
	}
	for _, entry := range b.entries {
		entry.settle(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.written = nil
	if len(l.waiting) > 0 && !l.asked {
		l.ask()
		l.blocks.WakeAccess()
	}
	if len(l.waiting) == 0 {
		l.idle.Broadcast()
	}
}

// apart makes any Blocks a Joint: blocks are written by themselves, one after
// another.
type apart struct {
	Blocks
	turn sync.Mutex
}

// AppendAccessNext implements Joint.
func (a *apart) AppendAccessNext(draft store.AccessDraft) error {
	go func() {
		a.turn.Lock()
		defer a.turn.Unlock()
		if block, ok := draft.MakeBlock(); ok {
			draft.BlockSettled(a.AppendAccess(context.Background(), block))
		}
	}()
	return nil
}

// WakeAccess implements Joint.
func (a *apart) WakeAccess() {}
