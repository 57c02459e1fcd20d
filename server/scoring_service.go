package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/clinic"
)

// ListInstruments implements the contract's call.
func (s *Server) ListInstruments(ctx context.Context, req *pb.ListInstrumentsRequest) (*pb.ListInstrumentsResponse, error) {
	list, next, err := s.clinic.Instruments(ctx, clinic.Page{Size: int(req.GetPageSize()), Token: req.GetPageToken()})
	if err != nil {
		return nil, err
	}
	out := &pb.ListInstrumentsResponse{NextPageToken: next}
	for _, in := range list {
		out.Instruments = append(out.Instruments, summaryProto(in))
	}
	return out, nil
}

// GetInstrument implements the contract's call.
func (s *Server) GetInstrument(ctx context.Context, req *pb.GetInstrumentRequest) (*pb.GetInstrumentResponse, error) {
	definition, err := s.clinic.Instrument(ctx, req.GetInstrument(), req.GetVersion())
	if err != nil {
		return nil, err
	}
	return &pb.GetInstrumentResponse{Instrument: instrumentProto(definition)}, nil
}

// Score implements the contract's call.
func (s *Server) Score(ctx context.Context, req *pb.ScoreRequest) (*pb.ScoreResponse, error) {
	in := sheet(req)
	in.Found = unknown(req)
	scored, err := s.clinic.Score(ctx, in)
	if err != nil {
		return nil, err
	}
	return &pb.ScoreResponse{ScoredSheet: scoredProto(scored.Instrument, scored.Result.Scores, &scored.Answers)}, nil
}

// ScoreBatch implements the contract's call. It holds one message at a time,
// and a sheet with problems gets its own error in its own place.
func (s *Server) ScoreBatch(stream grpc.BidiStreamingServer[pb.ScoreBatchRequest, pb.ScoreBatchResponse]) error {
	for {
		req, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := checkBatch(req); err != nil {
			return err
		}
		out := &pb.ScoreBatchResponse{Results: make([]*pb.BatchResult, len(req.GetSheets()))}
		for i, record := range req.GetSheets() {
			if out.Results[i], err = s.batchResult(stream.Context(), record); err != nil {
				return err
			}
		}
		if err := stream.Send(out); err != nil {
			return err
		}
	}
}

// checkBatch refuses a message as a whole, for what no single sheet can answer.
func checkBatch(req *pb.ScoreBatchRequest) error {
	if proto.Size(req) > MaxMessageBytes {
		return tooLarge()
	}
	if n := len(req.GetSheets()); n > MaxSheetsPerMessage {
		return &clinic.InputError{Problems: []clinic.Problem{{Field: "sheets", Reason: clinic.TooMany, Description: fmt.Sprintf("at most %d in a message", MaxSheetsPerMessage)}}}
	}
	if len(req.ProtoReflect().GetUnknown()) > 0 {
		return &clinic.InputError{Problems: []clinic.Problem{{Reason: reasonUnknownField, Description: "carries a field that this server does not know"}}}
	}
	return nil
}

func (s *Server) batchResult(ctx context.Context, record *pb.BatchSheet) (*pb.BatchResult, error) {
	result := &pb.BatchResult{RecordId: record.GetRecordId()}
	in := sheet(record.GetSheet())
	if in.Found = unknown(record.GetSheet()); utf8.RuneCountInString(record.GetRecordId()) > clinic.MaxIDLength {
		in.Found = append(in.Found, clinic.Problem{Field: "record_id", Reason: clinic.TooLong, Description: fmt.Sprintf("at most %d characters", clinic.MaxIDLength)})
	}
	scored, err := s.clinic.Score(ctx, in)
	var input *clinic.InputError
	switch {
	case errors.As(err, &input):
		result.Result = &pb.BatchResult_Error{Error: sheetError(input)}
	case err != nil:
		return nil, err
	default:
		result.Result = &pb.BatchResult_ScoredSheet{ScoredSheet: scoredProto(scored.Instrument, scored.Result.Scores, &scored.Answers)}
	}
	return result, nil
}
