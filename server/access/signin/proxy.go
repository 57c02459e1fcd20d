package signin

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// Reached says from which address a request to the pages comes and for which
// host it asks. A proxy's word on that counts only if the proxy is one of the
// configuration: everybody can send the headers. Of several addresses in
// X-Forwarded-For the last that is no such proxy's counts, since whatever
// stands before it is what that client sent.
func (p *Pages) Reached(r *http.Request) (from, host string) {
	peer := addressOf(r.RemoteAddr)
	if !p.isProxy(peer) {
		return r.RemoteAddr, r.Host
	}
	from, host = peer.String(), r.Host
	if named := r.Header.Values("X-Forwarded-Host"); len(named) == 1 && named[0] != "" {
		host = named[0]
	}
	passed := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(passed) - 1; i >= 0; i-- {
		address := addressOf(strings.TrimSpace(passed[i]))
		if !address.IsValid() {
			break // no address: what stands before it is nobody's word
		}
		if from = address.String(); !p.isProxy(address) {
			break
		}
	}
	return from, host
}

func (p *Pages) isProxy(address netip.Addr) bool {
	for _, text := range p.cfg.Proxies {
		if network, ok := parseNetwork(text); ok && network.Contains(address) {
			return true
		}
	}
	return false
}

// parseNetwork reads an address or a network such as 10.1.0.0/16.
func parseNetwork(text string) (netip.Prefix, bool) {
	if address, err := netip.ParseAddr(text); err == nil && address.Zone() == "" {
		address = address.Unmap()
		return netip.PrefixFrom(address, address.BitLen()), true
	}
	network, err := netip.ParsePrefix(text)
	return network.Masked(), err == nil
}

// Serves says whether the pages go by this host name. Where an issuer signs
// people in they have one name, that of their URL: a page of another name, which
// somebody made lead here, gets nothing. In the other modes the caller sees to
// it (review.LoopbackOnly).
func (p *Pages) Serves(host string) bool {
	if p.mode != PagesIssuer {
		return true
	}
	own, err := url.Parse(p.cfg.base())
	return err == nil && strings.EqualFold(withPort(own.Scheme, host), withPort(own.Scheme, own.Host))
}

// withPort adds the port that goes without saying.
func withPort(scheme, host string) string {
	if strings.LastIndexByte(host, ':') > strings.LastIndexByte(host, ']') {
		return host
	}
	return host + map[string]string{"https": ":443", "http": ":80"}[scheme]
}

// Origin is what a browser calls the pages; empty where they have no URL.
func (p *Pages) Origin() string { return p.cfg.base() }
