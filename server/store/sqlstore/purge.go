package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"github.com/painscore/painscore/server/store"
)

// Remover removes what deleted rows have left in an engine's files, through
// the connection that writes; done is false if somebody who reads was in the
// way, and it is to be called again. A write that waits for the connection
// waits for the remover, which therefore lets go of it often.
type Remover func(ctx context.Context, writer *sql.DB) (done bool, err error)

// PurgeWith is store.Erasures' Purge for an engine with this remover. Only
// erasures that were committed before the remover began are then purged.
func (s *Store) PurgeWith(ctx context.Context, at time.Time, remove Remover) (pending int64, err error) {
	ids, err := s.unpurged(ctx)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	if done, err := s.remove(ctx, remove); err != nil || !done {
		return int64(len(ids)), err
	}
	err = s.write(ctx, "note a purge", func(t *transaction) error {
		for _, id := range ids {
			if err := t.exec(t.sql.notePurge, id, moment(at)); err != nil {
				return err
			}
		}
		return nil
	}, asMaintenance, repeatable)
	if err != nil {
		return int64(len(ids)), err
	}
	ids, err = s.unpurged(ctx)
	return int64(len(ids)), err
}

func (s *Store) remove(ctx context.Context, remove Remover) (done bool, err error) {
	leave, err := s.enter()
	if err != nil {
		return false, err
	}
	defer leave()
	done, err = remove(ctx, s.writer)
	return done, s.failRead(ctx, "purge", err)
}

// unpurged names the erasures whose remains may still be there.
func (s *Store) unpurged(ctx context.Context) ([]string, error) {
	return readAll(ctx, s, "pending purges", scanValue[string], s.sql.unpurged)
}

// Purge is that of an engine which leaves nothing behind.
func (s *Store) Purge(ctx context.Context, at time.Time) (store.Purge, error) {
	nothing := func(context.Context, *sql.DB) (bool, error) { return true, nil }
	pending, err := s.PurgeWith(ctx, at, nothing)
	return store.Purge{Pending: pending}, err
}
