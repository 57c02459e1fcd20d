package client

import (
	"errors"
	"fmt"
	"net"
	"strings"
)

// ErrPlaintext is why Dial refuses an address on another machine without
// WithTLS.
var ErrPlaintext = errors.New("the address is not on this machine, and the connection would not be encrypted: use WithTLS, or a loopback address such as 127.0.0.1")

// target checks addr and turns it into a gRPC target. Over plaintext it takes
// only addresses that stay on this machine: patients' answers must not cross a
// network in the clear because somebody forgot an option.
func target(addr string, encrypted bool) (string, error) {
	if strings.HasPrefix(addr, "unix:") {
		return addr, nil
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil || port == "" {
		return "", fmt.Errorf("painscore client: the address must be host:port, such as 127.0.0.1:7443, or unix:/path")
	}
	if host == "" {
		host = "127.0.0.1"
	}
	if !encrypted && !loopback(host) {
		return "", fmt.Errorf("painscore client: %w", ErrPlaintext)
	}
	return net.JoinHostPort(host, port), nil
}

// loopback goes by the literal address: a name that only happens to resolve to
// this machine today is not enough. RFC 6761 reserves localhost.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
