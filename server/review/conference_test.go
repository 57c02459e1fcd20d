package review

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/wording"
)

func conferenceOf(ids ...string) string {
	query := url.Values{}
	for _, id := range ids {
		query.Add("e", pickOf(unit, id))
	}
	return "/conference?lang=en&" + query.Encode()
}

func TestAConferenceHoldsThoseWhoWereChosenInTheirOrder(t *testing.T) {
	site := newTestSite(t)
	pages := site.pages(Options{})
	var many []string
	for n := range clinic.MaxTrends + 2 {
		many = append(many, fmt.Sprintf("m-%02d", n))
		site.episode(store.Episode{EpisodeID: many[n], Cohort: "big", FirstVisitPlanned: "2025-06-01"})
	}
	most := strings.Join(many[:clinic.MaxTrends], " ")
	for _, c := range []struct {
		name, path string
		status     int
		want, says string
	}{
		{"ticked", conferenceOf("no-baseline", "all-three", "hostile<b>"), 200, "no-baseline all-three hostile&lt;b&gt;", "3 patients."},
		{"one twice", conferenceOf("all-three", "all-three"), 200, "all-three", "1 patient."},
		{"one that is gone", conferenceOf("all-three", "gone"), 200, "all-three", "1 of those picked is not there"},
		{"all gone", conferenceOf("gone"), 404, "", "No such page"},
		{"nobody ticked", "/conference?lang=en", 200, "", "Nobody is picked"},
		{"a unit", "/conference?lang=en&track=programme&unit=" + unit, 200, "all-three", "1 patient."},
		{"a cohort", "/conference?lang=en&cohort=Grupp+7", 200, "all-three", "Grupp 7: 1 patient."},
		{"a cohort of nobody", "/conference?lang=en&cohort=none", 200, "", "Nobody is picked"},
		{"before the first visit", "/conference?lang=en&before=1&missing=baseline&track=individual", 200, "", "Nobody is picked"},
		{"too many ticked", conferenceOf(many...), 200, most, "At most 24 are shown at a time; 26 were picked."},
		{"too many of a cohort", "/conference?lang=en&cohort=big", 200, most, "At most 24 are shown at a time; 26 were picked."},
		{"no such filter", "/conference?level=x", 400, "", ""},
		{"not of our making", "/conference?lang=en&e=%25zz/e&e=/&e=" + unit, 200, "", "Nobody is picked"},
	} {
		r := ask(pages, "GET", c.path)
		body := text(t, r)
		if got := rowsOfConference(body); r.StatusCode != c.status || !strings.HasPrefix(got, c.want) || c.want == "" && got != "" || !strings.Contains(body, c.says) {
			t.Errorf("%s: %d %s", c.name, r.StatusCode, got)
		}
	}
}

func rowsOfConference(body string) string {
	var ids []string
	for _, m := range regexp.MustCompile(`<th scope="row"><a href="[^"]*">([^<]*)</a>`).FindAllStringSubmatch(body, -1) {
		ids = append(ids, m[1])
	}
	return strings.Join(ids, " ")
}

// cells are those of a patient's row by column, tags as strokes.
func cells(t *testing.T, body, episode string) map[string]string {
	t.Helper()
	plain := func(html string) string {
		text := strings.ReplaceAll(regexp.MustCompile(`(\s*<[^>]*>\s*)+`).ReplaceAllString(html, "|"), "\u00ad", "")
		return strings.Trim(text, "|")
	}
	var heads []string
	for _, m := range regexp.MustCompile(`(?s)<th scope="col"[^>]*>(.*?)</th>`).FindAllStringSubmatch(body, -1) {
		head := strings.Split(plain(m[1]), "|")
		heads = append(heads, strings.Join(head[:len(head)-1], " "))
	}
	row := regexp.MustCompile(`(?s)<a href="[^"]*">` + episode + `</a>(.*?)</tr>`).FindStringSubmatch(body)
	if row == nil {
		t.Fatalf("no row of %s", episode)
	}
	found := map[string]string{}
	for i, m := range regexp.MustCompile(`(?s)<td[^>]*>(.*?)</td>`).FindAllStringSubmatch(row[1], -1) {
		class := regexp.MustCompile(`class="(up|down|same|steady)"`).FindStringSubmatch(m[1])
		found[heads[i+1]] = plain(m[1])
		if class != nil {
			found[heads[i+1]] += " " + class[1]
		}
	}
	return found
}

