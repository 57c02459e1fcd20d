package review

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/wording"
)

var (
	inputs   = regexp.MustCompile(`<input id="f-[^"]*" name="([^"]+)" value="([^"]*)"`)
	selected = regexp.MustCompile(`(?s)<select id="f-[^"]*" name="([^"]+)".*?</select>`)
	chosen   = regexp.MustCompile(`value="([^"]*)" selected`)
)

// filled reads an episode's form as a browser would send it.
func filled(body string) url.Values {
	form := formOf(body)
	for _, m := range inputs.FindAllStringSubmatch(body, -1) {
		form.Set(m[1], m[2])
	}
	for _, m := range selected.FindAllStringSubmatch(body, -1) {
		if c := chosen.FindStringSubmatch(m[0]); c != nil {
			form.Set(m[1], c[1])
		}
	}
	return form
}

func (s *testSite) stands(episode string) store.Episode {
	s.t.Helper()
	e, err := s.Episode(local, clinic.EpisodeRef{CareUnit: unit, EpisodeID: episode})
	if err != nil {
		s.t.Fatal(err)
	}
	return e
}

func TestAnUnchangedFormChangesNothing(t *testing.T) {
	site := newTestSite(t)
	pages := site.pages(Options{})
	for _, episode := range []string{"all-three", "no-baseline", "nothing-yet"} {
		before := site.stands(episode)
		form := filled(text(t, ask(pages, "GET", episodePath(episode)+"/edit")))
		if r := sendForm(pages, episodePath(episode)+"/edit", form); r.StatusCode != http.StatusSeeOther {
			t.Errorf("%s: %d %s", episode, r.StatusCode, text(t, r))
		}
		if after := site.stands(episode); after != before {
			t.Errorf("%+v became %+v", before, after)
		}
	}
}

func TestAnEpisodeIsEdited(t *testing.T) {
	for _, c := range []struct {
		name   string
		form   map[string]string
		status int
		says   string
		holds  func(store.Episode) bool
	}{
		{"a drop-out with reason and phase", map[string]string{"status": "dropped_out", "drop_out_phase": "programme", "drop_out_reason": "flyttat"}, 303, "",
			func(e store.Episode) bool {
				return e.Status == "dropped_out" && e.DropOutReason == "flyttat" && e.DropOutPhase == "programme"
			}},
		{"a reason without a drop-out", map[string]string{"drop_out_reason": "flyttat"}, 422, "p-", nil},
		{"deceased", map[string]string{"deceased": "1"}, 303, "", func(e store.Episode) bool { return e.Deceased && !e.DoNotContact }},
		{"not to be contacted", map[string]string{"do_not_contact": "1"}, 303, "", func(e store.Episode) bool { return e.DoNotContact && !e.Deceased }},
		{"an end to come", map[string]string{"ended_on": "2025-03-16"}, 422, `aria-describedby="p-ended_on"`, nil},
		{"an end before the start", map[string]string{"started_on": "2025-03-10", "ended_on": "2025-03-01"}, 422, `aria-describedby="p-ended_on"`, nil},
		{"a year that is none", map[string]string{"birth_year": "x"}, 422, `aria-describedby="p-birth_year"`, nil},
		{"a year", map[string]string{"birth_year": "1980"}, 303, "", func(e store.Episode) bool { return e.BirthYear == 1980 }},
		{"a date taken away", map[string]string{"first_visit_planned_on": ""}, 303, "", func(e store.Episode) bool { return e.FirstVisitPlanned == "" }},
		{"the patient's identity in a text", map[string]string{"cohort": "p-nothing-yet"}, 422, "identitet", nil},
		{"without the etag", map[string]string{"etag": "", "cohort": "9"}, 409, "Någon annan", nil},
	} {
		site := newTestSite(t)
		pages := site.pages(Options{})
		before := site.stands("nothing-yet")
		form := filled(text(t, ask(pages, "GET", episodePath("nothing-yet")+"/edit")))
		for name, value := range c.form {
			form.Set(name, value)
		}
		r := sendForm(pages, episodePath("nothing-yet")+"/edit", form)
		body, after := text(t, r), site.stands("nothing-yet")
		switch {
		case r.StatusCode != c.status || !strings.Contains(body, c.says):
			t.Errorf("%s: %d %s", c.name, r.StatusCode, body)
		case c.holds == nil && after != before:
			t.Errorf("%s is refused and changes %+v", c.name, after)
		case c.holds != nil && (!c.holds(after) || after.Version != before.Version+1):
			t.Errorf("%s: %+v", c.name, after)
		}
	}
}

func TestWhoIsOvertakenSeesWhatTheOtherWrote(t *testing.T) {
	site := newTestSite(t)
	pages := site.pages(Options{})
	path := episodePath("baseline-only") + "/edit"
	mine := filled(text(t, ask(pages, "GET", path)))
	site.episode(store.Episode{EpisodeID: "baseline-only", Cohort: "Grupp 13", EndPlanned: "2025-07-07"})
	mine.Set("cohort", "Grupp 14")
	mine.Set("started_on", "2025-03-10")
	r := sendForm(pages, path, mine)
	body := text(t, r)
	if r.StatusCode != http.StatusConflict || site.stands("baseline-only").Cohort != "Grupp 13" {
		t.Fatalf("%d", r.StatusCode)
	}
	for _, row := range []string{
		`<tr class="both"><th scope="row">Grupp <span class="small">ändrat av båda</span></th><td>Grupp 12</td><td>Grupp 13</td><td>Grupp 14</td></tr>`,
		`<tr><th scope="row">Slut, planerat</th><td>2025-06-06</td><td>2025-07-07</td><td>2025-06-06</td></tr>`,
		`<tr><th scope="row">Start</th><td>–</td><td>–</td><td>2025-03-10</td></tr>`,
	} {
		if !strings.Contains(body, row) {
			t.Errorf("the page lacks %s", row)
		}
	}
	if strings.Count(body, `<tr><th scope="row">`) != 2 {
		t.Error("fields that are one are told too")
	}
	if r := sendForm(pages, path, filled(body)); r.StatusCode != http.StatusSeeOther {
		t.Fatalf("sent again after a look: %d %s", r.StatusCode, text(t, r))
	}
	if e := site.stands("baseline-only"); e.Cohort != "Grupp 14" || e.EndPlanned != "2025-07-07" || e.StartedOn != "2025-03-10" {
		t.Errorf("one of the two is lost: %+v", e)
	}
}

