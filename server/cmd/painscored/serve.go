package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"time"

	"google.golang.org/grpc"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/scoring/instruments"
	"github.com/painscore/painscore/server"
	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/demo"
	"github.com/painscore/painscore/server/erasures"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/pace"
	"github.com/painscore/painscore/server/review"
	"github.com/painscore/painscore/server/store"
)

const (
	databaseFile = "painscore.db"
	keyFile      = "identity.keys"
	// stopTime is how long calls in flight have to finish after SIGTERM.
	stopTime = 8 * time.Second
)

// serve opens everything, serves until ctx ends, and closes everything.
func serve(ctx context.Context, cfg config, stdout, stderr io.Writer) (err error) {
	log := newLog(stderr, cfg.Log)
	st, err := openStore(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	keys, err := openKeys(ctx, cfg, st, log)
	if err != nil {
		return err
	}
	events, err := openAccessLog(cfg, st, keys, log)
	if err != nil {
		return err
	}
	defer events.Close()
	use, err := openClinic(ctx, cfg, st, keys, events.Log, log)
	if err != nil {
		return err
	}
	defer startKeeping(ctx, cfg, st, keys, log)()
	defer startPurging(ctx, cfg, st, log)()
	defer startWarning(ctx, cfg, log)()
	if cfg.Demo {
		if err := demo.Fill(ctx, use, st); err != nil {
			return fmt.Errorf("fill the demo store: %w", err)
		}
	}
	sign, err := openSignIns(cfg, st, log)
	if err != nil {
		return err
	}
	description, err := st.Describe(ctx)
	if err != nil {
		return err
	}
	grpcListener, err := net.Listen("tcp", cfg.GRPC)
	if err != nil {
		return fmt.Errorf("--grpc: %w", err)
	}
	defer grpcListener.Close()
	webListener, err := net.Listen("tcp", cfg.Web)
	if err != nil {
		return fmt.Errorf("--web: %w", err)
	}
	defer webListener.Close()
	ports := connections{calls: bounded(grpcListener, maxConnections), pages: bounded(webListener, maxConnections)}
	watch := newFigures(description, st, events, sign, ports)
	info := server.Info{Version: version, Demo: cfg.Demo, StartedAt: time.Now(), Store: description, Pace: pace.New(cfg.rate(), nil), Watch: watch.Calls}
	g, calls := server.New(use, sign.callers, sign.credentials(), info, log)
	watch.calls = calls
	endWatch, err := watch.serve(cfg, log)
	if err != nil {
		return err
	}
	defer endWatch()
	texts, err := readItemTexts(cfg.site.ItemTexts, func(id, version string) (*scoring.Instrument, bool) {
		d, err := use.Instrument(access.WithCaller(ctx, access.Local()), id, version)
		return d.Instrument, err == nil
	})
	if err != nil {
		return err
	}
	pages := newPagesServer(sign.guard(review.New(use, review.Options{
		Demo: cfg.Demo, Local: cfg.signIn.Empty(), SignIn: sign.pages, Pace: pace.New(cfg.pagesRate(), nil),
		Headings: cfg.site.Headings, ItemTexts: texts, Version: version, Logger: log,
	})), usualPagesPatience, log)
	kind := ""
	if cfg.Demo {
		kind = ", demo with synthetic patients"
	}
	collectRarely()
	fmt.Fprintf(stdout, "painscored %s%s: pages on %s, gRPC on %s, data in %s\n%s",
		version, kind, sign.address(cfg, webListener), grpcListener.Addr(), cfg.storePlace(), sign.link(webListener))
	return listen(ctx, g, calls, ports.calls, pages, sign.listener(ports.pages))
}

// collectAt is how far the heap may grow, in percent of what is in use, before
// the collector runs. What is in use is small, and a trend makes
// 270 kB that nobody needs a moment later: at Go's 100 the collector runs every
// few dozen calls. It is set when everything is loaded, so that what loading
// needed does not stay.
const collectAt = 400

// collectRarely has the collector run less often, unless the environment says
// how (GOGC).
func collectRarely() {
	if os.Getenv("GOGC") == "" {
		debug.FreeOSMemory()
		debug.SetGCPercent(collectAt)
	}
}

// listen runs both servers until ctx ends or one of them fails, and stops them
// so that what was begun is finished.
func listen(ctx context.Context, g *grpc.Server, calls *server.Server, grpcListener net.Listener, pages *http.Server, webListener net.Listener) error {
	failed := make(chan error, 2)
	go func() { failed <- g.Serve(grpcListener) }()
	go func() { failed <- pages.Serve(webListener) }()
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	calls.Drain()
	stopping, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	stopped := make(chan struct{})
	go func() { g.GracefulStop(); close(stopped) }()
	shutErr := pages.Shutdown(stopping)
	if errors.Is(shutErr, context.DeadlineExceeded) {
		shutErr = pages.Close()
	}
	select {
	case <-stopped:
	case <-stopping.Done():
		g.Stop()
		<-stopped
	}
	return errors.Join(err, shutErr)
}

func newLog(w io.Writer, level string) *slog.Logger {
	var lowest slog.Level
	if err := lowest.UnmarshalText([]byte(level)); err != nil {
		lowest = slog.LevelInfo // cannot be: the setting was checked
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: lowest}))
}

// openClinic loads the definitions, opens the use cases, and erases whom an older
// database has brought back.
func openClinic(ctx context.Context, cfg config, st store.Store, keys *identity.Keyring, events *access.Log, log *slog.Logger) (*clinic.Clinic, error) {
	catalogue, err := loadCatalogue(cfg)
	if err != nil {
		return nil, err
	}
	windows, err := cfg.windows()
	if err != nil {
		return nil, err
	}
	providers, err := cfg.careProviders()
	if err != nil {
		return nil, err
	}
	if err := checkProviders(ctx, providers, st); err != nil {
		return nil, err
	}
	journal, err := erasures.Open(cfg.ErasureJournal)
	if err != nil {
		return nil, err
	}
	use, err := clinic.Open(ctx, st, catalogue, keys, clinic.Settings{
		ValueSets: cfg.site.ValueSets, Windows: windows, CareProviders: providers, Recipients: cfg.site.Recipients,
		ErasureJournal: journal, AccessLog: events,
	}, time.Now)
	if err != nil {
		return nil, err
	}
	return use, eraseAgain(ctx, cfg, journal, st, keys, log)
}

func loadCatalogue(cfg config) (*instruments.Catalogue, error) {
	catalogue, err := instruments.Builtin()
	if err != nil {
		return nil, fmt.Errorf("built-in definitions: %w", err)
	}
	if cfg.Instruments != "" {
		if err := catalogue.AddDir(os.DirFS(cfg.Instruments)); err != nil {
			return nil, fmt.Errorf("--instruments:\n%w", err)
		}
	}
	for id, layouts := range cfg.site.ConfirmLayouts {
		for _, layout := range layouts {
			if err := catalogue.ConfirmLayout(id, layout); err != nil {
				return nil, fmt.Errorf("confirm_layouts: %w", err)
			}
		}
	}
	return catalogue, nil
}
