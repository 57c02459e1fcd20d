package review

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// sendForm posts a form as the pages' own.
func sendForm(h http.Handler, target string, form url.Values) *http.Response {
	request := httptest.NewRequest("POST", target, strings.NewReader(form.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, request)
	return w.Result()
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)

// formOf reads the hidden fields of a page's forms.
func formOf(body string) url.Values {
	form := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(body, -1) {
		form.Set(m[1], m[2])
	}
	return form
}

func TestThePagesOfWorkInBothLanguages(t *testing.T) {
	site := newTestSite(t)
	pages := site.pages(Options{Demo: true, Local: true, Version: "1.2.3"})
	for name, path := range map[string]string{
		"worklist": "/worklist", "worklist ticked": "/worklist?tick=all&state=overdue", "feedback": "/feedback", "paper": "/paper",
		"cohorts": "/cohorts", "cohort": "/cohorts?cohort=Grupp+7", "hostile cohort": "/cohorts?cohort=" + url.QueryEscape(hostile),
		"new": "/episodes/new", "edit": episodePath("all-three") + "/edit", "edit hostile": episodePath("hostile<b>") + "/edit",
		"dispatch": episodePath("all-three") + "/dispatch", "dispatch hostile": episodePath("hostile<b>") + "/dispatch",
		"entry": episodePath("baseline-only") + "/entry", "entry hostile": episodePath("hostile<b>") + "/entry?occasion=other&label=" + url.QueryEscape(hostile),
		"form": episodePath("nothing-yet") + "/entry?occasion=baseline&instrument=hads", "form coded": episodePath("nothing-yet") + "/entry?occasion=baseline&instrument=hads&coding=box_position",
		"form of the site": episodePath("nothing-yet") + "/entry?occasion=baseline&instrument=goal_evaluation",
		"phone":            episodePath("all-three") + "/phone?done=feedback",
	} {
		for _, lang := range []string{"sv", "en"} {
			r := ask(pages, "GET", path+map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")]+"lang="+lang)
			if r.StatusCode != http.StatusOK {
				t.Fatalf("%s: %d", name, r.StatusCode)
			}
			t.Run(name+" "+lang, func(t *testing.T) { checkPage(t, text(t, r), lang) })
		}
	}
}

func TestFormsFromAnotherSiteAreRefusedEverywhere(t *testing.T) {
	pages := newTestSite(t).pages(Options{})
	for _, route := range Routes() {
		method, path := example(route)
		if method != "POST" || route.signIn {
			continue
		}
		request := httptest.NewRequest("POST", path, nil)
		request.Header.Set("Sec-Fetch-Site", "cross-site")
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, request)
		if w.Code != http.StatusForbidden {
			t.Errorf("%s: %d", route.Pattern, w.Code)
		}
	}
}

func TestTheWorklistNarrowsAndSaysHowMany(t *testing.T) {
	pages := newTestSite(t).pages(Options{})
	row := func(episode string) string { return "/episodes/" + episode + `/dispatch"` }
	for _, c := range []struct {
		query    string
		has, not []string
	}{
		{"", []string{row("nothing-yet"), row("hostile%3Cb%3E")}, []string{row("all-three"), row("no-baseline")}},
		{"?state=due", []string{row("nothing-yet")}, []string{row("hostile%3Cb%3E")}},
		{"?state=no_date", []string{row("hostile%3Cb%3E")}, []string{row("nothing-yet")}},
		{"?occasion=programme_end", []string{row("hostile%3Cb%3E")}, []string{row("nothing-yet")}},
		{"?cohort=" + url.QueryEscape(hostile), []string{row("hostile%3Cb%3E")}, []string{row("nothing-yet")}},
		{"?cohort=none", []string{"Inget väntas"}, []string{row("nothing-yet")}},
	} {
		body := text(t, ask(pages, "GET", "/worklist"+c.query))
		for _, s := range c.has {
			if !strings.Contains(body, s) {
				t.Errorf("%q lacks %s", c.query, s)
			}
		}
		for _, s := range c.not {
			if strings.Contains(body, s) {
				t.Errorf("%q holds %s", c.query, s)
			}
		}
	}
	if body := text(t, ask(pages, "GET", "/worklist?tick=all")); strings.Count(body, `checked="checked"`) != strings.Count(body, `type="checkbox"`) {
		t.Error("not every row is ticked")
	}
	for query, want := range map[string]int{"?state=nonsense": 400, "?page=nonsense": 400, "?occasion=nonsense": 400} {
		if r := ask(pages, "GET", "/worklist"+query); r.StatusCode != want {
			t.Errorf("%s: %d", query, r.StatusCode)
		}
	}
}

func TestTheFileOfTheWorklistIsHarmless(t *testing.T) {
	site := newTestSite(t)
	site.episode(store.Episode{EpisodeID: "=cmd", Cohort: "+46", FirstVisitPlanned: "2025-04-05"})
	pages := site.pages(Options{})
	r := ask(pages, "GET", "/worklist.csv?lang=sv")
	body := text(t, r)
	if got := r.Header.Get("Content-Disposition"); got != `attachment; filename="worklist-2025-03-15.csv"` {
		t.Error(got)
	}
	if !strings.Contains(body, "'=cmd;'+46;") || strings.Contains(body, "p-") || !strings.HasPrefix(body, "\ufeff") {
		t.Errorf("%q", body)
	}
	if en := text(t, ask(pages, "GET", "/worklist.csv?lang=en")); !strings.Contains(en, "'=cmd,'+46,") {
		t.Errorf("%q", en)
	}
	for cell, want := range map[string]string{"": "", "a": "a", "-1": "'-1", "@x": "'@x", "\tx": "'\tx", "＝1": "'＝1", "2024-01-01": "2024-01-01"} {
		if got := harmless(cell); got != want {
			t.Errorf("%q becomes %q", cell, got)
		}
	}
}

func TestOneFormRecordsForSeveralOnceEach(t *testing.T) {
	site := newTestSite(t)
	pages := site.pages(Options{})
	form := formOf(text(t, ask(pages, "GET", "/worklist")))
	form["at"] = []string{at("nothing-yet", store.Baseline, ""), at("baseline-only", store.ProgrammeEnd, ""), at("gone", store.Baseline, "")}
	form.Set("kind", "sent")
	form.Set("on", "2025-03-14")
	form.Set("information", "NRS 2024")
	r := sendForm(pages, "/worklist", form)
	body := text(t, r)
	codes := regexp.MustCompile(`class="code">(\w{3} \w{3} \w{3})<`).FindAllStringSubmatch(body, -1)
	if r.StatusCode != http.StatusOK || len(codes) != 2 || !strings.Contains(body, "finns inte") {
		t.Fatalf("%d %v %s", r.StatusCode, codes, body)
	}
	if again := text(t, sendForm(pages, "/worklist", form)); again != body {
		t.Error("sent again, the form says something else")
	}
	for i, episode := range []string{"baseline-only", "nothing-yet"} {
		file, err := site.OccasionFile(local, clinic.EpisodeRef{CareUnit: unit, EpisodeID: episode})
		if err != nil || len(file.Acts) != 1 || file.Acts[0].Detail != "NRS 2024" {
			t.Errorf("%s: %+v, %v", episode, file, err)
		}
		page := text(t, ask(pages, "GET", episodePath(episode)+"/dispatch"))
		if !strings.Contains(page, codes[i][1]) || !strings.Contains(page, "NRS 2024") {
			t.Errorf("%s: the code is not told again", episode)
		}
		where := map[string]string{"baseline-only": "/entry?occasion=programme_end", "nothing-yet": "/entry?occasion=baseline"}[episode]
		found := sendForm(pages, "/paper", url.Values{"code": {strings.ToLower(codes[i][1])}})
		if to := found.Header.Get("Location"); found.StatusCode != http.StatusSeeOther || to != episodePath(episode)+where {
			t.Errorf("the code of %s leads to %q (%d)", episode, to, found.StatusCode)
		}
	}
	form.Set("kind", "declined")
	if r := sendForm(pages, "/worklist", form); r.StatusCode != http.StatusOK {
		t.Errorf("another kind from the same page: %d", r.StatusCode)
	}
	if body := text(t, ask(pages, "GET", "/worklist")); strings.Contains(body, "nothing-yet/dispatch") {
		t.Error("who declined is on the list still")
	}
	for name, form := range map[string]url.Values{
		"nothing is ticked":    {"unit": {unit}, "form": {"f"}, "kind": {"sent"}, "on": {"2025-03-14"}},
		"no kind":              {"unit": {unit}, "form": {"f"}, "at": form["at"][:1], "on": {"2025-03-14"}},
		"a day to come":        {"unit": {unit}, "form": {"f"}, "at": form["at"][:1], "kind": {"sent"}, "on": {"2025-03-16"}},
		"nonsense for a place": {"unit": {unit}, "form": {"f"}, "at": {"%%%"}, "kind": {"sent"}, "on": {"2025-03-14"}},
	} {
		if r := sendForm(pages, "/worklist", form); r.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", name, r.StatusCode)
		}
	}
}

