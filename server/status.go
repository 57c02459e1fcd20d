package server

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/access/signin"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// errorDomain is the domain of every ErrorInfo.
const errorDomain = "painscore"

// A status travels in the trailers, and some gRPC stacks (Java, C++) refuse
// more than 8 KiB of them. What is listed stays below that with base64 on top;
// the ErrorInfo tells the full number.
const (
	maxViolations     = 50
	maxViolationBytes = 5000
)

// retryAfter is what a caller is told to wait when the server is out of room.
var retryAfter = map[string]*durationpb.Duration{
	reasonOverloaded: {Seconds: 1},
	reasonDiskFull:   {Seconds: 60},
}

// Reasons that only this package gives.
const (
	reasonUnknownField = "UNKNOWN_FIELD"
	reasonOverloaded   = "OVERLOADED"
	reasonDiskFull     = "DISK_FULL"
	reasonTooLarge     = "TOO_LARGE"
	reasonUnavailable  = "UNAVAILABLE"
	reasonInternal     = "INTERNAL"
)

// stateCodes is the status code of each reason that is not about the shape of
// the input, which is INVALID_ARGUMENT always.
var stateCodes = map[string]codes.Code{
	clinic.SubmissionUnknown:     codes.NotFound,
	clinic.EpisodeUnknown:        codes.NotFound,
	clinic.SettingUnknown:        codes.NotFound,
	clinic.SubmissionIDReused:    codes.AlreadyExists,
	clinic.OccasionAnswered:      codes.AlreadyExists,
	clinic.EpisodeOfOtherPatient: codes.FailedPrecondition,
	clinic.RescorePlanUnknown:    codes.NotFound,
	clinic.RescoreBuiltUpon:      codes.FailedPrecondition,
	clinic.StaleVersion:          codes.Aborted,
	clinic.PatientUnknown:        codes.NotFound,
	clinic.SubmissionRetracted:   codes.FailedPrecondition,
	clinic.Erased:                codes.FailedPrecondition,
	clinic.IdentifierOfOther:     codes.FailedPrecondition,
	clinic.TestPatient:           codes.FailedPrecondition,
	clinic.RegistryObjected:      codes.FailedPrecondition,
	clinic.ErasureIDReused:       codes.AlreadyExists,
	clinic.ReviewIDReused:        codes.AlreadyExists,
	clinic.ActIDReused:           codes.AlreadyExists,
	clinic.CodeUnknown:           codes.NotFound,
	clinic.RecipientUnknown:      codes.NotFound,
	clinic.RecipientNotAllowed:   codes.PermissionDenied,
	clinic.DeliveryUnknown:       codes.NotFound,
	clinic.DeliveryIDReused:      codes.AlreadyExists,
	clinic.SnapshotChanged:       codes.FailedPrecondition,
	clinic.ReportTooClose:        codes.FailedPrecondition,
}

// refuse turns any error into the status that a caller sees. It is the only
// place that does. What is not meant for a caller is logged under the request
// id, and only that id is sent.
func (s *Server) refuse(ctx context.Context, err error) error {
	var input *clinic.InputError
	var state *clinic.StateError
	var signIn *signin.Refusal
	switch {
	case errors.As(err, &signIn):
		return signInStatus(signIn)
	case clinic.RefusalReason(err) != "":
		return accessStatus(err)
	case errors.Is(err, clinic.ErrNotLogged):
		return s.notLogged(ctx, err)
	case errors.As(err, &input):
		return inputStatus(input)
	case errors.As(err, &state):
		return stateStatus(state)
	case errors.Is(err, store.ErrDiskFull):
		s.log.ErrorContext(ctx, "the disk is full", "request_id", requestID(ctx))
		return retryStatus(codes.ResourceExhausted, reasonDiskFull, "the server's disk is full; nothing was stored")
	case errors.Is(err, store.ErrOverloaded):
		return retryStatus(codes.ResourceExhausted, reasonOverloaded, "more waits to be written than the server takes; nothing was done")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return status.FromContextError(err).Err()
	case errors.Is(err, store.ErrUnavailable):
		s.log.ErrorContext(ctx, "the store is unavailable", "request_id", requestID(ctx), "error", err)
		return newStatus(codes.Unavailable, reasonUnavailable, "the store cannot be reached; repeat the call", nil)
	}
	return s.internal(ctx, "call failed", slog.Any("error", err))
}

