package server

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// changeKinds are the kinds of changes as the contract names them.
var changeKinds = map[store.ChangeKind]pb.ChangeKind{
	store.ChangeSubmitted: pb.ChangeKind_CHANGE_KIND_SUBMITTED,
	store.ChangeAmended:   pb.ChangeKind_CHANGE_KIND_AMENDED,
	store.ChangeRetracted: pb.ChangeKind_CHANGE_KIND_RETRACTED,
	store.ChangeRescored:  pb.ChangeKind_CHANGE_KIND_RESCORED,
	store.ChangeReverted:  pb.ChangeKind_CHANGE_KIND_RESCORE_REVERTED,
	store.ChangeErased:    pb.ChangeKind_CHANGE_KIND_ERASED,
}

func eventProto(e *clinic.Event) *pb.ChangeEvent {
	out := &pb.ChangeEvent{
		Kind: changeKinds[e.Kind], ChangeSeq: e.ChangeSeq, At: timestamppb.New(e.At), ChangedBy: e.By, Reason: e.Note,
		ErasedChanges: e.ErasedChanges,
	}
	if e.Record != nil {
		out.Submission = recordProto(*e.Record)
	}
	if e.Moved {
		out.MovedFrom = &pb.SubmissionSlot{
			EpisodeId: e.From.EpisodeID, Occasion: occasionWords.enum[string(e.From.Occasion)], OccasionLabel: e.From.OccasionLabel,
			Instrument: e.From.Instrument, Respondent: respondentWords.enum[string(e.From.Respondent)],
		}
	}
	return out
}

// shareProto leaves the time away where there never was an act.
func shareProto(s store.Share) *pb.EpisodeShare {
	out := &pb.EpisodeShare{WithCareUnit: s.With, Shared: s.Shared, ChangedBy: s.By, Reason: s.Note}
	if s.Number > 0 {
		out.At = timestamppb.New(s.At)
	}
	return out
}

func erasureProto(e clinic.Erasure) *pb.ErasePatientResponse {
	out := &pb.ErasePatientResponse{
		ErasureId: e.ErasureID, ErasedAt: timestamppb.New(e.At), Identities: int32(e.Identities), Episodes: int32(e.Episodes),
		Submissions: int32(e.Submissions), Versions: int32(e.Versions), BeyondReach: e.Beyond,
	}
	if !e.PurgedAt.IsZero() {
		out.PurgedAt = timestamppb.New(e.PurgedAt)
	}
	return out
}
