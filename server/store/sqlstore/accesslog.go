package sqlstore

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"strings"

	"github.com/painscore/painscore/server/store"
)

// AppendAccess adds a block of the access log.
func (s *Store) AppendAccess(ctx context.Context, block store.AccessBlock) error {
	if err := checkBlock(&block); err != nil {
		return err
	}
	return s.write(ctx, appendToLog, func(t *transaction) error { return t.appendAccess(&block) }, asAccessLog, repeatable)
}

const appendToLog = "append to the access log"

func checkBlock(b *store.AccessBlock) error {
	span := b.LastAt.Sub(b.FirstAt)
	if b.Chain == "" || b.Number < 1 || len(b.MAC) == 0 || span < 0 || span > store.AccessSpan {
		return errors.New("sqlstore: a block of the access log without a name or a MAC, or of too long a time")
	}
	return checkTexts(b.Chain)
}

// AppendAccessNext has a block written by the next batch.
func (s *Store) AppendAccessNext(draft store.AccessDraft) error {
	return s.queue.put(accessLog, &job{draft: draft, cost: 1, settled: make(chan struct{})})
}

// WakeAccess has a batch begun with the blocks that wait.
func (s *Store) WakeAccess() { s.queue.wake() }

// drafted is the task to write a draft's block; none if it has none.
func drafted(draft store.AccessDraft) []task {
	block, ok := draft.MakeBlock()
	if !ok {
		return nil
	}
	return []task{{what: appendToLog, repeatable: true, apply: func(t *transaction) error {
		if err := checkBlock(&block); err != nil {
			return err
		}
		return t.appendAccess(&block)
	}}}
}

func (t *transaction) appendAccess(b *store.AccessBlock) error {
	// Not exec: a block that is there already is no reason to commit, and one
	// that is refused must not look as if something had been written.
	result, err := t.tx.ExecContext(t.ctx, t.sql.addBlock, b.Chain, b.Number, moment(b.FirstAt), moment(b.LastAt), b.Events, orEmpty(b.Body), b.MAC)
	if err != nil {
		return err
	}
	if added, err := result.RowsAffected(); err != nil || added == 1 {
		t.wrote = true
		return errors.Join(err, t.exec(t.sql.addUnindexed, moment(b.LastAt), b.Chain, b.Number))
	}
	var mac []byte
	_, err = t.read(t.sql.blockMAC, []any{b.Chain, b.Number}, &mac)
	if err == nil && !bytes.Equal(mac, b.MAC) {
		return refuse(store.ErrStale)
	}
	return err
}

// orEmpty is a body as the tables keep it, which know no NULL.
func orEmpty(body []byte) []byte {
	if body == nil {
		return []byte{}
	}
	return body
}

// AccessChains returns all chains.
func (s *Store) AccessChains(ctx context.Context) ([]store.AccessChain, error) {
	return readAll(ctx, s, "chains of the access log", func(row scanner, to *store.AccessChain) error {
		var at int64
		err := row.Scan(&to.Chain, &to.Blocks, &to.Events, &to.MAC, &at)
		to.LastAt = instant(at)
		return err
	}, s.sql.accessChains)
}

// AccessBlocks returns blocks of a chain.
func (s *Store) AccessBlocks(ctx context.Context, chain string, after int64, limit int) ([]store.AccessBlock, error) {
	return readAll(ctx, s, "blocks of the access log", scanBlock, s.sql.blocksOfChain, chain, after, max(limit, 0))
}

func scanBlock(row scanner, to *store.AccessBlock) error {
	var first, last int64
	err := row.Scan(&to.Chain, &to.Number, &first, &last, &to.Events, &to.Body, &to.MAC)
	to.FirstAt, to.LastAt = instant(first), instant(last)
	return err
}

// FindAccess returns blocks newest first.
func (s *Store) FindAccess(ctx context.Context, q store.AccessQuery) ([]store.AccessBlock, error) {
	limit := max(q.Limit, 0)
	args := append(reach(&q), limit)
	if len(q.PatientKeys) == 0 {
		return readAll(ctx, s, "find in the access log", scanBlock, s.sql.blocksBefore, args...)
	}
	// One range read for each key, and what is newest of all.
	var found []store.AccessBlock
	for _, key := range q.PatientKeys {
		blocks, err := readAll(ctx, s, "find a patient in the access log", scanBlock, s.sql.blocksOfPatient, append(args, key)...)
		if err != nil {
			return nil, err
		}
		found = append(found, blocks...)
	}
	slices.SortFunc(found, newestFirst)
	found = slices.CompactFunc(found, func(a, b store.AccessBlock) bool { return newestFirst(a, b) == 0 })
	return found[:min(len(found), limit)], nil
}

// newestFirst orders blocks like the queries do.
func newestFirst(a, b store.AccessBlock) int {
	return cmp.Or(b.LastAt.Compare(a.LastAt), strings.Compare(b.Chain, a.Chain), cmp.Compare(b.Number, a.Number))
}

// reach is the part of the log that a query looks at: $1 to $5 of blocksBefore.
// A block ends at most AccessSpan after it begins, so those of a period are
// found by where they end.
func reach(q *store.AccessQuery) []any {
	before, chain, number := int64(math.MaxInt64), "", int64(0)
	from, to := int64(math.MinInt64), int64(math.MaxInt64)
	if !q.From.IsZero() {
		from = moment(q.From)
	}
	if !q.To.IsZero() {
		to = moment(q.To)
		before = moment(q.To.Add(store.AccessSpan)) + 1
	}
	if at := moment(q.BeforeAt); q.Before.Chain != "" && at < before {
		before, chain, number = at, q.Before.Chain, q.Before.Number
	}
	return []any{before, chain, number, from, to}
}

// UnindexedAccess returns blocks whose patients are not indexed.
func (s *Store) UnindexedAccess(ctx context.Context, limit int) ([]store.AccessBlock, error) {
	return readAll(ctx, s, "what is not indexed of the access log", scanBlock, s.sql.unindexed, max(limit, 0))
}

// IndexAccess notes which patients blocks concern.
func (s *Store) IndexAccess(ctx context.Context, blocks []store.AccessSubjects) error {
	for i := range blocks {
		if slices.Contains(blocks[i].PatientKeys, "") {
			return errors.New("sqlstore: a patient without a key in the index of the access log")
		}
		if err := checkTexts(blocks[i].PatientKeys...); err != nil {
			return err
		}
	}
	return s.write(ctx, "index the access log", func(t *transaction) error {
		for i := range blocks {
			if err := t.indexAccess(&blocks[i]); err != nil {
				return err
			}
		}
		return nil
	}, asMaintenance, repeatable)
}

func (t *transaction) indexAccess(b *store.AccessSubjects) error {
	var at int64
	found, err := t.read(t.sql.blockTime, []any{b.Chain, b.Number}, &at)
	if err != nil || !found {
		return err
	}
	for _, key := range b.PatientKeys {
		if err := t.exec(t.sql.addSubject, key, at, b.Chain, b.Number); err != nil {
			return err
		}
	}
	return t.exec(t.sql.dropUnindexed, at, b.Chain, b.Number)
}
