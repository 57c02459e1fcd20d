package signin

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"time"
)

// pollEvery is how often the files are looked at, at most.
const pollEvery = time.Second

// ServerTLS is the server's side of TLS. The files are read again, at most once
// a second, when somebody connects: what has changed holds for connections from
// then on, and those that are open stay. Files that do not fit together, such as
// a new certificate whose key has not arrived yet, leave the old ones in force.
//
// The content is compared, not the time of change: that is cheap at this rate,
// and sees every way of replacing a file.
type ServerTLS struct {
	files TLSConfig
	log   *slog.Logger
	now   func() time.Time

	mu       sync.Mutex
	lookedAt time.Time
	read     tlsFiles // as last looked at, good or bad
	problem  string   // that was last logged
	loaded   *tlsState
}

// tlsFiles are the files' contents.
type tlsFiles struct{ certificate, key, clientCA []byte }

// tlsState is what good files give.
type tlsState struct {
	certificate tls.Certificate
	clients     *x509.CertPool // nil if none is configured
}

// LoadTLS reads the files. The error says which one does not do.
func LoadTLS(files TLSConfig, log *slog.Logger) (*ServerTLS, error) {
	s := &ServerTLS{files: files, log: log, now: time.Now}
	read, err := files.read()
	if err != nil {
		return nil, fmt.Errorf("tls: %w", err)
	}
	state, err := read.load()
	if err != nil {
		return nil, fmt.Errorf("tls: %w", err)
	}
	s.read, s.loaded, s.lookedAt = read, state, s.now()
	return s, nil
}

// Config is for a listener that speaks these protocols ("h2" for gRPC) and asks
// for client certificates as clients says; see ClientAuth.
func (s *ServerTLS) Config(clients tls.ClientAuthType, protocols ...string) *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: protocols, SessionTicketsDisabled: true}
	config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		state := s.current()
		return &tls.Config{
			MinVersion:   tls.VersionTLS12,
			NextProtos:   protocols,
			Certificates: []tls.Certificate{state.certificate},
			ClientAuth:   clients,
			ClientCAs:    state.clients,
			// A resumed session would stand on authorities that may have gone.
			SessionTicketsDisabled: true,
		}, nil
	}
	return config
}

// ClientAuth is what the gRPC service asks of its clients: a certificate, if
// authorities for them are configured, but none of those who may come with a
// token instead. One that is shown is always verified.
func (c Config) ClientAuth() tls.ClientAuthType {
	switch {
	case c.TLS == nil || c.TLS.ClientCA == "":
		return tls.NoClientCert
	case c.Tokens != nil:
		return tls.VerifyClientCertIfGiven
	}
	return tls.RequireAndVerifyClientCert
}

// NotAfter is when the server's certificate in force ends.
func (s *ServerTLS) NotAfter() time.Time { return s.current().certificate.Leaf.NotAfter }

func (s *ServerTLS) current() *tlsState {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.now(); now.Sub(s.lookedAt) >= pollEvery {
		s.lookedAt = now
		s.reload()
	}
	return s.loaded
}

// reload takes what the files hold now, if it differs and does. What does not is
// logged once, and not at every look.
func (s *ServerTLS) reload() {
	read, err := s.files.read()
	if err == nil {
		if read.same(s.read) {
			return
		}
		s.read = read
		var state *tlsState
		if state, err = read.load(); err == nil {
			s.loaded, s.problem = state, ""
			s.log.Info("the TLS files have changed and are in force", "certificate_ends", state.certificate.Leaf.NotAfter)
			return
		}
	}
	if err.Error() != s.problem {
		s.problem = err.Error()
		s.log.Error("the TLS files have changed and do not do; the old ones stay in force", "error", err, "certificate_ends", s.loaded.certificate.Leaf.NotAfter)
	}
}

func (c TLSConfig) read() (files tlsFiles, err error) {
	if files.certificate, err = os.ReadFile(c.Certificate); err != nil {
		return files, err
	}
	if files.key, err = readKey(c.Key); err != nil {
		return files, err
	}
	if c.ClientCA != "" {
		files.clientCA, err = os.ReadFile(c.ClientCA)
	}
	return files, err
}

// readKey refuses a private key that everybody on the machine can read. A group
// may: that is how a certificate service hands it over.
func readKey(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if mode := info.Mode().Perm(); mode&0o007 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("the private key %s can be used by every user (mode %04o): run chmod o= on it, and consider whether somebody has read it", name, mode)
	}
	return os.ReadFile(name)
}

func (f tlsFiles) same(other tlsFiles) bool {
	return bytes.Equal(f.certificate, other.certificate) && bytes.Equal(f.key, other.key) && bytes.Equal(f.clientCA, other.clientCA)
}

func (f tlsFiles) load() (*tlsState, error) {
	certificate, err := tls.X509KeyPair(f.certificate, f.key)
	if err != nil {
		return nil, fmt.Errorf("certificate and key: %w", err)
	}
	state := &tlsState{certificate: certificate}
	if f.clientCA != nil {
		state.clients = x509.NewCertPool()
		if !state.clients.AppendCertsFromPEM(f.clientCA) {
			return nil, errors.New("client_ca: no PEM certificate in it")
		}
	}
	return state, nil
}
