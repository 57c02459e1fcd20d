package review

import (
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file of testdata, or writes it with -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; look at the change and run with -update", path)
	}
}

var (
	formID      = regexp.MustCompile(`value="[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}"`)
	cssHash     = regexp.MustCompile(`/static/[0-9a-f]{12}/`)
	scoringHash = regexp.MustCompile(`\b[0-9a-f]{12}\b`)
)

// withoutHashes takes out what changes with every edit of the style sheet or
// of a definition.
func withoutHashes(page string) string {
	page = formID.ReplaceAllString(page, `value="FORM"`)
	return scoringHash.ReplaceAllString(cssHash.ReplaceAllString(page, "/static/HASH/"), "HASH")
}

func episodePath(id string) string { return "/units/" + unit + "/episodes/" + url.PathEscape(id) }

var goldenPages = map[string]string{
	"patients":      "/",
	"patients-some": "/?unit=" + unit + "&missing=follow_up_12_months&open=1&order=episode",
	"conference":    "/conference?" + url.Values{"e": {pickOf(unit, "all-three"), pickOf(unit, "baseline-only"), pickOf(unit, "no-baseline"), pickOf(unit, "nothing-yet"), pickOf(unit, "hostile<b>")}}.Encode(),
	"all-three":     episodePath("all-three"),
	"baseline-only": episodePath("baseline-only"),
	"no-baseline":   episodePath("no-baseline"),
	"nothing-yet":   episodePath("nothing-yet"),
	"hostile":       episodePath("hostile<b>"),
	"heaviest":      episodePath("baseline-only") + "?order=heaviest",
	"answers":       episodePath("all-three") + "/answers",
	"registry":      episodePath("all-three") + "/registry",
	"talk":          episodePath("all-three") + "/talk",
	"phone":         episodePath("all-three") + "/phone",
	"clinical":      episodePath("all-three") + "/clinical",
	"texts":         episodePath("all-three") + "/text",
	"talk-hostile":  episodePath("hostile<b>") + "/talk",
	"phone-alone":   episodePath("baseline-only") + "/phone",
	"no-sheet-yet":  episodePath("nothing-yet") + "/clinical",
	"not-found":     "/nothing",
}

