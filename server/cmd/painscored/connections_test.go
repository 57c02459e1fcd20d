package main

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// shortWait is long enough to tell the waits apart.
const shortWait = 400 * time.Millisecond

// slowPages serves pages that are slow to take and forms that are slow to come.
func slowPages(t *testing.T, wait pagesPatience, secure *tls.Config) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /form", func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			panic(http.ErrAbortHandler)
		}
	})
	mux.HandleFunc("GET /large", func(w http.ResponseWriter, _ *http.Request) {
		for range 64 {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("GET /", func(http.ResponseWriter, *http.Request) {})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if secure != nil {
		listener = tls.NewListener(listener, secure)
	}
	server := newPagesServer(mux, wait, slog.New(slog.DiscardHandler))
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return address
}

func connectTo(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * shortWait))
	return conn
}

// trickle sends a byte at a time until the other end has had enough.
func trickle(conn net.Conn, text string) {
	for i := range len(text) {
		if _, err := io.WriteString(conn, text[i:i+1]); err != nil {
			return
		}
		time.Sleep(shortWait / 8)
	}
}

// TestAReaderWhoHoldsAConnectionIsCutOff, by each of the waits: the others are
// far longer.
func TestAReaderWhoHoldsAConnectionIsCutOff(t *testing.T) {
	const long = time.Minute
	patient := pagesPatience{header: long, request: long, answer: long, idle: long}
	const get = "GET / HTTP/1.1\r\nHost: x\r\n"
	const form = "POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n\r\n"
	for name, c := range map[string]struct {
		wait pagesPatience
		say  func(net.Conn)
	}{
		"silence":                 {pagesPatience{header: shortWait, request: long, answer: long, idle: long}, func(net.Conn) {}},
		"headers byte by byte":    {pagesPatience{header: shortWait, request: long, answer: long, idle: long}, func(c net.Conn) { go trickle(c, get+strings.Repeat("X-A: b\r\n", 99)) }},
		"headers without an end":  {pagesPatience{header: shortWait, request: long, answer: long, idle: long}, func(c net.Conn) { io.WriteString(c, get) }},
		"a form byte by byte":     {pagesPatience{header: long, request: shortWait, answer: long, idle: long}, func(c net.Conn) { io.WriteString(c, form); go trickle(c, strings.Repeat("a", 999)) }},
		"a form that never comes": {pagesPatience{header: long, request: shortWait, answer: long, idle: long}, func(c net.Conn) { io.WriteString(c, form) }},
		"nothing more to ask":     {pagesPatience{header: long, request: long, answer: long, idle: shortWait}, func(c net.Conn) { io.WriteString(c, get+"\r\n") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := connectTo(t, slowPages(t, c.wait, nil))
			began := time.Now()
			c.say(conn)
			io.Copy(io.Discard, conn)
			if took := time.Since(began); took < shortWait/2 || took > 5*shortWait {
				t.Errorf("cut off after %s", took)
			}
		})
	}
	t.Run("a page that is not taken", func(t *testing.T) {
		t.Parallel()
		wait := patient
		wait.answer = shortWait
		conn := connectTo(t, slowPages(t, wait, nil))
		io.WriteString(conn, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
		time.Sleep(3 * shortWait)
		if n, _ := io.Copy(io.Discard, conn); n >= 64<<20 {
			t.Error("the whole page was kept until somebody took it")
		}
	})
	t.Run("a handshake that never comes", func(t *testing.T) {
		t.Parallel()
		wait := patient
		wait.header = shortWait
		conn := connectTo(t, slowPages(t, wait, testTLS(t)))
		began := time.Now()
		io.WriteString(conn, "\x16\x03\x01")
		io.Copy(io.Discard, conn)
		if took := time.Since(began); took < shortWait/2 || took > 5*shortWait {
			t.Errorf("cut off after %s", took)
		}
	})
	t.Run("headers without measure", func(t *testing.T) {
		t.Parallel()
		conn := connectTo(t, slowPages(t, patient, nil))
		go io.WriteString(conn, get+"X-A: "+strings.Repeat("a", maxPageHeader+8<<10)+"\r\n\r\n")
		if answer, _ := io.ReadAll(conn); !strings.HasPrefix(string(answer), "HTTP/1.1 431 ") {
			t.Errorf("%.40q", answer)
		}
	})
}

// testTLS is a certificate of httptest's.
func testTLS(t *testing.T) *tls.Config {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	server.StartTLS()
	defer server.Close()
	return &tls.Config{Certificates: server.TLS.Certificates}
}

// TestAFullHouseRefusesAtOnceAndMakesRoomAgain, at both ports of a running program.
func TestAFullHouseRefusesAtOnceAndMakesRoomAgain(t *testing.T) {
	limit := maxConnections
	maxConnections = 3
	defer func() { maxConnections = limit }()
	p := start(t, t.TempDir(), "--metrics", "127.0.0.1:0")
	web := strings.Trim(strings.TrimPrefix(p.web, "http:"), "/")
	closed := func(conn net.Conn) bool {
		conn.SetReadDeadline(time.Now().Add(shortWait))
		_, err := conn.Read(make([]byte, 1))
		timeout, ok := err.(net.Error)
		return err != nil && !(ok && timeout.Timeout())
	}
	for port, address := range map[string]string{"pages": web, "calls": p.grpc} {
		var held []net.Conn
		for range maxConnections {
			held = append(held, connectTo(t, address))
		}
		time.Sleep(50 * time.Millisecond)
		if !closed(connectTo(t, address)) {
			t.Errorf("%s: one more is kept waiting", port)
		}
		_, all := fetch(t, metricsAddress(t, p)+"/metrics")
		for _, want := range []string{`painscore_connections_open{port="` + port + `"} 3`, `painscore_connections_refused_total{port="` + port + `"} 1`} {
			if !strings.Contains(all, "\n"+want+"\n") {
				t.Errorf("not told: %s", want)
			}
		}
		if port == "calls" {
			c, err := client.Dial(p.grpc, client.WithTokenFile(p.token), client.WithAttempts(1))
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			if _, err := c.Admin().GetServerInfo(ctx, &pb.GetServerInfoRequest{}); status.Code(err) != codes.Unavailable {
				t.Errorf("a client at a full house: %v", err)
			}
			cancel()
			c.Close()
		}
		for _, conn := range held {
			conn.Close()
		}
	}
	deadline := time.Now().Add(5 * time.Second)
	for {
		reply, err := http.Get(p.web + "sign-in")
		if err == nil {
			reply.Body.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("there is no room again: %v", err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	if _, err := p.dial(t).Admin().GetServerInfo(t.Context(), &pb.GetServerInfoRequest{}); err != nil {
		t.Errorf("a client when there is room again: %v", err)
	}
}