func TestAMistypedCodeSaysSo(t *testing.T) {
	pages := newTestSite(t).pages(Options{})
	for typed, want := range map[string]struct {
		status int
		says   string
	}{
		"": {422, "Skriv koden."}, "222 222 223": {422, "stämmer inte"}, "222 222 222": {404, "Ingen blankett"}, `"><b>`: {422, "stämmer inte"},
	} {
		r := sendForm(pages, "/paper", url.Values{"code": {typed}})
		body := text(t, r)
		if r.StatusCode != want.status || !strings.Contains(body, want.says) || strings.Contains(body, "<b>") {
			t.Errorf("%q: %d", typed, r.StatusCode)
		}
	}
}

func TestFeedbackIsRecordedFromTheListAndFromTheTelephone(t *testing.T) {
	site := newTestSite(t)
	pages := site.pages(Options{})
	list := text(t, ask(pages, "GET", "/feedback"))
	if !strings.Contains(list, `/episodes/all-three"`) || !strings.Contains(list, `/episodes/no-baseline"`) || strings.Contains(list, `/episodes/baseline-only"`) {
		t.Fatal("the list is wrong")
	}
	form := formOf(list)
	form.Set("at", at("no-baseline", store.FollowUp12Months, ""))
	form.Set("kind", "feedback_offered")
	form.Set("way", "phone") // of no use to an offer
	form.Set("on", "2025-03-14")
	for range 2 {
		if r := sendForm(pages, "/feedback", form); r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/feedback?done=feedback" {
			t.Fatalf("%d to %s", r.StatusCode, r.Header.Get("Location"))
		}
	}
	phone := formOf(text(t, ask(pages, "GET", episodePath("all-three")+"/phone")))
	phone.Set("at", at("all-three", store.FollowUp12Months, ""))
	phone.Set("kind", "feedback_given")
	phone.Set("way", "phone")
	phone.Set("on", "2025-03-14")
	if r := sendForm(pages, "/feedback", phone); r.Header.Get("Location") != episodePath("all-three")+"/phone?done=feedback" {
		t.Fatalf("%d to %s", r.StatusCode, r.Header.Get("Location"))
	}
	if list := text(t, ask(pages, "GET", "/feedback")); strings.Contains(list, "/phone") {
		t.Error("both are on the list still")
	}
	for episode, want := range map[string]string{"no-baseline": "feedback_offered ", "all-three": "feedback_given phone"} {
		file, err := site.OccasionFile(local, clinic.EpisodeRef{CareUnit: unit, EpisodeID: episode})
		if err != nil || len(file.Acts) != 1 || file.Acts[0].Kind+" "+file.Acts[0].Detail != want {
			t.Errorf("%+v, %v", file.Acts, err)
		}
	}
	phone.Set("on", "2025-03-20")
	phone.Set("to", "https://evil.example/")
	if r := sendForm(pages, "/feedback", phone); r.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a day to come: %d", r.StatusCode)
	}
	phone.Set("on", "2025-03-13")
	if r := sendForm(pages, "/feedback", phone); r.Header.Get("Location") != "/?done=feedback" {
		t.Errorf("led to %s", r.Header.Get("Location"))
	}
}

