package server

import (
	"context"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/registry"
)

var (
	groupDateWords      = vocabularyOf[pb.GroupDate]("GROUP_DATE_")
	groupDimensionWords = vocabularyOf[pb.GroupDimension]("GROUP_DIMENSION_")
	groupAudiences      = map[registry.Audience]pb.GroupAudience{
		registry.Internal: pb.GroupAudience_GROUP_AUDIENCE_INTERNAL, registry.Outside: pb.GroupAudience_GROUP_AUDIENCE_SUPPRESSED,
	}
)

// GetGroupReport implements the contract's call.
func (s *Server) GetGroupReport(ctx context.Context, req *pb.GetGroupReportRequest) (*pb.GetGroupReportResponse, error) {
	request := clinic.ReportRequest{
		Filter: groupFilter(req.GetFilter()), Split: registry.Dimension(groupDimensionWords.word[req.GetSplit()]), Found: unknown(req),
	}
	for _, side := range req.GetSides() {
		request.Sides = append(request.Sides, registry.Side{Name: side.GetName(), Filter: groupFilter(side.GetFilter())})
	}
	report, err := s.clinic.GroupReport(ctx, request)
	if err != nil {
		return nil, err
	}
	return groupReportProto(report), nil
}

func groupFilter(f *pb.GroupFilter) registry.Filter {
	out := registry.Filter{
		Units: f.GetCareUnits(), NotUnits: f.GetNotCareUnits(), Cohorts: f.GetCohorts(),
		Period:     registry.Period{Date: registry.DateName(groupDateWords.word[f.GetDate()]), From: f.GetFrom(), To: f.GetTo()},
		CareLevels: words(careLevelWords, f.GetCareLevels()), Tracks: words(trackWords, f.GetTracks()),
		ProgrammeTypes: words(programmeTypeWords, f.GetProgrammeTypes()), Sexes: words(sexWords, f.GetSexes()),
		MinWeeks: int(f.GetMinWeeks()), MaxWeeks: int(f.GetMaxWeeks()),
	}
	if f != nil {
		out.Assisted = f.Assisted
	}
	return out
}

func words[E enum](v vocabulary[E], values []E) []string {
	var out []string
	for _, value := range values {
		out = append(out, v.word[value])
	}
	return out
}

func groupReportProto(r *clinic.GroupReport) *pb.GetGroupReportResponse {
	out := &pb.GetGroupReportResponse{
		AsOf: r.AsOf, Audience: groupAudiences[r.Audience], Threshold: int32(r.Threshold), Undated: groupCount(r.Undated),
		Groups: listOf(r.Groups, func(g *registry.Group) *pb.PatientGroup { return patientGroup(r, g) }),
	}
	for _, unit := range r.Units {
		out.Units = append(out.Units, &pb.GroupAsOf{CareUnit: unit.CareUnit, ChangeSeq: unit.ChangeSeq})
	}
	return out
}

// listOf turns each of a list into a message.
func listOf[T any, M any](list []T, message func(*T) *M) []*M {
	var out []*M
	for i := range list {
		out = append(out, message(&list[i]))
	}
	return out
}

func patientGroup(r *clinic.GroupReport, g *registry.Group) *pb.PatientGroup {
	out := &pb.PatientGroup{
		Side: g.Side, Value: g.Value, CareLevel: careLevelWords.enum[g.CareLevel],
		Episodes: groupCount(g.Episodes), Patients: groupCount(g.Patients), Hidden: g.Hidden,
	}
	if g.Hidden {
		return out
	}
	out.Flow = listOf(g.Flow, func(s *registry.Step) *pb.GroupStep {
		return &pb.GroupStep{Code: string(s.Code), N: groupCount(s.N), Days: groupSummary(s.Days), NoDays: groupCells(s.NoDays)}
	})
	out.Responses = listOf(g.Responses, func(r *registry.Response) *pb.GroupResponse {
		return &pb.GroupResponse{
			Occasion: occasionWords.enum[string(r.Occasion)], Expected: groupCount(r.Expected), Answered: groupCount(r.Answered),
			Rate: groupShare(r.Rate), NotDue: groupCount(r.NotDue),
		}
	})
	out.Feedback = &pb.GroupFeedback{Known: groupCount(g.Feedback.Known), Offered: groupCount(g.Feedback.Offered), Given: groupCount(g.Feedback.Given)}
	out.Scales = listOf(g.Scales, func(f *registry.ScaleFigures) *pb.GroupScale { return groupScale(r, f) })
	out.Paretian = listOf(g.Paretian, paretianTable)
	out.Items = listOf(g.Items, itemTable)
	out.Attrition = listOf(g.Attrition, attritionRow)
	return out
}

func groupScale(r *clinic.GroupReport, f *registry.ScaleFigures) *pb.GroupScale {
	out := &pb.GroupScale{
		Instrument: f.Instrument, Scale: f.Scale, ValueSet: f.ValueSet, Direction: directionProto(f.Direction), Decimals: int32(f.Decimals),
		Occasions: listOf(f.Occasions, func(o *registry.OccasionFigures) *pb.OccasionFigures {
			return &pb.OccasionFigures{
				Occasion: occasionWords.enum[string(o.Occasion)], Scores: groupSummary(o.Summary), Prorated: groupCount(o.Prorated), LeftOut: groupCells(o.LeftOut),
			}
		}),
		Changes: listOf(f.Changes, changeFigures),
	}
	if lowest, highest, ok := r.Range(f.Instrument, f.Scale, f.ValueSet); ok {
		out.Lowest, out.Highest = exactText(lowest, scoring.AsNeeded), exactText(highest, scoring.AsNeeded)
	}
	return out
}