// accessStatus is the status of a refusal of access. It says nothing of what was
// asked for.
func accessStatus(err error) error {
	reason := clinic.RefusalReason(err)
	switch reason {
	case clinic.Unauthenticated:
		return newStatus(codes.Unauthenticated, reason, "who is calling is not known", nil)
	case clinic.RoleNotAllowed:
		return newStatus(codes.PermissionDenied, reason, "none of the caller's roles allows this call", nil)
	case clinic.UnitNotAllowed:
		return newStatus(codes.PermissionDenied, reason, "the caller does not act for this care unit", nil)
	}
	return newStatus(codes.PermissionDenied, reason, "a call about patients must say user, care unit and purpose", nil)
}

// notLogged is the status of a call that could not be put on record.
func (s *Server) notLogged(ctx context.Context, err error) error {
	const text = "the access log cannot be written, so nothing is answered; a repeated call is safe"
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return status.FromContextError(err).Err()
	case errors.Is(err, store.ErrOverloaded):
		return retryStatus(codes.ResourceExhausted, reasonOverloaded, text)
	case errors.Is(err, store.ErrDiskFull):
		s.log.ErrorContext(ctx, "the disk is full: the access log cannot be written", "request_id", requestID(ctx))
		return retryStatus(codes.ResourceExhausted, reasonDiskFull, text)
	}
	s.log.ErrorContext(ctx, "the access log cannot be written", "request_id", requestID(ctx), "error", err)
	return newStatus(codes.Unavailable, reasonUnavailable, text, nil)
}

// internal logs what went wrong and tells the caller only where to look.
func (s *Server) internal(ctx context.Context, what string, attrs ...slog.Attr) error {
	id := requestID(ctx)
	s.log.LogAttrs(ctx, slog.LevelError, what, append(attrs, slog.String("request_id", id))...)
	return newStatus(codes.Internal, reasonInternal, "internal error; the server's log has it under the request id", map[string]string{"request_id": id})
}

func inputStatus(input *clinic.InputError) error {
	metadata := map[string]string{"violations": strconv.Itoa(len(input.Problems))}
	return newStatus(codes.InvalidArgument, input.Reason(), "the request has problems; see the violations", metadata, badRequest(input.Problems))
}

// badRequest lists the problems as far as there is room.
func badRequest(problems []clinic.Problem) *errdetails.BadRequest {
	bad := &errdetails.BadRequest{}
	for _, p := range problems {
		violation := &errdetails.BadRequest_FieldViolation{Field: p.Field, Reason: p.Reason, Description: p.Description}
		if bad.FieldViolations = append(bad.FieldViolations, violation); len(bad.FieldViolations) == maxViolations || proto.Size(bad) > maxViolationBytes {
			break
		}
	}
	return bad
}

func stateStatus(state *clinic.StateError) error {
	var details []protoadapt.MessageV1
	if len(state.Candidates) > 0 {
		details = append(details, candidatesProto(state.Candidates))
	}
	for _, conflict := range state.Conflicts {
		if conflict.Holder != nil {
			details = append(details, occupiedProto(conflict))
		}
	}
	if state.Verdicts != nil {
		details = append(details, verdictsProto(state.Verdicts))
	}
	return newStatus(stateCodes[state.Reason], state.Reason, state.Description, nil, details...)
}

func retryStatus(code codes.Code, reason, message string) error {
	return newStatus(code, reason, message, nil, &errdetails.RetryInfo{RetryDelay: retryAfter[reason]})
}

// retryIn is the status of a caller that may come back after a wait, which is
// told in whole milliseconds and never less.
func retryIn(wait time.Duration, message string) error {
	wait = (wait + time.Millisecond - 1).Truncate(time.Millisecond)
	return newStatus(codes.ResourceExhausted, reasonOverloaded, message, nil, &errdetails.RetryInfo{RetryDelay: durationpb.New(wait)})
}

func newStatus(code codes.Code, reason, message string, metadata map[string]string, details ...protoadapt.MessageV1) error {
	info := &errdetails.ErrorInfo{Reason: reason, Domain: errorDomain, Metadata: metadata}
	st, err := status.New(code, message).WithDetails(append([]protoadapt.MessageV1{info}, details...)...)
	if err != nil {
		panic(err) // the details are ours and always marshal, and the code is never OK
	}
	return st.Err()
}

// sheetError says of one sheet of a stream what inputStatus says of a call.
func sheetError(input *clinic.InputError) *pb.SheetError {
	out := &pb.SheetError{Reason: reasonProto(input.Reason())}
	for _, p := range input.Problems {
		out.Violations = append(out.Violations, &pb.Violation{Field: p.Field, Reason: reasonProto(p.Reason), Description: p.Description})
	}
	return out
}

func reasonProto(reason string) pb.ErrorReason {
	return pb.ErrorReason(pb.ErrorReason_value["ERROR_REASON_"+reason])
}
