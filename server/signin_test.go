package server

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/reflection"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/access/signin"
)

// heard is a server that keeps who called it.
type heard struct {
	pb.UnimplementedAdminServiceServer
	pb.UnimplementedScoringServiceServer
	mu      sync.Mutex
	callers []access.Caller
}

func (h *heard) note(ctx context.Context) {
	caller, ok := access.CallerOf(ctx)
	if !ok {
		caller.System = "nobody"
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.callers = append(h.callers, caller)
}

func (h *heard) GetServerInfo(ctx context.Context, _ *pb.GetServerInfoRequest) (*pb.GetServerInfoResponse, error) {
	h.note(ctx)
	return &pb.GetServerInfoResponse{}, nil
}

func (h *heard) ScoreBatch(stream grpc.BidiStreamingServer[pb.ScoreBatchRequest, pb.ScoreBatchResponse]) error {
	h.note(stream.Context())
	return nil
}

// serveSignedIn serves behind sign-in; the log gets what is written of it.
func serveSignedIn(t *testing.T, who *signin.Authenticator, secure credentials.TransportCredentials) (h *heard, address string) {
	t.Helper()
	s, h := silent(), &heard{}
	g := grpc.NewServer(grpc.Creds(secure), grpc.MaxHeaderListSize(maxHeaderBytes),
		grpc.ChainUnaryInterceptor(s.signInUnary(who), s.unaryCall), grpc.ChainStreamInterceptor(s.signInStream(who), s.streamCall))
	pb.RegisterAdminServiceServer(g, h)
	pb.RegisterScoringServiceServer(g, h)
	healthpb.RegisterHealthServer(g, health.NewServer())
	reflection.Register(g)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go g.Serve(listener)
	t.Cleanup(g.Stop)
	return h, listener.Addr().String()
}

func dialSignedIn(t *testing.T, address string, secure credentials.TransportCredentials) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(secure))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func localMode(t *testing.T) (who *signin.Authenticator, token string) {
	t.Helper()
	folder := t.TempDir()
	local, err := signin.LoadOrMakeLocalToken(folder)
	if err != nil {
		t.Fatal(err)
	}
	if who, err = signin.New(signin.Config{}, signin.Options{Local: local}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, signin.LocalTokenFile))
	if err != nil {
		t.Fatal(err)
	}
	return who, strings.TrimSpace(string(text))
}

func wantStatus(t *testing.T, what string, err error, code codes.Code, reason string) {
	t.Helper()
	if status.Code(err) != code || reasonOf(err) != reason {
		t.Errorf("%s: got %v %s, want %v %s", what, status.Code(err), reasonOf(err), code, reason)
	}
}

func TestACallIsAnsweredOnlyIfItsMakerIsKnown(t *testing.T) {
	who, token := localMode(t)
	h, address := serveSignedIn(t, who, insecure.NewCredentials())
	conn := dialSignedIn(t, address, insecure.NewCredentials())
	call := func(header ...string) error {
		_, err := pb.NewAdminServiceClient(conn).GetServerInfo(metadata.AppendToOutgoingContext(t.Context(), header...), &pb.GetServerInfoRequest{})
		return err
	}
	open := func(header ...string) error {
		stream, err := pb.NewScoringServiceClient(conn).ScoreBatch(metadata.AppendToOutgoingContext(t.Context(), header...))
		if err != nil {
			return err
		}
		if err := stream.CloseSend(); err != nil {
			return err
		}
		if _, err = stream.Recv(); err != nil && err.Error() == "EOF" {
			err = nil
		}
		return err
	}
	for name, make := range map[string]func(...string) error{"unary": call, "stream": open} {
		h.callers = nil
		wantStatus(t, name+" without a token", make(), codes.Unauthenticated, "UNAUTHENTICATED")
		wantStatus(t, name+" with another token", make("authorization", "Bearer x"), codes.Unauthenticated, "UNAUTHENTICATED")
		wantStatus(t, name+" as somebody else", make("authorization", "Bearer "+token, "painscore-user", "x"), codes.PermissionDenied, "ASSERTION_NOT_ALLOWED")
		wantStatus(t, name+" for no purpose", make("authorization", "Bearer "+token, "painscore-purpose", "x"), codes.InvalidArgument, "BAD_ASSERTION")
		wantStatus(t, name+" for two units", make("authorization", "Bearer "+token, "painscore-unit", "a", "painscore-unit", "b"), codes.InvalidArgument, "BAD_ASSERTION")
		if len(h.callers) != 0 {
			t.Fatalf("%s: a refused call was answered", name)
		}
		wantStatus(t, name, make("authorization", "Bearer "+token, "painscore-unit", "unit-1", "painscore-purpose", "quality"), codes.OK, "")
		if len(h.callers) != 1 {
			t.Fatalf("%s: %d calls came through", name, len(h.callers))
		}
		got := h.callers[0]
		if !got.Local || got.User != "local" || got.Unit != "unit-1" || got.Purpose != access.Quality || got.Address != "127.0.0.1" || got.RequestID == "" {
			t.Errorf("%s: called by %+v", name, got)
		}
	}
	if err := call("authorization", "Bearer "+strings.Repeat("a", 1<<20)); err == nil {
		t.Error("a token of 1 MB is taken")
	}
}

