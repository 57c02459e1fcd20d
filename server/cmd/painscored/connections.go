package main

import (
	"net"
	"sync"
	"sync/atomic"
)

// maxConnections is how many connections a port keeps at a time. One takes some
// 50 kB and a file; a system needs one, and a browser six at most. Only tests
// change it.
var maxConnections int64 = 1024

// boundedListener closes a connection at once for which there is no room, so that
// whoever made it hears of it and can try again. One that only stops to take
// connections, such as x/net's LimitListener, leaves them waiting unanswered.
type boundedListener struct {
	net.Listener
	limit   int64
	open    atomic.Int64
	refused atomic.Uint64
}

func bounded(l net.Listener, limit int64) *boundedListener {
	return &boundedListener{Listener: l, limit: limit}
}

// Accept waits for a connection for which there is room.
func (l *boundedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.open.Add(1) <= l.limit {
			return &countedConn{Conn: conn, leave: sync.OnceFunc(func() { l.open.Add(-1) })}, nil
		}
		l.open.Add(-1)
		l.refused.Add(1)
		conn.Close()
	}
}

// countedConn gives its room back when it is closed, however often that is.
type countedConn struct {
	net.Conn
	leave func()
}

func (c *countedConn) Close() error {
	defer c.leave()
	return c.Conn.Close()
}

// connections are the ports' connections, for the metrics.
type connections struct{ calls, pages *boundedListener }

func (c connections) open() map[string]int64 {
	return map[string]int64{"calls": c.calls.open.Load(), "pages": c.pages.open.Load()}
}

func (c connections) refused() map[string]uint64 {
	return map[string]uint64{"calls": c.calls.refused.Load(), "pages": c.pages.refused.Load()}
}