func TestAnActIsNamedByItsFormAndContent(t *testing.T) {
	first := partID("f", "a", "b")
	for _, other := range []string{partID("g", "a", "b"), partID("f", "ab"), partID("f", "a", "c"), partID("f", "b", "a")} {
		if other == first {
			t.Error("two things have one name")
		}
	}
	if partID("f", "a", "b") != first || regexp.MustCompile(`[^a-p]`).MatchString(first) {
		t.Error(first)
	}
}

// manyDue is a unit of many episodes; of every so manieth something is expected,
// the others are long over.
func manyDue(t testing.TB, n, every int) *testSite {
	site := newTestSite(t)
	for i := range n {
		e := store.Episode{EpisodeID: fmt.Sprintf("many-%04d", i), Cohort: fmt.Sprint("Grupp ", i/8), FirstVisitPlanned: "2025-03-20", StartPlanned: "2025-04-01"}
		if i%every != 0 {
			e.FirstVisitOn, e.StartedOn, e.EndedOn, e.Status = "2021-03-20", "2021-04-01", "2021-06-01", "completed"
		}
		site.episode(e)
	}
	return site
}

func TestAPageOfTheWorklistStaysSmall(t *testing.T) {
	pages := manyDue(t, 120, 1).pages(Options{Demo: true})
	seen := map[string]bool{}
	for path := "/worklist?lang=sv"; path != ""; {
		body := text(t, ask(pages, "GET", path))
		if size := len(body) + len(stylesheet) + len(formStyles); size > 100_000 {
			t.Errorf("%d bytes", size)
		}
		for _, m := range regexp.MustCompile(`many-\d+`).FindAllString(body, -1) {
			seen[m] = true
		}
		path = ""
		if m := regexp.MustCompile(`<a href="([^"]+)" rel="next"`).FindStringSubmatch(body); m != nil {
			path = strings.ReplaceAll(m[1], "&amp;", "&")
		}
	}
	if len(seen) != 120 {
		t.Errorf("%d of 120 episodes on the pages", len(seen))
	}
}

