package server

import (
	"slices"
	"strconv"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
)

// sheetFields are the getters that every message with a sheet in it has,
// whether flat in the request or in a Sheet of its own.
type sheetFields interface {
	GetInstrument() string
	GetVersion() string
	GetAnswers() []*pb.Answer
	GetPositions() []*pb.Position
	GetLayout() string
	GetCoding() string
	GetValueSets() []string
}

func sheet(m sheetFields) clinic.Sheet {
	s := clinic.Sheet{Instrument: m.GetInstrument(), Version: m.GetVersion()}
	s.Layout, s.Coding, s.ValueSets = m.GetLayout(), m.GetCoding(), m.GetValueSets()
	if answers := m.GetAnswers(); len(answers) > 0 {
		s.Answers = make([]scoring.Answer, len(answers))
		for i, a := range answers {
			s.Answers[i] = scoring.Answer{Item: a.GetItem(), Response: answerResponse(&s.Sheet, a)}
		}
	}
	if positions := m.GetPositions(); len(positions) > 0 {
		s.Positions = make([]scoring.Response, len(positions))
		for i, p := range positions {
			s.Positions[i] = positionResponse(&s.Sheet, p)
		}
	}
	return s
}

// answerResponse reads one answer; what is no whole number goes into the texts
// of the sheet.
func answerResponse(s *scoring.Sheet, a *pb.Answer) scoring.Response {
	switch r := a.GetResponse().(type) {
	case *pb.Answer_Value:
		return scoring.Response{Kind: scoring.Answered, Value: r.Value}
	case *pb.Answer_NotAnswered:
		return scoring.Response{Kind: kind(r.NotAnswered)}
	case *pb.Answer_Decimal:
		return s.AddText(scoring.GivenDecimal, r.Decimal)
	case *pb.Answer_Code:
		return s.AddText(scoring.GivenCode, r.Code)
	case *pb.Answer_Date:
		return s.AddText(scoring.GivenDate, r.Date)
	case *pb.Answer_Text:
		return s.AddText(scoring.GivenText, r.Text)
	}
	return scoring.Response{Kind: scoring.NotANumber}
}

func positionResponse(s *scoring.Sheet, p *pb.Position) scoring.Response {
	switch r := p.GetResponse().(type) {
	case *pb.Position_Value:
		return scoring.Response{Kind: scoring.Answered, Value: r.Value}
	case *pb.Position_NotAnswered:
		return scoring.Response{Kind: kind(r.NotAnswered)}
	case *pb.Position_Decimal:
		return s.AddText(scoring.GivenDecimal, r.Decimal)
	case *pb.Position_Code:
		return s.AddText(scoring.GivenCode, r.Code)
	case *pb.Position_Date:
		return s.AddText(scoring.GivenDate, r.Date)
	case *pb.Position_Text:
		return s.AddText(scoring.GivenText, r.Text)
	}
	return scoring.Response{Kind: scoring.NotANumber}
}

var kinds = map[pb.NotAnswered]scoring.Kind{
	pb.NotAnswered_NOT_ANSWERED_UNSPECIFIED:    scoring.NotANumber,
	pb.NotAnswered_NOT_ANSWERED_LEFT_BLANK:     scoring.LeftBlank,
	pb.NotAnswered_NOT_ANSWERED_NOT_APPLICABLE: scoring.NotApplicable,
	pb.NotAnswered_NOT_ANSWERED_DECLINED:       scoring.Declined,
	pb.NotAnswered_NOT_ANSWERED_UNREADABLE:     scoring.Unreadable,
	pb.NotAnswered_NOT_ANSWERED_NOT_ASKED:      scoring.NotAsked,
}

// kind reads why there is no answer. A number that the contract lacks reads as
// blank here: unknown has already made it a problem, and one is enough.
func kind(n pb.NotAnswered) scoring.Kind { return kinds[n] }

// answerProto is the stored answer to the item at index i.
func answerProto(item *scoring.ItemInfo, answers *scoring.Answers, i int) *pb.Answer {
	out, r := &pb.Answer{Item: item.Code}, answers.Responses[i]
	switch {
	case r.Kind != scoring.Answered:
		for n, k := range kinds {
			if k == r.Kind && n != pb.NotAnswered_NOT_ANSWERED_UNSPECIFIED {
				out.Response = &pb.Answer_NotAnswered{NotAnswered: n}
			}
		}
	case item.Type == scoring.DecimalNumber:
		out.Response = &pb.Answer_Decimal{Decimal: answers.Text(i)}
	case item.Type == scoring.CodeOfList:
		out.Response = &pb.Answer_Code{Code: answers.Text(i)}
	case item.Type == scoring.CalendarDate:
		out.Response = &pb.Answer_Date{Date: answers.Text(i)}
	case item.Type == scoring.FreeText:
		out.Response = &pb.Answer_Text{Text: answers.Text(i)}
	default:
		out.Response = &pb.Answer_Value{Value: r.Value}
	}
	return out
}

