package server

import (
	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/wording"
)

var (
	movements            = numbersOf[scoring.Movement, pb.Movement]("MOVEMENT_", pb.Movement_value)
	paretianClasses      = numbersOf[scoring.ParetianClass, pb.ParetianClass]("PARETIAN_CLASS_", pb.ParetianClass_value)
	notComparableReasons = numbersOf[scoring.NotComparableReason, pb.NotComparableReason]("NOT_COMPARABLE_REASON_", pb.NotComparableReason_value)
	verdictAnswers       = numbersOf[scoring.VerdictAnswer, pb.VerdictAnswer]("VERDICT_ANSWER_", pb.VerdictAnswer_value)
	withheldReasons      = numbersOf[string, pb.WithheldReason]("WITHHELD_REASON_", pb.WithheldReason_value)
	verdictCaveats       = numbersOf[string, pb.VerdictCaveat]("VERDICT_CAVEAT_", pb.VerdictCaveat_value)
)

func (told *teller) change(line *clinic.Line, kept *scaleKept, c *clinic.Change) *pb.Change {
	out := &take(&told.changes, 1)[0]
	out.From, out.To = int32(c.From), int32(c.To)
	out.Comparable, out.Movement, out.Prorated, out.InstrumentSwitched = c.Comparable, movements[c.Movement], c.Prorated, c.InstrumentSwitched
	out.ParetianClass = paretianClasses[c.Paretian]
	out.Sentence = told.sentence(line, c)
	if !c.Comparable {
		out.NotComparableReason = notComparableReasons[c.Reason]
		return out
	}
	if c.Crossed.FromBand != c.Crossed.ToBand {
		out.FromBand, out.ToBand = c.Crossed.FromBand, c.Crossed.ToBand
	}
	out.FlagsRaised, out.FlagsCleared = c.Crossed.Raised, c.Crossed.Cleared
	out.Difference = exactText(c.Difference, c.Decimals)
	out.Importance = told.verdict(line, kept, &c.Judgement.Importance)
	out.MeasurementError = told.verdict(line, kept, &c.Judgement.Error)
	out.PercentReduction, out.PercentClass = exactText(c.Judgement.Percent, 1), c.Judgement.PercentClass
	return out
}

// sentence tells a change in the language asked for.
func (told *teller) sentence(line *clinic.Line, c *clinic.Change) string {
	if told.language == "" {
		return ""
	}
	from, to := &told.trend.Occasions[c.From], &told.trend.Occasions[c.To]
	tell := wording.ChangeTold{
		Instrument: line.Instrument.ID(), Scale: line.Scale.Code, Title: line.Scale.Def.Title,
		From: string(from.Occasion), FromLabel: from.Label, To: string(to.Occasion), ToLabel: to.Label,
		FromScore: c.FromScore, ToScore: c.ToScore, BaselineMissing: told.baselineMissing,
		Crossed: c.Crossed, Paretian: c.Paretian,
	}
	if c.FromScore != nil && c.ToScore != nil {
		tell.Change = &c.Change
	}
	if c.Comparable {
		tell.Judgement = &c.Judgement
	}
	return told.language.Sentence(tell)
}

// nothingEstablished is the verdict of most changes, one for all.
var nothingEstablished = &pb.Verdict{Answer: pb.VerdictAnswer_VERDICT_ANSWER_NOT_ESTABLISHED}

// established is 1 for a verdict that needs a message of its own, else 0.
func established(v *scoring.Verdict) int {
	if v.Threshold == nil {
		return 0
	}
	return 1
}

func (told *teller) verdict(line *clinic.Line, kept *scaleKept, v *scoring.Verdict) *pb.Verdict {
	if established(v) == 0 {
		return nothingEstablished
	}
	out := &take(&told.verdicts, 1)[0]
	out.Answer, out.WithheldReason = verdictAnswers[v.Answer], withheldReasons[v.Reason]
	out.Threshold = kept.place(&line.Evidence, v.Threshold)
	for _, caveat := range v.Caveats {
		out.Caveats = append(out.Caveats, verdictCaveats[caveat])
	}
	return out
}
