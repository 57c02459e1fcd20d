package review

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/scoring/instruments"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

const hadsForm = "/entry?occasion=baseline&instrument=hads"

// typed is a HADS form of an episode with every item answered by 1.
func typed(t *testing.T, pages http.Handler, episode string) url.Values {
	t.Helper()
	form := formOf(text(t, ask(pages, "GET", episodePath(episode)+hadsForm)))
	form.Set("on", "2025-03-10")
	form.Set("respondent", "patient")
	for i := range 14 {
		form.Set("i."+strconv.Itoa(i+1), "1")
	}
	return form
}

// kept are the forms of an episode.
func (s *testSite) kept(episode string) []clinic.Record {
	s.t.Helper()
	b, err := s.Background(local, clinic.EpisodeRef{CareUnit: unit, EpisodeID: episode}, false)
	if err != nil {
		s.t.Fatal(err)
	}
	return b.Forms
}

func TestAFormThatIsSentTwiceIsStoredOnce(t *testing.T) {
	site := newTestSite(t)
	pages := site.pages(Options{})
	form := typed(t, pages, "nothing-yet")
	form.Set("i.2", ".")
	form.Set("i.3", "?")
	form.Set("i.4", "-")
	form.Set("i.5", "!")
	form.Set("i.6", ",")
	for range 2 {
		r := sendForm(pages, episodePath("nothing-yet")+"/entry", form)
		if to := r.Header.Get("Location"); r.StatusCode != http.StatusSeeOther || to != episodePath("nothing-yet")+"/entry?done=form&occasion=baseline" {
			t.Fatalf("%d to %s: %s", r.StatusCode, to, text(t, r))
		}
	}
	kept := site.kept("nothing-yet")
	if len(kept) != 1 || kept[0].Mode != "paper" || kept[0].AnsweredOn != "2025-03-10" || kept[0].Respondent != store.Patient || kept[0].System != "local" {
		t.Fatalf("%+v", kept)
	}
	want := []scoring.Kind{scoring.Answered, scoring.LeftBlank, scoring.Unreadable, scoring.NotAsked, scoring.Declined, scoring.LeftBlank, scoring.Answered}
	for i, kind := range want {
		if got := kept[0].Sheet.Responses[i].Kind; got != kind {
			t.Errorf("item %d is kept as %s", i+1, got)
		}
	}
	form.Set("i.1", "2")
	if r := sendForm(pages, episodePath("nothing-yet")+"/entry", form); r.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(text(t, r), "redan sparat") {
		t.Errorf("another content from the same page: %d", r.StatusCode)
	}
	other := typed(t, pages, "nothing-yet")
	if r := sendForm(pages, episodePath("nothing-yet")+"/entry", other); r.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(text(t, r), "finns redan") {
		t.Errorf("the same form from another page: %d", r.StatusCode)
	}
	if body := text(t, ask(pages, "GET", episodePath("nothing-yet")+"/entry?occasion=baseline&done=form")); !strings.Contains(body, "Formuläret är sparat.") || !strings.Contains(body, "HADS 2025-03-10") {
		t.Error("the page does not say what is there")
	}
}

func TestWhatIsTypedWrongStandsAtItsField(t *testing.T) {
	site := newTestSite(t)
	pages := site.pages(Options{})
	for _, c := range []struct {
		name, field, value, says string
	}{
		{"out of range", "i.7", "4", `aria-invalid="true" aria-describedby="p-item-7"`},
		{"below", "i.7", "-1", `p-item-7`},
		{"no number", "i.7", "a", `p-item-7`},
		{"with a fraction", "i.7", "1,5", `p-item-7`},
		{"nothing typed", "i.7", "", `p-item-7`},
		{"only a space", "i.7", " ", `p-item-7`},
		{"not applicable where it cannot be", "i.7", "x", `p-item-7`},
		{"a day to come", "on", "2025-03-16", `aria-describedby="p-on"`},
		{"no day", "on", "", `aria-describedby="p-on"`},
		{"no respondent", "respondent", "dog", `Välj ett av alternativen`},
		{"no language", "language", "!", `rätt form`},
	} {
		form := typed(t, pages, "nothing-yet")
		form.Set(c.field, c.value)
		r := sendForm(pages, episodePath("nothing-yet")+"/entry?lang=sv", form)
		body := text(t, r)
		if r.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, c.says) || len(site.kept("nothing-yet")) > 0 {
			t.Errorf("%s: %d", c.name, r.StatusCode)
		}
		if c.field != "i.7" && strings.Contains(body, "p-item") || formOf(body).Get("form") != form.Get("form") || !strings.Contains(body, `name="i.6" type="text" value="1"`) {
			t.Errorf("%s: the page has lost something, or marks what is right", c.name)
		}
	}
}

