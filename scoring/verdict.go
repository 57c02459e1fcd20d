package scoring

// VerdictAnswer is how a verdict comes out. Importance is answered by Important,
// Uncertain and NotImportant, measurement error by BeyondError, Uncertain and
// WithinError.
type VerdictAnswer string

// The answers a verdict can have.
const (
	Important      VerdictAnswer = "YES"             // at or above the upper bound of the MCID
	Uncertain      VerdictAnswer = "UNCERTAIN"       // between the bounds
	NotImportant   VerdictAnswer = "NO"              // below the lower bound
	BeyondError    VerdictAnswer = "BEYOND"          // above the upper bound of the SDC
	WithinError    VerdictAnswer = "WITHIN"          // at or below the lower bound
	NotEstablished VerdictAnswer = "NOT_ESTABLISHED" // nothing is known for this scale and population
	Withheld       VerdictAnswer = "WITHHELD"        // a threshold exists and must not be used here; Reason says why
)

// Reasons for withholding a verdict.
const (
	WithheldProrated   = "PRORATED"             // imputed items make the measurement error larger by an unknown amount
	WithheldExhaustion = "EXHAUSTION_PROGRAMME" // the threshold was found in pain, the episode is of an exhaustion programme
)

// Caveats of a verdict: what its threshold was not made for.
const (
	CaveatWorsening = "FOUND_IN_IMPROVEMENT"    // the change is for the worse; using the threshold so is a house rule
	CaveatPeriod    = "FOUND_OVER_OTHER_PERIOD" // found over a year and used over a shorter time; a house rule
	CaveatBorrowed  = "BORROWED"                // found in another condition than pain
)

// Verdict is one of the two judgements on a change, with what it rests on.
type Verdict struct {
	Answer    VerdictAnswer
	Reason    string // why withheld
	Caveats   []string
	Threshold *Norm // what decided or would have; nil with NotEstablished
}

// Circumstances are what a verdict must know besides the two scores.
type Circumstances struct {
	// Exhaustion: the episode is of an exhaustion programme, so that what was
	// found in pain does not hold.
	Exhaustion bool
	// AboutAYear: baseline to the 12-month follow-up, the period over which
	// most thresholds were found.
	AboutAYear bool
}

// Judgement is all that can be said about a comparable change.
type Judgement struct {
	Importance Verdict // does it matter? (MCID)
	Error      Verdict // is it more than measurement error? (SDC)

	// Percent is the reduction in percent of the earlier score, positive for a
	// reduction; Den 0 where it is not defined: an earlier score of 0, no
	// reduction, or a scale without the rule. PercentClass is empty below the
	// lowest class.
	Percent      Exact
	PercentClass string

	EvidenceHash string
}

// Judge gives the two verdicts on a change and its percent. The change must be
// the comparable result of Compare for these two measurements; for any other
// Judge establishes nothing. What is judged is the difference as printed: two
// readers of one sheet must come to one verdict.
func (e Evidence) Judge(from, to *Measurement, change *Change, circumstances Circumstances) Judgement {
	j := Judgement{Importance: Verdict{Answer: NotEstablished}, Error: Verdict{Answer: NotEstablished}, EvidenceHash: e.Hash}
	if !change.Comparable {
		return j
	}
	size := change.Difference.printed(change.Decimals).abs()
	if norm := choose(e.MCID, from.Score.Value); norm != nil {
		j.Importance = judge(norm, change, circumstances)
		if j.Importance.Answer == "" {
			j.Importance.Answer = importance(norm, size)
		}
	}
	if norm := choose(e.SDC, from.Score.Value); norm != nil {
		j.Error = judge(norm, change, circumstances)
		switch {
		case j.Error.Answer != "":
		case change.Prorated:
			j.Error.Answer, j.Error.Reason = Withheld, WithheldProrated
		default:
			j.Error.Answer = beyondError(norm, size)
		}
		j.Error.Caveats = without(without(j.Error.Caveats, CaveatWorsening), CaveatPeriod) // an error has neither direction nor period
	}
	e.percent(&j, from.Score.Value, to.Score.Value)
	return j
}

