package main

import (
	"math/big"
	"slices"
)

// scale is a sum of items, each of them scored as it is or turned round.
type scale struct {
	code      string
	direction string
	items     []item
	reversed  []string
	needed    int // how many items must be answered; the person's mean stands in for the rest
	bands     []cut
	flags     []cut
}

// points is what an answer to one item adds.
func (s scale) points(it item, answer int) int64 {
	if slices.Contains(s.reversed, it.code) {
		return int64(it.low + it.high - answer)
	}
	return int64(answer)
}

func codes(items []item) []string {
	var out []string
	for _, it := range items {
		out = append(out, it.code)
	}
	return out
}

// score adds the items up.
func (s scale) score(p paper) score {
	out := score{Scale: s.code, Direction: s.direction, Expected: len(s.items), Imputed: []string{}, Flags: []string{}}
	sum, low, high := int64(0), int64(0), int64(0)
	for _, it := range s.items {
		if n, ok := p.answer(it.code); ok {
			out.Answered++
			sum += s.points(it, n)
			low += s.points(it, n)
			high += s.points(it, n)
			continue
		}
		ends := []int64{s.points(it, it.low), s.points(it, it.high)}
		low += slices.Min(ends)
		high += slices.Max(ends)
	}
	out.low, out.high = big.NewRat(low, 1), big.NewRat(high, 1)
	missing := p.missing(codes(s.items))
	switch {
	case p.notApplying(codes(s.items)) > 0:
		return out.refuse(notOne, missing)
	case out.Answered < s.needed:
		return out.refuse(tooFew, missing).between(0, s.bands)
	}
	return out.value(big.NewRat(sum*int64(len(s.items)), int64(out.Answered)), 0, missing, s.bands, s.flags)
}

// refuse turns the score into a refusal of which nothing is known.
func (s score) refuse(reason string, missing []string) score {
	if missing == nil {
		missing = []string{}
	}
	s.Refusal = &refusal{Reason: reason, Missing: missing}
	return s
}

// between says what a refused score can still become.
func (s score) between(decimals int, bands []cut) score {
	s.Refusal.Lowest, s.Refusal.Highest = text(s.low, decimals), text(s.high, decimals)
	s.Refusal.SameBand = len(bands) > 0 && classOf(bands, s.low) == classOf(bands, s.high)
	return s
}

// value gives the score its number. Where items are missing it is prorated.
func (s score) value(exact *big.Rat, decimals int, missing []string, bands, flags []cut) score {
	if len(missing) > 0 {
		s.Prorated, s.Imputed, decimals = true, missing, max(proration, decimals)
	}
	s.exact, s.Value = exact, text(exact, decimals)
	s.Band, s.Flags = classOf(bands, exact), raised(flags, exact)
	return s
}

// total adds up scales that share no item. It is exact until it is printed.
func total(code, direction string, decimals int, bands []cut, order []string, p paper, parts ...score) score {
	out := score{Scale: code, Direction: direction, Imputed: []string{}, Flags: []string{}}
	out.low, out.high = new(big.Rat), new(big.Rat)
	sum, reason, prorated := new(big.Rat), "", false
	for _, part := range parts {
		out.Answered += part.Answered
		out.Expected += part.Expected
		prorated = prorated || part.Prorated
		if part.low != nil {
			out.low.Add(out.low, part.low)
			out.high.Add(out.high, part.high)
		}
		if part.Refusal == nil {
			sum.Add(sum, part.exact)
		} else if reason != notOne {
			reason = part.Refusal.Reason
		}
	}
	missing := p.missing(order)
	switch {
	case reason == notOne:
		return out.refuse(notOne, missing)
	case reason == tooFew:
		return out.refuse(tooFew, missing).between(decimals, bands)
	case !prorated:
		missing = nil
	}
	return out.value(sum, decimals, missing, bands, nil)
}