func TestASecondTypingIsCompared(t *testing.T) {
	site := newTestSite(t)
	pages := site.pages(Options{})
	path := episodePath("nothing-yet") + "/entry"
	first := typed(t, pages, "nothing-yet")
	first.Set("i.3", ".")
	first.Set("then", "again")
	body := text(t, sendForm(pages, path, first))
	if !strings.Contains(body, "Andra inskrivningen") || strings.Contains(body, `type="text" value="1"`) || len(site.kept("nothing-yet")) > 0 {
		t.Fatal("the fields are not empty for the second time, or it is stored already")
	}
	second := formOf(body)
	second.Set("on", "2025-03-10")
	second.Set("respondent", "patient")
	for i := range 14 {
		second.Set("i."+strconv.Itoa(i+1), "1")
	}
	second.Set("i.3", ",") // the same sign
	second.Set("i.9", "2") // another answer
	body = text(t, sendForm(pages, path, second))
	if !strings.Contains(body, "1 svar skiljer sig") || !strings.Contains(body, "första gången 1, andra gången 2") || strings.Count(body, "andra gången") != 1 || len(site.kept("nothing-yet")) > 0 {
		t.Fatalf("the difference is not told: %s", body)
	}
	last := formOf(body)
	for name, values := range second {
		if strings.HasPrefix(name, "i.") {
			last[name] = values
		}
	}
	last.Set("i.9", "")
	last.Set("on", "2025-03-10")
	last.Set("respondent", "patient")
	if r := sendForm(pages, path, last); r.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("not settled: %d", r.StatusCode)
	}
	last.Set("i.9", "2")
	if r := sendForm(pages, path, last); r.StatusCode != http.StatusSeeOther {
		t.Fatalf("settled: %d %s", r.StatusCode, text(t, r))
	}
	if kept := site.kept("nothing-yet"); len(kept) != 1 || kept[0].Sheet.Responses[8].Value != 2 {
		t.Errorf("%+v", kept)
	}
}

func TestACodingIsTypedAsThePaperHasIt(t *testing.T) {
	site := newTestSite(t)
	pages := site.pages(Options{})
	body := text(t, ask(pages, "GET", episodePath("nothing-yet")+hadsForm+"&coding=box_position"))
	if !strings.Contains(body, `pattern="1|2|3|4|`) {
		t.Fatal("the boxes are not counted from 1")
	}
	form := typed(t, pages, "nothing-yet")
	form.Set("coding", "box_position")
	if r := sendForm(pages, episodePath("nothing-yet")+"/entry", form); r.StatusCode != http.StatusSeeOther {
		t.Fatal(r.StatusCode)
	}
	r := site.kept("nothing-yet")[0].Sheet.Responses
	if r[0].Value != 3 || r[1].Value != 0 { // the first box scores 3 in odd items of the one kind, 0 in the other
		t.Errorf("%+v", r)
	}
}

// A pattern of HTML is held to the whole of the value. It must take exactly what
// the server takes.
func TestTheBrowserTakesWhatTheServerTakes(t *testing.T) {
	catalogue, err := instruments.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	goals, _ := instruments.Skeleton("goal_evaluation")
	if err := catalogue.AddFile("goals.yaml", goals); err != nil {
		t.Fatal(err)
	}
	tries := []string{"", ".", ",", "-", "?", "!", "x", "X", "a", "1.5", "1,5", "1,555", "-1", "2024-01-20", "2024-1-2", " 1"}
	for n := range 120 {
		tries = append(tries, strconv.Itoa(n))
	}
	for _, in := range catalogue.List() {
		for i, info := range in.Items() {
			if info.Type == scoring.FreeText || info.Type == scoring.CodeOfList {
				continue
			}
			pattern := regexp.MustCompile("^(?:" + patternOf(info) + ")$")
			for _, try := range tries {
				sheet := scoring.Sheet{}
				response, ok := responseOf(&sheet, info, try)
				sheet.Answers = []scoring.Answer{{Item: info.Code, Response: response}}
				var answers scoring.Answers
				takes := ok && in.Read(&sheet, &answers) == nil
				if got := pattern.MatchString(try); got != takes && !(info.Type == scoring.DecimalNumber && got) { // a decimal's range is the server's
					t.Errorf("%s item %d (%s): %q: browser %v, server %v", in.ID(), i+1, pattern, try, got, takes)
				}
			}
		}
	}
}

func TestAClinicsOwnTextsAreShownThenAndOnlyThen(t *testing.T) {
	site := newTestSite(t)
	def, err := site.Instrument(local, "nprs", "")
	if err != nil {
		t.Fatal(err)
	}
	items := map[string]string{}
	for _, item := range def.Items() {
		items[item.Code] = "a text <of ours>"
	}
	good := ItemText{Instrument: "nprs", Version: def.Version(), Language: "sv", Licence: "agreement 7", Items: items}
	pages := site.pages(Options{ItemTexts: []ItemText{good}})
	for path, want := range map[string]bool{"nprs&lang=sv": true, "nprs&lang=en": false, "hads&lang=sv": false} {
		body := text(t, ask(pages, "GET", episodePath("nothing-yet")+"/entry?occasion=baseline&instrument="+path))
		if got := strings.Contains(body, "a text &lt;of ours&gt;") && strings.Contains(body, "agreement 7"); got != want {
			t.Errorf("%s: shown %v", path, got)
		}
	}
	find := func(id, version string) (*scoring.Instrument, bool) {
		if id == "nprs" && version == def.Version() {
			return def.Instrument, true
		}
		return nil, false
	}
	if err := CheckItemTexts([]ItemText{good}, find); err != nil {
		t.Error(err)
	}
	for says, spoil := range map[string]func(*ItemText) []ItemText{
		"stands twice":        func(t *ItemText) []ItemText { return []ItemText{*t, *t} },
		"sv or en":            func(t *ItemText) []ItemText { t.Language = "de"; return []ItemText{*t} },
		"licence":             func(t *ItemText) []ItemText { t.Licence = ""; return []ItemText{*t} },
		"no such instrument":  func(t *ItemText) []ItemText { t.Version = ""; return []ItemText{*t} },
		"needs a text":        func(t *ItemText) []ItemText { t.Items = map[string]string{}; return []ItemText{*t} },
		"has no item another": func(t *ItemText) []ItemText { t.Items = map[string]string{"another": "x"}; return []ItemText{*t} },
	} {
		bad := good
		if err := CheckItemTexts(spoil(&bad), find); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
}
