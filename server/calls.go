package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"runtime/debug"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/clinic"
)

// listsAllProblems are the calls whose use case takes over the problems that
// unknown finds, so that a caller hears of them together with all others. For
// the rest, which carry little input, unary refuses at once.
var listsAllProblems = map[string]bool{
	pb.ScoringService_Score_FullMethodName:                true,
	pb.SubmissionService_Submit_FullMethodName:            true,
	pb.SubmissionService_SubmitForms_FullMethodName:       true,
	pb.SubmissionService_AmendSubmission_FullMethodName:   true,
	pb.SubmissionService_RetractSubmission_FullMethodName: true,
	pb.PatientService_UpsertEpisode_FullMethodName:        true,
	pb.PatientService_ShareEpisode_FullMethodName:         true,
	pb.PatientService_SetRegistryChoice_FullMethodName:    true,
	pb.PatientService_LinkIdentity_FullMethodName:         true,
	pb.PatientService_ErasePatient_FullMethodName:         true,
	pb.AdminService_ChangeSetting_FullMethodName:          true,
}

type requestIDKey struct{}

// requestID names a call in the log and in an internal error. It is made only
// when somebody asks, since most calls need none.
func requestID(ctx context.Context) string {
	if lazy, ok := ctx.Value(requestIDKey{}).(*string); ok {
		if *lazy == "" {
			*lazy = uuid.NewString()
		}
		return *lazy
	}
	return uuid.NewString()
}

// unaryCall is what every unary call passes through, once it is known who makes
// it: the caller's pace, room, the size limit, refusal of what this server does
// not know, recovery and the log.
func (s *Server) unaryCall(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (reply any, err error) {
	began := time.Now()
	ctx = withRequestID(ctx)
	if err := s.onPace(ctx); err != nil {
		return nil, err
	}
	leave, ok := s.open.enter(info.FullMethod)
	if !ok {
		return nil, errCrowded
	}
	defer leave()
	defer func() {
		if p := recover(); p != nil {
			reply, err = nil, s.panicked(ctx, p)
		}
		s.logCall(ctx, info.FullMethod, began, err)
	}()
	message, ok := req.(proto.Message)
	if !ok {
		return handler(ctx, req)
	}
	if proto.Size(message) > MaxMessageBytes {
		return nil, tooLarge()
	}
	if !listsAllProblems[info.FullMethod] {
		if found := unknown(message); len(found) > 0 {
			return nil, s.refuse(ctx, &clinic.InputError{Problems: found})
		}
	}
	reply, err = handler(ctx, req)
	if err != nil {
		return nil, s.statusOf(ctx, err)
	}
	return reply, nil
}

// streamCall is unaryCall for streams, whose messages are checked one by one
// where they are read.
func (s *Server) streamCall(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) (err error) {
	began := time.Now()
	ctx := withRequestID(stream.Context())
	if err := s.onPace(ctx); err != nil {
		return err
	}
	leave, ok := s.open.enter(info.FullMethod)
	if !ok {
		return errCrowded
	}
	defer leave()
	if s.info.Pace != nil {
		stream = paced{stream, s.info.Pace, pacedCaller(ctx)}
	}
	defer func() {
		if p := recover(); p != nil {
			err = s.panicked(ctx, p)
		}
		s.logCall(ctx, info.FullMethod, began, err)
	}()
	if err = handler(srv, stream); err != nil {
		return s.statusOf(ctx, err)
	}
	return nil
}

// statusOf leaves a status of the transport's as it is and translates the rest.
func (s *Server) statusOf(ctx context.Context, err error) error {
	if _, ok := status.FromError(err); ok {
		return err
	}
	return s.refuse(ctx, err)
}

func tooLarge() error {
	text := fmt.Sprintf("the message is larger than %d bytes; send less at a time", MaxMessageBytes)
	return newStatus(codes.ResourceExhausted, reasonTooLarge, text, nil, badRequest([]clinic.Problem{{Reason: reasonTooLarge, Description: text}}))
}

// panicked logs where it happened but not what was thrown: the value of a
// panic may quote input.
func (s *Server) panicked(ctx context.Context, thrown any) error {
	kind := fmt.Sprintf("%T", thrown)
	return s.internal(ctx, "panic", slog.String("kind", kind), slog.String("stack", string(debug.Stack())))
}

// logCall writes one line for a call: what, how it ended, how long. Who it was
// about never stands there.
func (s *Server) logCall(ctx context.Context, method string, began time.Time, err error) {
	level := slog.LevelDebug
	if err != nil {
		level = slog.LevelInfo
	}
	if !s.log.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("call", path.Base(path.Dir(method))+"/"+path.Base(method)),
		slog.String("code", status.Code(err).String()),
		slog.Duration("took", time.Since(began)),
	}
	if reason := reasonOf(err); reason != "" {
		attrs = append(attrs, slog.String("reason", reason))
	}
	s.log.LogAttrs(ctx, level, "call", attrs...)
}

// reasonOf reads the reason back from a status.
func reasonOf(err error) string {
	var withStatus interface{ GRPCStatus() *status.Status }
	if !errors.As(err, &withStatus) {
		return ""
	}
	for _, detail := range withStatus.GRPCStatus().Details() {
		if info, ok := detail.(interface{ GetReason() string }); ok {
			return info.GetReason()
		}
	}
	return ""
}
