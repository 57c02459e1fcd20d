package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"time"

	"github.com/painscore/painscore/server"
	"github.com/painscore/painscore/server/access/signin"
	"github.com/painscore/painscore/server/metrics"
	"github.com/painscore/painscore/server/store"
)

const defaultMetrics = "127.0.0.1:7090"

// figures are what is told on the third port. The server that it tells of is
// made after it, and told by of.
type figures struct {
	*metrics.Service
	calls *server.Server
}

func newFigures(description store.Description, st store.Store, events *accessLog, sign signIns, ports connections) *figures {
	f := &figures{}
	sources := metrics.Sources{
		Version: version, Engine: description.Engine,
		Draining:   func() bool { return f.calls == nil || f.calls.Draining() },
		Open:       func() map[string]int64 { return f.calls.OpenCalls() },
		Reach:      func(ctx context.Context) error { _, err := st.LastChange(ctx, ""); return err },
		LogWaiting: events.Waiting,
		Purging:    func(ctx context.Context) (int64, error) { return pendingPurges(ctx, st) },
		Refused:    sign.refused,

		Connections: ports.open, ConnectionsRefused: ports.refused,
	}
	if tells, ok := st.(store.Figured); ok {
		sources.Store = tells.Figures
	}
	if events.reserve != nil {
		sources.LogRoom = events.reserve.Kept
		// Once the reserve could be taken back there is room, tried or not.
		sources.LogFull = func() bool { return events.Full() && !events.reserve.Kept() }
	}
	f.Service = metrics.New(sources, server.Methods())
	return f
}

// refused adds up the refusals of calls and pages.
func (s signIns) refused() map[string]uint64 {
	all := map[string]uint64{}
	for _, counted := range []map[signin.Why]uint64{s.callers.Refusals(), s.pages.Refusals()} {
		for why, n := range maps.All(counted) {
			all[string(why)] += n
		}
	}
	return all
}

// pendingPurges counts the erasures that the store has not purged.
func pendingPurges(ctx context.Context, st store.Erasures) (pending int64, err error) {
	const page = 1000
	for after := ""; ; {
		erasures, err := st.Erasures(ctx, after, page)
		if err != nil {
			return 0, err
		}
		for _, e := range erasures {
			if e.PurgedAt.IsZero() {
				pending++
			}
			after = e.ErasureID
		}
		if len(erasures) < page {
			return pending, nil
		}
	}
}

// serve opens the port and answers on it until stop is called, which comes last:
// a server that is stopping still says so. The usual port may be taken by another
// painscored on the same machine, which must not keep this one from serving.
func (f *figures) serve(cfg config, log *slog.Logger) (stop func(), err error) {
	if cfg.Metrics == "off" {
		return func() {}, nil
	}
	listener, err := net.Listen("tcp", cfg.Metrics)
	switch {
	case err != nil && cfg.Metrics == defaultMetrics:
		log.Warn("no metrics and no health: the usual port is taken; name another with --metrics", "address", defaultMetrics)
		return func() {}, nil
	case err != nil:
		return nil, fmt.Errorf("--metrics: %w", err)
	}
	port := &http.Server{
		Handler: f.Handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 5 * time.Second, WriteTimeout: 15 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 8 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := port.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("the port of metrics and health has failed", "error", err)
		}
	}()
	log.Info("metrics and health", "address", listener.Addr().String())
	return func() { port.Close(); <-ended }, nil
}