func TestTheFieldsOfTheFormAreThoseOfTheMask(t *testing.T) {
	site := newTestSite(t)
	e := store.Episode{CareUnit: unit, EpisodeID: "all-three"}
	if _, err := site.EditEpisode(local, clinic.EpisodeUpdate{Episode: e, Mask: episodeMask()}); err != nil {
		t.Error("a field of the form cannot be set:", err)
	}
	after, err := site.Episode(local, clinic.EpisodeRef{CareUnit: unit, EpisodeID: "all-three"})
	if err != nil {
		t.Fatal(err)
	}
	want := store.Episode{CareUnit: unit, EpisodeID: "all-three", PatientKey: after.PatientKey, Version: after.Version, ChangeSeq: after.ChangeSeq, RecordedAt: after.RecordedAt, Status: "active"}
	if after != want {
		t.Errorf("the form does not reach %+v", after)
	}
	names := episodeMask()
	if slices.Sort(names); len(slices.Compact(names)) != len(episodeInputs) {
		t.Error("a field stands twice")
	}
}

func TestAPanicCostsThePageAndNotTheProgram(t *testing.T) {
	h := New(brokenClinic{}, Options{Logger: slog.New(slog.DiscardHandler)})
	for _, path := range []string{"/worklist", "/cohorts"} {
		if r := sendForm(asLocal(h), path, url.Values{"unit": {unit}, "at": {"a", "b"}, "on": {"2025-03-14"}}); r.StatusCode != http.StatusInternalServerError {
			t.Errorf("%s: %d", path, r.StatusCode)
		}
	}
}

func TestADateIsReadWithAndWithoutHyphens(t *testing.T) {
	for typed, want := range map[string]string{"20250314": "2025-03-14", " 2025-03-14 ": "2025-03-14", "2025031": "2025031", "2025-3-14": "2025-3-14", "2025031x": "2025031x", "": ""} {
		request := httptest.NewRequest("POST", "/", strings.NewReader(url.Values{"on": {typed}}.Encode()))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if got := dateField(request, "on"); got != want {
			t.Errorf("%q is read as %q", typed, got)
		}
	}
}

// BenchmarkWork opens the pages of a unit of 5,000 episodes, most of them long
// over, as those of a unit of some years are: goal 50 ms each.
func BenchmarkWork(b *testing.B) {
	pages := manyDue(b, 5000, 20).pages(Options{Demo: true})
	ask(pages, "GET", "/worklist") // makes the summaries
	for _, path := range []string{"/worklist", "/worklist?state=overdue", "/feedback", "/cohorts?cohort=Grupp+7", episodePath("all-three") + "/dispatch", episodePath("all-three") + "/entry", episodePath("nothing-yet") + hadsForm, episodePath("all-three") + "/edit"} {
		b.Run(path, func(b *testing.B) {
			for b.Loop() {
				if r := ask(pages, "GET", path); r.StatusCode != http.StatusOK {
					b.Fatal(r.StatusCode)
				}
			}
		})
	}
}
