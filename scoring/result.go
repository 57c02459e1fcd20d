package scoring

// Answers is a sheet that Read or ParseAnswers accepted: one response per item
// in the definition's order. It is a buffer to use again; its zero value is
// ready. Fill it through Read or ParseAnswers only.
type Answers struct {
	Responses []Response
	Texts     []string    // by item, the answers that are no whole numbers; nil where the instrument has no such items
	ValueSets []*ValueSet // in the order asked for

	accepted []compiledItem // the items of the instrument that accepted it; nil when refused
	seen     []bool
}

// Result holds the scores of one sheet, per scale in the definition's order;
// an index once per value set asked for. It is a buffer to use again; its zero
// value is ready. Scores and their slices are valid until the next call.
type Result struct {
	Instrument *Instrument
	Scores     []Score

	names []string // backing of the slices in Scores
	at    []int    // where each scale's first score stands
}

// Find returns the score of a scale, for an index with the named value set.
func (r *Result) Find(scale, valueSet string) (*Score, bool) {
	for i := range r.Scores {
		if s := &r.Scores[i]; s.Scale == scale && s.ValueSet == valueSet {
			return s, true
		}
	}
	return nil, false
}

// Text is the score as printed: an exact decimal rounded once, half away from
// zero, or the profile. A refused score has none.
func (s *Score) Text() string { return string(s.AppendText(nil)) }

// AppendText appends Text to dst.
func (s *Score) AppendText(dst []byte) []byte {
	if s.Outcome == Refused {
		return dst
	}
	return s.Value.AppendDecimal(dst, s.Decimals)
}
