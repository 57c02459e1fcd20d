package server

import (
	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/wording"
)

// teller translates the changes of a trend and remembers what they cite.
type teller struct {
	trend           *clinic.Trend
	baselineMissing bool
	language        wording.Language      // of the sentences; empty for none
	cited           map[string]*pb.Source // by reference
}

func (told *teller) change(line *clinic.Line, c *clinic.Change) *pb.Change {
	from, to := &told.trend.Occasions[c.From], &told.trend.Occasions[c.To]
	out := &pb.Change{
		FromOccasion: occasionWords.enum[string(from.Occasion)], FromOccasionLabel: from.Label,
		ToOccasion: occasionWords.enum[string(to.Occasion)], ToOccasionLabel: to.Label,
		Comparable: c.Comparable, Movement: pb.Movement(pb.Movement_value["MOVEMENT_"+string(c.Movement)]),
		Prorated: c.Prorated, InstrumentSwitched: c.InstrumentSwitched,
		FromBand: c.Crossed.FromBand, ToBand: c.Crossed.ToBand, FlagsRaised: c.Crossed.Raised, FlagsCleared: c.Crossed.Cleared,
		ParetianClass: pb.ParetianClass(pb.ParetianClass_value["PARETIAN_CLASS_"+string(c.Paretian)]),
	}
	out.Sentence = told.sentence(line, c)
	if !c.Comparable {
		out.NotComparableReason = pb.NotComparableReason(pb.NotComparableReason_value["NOT_COMPARABLE_REASON_"+string(c.Reason)])
		return out
	}
	out.Difference = exactText(c.Difference, c.Decimals)
	out.Importance = told.verdict(line.Instrument, &c.Judgement.Importance)
	out.MeasurementError = told.verdict(line.Instrument, &c.Judgement.Error)
	out.PercentReduction, out.PercentClass = exactText(c.Judgement.Percent, 1), c.Judgement.PercentClass
	out.EvidenceHash = c.Judgement.EvidenceHash
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

func (told *teller) verdict(in *scoring.Instrument, v *scoring.Verdict) *pb.Verdict {
	out := &pb.Verdict{
		Answer:         pb.VerdictAnswer(pb.VerdictAnswer_value["VERDICT_ANSWER_"+string(v.Answer)]),
		WithheldReason: pb.WithheldReason(pb.WithheldReason_value["WITHHELD_REASON_"+v.Reason]),
	}
	for _, caveat := range v.Caveats {
		out.Caveats = append(out.Caveats, pb.VerdictCaveat(pb.VerdictCaveat_value["VERDICT_CAVEAT_"+caveat]))
	}
	norm := v.Threshold
	if norm == nil {
		return out
	}
	out.Lowest, out.Highest = exactText(norm.Low, scoring.AsNeeded), exactText(norm.High, scoring.AsNeeded)
	out.Norm, out.NormDate, out.Found = norm.Name, norm.Date, norm.Found
	out.Basis = &pb.Basis{Evidence: evidence[norm.Known], Population: norm.Population}
	for _, source := range norm.Sources {
		out.Basis.Sources = append(out.Basis.Sources, told.cite(in, norm, source))
	}
	return out
}

// cite returns the reference of a source and remembers what it stands for. A
// definition's source is named together with its instrument, since two
// definitions may call different papers by one name; a site's own norm states
// its source in its own words.
func (told *teller) cite(in *scoring.Instrument, norm *scoring.Norm, source string) string {
	if norm.Name != "" {
		return source
	}
	reference := in.ID() + "/" + source
	if told.cited[reference] == nil {
		citation := source
		for _, s := range in.Definition().Sources {
			if s.Code == source {
				citation = s.Cite
			}
		}
		told.cited[reference] = &pb.Source{Source: reference, Citation: citation}
	}
	return reference
}
