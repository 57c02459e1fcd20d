package server

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/tap"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/pace"
)

// Watcher hears of every call of the contract when it ends: which, how, and how
// long it took, from its first byte on. It is called by many goroutines at once.
type Watcher interface {
	Answered(method string, code codes.Code, took time.Duration)
}

// services are the services of the contract.
var services = []*grpc.ServiceDesc{
	&pb.ScoringService_ServiceDesc, &pb.SubmissionService_ServiceDesc, &pb.PatientService_ServiceDesc,
	&pb.AdminService_ServiceDesc, &pb.AuditService_ServiceDesc, &pb.RegistryService_ServiceDesc,
}

// methodClasses says of every call of the contract, by its full name, which room it
// takes. Health and reflection take none.
var methodClasses = func() map[string]class {
	all := map[string]class{}
	for _, service := range services {
		for _, m := range service.Methods {
			all["/"+service.ServiceName+"/"+m.MethodName] = classOf(service.ServiceName, m.MethodName)
		}
		for _, stream := range service.Streams {
			all["/"+service.ServiceName+"/"+stream.StreamName] = streaming
		}
	}
	return all
}()

// classOf tells reading from writing by what the contract says of a unary call. A
// setting is about no patient and changed all the same.
func classOf(service, method string) class {
	action := access.Action(service[strings.LastIndexByte(service, '.')+1:] + "." + method)
	rule, _ := access.RuleOf(action)
	if rule.Activity == access.Read || rule.Activity == access.NoActivity && action != access.ChangeSettingCall {
		return reading
	}
	return writing
}

// crowd counts the calls that are being answered, by class.
type crowd [classes]atomic.Int64

func (c *crowd) full(k class) bool { return c[k].Load() >= room[k] }

// enter takes room for a call, until leave; ok is false if there is none.
func (c *crowd) enter(method string) (leave func(), ok bool) {
	k, counted := methodClasses[method]
	if !counted {
		return func() {}, true
	}
	if c[k].Add(1) > room[k] {
		c[k].Add(-1)
		return nil, false
	}
	return func() { c[k].Add(-1) }, true
}

// errCrowded is the answer where there is no room. It is made once: refusing has
// to cost much less than answering.
var errCrowded = retryStatus(codes.ResourceExhausted, reasonOverloaded, "more calls than the server can take; nothing was done")

// guarded is a service whose unary calls are refused before their request is
// read if there is no room, and given up if it does not arrive in time.
//
// They are not refused any earlier, in the transport's tap: grpc-go (1.85) keeps
// the timer of a call's deadline until it fires if a tap refuses, and a flood of
// refused calls fills the memory with them.
func (s *Server) guarded(desc *grpc.ServiceDesc) *grpc.ServiceDesc {
	own := *desc
	own.Methods = slices.Clone(desc.Methods)
	for i := range own.Methods {
		handle, method := own.Methods[i].Handler, "/"+own.ServiceName+"/"+own.Methods[i].MethodName
		own.Methods[i].Handler = func(srv any, ctx context.Context, read func(any) error, next grpc.UnaryServerInterceptor) (reply any, err error) {
			defer s.watch(method, time.Now(), &err)
			if class := methodClasses[method]; s.open.full(class) {
				if s.hold(ctx); s.open.full(class) {
					return nil, errCrowded
				}
			}
			return handle(srv, ctx, func(request any) error {
				defer arrivalOf(ctx).arrived()
				return read(request)
			}, next)
		}
	}
	return &own
}

