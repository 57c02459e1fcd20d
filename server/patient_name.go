package server

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/clinic"
)

// SetPatientName implements the contract's call.
func (s *Server) SetPatientName(ctx context.Context, req *pb.SetPatientNameRequest) (*pb.SetPatientNameResponse, error) {
	changed, err := s.clinic.SetPatientName(ctx, clinic.PatientNaming{EpisodeRef: episodeRef(req), Name: req.GetName(), Found: unknown(req)})
	if err != nil {
		return nil, err
	}
	return &pb.SetPatientNameResponse{Changed: changed}, nil
}

// GetPatientName implements the contract's call.
func (s *Server) GetPatientName(ctx context.Context, req *pb.GetPatientNameRequest) (*pb.GetPatientNameResponse, error) {
	name, err := s.clinic.PatientName(ctx, clinic.EpisodeRef{CareUnit: req.GetCareUnit(), EpisodeID: req.GetEpisodeId()})
	if err != nil {
		return nil, err
	}
	return &pb.GetPatientNameResponse{Name: nameProto(name)}, nil
}

// nameProto is nil for no name.
func nameProto(name clinic.PatientName) *pb.PatientName {
	if name.Name == "" {
		return nil
	}
	return &pb.PatientName{Name: name.Name, ChangedBy: name.By, ChangedAt: timestamppb.New(name.At)}
}

// FindPatientsByName implements the contract's call.
func (s *Server) FindPatientsByName(ctx context.Context, req *pb.FindPatientsByNameRequest) (*pb.FindPatientsByNameResponse, error) {
	episodes, err := s.clinic.FindByName(ctx, req.GetCareUnit(), req.GetName(), unknown(req))
	if err != nil {
		return nil, err
	}
	out := &pb.FindPatientsByNameResponse{}
	for _, e := range episodes {
		out.Episodes = append(out.Episodes, episodeProto(e))
	}
	return out, nil
}
