package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/painscore/painscore/server/access/signin/idptest"
)

func TestThePagesOfLocalModeOpenByALinkThatServesOnce(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir)
	link := regexp.MustCompile(`http://127\.0\.0\.1:\d+/sign-in\?code=\S+`)
	for name, printed := range map[string]string{"at the start": p.output.String(), "by the command": mustOperate(t, dir, "link", "--web", strings.Trim(strings.TrimPrefix(p.web, "http:"), "/"))} {
		found := link.FindString(printed)
		if found == "" {
			t.Fatalf("%s: no link in %s", name, printed)
		}
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		p.browser = &http.Client{Jar: jar}
		if reply, body := p.look(t, p.web); reply.Request.URL.Path != "/sign-in" || !strings.Contains(body, "painscored link") || !strings.Contains(body, "Lokalt läge") {
			t.Errorf("%s: before it the first page is %s", name, reply.Request.URL.Path)
		}
		if reply, body := p.look(t, found); reply.Request.URL.RequestURI() != "/" || reply.StatusCode != http.StatusOK || !strings.Contains(body, "Lokalt läge") {
			t.Errorf("%s: it leads to %s (%d)", name, reply.Request.URL.RequestURI(), reply.StatusCode)
		}
		p.browser = &http.Client{}
		if reply, _ := p.look(t, found); reply.StatusCode != http.StatusForbidden {
			t.Errorf("%s: a second time: %d", name, reply.StatusCode)
		}
	}
}

func TestOnlyLocalModeHasALink(t *testing.T) {
	if said, err := operate(t, t.TempDir(), "link", "--demo"); err == nil || !strings.Contains(err.Error(), "demo") {
		t.Errorf("a demo: %s %v", said, err)
	}
	signIn := file(t, "sign_in: {systems: [{name: x, roles: [clinician], units: [u], certificates: [{dns: x}]}], tls: {certificate: c, key: k, client_ca: a}}")
	if said, err := operate(t, t.TempDir(), "link", "--config", signIn); err == nil || !strings.Contains(err.Error(), "issuer") {
		t.Errorf("with sign_in: %s %v", said, err)
	}
	if said, err := operate(t, t.TempDir(), "link"); err == nil {
		t.Errorf("before the first start: %s", said)
	}
}

// certificateFor makes a certificate of its own for localhost, and its key, that
// hold until a time.
func certificateFor(t *testing.T, folder string, until time.Time) (pool *x509.CertPool, certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost", "painscore.example.org"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: until.Add(-100 * 24 * time.Hour), NotAfter: until, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	certificate, key = filepath.Join(folder, "tls.crt"), filepath.Join(folder, "tls.key")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	for name, text := range map[string][]byte{certificate: text, key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	return pool, certificate, key
}

// TestPeopleSignInWithTheIssuerOverTLS is the whole way of a reader of a real
// installation: nothing before the sign-in, a session that only https carries,
// and the unit's own patients after it.
func TestPeopleSignInWithTheIssuerOverTLS(t *testing.T) {
	dir := t.TempDir()
	pool, certificate, key := certificateFor(t, dir, time.Now().Add(time.Hour))
	plain, err := net.Listen("tcp", "127.0.0.1:0") // a free port, which the issuer has to know beforehand
	if err != nil {
		t.Fatal(err)
	}
	address := plain.Addr().String()
	plain.Close()
	idp := idptest.New()
	issuer := httptest.NewServer(idp)
	defer issuer.Close()
	idp.URL, idp.ClientID, idp.Callback = issuer.URL, "painscore", "https://"+address+"/sign-in/callback"
	idp.People = map[string]map[string]any{"Bo": {"hsa": "SE1-BO", "units": []string{"unit-1"}, "roles": []string{"clinician"}}}
	p := start(t, dir, "--web", address, "--config", file(t, fmt.Sprintf(`
sign_in:
  tls: {certificate: %s, key: %s}
  pages:
    url: https://%s
    issuer: %s
    client_id: painscore
    claims: {user: [hsa], units: {path: [units]}, roles: {path: [roles]}}
`, certificate, key, address, issuer.URL)))
	p.token = ""
	p.browser.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	if p.web != "https://"+address {
		t.Errorf("the line at the start names %s", p.web)
	}
	if strings.Contains(p.output.String(), "code=") {
		t.Error("a link of local mode is printed")
	}
	reply, body := p.look(t, p.web+"/?lang=en")
	if reply.Request.URL.Path != "/sign-in" || strings.Contains(body, "Lokalt läge") || reply.ProtoMajor != 2 || reply.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("before the sign-in: %s, %s, %v", reply.Request.URL, reply.Proto, reply.Header)
	}
	p.browser.CheckRedirect = func(next *http.Request, _ []*http.Request) error {
		if query := next.URL.Query(); next.URL.Host == strings.TrimPrefix(issuer.URL, "http://") {
			query.Set("person", "Bo")
			next.URL.RawQuery = query.Encode()
		}
		return nil
	}
	reply, body = p.look(t, p.web+"/sign-in/start")
	if reply.Request.URL.RequestURI() != "/" || !strings.Contains(body, "SE1-BO") || !strings.Contains(body, "unit-1") {
		t.Errorf("signed in, at %s:\n%s", reply.Request.URL, body)
	}
	cookies := p.browser.Jar.Cookies(reply.Request.URL)
	if !slices.ContainsFunc(cookies, func(c *http.Cookie) bool { return c.Name == "__Host-painscore" && c.Value != "" }) {
		t.Errorf("cookies: %v", cookies)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.web, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = "painscore.attacker.example"
	wrong, err := p.browser.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	wrong.Body.Close()
	if wrong.StatusCode != http.StatusMisdirectedRequest || wrong.Header.Get("Content-Security-Policy") == "" {
		t.Errorf("by another host's name: %d", wrong.StatusCode)
	}
}