// TestOnlyHealthIsOpenToStrangers, and in local mode the contract.
func TestOnlyHealthIsOpenToStrangers(t *testing.T) {
	local, _ := localMode(t)
	configured, err := signin.New(signin.Config{
		Tokens:  &signin.TokenConfig{Issuer: "https://issuer.example", Audience: "painscore"},
		Systems: []signin.System{{Name: "a", Tokens: []signin.TokenID{{Subject: "a"}}, Roles: []string{"integrator"}}},
	}, signin.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		who        *signin.Authenticator
		reflection codes.Code
	}{"local mode": {local, codes.OK}, "configured": {configured, codes.Unauthenticated}} {
		_, address := serveSignedIn(t, tc.who, insecure.NewCredentials())
		conn := dialSignedIn(t, address, insecure.NewCredentials())
		if _, err := healthpb.NewHealthClient(conn).Check(t.Context(), &healthpb.HealthCheckRequest{}); err != nil {
			t.Errorf("%s: health: %v", name, err)
		}
		watch, err := healthpb.NewHealthClient(conn).Watch(t.Context(), &healthpb.HealthCheckRequest{})
		if err == nil {
			_, err = watch.Recv()
		}
		wantStatus(t, name+": watching health", err, codes.Unauthenticated, "UNAUTHENTICATED")
		ask, err := reflectionpb.NewServerReflectionClient(conn).ServerReflectionInfo(t.Context())
		if err == nil {
			// Send says EOF if the refusal was faster than it; Recv says why.
			if err = ask.Send(&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{}}); err == nil || err == io.EOF {
				_, err = ask.Recv()
			}
		}
		if status.Code(err) != tc.reflection {
			t.Errorf("%s: reflection: %v, want %v", name, err, tc.reflection)
		}
	}
	for _, method := range []string{"/grpc.health.v1.Health/CheckMore", "/grpc.reflection", "/painscore.v1.AdminService/GetServerInfo", "", "/x/grpc.reflection.v1.X/Y"} {
		if isOpen(method, true) {
			t.Errorf("%q is open", method)
		}
	}
}

// TestStrangersHearNothingOfTheirRequest: not even that it has a problem.
func TestStrangersHearNothingOfTheirRequest(t *testing.T) {
	who, _ := localMode(t)
	_, address := serveSignedIn(t, who, insecure.NewCredentials())
	conn := dialSignedIn(t, address, insecure.NewCredentials())
	request := &pb.GetServerInfoRequest{}
	request.ProtoReflect().SetUnknown([]byte{0xa0, 0x1f, 0x01})
	err := conn.Invoke(t.Context(), pb.AdminService_GetServerInfo_FullMethodName, request, &pb.GetServerInfoResponse{})
	wantStatus(t, "an unknown field", err, codes.Unauthenticated, "UNAUTHENTICATED")
}

// TestTheRequestIDIsOneForTheWholeCall: what the access log says must be found
// in the other log.
func TestTheRequestIDIsOneForTheWholeCall(t *testing.T) {
	ctx := withRequestID(t.Context())
	if first := requestID(ctx); first != requestID(withRequestID(ctx)) {
		t.Error("the id changes within a call")
	}
}

func TestAPanicOfSignInIsAnInternalErrorAndNoEntry(t *testing.T) {
	ctx, err := silent().signIn(t.Context(), nil, "/painscore.v1.X/Y") // nil panics
	if ctx != nil {
		t.Error("a call goes on")
	}
	wantStatus(t, "panic", err, codes.Internal, "INTERNAL")
}

