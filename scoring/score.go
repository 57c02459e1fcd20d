package scoring

// Score computes every scale of the answers into result, in the definition's
// order, an index once per value set asked for. It does not allocate once
// result has grown to size. It panics on answers that this instrument's Read or
// ParseAnswers did not accept: a number made from unchecked answers would be
// wrong in silence.
func (in *Instrument) Score(answers *Answers, result *Result) {
	if len(answers.Responses) != len(in.items) || len(answers.accepted) == 0 || &answers.accepted[0] != &in.items[0] {
		panic("scoring: Score needs answers that Read of the same instrument accepted")
	}
	result.Instrument = in
	result.Scores, result.names, result.at = result.Scores[:0], result.names[:0], result.at[:0]
	r := answers.Responses
	for i := range in.scales {
		sc := &in.scales[i]
		result.at = append(result.at, len(result.Scores))
		switch sc.kind {
		case KindIndex:
			in.scoreIndexes(sc, answers, result)
		case KindScales:
			in.scoreTotal(sc, r, result)
		default:
			in.scoreItems(sc, r, result)
		}
	}
}

// next returns a fresh score at the end of the result. It sets every field by
// itself: clearing the whole of a large struct first took a quarter of the time
// of scoring. TestResultIsReusable holds that none is forgotten.
func (result *Result) next(sc *compiledScale) *Score {
	n := len(result.Scores)
	if n < cap(result.Scores) {
		result.Scores = result.Scores[:n+1]
	} else {
		result.Scores = append(result.Scores, Score{})
	}
	s := &result.Scores[n]
	s.Scale, s.ValueSet, s.Direction, s.Decimals, s.Rule, s.Line = sc.code, "", sc.direction, sc.decimals, sc.rule, sc.line
	s.Outcome, s.Value, s.Prorated, s.Answered, s.Expected = 0, Exact{}, false, 0, 0
	s.Imputed, s.Band, s.Flags = nil, "", nil
	if s.Refusal.Reason != "" {
		s.Refusal = Refusal{}
	}
	return s
}

// scoreItems scores a scale that reads items: anything but a total and an index.
func (in *Instrument) scoreItems(sc *compiledScale, r []Response, result *Result) {
	s := result.next(sc)
	if !in.tally(sc, s, r, result) {
		return
	}
	complete := s.Answered == s.Expected
	switch sc.kind {
	case KindProfile:
		s.Outcome, s.Value = Profiled, Whole(sc.digits(r))
		return
	case KindSteps:
		s.Value = Fraction(sc.points(sum(sc.terms, r)), sc.den)
	case KindCount:
		s.Value = Whole(sc.count(r))
	case KindMean:
		s.Value = Fraction(sum(sc.terms, r), sc.den*int64(s.Answered))
	default:
		total := sum(sc.termsFor(r), r)
		if complete {
			s.Value = Fraction(total, sc.den)
		} else {
			s.Value = Fraction(total*int64(s.Expected), sc.den*int64(s.Answered))
		}
	}
	if !complete {
		s.prorate(in.missing(sc, r, result))
	}
	s.Outcome = Valued
	sc.classify(s, result)
}

// tally counts the answers and refuses the scale where they do not suffice.
func (in *Instrument) tally(sc *compiledScale, s *Score, r []Response, result *Result) bool {
	notApplicable := 0
	for _, item := range sc.items {
		switch r[item].Kind {
		case Answered:
			s.Answered++
		case NotApplicable:
			notApplicable++
		}
	}
	s.Expected = len(sc.items)
	if sc.shrinks {
		s.Expected -= notApplicable
	}
	switch {
	case notApplicable > 0 && !sc.shrinks, s.Expected == 0:
		in.refuse(sc, s, NotApplicableRefusal, r, result)
	case s.Answered < sc.needed(s.Expected):
		in.refuse(sc, s, TooFewAnswers, r, result)
	default:
		return true
	}
	return false
}

// needed returns how many of the expected items must be answered.
func (sc *compiledScale) needed(expected int) int {
	switch sc.rule {
	case RuleHalf:
		return (expected + 1) / 2
	case RuleAtLeast:
		return min(sc.atLeast, expected)
	}
	return expected
}

