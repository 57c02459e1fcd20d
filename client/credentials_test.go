package client

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// gate is a server that keeps what each call showed of its maker.
type gate struct {
	pb.UnimplementedAdminServiceServer
	pb.UnimplementedScoringServiceServer
	address string

	mu      sync.Mutex
	headers []metadata.MD
	serials []string // of the client certificates
}

func (g *gate) keep(ctx context.Context) {
	header, _ := metadata.FromIncomingContext(ctx)
	serial := ""
	if from, ok := peer.FromContext(ctx); ok {
		if info, ok := from.AuthInfo.(credentials.TLSInfo); ok && len(info.State.VerifiedChains) > 0 {
			serial = info.State.VerifiedChains[0][0].Subject.SerialNumber
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.headers, g.serials = append(g.headers, header), append(g.serials, serial)
}

func (g *gate) last() (header metadata.MD, serial string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.headers) == 0 {
		return nil, ""
	}
	return g.headers[len(g.headers)-1], g.serials[len(g.serials)-1]
}

func (g *gate) GetServerInfo(ctx context.Context, _ *pb.GetServerInfoRequest) (*pb.GetServerInfoResponse, error) {
	g.keep(ctx)
	return &pb.GetServerInfoResponse{}, nil
}

func (g *gate) ScoreBatch(stream grpc.BidiStreamingServer[pb.ScoreBatchRequest, pb.ScoreBatchResponse]) error {
	g.keep(stream.Context())
	return nil
}

func newGate(t *testing.T, secure credentials.TransportCredentials) *gate {
	t.Helper()
	g := &gate{}
	server := grpc.NewServer(grpc.Creds(secure))
	pb.RegisterAdminServiceServer(server, g)
	pb.RegisterScoringServiceServer(server, g)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g.address = listener.Addr().String()
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	return g
}

// ask makes one call with a new client.
func (g *gate) ask(t *testing.T, ctx context.Context, opts ...Option) error {
	t.Helper()
	c, err := Dial(g.address, append(opts, WithAttempts(1))...)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, err = c.Admin().GetServerInfo(ctx, &pb.GetServerInfoRequest{})
	return err
}

func tokenFileOf(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheTokenOfAFileIsSentAndReadAgain(t *testing.T) {
	g := newGate(t, insecure.NewCredentials())
	path := tokenFileOf(t, "token-1\n")
	now := time.Now()
	file := &tokenFile{path: path, now: func() time.Time { return now }}
	c, err := Dial(g.address, WithDialOptions(grpc.WithPerRPCCredentials(file)))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	sent := func() string {
		t.Helper()
		if _, err := c.Admin().GetServerInfo(t.Context(), &pb.GetServerInfoRequest{}); err != nil {
			t.Fatal(err)
		}
		header, _ := g.last()
		return strings.Join(header.Get("authorization"), "|")
	}
	if got := sent(); got != "Bearer token-1" {
		t.Errorf("sent %q", got)
	}
	if err := os.WriteFile(path, []byte("token-2"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := sent(); got != "Bearer token-1" {
		t.Errorf("within the second: sent %q", got)
	}
	now = now.Add(time.Second)
	if got := sent(); got != "Bearer token-2" {
		t.Errorf("a second later: sent %q", got)
	}
}

func TestAFileThatHoldsNoTokenOfOnesOwnIsRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		mode os.FileMode
	}{
		"everybody can read it":  {"secret", 0o604},
		"everybody can write it": {"secret", 0o602},
		"empty":                  {"\n", 0o600},
		"two tokens":             {"secret secret", 0o600},
		"two lines":              {"secret\nx: secret", 0o600},
		"not ASCII":              {"secrét", 0o600},
		"too long":               {strings.Repeat("secret", maxTokenFile), 0o600},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGate(t, insecure.NewCredentials())
			path := tokenFileOf(t, tc.text)
			if err := os.Chmod(path, tc.mode); err != nil {
				t.Fatal(err)
			}
			err := g.ask(t, t.Context(), WithTokenFile(path))
			if err == nil || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "secr") {
				t.Errorf("got %v", err)
			}
			if header, _ := g.last(); header != nil {
				t.Error("the call was made")
			}
		})
	}
	g := newGate(t, insecure.NewCredentials())
	if err := g.ask(t, t.Context(), WithTokenFile(filepath.Join(t.TempDir(), "gone"))); err == nil {
		t.Error("a file that is not there")
	}
	if err := g.ask(t, t.Context(), WithTokenFile(tokenFileOf(t, "x"))); err != nil {
		t.Error(err)
	}
}

