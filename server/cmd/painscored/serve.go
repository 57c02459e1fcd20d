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
	"path/filepath"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/painscore/painscore/scoring/instruments"
	"github.com/painscore/painscore/server"
	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/access/signin"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/demo"
	"github.com/painscore/painscore/server/erasures"
	"github.com/painscore/painscore/server/identity"
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
	keys, err := openKeys(ctx, cfg, st)
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
	defer startPurging(ctx, cfg, st, log)()
	if cfg.Demo {
		if err := demo.Fill(ctx, use, st); err != nil {
			return fmt.Errorf("fill the demo store: %w", err)
		}
	}
	who, secure, err := openSignIn(cfg, log)
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
	info := server.Info{Version: version, Demo: cfg.Demo, StartedAt: time.Now(), Store: description}
	g, calls := server.New(use, who, secure, info, log)
	pages := &http.Server{
		Handler:           review.LoopbackOnly(asLocal(who, review.New(use, review.Options{Demo: cfg.Demo, Local: true, Version: version, Logger: log}))),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	kind := ""
	if cfg.Demo {
		kind = ", demo with synthetic patients"
	}
	fmt.Fprintf(stdout, "painscored %s%s: pages on http://%s/, gRPC on %s, data in %s\n",
		version, kind, webListener.Addr(), grpcListener.Addr(), cfg.storePlace())
	return listen(ctx, g, calls, grpcListener, pages, webListener)
}

// openSignIn prepares finding out who calls, and encryption if it is configured.
// Where nothing is, whoever can read the token file in the data folder may call;
// a store of synthetic patients is open to everybody on this machine.
func openSignIn(cfg config, log *slog.Logger) (*signin.Authenticator, credentials.TransportCredentials, error) {
	options := signin.Options{Logger: log, Tokenless: cfg.Demo && cfg.signIn.Empty()}
	if cfg.signIn.Empty() && !cfg.Demo {
		token, err := signin.LoadOrMakeLocalToken(cfg.Data)
		if err != nil {
			return nil, nil, err
		}
		options.Local = token
	}
	who, err := signin.New(cfg.signIn, options)
	if err != nil || cfg.signIn.TLS == nil {
		return who, insecure.NewCredentials(), err
	}
	files, err := signin.LoadTLS(*cfg.signIn.TLS, log)
	if err != nil {
		return nil, nil, err
	}
	return who, credentials.NewTLS(files.Config(cfg.signIn.ClientAuth(), "h2")), nil
}

// asLocal says in local mode who asks for a page: whoever sits at the machine.
// Where sign-in is configured nobody does, and the pages show no patient.
func asLocal(who *signin.Authenticator, pages http.Handler) http.Handler {
	if !who.IsLocal() {
		return pages
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller := access.Local()
		caller.Address, _, _ = net.SplitHostPort(r.RemoteAddr)
		pages.ServeHTTP(w, r.WithContext(access.WithCaller(r.Context(), caller)))
	})
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
	journal, err := erasures.Open(cfg.ErasureJournal)
	if err != nil {
		return nil, err
	}
	use, err := clinic.Open(ctx, st, catalogue, keys, clinic.Settings{ValueSets: cfg.site.ValueSets, Windows: windows, ErasureJournal: journal, AccessLog: events}, time.Now)
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

// openKeys makes the key file on the first run only. A database that was used
// with keys must find them again: new ones would make strangers of everybody.
func openKeys(ctx context.Context, cfg config, st store.Store) (*identity.Keyring, error) {
	name := filepath.Join(cfg.Data, keyFile)
	used, err := clinic.UsedWithKeys(ctx, st)
	if err != nil {
		return nil, err
	}
	if !used {
		return identity.LoadOrCreate(name)
	}
	keys, err := identity.Load(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("the key file %s is missing: put back the copy you saved; without it no patient of this database can be found", keyFile)
	}
	return keys, err
}
