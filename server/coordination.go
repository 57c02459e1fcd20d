package server

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

var (
	dueStateWords = vocabularyOf[pb.DueState]("DUE_STATE_")
	actKindWords  = vocabularyOf[pb.OccasionActKind]("OCCASION_ACT_KIND_")
	wayWords      = vocabularyOf[pb.FeedbackWay]("FEEDBACK_WAY_")
)

// ListDueOccasions implements the contract's call.
func (s *Server) ListDueOccasions(ctx context.Context, req *pb.ListDueOccasionsRequest) (*pb.ListDueOccasionsResponse, error) {
	filter := clinic.DueFilter{
		CareUnit: req.GetCareUnit(), Occasion: store.Occasion(occasionWords.word[req.GetOccasion()]), Cohort: req.GetCohort(),
		OverdueDays: int(req.GetOverdueDays()), Found: unknown(req),
	}
	for _, state := range req.GetStates() {
		filter.States = append(filter.States, clinic.DueState(dueStateWords.word[state]))
	}
	list, err := s.clinic.DueOccasions(ctx, filter, clinic.Page{Size: int(req.GetPageSize()), Token: req.GetPageToken()})
	if err != nil {
		return nil, err
	}
	out := &pb.ListDueOccasionsResponse{NextPageToken: list.Next}
	for i := range list.Occasions {
		out.Occasions = append(out.Occasions, dueProto(&list.Occasions[i]))
	}
	for state := pb.DueState(1); int(state) < len(pb.DueState_name); state++ {
		if n := list.Counts[clinic.DueState(dueStateWords.word[state])]; n > 0 {
			out.Counts = append(out.Counts, &pb.DueCount{State: state, Occasions: int32(n)})
		}
	}
	return out, nil
}

func dueProto(d *clinic.DueOccasion) *pb.DueOccasion {
	out := &pb.DueOccasion{
		Episode: episodeProto(d.Episode), Occasion: occasionWords.enum[string(d.Occasion)], OccasionLabel: d.Label,
		State: dueStateWords.enum[string(d.State)], Anchor: anchorWords.enum[string(d.Anchor)], AnchorDate: d.Date, AnchorPlanned: d.Planned,
		FirstDay: d.FirstDay, LastDay: d.LastDay, Answered: d.Answered, Missing: d.Missing, HasBattery: d.HasBattery,
	}
	if d.Dispatch != nil {
		out.LastDispatch = actProto(*d.Dispatch)
	}
	return out
}

func actProto(a store.OccasionAct) *pb.OccasionAct {
	out := &pb.OccasionAct{
		ActId: a.ActID, Kind: actKindWords.enum[a.Kind], Occasion: occasionWords.enum[string(a.Occasion)], OccasionLabel: a.OccasionLabel,
		DoneOn: a.DoneOn, Note: a.Note, DoneBy: a.By, RecordedAt: timestamppb.New(a.At), Number: a.Number,
	}
	switch a.Kind {
	case clinic.FormsSent, clinic.FormsReminded:
		out.InformationSheet = a.Detail
	case clinic.FeedbackGiven:
		out.Way = wayWords.enum[a.Detail]
	}
	return out
}

func actsProto(acts []store.OccasionAct) []*pb.OccasionAct {
	out := make([]*pb.OccasionAct, len(acts))
	for i := range acts {
		out[i] = actProto(acts[i])
	}
	return out
}

// occasional is what the two calls that record an act have in common.
func occasional(m interface {
	GetActId() string
	GetCareUnit() string
	GetEpisodeId() string
	GetOccasion() pb.Occasion
	GetOccasionLabel() string
	GetDoneOn() string
	GetNote() string
	GetAuthor() string
}, found []clinic.Problem) clinic.Occasional {
	return clinic.Occasional{
		ID: m.GetActId(), CareUnit: m.GetCareUnit(), EpisodeID: m.GetEpisodeId(), Occasion: store.Occasion(occasionWords.word[m.GetOccasion()]),
		Label: m.GetOccasionLabel(), On: m.GetDoneOn(), Note: m.GetNote(), Author: m.GetAuthor(), Found: found,
	}
}

// RecordDispatch implements the contract's call.
func (s *Server) RecordDispatch(ctx context.Context, req *pb.RecordDispatchRequest) (*pb.RecordDispatchResponse, error) {
	done, err := s.clinic.RecordDispatch(ctx, clinic.Dispatch{
		Occasional: occasional(req, unknown(req)), Kind: actKindWords.word[req.GetKind()], Information: req.GetInformationSheet(),
		Registry: req.GetInformsOfRegistry(),
	})
	if err != nil {
		return nil, err
	}
	out := &pb.RecordDispatchResponse{Act: actProto(done.OccasionAct), Replayed: done.Replayed, PaperCode: done.Code}
	if done.Choice != nil {
		out.RegistryChoice = choiceProto(*done.Choice)
	}
	return out, nil
}

