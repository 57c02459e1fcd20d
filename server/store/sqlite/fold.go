package sqlite

import (
	"context"
	"database/sql"
	"sync/atomic"
	"time"
)

// What is committed stands in the write-ahead log first and is folded into the
// file later (SQLite: a checkpoint). Left to SQLite, the writer does that itself
// after a commit, every 1000 pages, while everybody waits for it: flushing the
// log, writing each page to its place, flushing the file, some 10 ms.
//
// So another connection folds, beside the writer. It cannot reach the end of a
// log that grows, and only one that was folded to its end is begun anew; hence
// the writer folds what little is left once the log has foldByWriter pages. Where
// the other connection is at it just then SQLite would let the writer go on and
// the log grow, so the writer waits for it and folds afterwards (notice).
const (
	foldBeside   = 1000 // pages, 4 MB
	foldByWriter = 4000
	// foldPause lets commits come together before the log is looked at again.
	foldPause = 20 * time.Millisecond
)

// folding folds the log for as long as a store is open. It decides nothing about
// durability: a commit is flushed with the log, before anybody folds it.
type folding struct {
	db        *sql.DB
	committed chan struct{}
	pages     atomic.Int64 // of the log when it was last looked at, until it is begun anew
	ctx       context.Context
	cancel    context.CancelFunc
	ended     chan struct{}
}

func startFolding(path string, options Options) *folding {
	f := &folding{db: openHandle(writerDSN(path, options), 1), committed: make(chan struct{}, 1), ended: make(chan struct{})}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	go f.run()
	return f
}

// notice says that something was committed. It is called by the writer, between
// two transactions, and waits only for a log that has become long.
func (f *folding) notice() {
	if f.pages.Load() >= foldByWriter {
		f.checkpoint("PASSIVE") // what fails is tried again after the next commit
	}
	select {
	case f.committed <- struct{}{}:
	default:
	}
}

func (f *folding) run() {
	defer close(f.ended)
	for {
		select {
		case <-f.ctx.Done():
			return
		case <-f.committed:
		}
		f.fold()
		select {
		case <-f.ctx.Done():
			return
		case <-time.After(foldPause):
		}
	}
}

// fold folds the log if there is enough of it. What fails is tried again after a
// later commit, in the end by the writer: nothing depends on it.
func (f *folding) fold() {
	if pages, folded, err := f.checkpoint("NOOP"); err == nil && pages-folded >= foldBeside {
		f.checkpoint("PASSIVE")
	}
}

// checkpoint says how many pages the log has and how many of them are folded.
func (f *folding) checkpoint(mode string) (pages, folded int64, err error) {
	var busy int64
	// Begun, it is finished: cut off in the middle it would only be begun again.
	err = f.db.QueryRow("PRAGMA wal_checkpoint("+mode+")").Scan(&busy, &pages, &folded)
	if f.pages.Store(pages); pages == folded {
		f.pages.Store(0) // it is begun anew
	}
	return pages, folded, err
}

// end returns when nothing is folded any more.
func (f *folding) end() error {
	f.cancel()
	<-f.ended
	return f.db.Close()
}
