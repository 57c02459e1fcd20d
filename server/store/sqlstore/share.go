package sqlstore

import (
	"context"
	"errors"

	"github.com/painscore/painscore/server/store"
)

// ShareEpisode records that another unit may see an episode, or no longer.
func (s *Store) ShareEpisode(ctx context.Context, share store.Share) (store.Share, error) {
	if share.With == "" || share.With == share.CareUnit {
		return store.Share{}, errors.New("sqlstore: an episode is shared with a unit other than its owner")
	}
	if err := checkTexts(share.With, share.By, share.Note); err != nil {
		return store.Share{}, err
	}
	var stands store.Share
	err := s.write(ctx, "share an episode", func(t *transaction) (err error) {
		stands, err = t.share(share)
		return err
	}, repeatable)
	if err != nil {
		return store.Share{}, err
	}
	return stands, nil
}

// share writes the next act about an episode and a unit. Where an engine has
// several writers two may take the same number: the key stops one of them,
// which runs again.
func (t *transaction) share(share store.Share) (store.Share, error) {
	head, err := t.episodeHead(share.CareUnit, share.EpisodeID)
	if err != nil {
		return share, err
	}
	if !head.exists() {
		return share, refuse(store.ErrNotFound)
	}
	stands := store.Share{CareUnit: share.CareUnit, EpisodeID: share.EpisodeID, With: share.With}
	var shared, at int64
	found, err := t.read(t.sql.lastShare, []any{share.CareUnit, share.EpisodeID, share.With}, &stands.Number, &shared, &stands.By, &at, &stands.Note)
	if err != nil {
		return share, err
	}
	if found {
		stands.Shared, stands.At = shared != 0, instant(at)
	}
	if stands.Shared == share.Shared {
		return stands, nil
	}
	share.Number, share.At = stands.Number+1, instant(moment(share.At))
	return share, t.exec(t.sql.addShare, share.CareUnit, share.EpisodeID, share.With, share.Number, flag(share.Shared),
		share.By, moment(share.At), share.Note)
}

// Shares returns the acts about an episode.
func (s *Store) Shares(ctx context.Context, careUnit, episodeID string) ([]store.Share, error) {
	return readAll(ctx, s, "shares", scanShare, s.sql.sharesOf, careUnit, episodeID)
}

func scanShare(row scanner, to *store.Share) error {
	var shared, at int64
	err := row.Scan(&to.CareUnit, &to.EpisodeID, &to.With, &to.Number, &shared, &to.By, &at, &to.Note)
	to.Shared, to.At = shared != 0, instant(at)
	return err
}

// SharedWith returns the episodes of other units that a unit may see.
func (s *Store) SharedWith(ctx context.Context, with, afterUnit, afterID string, limit int) ([]store.Episode, error) {
	return readAll(ctx, s, "shared episodes", scanEpisode, s.sql.sharedWith, with, afterUnit, afterID, max(limit, 0))
}
