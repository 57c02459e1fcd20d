package server

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/clinic"
)

// GetServerInfo implements the contract's call.
func (s *Server) GetServerInfo(ctx context.Context, _ *pb.GetServerInfoRequest) (*pb.GetServerInfoResponse, error) {
	out := &pb.GetServerInfoResponse{
		SoftwareVersion: s.info.Version, Mode: pb.ServerMode_SERVER_MODE_LOCAL,
		StoreEngine: s.info.Store.Engine, SchemaVersion: s.info.Store.SchemaVersion,
		TimeZone: clinic.TimeZone, StartedAt: timestamppb.New(s.info.StartedAt),
		Limits: s.limits(),
	}
	if s.info.Demo {
		out.Mode = pb.ServerMode_SERVER_MODE_DEMO
	}
	active, err := s.clinic.ActiveInstruments(ctx)
	if err != nil {
		return nil, err
	}
	for _, in := range active {
		out.ActiveDefinitions = append(out.ActiveDefinitions, &pb.ActiveDefinition{
			Instrument: in.ID(), Version: in.Version(), DefinitionHash: in.DefinitionHash(), ScoringHash: in.ScoringHash(),
		})
	}
	pending, err := s.clinic.ErasuresBeingPurged(ctx)
	if err != nil {
		return nil, err
	}
	out.ErasuresBeingPurged = int32(pending)
	return out, nil
}

// ListSettings implements the contract's call.
func (s *Server) ListSettings(ctx context.Context, req *pb.ListSettingsRequest) (*pb.ListSettingsResponse, error) {
	list, next, err := s.clinic.ListSettings(ctx, clinic.SettingsFilter{
		CareUnit: req.GetCareUnit(), Kind: clinic.SettingKind(settingKindWords.word[req.GetKind()]), Name: req.GetName(), History: req.GetHistory(),
	}, clinic.Page{Size: int(req.GetPageSize()), Token: req.GetPageToken()})
	if err != nil {
		return nil, err
	}
	out := &pb.ListSettingsResponse{NextPageToken: next}
	for _, setting := range list {
		out.Settings = append(out.Settings, settingProto(setting))
	}
	return out, nil
}

// ChangeSetting implements the contract's call.
func (s *Server) ChangeSetting(ctx context.Context, req *pb.ChangeSettingRequest) (*pb.ChangeSettingResponse, error) {
	setting, err := s.clinic.ChangeSetting(ctx, settingChange(req))
	if err != nil {
		return nil, err
	}
	return &pb.ChangeSettingResponse{Setting: settingProto(setting)}, nil
}
