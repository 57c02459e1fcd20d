package sqlstore

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/painscore/painscore/server/store"
)

// share says in which queue a write waits for the writer. Each batch takes from
// every share, so that a flood in one of them slows the others down by no more
// than that share's part of a batch.
type share int

const (
	interactive share = iota // somebody waits for the reply: submissions and all that is not named below
	imports                  // many envelopes at a time
	accessLog                // who has seen what: small rows, many of them
	maintenance              // work in pieces that nobody waits for piece by piece
	shares                   // how many there are
)

// limit is what a share may take. A form costs the writer 10 to 30 µs, hence a
// batch with all shares full some 10 ms, which is the longest that a submit
// waits for one that has just begun.
type limit struct {
	// weight is how much of a batch is this share's, counted in forms or, for
	// other work, in calls. A single job may be larger: it is taken when it is
	// the share's first.
	weight int
	// waiting is how many jobs may wait before ErrOverloaded: what the writer
	// does in a fraction of a second, since a caller who waits longer than that
	// is better told to come back.
	waiting int
}

// limits of the shares. Imports get half of what interactive work gets: enough
// for a commit to cost them little, too little to be felt. A piece of
// maintenance is a whole transaction of its own making, so one at a time.
var limits = [shares]limit{
	interactive: {weight: 256, waiting: 4096},
	imports:     {weight: importChunk, waiting: 64},
	accessLog:   {weight: 256, waiting: 8192},
	maintenance: {weight: 1, waiting: 64},
}

// task is one thing that a batch does or does not: it stores an envelope, or
// runs a function. Its verdict stands once the batch is settled.
type task struct {
	what     string
	envelope *store.Envelope          // to be stored; nil: apply
	apply    func(*transaction) error // may run more than once
	// repeatable says that running it once more after it was committed does no
	// harm and finds out what was done.
	repeatable bool

	receipt store.Receipt // of the envelope
	err     error
}

// job is what one caller waits for: tasks that are in one batch, in this order.
type job struct {
	tasks []task
	cost  int // against the share's weight
	// draft, if not nil, makes the task when the batch begins. It alone is no
	// reason to begin one.
	draft store.AccessDraft
	// claimed settles who decides about the job: the writer that begins it, or
	// the caller who gives up before.
	claimed atomic.Bool
	settled chan struct{} // closed when every task has its verdict
}

func newJob(tasks []task) *job {
	j := &job{tasks: tasks, settled: make(chan struct{})}
	for i := range tasks {
		if tasks[i].envelope != nil {
			j.cost += len(tasks[i].envelope.Forms)
		} else {
			j.cost++
		}
	}
	return j
}

// claim is true for the first who asks.
func (j *job) claim() bool { return j.claimed.CompareAndSwap(false, true) }

// queue holds the jobs that wait for the writer.
type queue struct {
	limits [shares]limit

	mu      sync.Mutex
	filled  sync.Cond
	waiting [shares][]*job
	closed  bool
	// wanted says that something waits that is a reason to begin a batch.
	wanted bool
	// awaited is when somebody last wanted something stored. The access log does
	// not count: imports make entries of their own.
	awaited time.Time
	logOnly bool // the room that is left is the access log's

	did figures
}

func newQueue() *queue {
	q := &queue{limits: limits}
	q.filled.L = &q.mu
	return q
}

// put adds a job, or returns ErrOverloaded, ErrDiskFull or ErrUnavailable (the
// queue is closed) at once.
func (q *queue) put(in share, j *job) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return store.ErrUnavailable
	}
	if q.logOnly && in != accessLog {
		return store.ErrDiskFull
	}
	if len(q.waiting[in]) >= q.limits[in].waiting {
		q.did.refused.Add(1)
		return store.ErrOverloaded
	}
	if in == interactive {
		q.awaited = time.Now()
	}
	q.waiting[in] = append(q.waiting[in], j)
	if j.draft == nil {
		q.want()
	}
	return nil
}

// wake has a batch begun with what waits.
func (q *queue) wake() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.want()
}

func (q *queue) want() {
	q.wanted = true
	q.filled.Signal()
}

// importRoom is how many forms of an import the next job may hold.
func (q *queue) importRoom() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	if time.Since(q.awaited) > unattended {
		return importAlone
	}
	return importChunk
}

// take waits until a batch is wanted and returns it: from each share in turn
// what came first, up to its weight. A lone job is a batch: nobody waits for
// company. Nil means that the queue was closed and is empty.
func (q *queue) take() []*job {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		for !q.wanted && !q.closed {
			q.filled.Wait()
		}
		var batch []*job
		q.wanted = false
		for s := range shares {
			batch = q.takeFrom(s, batch)
			q.wanted = q.wanted || len(q.waiting[s]) > 0
		}
		if len(batch) > 0 || q.closed {
			return batch
		}
	}
}

// takeFrom claims jobs of one share for the batch, and drops those whose
// callers have given up.
func (q *queue) takeFrom(s share, batch []*job) []*job {
	room := q.limits[s].weight
	waiting := q.waiting[s]
	for first := true; len(waiting) > 0 && (first || waiting[0].cost <= room); {
		j := waiting[0]
		waiting[0] = nil
		waiting = waiting[1:]
		if j.claim() {
			batch = append(batch, j)
			room -= j.cost
			first = false
		}
	}
	q.waiting[s] = waiting
	return batch
}

// close lets take return nil once nothing waits.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.filled.Signal()
}

// do has a job done in its turn. A caller who gives up while it waits gets the
// context's error, and the job is not begun; once begun it is finished whatever
// becomes of the caller, and its verdicts are told. Other errors than these and
// ErrOverloaded, ErrDiskFull (see LogOnly), ErrUnavailable are the tasks'.
func (s *Store) do(ctx context.Context, in share, j *job) error {
	leave, err := s.enter()
	if err != nil {
		return err
	}
	defer leave()
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.queue.put(in, j); err != nil {
		return err
	}
	select {
	case <-j.settled:
	case <-ctx.Done():
		if j.claim() {
			return ctx.Err()
		}
		<-j.settled
	}
	return nil
}
