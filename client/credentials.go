package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
)

// The metadata by which a system says for whom it calls. Which of them it may
// set, the server's configuration says; others are refused with
// ASSERTION_NOT_ALLOWED.
const (
	userKey    = "painscore-user"
	unitKey    = "painscore-unit"
	purposeKey = "painscore-purpose"
)

// WithCertificate encrypts the connection and signs in by a client certificate.
// The arguments are PEM files: the authorities of the server's certificate (""
// for the machine's), and the client's own certificate chain and key (both "" to
// sign in by a token instead). Certificate and key are read again for every
// connection, so that they can be renewed under a running program.
func WithCertificate(ca, cert, key string) (Option, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if ca != "" {
		text, err := os.ReadFile(ca)
		if err != nil {
			return nil, fmt.Errorf("painscore client: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("painscore client: %s holds no PEM certificate", ca)
		}
	}
	if (cert == "") != (key == "") {
		return nil, errors.New("painscore client: a certificate and its key go together; one of them is missing")
	}
	if cert != "" {
		if _, err := tls.LoadX509KeyPair(cert, key); err != nil {
			return nil, fmt.Errorf("painscore client: %w", err)
		}
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			pair, err := tls.LoadX509KeyPair(cert, key)
			return &pair, err
		}
	}
	return WithTLS(config), nil
}

// WithTokenFile signs in by the bearer token that a file holds. The file is read
// again when a call is made and the last look at it is a second old, so that a
// token can be renewed under a running program. One that every user of the
// machine can read is refused: the token is as good as the person it stands for.
//
// The token is only sent over TLS, or to this machine.
func WithTokenFile(path string) Option {
	return WithDialOptions(grpc.WithPerRPCCredentials(&tokenFile{path: path, now: time.Now}))
}

// WithUser says with every call for which user (HSA-id) it is made.
func WithUser(user string) Option { return withMetadata(userKey, user) }

// WithUnit says with every call on which care unit's commission (HSA-id) it is
// made.
func WithUnit(unit string) Option { return withMetadata(unitKey, unit) }

// WithPurpose says with every call for which purpose it is made: care, quality,
// other_legal, statistics, administration or registry.
func WithPurpose(purpose string) Option { return withMetadata(purposeKey, purpose) }

// For says for whom the calls with the returned context are made, over what
// WithUser, WithUnit and WithPurpose say of all calls: for a program that serves
// several users over one connection. What is empty is left as it is.
func For(ctx context.Context, user, unit, purpose string) context.Context {
	header, _ := metadata.FromOutgoingContext(ctx) // a copy
	if header == nil {
		header = metadata.MD{}
	}
	for key, value := range map[string]string{userKey: user, unitKey: unit, purposeKey: purpose} {
		if value != "" {
			header.Set(key, value)
		}
	}
	return metadata.NewOutgoingContext(ctx, header)
}

// withMetadata adds to each call what its context does not say itself; a server
// refuses a call that says it twice.
func withMetadata(key, value string) Option {
	add := func(ctx context.Context) context.Context {
		if header, ok := metadata.FromOutgoingContext(ctx); ok && len(header.Get(key)) > 0 {
			return ctx
		}
		return metadata.AppendToOutgoingContext(ctx, key, value)
	}
	unary := func(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		return invoke(add(ctx), method, req, reply, conn, opts...)
	}
	stream := func(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
		return open(add(ctx), desc, conn, method, opts...)
	}
	return WithDialOptions(grpc.WithChainUnaryInterceptor(unary), grpc.WithChainStreamInterceptor(stream))
}

const (
	localTokenFile = "local.token"
	maxTokenFile   = 16 << 10 // bytes; the server takes no longer token
)

// Loopback says whether addr is an address of this machine that Dial takes
// without encryption.
func Loopback(addr string) bool {
	_, err := target(addr, false)
	return err == nil
}

// LocalToken returns the token file of a painscored on this machine that nobody
// has configured, or "" if there is none or addr is not on this machine. It
// looks where painscored keeps its data by default: $PAINSCORE_DATA, else
// painscore in $XDG_DATA_HOME if that is absolute, else in ~/.local/share.
func LocalToken(addr string) string {
	if !Loopback(addr) {
		return ""
	}
	folder := os.Getenv("PAINSCORE_DATA")
	if folder == "" {
		base := os.Getenv("XDG_DATA_HOME")
		if !filepath.IsAbs(base) {
			home := os.Getenv("HOME")
			if home == "" {
				return ""
			}
			base = filepath.Join(home, ".local", "share")
		}
		folder = filepath.Join(base, "painscore")
	}
	path := filepath.Join(folder, localTokenFile)
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return path
}

// tokenFile is the credentials of each call.
type tokenFile struct {
	path string
	now  func() time.Time

	mu     sync.Mutex
	readAt time.Time
	token  string
}

// RequireTransportSecurity is false for the sake of local mode; GetRequestMetadata
// looks at each connection itself.
func (f *tokenFile) RequireTransportSecurity() bool { return false }

// GetRequestMetadata is the header of a call. Nothing is sent over a connection
// that is neither encrypted nor to this machine, also where WithDialOptions has
// replaced what Dial has checked.
func (f *tokenFile) GetRequestMetadata(ctx context.Context, uri ...string) (map[string]string, error) {
	info, ok := credentials.RequestInfoFromContext(ctx)
	if !ok || credentials.CheckSecurityLevel(info.AuthInfo, credentials.PrivacyAndIntegrity) != nil {
		if !toThisMachine(uri) {
			return nil, errors.New("painscore client: a token is not sent over a connection that is not encrypted")
		}
	}
	token, err := f.read()
	if err != nil {
		return nil, fmt.Errorf("painscore client: the token file: %w", err)
	}
	return map[string]string{"authorization": "Bearer " + token}, nil
}

// toThisMachine goes by the address that the call is made to, which gRPC gives
// as a URL with the path of the service.
func toThisMachine(uri []string) bool {
	if len(uri) != 1 {
		return false
	}
	to, err := url.Parse(uri[0])
	return err == nil && loopback(to.Hostname())
}

func (f *tokenFile) read() (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	if f.token != "" && now.Sub(f.readAt) < time.Second {
		return f.token, nil
	}
	info, err := os.Stat(f.path)
	if err != nil {
		return "", err
	}
	// Windows has no such permissions.
	if mode := info.Mode().Perm(); mode&0o007 != 0 && runtime.GOOS != "windows" {
		return "", fmt.Errorf("every user of this machine can use %s (mode %04o): run chmod 600 on it, and consider whether somebody has read it", f.path, mode)
	}
	if info.Size() > maxTokenFile {
		return "", fmt.Errorf("%s is too long for a token", f.path)
	}
	text, err := os.ReadFile(f.path)
	if err != nil {
		return "", err
	}
	token := strings.TrimSpace(string(text))
	if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", fmt.Errorf("%s does not hold one token and nothing else", f.path)
	}
	f.token, f.readAt = token, now
	return token, nil
}
