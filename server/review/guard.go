package review

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"runtime/debug"
	"time"
)

// contentPolicy lets a page load its own style sheet and nothing else: no
// script, no picture or font from elsewhere, no frame around it.
const contentPolicy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard is what every request passes through. Nothing that it logs holds an
// address, a query or an id: those name patients' episodes.
func (s *site) guard(mux *http.ServeMux) http.Handler {
	origin := http.NewCrossOriginProtection()
	if sign := s.options.SignIn; sign != nil && sign.Origin() != "" {
		// Behind a proxy that asks by an inner name, an older browser's Origin
		// differs from the Host.
		if err := origin.AddTrustedOrigin(sign.Origin()); err != nil {
			panic(err) // the configuration was checked
		}
	}
	origin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.fail(w, r, http.StatusForbidden, nil) }))
	next := origin.Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := newRequestID()
		r = r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id))
		header := w.Header()
		safeHeaders(header)
		header.Set("X-Request-Id", id)
		defer s.recover(w, r, id)
		if sign := s.options.SignIn; sign != nil {
			if sign.Secure() {
				header.Set("Strict-Transport-Security", "max-age=31536000")
			}
			from, host := sign.Reached(r)
			if !sign.Serves(host) {
				failPlain(w, r, http.StatusMisdirectedRequest)
				return
			}
			r.RemoteAddr = from // r is this function's own copy
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead && !(r.Method == http.MethodPost && takesForm(mux, r)) {
			header.Set("Allow", "GET, HEAD")
			s.fail(w, r, http.StatusMethodNotAllowed, nil)
			return
		}
		begin := time.Now()
		next.ServeHTTP(w, r)
		s.options.Logger.Debug("page served", "route", r.Pattern, "request_id", id, "duration", time.Since(begin))
	})
}

// safeHeaders are those of every answer, also of the errors.
func safeHeaders(header http.Header) {
	header.Set("Content-Security-Policy", contentPolicy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Cache-Control", "no-store") // until a handler knows better
}

// recover turns a panic into a friendly page. The log gets the stack, which
// holds no texts, and the message only of a runtime error, which holds numbers
// at most: a panic's own value could quote a patient's data.
func (s *site) recover(w http.ResponseWriter, r *http.Request, id string) {
	cause := recover()
	if cause == nil {
		return
	}
	if cause == http.ErrAbortHandler {
		panic(cause)
	}
	message := fmt.Sprintf("%T", cause)
	if err, ok := cause.(runtime.Error); ok {
		message = err.Error()
	}
	s.options.Logger.Error("a page panicked", "request_id", id, "panic", message, "stack", string(debug.Stack()))
	s.fail(w, r, http.StatusInternalServerError, nil)
}

type requestIDKey struct{}

func newRequestID() string {
	var b [6]byte
	rand.Read(b[:]) // never fails, by its documentation
	return hex.EncodeToString(b[:])
}

func requestID(r *http.Request) string {
	id, _ := r.Context().Value(requestIDKey{}).(string)
	return id
}

// LoopbackOnly refuses requests that did not reach a loopback address or that
// ask for another host than this computer at the listening port. The second
// stops DNS rebinding: a hostile page whose name is made to resolve to
// 127.0.0.1 still sends its own name as Host.
//
// It reads the address from the server's context, so it serves below an
// http.Server only.
func LoopbackOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
		if !ok || !local.IP.IsLoopback() || !isLoopbackHost(r.Host, local.AddrPort().Port()) {
			failPlain(w, r, http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isLoopbackHost reports whether a Host header names this computer at port.
func isLoopbackHost(host string, port uint16) bool {
	name, given, err := net.SplitHostPort(host)
	if err != nil { // no port: the default one
		name, given = host, "80"
		if len(host) > 1 && host[0] == '[' && host[len(host)-1] == ']' {
			name = host[1 : len(host)-1]
		}
	}
	if given != fmt.Sprint(port) {
		return false
	}
	if name == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && addr.Zone() == "" && addr.IsLoopback()
}