// hold keeps a call for a while that is to be refused, if many are: a refusal
// costs a tenth of an answer, and told at once each makes room on its connection
// for the next call to refuse. Held, it keeps its place among the calls that the
// connection may have open, and who sends them has to wait as well.
func (s *Server) hold(ctx context.Context) {
	if s.refusals.Allow() {
		return
	}
	timer := time.NewTimer(refusalTime)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func (s *Server) watch(method string, began time.Time, err *error) {
	if s.info.Watch != nil {
		s.info.Watch.Answered(method, status.Code(*err), time.Since(began))
	}
}

// arrival is a call's context from its headers on. Its end comes with the call's,
// or with giveUp, and says then that time has run out: gRPC answers with that by
// itself, wherever it waits, before anybody could give a reason.
type arrival struct {
	context.Context
	end     context.CancelFunc
	timer   *time.Timer // of a unary call's request
	tooSlow atomic.Bool
}

type arrivalKey struct{}

func (a *arrival) Value(key any) any {
	if key == (arrivalKey{}) {
		return a
	}
	return a.Context.Value(key)
}

func (a *arrival) Err() error {
	if a.tooSlow.Load() {
		return context.DeadlineExceeded
	}
	return a.Context.Err()
}

// arrivalOf is nil where the transport has no tap.
func arrivalOf(ctx context.Context) *arrival {
	a, _ := ctx.Value(arrivalKey{}).(*arrival)
	return a
}

// giveUp ends the wait, and the call.
func (a *arrival) giveUp() {
	a.tooSlow.Store(true)
	a.end()
}

// arrived ends the wait for a unary request.
func (a *arrival) arrived() {
	if a != nil && a.timer != nil {
		a.timer.Stop()
	}
}

// bounded is the transport's tap: it bounds the time of every call from its
// headers on. What it makes ends with the call.
func (s *Server) bounded(ctx context.Context, info *tap.Info) (context.Context, error) {
	c, known := methodClasses[info.FullMethodName]
	a := &arrival{}
	switch {
	case known && c == streaming:
		a.Context, a.end = context.WithCancel(ctx)
	case known:
		a.Context, a.end = withLimit(ctx)
		a.timer = time.AfterFunc(s.patience.request, a.giveUp)
	case info.FullMethodName == healthpb.Health_Check_FullMethodName:
		a.Context, a.end = context.WithTimeout(ctx, s.patience.request)
	default:
		return ctx, nil
	}
	return a, nil
}

// withLimit bounds a unary call's time.
func withLimit(ctx context.Context) (context.Context, context.CancelFunc) {
	end, has := ctx.Deadline()
	switch {
	case !has:
		return context.WithTimeout(ctx, callTime)
	case time.Until(end) > longestCall:
		return context.WithTimeout(ctx, longestCall)
	}
	return context.WithCancel(ctx)
}

// admitStream is guarded for streams, and waits for their messages only so long.
func (s *Server) admitStream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) (err error) {
	if _, known := methodClasses[info.FullMethod]; !known {
		return handler(srv, stream)
	}
	defer s.watch(info.FullMethod, time.Now(), &err)
	if s.open.full(streaming) {
		return errCrowded
	}
	a := arrivalOf(stream.Context())
	if a == nil {
		return handler(srv, stream)
	}
	err = handler(srv, impatient{stream, a, s.patience.stream})
	if err != nil && a.tooSlow.Load() {
		// A handler that waited on a context of its own says that it was cancelled.
		return status.FromContextError(context.DeadlineExceeded).Err()
	}
	return err
}

// impatient is a stream that ends when its client neither sends nor reads.
type impatient struct {
	grpc.ServerStream
	arrival *arrival
	wait    time.Duration
}

func (i impatient) RecvMsg(m any) error {
	defer time.AfterFunc(i.wait, i.arrival.giveUp).Stop()
	return i.ServerStream.RecvMsg(m)
}

func (i impatient) SendMsg(m any) error {
	defer time.AfterFunc(i.wait, i.arrival.giveUp).Stop()
	return i.ServerStream.SendMsg(m)
}

// paced is a stream of which every message counts as a call. It is slowed down
// rather than refused: ending an import in its middle would cost both sides more
// than it saves.
type paced struct {
	grpc.ServerStream
	keeper *pace.Keeper
	who    pace.Caller
}

func (p paced) RecvMsg(m any) error {
	if err := p.ServerStream.RecvMsg(m); err != nil {
		return err
	}
	for wait := p.keeper.Take(p.who); wait > 0; wait = p.keeper.Take(p.who) {
		select {
		case <-time.After(wait):
		case <-p.Context().Done():
			return status.FromContextError(p.Context().Err()).Err()
		}
	}
	return nil
}

// onPace refuses a call of somebody who makes too many.
func (s *Server) onPace(ctx context.Context) error {
	wait := s.info.Pace.Take(pacedCaller(ctx))
	if wait == 0 {
		return nil
	}
	return retryIn(wait, "this caller makes more calls than it may; nothing was done")
}

func pacedCaller(ctx context.Context) pace.Caller {
	caller, _ := access.CallerOf(ctx)
	return pace.Caller{System: caller.System, User: caller.User, Address: caller.Address}
}

// Methods are the full names of the contract's calls.
func Methods() []string { return slices.Sorted(maps.Keys(methodClasses)) }

// OpenCalls is how many calls are being answered, by class.
func (s *Server) OpenCalls() map[string]int64 {
	return map[string]int64{"reading": s.open[reading].Load(), "writing": s.open[writing].Load(), "streaming": s.open[streaming].Load()}
}

// Draining says that the server is about to stop.
func (s *Server) Draining() bool {
	select {
	case <-s.draining:
		return true
	default:
		return false
	}
}
