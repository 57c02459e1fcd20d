package review

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// send posts a form to the first page as its own page would.
func send(h http.Handler, form url.Values) *http.Response {
	r := httptest.NewRequest("POST", "/?lang=en", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

// rows are the episodes that a page lists, in order.
func rows(body string) string {
	var ids []string
	for _, m := range regexp.MustCompile(`<th scope="row"><a href="[^"]*">([^<]*)</a>`).FindAllStringSubmatch(body, -1) {
		ids = append(ids, m[1])
	}
	return strings.Join(ids, " ")
}

func TestTheListTakesItsFilterFromTheAddress(t *testing.T) {
	pages := newTestSite(t).pages(Options{})
	for query, want := range map[string]string{
		"":                                "no-baseline baseline-only all-three hostile&lt;b&gt; nothing-yet",
		"cohort=Grupp+7":                  "all-three",
		"level=mmrsv":                     "all-three",
		"track=programme":                 "all-three",
		"answered=programme_end":          "no-baseline all-three",
		"missing=baseline&order=episode":  "no-baseline nothing-yet",
		"new=1&order=episode":             "baseline-only no-baseline",
		"before=1":                        "nothing-yet",
		"order=date":                      "baseline-only nothing-yet all-three hostile&lt;b&gt; no-baseline",
		"open=1&missing=baseline":         "no-baseline",
		"unit=elsewhere":                  "",
		"unit=" + unit + "&cohort=nobody": "",
	} {
		r := ask(pages, "GET", "/?lang=en&"+query)
		body := text(t, r)
		if got := rows(body); r.StatusCode != http.StatusOK || got != want {
			t.Errorf("%s: %d %s, want %s", query, r.StatusCode, got, want)
		}
		for _, field := range strings.Split(query, "&") {
			if name, value, _ := strings.Cut(field, "="); value == "1" && !strings.Contains(body, `name="`+name+`" value="1" checked="checked"`) {
				t.Errorf("%s: the form does not show it", query)
			}
		}
	}
	for _, query := range []string{"order=score", "answered=x", "level=1", "track=x", "page=x"} {
		if r := ask(pages, "GET", "/?"+query); r.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d", query, r.StatusCode)
		}
	}
}

func TestAFilterComesBackFromItsAddress(t *testing.T) {
	f := clinic.PatientFilter{CareUnit: "u", Cohort: "Grupp 7 & 8", CareLevel: "mmrpv", Track: "programme", Answered: store.Baseline, Missing: store.ProgrammeEnd,
		Worse: true, NotReviewed: true, New: true, BeforeVisit: true, Order: clinic.ByDate}
	read, err := url.Parse(address("/", filterQuery(f)))
	if err != nil || filterOf(read.Query()) != f {
		t.Errorf("%v %+v", read, filterOf(read.Query()))
	}
	if got := address("/", filterQuery(clinic.PatientFilter{})); got != "/" {
		t.Errorf("everybody: %s", got)
	}
}

// The list says how many it leaves, and leads to the next page with the filter kept.
func TestTheListCountsAndGoesOn(t *testing.T) {
	site := newTestSite(t)
	for n := range rowsPerPage + 3 {
		site.episode(store.Episode{EpisodeID: "more-" + string(rune('A'+n/26)) + string(rune('a'+n%26)), Cohort: "many", FirstVisitPlanned: "2025-05-05"})
	}
	pages := site.pages(Options{})
	first := text(t, ask(pages, "GET", "/?lang=en&cohort=many&before=1"))
	if !strings.Contains(first, "53 of 58 episodes.") || strings.Contains(first, "/conference?") || len(strings.Fields(rows(first))) != rowsPerPage {
		t.Errorf("the first page: %s", rows(first))
	}
	next := regexp.MustCompile(`<a href="([^"]*)" rel="next">`).FindStringSubmatch(first)
	if next == nil {
		t.Fatal("no second page")
	}
	second := text(t, ask(pages, "GET", strings.ReplaceAll(next[1], "&amp;", "&")+"&lang=en"))
	if len(strings.Fields(rows(second))) != 3 || !strings.Contains(second, "First page") || strings.Contains(second, `rel="next"`) {
		t.Errorf("the second page: %s", rows(second))
	}
	few := text(t, ask(pages, "GET", "/?lang=en&missing=follow_up_12_months&answered=baseline"))
	if !strings.Contains(few, `href="/conference?answered=baseline&amp;missing=follow_up_12_months"`) {
		t.Error("no way from a short list to the conference")
	}
}

// A number is taken in a form and stands nowhere on the page that answers.
func TestAPatientIsFoundByNumberAndTheNumberIsNotShown(t *testing.T) {
	site := newTestSite(t)
	for _, p := range []struct{ number, episode string }{{"191212121212", "first"}, {"191212121212", "second"}, {"19850172-9985", "coordinated"}} {
		who := clinic.PatientRef{System: systemOf(p.number), Value: p.number}
		if _, err := site.UpsertEpisode(local, clinic.EpisodeUpdate{Patient: who, Episode: store.Episode{CareUnit: unit, EpisodeID: p.episode}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := site.SetPatientName(local, clinic.PatientNaming{EpisodeRef: clinic.EpisodeRef{CareUnit: unit, EpisodeID: "all-three"}, Name: "Kajsa Testman"}); err != nil {
		t.Fatal(err)
	}
	pages := site.pages(Options{})
	other := func(value, system string) url.Values { return url.Values{"other": {value}, "system": {system}} }
	for _, c := range []struct {
		name   string
		form   url.Values
		status int
		to     string // a redirect, or rows, or words of the page
	}{
		{"two episodes", url.Values{"number": {"19121212-1212"}}, 200, "first second"},
		{"ten digits of somebody a hundred", url.Values{"number": {"121212+1212"}}, 200, "first second"},
		{"one episode is opened", url.Values{"number": {"850172-9985"}}, 303, episodePath("coordinated")},
		{"another series", other("p-all-three", "https://example.org/patients"), 303, episodePath("all-three")},
		{"nobody", url.Values{"number": {"19900101-0017"}}, 200, "No episode that you may see fits"},
		{"nobody, mistyped", url.Values{"number": {"19900101-1111"}}, 200, "The check digit does not fit"},
		{"a name", url.Values{"name": {"kajsa  TESTMAN"}}, 303, episodePath("all-three")},
		{"a name of nobody", url.Values{"name": {"Kula Kulasson"}}, 200, "No episode that you may see fits"},
		{"no name", url.Values{"name": {"a\x01b"}}, 400, "The name cannot be read"},
		{"no number", url.Values{"number": {" "}}, 200, "Enter the number"},
		{"not a number", url.Values{"number": {"Kalle Kula"}}, 400, "The number cannot be read"},
		{"not a series", other("77-kula", "my list"), 400, "The number or its series cannot be read"},
		{"far too long", url.Values{"number": {strings.Repeat("1", 20<<10)}}, 200, "Enter the number"},
	} {
		r := send(pages, c.form)
		body := text(t, r)
		if to := r.Header.Get("Location"); r.StatusCode != c.status || to != c.to && rows(body) != c.to && !strings.Contains(body, c.to) {
			t.Errorf("%s: %d to %q, %s", c.name, r.StatusCode, to, rows(body))
		}
		for _, typed := range []string{"1212", "9985", "0017", "1111", "Kula", "kula", "p-all"} {
			if strings.Contains(withoutHashes(body), typed) {
				t.Errorf("%s: the page shows %q", c.name, typed)
			}
		}
		if c.status != 303 {
			wellFormed(t, body)
		}
	}
}

func TestTheDayTellsASamordningsnummer(t *testing.T) {
	for number, want := range map[string]string{
		"191212121212": "personnummer", "19121212-1212": "personnummer", "121212-1212": "personnummer", "121212+1212": "personnummer",
		"19850172-9985": "samordningsnummer", "850172-9985": "samordningsnummer", "198501919985": "samordningsnummer", "8501619985": "samordningsnummer",
		"": "personnummer", "6": "personnummer", "abc": "personnummer",
	} {
		if got := systemOf(number); got != want {
			t.Errorf("%q: %s", number, got)
		}
	}
}

// What is new ends when this reader opens the patient, not when a browser looks ahead.
func TestOpeningAPatientEndsWhatIsNew(t *testing.T) {
	pages := newTestSite(t).pages(Options{})
	isNew := func() string {
		body := text(t, ask(pages, "GET", "/?lang=en&new=1&order=episode"))
		if said := strings.Count(body, `<span class="new">new</span>`); said != len(strings.Fields(rows(body))) {
			t.Errorf("%d rows say that they are new", said)
		}
		return rows(body)
	}
	if got := isNew(); got != "baseline-only no-baseline" {
		t.Fatalf("at first: %s", got)
	}
	ask(pages, "HEAD", episodePath("baseline-only"))
	ahead := httptest.NewRequest("GET", episodePath("baseline-only"), nil)
	ahead.Header.Set("Sec-Purpose", "prefetch;prerender")
	pages.ServeHTTP(httptest.NewRecorder(), ahead)
	ask(pages, "GET", "/conference?e="+pickOf(unit, "baseline-only"))
	if got := isNew(); got != "baseline-only no-baseline" {
		t.Errorf("looked ahead: %s", got)
	}
	ask(pages, "GET", episodePath("baseline-only")+"/clinical")
	if got := isNew(); got != "no-baseline" {
		t.Errorf("opened: %s", got)
	}
}
