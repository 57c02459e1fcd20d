package signin

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// tlsTest is a server that echoes lines over TLS, with files to replace.
type tlsTest struct {
	*ServerTLS
	files   TLSConfig
	log     *lines
	clock   *clock
	address string
	roots   *x509.CertPool // that clients trust, all authorities so far
}

func newTLSTest(t *testing.T, servers, clients *authority) *tlsTest {
	t.Helper()
	test := &tlsTest{files: tlsFilesOf(t, servers.issue(nil), clients), log: &lines{}, clock: &clock{}, roots: x509.NewCertPool()}
	var err error
	if test.ServerTLS, err = LoadTLS(test.files, test.log.logger()); err != nil {
		t.Fatal(err)
	}
	test.now = test.clock.now
	listener, err := tls.Listen("tcp", "127.0.0.1:0", test.Config(tls.RequireAndVerifyClientCert, "h2"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { io.Copy(conn, conn); conn.Close() }()
		}
	}()
	test.address = listener.Addr().String()
	test.trusts(servers)
	return test
}

func (test *tlsTest) trusts(servers *authority) { test.roots.AddCert(servers.cert) }

// dial connects and has a line echoed: with TLS 1.3 a client learns only then
// that the server has refused its certificate.
func (test *tlsTest) dial(t *testing.T, change func(*tls.Config), certificates ...tls.Certificate) (*tls.Conn, error) {
	t.Helper()
	config := &tls.Config{RootCAs: test.roots, Certificates: certificates, ServerName: "localhost", NextProtos: []string{"h2"}}
	if change != nil {
		change(config)
	}
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: 5 * time.Second}, "tcp", test.address, config)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { conn.Close() })
	return conn, echo(conn)
}

func echo(conn *tls.Conn) error {
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := fmt.Fprintln(conn, "hello"); err != nil {
		return err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err == nil && line != "hello\n" {
		err = fmt.Errorf("got %q", line)
	}
	return err
}

func TestOnlyCertificatesOfTheClientAuthorityPassTheHandshake(t *testing.T) {
	servers, clients, strangers := newAuthority(t), newAuthority(t), newAuthority(t)
	test := newTLSTest(t, servers, clients)
	tests := []struct {
		name   string
		with   []tls.Certificate
		passes bool
	}{
		{"of the authority", []tls.Certificate{clients.issue(nil)}, true},
		{"none", nil, false},
		{"of another authority", []tls.Certificate{strangers.issue(nil)}, false},
		{"of the server's own authority", []tls.Certificate{servers.issue(nil)}, false},
		{"expired", []tls.Certificate{clients.issue(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Second) })}, false},
		{"not yet valid", []tls.Certificate{clients.issue(func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) })}, false},
		{"for servers only", []tls.Certificate{clients.issue(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} })}, false},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := test.dial(t, nil, tc.with...); (err == nil) != tc.passes {
				t.Errorf("got %v, want it to pass: %v", err, tc.passes)
			}
		})
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	servers, clients := newAuthority(t), newAuthority(t)
	test := newTLSTest(t, servers, clients)
	for version, passes := range map[uint16]bool{tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		_, err := test.dial(t, func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, version }, clients.issue(nil))
		if (err == nil) != passes {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
	}
}

// TestReplacedFilesHoldForNewConnections, while those that are open stay.
func TestReplacedFilesHoldForNewConnections(t *testing.T) {
	servers, clients := newAuthority(t), newAuthority(t)
	test := newTLSTest(t, servers, clients)
	old := clients.issue(nil)
	open, err := test.dial(t, nil, old)
	if err != nil {
		t.Fatal(err)
	}
	nextServers, nextClients := newAuthority(t), newAuthority(t)
	test.trusts(nextServers)
	nextCert := nextServers.issue(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(30 * time.Minute) })
	cert, key := pems(t, nextCert)
	write(t, test.files.Certificate, cert)
	write(t, test.files.Key, key)
	write(t, test.files.ClientCA, nextClients.pem)

	if _, err := test.dial(t, nil, old); err != nil {
		t.Errorf("within the second the old files hold, yet: %v", err)
	}
	test.clock.advance(pollEvery)
	if _, err := test.dial(t, nil, old); err == nil {
		t.Error("a certificate of the old client authority still passes")
	}
	conn, err := test.dial(t, nil, nextClients.issue(nil))
	if err != nil {
		t.Fatalf("with a certificate of the new client authority: %v", err)
	}
	if got := conn.ConnectionState().PeerCertificates[0]; !got.Equal(nextCert.Leaf) {
		t.Error("the server shows its old certificate")
	}
	if !test.NotAfter().Equal(nextCert.Leaf.NotAfter) {
		t.Errorf("NotAfter tells %v", test.NotAfter())
	}
	if err := echo(open); err != nil {
		t.Errorf("the open connection broke: %v", err)
	}
}

