package access

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"
)

// Sample is a random part of a period of the log, for the recurring check that
// nobody looks at what is not theirs.
type Sample struct {
	Events int64 // how many the period has
	Drawn  []Found
}

// Draw draws size events of a period. The same seed over the same log draws
// the same ones: an event is drawn by a hash of the seed and of its place, so
// that somebody else can draw again what was checked, and no memory is needed
// but for what is drawn.
func Draw(ctx context.Context, log Reader, from, to time.Time, size int, seed string) (Sample, error) {
	type ticket struct {
		number [sha256.Size]byte
		Found
	}
	var sample Sample
	var drawn []ticket
	byNumber := func(a, b ticket) int { return bytes.Compare(a.number[:], b.number[:]) }
	query := Query{From: from, To: to, Limit: 4096}
	for {
		page, err := Find(ctx, log, query)
		if err != nil {
			return Sample{}, err
		}
		sample.Events += int64(len(page))
		for _, found := range page {
			drawn = append(drawn, ticket{number(seed, found.Place), found})
		}
		slices.SortFunc(drawn, byNumber)
		drawn = drawn[:min(len(drawn), max(size, 0))]
		if len(page) < query.Limit {
			break
		}
		query.After = page[len(page)-1].Place
	}
	for _, t := range drawn {
		sample.Drawn = append(sample.Drawn, t.Found)
	}
	slices.SortFunc(sample.Drawn, func(a, b Found) int {
		return cmp.Or(b.At.Compare(a.At), bytes.Compare([]byte(b.Place.Chain), []byte(a.Place.Chain)),
			cmp.Compare(b.Place.Number, a.Place.Number), cmp.Compare(b.Place.Line, a.Place.Line))
	})
	return sample, nil
}

// number is where the hash of an event puts it in the draw.
func number(seed string, place Place) [sha256.Size]byte {
	h := sha256.New()
	for _, part := range []string{"painscore sample 1", seed, place.Chain} {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		h.Write([]byte(part))
	}
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(place.Number)))
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(place.Line)))
	return [sha256.Size]byte(h.Sum(nil))
}
