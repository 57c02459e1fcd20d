package scoring

// sum adds up the answered terms, in units of 1/den of the scale.
func sum(terms []term, r []Response) int64 {
	total := int64(0)
	for i := range terms {
		if t := &terms[i]; r[t.item].Kind == Answered {
			total += t.base + t.weight*int64(r[t.item].Value)
		}
	}
	return total
}

// termsFor returns the terms of a sum, chosen by another item's answer where
// the scale says so. That item must be answered.
func (sc *compiledScale) termsFor(r []Response) []term {
	if sc.chooser < 0 {
		return sc.terms
	}
	for i := range sc.cases {
		if sc.cases[i].value == r[sc.chooser].Value {
			return sc.cases[i].terms
		}
	}
	panic("scoring: an accepted answer chooses no weights") // Compile made the cases cover every answer
}

// points reads the table: those of the last step that the sum reaches.
func (sc *compiledScale) points(sum int64) int64 {
	at := 0
	for i := range sc.steps {
		if sum >= sc.steps[i].from {
			at = i
		}
	}
	return sc.steps[at].points
}

// count returns how many answers are at or above the threshold.
func (sc *compiledScale) count(r []Response) int64 {
	n := int64(0)
	for i := range sc.terms {
		if a := r[sc.terms[i].item]; a.Kind == Answered && a.Value >= sc.threshold {
			n++
		}
	}
	return n
}

// digits writes the levels one after the other, such as 21232.
func (sc *compiledScale) digits(r []Response) int64 {
	n := int64(0)
	for i := range sc.terms {
		n = n*10 + int64(r[sc.terms[i].item].Value)
	}
	return n
}

// extremes returns the lowest and the highest score over every way to answer
// the missing items; both are attained. Items that are not applicable stay so.
func (in *Instrument) extremes(sc *compiledScale, r []Response) (low, high Exact) {
	switch sc.kind {
	case KindScales:
		low, high = Whole(0), Whole(0)
		for _, part := range sc.parts { // parts share no item, so each can be at its own extreme
			l, h := in.extremes(&in.scales[part], r)
			low, high = low.Add(l), high.Add(h)
		}
		return low, high
	case KindCount:
		l, h := in.countExtremes(sc, r)
		return Whole(l), Whole(h)
	case KindSteps:
		l, h := sc.stepExtremes(in.sumExtremes(sc.terms, r))
		return Fraction(l, sc.den), Fraction(h, sc.den)
	case KindMean:
		l, h := in.sumExtremes(sc.terms, r)
		n := int64(0)
		for _, item := range sc.items {
			if r[item].Kind != NotApplicable {
				n++
			}
		}
		return Fraction(l, sc.den*n), Fraction(h, sc.den*n)
	}
	l, h := in.chosenExtremes(sc, r)
	return Fraction(l, sc.den), Fraction(h, sc.den)
}

// sumExtremes returns the lowest and highest sum of the terms.
func (in *Instrument) sumExtremes(terms []term, r []Response) (low, high int64) {
	for i := range terms {
		t := &terms[i]
		switch r[t.item].Kind {
		case NotApplicable:
			continue
		case Answered:
			x := t.base + t.weight*int64(r[t.item].Value)
			low, high = low+x, high+x
		default:
			a := t.base + t.weight*int64(in.items[t.item].min)
			b := t.base + t.weight*int64(in.items[t.item].max)
			low, high = low+min(a, b), high+max(a, b)
		}
	}
	return low, high
}

// chosenExtremes is sumExtremes over every set of weights still possible.
func (in *Instrument) chosenExtremes(sc *compiledScale, r []Response) (low, high int64) {
	if sc.chooser < 0 {
		return in.sumExtremes(sc.terms, r)
	}
	if r[sc.chooser].Kind == Answered {
		return in.sumExtremes(sc.termsFor(r), r)
	}
	for i := range sc.cases {
		l, h := in.sumExtremes(sc.cases[i].terms, r)
		if i == 0 {
			low, high = l, h
		}
		low, high = min(low, l), max(high, h)
	}
	return low, high
}

// stepExtremes returns the lowest and highest points over the sums from low to
// high. A table need not ascend, so every step in between counts.
func (sc *compiledScale) stepExtremes(low, high int64) (lowest, highest int64) {
	lowest, highest = sc.points(low), sc.points(low)
	for i := range sc.steps {
		if s := &sc.steps[i]; s.from > low && s.from <= high {
			lowest, highest = min(lowest, s.points), max(highest, s.points)
		}
	}
	return lowest, highest
}

func (in *Instrument) countExtremes(sc *compiledScale, r []Response) (low, high int64) {
	low = sc.count(r)
	high = low
	for i := range sc.terms {
		if r[sc.terms[i].item].Missing() { // Compile made sure that either answer is possible
			high++
		}
	}
	return low, high
}