func TestThePagesInBothLanguages(t *testing.T) {
	pages := newTestSite(t).pages(Options{Demo: true, Local: true, Version: "1.2.3"})
	// In one order: the list tells what is new since a page was last opened.
	for _, name := range slices.Sorted(maps.Keys(goldenPages)) {
		path := goldenPages[name]
		for _, lang := range []string{"sv", "en"} {
			r := ask(pages, "GET", path+map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")]+"lang="+lang)
			body := text(t, r)
			if (r.StatusCode == http.StatusOK) == (name == "not-found") {
				t.Fatalf("%s: %d", path, r.StatusCode)
			}
			t.Run(name+"."+lang, func(t *testing.T) {
				golden(t, name+"."+lang+".html", withoutHashes(body))
				checkPage(t, body, lang)
			})
		}
	}
}

// checkPage holds what is true of every page.
func checkPage(t *testing.T, body, lang string) {
	t.Helper()
	wellFormed(t, body)
	if len(body)+len(stylesheet) > 100_000 {
		t.Errorf("%d bytes with the style sheet", len(body)+len(stylesheet))
	}
	for _, must := range []string{`<html lang="` + lang + `"`, "<h1>", `<main id="content"`, "Demo – ", map[string]string{"sv": "medicinteknisk", "en": "medical device"}[lang]} {
		if !strings.Contains(body, must) {
			t.Errorf("the page lacks %q", must)
		}
	}
	for _, mustNot := range []string{"<script", " style=", "<style", "http://", "https://", "src=", "<no value>", "ZgotmplZ", "NaN", "%!", "<b>"} {
		if strings.Contains(body, mustNot) {
			t.Errorf("the page holds %q", mustNot)
		}
	}
	if unknown := regexp.MustCompile(`\[[a-z_.]+\]`).FindString(body); unknown != "" {
		t.Errorf("no phrase for %s", unknown)
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(body, -1) {
		if ids[m[1]] {
			t.Errorf("id %q stands twice", m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`aria-labelledby="([^"]*)"|href="#([^"]*)"`).FindAllStringSubmatch(body, -1) {
		for _, id := range strings.Fields(m[1] + " " + m[2]) {
			if !ids[id] {
				t.Errorf("nothing has the id %q that is referred to", id)
			}
		}
	}
}

// wellFormed reads a page as XML: every element closed, every attribute quoted.
func wellFormed(t *testing.T, body string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(body))
	d.Strict = true
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Errorf("not well-formed: %v", err)
			return
		}
	}
}

func TestOnlyADemoStoreSaysDemo(t *testing.T) {
	site := newTestSite(t)
	for _, c := range []struct{ demo, local bool }{{true, false}, {false, true}, {false, false}} {
		for path, lang := range map[string]string{"/": "sv", episodePath("all-three"): "en", "/nothing": "en"} {
			body := text(t, ask(site.pages(Options{Demo: c.demo, Local: c.local}), "GET", path+"?lang="+lang))
			if got := strings.Contains(strings.ToLower(body), "demo"); got != c.demo {
				t.Errorf("%s: demo is said: %t, want %t", path, got, c.demo)
			}
			local := map[string]string{"sv": "Lokalt läge", "en": "Local mode"}[lang]
			if got := strings.Contains(body, local); got != c.local {
				t.Errorf("%s: local mode is said: %t, want %t", path, got, c.local)
			}
		}
	}
}

func TestTheListGoesOnFromPageToPage(t *testing.T) {
	site := newTestSite(t)
	pages := site.pages(Options{})
	first := text(t, ask(pages, "GET", "/?unit="+unit))
	if strings.Contains(first, `rel="next"`) {
		t.Error("five episodes need no second page")
	}
	if r := ask(pages, "GET", "/?page=nonsense"); r.StatusCode != http.StatusBadRequest {
		t.Errorf("a page token of another list: %d", r.StatusCode)
	}
	if r := ask(pages, "GET", "/units/"+unit+"/episodes/unknown"); r.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown episode: %d", r.StatusCode)
	}
}

// Nine occasions are more than the tables hold: they have the baseline and the
// two newest, the charts have all, and whoever wants all in the tables asks.
func TestManyOccasionsStayReadable(t *testing.T) {
	site := newTestSite(t)
	manyOccasions(site)
	pages := site.pages(Options{Demo: true})
	for _, lang := range []string{"sv", "en"} {
		body := text(t, ask(pages, "GET", episodePath("many")+"?lang="+lang))
		if len(body) > 100_000 {
			t.Errorf("%d bytes", len(body))
		}
		if n := strings.Count(body, "uppföljning i grupp 2024-02-08"); n > 2 {
			t.Errorf("an occasion between stands in %d places", n)
		}
		all := text(t, ask(pages, "GET", episodePath("many")+"?occasions=all&lang="+lang))
		if n := strings.Count(all, "uppföljning i grupp 2024-02-08"); n < 20 {
			t.Errorf("asked for all, an occasion between stands in %d places", n)
		}
		if pairs := strings.Count(all, "<th>Avslut – 12 månader</th>") + strings.Count(all, "<th>End – 12 months</th>"); lang == "sv" && pairs > 20 {
			t.Errorf("%d pairs", pairs)
		}
	}
}

// A page may take 50 ms on the server. Most of what it takes is writing it out,
// whatever the number of other episodes.
func BenchmarkPages(b *testing.B) {
	pages := newTestSite(b).pages(Options{Demo: true})
	for _, end := range []string{"", "?order=heaviest", "/answers", "/talk", "/phone", "/clinical", "/text"} {
		b.Run("overview"+end, func(b *testing.B) {
			for b.Loop() {
				if r := ask(pages, "GET", episodePath("all-three")+end); r.StatusCode != http.StatusOK {
					b.Fatal(r.StatusCode)
				}
			}
		})
	}
}
