package sqlstore

import (
	"sync/atomic"

	"github.com/painscore/painscore/server/store"
)

// shareNames are the words by which the shares of the queue are told.
var shareNames = [shares]string{interactive: "interactive", imports: "imports", accessLog: "access_log", maintenance: "maintenance"}

// figures count what the writer does.
type figures struct{ batches, tasks, refused atomic.Uint64 }

// Figures implements store.Figured.
func (s *Store) Figures() store.Figures {
	f := store.Figures{
		Waiting: map[string]int{},
		Batches: s.queue.did.batches.Load(), Tasks: s.queue.did.tasks.Load(), Refused: s.queue.did.refused.Load(),
	}
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	for in, name := range shareNames {
		f.Waiting[name] = len(s.queue.waiting[in])
	}
	return f
}