func TestACellIsTheNewestScoreAgainstTheBaseline(t *testing.T) {
	body := text(t, ask(newTestSite(t).pages(Options{}), "GET", conferenceOf("all-three", "baseline-only", "no-baseline", "nothing-yet")))
	for episode, want := range map[string]map[string]string{
		"all-three": {
			"HADS Anxiety":                                   "11|probable|improved down",
			"ISI Sleep problems":                             "no score",
			"Self-rated health (EQ VAS)":                     "64|improved up",
			"LiSat-11 Number of areas satisfied with":        "0 of 10|not comparable",
			"EQ-5D-3L Index (Sweden, experience-based 2014)": "0.3961|Baseline",
		},
		"baseline-only": {"HADS Anxiety": "12.83|probable|prorated", "TSK Fear of movement": "42|high"},
		"no-baseline":   {"HADS Anxiety": "12|probable"}, // against the end form nothing is said: it is no baseline
		"nothing-yet":   {"HADS Anxiety": "no form", "NPRS Average pain, seven days": "no form"},
	} {
		got := cells(t, body, episode)
		for column, cell := range want {
			if got[column] != cell {
				t.Errorf("%s, %s: %q, want %q", episode, column, got[column], cell)
			}
		}
		if t.Failed() {
			t.Logf("%q", got)
		}
	}
	for _, says := range []string{"baseline missing", "nothing answered", "Scores and limits can be followed up"} {
		if !strings.Contains(body, says) {
			t.Errorf("the page does not say %q", says)
		}
	}
	columns := regexp.MustCompile(`colspan="(\d+)">([^<]*)<`).FindAllStringSubmatch(body, -1)
	if last := columns[len(columns)-1]; len(columns) != 4 || last[2] != "Pain" {
		t.Errorf("%v", columns)
	}
}

// Scales that only some patients have stand where those patients have them.
func TestColumnsKeepTheOrderOfAllTrends(t *testing.T) {
	site := newTestSite(t)
	var readings []*reading
	for _, id := range []string{"baseline-only", "all-three", "no-baseline"} {
		trend, err := site.Trend(local, clinic.EpisodeRef{CareUnit: unit, EpisodeID: id})
		if err != nil {
			t.Fatal(err)
		}
		readings = append(readings, newReading(wording.English, trend, "2025-03-15"))
	}
	all := linesOf(readings)
	for _, r := range readings {
		at := -1
		for i := range r.trend.Lines {
			line := &r.trend.Lines[i]
			found := slices.IndexFunc(all, func(l clinic.Line) bool { return keyOf(&l) == keyOf(line) })
			if isSmall(line) != (found < 0) || found >= 0 && found <= at {
				t.Errorf("%s stands at %d after %d", r.title(line), found, at)
			}
			at = max(at, found)
		}
	}
}

func TestALaunchLinkLeadsToThePatientOnce(t *testing.T) {
	site := newTestSite(t)
	pages := site.pages(Options{})
	link := func() string {
		t.Helper()
		made, err := site.CreateLaunchLink(local, clinic.EpisodeRef{CareUnit: unit, EpisodeID: "all-three"})
		if err != nil {
			t.Fatal(err)
		}
		return "/launch/" + made.Token
	}
	path := link()
	if r := ask(pages, "HEAD", path); r.StatusCode != http.StatusNoContent {
		t.Errorf("to look ahead: %d", r.StatusCode)
	}
	if r := ask(pages, "GET", path); r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != episodePath("all-three") {
		t.Errorf("%d to %q", r.StatusCode, r.Header.Get("Location"))
	}
	stranger := access.Caller{System: "pages", User: "SE-anna", Unit: "other", Roles: []access.Role{access.Clinician}, Purpose: access.Care}
	foreign := link()
	if r := ask(asCaller(New(site.Clinic, Options{}), stranger), "GET", foreign); r.StatusCode != http.StatusNotFound {
		t.Errorf("somebody who may not see the patient: %d", r.StatusCode)
	}
	for name, used := range map[string]string{"used": path, "opened by a stranger": foreign, "never made": "/launch/x"} {
		r := ask(pages, "GET", used+"?lang=en")
		if body := text(t, r); r.StatusCode != http.StatusNotFound || !strings.Contains(body, "opens once, within five minutes") || strings.Contains(body, "all-three") {
			t.Errorf("%s: %d", name, r.StatusCode)
		}
	}
}

func asCaller(next http.Handler, caller access.Caller) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(access.WithCaller(r.Context(), caller)))
	})
}
