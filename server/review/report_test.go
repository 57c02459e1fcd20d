package review

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/registry"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/wording"
)

// newGroupSite is a site with patients enough for figures: so many of the test unit,
// of whom the third did not get better and the fifth did not answer at the end.
func newGroupSite(t testing.TB, patients int) *testSite {
	s := newTestSite(t)
	for n := range patients {
		id := fmt.Sprintf("g-%02d", n)
		level := "mmrsv"
		if n%4 == 3 {
			level = "mmrpv"
		}
		s.episode(store.Episode{EpisodeID: id, Cohort: "Grupp 9", CareLevel: level, ReferredOn: "2023-01-02", FirstVisitOn: "2023-02-06", StartedOn: "2023-03-13", EndedOn: "2023-05-05", Status: "completed"})
		before := 0.5 + 0.03*float64(n%7)
		s.submit(id, store.Baseline, "", "2023-01-20", before, "eq_5d_3l")
		if n%5 != 4 {
			after := before - 0.2
			if n%3 == 0 {
				after = before + 0.1
			}
			s.submit(id, store.ProgrammeEnd, "", "2023-05-04", after, "eq_5d_3l")
			s.submit(id, store.FollowUp12Months, "", "2024-05-10", after, "eq_5d_3l")
		}
	}
	return s
}

// as is the site for somebody of a role and unit.
func (s *testSite) as(role access.Role, unit string) http.Handler {
	pages := New(s.Clinic, Options{})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller := access.Caller{System: "pages", User: "SE-" + string(role), Unit: unit, Roles: []access.Role{role}, Purpose: access.Quality, RequestID: "r"}
		pages.ServeHTTP(w, r.WithContext(access.WithCaller(r.Context(), caller)))
	})
}

var picture = regexp.MustCompile(`(?s)<svg .*?</svg>`)

func TestTheReportInBothLanguages(t *testing.T) {
	site := newGroupSite(t, 24)
	pages := site.pages(Options{Demo: true, Version: "1.2.3"})
	for _, lang := range []string{"sv", "en"} {
		for name, query := range map[string]string{
			"report": "", "report sides": "&date=ended_on&from=2023-01-01&to=2023-12-31&other_from=2024-01-01&other_to=2024-12-31",
			"report others": "&others=1&unit=" + unit, "report none": "&unit=nowhere", "report hads": "&split=cohort&instrument=hads",
		} {
			r := ask(pages, "GET", "/report?lang="+lang+query)
			if r.StatusCode != http.StatusOK {
				t.Fatalf("%s: %d", name, r.StatusCode)
			}
			body := text(t, r)
			t.Run(name+" "+lang, func(t *testing.T) {
				checkPage(t, body, lang)
				if len(body) > 100<<10 {
					t.Errorf("%d bytes", len(body))
				}
				if name == "report hads" {
					golden(t, "report."+lang+".html", withoutHashes(body))
					golden(t, "report."+lang+".svg", strings.Join(picture.FindAllString(body, -1), "\n")+"\n")
				}
			})
		}
		for _, path := range []string{"/codebook?lang=" + lang, "/codebook?instrument=hads&lang=" + lang, "/codebook?instrument=eq_5d_5l&lang=" + lang} {
			body := text(t, ask(pages, "GET", path))
			t.Run(path, func(t *testing.T) { checkPage(t, body, lang) })
		}
	}
}

func TestAReportIsMarkedByWhomItIsFor(t *testing.T) {
	site := newGroupSite(t, 12)
	for _, c := range []struct {
		role      access.Role
		unit      string
		code      int
		has, lack string
	}{
		{access.Clinician, unit, 200, "<strong>Internt.</strong>", "Utanför enheten"},
		{access.Coordinator, unit, 200, "<strong>Internt.</strong>", "Utanför enheten"},
		{access.Analyst, "elsewhere", 200, "<strong>Utanför enheten.</strong>", "Internt"},
		{access.Integrator, unit, 403, "", "Internt"},
	} {
		r := ask(site.as(c.role, c.unit), "GET", "/report?lang=sv")
		body := text(t, r)
		if r.StatusCode != c.code || !strings.Contains(body, c.has) || strings.Contains(body, c.lack) {
			t.Errorf("%s: %d, %s", c.role, r.StatusCode, body)
		}
	}
	if r := ask(site.as(access.Clinician, "elsewhere"), "GET", "/report?unit="+unit); r.StatusCode != http.StatusForbidden {
		t.Errorf("another unit's: %d", r.StatusCode)
	}
}

var smallCount = regexp.MustCompile(`<td>[1-4]</td>|<text [^>]*>[1-4]</text>|[ (>][1-4] (av|of) `)

func TestTheSuppressedPageShowsNoSmallCount(t *testing.T) {
	site := newGroupSite(t, 13)
	analyst := site.as(access.Analyst, "elsewhere")
	for _, query := range []string{"", "&split=cohort", "&split=weeks&instrument=hads"} {
		body := text(t, ask(analyst, "GET", "/report?lang=sv"+query))
		body = body[strings.Index(body, "Utanför"):] // behind the filter
		if found := smallCount.FindAllString(body, -1); found != nil {
			t.Errorf("%s: %q", query, found)
		}
	}
}

// TestWhatIsHeldBackIsNotZero: a figure that is not told reads as a dash.
func TestWhatIsHeldBackIsNotZero(t *testing.T) {
	v := reportView{Language: wording.Swedish}
	back := registry.Figure{Reason: registry.HiddenFigure}
	for what, got := range map[string]string{
		"count": v.count(registry.Count{Reason: registry.HiddenFigure}), "figure": v.figure(back, 1), "change": v.signed(back, 1), "share": v.percent(back),
	} {
		if got != held {
			t.Errorf("%s: %q", what, got)
		}
	}
}

func TestATooCloseReportIsToldSo(t *testing.T) {
	site := newGroupSite(t, 14)
	analyst := site.as(access.Analyst, "elsewhere")
	if r := ask(analyst, "GET", "/report?lang=en&unit="+unit); r.StatusCode != http.StatusOK {
		t.Fatalf("%d", r.StatusCode)
	}
	site.submit("g-00", store.OtherOccasion, "one more", "2024-06-01", 0.4, "eq_5d_3l")
	r := ask(analyst, "GET", "/report?lang=en&unit="+unit)
	if body := text(t, r); r.StatusCode != http.StatusConflict || !strings.Contains(body, "The report is not shown") {
		t.Errorf("%d: %s", r.StatusCode, body)
	}
	r = ask(analyst, "GET", "/report?lang=en&from=nonsense")
	if body := text(t, r); r.StatusCode != http.StatusBadRequest || !strings.Contains(body, "The filter cannot be read") {
		t.Errorf("%d: %s", r.StatusCode, body)
	}
}

// TestAReportOfManyGroupsFits prints how large the heaviest page is.
func TestAReportOfManyGroupsFits(t *testing.T) {
	pages := newGroupSite(t, 40).pages(Options{})
	for _, query := range []string{"?date=ended_on&from=2023-05-05&to=2023-05-05", "?split=cohort", "?split=cohort&instrument=hads", "?date=ended_on&from=2023-01-01&other_from=2023-01-02"} {
		r := ask(pages, "GET", "/report"+query)
		body := text(t, r)
		if r.StatusCode != http.StatusOK {
			t.Errorf("%q: %d", query, r.StatusCode)
		}
		if t.Logf("%q: %d bytes", query, len(body)); len(body) > 100<<10 {
			t.Errorf("%q: %d bytes", query, len(body))
		}
	}
}
