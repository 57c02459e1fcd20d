// Package client calls a painscore server from Go.
//
// Dial makes a Client; its methods Scoring, Submissions, Patients, Admin,
// Audit and Registry are the generated clients of the contract in proto/painscore/v1, which documents
// every field. What this package adds to them: a deadline for each call that
// has none, retries where repeating a call is safe, and errors of type *Error
// with the reason and every violation.
//
//	c, err := client.Dial("127.0.0.1:7443")
//	…
//	defer c.Close()
//	reply, err := c.Submissions().Submit(ctx, request)
//
// Make the submission id once (NewSubmissionID), keep it with the sheet, and
// send it again on every later attempt, also after your own program's restart:
// it is what makes a repeated Submit harmless.
package client

import (
	"crypto/tls"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// Client is a connection to one server. It is safe for concurrent use, and one
// is enough for a program: calls share its connection.
type Client struct {
	conn        *grpc.ClientConn
	scoring     pb.ScoringServiceClient
	submissions pb.SubmissionServiceClient
	patients    pb.PatientServiceClient
	admin       pb.AdminServiceClient
	audit       pb.AuditServiceClient
	registry    pb.RegistryServiceClient
	retry       retrier // for streams, which no interceptor can repeat
}

// Message sizes in bytes. A request above what the server takes (4 MiB) comes
// back with the reason TOO_LARGE; one above maxSend never leaves. A page of
// 1000 stored sheets has about 6 MB.
const (
	maxSend    = 16 << 20
	maxReceive = 32 << 20
)

// Dial prepares a client of the server at addr, "host:port" or "unix:/path".
// It does not connect: the first call does, and reconnects after a break.
//
// Without WithTLS the connection is plaintext, and only a loopback address
// (127.0.0.1, ::1, localhost) or a unix socket is taken; any other is refused
// here, before a byte is sent.
func Dial(addr string, opts ...Option) (*Client, error) {
	set := defaults()
	for _, opt := range opts {
		opt(&set)
	}
	checked, err := target(addr, set.tls != nil)
	if err != nil {
		return nil, err
	}
	conn, err := grpc.NewClient(checked, set.dialOptions()...)
	if err != nil {
		return nil, fmt.Errorf("painscore client: %w", err)
	}
	return &Client{
		conn:        conn,
		scoring:     pb.NewScoringServiceClient(conn),
		submissions: pb.NewSubmissionServiceClient(conn),
		patients:    pb.NewPatientServiceClient(conn),
		admin:       pb.NewAdminServiceClient(conn),
		audit:       pb.NewAuditServiceClient(conn),
		registry:    pb.NewRegistryServiceClient(conn),
		retry:       set.retry,
	}, nil
}

// Close ends the connection; calls in flight fail.
func (c *Client) Close() error { return c.conn.Close() }

// Scoring scores sheets without storing them, and describes the instruments.
func (c *Client) Scoring() pb.ScoringServiceClient { return c.scoring }

// Submissions stores sheets and reads them back.
func (c *Client) Submissions() pb.SubmissionServiceClient { return c.submissions }

// Patients keeps episodes of care and reads trends.
func (c *Client) Patients() pb.PatientServiceClient { return c.patients }

// Admin tells about the server and keeps its settings.
func (c *Client) Admin() pb.AdminServiceClient { return c.admin }

// Audit reads the access log, and keeps the record of its checks.
func (c *Client) Audit() pb.AuditServiceClient { return c.audit }

// Registry hands data over to registries and other recipients, and makes reports.
func (c *Client) Registry() pb.RegistryServiceClient { return c.registry }

// Option changes how Dial sets a client up.
type Option func(*settings)

type settings struct {
	tls     *tls.Config
	timeout time.Duration
	retry   retrier
	extra   []grpc.DialOption
}

func defaults() settings {
	return settings{timeout: DefaultTimeout, retry: defaultRetrier()}
}

// WithTLS encrypts the connection and lets Dial take any address. Nil means
// the system's certificate authorities and no client certificate.
func WithTLS(config *tls.Config) Option {
	if config == nil {
		config = &tls.Config{}
	}
	return func(s *settings) { s.tls = config }
}

// WithTimeout replaces DefaultTimeout; 0 means no deadline but the context's.
func WithTimeout(d time.Duration) Option {
	return func(s *settings) { s.timeout = d }
}

// WithAttempts sets how often a call is made at most, the first time included;
// 1 means never again. The default is DefaultAttempts.
func WithAttempts(n int) Option {
	return func(s *settings) { s.retry.attempts = max(n, 1) }
}

// WithDialOptions adds options of gRPC's own, such as a stats handler for
// tracing. They come last and can replace what this package set.
func WithDialOptions(opts ...grpc.DialOption) Option {
	return func(s *settings) { s.extra = append(s.extra, opts...) }
}

func (s *settings) dialOptions() []grpc.DialOption {
	secure := insecure.NewCredentials()
	if s.tls != nil {
		secure = credentials.NewTLS(s.tls)
	}
	return append([]grpc.DialOption{
		grpc.WithTransportCredentials(secure),
		// From the outside in: the deadline spans all attempts, and only the
		// last one's error is turned into an *Error.
		grpc.WithChainUnaryInterceptor(deadline(s.timeout), typed, s.retry.unary),
		grpc.WithChainStreamInterceptor(typedStream),
		grpc.WithDefaultCallOptions(grpc.MaxCallSendMsgSize(maxSend), grpc.MaxCallRecvMsgSize(maxReceive)),
		// A dead peer is noticed in 40 s while nothing is sent, in 10 s else.
		// painscored takes a ping every 10 s.
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 30 * time.Second, Timeout: 10 * time.Second, PermitWithoutStream: true}),
		// gRPC's own first wait of a second would outlast the retries.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 10 * time.Second},
			MinConnectTimeout: 5 * time.Second,
		}),
		grpc.WithDisableServiceConfig(), // no resolver's retry policy beside ours
	}, s.extra...)
}
