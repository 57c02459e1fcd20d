package server

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/clinic"
)

// GetServerInfo implements the contract's call.
func (s *Server) GetServerInfo(context.Context, *pb.GetServerInfoRequest) (*pb.GetServerInfoResponse, error) {
	out := &pb.GetServerInfoResponse{
		SoftwareVersion: s.info.Version, Mode: pb.ServerMode_SERVER_MODE_LOCAL,
		StoreEngine: s.info.Store.Engine, SchemaVersion: s.info.Store.SchemaVersion,
		TimeZone: clinic.TimeZone, StartedAt: timestamppb.New(s.info.StartedAt),
		Limits: &pb.Limits{
			MessageBytes: MaxMessageBytes, AnswersPerSheet: clinic.MaxAnswers, ValueSetsPerSheet: clinic.MaxValueSets,
			SheetsPerMessage: MaxSheetsPerMessage, FormsPerCall: clinic.MaxForms, PageSize: clinic.MaxPageSize,
			IdCharacters: clinic.MaxIDLength, TextCharacters: clinic.MaxTextLength, ViolationsListed: maxViolations,
		},
	}
	if s.info.Demo {
		out.Mode = pb.ServerMode_SERVER_MODE_DEMO
	}
	for _, in := range s.clinic.ActiveInstruments() {
		out.ActiveDefinitions = append(out.ActiveDefinitions, &pb.ActiveDefinition{
			Instrument: in.ID(), Version: in.Version(), DefinitionHash: in.DefinitionHash(), ScoringHash: in.ScoringHash(),
		})
	}
	return out, nil
}
