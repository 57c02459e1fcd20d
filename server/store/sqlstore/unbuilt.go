package sqlstore

import (
	"context"
	"errors"
	"time"

	"github.com/painscore/painscore/server/store"
)

// What the contract of package store asks for and is not built yet.

func (s *Store) Link(context.Context, store.Link) (store.Linked, error) {
	return store.Linked{}, errors.ErrUnsupported
}

func (s *Store) PatientKeys(context.Context, string) ([]string, error) {
	return nil, errors.ErrUnsupported
}

func (s *Store) Erase(context.Context, store.Erasure, func(store.SubmissionRef) []byte) (store.Erasure, error) {
	return store.Erasure{}, errors.ErrUnsupported
}

func (s *Store) Erasures(context.Context, string, int) ([]store.Erasure, error) {
	return nil, errors.ErrUnsupported
}

func (s *Store) Purge(context.Context, time.Time) (store.Purge, error) {
	return store.Purge{}, errors.ErrUnsupported
}

func (s *Store) ShareEpisode(context.Context, store.Share) (store.Share, error) {
	return store.Share{}, errors.ErrUnsupported
}

func (s *Store) Shares(context.Context, string, string) ([]store.Share, error) {
	return nil, errors.ErrUnsupported
}

func (s *Store) SharedWith(context.Context, string, string, string, int) ([]store.Episode, error) {
	return nil, errors.ErrUnsupported
}
