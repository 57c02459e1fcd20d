package review

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

var registryPath = episodePath("all-three") + "/registry?lang=en"

// say sends the form of the page about registry choices.
func say(pages http.Handler, form url.Values) *http.Response {
	request := httptest.NewRequest("POST", registryPath, strings.NewReader(form.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	pages.ServeHTTP(w, request)
	return w.Result()
}

func choiceForm(choice store.Choice, etag string) url.Values {
	return url.Values{"provider": {"SE-p"}, "registry": {"nrs"}, "choice": {string(choice)}, "decided_on": {"2025-03-01"}, "reason": {"told at the visit"}, "etag": {etag}}
}

// etags are those that the forms of a page would send.
func etags(body string) (etags []string) {
	for _, m := range regexp.MustCompile(`name="etag" value="([^"]*)"`).FindAllStringSubmatch(body, -1) {
		etags = append(etags, m[1])
	}
	return etags
}

func (s *testSite) choices(t *testing.T) []store.RegistryChoice {
	t.Helper()
	file, err := s.EpisodeFile(local, clinic.EpisodeRef{CareUnit: unit, EpisodeID: "all-three"})
	if err != nil {
		t.Fatal(err)
	}
	return file.Choices
}

func TestAChoiceIsRecordedOnThePageAndItsHistoryShown(t *testing.T) {
	site := newTestSite(t)
	pages := site.pages(Options{Demo: true})
	before := text(t, ask(pages, "GET", registryPath))
	if !strings.Contains(before, "Nothing is recorded") || !strings.Contains(before, `name="provider" required`) || len(etags(before)) != 1 || etags(before)[0] != "" {
		t.Errorf("before anything was said: etags %q", etags(before))
	}
	for i, choice := range []store.Choice{store.Informed, store.Objected} {
		reply := say(pages, choiceForm(choice, []string{"", "c1"}[i]))
		if reply.StatusCode != http.StatusSeeOther || reply.Header.Get("Location") != episodePath("all-three")+"/registry" {
			t.Fatalf("%s: %d to %s", choice, reply.StatusCode, reply.Header.Get("Location"))
		}
	}
	body := text(t, ask(pages, "GET", registryPath))
	for _, must := range []string{"nrs at SE-p", "What holds now: objected.", "<th scope=\"row\">informed</th>", "1 Mar 2025", "told at the visit", "nrs at another care provider", "Change that only if the patient has taken it back"} {
		if !strings.Contains(body, must) {
			t.Errorf("the page lacks %q", must)
		}
	}
	if got := etags(body); len(got) != 2 || got[0] != "c2" || got[1] != "" {
		t.Errorf("etags %q", got)
	}
	if strings.Contains(body, `checked`) {
		t.Error("a choice is made for the reader")
	}
	checkPage(t, body, "en")
	if overview := text(t, ask(pages, "GET", episodePath("all-three")+"?lang=en")); !strings.Contains(overview, "nrs: objected 1 Mar 2025") {
		t.Error("the overview does not say it")
	}
}

// TestNobodyTakesAnObjectionBackUnseen: the page was opened before somebody else
// recorded that the patient objects.
func TestNobodyTakesAnObjectionBackUnseen(t *testing.T) {
	site := newTestSite(t)
	pages := site.pages(Options{})
	say(pages, choiceForm(store.Informed, ""))
	say(pages, choiceForm(store.Objected, "c1"))
	for _, etag := range []string{"", "c1"} {
		form := choiceForm(store.NotInformed, etag)
		reply := say(pages, form)
		body := text(t, reply)
		if reply.StatusCode != http.StatusConflict || !strings.Contains(body, `role="alert"`) || !strings.Contains(body, "What holds now: objected.") {
			t.Errorf("etag %q: %d", etag, reply.StatusCode)
		}
		if etags(body)[0] != "c2" {
			t.Error("the form does not begin from what holds now")
		}
	}
	if all := site.choices(t); len(all) != 2 || all[1].Choice != store.Objected {
		t.Errorf("%+v", all)
	}
	if reply := say(pages, choiceForm(store.Informed, "c2")); reply.StatusCode != http.StatusSeeOther {
		t.Errorf("one who has read it: %d", reply.StatusCode)
	}
}

func TestAFormThatLacksSomethingRecordsNothing(t *testing.T) {
	site := newTestSite(t)
	pages := site.pages(Options{})
	for name, value := range map[string]string{"choice": "perhaps", "decided_on": "2025-03-16", "reason": "", "provider": "", "registry": "a b"} {
		form := choiceForm(store.Informed, "")
		form.Set(name, value)
		reply := say(pages, form)
		if body := text(t, reply); reply.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "Nothing was recorded.") || strings.Contains(body, "told at the visit") {
			t.Errorf("%s: %d", name, reply.StatusCode)
		}
	}
	named := choiceForm(store.Informed, "")
	named.Set("reason", "about p-all-three")
	if reply := say(pages, named); reply.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("an identity in the reason: %d", reply.StatusCode)
	}
	if all := site.choices(t); len(all) != 0 {
		t.Errorf("recorded: %+v", all)
	}
}

func TestAUnitThatOnlySeesTheEpisodeReadsTheChoiceAndRecordsNone(t *testing.T) {
	site := newTestSite(t)
	say(site.pages(Options{}), choiceForm(store.Objected, ""))
	if _, err := site.ShareEpisode(local, clinic.Sharing{CareUnit: unit, EpisodeID: "all-three", With: "SE-guest", Decision: clinic.Decision{Reason: "r"}}); err != nil {
		t.Fatal(err)
	}
	guest := access.Caller{System: "pages", User: "SE-x", Unit: "SE-guest", Roles: []access.Role{access.Clinician}, Purpose: access.Care, RequestID: "r"}
	inner := New(site.Clinic, Options{})
	pages := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner.ServeHTTP(w, r.WithContext(access.WithCaller(r.Context(), guest)))
	})
	body := text(t, ask(pages, "GET", registryPath))
	if !strings.Contains(body, "What holds now: objected.") || strings.Contains(body, `name="etag"`) || !strings.Contains(body, "recorded by the unit that the episode belongs to") {
		t.Error("the page of a guest")
	}
	if reply := say(pages, choiceForm(store.Informed, "c1")); reply.StatusCode != http.StatusForbidden {
		t.Errorf("a guest records: %d", reply.StatusCode)
	}
}
