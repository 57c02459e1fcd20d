package main

import (
	"cmp"
	"context"
	"math"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// span is one acknowledged call in time and in change numbers of its unit.
type span struct {
	began, ended int64 // nanoseconds
	first, last  int64 // lowest and highest change_seq that it got
}

// checkOrder holds the change numbers of a round: each is given once, none is
// lower than those of earlier rounds, and what was acknowledged before another
// call began has the lower one.
func (k *killer) checkOrder(ctx context.Context, c *client.Client, journals []*journal) error {
	spans, given := map[string][]span{}, map[string][]int64{}
	for _, j := range journals {
		unit := j.book.unit
		for _, a := range j.attempts {
			if len(a.stored) == 0 {
				continue
			}
			s := span{began: a.began.UnixNano(), ended: a.ended.UnixNano(), first: math.MaxInt64}
			for _, form := range a.stored {
				given[unit] = append(given[unit], form.ChangeSeq)
				s.first, s.last = min(s.first, form.ChangeSeq), max(s.last, form.ChangeSeq)
			}
			spans[unit] = append(spans[unit], s)
			for _, c := range a.corrections {
				n := c.result.GetChangeSeq()
				given[unit] = append(given[unit], n)
				spans[unit] = append(spans[unit], span{began: c.began.UnixNano(), ended: c.ended.UnixNano(), first: n, last: n})
			}
		}
		episode, err := c.Patients().GetEpisode(ctx, &pb.GetEpisodeRequest{CareUnit: unit, EpisodeId: j.book.episode})
		if status.Code(err) == codes.NotFound && len(j.attempts) == 0 {
			continue
		}
		if err != nil {
			return err
		}
		given[unit] = append(given[unit], episode.Episode.ChangeSeq)
	}
	for unit, numbers := range given {
		k.checkNumbers(unit, numbers)
		for range overtakes(spans[unit]) {
			k.verdict.violate("%s: a call that began after another was acknowledged got the lower change_seq", unit)
		}
	}
	return nil
}

// checkNumbers looks at every number that a unit gave out in a round.
func (k *killer) checkNumbers(unit string, numbers []int64) {
	slices.Sort(numbers)
	previous := k.highest[unit]
	for _, n := range numbers {
		switch {
		case n == previous:
			k.verdict.violate("%s: change_seq %d was given twice", unit, n)
		case n < previous:
			k.verdict.violate("%s: change_seq %d is lower than what was given before the round", unit, n)
		case n > previous+1: // no promise, but worth telling
			k.verdict.count("change numbers that nothing has", int(n-previous-1))
		}
		previous = max(previous, n)
	}
	k.verdict.count("change numbers in order", len(numbers))
	k.highest[unit] = previous
}

// overtakes counts the spans that began after another one had ended and yet
// have a number below it.
func overtakes(spans []span) int {
	byEnd := slices.SortedFunc(slices.Values(spans), func(a, b span) int { return cmp.Compare(a.ended, b.ended) })
	byStart := slices.SortedFunc(slices.Values(spans), func(a, b span) int { return cmp.Compare(a.began, b.began) })
	found, next, highest := 0, 0, int64(0)
	for _, s := range byStart {
		for ; next < len(byEnd) && byEnd[next].ended < s.began; next++ {
			highest = max(highest, byEnd[next].last)
		}
		if s.first < highest {
			found++
		}
	}
	return found
}