// TestATokenNeverCrossesANetworkInTheClear, not even if somebody replaces the
// transport behind Dial's back.
func TestATokenNeverCrossesANetworkInTheClear(t *testing.T) {
	g := newGate(t, insecure.NewCredentials())
	to := func(address string, opts ...Option) error {
		opts = append(opts, WithTokenFile(tokenFileOf(t, "secret")), WithAttempts(1), WithDialOptions(
			grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, "tcp", g.address)
			})))
		c, err := Dial(address, opts...)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, err = c.Admin().GetServerInfo(t.Context(), &pb.GetServerInfoRequest{})
		return err
	}
	if err := to("192.0.2.1:7443", WithTLS(nil)); err == nil || !strings.Contains(err.Error(), "not encrypted") {
		t.Errorf("got %v", err)
	}
	if header, _ := g.last(); header != nil {
		t.Fatal("the call was made")
	}
	if err := to("127.0.0.1:7443"); err != nil {
		t.Errorf("to this machine: %v", err)
	}
	for uri, want := range map[string]bool{"https://127.0.0.1:7443/x": true, "https://[::1]:7443/x": true, "https://localhost/x": true,
		"https://192.0.2.1/x": false, "https://127.0.0.1.example/x": false, "https://127.0.0.1@192.0.2.1/x": false, "://": false, "": false} {
		if toThisMachine([]string{uri}) != want {
			t.Errorf("%q is this machine: %v", uri, !want)
		}
	}
	if toThisMachine(nil) {
		t.Error("nowhere is this machine")
	}
}

func TestACallSaysOnceForWhomItIsMade(t *testing.T) {
	g := newGate(t, insecure.NewCredentials())
	opts := []Option{WithUser("SE1-P"), WithUnit("unit-1"), WithPurpose("care")}
	said := func() map[string][]string {
		header, _ := g.last()
		return map[string][]string{"user": header.Get(userKey), "unit": header.Get(unitKey), "purpose": header.Get(purposeKey), "other": header.Get("other")}
	}
	other := metadata.AppendToOutgoingContext(t.Context(), "other", "kept")
	for _, tc := range []struct {
		name string
		ctx  context.Context
		opts []Option
		want map[string][]string
	}{
		{"nothing", other, nil, map[string][]string{"user": nil, "unit": nil, "purpose": nil, "other": {"kept"}}},
		{"for all calls", other, opts, map[string][]string{"user": {"SE1-P"}, "unit": {"unit-1"}, "purpose": {"care"}, "other": {"kept"}}},
		{"for this call", For(other, "SE1-Q", "", "quality"), opts, map[string][]string{"user": {"SE1-Q"}, "unit": {"unit-1"}, "purpose": {"quality"}, "other": {"kept"}}},
		{"for this call, twice", For(For(other, "SE1-Q", "unit-9", ""), "SE1-R", "", ""), nil, map[string][]string{"user": {"SE1-R"}, "unit": {"unit-9"}, "purpose": nil, "other": {"kept"}}},
	} {
		if err := g.ask(t, tc.ctx, tc.opts...); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tc.want, said()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
	if header, _ := metadata.FromOutgoingContext(other); len(header) != 1 {
		t.Errorf("For has changed the context that it was given: %v", header)
	}
	c, err := Dial(g.address, opts...)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	stream, err := c.Scoring().ScoreBatch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stream.CloseSend()
	stream.Recv()
	if diff := cmp.Diff(map[string][]string{"user": {"SE1-P"}, "unit": {"unit-1"}, "purpose": {"care"}, "other": nil}, said()); diff != "" {
		t.Errorf("stream (-want +got):\n%s", diff)
	}
}

// issued makes a certificate and its files; by itself an authority.
func issued(t *testing.T, folder, name, serial string, issuer *tls.Certificate) (certificate tls.Certificate, cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{SerialNumber: serial}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Hour), IsCA: issuer == nil, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	parent, signer := template, any(private)
	if issuer != nil {
		parent, signer = issuer.Leaf, issuer.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, private.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(folder, name+".pem"), filepath.Join(folder, name+".key")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private, Leaf: leaf}, cert, key
}

