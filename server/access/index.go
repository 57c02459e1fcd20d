package access

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/painscore/painscore/server/store"
)

// Unindexed is what an Indexer needs of the store.
type Unindexed interface {
	UnindexedAccess(ctx context.Context, limit int) ([]store.AccessBlock, error)
	IndexAccess(ctx context.Context, blocks []store.AccessSubjects) error
}

// What one piece of indexing may hold: a piece is one transaction, for which
// whoever writes meanwhile waits some milliseconds at most.
const (
	pieceBlocks   = 64
	piecePatients = 512
)

// Indexer notes behind the log which patients its blocks concern, so that a
// patient's events are found without reading the whole of it. Nobody waits for
// it: Find reads what is not indexed yet as it is. What a crash has left
// unindexed is found at the next start, by any process.
type Indexer struct {
	log    Unindexed
	logger *slog.Logger
	stop   chan struct{}
	done   chan struct{}
}

// StartIndexer indexes what has come together each time the interval is over.
func StartIndexer(log Unindexed, every time.Duration, logger *slog.Logger) *Indexer {
	x := &Indexer{log: log, logger: logger, stop: make(chan struct{}), done: make(chan struct{})}
	go x.run(every)
	return x
}

// Close indexes what is left and ends. The log must have been closed before,
// and the store not yet.
func (x *Indexer) Close() {
	close(x.stop)
	<-x.done
}

func (x *Indexer) run(every time.Duration) {
	defer close(x.done)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-x.stop:
			x.catchUp()
			return
		case <-tick.C:
			x.catchUp()
		}
	}
}

// catchUp indexes until nothing is left or something is in the way, such as a
// full disk; the next turn tries again.
func (x *Indexer) catchUp() {
	for {
		more, err := IndexSome(context.Background(), x.log)
		if err != nil && !errors.Is(err, store.ErrDiskFull) && !errors.Is(err, store.ErrOverloaded) {
			x.logger.Error("the access log could not be indexed; it is complete, and looking for a patient takes longer", "error", err)
		}
		if err != nil || !more {
			return
		}
	}
}

// IndexSome indexes one piece of what is left; more says that there may be others.
func IndexSome(ctx context.Context, log Unindexed) (more bool, err error) {
	blocks, err := log.UnindexedAccess(ctx, pieceBlocks)
	if err != nil || len(blocks) == 0 {
		return false, err
	}
	var piece []store.AccessSubjects
	patients := 0
	for i := range blocks {
		keys := subjects(&blocks[i])
		if len(piece) > 0 && patients+len(keys) > piecePatients {
			break
		}
		patients += len(keys)
		piece = append(piece, store.AccessSubjects{AccessRef: refOf(&blocks[i]), PatientKeys: keys})
	}
	return len(piece) < len(blocks) || len(blocks) == pieceBlocks, log.IndexAccess(ctx, piece)
}

func refOf(block *store.AccessBlock) store.AccessRef {
	return store.AccessRef{Chain: block.Chain, Number: block.Number}
}

// subjects are the patients that a block concerns. Of each event only these are
// read: to read all of it was a tenth of what a server does that is asked for
// nothing but trends. A block that cannot be read concerns nobody that can be
// told: Verify reports it.
func subjects(block *store.AccessBlock) []string {
	var keys []string
	for line := range bytes.Lines(block.Body) {
		var event struct {
			Patients []string `json:"patients"`
		}
		if json.Unmarshal(line, &event) != nil {
			return nil
		}
		keys = append(keys, event.Patients...)
	}
	slices.Sort(keys)
	return slices.DeleteFunc(slices.Compact(keys), func(key string) bool { return key == "" })
}
