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

	"golang.org/x/time/rate"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/access/signin"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/pace"
	"github.com/painscore/painscore/server/store"
)

// Info is what GetServerInfo tells besides what the use cases know, and what a
// server works with.
type Info struct {
	Version   string
	Demo      bool
	StartedAt time.Time
	Store     store.Description
	// Pace bounds how often one caller calls; nil bounds nobody.
	Pace *pace.Keeper
	// Watch hears of every call; it may be nil.
	Watch Watcher
}

// Server answers the contract's calls.
type Server struct {
	pb.UnimplementedScoringServiceServer
	pb.UnimplementedSubmissionServiceServer
	pb.UnimplementedPatientServiceServer
	pb.UnimplementedAdminServiceServer
	pb.UnimplementedAuditServiceServer
	pb.UnimplementedRegistryServiceServer

	clinic *clinic.Clinic
	info   Info
	log    *slog.Logger
	health *health.Server

	open     crowd         // calls being answered
	patience patience      // with clients
	imports  atomic.Int64  // imports being answered
	refusals *rate.Limiter // of calls that find no room and are told at once
	draining chan struct{} // closed when the server is about to stop
	drain    sync.Once
}

// New makes a gRPC server with every service of the contract, health and
// reflection. who finds out who calls, and secure encrypts the connections. It
// serves nothing until its Serve is called.
func New(c *clinic.Clinic, who *signin.Authenticator, secure credentials.TransportCredentials, info Info, log *slog.Logger) (*grpc.Server, *Server) {
	s := &Server{clinic: c, info: info, log: log, health: health.NewServer(), draining: make(chan struct{}), patience: usualPatience, refusals: rate.NewLimiter(promptRefusals, promptRefusals)}
	g := grpc.NewServer(append(limitOptions(s.patience),
		grpc.Creds(secure),
		grpc.ForceServerCodecV2(newCodec()),
		grpc.InTapHandle(s.bounded),
		grpc.ChainUnaryInterceptor(s.signInUnary(who), s.unaryCall),
		grpc.ChainStreamInterceptor(s.admitStream, s.signInStream(who), s.streamCall),
		// A client may ping an idle connection every ten seconds; a peer that
		// is gone is noticed within a minute and a half.
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true}),
		// Who a client certificate names is settled once per connection: after an
		// hour a client connects anew, by a certificate that still holds. One that
		// has asked for nothing for a quarter of an hour need not stay.
		grpc.KeepaliveParams(keepalive.ServerParameters{
			Time: time.Minute, Timeout: 20 * time.Second, MaxConnectionIdle: 15 * time.Minute,
			MaxConnectionAge: time.Hour, MaxConnectionAgeGrace: time.Minute,
		}),
	)...)
	for _, service := range services {
		g.RegisterService(s.guarded(service), s)
	}
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
