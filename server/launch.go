package server

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// CreateLaunchLink implements the contract's call.
func (s *Server) CreateLaunchLink(ctx context.Context, req *pb.CreateLaunchLinkRequest) (*pb.CreateLaunchLinkResponse, error) {
	link, err := s.clinic.CreateLaunchLink(ctx, episodeRef(req))
	if err != nil {
		return nil, err
	}
	return &pb.CreateLaunchLinkResponse{Token: link.Token, ExpiresAt: timestamppb.New(link.ExpiresAt)}, nil
}
