package signin

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/painscore/painscore/server/access"
)

func TestACertificateBelongsToTheOneSystemThatItFits(t *testing.T) {
	all := newSystems([]System{
		{Name: "by serial", Certificates: []Certificate{{SerialNumber: "SE1-1"}, {SerialNumber: "SE1-2"}}},
		{Name: "by dns", Certificates: []Certificate{{DNS: "journal.example"}}},
		{Name: "by uri", Certificates: []Certificate{{URI: "spiffe://example/import"}}},
		{Name: "by both", Certificates: []Certificate{{SerialNumber: "SE1-3", DNS: "both.example"}}},
		{Name: "by token", Tokens: []TokenID{{Subject: "x"}}},
	})
	ca := newAuthority(t)
	tests := []struct {
		name   string
		change func(*x509.Certificate)
		system string
		why    Why
	}{
		{"serial", withSerial("SE1-2"), "by serial", ""},
		{"serial in other case", withSerial("se1-2"), "", CertificateUnknown},
		{"serial with more behind", withSerial("SE1-22"), "", CertificateUnknown},
		{"serial twice", func(c *x509.Certificate) {
			c.Subject.ExtraNames = []pkix.AttributeTypeAndValue{{Type: serialNumberOID, Value: "SE1-9"}, {Type: serialNumberOID, Value: "SE1-2"}}
		}, "", CertificateUnknown},
		{"serial as common name", func(c *x509.Certificate) { c.Subject.CommonName = "SE1-2" }, "", CertificateUnknown},
		{"serial under another attribute", func(c *x509.Certificate) {
			c.Subject.ExtraNames = []pkix.AttributeTypeAndValue{{Type: asn1.ObjectIdentifier{2, 5, 4, 12}, Value: "SE1-2"}}
		}, "", CertificateUnknown},
		{"dns in other case", func(c *x509.Certificate) { c.DNSNames = []string{"x.example", "Journal.Example"} }, "by dns", ""},
		{"dns by wildcard", func(c *x509.Certificate) { c.DNSNames = []string{"*.example"} }, "", CertificateUnknown},
		{"dns as common name", func(c *x509.Certificate) { c.Subject.CommonName = "journal.example" }, "", CertificateUnknown},
		{"uri", func(c *x509.Certificate) { c.URIs = []*url.URL{mustURL(t, "spiffe://example/import")} }, "by uri", ""},
		{"uri with more behind", func(c *x509.Certificate) { c.URIs = []*url.URL{mustURL(t, "spiffe://example/import/x")} }, "", CertificateUnknown},
		{"both", func(c *x509.Certificate) { c.Subject.SerialNumber, c.DNSNames = "SE1-3", []string{"both.example"} }, "by both", ""},
		{"one of both", withSerial("SE1-3"), "", CertificateUnknown},
		{"two systems", func(c *x509.Certificate) { c.Subject.SerialNumber, c.DNSNames = "SE1-1", []string{"journal.example"} }, "", CertificateManifold},
		{"expired meanwhile", func(c *x509.Certificate) {
			c.Subject.SerialNumber, c.NotAfter = "SE1-1", time.Now().Add(-time.Second)
		}, "", CertificateExpired},
		{"not begun", func(c *x509.Certificate) {
			c.Subject.SerialNumber, c.NotBefore = "SE1-1", time.Now().Add(time.Minute)
		}, "", CertificateExpired},
		{"nobody", nil, "", CertificateUnknown},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			got, refusal := all.ofCertificate(ca.issue(tc.change).Leaf, time.Now())
			why := Why("")
			if refusal != nil {
				why = refusal.Why
			}
			if got.system != tc.system || why != tc.why {
				t.Errorf("got %q, %q; want %q, %q", got.system, why, tc.system, tc.why)
			}
		})
	}
}

