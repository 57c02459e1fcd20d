package signin

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"log/slog"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc/oidctest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// authority issues certificates for tests.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, key: newKey(t)}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, a.key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return a
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// issue makes a certificate for server and client alike, after change.
func (a *authority) issue(change func(*x509.Certificate)) tls.Certificate {
	a.t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "test"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if change != nil {
		change(template)
	}
	key := newKey(a.t)
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func withSerial(serial string) func(*x509.Certificate) {
	return func(c *x509.Certificate) { c.Subject.SerialNumber = serial }
}

// pems are the certificate and its key as files hold them.
func pems(t *testing.T, certificate tls.Certificate) (cert, key []byte) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// tlsFilesOf writes server certificate, key and client authority into a folder.
func tlsFilesOf(t *testing.T, server tls.Certificate, clients *authority) TLSConfig {
	t.Helper()
	folder := t.TempDir()
	files := TLSConfig{Certificate: filepath.Join(folder, "cert.pem"), Key: filepath.Join(folder, "key.pem"), ClientCA: filepath.Join(folder, "ca.pem")}
	cert, key := pems(t, server)
	write(t, files.Certificate, cert)
	write(t, files.Key, key)
	write(t, files.ClientCA, clients.pem)
	return files
}

func write(t *testing.T, file string, text []byte) {
	t.Helper()
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func mustURL(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// lines is a log to look at.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *lines) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// clock is a time that tests move.
type clock struct{ offset atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.offset.Load())) }
func (c *clock) advance(d time.Duration) { c.offset.Add(int64(d)) }

// issuer is an OpenID provider in this process.
type issuer struct {
	*httptest.Server
	mu      sync.Mutex
	oidc    *oidctest.Server
	down    atomic.Bool
	html    atomic.Bool // answers 200 with what is no key set
	fetches atomic.Int64
}

func newIssuer(t testing.TB) *issuer {
	t.Helper()
	i := &issuer{oidc: &oidctest.Server{}}
	i.Server = httptest.NewServer(i)
	t.Cleanup(i.Close)
	i.oidc.SetIssuer(i.URL)
	return i
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case i.down.Load():
		http.Error(w, "down", http.StatusServiceUnavailable)
		return
	case i.html.Load():
		w.Write([]byte("<html>sign in to the guest network</html>"))
		return
	case r.URL.Path == "/keys":
		i.fetches.Add(1)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.oidc.ServeHTTP(w, r)
}

// publishes replaces the issuer's keys by one.
func (i *issuer) publishes(id, algorithm string, key crypto.PublicKey) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.oidc.PublicKeys = []oidctest.PublicKey{{PublicKey: key, KeyID: id, Algorithm: algorithm}}
}

// sign makes a token of this issuer that holds, after change.
func (i *issuer) sign(t testing.TB, key crypto.PrivateKey, id, algorithm string, change map[string]any) string {
	t.Helper()
	all := map[string]any{
		"iss": i.URL, "aud": []string{"other", "painscore"}, "sub": "service-1", "client_id": "journal",
		"exp": time.Now().Add(time.Hour).Unix(), "nbf": time.Now().Add(-time.Minute).Unix(),
	}
	maps.Copy(all, change)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return oidctest.SignIDToken(key, id, algorithm, string(text))
}

var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// config is one issuer with a machine, a client of persons, and a system with a
// certificate.
func (i *issuer) config() Config {
	return Config{
		TLS: &TLSConfig{Certificate: "cert.pem", Key: "key.pem", ClientCA: "ca.pem"},
		Tokens: &TokenConfig{Issuer: i.URL, Audience: "painscore", Claims: Mapping{
			User:    []string{"employeeHsaId"},
			Units:   Claim{Path: []string{"commission", "units"}},
			Roles:   Claim{Path: []string{"realm_access", "roles"}, Values: map[string]string{"psykolog": "clinician", "koordinator": "coordinator", "admin": "administrator"}},
			Purpose: Claim{Path: []string{"purpose"}, Values: map[string]string{"vård": "care", "kvalitet": "quality"}},
		}},
		Systems: []System{
			{Name: "journal", Tokens: []TokenID{{ClientID: "journal"}}, Certificates: []Certificate{{SerialNumber: "SE1-J"}}, Roles: []string{"integrator"}, Units: []string{"unit-1"}, Purpose: "care"},
			{Name: "portal", Tokens: []TokenID{{ClientID: "portal", Persons: true}}, Roles: []string{"clinician", "coordinator"}, Units: []string{"unit-1", "unit-2", "unit-3"}, Purpose: "care"},
			{Name: "import", Certificates: []Certificate{{SerialNumber: "SE1-I"}}, Roles: []string{"integrator"}, Units: []string{"*"}, MayAssert: []string{"unit"}, Purpose: "registry"},
		},
	}
}
