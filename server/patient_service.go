package server

import (
	"context"

	"google.golang.org/protobuf/proto"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/wording"
)

// UpsertEpisode implements the contract's call.
func (s *Server) UpsertEpisode(ctx context.Context, req *pb.UpsertEpisodeRequest) (*pb.UpsertEpisodeResponse, error) {
	upserted, err := s.clinic.UpsertEpisode(ctx, clinic.EpisodeUpdate{
		Patient: patientRef(req.GetPatient()), Episode: episode(req.GetEpisode()),
		Mask: req.GetUpdateMask().GetPaths(), Etag: req.GetEtag(), Found: unknown(req),
	})
	if err != nil {
		return nil, err
	}
	return &pb.UpsertEpisodeResponse{Episode: episodeProto(upserted.Episode), Created: upserted.Created, Warnings: warningsProto(upserted.Warnings)}, nil
}

// GetEpisode implements the contract's call.
func (s *Server) GetEpisode(ctx context.Context, req *pb.GetEpisodeRequest) (*pb.GetEpisodeResponse, error) {
	file, err := s.clinic.EpisodeFile(ctx, episodeRef(req))
	if err != nil {
		return nil, err
	}
	out := &pb.GetEpisodeResponse{Episode: episodeProto(file.Episode)}
	for _, share := range file.Shares {
		out.Shares = append(out.Shares, shareProto(share))
	}
	for _, choice := range file.Choices {
		out.RegistryChoices = append(out.RegistryChoices, choiceProto(choice))
	}
	return out, nil
}

// ShareEpisode implements the contract's call.
func (s *Server) ShareEpisode(ctx context.Context, req *pb.ShareEpisodeRequest) (*pb.ShareEpisodeResponse, error) {
	share, err := s.clinic.ShareEpisode(ctx, clinic.Sharing{
		CareUnit: req.GetCareUnit(), EpisodeID: req.GetEpisodeId(), With: req.GetWithCareUnit(), Revoke: req.GetRevoke(),
		Decision: clinic.Decision{Reason: req.GetReason(), Author: req.GetAuthor()}, Found: unknown(req),
	})
	if err != nil {
		return nil, err
	}
	return &pb.ShareEpisodeResponse{Share: shareProto(share)}, nil
}

// LinkIdentity implements the contract's call.
func (s *Server) LinkIdentity(ctx context.Context, req *pb.LinkIdentityRequest) (*pb.LinkIdentityResponse, error) {
	linked, err := s.clinic.LinkIdentity(ctx, clinic.Linking{
		Patient: patientRef(req.GetPatient()), Also: patientRef(req.GetAlso()), Merge: req.GetMerge(),
		Decision: clinic.Decision{Reason: req.GetReason(), Author: req.GetAuthor()}, Found: unknown(req),
	})
	if err != nil {
		return nil, err
	}
	return &pb.LinkIdentityResponse{
		Added: linked.Added, Merged: linked.Merged, MovedEpisodes: int32(linked.MovedEpisodes), Warnings: warningsProto(linked.Warnings),
	}, nil
}

// ErasePatient implements the contract's call.
func (s *Server) ErasePatient(ctx context.Context, req *pb.ErasePatientRequest) (*pb.ErasePatientResponse, error) {
	erased, err := s.clinic.ErasePatient(ctx, clinic.Erasing{
		ErasureID: req.GetErasureId(), Patient: patientRef(req.GetPatient()),
		Decision: clinic.Decision{Reason: req.GetReason(), Author: req.GetAuthor()}, Found: unknown(req),
	})
	if err != nil {
		return nil, err
	}
	return erasureProto(erased), nil
}

// ListEpisodes implements the contract's call.
func (s *Server) ListEpisodes(ctx context.Context, req *pb.ListEpisodesRequest) (*pb.ListEpisodesResponse, error) {
	episodes, next, err := s.clinic.ListEpisodes(ctx, req.GetCareUnit(), optionalPatient(req.GetPatient()), clinic.Page{Size: int(req.GetPageSize()), Token: req.GetPageToken()})
	if err != nil {
		return nil, err
	}
	out := &pb.ListEpisodesResponse{NextPageToken: next}
	for _, e := range episodes {
		out.Episodes = append(out.Episodes, episodeProto(e))
	}
	return out, nil
}

// GetTrend implements the contract's call.
func (s *Server) GetTrend(ctx context.Context, req *pb.GetTrendRequest) (*pb.GetTrendResponse, error) {
	language, ok := wording.Parse(req.GetLanguage())
	if req.GetLanguage() == "" {
		language = ""
	} else if !ok {
		return nil, &clinic.InputError{Problems: []clinic.Problem{{Field: "language", Reason: clinic.BadFormat, Description: "sv or en, or empty for no sentences"}}}
	}
	wire, err := s.clinic.TrendReply(ctx, episodeRef(req), string(language), func(trend *clinic.Trend) ([]byte, error) {
		return proto.Marshal(&pb.GetTrendResponse{Trend: trendProto(trend, language)})
	})
	if err != nil {
		return nil, err
	}
	// A message carries fields that it does not know as the bytes that came in,
	// and goes out with them as they are. So these bytes are the reply.
	reply := &pb.GetTrendResponse{}
	reply.ProtoReflect().SetUnknown(wire)
	return reply, nil
}

func episodeRef(m interface {
	GetPatient() *pb.PatientIdentifier
	GetCareUnit() string
	GetEpisodeId() string
}) clinic.EpisodeRef {
	return clinic.EpisodeRef{Patient: optionalPatient(m.GetPatient()), CareUnit: m.GetCareUnit(), EpisodeID: m.GetEpisodeId()}
}
