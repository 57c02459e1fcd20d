package main

import (
	"bytes"
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
	"os"
	"path/filepath"
	"time"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

// secureSerial is the serialNumber in the subject of the caller's certificate.
const secureSerial = "SE2321000016-BENCH"

// secured is how a server is started and called that knows its callers by their
// certificates (mutual TLS), as in a clinic. One self-signed certificate, made
// for the run, is the server's, the caller's and the authority of both.
type secured struct {
	config string // file for --config
	dial   *tls.Config
}

// secure makes the certificate and the configuration, once for a place.
func (p *place) secure() (*secured, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.secured != nil {
		return p.secured, nil
	}
	folder := filepath.Join(p.dir, "tls")
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, err
	}
	certificate, key, err := selfSigned()
	if err != nil {
		return nil, err
	}
	config := fmt.Appendf(nil, `sign_in:
  tls: {certificate: %[1]q, key: %[2]q, client_ca: %[1]q}
  systems:
    - name: bench
      certificates: [{serial_number: %[3]s}]
      roles: [integrator]
      units: [%[4]s]
      unit: %[4]s
      purpose: care
rate: {per_second: 0}
`, filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem"), secureSerial, unitName(0))
	for name, text := range map[string][]byte{"cert.pem": certificate, "key.pem": key, "painscored.yaml": config} {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			return nil, err
		}
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, err
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(certificate)
	p.secured = &secured{filepath.Join(folder, "painscored.yaml"), &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: trusted}}
	return p.secured, nil
}

// selfSigned makes a certificate for loopback, good for a day, as PEM.
func selfSigned() (certificate, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "painscored-bench", SerialNumber: secureSerial},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return nil, nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, nil, err
	}
	var c, k bytes.Buffer
	pem.Encode(&c, &pem.Block{Type: "CERTIFICATE", Bytes: der}) // a buffer takes everything
	pem.Encode(&k, &pem.Block{Type: "PRIVATE KEY", Bytes: secret})
	return c.Bytes(), k.Bytes(), nil
}

// transport is how to connect to the process: in clear unless it was secured.
func (c *child) transport() credentials.TransportCredentials {
	if c.secured == nil {
		return insecure.NewCredentials()
	}
	return credentials.NewTLS(c.secured.dial)
}
