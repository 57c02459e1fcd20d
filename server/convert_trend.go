package server

import (
	"cmp"
	"maps"
	"slices"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/wording"
)

// trendProto translates a trend, with sentences in the language unless it is
// empty.
func trendProto(t *clinic.Trend, language wording.Language) *pb.Trend {
	out := &pb.Trend{Episode: episodeProto(t.Episode), Scales: make([]*pb.ScaleTrend, len(t.Lines))}
	told := teller{trend: t, language: language, cited: map[string]*pb.Source{}}
	for _, m := range t.Occasions {
		told.baselineMissing = told.baselineMissing || m.State == clinic.BaselineMissing
		out.Occasions = append(out.Occasions, &pb.TrendOccasion{
			Occasion: occasionWords.enum[string(m.Occasion)], OccasionLabel: m.Label, State: occasionStateWords.enum[string(m.State)],
			FirstAnsweredOn: m.FirstAnswered, LastAnsweredOn: m.LastAnswered,
			Anchor: anchorWords.enum[string(m.Anchor)], AnchorDate: m.Date, AnchorPlanned: m.Planned,
			WindowFirstDay: m.FirstDay, WindowLastDay: m.LastDay,
		})
	}
	for i := range t.Lines {
		out.Scales[i] = told.line(&t.Lines[i])
	}
	out.Sources = slices.SortedFunc(maps.Values(told.cited), func(a, b *pb.Source) int { return cmp.Compare(a.Source, b.Source) })
	return out
}

func (told *teller) line(line *clinic.Line) *pb.ScaleTrend {
	lowest, highest, decimals := line.Range()
	out := &pb.ScaleTrend{
		Instrument: line.Instrument.ID(), Scale: line.Scale.Code, ValueSet: line.ValueSet,
		Direction: directionProto(line.Scale.Direction), Lowest: exactText(lowest, decimals), Highest: exactText(highest, decimals),
		Bands:   bandsProto(line.Scale.Bands),
		Points:  make([]*pb.TrendPoint, len(line.Points)),
		Changes: make([]*pb.Change, len(line.Changes)),
	}
	for i := range line.Points {
		p := &line.Points[i]
		out.Points[i] = &pb.TrendPoint{
			Occasion: occasionWords.enum[string(p.Occasion)], OccasionLabel: p.Label, AnsweredOn: p.AnsweredOn,
			Timing: timingWords.enum[string(p.Timing)], DaysFromAnchor: int32(p.Days), Score: scoreProto(&p.Score),
			SubmissionId: p.SubmissionID, Instrument: p.Definition.ID(), Version: p.Definition.Version(),
			DefinitionHash: p.Definition.DefinitionHash(), ScoringHash: p.Definition.ScoringHash(), InstrumentSwitched: p.Switched,
			RescorePlanId: p.RescorePlan,
		}
	}
	for i := range line.Changes {
		out.Changes[i] = told.change(line, &line.Changes[i])
	}
	return out
}

func bandsProto(bands []scoring.BandInfo) []*pb.Band {
	var out []*pb.Band
	for _, b := range bands {
		out = append(out, &pb.Band{Band: b.Code, From: exactText(b.From, scoring.AsNeeded)})
	}
	return out
}
