package sqlstore

import (
	"context"
	"errors"
)

// Write runs a write of a test's own. It counts as having written something if
// apply says so.
func (s *Store) Write(ctx context.Context, apply func() (wrote bool, err error), again bool) error {
	var how []manner
	if again {
		how = append(how, repeatable)
	}
	return s.write(ctx, "test", func(t *transaction) error {
		wrote, err := apply()
		t.wrote = t.wrote || wrote
		return err
	}, how...)
}

// Maintain is Write in the share of maintenance.
func (s *Store) Maintain(ctx context.Context, apply func()) error {
	return s.write(ctx, "test", func(*transaction) error { apply(); return nil }, asMaintenance)
}

// WriteAndRefuse inserts a property and then refuses.
func (s *Store) WriteAndRefuse(ctx context.Context, property string) error {
	return s.write(ctx, "test", func(t *transaction) error {
		if err := t.exec(t.sql.addProperty, property, ""); err != nil {
			return err
		}
		return ErrRefused
	})
}

// ErrRefused is a refusal of the store's contract.
var ErrRefused = refuse(errors.New("refused"))

// Hold keeps the writer busy until release is called: what is asked for
// meanwhile makes up the next batch.
func (s *Store) Hold() (release func()) {
	begun, end, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		s.write(context.Background(), "hold", func(*transaction) error {
			close(begun)
			<-end
			return nil
		})
	}()
	<-begun
	return func() {
		close(end)
		<-ended
	}
}

// Waiting is how many jobs wait for the writer, also those of callers who have
// given up.
func (s *Store) Waiting() int {
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	n := 0
	for _, waiting := range s.queue.waiting {
		n += len(waiting)
	}
	return n
}

// Room is how many interactive jobs may wait.
var Room = limits[interactive].waiting

// MaxAttempts is how often a batch is run at most.
const MaxAttempts = maxAttempts

// ImportChunk is how many forms of an import go into one batch.
const ImportChunk = importChunk

// LookUps are the texts by which a batch looks up one key, for SQLite.
func LookUps() map[string]string {
	s := newStatements(Dialect{Parameter: "?"}.rewrite)
	last := len(runs) - 1
	return map[string]string{
		"people": s.knownPeople.texts[last], "episodes": s.episodeHeads.texts[last], "forms by id": s.firstVersions.texts[last],
		"rows of slots": s.slotRows.texts[last], "erased": s.erasedMarks.texts[last],
	}
}