// choose finds the first norm whose limits on the earlier score are met.
func choose(norms []Norm, earlier Exact) *Norm {
	for i := range norms {
		n := &norms[i]
		if (n.EarlierAtMost.Den == 0 || earlier.Cmp(n.EarlierAtMost) <= 0) && (n.EarlierAbove.Den == 0 || earlier.Cmp(n.EarlierAbove) > 0) {
			return n
		}
	}
	return nil
}

// judge settles what both verdicts have in common; the answer is left open
// where the threshold may be used.
func judge(norm *Norm, change *Change, circumstances Circumstances) Verdict {
	v := Verdict{Threshold: norm}
	if circumstances.Exhaustion && !norm.Borrowed {
		v.Answer, v.Reason = Withheld, WithheldExhaustion
		return v
	}
	if norm.Borrowed {
		v.Caveats = append(v.Caveats, CaveatBorrowed)
	}
	if change.Movement == TowardsWorse {
		v.Caveats = append(v.Caveats, CaveatWorsening)
	}
	if !circumstances.AboutAYear && norm.OverAYear {
		v.Caveats = append(v.Caveats, CaveatPeriod)
	}
	return v
}

func importance(norm *Norm, size Exact) VerdictAnswer {
	switch {
	case size.Cmp(norm.Low) < 0:
		return NotImportant
	case size.Cmp(norm.High) >= 0:
		return Important
	}
	return Uncertain
}

func beyondError(norm *Norm, size Exact) VerdictAnswer {
	switch {
	case size.Cmp(norm.High) > 0:
		return BeyondError
	case size.Cmp(norm.Low) <= 0:
		return WithinError
	}
	return Uncertain
}

// percent classifies a reduction by whole-number arithmetic: 10 × fall ≥ 3 ×
// baseline, never a rounded percentage.
func (e Evidence) percent(j *Judgement, earlier, later Exact) {
	fall := earlier.Sub(later)
	if e.Percent == nil || earlier.Num <= 0 || fall.Num <= 0 {
		return
	}
	j.Percent = Fraction(fall.Num*earlier.Den*100, fall.Den*earlier.Num)
	for _, class := range e.Percent.Classes {
		if j.Percent.Cmp(Whole(int64(class.From))) >= 0 {
			j.PercentClass = class.Code
		}
	}
}

func without(list []string, item string) []string {
	var kept []string
	for _, each := range list {
		if each != item {
			kept = append(kept, each)
		}
	}
	return kept
}

// Crossed says which band a change led into and which flags it raised and
// cleared.
type Crossed struct {
	FromBand, ToBand string // equal where no band was crossed
	Raised, Cleared  []string
}

// Crossings compares bands and flags of two scores of one scale.
func Crossings(from, to *Score) Crossed {
	c := Crossed{FromBand: from.Band, ToBand: to.Band}
	for _, flag := range to.Flags {
		if !contains(from.Flags, flag) {
			c.Raised = append(c.Raised, flag)
		}
	}
	for _, flag := range from.Flags {
		if !contains(to.Flags, flag) {
			c.Cleared = append(c.Cleared, flag)
		}
	}
	return c
}

func contains(list []string, item string) bool {
	for _, each := range list {
		if each == item {
			return true
		}
	}
	return false
}

// printed is the number that a reader sees at this many decimals, rounded
// once, half away from zero.
func (e Exact) printed(decimals int8) Exact {
	if decimals == AsNeeded {
		decimals = e.shortest()
	}
	scaled := int64(e.scaled(pow10[decimals]))
	if e.Num < 0 {
		scaled = -scaled
	}
	return Fraction(scaled, int64(pow10[decimals]))
}

func (e Exact) abs() Exact {
	if e.Num < 0 {
		e.Num = -e.Num
	}
	return e
}
