package server

import (
	"encoding/hex"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

func planProto(p *store.RescorePlan) *pb.RescorePlan {
	out := &pb.RescorePlan{
		PlanId: p.PlanID, Instrument: p.Instrument, TargetVersion: p.TargetVersion, TargetDefinitionHash: p.TargetHash,
		TargetWasActive: p.RequestedVersion == "", AllCareUnits: p.AllUnits, AnsweredFrom: p.AnsweredFrom, AnsweredTo: p.AnsweredTo,
		Counts: &pb.RescoreCounts{
			Examined: p.Examined, Rescored: p.Forms, Changed: p.Changed, UpToDate: p.UpToDate, NotRescorable: p.NotRescorable,
			BandsCrossed: p.BandsCrossed, FlagsCrossed: p.FlagsCrossed, VerdictsCrossed: p.VerdictsCrossed,
		},
		BuiltOn: p.BuiltOn, Digest: hex.EncodeToString(p.Digest), MadeBy: p.MadeBy, State: rescoreState(p), Flips: flipsProto(p.Flips),
	}
	if !p.MadeAt.IsZero() {
		out.MadeAt = timestamppb.New(p.MadeAt)
	}
	for _, s := range p.Sources {
		out.Sources = append(out.Sources, &pb.RescoreSource{Version: s.Version, DefinitionHash: s.DefinitionHash, Sheets: s.Forms})
	}
	for _, s := range p.Scope {
		out.Scopes = append(out.Scopes, &pb.RescoreScope{CareUnit: s.CareUnit, ChangeSeq: s.ChangeSeq, Sheets: s.Forms})
	}
	return out
}

func rescoreState(p *store.RescorePlan) pb.RescoreState {
	switch {
	case p.Applied():
		return pb.RescoreState_RESCORE_STATE_APPLIED
	case len(p.Flips) > 0:
		return pb.RescoreState_RESCORE_STATE_REVERTED
	case !p.DroppedAt.IsZero():
		return pb.RescoreState_RESCORE_STATE_STALE
	}
	return pb.RescoreState_RESCORE_STATE_PREVIEWED
}

func flipsProto(flips []store.RescoreFlip) []*pb.RescoreFlip {
	var out []*pb.RescoreFlip
	for _, f := range flips {
		out = append(out, &pb.RescoreFlip{Applied: f.Applied, By: f.By, At: timestamppb.New(f.At), Note: f.Note, ChangeSeq: f.ChangeSeq})
	}
	return out
}

func versionProto(v *clinic.Version) *pb.SubmissionVersion {
	return &pb.SubmissionVersion{Submission: recordProto(v.Record), Counts: v.Counts, Flips: flipsProto(v.Flips)}
}

func findingProto(f clinic.RescoreFinding) *pb.PreviewRescoreResponse {
	switch {
	case f.Changed != nil:
		return &pb.PreviewRescoreResponse{Found: &pb.PreviewRescoreResponse_Sheet{Sheet: changedFormProto(f.Changed)}}
	case f.NotRescorable != nil:
		r := f.NotRescorable
		return &pb.PreviewRescoreResponse{Found: &pb.PreviewRescoreResponse_NotRescorable{NotRescorable: &pb.NotRescorable{
			CareUnit: r.CareUnit, EpisodeId: r.EpisodeID, Occasion: occasionWords.enum[string(r.Occasion)], OccasionLabel: r.OccasionLabel,
			Respondent: respondentWords.enum[string(r.Respondent)], SubmissionId: r.SubmissionID, AnsweredOn: r.AnsweredOn,
			FromVersion: r.InstrumentVersion, Reason: reasonProto(r.Reason), Description: r.Description,
		}}}
	}
	return &pb.PreviewRescoreResponse{Found: &pb.PreviewRescoreResponse_Change{Change: changedVerdictProto(f.Verdict)}}
}

func changedFormProto(c *clinic.ChangedForm) *pb.RescoredSheet {
	r := &c.Before
	out := &pb.RescoredSheet{
		CareUnit: r.CareUnit, EpisodeId: r.EpisodeID, Occasion: occasionWords.enum[string(r.Occasion)], OccasionLabel: r.OccasionLabel,
		Respondent: respondentWords.enum[string(r.Respondent)], SubmissionId: r.SubmissionID, AnsweredOn: r.AnsweredOn,
		FromVersion: r.InstrumentVersion,
	}
	for i := range c.Scales {
		s := &c.Scales[i]
		scale := &pb.RescoredScale{
			Scale: s.Scale, ValueSet: s.ValueSet, Difference: exactText(s.Difference, s.Decimals),
			BandCrossed: s.BandCrossed(), FlagsRaised: s.Crossed.Raised, FlagsCleared: s.Crossed.Cleared,
		}
		if s.Before != nil {
			scale.Before = scoreProto(s.Before)
		}
		if s.After != nil {
			scale.After = scoreProto(s.After)
		}
		out.Scales = append(out.Scales, scale)
	}
	return out
}

func changedVerdictProto(v *clinic.ChangedVerdict) *pb.RescoredChange {
	from, to := &v.Occasions[v.Before.From], &v.Occasions[v.Before.To]
	return &pb.RescoredChange{
		CareUnit: v.CareUnit, EpisodeId: v.EpisodeID, Scale: v.Scale, ValueSet: v.ValueSet,
		FromOccasion: occasionWords.enum[string(from.Occasion)], FromOccasionLabel: from.Label,
		ToOccasion: occasionWords.enum[string(to.Occasion)], ToOccasionLabel: to.Label,
		Before: judgementProto(v.Before), After: judgementProto(v.After),
	}
}

func judgementProto(c *clinic.Change) *pb.RescoredJudgement {
	if !c.Comparable {
		return &pb.RescoredJudgement{NotComparableReason: pb.NotComparableReason(pb.NotComparableReason_value["NOT_COMPARABLE_REASON_"+string(c.Reason)])}
	}
	return &pb.RescoredJudgement{
		Comparable: true, Difference: exactText(c.Difference, c.Decimals),
		Importance:       pb.VerdictAnswer(pb.VerdictAnswer_value["VERDICT_ANSWER_"+string(c.Judgement.Importance.Answer)]),
		MeasurementError: pb.VerdictAnswer(pb.VerdictAnswer_value["VERDICT_ANSWER_"+string(c.Judgement.Error.Answer)]),
	}
}
