package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/painscore/painscore/server/store"
)

// importChunk is how many forms of an import go into one batch: enough that the
// flush costs little beside them, few enough that a submit which comes in
// between waits for a few milliseconds.
const importChunk = 128

// importAlone is importChunk where nobody has wanted anything stored since
// unattended: more forms then share the flush and the pages that all of them
// touch. Who comes first, or reads and waits for the access log, waits for such
// a batch, some 10 ms.
const (
	importAlone = 512
	unattended  = time.Second
)

// Import stores envelopes in turn, each as Submit would, some at a time: what
// others want written gets in between.
func (s *Store) Import(ctx context.Context, envelopes []store.Envelope, dryRun bool) ([]store.Imported, error) {
	imported := make([]store.Imported, len(envelopes))
	chunk, room := s.storeChunk, s.queue.importRoom
	if dryRun {
		end, rehearse, err := s.rehearsal(ctx)
		if err != nil {
			return nil, err
		}
		defer end()
		chunk = rehearse
	}
	for first := 0; first < len(envelopes); {
		tasks, next := chunkOf(envelopes, first, room(), imported)
		if err := chunk(ctx, tasks); err != nil {
			return nil, err
		}
		i := 0
		for n := first; n < next; n++ {
			if imported[n].Err == nil {
				imported[n] = store.Imported{Receipt: tasks[i].receipt, Err: tasks[i].err}
				i++
			}
		}
		first = next
	}
	return imported, nil
}

// chunkOf makes the next tasks, and tells of envelopes that make no sense at
// once. next is the first envelope that is left for later.
func chunkOf(envelopes []store.Envelope, first, room int, imported []store.Imported) (tasks []task, next int) {
	forms := 0
	for next = first; next < len(envelopes); next++ {
		e := &envelopes[next]
		if imported[next].Err = checkEnvelope(e); imported[next].Err != nil {
			continue
		}
		if forms += len(e.Forms); forms > room && len(tasks) > 0 {
			break
		}
		tasks = append(tasks, submission(e))
	}
	return tasks, next
}

// storeChunk has a chunk stored. An error that concerns no single envelope
// ends the import: the medium is full, or the engine is away.
func (s *Store) storeChunk(ctx context.Context, tasks []task) error {
	if len(tasks) == 0 {
		return nil
	}
	j := newJob(tasks)
	if err := s.do(ctx, imports, j); err != nil {
		return err
	}
	for i := range tasks {
		if err := tasks[i].err; errors.Is(err, store.ErrDiskFull) || errors.Is(err, store.ErrUnavailable) {
			return err
		}
	}
	return nil
}

// rehearsal begins a dry run: it judges chunks as the writer would, on a reader
// that sees one state of the tables to the end, and remembers what would have
// been stored. No writer waits for it.
func (s *Store) rehearsal(ctx context.Context) (end func(), rehearse func(context.Context, []task) error, err error) {
	leave, err := s.enter()
	if err != nil {
		return nil, nil, err
	}
	tx, err := s.readers.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		leave()
		return nil, nil, s.failRead(ctx, "rehearse an import", err)
	}
	in := &intake{transaction: &transaction{ctx: ctx, sql: &s.sql, tx: tx}, facts: newFacts()}
	end = func() {
		tx.Rollback()
		leave()
	}
	return end, func(ctx context.Context, tasks []task) error {
		return s.failRead(ctx, "rehearse an import", in.rehearse(tasks))
	}, nil
}

func (in *intake) rehearse(tasks []task) error {
	var envelopes []*store.Envelope
	for i := range tasks {
		envelopes = append(envelopes, tasks[i].envelope)
		if err := in.readCounter(tasks[i].envelope.Episode.CareUnit); err != nil {
			return err
		}
	}
	if err := in.gather(&in.facts, envelopes); err != nil {
		return err
	}
	for i := range tasks {
		var err error
		if tasks[i].receipt, tasks[i].err, err = in.submit(tasks[i].envelope); err != nil {
			return err
		}
	}
	in.patients, in.identities, in.episodes, in.episodeVersions, in.submissions = nil, nil, nil, nil, nil
	return nil
}

// readCounter is counter for a transaction that writes nothing and holds nobody
// off: the number where a unit stands.
func (in *intake) readCounter(careUnit string) error {
	for _, c := range in.counters {
		if c.careUnit == careUnit {
			return nil
		}
	}
	c := &counter{careUnit: careUnit}
	_, err := in.read(in.sql.lastChange, []any{careUnit}, &c.last)
	in.counters = append(in.counters, c)
	return err
}