func changeFigures(c *registry.ChangeFigures) *pb.ChangeFigures {
	return &pb.ChangeFigures{
		From: occasionWords.enum[string(c.From)], To: occasionWords.enum[string(c.To)], N: groupCount(c.N), LeftOut: groupCells(c.LeftOut),
		Switched: groupCount(c.Switched), Earlier: groupSummary(c.Earlier), Later: groupSummary(c.Later),
		Mean: groupFigure(c.Mean), Sd: groupFigure(c.SD), Ci: groupInterval(c.CI), Srm: groupFigure(c.SRM), HedgesG: groupFigure(c.HedgesG),
		Judged: groupCount(c.Judged), Verdicts: groupCells(c.Verdicts), NotJudged: groupCells(c.NotJudged),
	}
}

func paretianTable(t *registry.ParetianTable) *pb.ParetianTable {
	return &pb.ParetianTable{
		Instrument: t.Instrument, From: occasionWords.enum[string(t.From)], To: occasionWords.enum[string(t.To)],
		N: groupCount(t.N), Classes: groupCells(t.Classes), LeftOut: groupCells(t.LeftOut),
	}
}

func itemTable(t *registry.ItemTable) *pb.ItemTable {
	return &pb.ItemTable{
		Instrument: t.Instrument, Respondent: respondentWords.enum[string(t.Respondent)], Occasion: occasionWords.enum[string(t.Occasion)], OccasionLabel: t.Label,
		Item: t.Item, Forms: groupCount(t.Forms), Answers: groupCells(t.Answers), Missing: groupCells(t.Missing), Numbers: groupSummary(t.Numbers),
	}
}

func attritionRow(r *registry.AttritionRow) *pb.AttritionRow {
	return &pb.AttritionRow{
		CareUnit: r.Unit, Instrument: r.Instrument, Scale: r.Scale, ValueSet: r.ValueSet,
		With: groupSummary(r.With), Without: groupSummary(r.Without), Difference: groupFigure(r.Difference), Standardised: groupFigure(r.Standardised),
	}
}

func groupCount(c registry.Count) *pb.GroupCount {
	if c.Reason != "" {
		return &pb.GroupCount{Told: &pb.GroupCount_Withheld{Withheld: string(c.Reason)}}
	}
	return &pb.GroupCount{Told: &pb.GroupCount_N{N: int64(c.N)}}
}

func groupFigure(f registry.Figure) *pb.GroupFigure {
	if f.Reason != "" {
		return &pb.GroupFigure{Told: &pb.GroupFigure_Withheld{Withheld: string(f.Reason)}}
	}
	return &pb.GroupFigure{Told: &pb.GroupFigure_Value{Value: f.Value}}
}

func groupInterval(i registry.Interval) *pb.GroupInterval {
	return &pb.GroupInterval{Low: groupFigure(i.Low), High: groupFigure(i.High)}
}

func groupShare(s registry.Share) *pb.GroupShare {
	return &pb.GroupShare{Value: groupFigure(s.Value), Ci: groupInterval(s.CI)}
}

func groupCells(cells []registry.Cell) []*pb.GroupCell {
	return listOf(cells, func(c *registry.Cell) *pb.GroupCell {
		return &pb.GroupCell{Code: c.Code, N: groupCount(c.N), Share: groupShare(c.Share)}
	})
}

func groupSummary(s registry.Summary) *pb.GroupSummary {
	return &pb.GroupSummary{
		N: groupCount(s.N), Mean: groupFigure(s.Mean), Sd: groupFigure(s.SD), Q1: groupFigure(s.Q1), Median: groupFigure(s.Median), Q3: groupFigure(s.Q3),
	}
}

// GetCodebook implements the contract's call.
func (s *Server) GetCodebook(ctx context.Context, req *pb.GetCodebookRequest) (*pb.GetCodebookResponse, error) {
	book, err := s.clinic.Codebook(ctx, clinic.CodebookRequest{Instruments: req.GetInstruments(), Wide: req.GetWide(), AllVersions: req.GetAllVersions()})
	if err != nil {
		return nil, err
	}
	return &pb.GetCodebookResponse{Variables: listOf(book.Variables, codebookVariable)}, nil
}

func codebookVariable(m *registry.Meaning) *pb.CodebookVariable {
	return &pb.CodebookVariable{
		Name: m.Name, Label: m.Label, Instrument: m.Of, Kind: string(m.What), Code: m.CodeOf, ValueSet: m.Set, Occasion: occasionWords.enum[m.When],
		Type: m.Type, Decimals: int32(m.Decimals), Direction: m.Direction,
		Missing: listOf(m.Missing, func(c *registry.MissingCode) *pb.CodebookMissing {
			return &pb.CodebookMissing{Code: c.Code, Reason: string(c.Reason)}
		}),
		Versions: listOf(m.Versions, func(v *registry.Version) *pb.CodebookVersion {
			return &pb.CodebookVersion{
				Version: v.Version, DefinitionHash: v.DefinitionHash, ScoringHash: v.ScoringHash, Lowest: v.Lowest, Highest: v.Highest,
				Values: v.Values, Items: v.Items, MissingRule: v.Rule, Source: v.Source, Known: v.Known,
			}
		}),
	}
}