func TestATokenBelongsToTheOneSystemThatItFits(t *testing.T) {
	all := newSystems([]System{
		{Name: "by subject", Tokens: []TokenID{{Subject: "s-1"}}},
		{Name: "by client", Tokens: []TokenID{{ClientID: "c-1"}}},
		{Name: "by both", Tokens: []TokenID{{Subject: "s-2", ClientID: "c-2"}}},
		{Name: "by certificate", Certificates: []Certificate{{DNS: "x"}}},
		{Name: "by nothing", Tokens: []TokenID{{}}},
	})
	tests := []struct {
		name, subject, client, system string
		why                           Why
	}{
		{"subject", "s-1", "c-9", "by subject", ""},
		{"client", "s-9", "c-1", "by client", ""},
		{"both", "s-2", "c-2", "by both", ""},
		{"one of both", "s-2", "c-9", "", TokenSystem},
		{"neither", "", "", "", TokenSystem},
		{"two systems", "s-1", "c-1", "", TokenManifold},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			got, refusal := all.ofClaims(claims{"sub": tc.subject, "client_id": tc.client}, Mapping{User: []string{"user"}})
			why := Why("")
			if refusal != nil {
				why = refusal.Why
			}
			if got.system != tc.system || why != tc.why {
				t.Errorf("got %q, %q; want %q, %q", got.system, why, tc.system, tc.why)
			}
		})
	}
}

// TestWhoShowsTwoCredentialsMustHoldWithBoth: one that is passed over could be
// anybody's.
func TestWhoShowsTwoCredentialsMustHoldWithBoth(t *testing.T) {
	a := newTokenTest(t, nil)
	ca := newAuthority(t)
	journal, importing, stranger := ca.issue(withSerial("SE1-J")).Leaf, ca.issue(withSerial("SE1-I")).Leaf, ca.issue(withSerial("SE1-X")).Leaf
	good := "Bearer " + a.issuer.sign(t, rsaKey(), "key-1", "RS256", nil)
	expired := "Bearer " + a.issuer.sign(t, rsaKey(), "key-1", "RS256", map[string]any{"exp": 1})
	tests := []struct {
		name        string
		certificate *x509.Certificate
		header      []string
		why         Why
	}{
		{"certificate alone", journal, nil, ""},
		{"token alone", nil, []string{good}, ""},
		{"neither", nil, nil, NoCredential},
		{"both of one system", journal, []string{good}, ""},
		{"two systems", importing, []string{good}, CredentialsDisagree},
		{"a stranger's certificate with a good token", stranger, []string{good}, CertificateUnknown},
		{"a good certificate with a bad token", journal, []string{expired}, TokenExpired},
		{"a good certificate with another scheme", journal, []string{"Basic x"}, BadAuthorization},
		{"two tokens", nil, []string{good, good}, BadAuthorization},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			given := Credentials{Authorization: tc.header, RemoteAddr: "[::ffff:192.0.2.7]:5000"}
			if tc.certificate != nil {
				given.PeerCertificates = []*x509.Certificate{tc.certificate, ca.cert}
			}
			got, err := a.Authenticate(t.Context(), given)
			if why := whyOf(t, err); why != tc.why {
				t.Fatalf("refused with %q, want %q", why, tc.why)
			}
			want := access.Caller{}
			if tc.why == "" {
				want = access.Caller{System: "journal", User: "journal", Unit: "unit-1", Roles: []access.Role{access.Integrator}, Purpose: access.Care, Address: "192.0.2.7"}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("caller (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTokensWithoutAnIssuerAreRefused(t *testing.T) {
	cfg := Config{TLS: &TLSConfig{Certificate: "c", Key: "k", ClientCA: "ca"}, Systems: []System{{Name: "a", Certificates: []Certificate{{DNS: "x"}}, Roles: []string{"integrator"}}}}
	a, err := New(cfg, Options{})
	if err != nil {
		t.Fatal(err)
	}
	a.refusals.every = time.Millisecond
	_, err = a.Authenticate(t.Context(), Credentials{Authorization: []string{"Bearer x"}})
	if whyOf(t, err) != TokensNotTaken {
		t.Errorf("got %v", err)
	}
}
