package signin

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"time"
)

// Ending is when the first certificate in a file ends.
type Ending struct {
	Setting string // tls.certificate, tls.client_ca
	At      time.Time
}

// Endings reads when certificates of the configuration end: of the server's
// chain, and of the authorities of client certificates. Those that have ended
// are among them.
func (c TLSConfig) Endings() ([]Ending, error) {
	var all []Ending
	for _, each := range []struct{ setting, file string }{{"tls.certificate", c.Certificate}, {"tls.client_ca", c.ClientCA}} {
		if each.file == "" {
			continue
		}
		at, err := firstEnding(each.file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", each.setting, err)
		}
		all = append(all, Ending{each.setting, at})
	}
	return all, nil
}

func firstEnding(file string) (first time.Time, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return first, err
	}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return first, fmt.Errorf("%s: %w", file, err)
		}
		if first.IsZero() || certificate.NotAfter.Before(first) {
			first = certificate.NotAfter
		}
	}
	if first.IsZero() {
		return first, fmt.Errorf("%s holds no PEM certificate", file)
	}
	return first, nil
}