// scoreTotal adds up scales that were scored before. The sum is exact; it is
// rounded once, when it is printed.
func (in *Instrument) scoreTotal(sc *compiledScale, r []Response, result *Result) {
	s := result.next(sc)
	total, reason, prorated := Whole(0), RefusalReason(""), false
	for _, part := range sc.parts {
		p := &result.Scores[result.at[part]]
		s.Answered += p.Answered
		s.Expected += p.Expected
		switch {
		case p.Outcome != Refused:
			total = total.Add(p.Value)
			prorated = prorated || p.Prorated
		case reason != NotApplicableRefusal:
			reason = p.Refusal.Reason
		}
	}
	if reason != "" {
		in.refuse(sc, s, reason, r, result)
		return
	}
	s.Outcome, s.Value = Valued, total
	if prorated {
		s.prorate(in.missing(sc, r, result))
	}
	sc.classify(s, result)
}

// scoreIndexes gives one score per value set asked for, or one refusal.
func (in *Instrument) scoreIndexes(sc *compiledScale, answers *Answers, result *Result) {
	r := answers.Responses
	if len(answers.ValueSets) == 0 {
		s := result.next(sc)
		in.tally(sc, s, r, result)
		in.refuse(sc, s, ValueSetNotNamed, r, result)
		return
	}
	for _, v := range answers.ValueSets {
		s := result.next(sc)
		s.ValueSet, s.Decimals = v.def.ValueSet, v.Decimals()
		if !in.tally(sc, s, r, result) {
			if s.Refusal.Reason == TooFewAnswers {
				s.Refusal.Lowest, s.Refusal.Highest = v.extremes(sc.terms, r)
			}
			continue
		}
		at := 0
		for _, t := range sc.terms {
			at = at*v.levels + int(r[t.item].Value) - 1
		}
		s.Outcome, s.Value = Valued, Fraction(int64(v.table[at]), microUnits)
	}
}

// refuse fills in what to ask for and what is still possible.
func (in *Instrument) refuse(sc *compiledScale, s *Score, reason RefusalReason, r []Response, result *Result) {
	s.Outcome = Refused
	s.Refusal = Refusal{Reason: reason, Missing: in.missing(sc, r, result)}
	if reason == TooFewAnswers && sc.numeric() {
		low, high := in.extremes(sc, r)
		s.Refusal.Lowest, s.Refusal.Highest = low, high
		s.Refusal.SameBand = len(sc.bands) > 0 && sc.band(low) == sc.band(high)
	}
}

// prorate marks a score in which the person's mean stands in for items. It is
// shown with at least two decimals.
func (s *Score) prorate(imputed []string) {
	s.Prorated, s.Imputed, s.Decimals = true, imputed, max(2, s.Decimals)
}

// missing lists the items of the scale without an answer, not applicable ones
// aside.
func (in *Instrument) missing(sc *compiledScale, r []Response, result *Result) []string {
	from := len(result.names)
	for _, item := range sc.items {
		if r[item].Missing() {
			result.names = append(result.names, in.items[item].code)
		}
	}
	return result.slice(from)
}

// slice returns the names from an index on, nil if none; appending to it never
// reaches the names that follow.
func (result *Result) slice(from int) []string {
	if n := len(result.names); n > from {
		return result.names[from:n:n]
	}
	return nil
}

// classify finds the band and the flags. Both compare the exact value with
// lower bounds, never a rounded one.
func (sc *compiledScale) classify(s *Score, result *Result) {
	if b := sc.band(s.Value); b >= 0 {
		s.Band = sc.bands[b].Code
	}
	from := len(result.names)
	for i := range sc.flags {
		if f := &sc.flags[i]; s.Value.reaches(f.From) {
			result.names = append(result.names, f.Code)
		}
	}
	s.Flags = result.slice(from)
}

// band returns the index of the highest band whose lower bound e reaches, -1
// where the scale has none.
func (sc *compiledScale) band(e Exact) int {
	for i := len(sc.bands) - 1; i >= 0; i-- {
		if e.reaches(sc.bands[i].From) {
			return i
		}
	}
	return -1
}
