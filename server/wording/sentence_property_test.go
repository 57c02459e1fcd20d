package wording_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/wording"
	"pgregory.net/rapid"
)

// anyScore is a score that need not make sense: a sentence may not depend on
// its being sensible.
func anyScore(rt *rapid.T, name string) *scoring.Score {
	if rapid.IntRange(0, 9).Draw(rt, name+" form") == 0 {
		return nil
	}
	s := &scoring.Score{
		Scale:    "x",
		Value:    scoring.Fraction(rapid.Int64Range(-600, 6000).Draw(rt, name), rapid.SampledFrom([]int64{1, 1, 2, 3, 7, 1000}).Draw(rt, name+" den")),
		Decimals: rapid.SampledFrom([]int8{0, 2, 4, scoring.AsNeeded}).Draw(rt, name+" decimals"),
		Prorated: rapid.Bool().Draw(rt, name+" prorated"), Expected: rapid.IntRange(7, 9).Draw(rt, name+" expected"),
		Outcome: rapid.SampledFrom([]scoring.Outcome{scoring.Valued, scoring.Valued, scoring.Valued, scoring.Profiled, scoring.Refused}).Draw(rt, name+" outcome"),
		Refusal: scoring.Refusal{Reason: rapid.SampledFrom([]scoring.RefusalReason{scoring.TooFewAnswers, scoring.NotApplicableRefusal, scoring.ValueSetNotNamed}).Draw(rt, name+" reason")},
	}
	if s.Outcome == scoring.Profiled {
		s.Value, s.Decimals = scoring.Whole(rapid.Int64Range(11111, 55555).Draw(rt, name+" profile")), 0
	}
	return s
}

func anyVerdict(rt *rapid.T, name string, answers ...scoring.VerdictAnswer) scoring.Verdict {
	v := scoring.Verdict{
		Answer:  rapid.SampledFrom(append(answers, scoring.Uncertain, scoring.NotEstablished, scoring.Withheld)).Draw(rt, name),
		Caveats: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{scoring.CaveatWorsening, scoring.CaveatPeriod, scoring.CaveatBorrowed}), 0, 3, rapid.ID).Draw(rt, name+" caveats"),
	}
	switch v.Answer {
	case scoring.Withheld:
		v.Reason = rapid.SampledFrom([]string{scoring.WithheldExhaustion, scoring.WithheldProrated}).Draw(rt, name+" reason")
	case scoring.NotEstablished:
	default:
		v.Threshold = &scoring.Norm{Name: rapid.SampledFrom([]string{"", "ours"}).Draw(rt, name+" norm")}
	}
	return v
}

func anyChange(rt *rapid.T, scales [][2]string) wording.ChangeTold {
	which := rapid.SampledFrom(scales).Draw(rt, "scale")
	occasion := rapid.SampledFrom([]string{"baseline", "programme_end", "follow_up_12_months", "other"})
	c := wording.ChangeTold{
		Instrument: which[0], Scale: which[1], Title: "Hinder", From: occasion.Draw(rt, "from"), To: occasion.Draw(rt, "to"), FromLabel: "start", ToLabel: "uppehåll",
		FromScore: anyScore(rt, "first"), ToScore: anyScore(rt, "second"), BaselineMissing: rapid.Bool().Draw(rt, "no baseline"),
	}
	if c.FromScore == nil || c.ToScore == nil {
		return c
	}
	c.FromScore.Direction = rapid.SampledFrom([]scoring.Direction{scoring.NoDirection, scoring.HigherIsBetter, scoring.HigherIsWorse}).Draw(rt, "direction")
	c.ToScore.Direction = c.FromScore.Direction
	hash := rapid.SampledFrom([]string{"a", "a", "a", "b"})
	a := &scoring.Measurement{Instrument: which[0], ScoringHash: hash.Draw(rt, "first hash"), Score: c.FromScore}
	b := &scoring.Measurement{Instrument: which[0], ScoringHash: hash.Draw(rt, "second hash"), Score: c.ToScore}
	change := scoring.Compare(a, b)
	c.Change = &change
	c.Paretian, _ = scoring.Paretian(a, b)
	if change.Comparable && rapid.IntRange(0, 5).Draw(rt, "judged") > 0 {
		c.Judgement = &scoring.Judgement{
			Importance: anyVerdict(rt, "important", scoring.Important, scoring.NotImportant),
			Error:      anyVerdict(rt, "error", scoring.BeyondError, scoring.WithinError),
			Percent:    rapid.SampledFrom([]scoring.Exact{{}, scoring.Fraction(200, 7)}).Draw(rt, "percent"),
		}
	}
	return c
}

var (
	aNumber          = regexp.MustCompile(`[−-]?\d+(?:[.,]\d+)?`)
	twelveMonthsSaid = regexp.MustCompile(`12-(månadersuppföljningen|month follow-up)`)
)

// Whatever the change: improved and worse are heard only where the MCID says
// YES, both languages say something, in one sentence, and no number is heard
// that the change does not hold.
func TestASentenceSaysNoMoreThanTheChangeHolds(t *testing.T) {
	var scales [][2]string
	for key := range wording.All() {
		if id, ok := strings.CutPrefix(key, "scale "); ok {
			instrument, scale, _ := strings.Cut(id, ".")
			scales = append(scales, [2]string{strings.Replace(instrument, "eq_5d", "eq_5d_5l", 1), scale})
		}
	}
	slices.SortFunc(scales, func(a, b [2]string) int { return strings.Compare(a[0]+a[1], b[0]+b[1]) })
	scales = append(scales, [2]string{"mpi_s", "interference"}) // a site's own
	rapid.Check(t, func(rt *rapid.T) {
		c := anyChange(rt, scales)
		for _, l := range wording.Languages() {
			sentence := l.Sentence(c)
			said, ok := strings.CutPrefix(sentence, wording.Subject(l, c)+" ")
			if !ok || len(said) < 10 || !strings.HasSuffix(said, ".") || strings.Contains(said, ". ") || strings.ContainsAny(said, "%[]_") {
				rt.Fatalf("no plain sentence: %q", sentence)
			}
			yes := c.Judgement != nil && c.Judgement.Importance.Answer == scoring.Important
			if anticipates(sentence) && !yes {
				rt.Fatalf("no important change, and yet: %q", sentence)
			}
			held := numbersOf(l, &c)
			for _, n := range aNumber.FindAllString(twelveMonthsSaid.ReplaceAllString(said, ""), -1) {
				if !slices.Contains(held, n) {
					rt.Fatalf("%s is not in the change: %q", n, sentence)
				}
			}
		}
	})
}

// numbersOf lists the numbers that a change holds, as its language writes them.
func numbersOf(l wording.Language, c *wording.ChangeTold) []string {
	var held []string
	for _, s := range []*scoring.Score{c.FromScore, c.ToScore} {
		if s != nil {
			held = append(held, l.Number(s.Text()), l.Number(scoring.Whole(int64(s.Expected)).String()))
		}
	}
	if c.Change != nil {
		held = append(held, l.Number(strings.TrimLeft(c.Change.Text(), "+-")))
	}
	if c.Judgement != nil {
		held = append(held, l.Number(string(c.Judgement.Percent.AppendDecimal(nil, 1))))
	}
	return held
}