func TestACertificateSignsInAndIsReadForEveryConnection(t *testing.T) {
	folder := t.TempDir()
	authority, ca, _ := issued(t, folder, "ca", "", nil)
	server, _, _ := issued(t, folder, "server", "", &authority)
	pool := x509.NewCertPool()
	pool.AddCert(authority.Leaf)
	g := newGate(t, credentials.NewTLS(&tls.Config{Certificates: []tls.Certificate{server}, ClientCAs: pool, ClientAuth: tls.VerifyClientCertIfGiven}))
	_, cert, key := issued(t, folder, "client", "SE1-1", &authority)
	with := func(ca, cert, key string) Option {
		t.Helper()
		option, err := WithCertificate(ca, cert, key)
		if err != nil {
			t.Fatal(err)
		}
		return option
	}
	mine := with(ca, cert, key)
	if err := g.ask(t, t.Context(), mine); err != nil {
		t.Fatal(err)
	}
	if _, serial := g.last(); serial != "SE1-1" {
		t.Errorf("signed in as %q", serial)
	}
	issued(t, folder, "client", "SE1-2", &authority)
	if err := g.ask(t, t.Context(), mine); err != nil {
		t.Fatal(err)
	}
	if _, serial := g.last(); serial != "SE1-2" {
		t.Errorf("after the renewal signed in as %q", serial)
	}
	if err := g.ask(t, t.Context(), with(ca, "", ""), WithTokenFile(tokenFileOf(t, "secret"))); err != nil {
		t.Fatal(err)
	}
	if header, serial := g.last(); serial != "" || header.Get("authorization")[0] != "Bearer secret" {
		t.Errorf("a token over TLS: %q %v", serial, header)
	}
	_, strange, _ := issued(t, folder, "strange", "", nil)
	if err := g.ask(t, t.Context(), with(strange, cert, key)); status.Code(err) != codes.Unavailable {
		t.Errorf("a server of another authority: %v", err)
	}
	if err := g.ask(t, t.Context(), with("", cert, key)); status.Code(err) != codes.Unavailable {
		t.Errorf("a server that the machine's authorities do not know: %v", err)
	}
	for name, files := range map[string][3]string{
		"no key": {ca, cert, ""}, "no certificate": {ca, "", key}, "authority is gone": {ca + "x", cert, key}, "authority is no PEM": {key, cert, key},
		"certificate is gone": {ca, cert + "x", key}, "key of another": {ca, strange, key},
	} {
		if _, err := WithCertificate(files[0], files[1], files[2]); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestTheLocalTokenIsFoundWherePainscoredKeepsIt(t *testing.T) {
	base := t.TempDir()
	for _, folder := range []string{"data", "xdg/painscore", "home/.local/share/painscore"} {
		if err := os.MkdirAll(filepath.Join(base, folder), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(base, folder, "local.token"), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	in := func(folder string) string {
		if folder == "" {
			return ""
		}
		return filepath.Join(base, folder)
	}
	for _, tc := range []struct{ name, addr, data, xdg, home, want string }{
		{"named folder", "127.0.0.1:7443", in("data"), in("xdg"), in("home"), in("data/local.token")},
		{"XDG folder", "localhost:7443", "", in("xdg"), in("home"), in("xdg/painscore/local.token")},
		{"home folder", "[::1]:7443", "", "", in("home"), in("home/.local/share/painscore/local.token")},
		{"relative XDG folder", "127.0.0.1:7443", "", "xdg", in("home"), in("home/.local/share/painscore/local.token")},
		{"no home", "127.0.0.1:7443", "", "", "", ""},
		{"no file", "127.0.0.1:7443", in("xdg"), "", "", ""},
		{"another machine", "192.0.2.1:7443", in("data"), in("xdg"), in("home"), ""},
		{"no address", "x", in("data"), in("xdg"), in("home"), ""},
	} {
		t.Setenv("PAINSCORE_DATA", tc.data)
		t.Setenv("XDG_DATA_HOME", tc.xdg)
		t.Setenv("HOME", tc.home)
		if got := LocalToken(tc.addr); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}
