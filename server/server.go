// Package server puts the use cases of package clinic on gRPC: one file per
// service of the contract, convert*.go for the way between messages and the
// domain, status.go for the way from errors to statuses, and calls.go for what
// every call passes through.
//
// Nothing is decided here. A handler translates, calls the use case, and
// translates back; that keeps the pages and later ways in under the same rules.
package server

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/access/signin"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// Info is what GetServerInfo tells besides what the use cases know.
type Info struct {
	Version   string
	Demo      bool
	StartedAt time.Time
	Store     store.Description
}

// Server answers the contract's calls.
type Server struct {
	pb.UnimplementedScoringServiceServer
	pb.UnimplementedSubmissionServiceServer
	pb.UnimplementedPatientServiceServer
	pb.UnimplementedAdminServiceServer
	pb.UnimplementedAuditServiceServer

	clinic *clinic.Clinic
	info   Info
	log    *slog.Logger
	health *health.Server

	running  atomic.Int64  // calls being answered
	imports  atomic.Int64  // imports among them
	draining chan struct{} // closed when the server is about to stop
	drain    sync.Once
}

// Limits on a call, the same for every caller.
const (
	// MaxMessageBytes is the largest request. A form has about 400 bytes.
	MaxMessageBytes = 4 << 20
	// transportBytes is where the transport cuts a message off unread. Up to
	// there a request that is too large gets an answer with a reason.
	transportBytes = 16 << 20
	// MaxSheetsPerMessage is how many sheets one message of a stream carries.
	MaxSheetsPerMessage = 1000
	// callTime ends a unary call that its caller gave no deadline.
	callTime = 30 * time.Second
	// maxCalls is how many calls are answered at a time; the next one is told
	// to come again. What two cores cannot do in a second only piles up.
	maxCalls = 4096
	// concurrentStreams is how many calls one connection has open at a time.
	concurrentStreams = 1024
)

// New makes a gRPC server with every service of the contract, health and
// reflection. who finds out who calls, and secure encrypts the connections. It
// serves nothing until its Serve is called.
func New(c *clinic.Clinic, who *signin.Authenticator, secure credentials.TransportCredentials, info Info, log *slog.Logger) (*grpc.Server, *Server) {
	s := &Server{clinic: c, info: info, log: log, health: health.NewServer(), draining: make(chan struct{})}
	g := grpc.NewServer(
		grpc.Creds(secure),
		grpc.MaxHeaderListSize(maxHeaderBytes),
		grpc.ChainUnaryInterceptor(s.signInUnary(who), s.unaryCall),
		grpc.ChainStreamInterceptor(s.signInStream(who), s.streamCall),
		grpc.MaxRecvMsgSize(transportBytes),
		grpc.MaxConcurrentStreams(concurrentStreams),
		grpc.ConnectionTimeout(10*time.Second),
		// A client may ping an idle connection every ten seconds; a peer that
		// is gone is noticed within a minute and a half.
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true}),
		// Who a client certificate names is settled once per connection: after an
		// hour a client connects anew, by a certificate that still holds.
		grpc.KeepaliveParams(keepalive.ServerParameters{
			Time: time.Minute, Timeout: 20 * time.Second, MaxConnectionAge: time.Hour, MaxConnectionAgeGrace: time.Minute,
		}),
	)
	pb.RegisterScoringServiceServer(g, s)
	pb.RegisterSubmissionServiceServer(g, s)
	pb.RegisterPatientServiceServer(g, s)
	pb.RegisterAdminServiceServer(g, s)
	pb.RegisterAuditServiceServer(g, s)
	healthpb.RegisterHealthServer(g, s.health)
	reflection.Register(g)
	return g, s
}

// Drain tells health checks and running imports that this server is going away,
// before it stops taking calls.
func (s *Server) Drain() {
	s.health.Shutdown()
	s.drain.Do(func() { close(s.draining) })
}
