package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"github.com/painscore/painscore/server/store"
)

// maxAttempts bounds how often a batch is run again because another writer was
// in its way or the engine went away. An attempt that meets another writer has
// already waited out the engine's own timeout.
const maxAttempts = 5

// writeBatches is the one writer: it settles batch after batch until the queue
// is closed. One flush to the medium then serves all that have come together
// during the flush before.
func (s *Store) writeBatches() {
	defer close(s.idle)
	for {
		batch := s.queue.take()
		if batch == nil {
			return
		}
		var tasks []*task
		for _, j := range batch {
			if j.draft != nil {
				j.tasks = drafted(j.draft)
			}
			for i := range j.tasks {
				tasks = append(tasks, &j.tasks[i])
			}
		}
		if len(tasks) > 0 {
			s.settle(tasks)
			s.queue.did.batches.Add(1)
			s.queue.did.tasks.Add(uint64(len(tasks)))
		}
		tell(batch)
	}
}

// tell lets everybody know. Nobody hears anything before the commit, not even a
// refusal or a replay: it may rest on what a neighbour wrote. The access log is
// first: who has both waits for it next.
func tell(batch []*job) {
	for _, j := range batch {
		if j.draft != nil && len(j.tasks) > 0 {
			j.draft.BlockSettled(j.tasks[0].err)
		}
	}
	for _, j := range batch {
		close(j.settled)
	}
}

// settle runs tasks, as long as that can help, until each has its verdict.
func (s *Store) settle(tasks []*task) {
	var units []string
	for attempt := 1; ; attempt++ {
		failed := s.attempt(tasks, &units)
		if failed == nil {
			return
		}
		switch class := s.dialect.Classify(failed.err); {
		case failed.alone || class == Unclassified && !failed.committing && len(tasks) > 1:
			s.settleApart(tasks, failed)
			return
		case class == DiskFull, class == Unclassified && !failed.committing, attempt == maxAttempts:
			s.giveUp(tasks, failed)
			return
		case failed.committing && class != Busy:
			// It may have been committed: what cannot be run twice ends here.
			tasks = s.keepRepeatable(tasks, failed)
			if len(tasks) == 0 {
				return
			}
		}
		// Growing, so that what is in the way can end, and not in step with
		// another process that makes the same pause.
		pause := 5 * time.Millisecond << attempt
		time.Sleep(pause/2 + rand.N(pause))
	}
}

// failure is why a transaction came to nothing, or may have.
type failure struct {
	err        error
	culprit    *task // whose error it is, nil if that is not known
	alone      bool  // the culprit cannot share a transaction
	committing bool  // unless the engine says otherwise, the outcome is unknown
}

// settleApart keeps one bad task from its neighbours: they run without it and
// it runs alone afterwards. If nobody knows which one it is, each half runs by
// itself, and so on.
func (s *Store) settleApart(tasks []*task, failed *failure) {
	if failed.culprit == nil {
		half := len(tasks) / 2
		s.settle(tasks[:half])
		s.settle(tasks[half:])
		return
	}
	others := slices.DeleteFunc(slices.Clone(tasks), func(t *task) bool { return t == failed.culprit })
	if len(others) > 0 {
		s.settle(others)
	}
	s.settle([]*task{failed.culprit})
}

func (s *Store) giveUp(tasks []*task, failed *failure) {
	for _, t := range tasks {
		err := s.fail(t.what, failed.err)
		if failed.committing && s.dialect.Classify(failed.err) == Unclassified {
			err = fmt.Errorf("%w: %w", store.ErrUnavailable, err)
		}
		t.receipt, t.err = store.Receipt{}, err
	}
}

func (s *Store) keepRepeatable(tasks []*task, failed *failure) []*task {
	var kept, others []*task
	for _, t := range tasks {
		if t.repeatable {
			kept = append(kept, t)
		} else {
			others = append(others, t)
		}
	}
	s.giveUp(others, failed)
	return kept
}

// attempt runs tasks in one transaction: the envelopes together, then the
// others one after another. Nil means that each task's verdict stands: what was
// not refused is committed. units are the care units whose counters an attempt
// before took: they are taken first and in order, so that two processes that
// locked each other out do not do so again.
func (s *Store) attempt(tasks []*task, units *[]string) *failure {
	// Not a caller's context, whose end would roll back what others wrote.
	ctx := context.Background()
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return &failure{err: err}
	}
	// After a commit this does nothing.
	defer tx.Rollback()
	t := &transaction{ctx: ctx, sql: &s.sql, tx: tx}
	failed := t.run(tasks, *units)
	*units = t.units()
	if failed != nil || !t.wrote {
		return failed
	}
	if err := t.saveCounters(); err != nil {
		return &failure{err: err}
	}
	if err := tx.Commit(); err != nil {
		return &failure{err: err, committing: true}
	}
	if s.dialect.Committed != nil {
		s.dialect.Committed()
	}
	return nil
}

// run runs tasks and leaves their verdicts in them.
func (t *transaction) run(tasks []*task, units []string) *failure {
	for _, unit := range units {
		if _, err := t.counter(unit); err != nil {
			return &failure{err: err}
		}
	}
	if failed := t.takeIn(tasks); failed != nil {
		return failed
	}
	for _, one := range tasks {
		if one.apply == nil {
			continue
		}
		if failed := t.runOne(one, len(tasks) == 1); failed != nil {
			return failed
		}
	}
	return nil
}

// runOne runs one function. Refused before it wrote anything, it leaves the
// transaction as it was. Any other error, or a refusal in the middle, spoils
// the transaction.
func (t *transaction) runOne(one *task, alone bool) *failure {
	before := t.wrote
	t.wrote = false
	err := guard(func() error { return one.apply(t) })
	wrote := t.wrote
	t.wrote = before || wrote
	var refused refusal
	isRefusal := errors.As(err, &refused)
	switch {
	case err == nil:
		one.err = nil
	case isRefusal && (alone || !wrote):
		one.err = refused.error
		t.wrote = before // alone: nothing else is to be committed
	default:
		return &failure{err: err, culprit: one, alone: !alone && isRefusal}
	}
	return nil
}

// units are the care units whose counters were taken, in order.
func (t *transaction) units() []string {
	var units []string
	for _, c := range t.counters {
		units = append(units, c.careUnit)
	}
	slices.Sort(units)
	return units
}

// panicked is a panic made an error, so that it ends one task and not the
// process with all that others wait for.
type panicked struct {
	text  string
	stack []byte
}

func (p *panicked) Error() string { return "a panic: " + p.text + "\n" + string(p.stack) }

func guard(f func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			// The text of a value that is not the runtime's could name a person.
			p := &panicked{text: fmt.Sprintf("%T", value), stack: debug.Stack()}
			if e, ok := value.(runtime.Error); ok {
				p.text = e.Error()
			}
			err = p
		}
	}()
	return f()
}
