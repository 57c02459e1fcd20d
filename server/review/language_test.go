package review

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/wording"
)

func TestTheReadersChoiceWinsOverTheBrowsers(t *testing.T) {
	for _, c := range []struct {
		query, cookie, accept string
		want                  wording.Language
	}{
		{"", "", "", wording.Swedish},
		{"", "", "en", wording.English},
		{"", "", "de, en-GB;q=0.8, sv;q=0.5", wording.English},
		{"", "", "en;q=0.2,sv-SE;q=0.9", wording.Swedish},
		{"", "", "en;q=0", wording.Swedish},
		{"", "", "en;q=high, de", wording.Swedish},
		{"", "", strings.Repeat(",", 10_000), wording.Swedish},
		{"", "en", "sv", wording.English},
		{"sv", "en", "en", wording.Swedish},
		{"de", "en", "sv", wording.English},
		{"", "<script>", "en", wording.English},
	} {
		r := httptest.NewRequest("GET", "/?lang="+c.query, nil)
		r.Header.Set("Accept-Language", c.accept)
		if c.cookie != "" {
			r.AddCookie(&http.Cookie{Name: languageCookie, Value: c.cookie})
		}
		if got := language(r); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestAChoiceIsRememberedInACookieThatScriptsCannotRead(t *testing.T) {
	h := New(brokenClinic{err: &clinic.StateError{}}, Options{Logger: slog.New(slog.DiscardHandler)})
	cookies := ask(h, "GET", "/nothing?lang=en").Cookies()
	if len(cookies) != 1 || cookies[0].Value != "en" || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteLaxMode {
		t.Errorf("cookies %v", cookies)
	}
	for _, target := range []string{"/nothing", "/nothing?lang=xx"} {
		if cookies := ask(h, "GET", target).Cookies(); len(cookies) != 0 {
			t.Errorf("%s: cookies %v", target, cookies)
		}
	}
}
