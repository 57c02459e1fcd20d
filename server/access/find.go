package access

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/painscore/painscore/server/store"
)

// Query says which events are wanted. The zero value is all of them.
type Query struct {
	PatientKeys []string // events that concern one of these; none: anybody
	User        string   // who acted; empty: anybody
	From, To    time.Time
	// After is the place of the event after which the list goes on, towards
	// the past; the zero Place: from the newest.
	After Place
	Limit int
}

// Place is where an event stands in the log: in which block, at which line.
type Place struct {
	store.AccessRef
	BlockAt time.Time // LastAt of the block
	Line    int       // from 1; 0 with the zero Place only
}

// Found is an event and its place.
type Found struct {
	Event
	Place Place
}

// Reader is what Find needs of the store.
type Reader interface {
	FindAccess(ctx context.Context, query store.AccessQuery) ([]store.AccessBlock, error)
	UnindexedAccess(ctx context.Context, limit int) ([]store.AccessBlock, error)
}

// findBlocks is how many blocks are read at a time; full ones have 60 kB each.
const findBlocks = 32

// maxUnindexed bounds what is read of the blocks that the index has not
// reached. It is behind by a second; more than this means that it stands still.
const maxUnindexed = 4096

// Find returns events newest first: by block, and within a block from its last
// line to its first. With patients it finds also what is not indexed yet.
func Find(ctx context.Context, log Reader, query Query) ([]Found, error) {
	if query.Limit <= 0 {
		return nil, nil
	}
	if len(query.PatientKeys) == 0 {
		return walk(ctx, log, query, nil)
	}
	// First, so that a block which is indexed meanwhile is found there or here.
	pending, err := log.UnindexedAccess(ctx, maxUnindexed)
	if err != nil {
		return nil, err
	}
	if len(pending) == maxUnindexed {
		return nil, fmt.Errorf("access: more than %d blocks of the log are not indexed: %w", maxUnindexed, store.ErrOverloaded)
	}
	pending = slices.DeleteFunc(pending, func(b store.AccessBlock) bool { return !query.reaches(&b) })
	slices.SortFunc(pending, newestFirst)
	return walk(ctx, log, query, pending)
}

// walk goes through the log block by block, and meanwhile through the pending
// blocks, which are newest first too.
func walk(ctx context.Context, log Reader, query Query, pending []store.AccessBlock) (found []Found, err error) {
	blocks := store.AccessQuery{
		PatientKeys: query.PatientKeys, From: query.From, To: query.To, Limit: findBlocks,
	}
	// The block of the place itself may have further lines.
	if query.After.Line > 0 {
		blocks.Before, blocks.BeforeAt = query.After.AccessRef, query.After.BlockAt
		blocks.Before.Number++
	}
	for {
		read, err := log.FindAccess(ctx, blocks)
		if err != nil {
			return nil, err
		}
		end := len(read) < findBlocks
		if !end {
			last := &read[len(read)-1]
			blocks.Before, blocks.BeforeAt = refOf(last), last.LastAt
			for len(pending) > 0 && newestFirst(pending[0], *last) <= 0 {
				read, pending = append(read, pending[0]), pending[1:]
			}
		} else {
			read, pending = append(read, pending...), nil
		}
		slices.SortFunc(read, newestFirst)
		read = slices.CompactFunc(read, func(a, b store.AccessBlock) bool { return newestFirst(a, b) == 0 })
		for i := range read {
			if found, err = query.take(found, &read[i]); err != nil || len(found) >= query.Limit {
				return found, err
			}
		}
		if end {
			return found, nil
		}
	}
}

// take adds the events of a block that the query wants, last line first.
func (q *Query) take(found []Found, block *store.AccessBlock) ([]Found, error) {
	if q.After.Line > 0 && newestFirst(*block, q.after()) < 0 {
		return found, nil
	}
	events, err := Events(block.Body)
	if err != nil {
		return nil, fmt.Errorf("chain %q, block %d: %w", block.Chain, block.Number, err)
	}
	for i, event := range slices.Backward(events) {
		line := i + 1
		if refOf(block) == q.After.AccessRef && line >= q.After.Line || !q.wants(&event) {
			continue
		}
		if found = append(found, Found{Event: event, Place: Place{AccessRef: refOf(block), BlockAt: block.LastAt, Line: line}}); len(found) >= q.Limit {
			break
		}
	}
	return found, nil
}

func (q *Query) after() store.AccessBlock {
	return store.AccessBlock{Chain: q.After.Chain, Number: q.After.Number, LastAt: q.After.BlockAt}
}

// reaches says whether a block may have events that the query wants.
func (q *Query) reaches(block *store.AccessBlock) bool {
	return (q.From.IsZero() || !block.LastAt.Before(q.From)) && (q.To.IsZero() || !block.FirstAt.After(q.To))
}

func (q *Query) wants(e *Event) bool {
	return (q.User == "" || e.User == q.User) && (q.From.IsZero() || !e.At.Before(q.From)) && (q.To.IsZero() || !e.At.After(q.To)) &&
		(len(q.PatientKeys) == 0 || slices.ContainsFunc(e.Patients, func(key string) bool { return slices.Contains(q.PatientKeys, key) }))
}

// newestFirst orders blocks as the store does.
func newestFirst(a, b store.AccessBlock) int {
	return cmp.Or(b.LastAt.Compare(a.LastAt), strings.Compare(b.Chain, a.Chain), cmp.Compare(b.Number, a.Number))
}

// String writes a place so that ParsePlace reads it back. It names no person.
func (p Place) String() string {
	return fmt.Sprintf("%d %d %d %s", p.BlockAt.UnixMicro(), p.Line, p.Number, p.Chain)
}

// ParsePlace reads a place; an empty text is the zero Place.
func ParsePlace(text string) (p Place, err error) {
	if text == "" {
		return p, nil
	}
	parts := strings.SplitN(text, " ", 4)
	if len(parts) < 4 {
		return p, errors.New("access: not a place in the log")
	}
	var numbers [3]int64
	for i := range numbers {
		if numbers[i], err = strconv.ParseInt(parts[i], 10, 64); err != nil {
			return Place{}, errors.New("access: not a place in the log")
		}
	}
	return Place{AccessRef: store.AccessRef{Chain: parts[3], Number: numbers[2]}, BlockAt: time.UnixMicro(numbers[0]).UTC(), Line: int(numbers[1])}, nil
}
