package server

import (
	"cmp"
	"slices"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/wording"
)

// trendProto translates a trend, with sentences in the language unless it is
// empty.
//
// A trend of nine instruments has some five hundred messages. They are made in
// a few pieces of memory, one for each kind of message, and what says nothing
// about the patient is shared between replies (scaleKept): made one by one, the
// messages took as long as all the rest of the call.
func trendProto(t *clinic.Trend, language wording.Language) *pb.Trend {
	told := teller{trend: t, language: language}
	out := &pb.Trend{Episode: episodeProto(t.Episode), Occasions: make([]*pb.TrendOccasion, len(t.Occasions)), Scales: make([]*pb.ScaleTrend, len(t.Lines))}
	for i := range t.Occasions {
		out.Occasions[i] = occasionProto(&t.Occasions[i])
		told.baselineMissing = told.baselineMissing || t.Occasions[i].State == clinic.BaselineMissing
	}
	out.Sheets, out.Definitions = sheetsProto(t.Forms)
	told.makeRoom()
	scales := make([]pb.ScaleTrend, len(t.Lines))
	for i := range t.Lines {
		told.line(&scales[i], &t.Lines[i])
		out.Scales[i] = &scales[i]
	}
	slices.SortFunc(told.cited, func(a, b *pb.Source) int { return cmp.Compare(a.Source, b.Source) })
	out.Sources = told.cited
	return out
}

func occasionProto(m *clinic.Moment) *pb.TrendOccasion {
	return &pb.TrendOccasion{
		Occasion: occasionWords.enum[string(m.Occasion)], OccasionLabel: m.Label, State: occasionStateWords.enum[string(m.State)],
		FirstAnsweredOn: m.FirstAnswered, LastAnsweredOn: m.LastAnswered,
		Anchor: anchorWords.enum[string(m.Anchor)], AnchorDate: m.Date, AnchorPlanned: m.Planned,
		WindowFirstDay: m.FirstDay, WindowLastDay: m.LastDay,
	}
}

// sheetsProto names the forms of a trend, and each of their definitions once.
func sheetsProto(forms []clinic.TrendForm) ([]*pb.TrendSheet, []*pb.TrendDefinition) {
	var definitions []*scoring.Instrument
	made, sheets := make([]pb.TrendSheet, len(forms)), make([]*pb.TrendSheet, len(forms))
	for i := range forms {
		f, sheet := &forms[i], &made[i]
		definition := slices.Index(definitions, f.Definition)
		if definition < 0 {
			definition = len(definitions)
			definitions = append(definitions, f.Definition)
		}
		sheet.Occasion, sheet.AnsweredOn, sheet.Timing, sheet.DaysFromAnchor = int32(f.Moment()), f.AnsweredOn, timingWords.enum[string(f.Timing)], int32(f.Days)
		sheet.SubmissionId, sheet.Definition, sheet.RescorePlanId = f.SubmissionID, int32(definition), f.RescorePlan
		sheets[i] = sheet
	}
	out := make([]*pb.TrendDefinition, len(definitions))
	for i, in := range definitions {
		out[i] = &pb.TrendDefinition{Instrument: in.ID(), Version: in.Version(), DefinitionHash: in.DefinitionHash(), ScoringHash: in.ScoringHash()}
	}
	return sheets, out
}

// teller translates the lines of a trend.
type teller struct {
	trend           *clinic.Trend
	baselineMissing bool
	language        wording.Language // of the sentences; empty for none
	cited           []*pb.Source     // by the thresholds of the lines so far, each once

	// Room for the messages to come.
	points       []pb.TrendPoint
	scores       []pb.ScaleScore
	values       []pb.ScaleScore_Value
	changes      []pb.Change
	verdicts     []pb.Verdict
	pointsTaken  []*pb.TrendPoint
	changesTaken []*pb.Change
}

func (told *teller) makeRoom() {
	points, changes, verdicts := 0, 0, 0
	for i := range told.trend.Lines {
		line := &told.trend.Lines[i]
		points, changes = points+len(line.Points), changes+len(line.Changes)
		for j := range line.Changes {
			verdicts += established(&line.Changes[j].Judgement.Importance) + established(&line.Changes[j].Judgement.Error)
		}
	}
	told.points, told.scores, told.values = make([]pb.TrendPoint, points), make([]pb.ScaleScore, points), make([]pb.ScaleScore_Value, points)
	told.changes, told.verdicts = make([]pb.Change, changes), make([]pb.Verdict, verdicts)
	told.pointsTaken, told.changesTaken = make([]*pb.TrendPoint, points), make([]*pb.Change, changes)
}

// take cuts the first n off a piece of memory.
func take[T any](from *[]T, n int) []T {
	taken := (*from)[:n:n]
	*from = (*from)[n:]
	return taken
}

func (told *teller) line(out *pb.ScaleTrend, line *clinic.Line) {
	kept := line.Keep(keepScale).(*scaleKept)
	out.Instrument, out.Scale, out.ValueSet = line.Instrument.ID(), line.Scale.Code, line.ValueSet
	out.Direction, out.Lowest, out.Highest = kept.direction, kept.lowest, kept.highest
	out.Bands, out.Thresholds, out.EvidenceHash = kept.bands, kept.thresholds, line.Evidence.Hash
	told.cite(kept.sources)
	out.Points = take(&told.pointsTaken, len(line.Points))
	for i := range line.Points {
		out.Points[i] = told.point(out, &line.Points[i])
	}
	out.Changes = take(&told.changesTaken, len(line.Changes))
	for i := range line.Changes {
		out.Changes[i] = told.change(line, kept, &line.Changes[i])
	}
}

// point leaves out of the score what its line says.
func (told *teller) point(line *pb.ScaleTrend, p *clinic.Point) *pb.TrendPoint {
	out, score := &take(&told.points, 1)[0], &take(&told.scores, 1)[0]
	out.Sheet, out.Score, out.InstrumentSwitched = int32(p.Place()), score, p.Switched
	value := &take(&told.values, 1)[0]
	fillScore(score, &p.Score, value)
	score.Rule = ""
	if score.Scale == line.Scale {
		score.Scale = ""
	}
	if score.ValueSet == line.ValueSet {
		score.ValueSet = ""
	}
	if score.Direction == line.Direction {
		score.Direction = pb.Direction_DIRECTION_UNSPECIFIED
	}
	return out
}

// cite adds sources that are not cited yet. References hold the instrument, so
// that one text stands for one source.
func (told *teller) cite(sources []*pb.Source) {
	for _, source := range sources {
		if !slices.ContainsFunc(told.cited, func(s *pb.Source) bool { return s.Source == source.Source }) {
			told.cited = append(told.cited, source)
		}
	}
}

func bandsProto(bands []scoring.BandInfo) []*pb.Band {
	var out []*pb.Band
	for _, b := range bands {
		out = append(out, &pb.Band{Band: b.Code, From: exactText(b.From, scoring.AsNeeded)})
	}
	return out
}