// TestACertificateCountsOnlyIfItWasVerified, whatever else the connection tells.
func TestACertificateCountsOnlyIfItWasVerified(t *testing.T) {
	leaf := &x509.Certificate{Subject: pkix.Name{SerialNumber: "SE1-J"}}
	of := func(state tls.ConnectionState) []*x509.Certificate {
		return credentialsOf(peer.NewContext(t.Context(), &peer.Peer{AuthInfo: credentials.TLSInfo{State: state}})).PeerCertificates
	}
	if got := of(tls.ConnectionState{PeerCertificates: []*x509.Certificate{leaf}}); got != nil {
		t.Error("a certificate that nobody has verified counts")
	}
	if got := of(tls.ConnectionState{VerifiedChains: [][]*x509.Certificate{{leaf}}}); len(got) != 1 {
		t.Error("a verified certificate does not count")
	}
	if got := credentialsOf(t.Context()); got.RemoteAddr != "" || got.PeerCertificates != nil || got.Authorization != nil {
		t.Errorf("a call from nowhere shows %+v", got)
	}
}

// TestSystemsSignInByMutualTLS, from the handshake to the caller.
func TestSystemsSignInByMutualTLS(t *testing.T) {
	folder := t.TempDir()
	ca, caPEM := testCertificate(t, "authority", nil)
	server, _ := testCertificate(t, "", &ca)
	writePair(t, folder, server, caPEM)
	cfg := signin.Config{
		TLS: &signin.TLSConfig{Certificate: filepath.Join(folder, "cert.pem"), Key: filepath.Join(folder, "key.pem"), ClientCA: filepath.Join(folder, "ca.pem")},
		Systems: []signin.System{{Name: "journal", Certificates: []signin.Certificate{{SerialNumber: "SE1-J"}}, Roles: []string{"integrator"},
			Units: []string{"unit-1"}, Purpose: "care", MayAssert: []string{"user"}}},
	}
	var told bytes.Buffer
	who, err := signin.New(cfg, signin.Options{Logger: slog.New(slog.NewTextHandler(&told, nil))})
	if err != nil {
		t.Fatal(err)
	}
	secured, err := signin.LoadTLS(*cfg.TLS, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	h, address := serveSignedIn(t, who, credentials.NewTLS(secured.Config(cfg.ClientAuth(), "h2")))
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(caPEM)
	call := func(certificates ...tls.Certificate) error {
		conn := dialSignedIn(t, address, credentials.NewTLS(&tls.Config{RootCAs: roots, Certificates: certificates, ServerName: "localhost"}))
		ctx := metadata.AppendToOutgoingContext(t.Context(), "painscore-user", "SE1-P")
		_, err := pb.NewAdminServiceClient(conn).GetServerInfo(ctx, &pb.GetServerInfoRequest{})
		return err
	}
	known, _ := testCertificate(t, "SE1-J", &ca)
	unknown, _ := testCertificate(t, "SE1-X", &ca)
	otherCA, _ := testCertificate(t, "authority", nil)
	forged, _ := testCertificate(t, "SE1-J", &otherCA)
	wantStatus(t, "known", call(known), codes.OK, "")
	wantStatus(t, "of no system", call(unknown), codes.Unauthenticated, "UNAUTHENTICATED")
	wantStatus(t, "of another authority", call(forged), codes.Unavailable, "")
	wantStatus(t, "none", call(), codes.Unavailable, "")
	if len(h.callers) != 1 || h.callers[0].System != "journal" || h.callers[0].User != "SE1-P" || h.callers[0].Unit != "unit-1" || h.callers[0].Local {
		t.Errorf("called by %+v", h.callers)
	}
	if !strings.Contains(told.String(), "sign-in refused") || strings.Contains(told.String(), "SE1-X") {
		t.Errorf("the log says\n%s", told.String())
	}
}

// testCertificate makes a certificate, by itself an authority, with this subject
// serialNumber, and its PEM.
func testCertificate(t *testing.T, serial string, issuer *tls.Certificate) (tls.Certificate, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{SerialNumber: serial}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Hour), IsCA: issuer == nil, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	parent, signer := template, any(key)
	if issuer != nil {
		parent, signer = issuer.Leaf, issuer.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func writePair(t *testing.T, folder string, server tls.Certificate, ca []byte) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(server.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"cert.pem": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate[0]}),
		"key.pem":  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), "ca.pem": ca,
	} {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