// TestFilesThatDoNotFitLeaveTheOldOnesInForce, and are complained of once.
func TestFilesThatDoNotFitLeaveTheOldOnesInForce(t *testing.T) {
	servers, clients := newAuthority(t), newAuthority(t)
	nextCert, nextKey := pems(t, servers.issue(nil))
	for name, spoil := range map[string]func(t *testing.T, f TLSConfig){
		"a certificate whose key has not come": func(t *testing.T, f TLSConfig) { write(t, f.Certificate, nextCert) },
		"a key whose certificate has not come": func(t *testing.T, f TLSConfig) { write(t, f.Key, nextKey) },
		"half a certificate":                   func(t *testing.T, f TLSConfig) { write(t, f.Certificate, nextCert[:100]) },
		"an empty client authority":            func(t *testing.T, f TLSConfig) { write(t, f.ClientCA, nil) },
		"a client authority that is no PEM":    func(t *testing.T, f TLSConfig) { write(t, f.ClientCA, []byte("x")) },
		"a certificate that is gone":           func(t *testing.T, f TLSConfig) { os.Remove(f.Certificate) },
		"a key that is gone":                   func(t *testing.T, f TLSConfig) { os.Remove(f.Key) },
		"a client authority that is gone":      func(t *testing.T, f TLSConfig) { os.Remove(f.ClientCA) },
		"a key that everybody can read":        func(t *testing.T, f TLSConfig) { os.Chmod(f.Key, 0o604) },
	} {
		t.Run(name, func(t *testing.T) {
			test := newTLSTest(t, servers, clients)
			spoil(t, test.files)
			for range 3 {
				test.clock.advance(pollEvery)
				if _, err := test.dial(t, nil, clients.issue(nil)); err != nil {
					t.Fatalf("the old files do not hold: %v", err)
				}
				if _, err := test.dial(t, nil, newAuthority(t).issue(nil)); err == nil {
					t.Fatal("a stranger passes")
				}
			}
			if n := strings.Count(test.log.String(), "level=ERROR"); n != 1 {
				t.Errorf("%d errors in the log, want 1:\n%s", n, test.log)
			}
			if strings.Contains(test.log.String(), "PRIVATE KEY") {
				t.Error("the log has the key")
			}
			if _, err := LoadTLS(test.files, test.log.logger()); err == nil {
				t.Error("a server would start with these files")
			}
		})
	}
}

func TestMendedFilesAreTaken(t *testing.T) {
	servers, clients := newAuthority(t), newAuthority(t)
	test := newTLSTest(t, servers, clients)
	next := servers.issue(nil)
	cert, key := pems(t, next)
	write(t, test.files.Certificate, cert)
	test.clock.advance(pollEvery)
	if _, err := test.dial(t, nil, clients.issue(nil)); err != nil {
		t.Fatal(err)
	}
	write(t, test.files.Key, key)
	test.clock.advance(pollEvery)
	conn, err := test.dial(t, nil, clients.issue(nil))
	if err != nil {
		t.Fatal(err)
	}
	if got := conn.ConnectionState().PeerCertificates[0]; !got.Equal(next.Leaf) {
		t.Error("the server shows its old certificate")
	}
}

// TestNoSessionOutlivesItsAuthority: a resumed session would not be checked
// against the authorities of today.
func TestNoSessionOutlivesItsAuthority(t *testing.T) {
	servers, clients := newAuthority(t), newAuthority(t)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		test := newTLSTest(t, servers, clients)
		mine, cache := clients.issue(nil), tls.NewLRUClientSessionCache(8)
		resume := func(c *tls.Config) { c.ClientSessionCache, c.MaxVersion = cache, version }
		for range 2 {
			conn, err := test.dial(t, resume, mine)
			if err != nil {
				t.Fatal(err)
			}
			if conn.ConnectionState().DidResume {
				t.Errorf("%s: a session was resumed", tls.VersionName(version))
			}
		}
		write(t, test.files.ClientCA, newAuthority(t).pem)
		test.clock.advance(pollEvery)
		if _, err := test.dial(t, resume, mine); err == nil {
			t.Errorf("%s: a certificate of the old client authority still passes", tls.VersionName(version))
		}
	}
}

func TestWhatIsAskedOfClientsFollowsFromTheConfiguration(t *testing.T) {
	both := Config{TLS: &TLSConfig{ClientCA: "ca"}, Tokens: &TokenConfig{}}
	for _, tc := range []struct {
		name string
		cfg  Config
		want tls.ClientAuthType
	}{
		{"nothing", Config{}, tls.NoClientCert},
		{"tokens alone", Config{TLS: &TLSConfig{}, Tokens: &TokenConfig{}}, tls.NoClientCert},
		{"certificates alone", Config{TLS: &TLSConfig{ClientCA: "ca"}}, tls.RequireAndVerifyClientCert},
		{"both", both, tls.VerifyClientCertIfGiven},
	} {
		if got := tc.cfg.ClientAuth(); got != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
}
