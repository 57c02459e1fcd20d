package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// Error is what every failed call returns. Find it with errors.As; status.Code
// and status.FromError see it as well, and errors.Is knows a call that ran out
// of time (context.DeadlineExceeded) or was given up (context.Canceled).
//
// It never holds a value or an identifier that was sent.
type Error struct {
	// Code is the gRPC status code.
	Code codes.Code

	// Reason is the stable name to branch on, such as "OUT_OF_RANGE": a value of
	// the contract's enum ErrorReason, or a newer one. Empty where no painscore
	// server answered, for example since none was reached.
	Reason string

	// Message is a sentence for a developer. It may change.
	Message string

	// Violations is every problem of a bad request.
	Violations []Violation

	// Unlisted counts the problems beyond Violations, which the server cuts off
	// at 50.
	Unlisted int

	// Candidates, with EPISODE_UNKNOWN, are the patient's own episodes in the
	// unit: one of them was probably meant.
	Candidates []*pb.EpisodeCandidate

	// Occupied, with OCCASION_ALREADY_ANSWERED, are the sheets that hold the
	// slots: one after Submit, one for each clashing form after SubmitForms.
	Occupied []*pb.OccupiedSlot

	// Forms, after a refused SubmitForms, is the verdict on each form.
	Forms []*pb.FormVerdict

	// RetryAfter is how long the server asks to wait before the same call; 0 if
	// it does not say. The client has then given up already.
	RetryAfter time.Duration

	// RequestID finds the call in the server's log after INTERNAL.
	RequestID string

	status *status.Status
}

// Violation is one problem of a request.
type Violation struct {
	Field       string // path in the request, such as "answers[3].value"
	Reason      string // such as "OUT_OF_RANGE"
	Description string // a sentence for a developer
}

// Error gives code, reason and message, and each violation on its own line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("painscore: " + e.Code.String())
	if e.Reason != "" {
		b.WriteString(" " + e.Reason)
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	for _, v := range e.Violations {
		fmt.Fprintf(&b, "\n  %s: %s: %s", v.Field, v.Reason, v.Description)
	}
	if e.Unlisted > 0 {
		fmt.Fprintf(&b, "\n  and %d more", e.Unlisted)
	}
	if e.RequestID != "" {
		b.WriteString(" (request " + e.RequestID + ")")
	}
	return b.String()
}

// GRPCStatus is the status as it came, with all its details.
func (e *Error) GRPCStatus() *status.Status { return e.status }

// Is tells errors.Is about calls that ended with their context.
func (e *Error) Is(target error) bool {
	return target == context.DeadlineExceeded && e.Code == codes.DeadlineExceeded ||
		target == context.Canceled && e.Code == codes.Canceled
}

// ReasonOf returns why a call was refused, for a switch over the contract's
// constants. It is UNSPECIFIED for nil, for an error of another origin, and
// for a reason newer than this client; Error.Reason still names the last.
func ReasonOf(err error) pb.ErrorReason {
	var e *Error
	if !errors.As(err, &e) {
		return pb.ErrorReason_ERROR_REASON_UNSPECIFIED
	}
	return pb.ErrorReason(pb.ErrorReason_value["ERROR_REASON_"+e.Reason])
}

// domain marks the ErrorInfo that speaks of this contract's reasons.
const domain = "painscore"

// fromStatus reads the details of a failed call.
func fromStatus(st *status.Status) *Error {
	e := &Error{Code: st.Code(), Message: st.Message(), status: st}
	total := 0
	for _, detail := range st.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			if d.GetDomain() != domain {
				continue
			}
			e.Reason = d.GetReason()
			e.RequestID = d.GetMetadata()["request_id"]
			total, _ = strconv.Atoi(d.GetMetadata()["violations"])
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				e.Violations = append(e.Violations, Violation{v.GetField(), v.GetReason(), v.GetDescription()})
			}
		case *errdetails.RetryInfo:
			e.RetryAfter = max(d.GetRetryDelay().AsDuration(), 0)
		case *pb.EpisodeCandidates:
			e.Candidates = d.GetCandidates()
		case *pb.OccupiedSlot:
			e.Occupied = append(e.Occupied, d)
		case *pb.FormVerdicts:
			e.Forms = d.GetVerdicts()
		}
	}
	e.Unlisted = max(total-len(e.Violations), 0)
	return e
}

// typedError makes a gRPC error an *Error. The end of a stream stays io.EOF.
func typedError(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	var e *Error
	if errors.As(err, &e) {
		return err
	}
	return fromStatus(status.Convert(err))
}

func typed(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	return typedError(invoke(ctx, method, req, reply, cc, opts...))
}

func typedStream(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	stream, err := open(ctx, desc, cc, method, opts...)
	if err != nil {
		return nil, typedError(err)
	}
	return errorStream{stream}, nil
}

// errorStream types the errors of a stream. Streams are not retried: the
// caller knows which of its messages were answered and can go on from there.
type errorStream struct{ grpc.ClientStream }

func (s errorStream) RecvMsg(m any) error { return typedError(s.ClientStream.RecvMsg(m)) }
func (s errorStream) SendMsg(m any) error { return typedError(s.ClientStream.SendMsg(m)) }
