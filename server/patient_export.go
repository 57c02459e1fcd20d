package server

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// choiceWords are the choices as the contract names them.
var choiceWords = vocabularyOf[pb.RegistryChoiceState]("REGISTRY_CHOICE_STATE_")

// SetRegistryChoice implements the contract's call.
func (s *Server) SetRegistryChoice(ctx context.Context, req *pb.SetRegistryChoiceRequest) (*pb.SetRegistryChoiceResponse, error) {
	choice, err := s.clinic.SetRegistryChoice(ctx, clinic.RegistryChoosing{
		EpisodeRef: episodeRef(req), CareProvider: req.GetCareProvider(), Registry: req.GetRegistry(),
		Choice: store.Choice(choiceWords.word[req.GetChoice()]), DecidedOn: req.GetDecidedOn(), Etag: req.GetEtag(),
		Decision: clinic.Decision{Reason: req.GetReason(), Author: req.GetAuthor()}, Found: unknown(req),
	})
	if err != nil {
		return nil, err
	}
	return &pb.SetRegistryChoiceResponse{Choice: choiceProto(choice)}, nil
}

func choiceProto(c store.RegistryChoice) *pb.RegistryChoice {
	return &pb.RegistryChoice{
		CareProvider: c.Provider, Registry: c.Registry, Choice: choiceWords.enum[string(c.Choice)], DecidedOn: c.DecidedOn,
		ChangedBy: c.By, At: timestamppb.New(c.At), Reason: c.Note, Etag: clinic.ChoiceEtag(c),
	}
}

// ExportPatient implements the contract's call.
func (s *Server) ExportPatient(req *pb.ExportPatientRequest, stream grpc.ServerStreamingServer[pb.ExportPatientResponse]) error {
	sent, err := s.clinic.ExportPatient(stream.Context(), patientRef(req.GetPatient()), unknown(req), func(part clinic.PatientPart) error {
		return stream.Send(patientPartProto(&part))
	})
	if err != nil {
		return err
	}
	return stream.Send(&pb.ExportPatientResponse{Part: &pb.ExportPatientResponse_End{End: &pb.ExportPatientEnd{
		Identifiers: int32(sent.Identifiers), Episodes: int32(sent.Episodes), Shares: int32(sent.Shares), Submissions: int32(sent.Submissions),
		RegistryChoices: int32(sent.Choices), AccessEvents: int32(sent.Access), Names: int32(sent.Names), Acts: int32(sent.Acts),
		PaperCodes: int32(sent.PaperCodes), Visits: int32(sent.Visits), Deliveries: int32(sent.Deliveries),
	}}})
}

func patientPartProto(p *clinic.PatientPart) *pb.ExportPatientResponse {
	switch {
	case p.Identifier != nil:
		return &pb.ExportPatientResponse{Part: &pb.ExportPatientResponse_Identifier{Identifier: &pb.ExportedIdentifier{
			Identifier: &pb.PatientIdentifier{System: p.Identifier.System, Value: p.Identifier.Value}, AddedAt: timestamppb.New(p.Identifier.AddedAt),
		}}}
	case p.Name != nil:
		return &pb.ExportPatientResponse{Part: &pb.ExportPatientResponse_Name{Name: nameProto(*p.Name)}}
	case p.Act != nil:
		return &pb.ExportPatientResponse{Part: &pb.ExportPatientResponse_Act{Act: &pb.ExportedAct{
			CareUnit: p.Act.CareUnit, EpisodeId: p.Act.EpisodeID, Act: actProto(*p.Act),
		}}}
	case p.PaperCode != nil:
		return &pb.ExportPatientResponse{Part: &pb.ExportPatientResponse_PaperCode{PaperCode: &pb.ExportedPaperCode{
			CareUnit: p.PaperCode.CareUnit, EpisodeId: p.PaperCode.EpisodeID, Occasion: occasionWords.enum[string(p.PaperCode.Occasion)],
			OccasionLabel: p.PaperCode.OccasionLabel, PaperCode: p.PaperCode.Code, MadeAt: timestamppb.New(p.PaperCode.MadeAt),
		}}}
	case p.Visit != nil:
		return &pb.ExportPatientResponse{Part: &pb.ExportPatientResponse_Visit{Visit: &pb.ExportedVisit{
			CareUnit: p.Visit.CareUnit, EpisodeId: p.Visit.EpisodeID, Reader: p.Visit.Reader, SeenAt: timestamppb.New(p.Visit.At),
		}}}
	case p.Episode != nil:
		return &pb.ExportPatientResponse{Part: &pb.ExportPatientResponse_Episode{Episode: episodeProto(*p.Episode)}}
	case p.Share != nil:
		return &pb.ExportPatientResponse{Part: &pb.ExportPatientResponse_Share{Share: &pb.ExportedShare{
			CareUnit: p.Share.CareUnit, EpisodeId: p.Share.EpisodeID, WithCareUnit: p.Share.With, Shared: p.Share.Shared,
			ChangedBy: p.Share.By, At: timestamppb.New(p.Share.At), Reason: p.Share.Note,
		}}}
	case p.Submission != nil:
		return &pb.ExportPatientResponse{Part: &pb.ExportPatientResponse_Submission{Submission: versionProto(p.Submission)}}
	case p.Choice != nil:
		return &pb.ExportPatientResponse{Part: &pb.ExportPatientResponse_RegistryChoice{RegistryChoice: choiceProto(*p.Choice)}}
	case p.Delivery != nil:
		return &pb.ExportPatientResponse{Part: &pb.ExportPatientResponse_Delivery{Delivery: exportedDeliveryProto(p.Delivery)}}
	default:
		return &pb.ExportPatientResponse{Part: &pb.ExportPatientResponse_Access{Access: accessEventProto(p.Access)}}
	}
}

func exportedDeliveryProto(d *store.Delivery) *pb.ExportedDelivery {
	out := &pb.ExportedDelivery{DeliveryId: d.DeliveryID, Recipient: d.Recipient, Purpose: d.Note, MadeBy: d.By, MadeAt: timestamppb.New(d.At)}
	if !d.FinishedAt.IsZero() {
		out.FinishedAt = timestamppb.New(d.FinishedAt)
	}
	return out
}
