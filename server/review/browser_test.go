//go:build browser

package review

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/signal"
	"syscall"
	"testing"

	"github.com/painscore/painscore/server/access/signin"
	"github.com/painscore/painscore/server/access/signin/idptest"
)

// TestServeToABrowser is no test by itself, hence the build tag: it serves the
// pages and an issuer to .ci/signin.mjs, which is one, until it is terminated.
func TestServeToABrowser(t *testing.T) {
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
	fmt.Printf("pages %s issuer %s\n", server.URL, issuer.URL)
	<-until.Done()
}
