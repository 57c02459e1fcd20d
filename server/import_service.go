package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/clinic"
)

const (
	// importAhead is how many messages wait, checked and scored, while one is
	// written and one more is prepared. It is what keeps both cores busy; more
	// would only hold memory.
	importAhead = 1
	// maxRecordViolations is how many problems of one record are listed: more
	// than a form has items, and few enough that the reply to a message of
	// thousand hopeless records stays below what clients receive (32 MiB).
	maxRecordViolations = 100
)

// importMessage is one message on its way to the store.
type importMessage struct {
	request  *pb.ImportSubmissionsRequest
	prepared *clinic.PreparedImport
	err      error // why there is none; nothing follows
}

// ImportSubmissions implements the contract's call. One goroutine reads, checks
// and scores; this one stores and replies, in the order of the messages.
//
// When the server is about to stop, the message that is being written is
// finished and answered, and the stream ends: its client goes on elsewhere or
// later with what has no result.
func (s *Server) ImportSubmissions(stream grpc.BidiStreamingServer[pb.ImportSubmissionsRequest, pb.ImportSubmissionsResponse]) error {
	defer s.imports.Add(-1)
	if s.imports.Add(1) > maxImports {
		return retryStatus(codes.ResourceExhausted, reasonOverloaded, "as many imports as the server takes are running; nothing was done")
	}
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	messages := make(chan importMessage, importAhead)
	go s.readImport(ctx, stream, messages)
	for {
		select {
		case <-s.draining:
			return newStatus(codes.Unavailable, reasonUnavailable, "the server is stopping; send again what has no result", nil)
		case <-ctx.Done(): // the client has gone, and the reader may have without a word
			return ctx.Err()
		case m := <-messages:
			if errors.Is(m.err, io.EOF) {
				return nil
			}
			if m.err != nil {
				return m.err
			}
			results, err := s.clinic.Import(ctx, m.prepared, m.request.GetDryRun())
			if err != nil {
				return err
			}
			if err := stream.Send(importReply(m.request, results)); err != nil {
				return err
			}
		}
	}
}

// readImport hands over each message of the stream, and at the end why there
// are no more. It is a goroutine of its own, so it has to catch its own panics.
func (s *Server) readImport(ctx context.Context, stream grpc.BidiStreamingServer[pb.ImportSubmissionsRequest, pb.ImportSubmissionsResponse], messages chan<- importMessage) {
	hand := func(m importMessage) bool {
		select {
		case messages <- m:
			return m.err == nil
		case <-ctx.Done():
			return false
		}
	}
	defer func() {
		if p := recover(); p != nil {
			hand(importMessage{err: s.panicked(ctx, p)})
		}
	}()
	first := true
	dryRun := false
	for {
		m := importMessage{}
		if m.request, m.err = stream.Recv(); m.err == nil {
			if first {
				first, dryRun = false, m.request.GetDryRun()
			}
			m.prepared, m.err = s.prepareImport(ctx, m.request, dryRun)
		}
		if !hand(m) {
			return
		}
	}
}

func (s *Server) prepareImport(ctx context.Context, req *pb.ImportSubmissionsRequest, dryRun bool) (*clinic.PreparedImport, error) {
	if err := checkImport(req, dryRun); err != nil {
		return nil, err
	}
	records := make([]clinic.Submission, len(req.GetRecords()))
	for i, record := range req.GetRecords() {
		records[i] = importRecord(record)
	}
	return s.clinic.PrepareImport(ctx, records)
}

// checkImport refuses a message as a whole, for what no single record can
// answer.
func checkImport(req *pb.ImportSubmissionsRequest, dryRun bool) error {
	if proto.Size(req) > MaxMessageBytes {
		return tooLarge()
	}
	var found []clinic.Problem
	if len(req.GetRecords()) > clinic.MaxRecords {
		found = append(found, clinic.Problem{Field: "records", Reason: clinic.TooMany, Description: fmt.Sprintf("at most %d in a message", clinic.MaxRecords)})
	}
	if req.GetDryRun() != dryRun {
		found = append(found, clinic.Problem{Field: "dry_run", Reason: clinic.BadFormat, Description: "must be the same in every message of a stream"})
	}
	if len(req.ProtoReflect().GetUnknown()) > 0 {
		found = append(found, clinic.Problem{Reason: reasonUnknownField, Description: "carries a field that this server does not know"})
	}
	if len(found) > 0 {
		return &clinic.InputError{Problems: found}
	}
	return nil
}

// importRecord reads one record. What is wrong with it is its own affair.
func importRecord(record *pb.ImportRecord) clinic.Submission {
	req := record.GetSubmission()
	sub := submission(req)
	sub.Found = unknown(req)
	sub.Forms = []clinic.Form{{SubmissionID: req.GetSubmissionId(), Sheet: sheet(req)}}
	if len(record.ProtoReflect().GetUnknown()) > 0 {
		sub.Found = append(sub.Found, clinic.Problem{Reason: reasonUnknownField, Description: "the record carries a field that this server does not know"})
	}
	if utf8.RuneCountInString(record.GetRecordId()) > clinic.MaxIDLength {
		sub.Found = append(sub.Found, clinic.Problem{Field: "record_id", Reason: clinic.TooLong, Description: fmt.Sprintf("at most %d characters", clinic.MaxIDLength)})
	}
	return sub
}

func importReply(req *pb.ImportSubmissionsRequest, imported []clinic.ImportedRecord) *pb.ImportSubmissionsResponse {
	out := &pb.ImportSubmissionsResponse{Results: make([]*pb.ImportResult, len(imported))}
	results := make([]pb.ImportResult, len(imported)) // one piece of memory for all
	for i := range imported {
		results[i].RecordId = req.GetRecords()[i].GetRecordId()
		importResult(&results[i], &imported[i])
		out.Results[i] = &results[i]
	}
	return out
}

func importResult(to *pb.ImportResult, from *clinic.ImportedRecord) {
	if from.Refused != nil {
		to.Outcome, to.Error = pb.ImportOutcome_IMPORT_OUTCOME_REFUSED, recordError(from.Refused)
		return
	}
	to.Outcome = pb.ImportOutcome_IMPORT_OUTCOME_STORED
	if from.Replayed {
		to.Outcome = pb.ImportOutcome_IMPORT_OUTCOME_REPLAYED
	}
	to.EpisodeCreated = from.EpisodeCreated
	for _, w := range from.Warnings {
		to.Warnings = append(to.Warnings, pb.WarningCode(pb.WarningCode_value["WARNING_CODE_"+w.Code]))
	}
}

// recordError says of one record what a status says of a call.
func recordError(refused error) *pb.SheetError {
	var input *clinic.InputError
	if errors.As(refused, &input) {
		listed := *input
		listed.Problems = listed.Problems[:min(len(listed.Problems), maxRecordViolations)]
		return sheetError(&listed)
	}
	var state *clinic.StateError
	if !errors.As(refused, &state) {
		panic(refused) // a record is refused with one of the two
	}
	return sheetError(&clinic.InputError{Problems: []clinic.Problem{{Field: state.Field, Reason: state.Reason, Description: state.Description}}})
}
