package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/painscore/painscore/server/access/signin"
	"github.com/painscore/painscore/server/review"
	"github.com/painscore/painscore/server/store"
)

// signIns is how callers and readers are told apart, and how what they send is
// encrypted.
type signIns struct {
	callers *signin.Authenticator
	pages   *signin.Pages
	local   *signin.LocalToken // nil but in local mode of real patients
	files   *signin.ServerTLS  // nil: nothing is encrypted, on this machine only
	calls   tls.ClientAuthType
}

// openSignIns prepares both. Where nothing is configured, whoever can read the
// token file in the data folder may call, and read the pages by a link made with
// it; a store of synthetic patients is open to everybody on this machine.
func openSignIns(cfg config, sessions store.Sessions, log *slog.Logger) (s signIns, err error) {
	options := signin.Options{Logger: log, Tokenless: cfg.Demo && cfg.signIn.Empty()}
	if cfg.signIn.Empty() && !cfg.Demo {
		if s.local, err = signin.LoadOrMakeLocalToken(cfg.Data); err != nil {
			return s, err
		}
		options.Local = s.local
	}
	if s.callers, err = signin.New(cfg.signIn, options); err != nil {
		return s, err
	}
	if s.pages, err = signin.NewPages(cfg.signIn, options, sessions); err != nil {
		return s, err
	}
	if cfg.signIn.TLS != nil {
		s.calls = cfg.signIn.ClientAuth()
		s.files, err = signin.LoadTLS(*cfg.signIn.TLS, log)
	}
	return s, err
}

// credentials encrypt the gRPC connections.
func (s signIns) credentials() credentials.TransportCredentials {
	if s.files == nil {
		return insecure.NewCredentials()
	}
	return credentials.NewTLS(s.files.Config(s.calls, "h2"))
}

// listener encrypts the pages' connections. People show no certificate: their
// browsers would ask them for one, and the issuer says who they are.
func (s signIns) listener(plain net.Listener) net.Listener {
	if s.files == nil {
		return plain
	}
	return tls.NewListener(plain, s.files.Config(tls.NoClientCert, "h2", "http/1.1"))
}

// guard holds the pages to this machine's own names where nobody can sign in
// from elsewhere. The others hold themselves to the name in the configuration.
func (s signIns) guard(pages http.Handler) http.Handler {
	if s.pages.Mode() == signin.PagesIssuer {
		return pages
	}
	return review.LoopbackOnly(pages)
}

// address is where the pages are found, for the line at the start.
func (s signIns) address(cfg config, listener net.Listener) string {
	switch {
	case cfg.signIn.Pages != nil:
		return cfg.signIn.Pages.URL
	case s.files != nil:
		return "https://" + listener.Addr().String() + "/"
	}
	return "http://" + listener.Addr().String() + "/"
}

// link is the way in to the pages of local mode, as the line after it says; empty
// where there is another.
func (s signIns) link(listener net.Listener) string {
	if s.local == nil {
		return ""
	}
	return fmt.Sprintf("Open this link within %d minutes, it serves once (painscored link makes another): %s\n",
		int(signin.LinkTime.Minutes()), s.local.PagesLink(listener.Addr().String(), time.Now()))
}

const linkHelp = `Print a link that signs one browser in to the pages, once, within ten minutes.

It is for local mode, where painscored serves this machine only, and is made with
the token file in the data folder: whoever can read that may look. A link that is
older than the server's start does not serve. Where sign_in is configured, people
sign in with its issuer; a demo store needs no link.`

func newLink(getenv func(string) string) *cobra.Command {
	cmd := &cobra.Command{Use: "link", Short: "print a link that signs in to the pages of local mode", Long: linkHelp, Args: cobra.NoArgs}
	place := addPlace(cmd, getenv, "web")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := place()
		switch {
		case err != nil:
			return err
		case cfg.Demo:
			return errors.New("a demo store needs no link: its pages are open on this machine")
		case !cfg.signIn.Empty():
			return errors.New("sign_in is configured, so there is no local mode: people sign in with the issuer")
		}
		link, err := signin.LocalPagesLink(cfg.Data, cfg.Web, time.Now())
		if err != nil {
			return err
		}
		fmt.Fprintln(cmd.OutOrStdout(), link)
		return nil
	}
	return cmd
}
