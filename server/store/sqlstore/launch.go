package sqlstore

import (
	"context"
	"errors"
	"time"

	"github.com/painscore/painscore/server/store"
)

// PutLaunchLink keeps a one-time way to an episode, and drops what has expired.
func (s *Store) PutLaunchLink(ctx context.Context, link store.LaunchLink) error {
	if len(link.TokenHash) == 0 {
		return errors.New("sqlstore: a launch link without the hash of its token")
	}
	return s.write(ctx, "put a launch link", func(t *transaction) error {
		head, err := t.episodeHead(link.CareUnit, link.EpisodeID)
		switch {
		case err != nil:
			return err
		case !head.exists():
			return refuse(store.ErrNotFound)
		}
		if err := t.exec(t.sql.oldLaunch, moment(link.CreatedAt)); err != nil {
			return err
		}
		return t.exec(t.sql.addLaunch, link.TokenHash, link.CareUnit, link.EpisodeID, moment(link.CreatedAt), moment(link.ExpiresAt))
	})
}

// TakeLaunchLink returns a link and ends it. It is not repeatable: after a
// commit of unknown outcome nobody may get it, or two would.
func (s *Store) TakeLaunchLink(ctx context.Context, tokenHash []byte, at time.Time) (store.LaunchLink, error) {
	var taken []store.LaunchLink
	err := s.write(ctx, "take a launch link", func(t *transaction) (err error) {
		t.wrote = true // the read deletes
		taken, err = readRows(t, scanLaunch, t.sql.takeLaunch, orEmpty(tokenHash))
		return err
	})
	switch {
	case err != nil:
		return store.LaunchLink{}, err
	case len(taken) == 0 || !taken[0].ExpiresAt.After(at):
		return store.LaunchLink{}, store.ErrNotFound
	}
	return taken[0], nil
}

func scanLaunch(row scanner, to *store.LaunchLink) error {
	var created, expires int64
	err := row.Scan(&to.TokenHash, &to.CareUnit, &to.EpisodeID, &created, &expires)
	to.CreatedAt, to.ExpiresAt = instant(created), instant(expires)
	return err
}
