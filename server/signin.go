package server

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/access/signin"
)

// Reasons of sign-in.
const (
	reasonUnauthenticated     = "UNAUTHENTICATED"
	reasonAssertionNotAllowed = "ASSERTION_NOT_ALLOWED"
	reasonBadAssertion        = "BAD_ASSERTION"
)

// signInUnary puts who calls into the context, or refuses the call. It stands
// before everything else: whoever is not known learns nothing of a request's
// problems, and fills no log (see signin.Authenticator).
func (s *Server) signInUnary(who *signin.Authenticator) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		ctx, err := s.signIn(ctx, who, info.FullMethod)
		if err != nil {
			return nil, err
		}
		return handler(ctx, req)
	}
}

// signInStream is signInUnary for streams. Who opened a stream is who sends
// what comes on it.
func (s *Server) signInStream(who *signin.Authenticator) grpc.StreamServerInterceptor {
	return func(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
		ctx, err := s.signIn(stream.Context(), who, info.FullMethod)
		if err != nil {
			return err
		}
		return handler(srv, signedInStream{stream, ctx})
	}
}

type signedInStream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s signedInStream) Context() context.Context { return s.ctx }

// signIn finds out who calls. Its recovery is its own, as the one of unaryCall
// comes later.
func (s *Server) signIn(ctx context.Context, who *signin.Authenticator, method string) (signedIn context.Context, err error) {
	ctx = withRequestID(ctx)
	defer func() {
		if p := recover(); p != nil {
			signedIn, err = nil, s.panicked(ctx, p)
		}
	}()
	if isOpen(method, who.IsLocal()) {
		return ctx, nil
	}
	caller, err := who.Authenticate(ctx, credentialsOf(ctx))
	if err != nil {
		return nil, s.refuse(ctx, err)
	}
	caller.RequestID = requestID(ctx)
	return access.WithCaller(ctx, caller), nil
}

// isOpen lists what needs no sign-in: asking once whether the server is well,
// and in local mode what its contract is. Watching its health keeps a call open,
// and is for those who are known.
func isOpen(method string, local bool) bool {
	return method == healthpb.Health_Check_FullMethodName || local && strings.HasPrefix(method, "/grpc.reflection.")
}

// withRequestID prepares the context for requestID, unless it is.
func withRequestID(ctx context.Context) context.Context {
	if _, ok := ctx.Value(requestIDKey{}).(*string); ok {
		return ctx
	}
	return context.WithValue(ctx, requestIDKey{}, new(string))
}

// credentialsOf gathers what a call shows of its maker. Of certificates only a
// chain that the handshake has verified counts: what a client merely shows is
// in PeerCertificates, and could be anybody's.
func credentialsOf(ctx context.Context) signin.Credentials {
	header, _ := metadata.FromIncomingContext(ctx)
	given := signin.Credentials{
		Authorization: header.Get("authorization"),
		Asserted: signin.Assertions{
			User: header.Get(signin.UserKey), Unit: header.Get(signin.UnitKey), Purpose: header.Get(signin.PurposeKey),
		},
	}
	from, ok := peer.FromContext(ctx)
	if !ok {
		return given
	}
	if from.Addr != nil {
		given.RemoteAddr = from.Addr.String()
	}
	if info, ok := from.AuthInfo.(credentials.TLSInfo); ok && len(info.State.VerifiedChains) > 0 {
		given.PeerCertificates = info.State.VerifiedChains[0]
	}
	return given
}

// signInStatus is the status of a refusal. Its fixed words quote nothing that
// was sent, so the caller may read them.
func signInStatus(refusal *signin.Refusal) error {
	code, reason := codes.Unauthenticated, reasonUnauthenticated
	switch {
	case errors.Is(refusal, signin.ErrUnavailable):
		code, reason = codes.Unavailable, reasonUnavailable
	case errors.Is(refusal, signin.ErrAssertion):
		code, reason = codes.PermissionDenied, reasonAssertionNotAllowed
		switch refusal.Why {
		case signin.AssertedTwice, signin.AssertedText, signin.PurposeUnknown:
			code, reason = codes.InvalidArgument, reasonBadAssertion
		}
	}
	return newStatus(code, reason, string(refusal.Why), nil)
}
