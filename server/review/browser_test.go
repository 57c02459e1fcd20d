package review

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/painscore/painscore/server/access/signin"
	"github.com/painscore/painscore/server/access/signin/idptest"
)

// TestServeToABrowser is no test by itself: with PAINSCORE_BROWSER=1 it serves
// the pages and an issuer to .ci/signin.mjs, which is one, until it is
// terminated.
func TestServeToABrowser(t *testing.T) {
	if os.Getenv("PAINSCORE_BROWSER") == "" {
		t.Skip("serves a browser test only")
	}
	until, stop := signal.NotifyContext(t.Context(), syscall.SIGTERM)
	defer stop()
	idp := idptest.New()
	issuer := httptest.NewServer(idp)
	defer issuer.Close()
	var pages http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { pages.ServeHTTP(w, r) }))
	defer server.Close()
	giveIssuer(idp, issuer.URL, server.URL)
	sign, err := signin.NewPages(signin.Config{Pages: pagesConfig(issuer.URL, server.URL)}, signin.Options{}, signin.NewMemorySessions())
	if err != nil {
		t.Fatal(err)
	}
	pages = newTestSite(t).pages(Options{SignIn: sign})

	local, err := signin.LoadOrMakeLocalToken(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	localSign, err := signin.NewPages(signin.Config{}, signin.Options{Local: local}, signin.NewMemorySessions())
	if err != nil {
		t.Fatal(err)
	}
	localServer := httptest.NewServer(New(&askedBy{}, Options{SignIn: localSign, Local: true, Logger: slog.New(slog.DiscardHandler)}))
	defer localServer.Close()
	fmt.Printf("pages %s issuer %s link %s\n", server.URL, issuer.URL, local.PagesLink(localServer.Listener.Addr().String(), time.Now()))
	<-until.Done()
}