// scoredProto is a scored sheet with its whole proof.
func scoredProto(in *scoring.Instrument, scores []scoring.Score, answers *scoring.Answers) *pb.ScoredSheet {
	out := &pb.ScoredSheet{
		Instrument: in.ID(), Version: in.Version(), DefinitionHash: in.DefinitionHash(), ScoringHash: in.ScoringHash(),
		Scores: make([]*pb.ScaleScore, len(scores)),
	}
	cited := map[string]bool{}
	for i := range scores {
		score := scoreProto(&scores[i])
		score.UsedItems = in.AppendUsed(nil, score.Scale, answers)
		if scale, ok := in.Scale(score.Scale); ok && scale.Def.Missing.Source != "" {
			score.RuleBasis = basisProto(scale.Def.Missing.Known, "", scale.Def.Missing.Source)
			cited[scale.Def.Missing.Source] = true
		}
		out.Scores[i] = score
	}
	for _, s := range in.Definition().Sources {
		if cited[s.Code] {
			out.Sources = append(out.Sources, &pb.Source{Source: s.Code, Citation: s.Cite})
		}
	}
	return out
}

// scoreProto copies what a score's slices hold: they belong to a buffer.
func scoreProto(s *scoring.Score) *pb.ScaleScore {
	out := &pb.ScaleScore{}
	fillScore(out, s, &pb.ScaleScore_Value{})
	out.ImputedItems, out.Flags = slices.Clone(s.Imputed), slices.Clone(s.Flags)
	return out
}

// fillScore translates a score into out, whose slices then are the score's own.
// value is room for a number.
func fillScore(out *pb.ScaleScore, s *scoring.Score, value *pb.ScaleScore_Value) {
	out.Scale, out.ValueSet, out.Direction, out.Rule = s.Scale, s.ValueSet, directionProto(s.Direction), s.Rule
	out.Prorated, out.Answered, out.Expected = s.Prorated, int32(s.Answered), int32(s.Expected)
	out.ImputedItems, out.Band, out.Flags = s.Imputed, s.Band, s.Flags
	switch s.Outcome {
	case scoring.Valued:
		value.Value = exactText(s.Value, s.Decimals)
		out.Outcome = value
	case scoring.Profiled:
		out.Outcome = &pb.ScaleScore_Profile{Profile: s.Text()}
	case scoring.Refused:
		out.Outcome = &pb.ScaleScore_Refusal{Refusal: refusalProto(s)}
	}
}

func refusalProto(s *scoring.Score) *pb.Refusal {
	r := &pb.Refusal{
		Reason:       pb.RefusalReason(pb.RefusalReason_value["REFUSAL_REASON_"+string(s.Refusal.Reason)]),
		MissingItems: append([]string(nil), s.Refusal.Missing...),
		SameBand:     s.Refusal.SameBand,
	}
	if s.Refusal.Lowest.Den != 0 {
		r.Lowest = exactText(s.Refusal.Lowest, s.Decimals)
		r.Highest = exactText(s.Refusal.Highest, s.Decimals)
	}
	return r
}

func directionProto(d scoring.Direction) pb.Direction {
	switch d {
	case scoring.HigherIsBetter:
		return pb.Direction_DIRECTION_HIGHER_IS_BETTER
	case scoring.HigherIsWorse:
		return pb.Direction_DIRECTION_HIGHER_IS_WORSE
	}
	return pb.Direction_DIRECTION_NONE
}

func exactText(e scoring.Exact, decimals int8) string {
	if e.Den == 0 {
		return ""
	}
	if e.Den == 1 && decimals <= 0 {
		return strconv.FormatInt(e.Num, 10) // most scores; small ones take no memory
	}
	var room [32]byte
	return string(e.AppendDecimal(room[:0], decimals))
}

// recordProto is a stored submission. Its sheet names the answers by code,
// however they were sent.
func recordProto(r clinic.Record) *pb.Submission {
	answers := make([]*pb.Answer, len(r.Sheet.Responses))
	items := r.Definition.Items()
	for i := range items {
		answers[i] = answerProto(&items[i], &r.Sheet, i)
	}
	var sets []string
	for _, s := range r.ScoreList {
		if s.ValueSet != "" {
			sets = append(sets, s.ValueSet)
		}
	}
	return &pb.Submission{
		SubmissionId: r.SubmissionID, CareUnit: r.CareUnit, EpisodeId: r.EpisodeID,
		Occasion: occasionWords.enum[string(r.Occasion)], OccasionLabel: r.OccasionLabel,
		Sheet:       &pb.Sheet{Instrument: r.Instrument, Version: r.InstrumentVersion, Answers: answers, ValueSets: sets},
		ScoredSheet: scoredProto(r.Definition, r.ScoreList, &r.Sheet),
		AnsweredOn:  r.AnsweredOn, Respondent: respondentWords.enum[string(r.Respondent)], Mode: modeWords.enum[r.Mode],
		LanguageCode: r.LanguageCode, Assisted: r.Assisted, Source: sourceProto(r.Source),
		Version: int32(r.Version), ChangeSeq: max(r.ChangeSeq, r.RescoredSeq), RecordedAt: timestamppb.New(r.RecordedAt),
		RescorePlanId: r.RescorePlan, CallingSystem: r.System, State: stateWords.enum[string(r.State)],
		ChangedBy: r.Changed.By, ChangeReason: r.Changed.Note,
	}
}
