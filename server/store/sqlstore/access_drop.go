package sqlstore

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/painscore/painscore/server/store"
)

// DropAccess deletes a part of one old chain.
func (s *Store) DropAccess(ctx context.Context, before, at time.Time, limit int) (more bool, err error) {
	if limit < 1 {
		return false, errors.New("sqlstore: no block of the access log is to be dropped")
	}
	err = s.write(ctx, "drop a chain of the access log", func(t *transaction) (err error) {
		more, err = t.dropAccess(moment(before), moment(at), limit)
		return err
	}, asMaintenance, repeatable)
	return more && err == nil, err
}

// dropAccess takes the blocks of a chain from the first on: as long as the
// newest one is there, the chain is found again.
func (t *transaction) dropAccess(before, at int64, limit int) (more bool, err error) {
	var chain string
	found, err := t.read(t.sql.oldChain, []any{before}, &chain)
	if err != nil || !found {
		return false, err
	}
	var blocks, events, last int64
	var mac []byte
	if _, err := t.read(t.sql.chainTotals, []any{chain}, &blocks, &events, &mac, &last); err != nil {
		return false, err
	}
	if err := t.exec(t.sql.addDropped, chain, blocks, events, mac, last, at); err != nil {
		return false, err
	}
	part, err := readRows(t, scanValue[int64], t.sql.chainPart, chain, limit)
	if err != nil {
		return false, err
	}
	for _, statement := range []string{t.sql.dropSubjects, t.sql.dropPending, t.sql.dropBlocks} {
		if err := t.exec(statement, chain, part[len(part)-1]); err != nil {
			return false, err
		}
	}
	return true, nil
}

// DroppedAccess returns the chains that were dropped.
func (s *Store) DroppedAccess(ctx context.Context) ([]store.DroppedChain, error) {
	return readAll(ctx, s, "dropped chains of the access log", func(row scanner, to *store.DroppedChain) error {
		var last, dropped int64
		err := row.Scan(&to.Chain, &to.Blocks, &to.Events, &to.MAC, &last, &dropped)
		to.LastAt, to.DroppedAt = instant(last), instant(dropped)
		return err
	}, s.sql.droppedChains)
}

// AddAccessReview keeps the record of a check.
func (s *Store) AddAccessReview(ctx context.Context, review store.AccessReview) error {
	if review.ReviewID == "" {
		return errors.New("sqlstore: a check of the access log without an id")
	}
	if err := checkTexts(review.ReviewID, review.Seed, review.Note, review.Reviewer); err != nil {
		return err
	}
	r := asKept(review)
	return s.write(ctx, "keep a check of the access log", func(t *transaction) error {
		before, err := readRows(t, scanReview, t.sql.review, r.ReviewID)
		switch {
		case err != nil:
			return err
		case len(before) > 0 && before[0] != r:
			return refuse(store.ErrIDReused)
		case len(before) > 0:
			return nil
		}
		return t.exec(t.sql.addReview, r.ReviewID, moment(r.From), moment(r.To), r.Events, r.Sampled, r.Seed, r.Note, r.Reviewer, moment(r.ReviewedAt))
	}, repeatable)
}

// asKept is a review as a read returns it.
func asKept(r store.AccessReview) store.AccessReview {
	for _, at := range []*time.Time{&r.From, &r.To, &r.ReviewedAt} {
		*at = instant(moment(*at))
	}
	return r
}

// AccessReviews returns records of checks, newest first.
func (s *Store) AccessReviews(ctx context.Context, after store.AccessReview, limit int) ([]store.AccessReview, error) {
	at := int64(math.MaxInt64)
	if after.ReviewID != "" {
		at = moment(after.ReviewedAt)
	}
	return readAll(ctx, s, "checks of the access log", scanReview, s.sql.reviews, at, after.ReviewID, max(limit, 0))
}

func scanReview(row scanner, to *store.AccessReview) error {
	var from, until, at int64
	err := row.Scan(&to.ReviewID, &from, &until, &to.Events, &to.Sampled, &to.Seed, &to.Note, &to.Reviewer, &at)
	to.From, to.To, to.ReviewedAt = instant(from), instant(until), instant(at)
	return err
}

// LogOnly keeps the room that is left for the access log.
func (s *Store) LogOnly(on bool) {
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	s.queue.logOnly = on
}
