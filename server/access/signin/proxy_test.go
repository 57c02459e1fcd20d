package signin

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestOnlyAConfiguredProxyIsBelieved(t *testing.T) {
	p := &Pages{mode: PagesIssuer, cfg: PagesConfig{URL: "https://painscore.example", Proxies: []string{"10.1.0.0/16", "127.0.0.1", "2001:db8::/32"}}}
	for name, tc := range map[string]struct {
		peer, forwardedFor, forwardedHost string
		from, host                        string
	}{
		"nobody between":          {"192.0.2.9:4711", "", "", "192.0.2.9:4711", "inner"},
		"a stranger claims":       {"192.0.2.9:4711", "198.51.100.1", "painscore.example", "192.0.2.9:4711", "inner"},
		"one proxy":               {"10.1.2.3:4711", "192.0.2.9", "painscore.example", "192.0.2.9", "painscore.example"},
		"two proxies":             {"127.0.0.1:4711", "192.0.2.9, 10.1.9.9", "", "192.0.2.9", "inner"},
		"a client that claims":    {"127.0.0.1:4711", "198.51.100.1, 192.0.2.9", "", "192.0.2.9", "inner"},
		"a client that scribbles": {"127.0.0.1:4711", "198.51.100.1, <b>", "", "127.0.0.1", "inner"},
		"a proxy of few words":    {"10.1.2.3:4711", "", "", "10.1.2.3", "inner"},
		"with ports":              {"[2001:db8::1]:4711", "[2001:db9::5]:99", "", "2001:db9::5", "inner"},
		"a mapped address":        {"[::ffff:10.1.2.3]:4711", "192.0.2.9", "", "192.0.2.9", "inner"},
	} {
		r := httptest.NewRequest("GET", "http://inner/", nil)
		r.RemoteAddr = tc.peer
		for header, value := range map[string]string{"X-Forwarded-For": tc.forwardedFor, "X-Forwarded-Host": tc.forwardedHost} {
			if value != "" {
				r.Header.Set(header, value)
			}
		}
		if from, host := p.Reached(r); from != tc.from || host != tc.host {
			t.Errorf("%s: from %s for %s, want %s for %s", name, from, host, tc.from, tc.host)
		}
	}
	r := httptest.NewRequest("GET", "http://inner/", nil)
	r.RemoteAddr = "10.1.2.3:4711"
	r.Header = http.Header{"X-Forwarded-For": {"198.51.100.1", "192.0.2.9"}, "X-Forwarded-Host": {"painscore.example", "other"}}
	if from, host := p.Reached(r); from != "192.0.2.9" || host != "inner" {
		t.Errorf("headers sent twice: from %s for %s", from, host)
	}
}

func TestThePagesGoByTheirOwnName(t *testing.T) {
	for url, names := range map[string]map[string]bool{
		"https://painscore.example/":      {"painscore.example": true, "PAINSCORE.example:443": true, "painscore.example:80": false, "painscore.example.": false, "other.example": false, "": false, "[::1]": false},
		"https://painscore.example:8443/": {"painscore.example": false, "painscore.example:8443": true},
		"http://127.0.0.1:7080":           {"127.0.0.1:7080": true, "127.0.0.1": false, "localhost:7080": false},
		"https://[2001:db8::1]":           {"[2001:db8::1]": true, "[2001:db8::1]:443": true, "[2001:db8::2]": false},
	} {
		p := &Pages{mode: PagesIssuer, cfg: PagesConfig{URL: url}}
		for host, want := range names {
			if p.Serves(host) != want {
				t.Errorf("%s goes by %q: %v", url, host, !want)
			}
		}
	}
	if !(&Pages{mode: PagesLocal}).Serves("localhost:1") {
		t.Error("local mode has other guards")
	}
}
