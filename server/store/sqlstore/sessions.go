package sqlstore

import (
	"context"
	"errors"
	"time"

	"github.com/painscore/painscore/server/store"
)

// PutSession writes a session, or its newer state.
func (s *Store) PutSession(ctx context.Context, session store.Session) error {
	if len(session.TokenHash) == 0 {
		return errors.New("sqlstore: a session without the hash of its token")
	}
	return s.write(ctx, "put a session", func(t *transaction) error {
		return t.exec(t.sql.putSession, session.TokenHash, orEmpty(session.Body),
			moment(session.CreatedAt), moment(session.UsedAt), moment(session.ExpiresAt))
	}, asAccessLog, repeatable)
}

// Session returns a session that has not expired.
func (s *Store) Session(ctx context.Context, tokenHash []byte, at time.Time) (store.Session, error) {
	session, err := readOne(ctx, s, "session", func(row scanner, to *store.Session) error {
		var created, used, expires int64
		err := row.Scan(&to.TokenHash, &to.Body, &created, &used, &expires)
		to.CreatedAt, to.UsedAt, to.ExpiresAt = instant(created), instant(used), instant(expires)
		return err
	}, s.sql.session, orEmpty(tokenHash), moment(at))
	if err != nil {
		return store.Session{}, err
	}
	return session, nil
}

// DropSession ends a session.
func (s *Store) DropSession(ctx context.Context, tokenHash []byte) error {
	return s.write(ctx, "drop a session", func(t *transaction) error {
		return t.exec(t.sql.dropSession, orEmpty(tokenHash))
	}, asAccessLog, repeatable)
}

// SweepSessions deletes sessions that have expired.
func (s *Store) SweepSessions(ctx context.Context, at time.Time, limit int) error {
	return s.write(ctx, "sweep sessions", func(t *transaction) error {
		expired, err := readRows(t, scanValue[[]byte], t.sql.expiredSessions, moment(at), max(limit, 0))
		if err != nil {
			return err
		}
		for _, hash := range expired {
			if err := t.exec(t.sql.sweepSession, hash, moment(at)); err != nil {
				return err
			}
		}
		return nil
	}, asMaintenance, repeatable)
}
