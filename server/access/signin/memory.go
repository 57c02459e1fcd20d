package signin

import (
	"context"
	"sync"
	"time"

	"github.com/painscore/painscore/server/store"
)

// MemorySessions are the sessions of one process: for tests, and wherever
// nobody minds that a restart ends them.
type MemorySessions struct {
	mu  sync.Mutex
	all map[string]store.Session
}

// NewMemorySessions returns an empty one.
func NewMemorySessions() *MemorySessions { return &MemorySessions{all: map[string]store.Session{}} }

// PutSession implements store.Sessions.
func (m *MemorySessions) PutSession(_ context.Context, session store.Session) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.all[string(session.TokenHash)] = session
	return nil
}

// Session implements store.Sessions.
func (m *MemorySessions) Session(_ context.Context, tokenHash []byte, at time.Time) (store.Session, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	session, ok := m.all[string(tokenHash)]
	if !ok || !at.Before(session.ExpiresAt) {
		return store.Session{}, store.ErrNotFound
	}
	return session, nil
}

// DropSession implements store.Sessions.
func (m *MemorySessions) DropSession(_ context.Context, tokenHash []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.all, string(tokenHash))
	return nil
}

// SweepSessions implements store.Sessions.
func (m *MemorySessions) SweepSessions(_ context.Context, at time.Time, limit int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for hash, session := range m.all {
		if limit > 0 && !at.Before(session.ExpiresAt) {
			delete(m.all, hash)
			limit--
		}
	}
	return nil
}