// FindDispatch implements the contract's call.
func (s *Server) FindDispatch(ctx context.Context, req *pb.FindDispatchRequest) (*pb.FindDispatchResponse, error) {
	found, err := s.clinic.FindDispatch(ctx, req.GetPaperCode(), unknown(req))
	if err != nil {
		return nil, err
	}
	return &pb.FindDispatchResponse{
		Episode: episodeProto(found.Episode), Occasion: occasionWords.enum[string(found.Occasion)], OccasionLabel: found.Label, Dispatches: actsProto(found.Acts),
	}, nil
}

// RecordFeedbackReview implements the contract's call.
func (s *Server) RecordFeedbackReview(ctx context.Context, req *pb.RecordFeedbackReviewRequest) (*pb.RecordFeedbackReviewResponse, error) {
	done, err := s.clinic.RecordFeedbackReview(ctx, clinic.FeedbackReview{
		Occasional: occasional(req, unknown(req)), Kind: actKindWords.word[req.GetKind()], Way: wayWords.word[req.GetWay()],
	})
	if err != nil {
		return nil, err
	}
	return &pb.RecordFeedbackReviewResponse{Act: actProto(done.OccasionAct), Replayed: done.Replayed}, nil
}

// ListOccasionActs implements the contract's call.
func (s *Server) ListOccasionActs(ctx context.Context, req *pb.ListOccasionActsRequest) (*pb.ListOccasionActsResponse, error) {
	_, acts, err := s.clinic.OccasionActs(ctx, episodeRef(req))
	if err != nil {
		return nil, err
	}
	return &pb.ListOccasionActsResponse{Acts: actsProto(acts)}, nil
}

// ListAwaitingFeedback implements the contract's call.
func (s *Server) ListAwaitingFeedback(ctx context.Context, req *pb.ListAwaitingFeedbackRequest) (*pb.ListAwaitingFeedbackResponse, error) {
	list, next, err := s.clinic.AwaitingFeedback(ctx, clinic.FeedbackFilter{
		CareUnit: req.GetCareUnit(), Occasion: store.Occasion(occasionWords.word[req.GetOccasion()]), Label: req.GetOccasionLabel(),
		AnsweredFrom: req.GetAnsweredFrom(), Found: unknown(req),
	}, clinic.Page{Size: int(req.GetPageSize()), Token: req.GetPageToken()})
	if err != nil {
		return nil, err
	}
	out := &pb.ListAwaitingFeedbackResponse{NextPageToken: next}
	for _, a := range list {
		out.Episodes = append(out.Episodes, &pb.AwaitingFeedback{
			Episode: episodeProto(a.Episode), Occasion: occasionWords.enum[string(a.Occasion)], OccasionLabel: a.Label,
			FirstAnsweredOn: a.FirstAnswered, LastAnsweredOn: a.LastAnswered,
		})
	}
	return out, nil
}

func battery(b *pb.Battery) *clinic.Battery {
	out := &clinic.Battery{
		ProgrammeType: programmeTypeWords.word[b.GetProgrammeType()], Track: trackWords.word[b.GetTrack()],
		Occasion: store.Occasion(occasionWords.word[b.GetOccasion()]), Label: b.GetOccasionLabel(), From: b.GetFrom(), Instruments: b.GetInstruments(),
	}
	if w := b.GetWindow(); w != nil {
		out.Window = &clinic.BatteryWindow{Anchor: clinic.Anchor(anchorWords.word[w.GetAnchor()]), From: int(w.GetFromDays()), To: int(w.GetToDays())}
	}
	return out
}

func batteryProto(b *clinic.Battery) *pb.Battery {
	out := &pb.Battery{
		ProgrammeType: programmeTypeWords.enum[b.ProgrammeType], Track: trackWords.enum[b.Track],
		Occasion: occasionWords.enum[string(b.Occasion)], OccasionLabel: b.Label, From: b.From, Instruments: b.Instruments,
	}
	if w := b.Window; w != nil {
		out.Window = &pb.BatteryWindow{Anchor: anchorWords.enum[string(w.Anchor)], FromDays: int32(w.From), ToDays: int32(w.To)}
	}
	return out
}