func TestAMergeTakesOnlyOnesOwnChanges(t *testing.T) {
	read := store.Episode{Cohort: "a", Sex: "female", BirthYear: 1980}
	now := store.Episode{Cohort: "b", Sex: "female", BirthYear: 1981}
	mine := store.Episode{Cohort: "b", Sex: "male", BirthYear: 1980, Deceased: true}
	merged, rows := mergeEpisode(wording.English, read, now, mine)
	if (merged != store.Episode{Cohort: "b", Sex: "male", BirthYear: 1981, Deceased: true}) || len(rows) != 4 {
		t.Errorf("%+v %+v", merged, rows)
	}
	for _, row := range rows {
		if row.Both {
			t.Errorf("both wrote the same, or one of them nothing: %+v", row)
		}
	}
}

func TestANewEpisodeIsMadeOnce(t *testing.T) {
	site := newTestSite(t)
	pages := site.pages(Options{})
	form := filled(text(t, ask(pages, "GET", "/episodes/new")))
	form.Set("unit", unit)
	form.Set("episode", "new-1")
	form.Set("system", "personnummer")
	form.Set("patient", "19121212-1212")
	form.Set("cohort", "Grupp 20")
	for range 2 {
		r := sendForm(pages, "/episodes/new", form)
		if to := r.Header.Get("Location"); r.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, episodePath("new-1")+"/dispatch?done=new_episode&warn=TEST_IDENTITY") || strings.Contains(to, "1212") {
			t.Fatalf("%d to %s: %s", r.StatusCode, to, text(t, r))
		}
	}
	if e := site.stands("new-1"); e.Cohort != "Grupp 20" || e.Version != 1 {
		t.Errorf("%+v", e)
	}
	for name, change := range map[string][2]string{
		"an episode that is there":  {"cohort", "Grupp 21"},
		"another's episode":         {"episode", "all-three"},
		"no identity":               {"patient", ""},
		"an identity that is none":  {"patient", "x"},
		"an identity in the name":   {"episode", "191212121212"},
		"no unit":                   {"unit", ""},
		"a name with a space in it": {"episode", "a b"},
	} {
		changed := url.Values{}
		for name, values := range form {
			changed[name] = values
		}
		changed.Set(change[0], change[1])
		r := sendForm(pages, "/episodes/new", changed)
		if body := text(t, r); r.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "Inget är sparat") {
			t.Errorf("%s: %d", name, r.StatusCode)
		}
	}
	if e := site.stands("all-three"); e.Cohort != "Grupp 7" {
		t.Errorf("another's episode is changed: %+v", e)
	}
}

func TestACohortEndsTogetherButForWhoWasChangedMeanwhile(t *testing.T) {
	site := newTestSite(t)
	pages := site.pages(Options{})
	for _, id := range []string{"k-1", "k-2", "k-3"} {
		site.episode(store.Episode{EpisodeID: id, Cohort: "Grupp 30", StartedOn: "2025-01-13"})
	}
	site.episode(store.Episode{EpisodeID: "k-4", Cohort: "Grupp 30", Status: "dropped_out"})
	body := text(t, ask(pages, "GET", "/cohorts?cohort=Grupp+30"))
	form := formOf(body)
	for _, m := range regexp.MustCompile(`name="at" value="([^"]*)" checked`).FindAllStringSubmatch(body, -1) {
		form.Add("at", strings.ReplaceAll(m[1], "&amp;", "&"))
	}
	if len(form["at"]) != 3 {
		t.Fatalf("ticked are %q", form["at"])
	}
	site.episode(store.Episode{EpisodeID: "k-2", EndPlanned: "2025-05-05"})
	form.Set("date", "ended_on")
	form.Set("completed", "1")
	form.Set("on", "2025-03-14")
	for range 2 { // the second changes nothing more
		r := sendForm(pages, "/cohorts", form)
		if body := text(t, r); r.StatusCode != http.StatusOK || strings.Count(body, "Någon annan") != 1 || strings.Count(body, "<td>sparat</td>") != 2 {
			t.Fatalf("%d %s", r.StatusCode, body)
		}
	}
	for id, want := range map[string]string{"k-1": "2025-03-14 completed", "k-2": " active", "k-3": "2025-03-14 completed", "k-4": " dropped_out"} {
		if e := site.stands(id); e.EndedOn+" "+e.Status != want {
			t.Errorf("%s: %q %q", id, e.EndedOn, e.Status)
		}
	}
	for name, change := range map[string][2]string{"no date": {"on", ""}, "a real end to come": {"on", "2025-03-16"}, "nobody ticked": {"at", "e="}} {
		changed := url.Values{"unit": {unit}, "cohort": {"Grupp 30"}, "at": form["at"][:1], "date": {"ended_on"}, "on": {"2025-03-14"}}
		changed.Set(change[0], change[1])
		if r := sendForm(pages, "/cohorts", changed); r.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", name, r.StatusCode)
		}
	}
}
