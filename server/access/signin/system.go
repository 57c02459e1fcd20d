package signin

import (
	"crypto/x509"
	"encoding/asn1"
	"net/url"
	"slices"
	"strings"
	"time"
)

// systems finds the configured system of a credential.
type systems struct{ all []System }

func newSystems(all []System) *systems { return &systems{all} }

// ofCertificate finds the one system that a certificate belongs to. The
// handshake has verified the chain; the time is looked at again, since a
// connection may outlive its certificate by weeks.
func (s *systems) ofCertificate(leaf *x509.Certificate, now time.Time) (grant, *Refusal) {
	if now.After(leaf.NotAfter) || now.Before(leaf.NotBefore) {
		return grant{}, unauthenticated(CertificateExpired)
	}
	system, found := s.only(func(each System) bool {
		return slices.ContainsFunc(each.Certificates, func(c Certificate) bool { return c.fits(leaf) })
	})
	switch {
	case found == 0:
		return grant{}, unauthenticated(CertificateUnknown)
	case found > 1:
		return grant{}, unauthenticated(CertificateManifold)
	}
	return grantOf(system), nil
}

// ofClaims finds the one system that a verified token belongs to.
func (s *systems) ofClaims(claims claims, mapping Mapping) (grant, *Refusal) {
	subject, client := claims.text([]string{"sub"}), claims.client(mapping)
	var persons bool
	system, found := s.only(func(each System) bool {
		i := slices.IndexFunc(each.Tokens, func(t TokenID) bool { return t.fits(subject, client) })
		if i >= 0 {
			persons = each.Tokens[i].Persons
		}
		return i >= 0
	})
	switch {
	case found == 0:
		return grant{}, unauthenticated(TokenSystem)
	case found > 1:
		return grant{}, unauthenticated(TokenManifold)
	}
	who := claims.person(mapping)
	switch {
	case persons && who.numbered:
		return grant{}, unauthenticated(TokenPersonNumber)
	case persons && who.user == "":
		return grant{}, unauthenticated(TokenNoPerson)
	case persons:
		return grantOfPerson(system, who), nil
	case who.user != "" || claims.has(mapping.User):
		return grant{}, unauthenticated(TokenPerson)
	}
	return grantOf(system), nil
}

// only returns the last system that fits, and how many do.
func (s *systems) only(fits func(System) bool) (last System, found int) {
	for _, each := range s.all {
		if fits(each) {
			last, found = each, found+1
		}
	}
	return last, found
}

var serialNumberOID = asn1.ObjectIdentifier{2, 5, 4, 5}

// fits compares to the letter, DNS names without regard to case. A subject with
// two serialNumbers fits none: which one its issuer vouches for is anyone's guess.
func (c Certificate) fits(leaf *x509.Certificate) bool {
	if c == (Certificate{}) {
		return false
	}
	if c.SerialNumber != "" {
		var serials []string
		for _, name := range leaf.Subject.Names {
			if text, ok := name.Value.(string); ok && name.Type.Equal(serialNumberOID) {
				serials = append(serials, text)
			}
		}
		if len(serials) != 1 || serials[0] != c.SerialNumber {
			return false
		}
	}
	if c.DNS != "" && !slices.ContainsFunc(leaf.DNSNames, func(name string) bool { return strings.EqualFold(name, c.DNS) }) {
		return false
	}
	return c.URI == "" || slices.ContainsFunc(leaf.URIs, func(u *url.URL) bool { return u.String() == c.URI })
}

func (t TokenID) fits(subject, client string) bool {
	return (t.Subject != "" || t.ClientID != "") && (t.Subject == "" || t.Subject == subject) && (t.ClientID == "" || t.ClientID == client)
}
