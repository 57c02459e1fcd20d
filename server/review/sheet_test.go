package review

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/wording"
)

var sheets = []string{"/talk", "/phone", "/clinical"}

// arrows are signs that say nothing to whoever listens or reads a copy of a copy.
var arrows = regexp.MustCompile(`[←-⇿]`)

func TestEverySheetNamesWhatItRestsOn(t *testing.T) {
	site := newTestSite(t)
	pages := site.pages(Options{Demo: true})
	trend := episodeOf(t, site, "all-three")
	for _, sheet := range sheets {
		for _, lang := range []string{"sv", "en"} {
			body := text(t, ask(pages, "GET", episodePath("all-three")+sheet+"?lang="+lang))
			for i := range trend.Lines {
				line := &trend.Lines[i]
				if hash := line.Points[0].Definition.ScoringHash()[:hashShown]; !strings.Contains(body, hash) {
					t.Errorf("%s in %s lacks the key of %s", sheet, lang, line.Instrument.ID())
				}
			}
			if !strings.Contains(body, trend.Lines[0].Points[0].Definition.Version()) || !strings.Contains(body, map[string]string{"sv": "gränsnycklar", "en": "threshold keys"}[lang]) {
				t.Errorf("%s in %s lacks versions or thresholds", sheet, lang)
			}
			if arrow := arrows.FindString(body); arrow != "" {
				t.Errorf("%s in %s shows %q without a word", sheet, lang, arrow)
			}
		}
	}
}

func TestThePhoneScriptHasThreeSentencesForEachDomainAndPainLast(t *testing.T) {
	site := newTestSite(t)
	for _, l := range wording.Languages() {
		for _, episode := range []string{"all-three", "baseline-only", "no-baseline", "hostile<b>"} {
			r := newReading(l, episodeOf(t, site, episode), "2025-03-15", Heading{Swedish: "Rörelse", Domains: []string{"pain", "fear"}}, Heading{Swedish: "Sömn", Domains: []string{"sleep"}})
			parts := r.phoneParts()
			if last := parts[len(parts)-1].Title; last != capital(l.DomainTold("pain")) {
				t.Errorf("%s: the last part is %s", episode, last)
			}
			for _, p := range parts {
				for _, s := range p.Sentences {
					if !strings.HasSuffix(s, ".") || strings.Contains(s, "[") || strings.Contains(s, "%!") || arrows.MatchString(s) {
						t.Errorf("%s, %s: %q", episode, p.Title, s)
					}
				}
			}
		}
	}
}

func TestThePatientsGoalsComeFirstOnThePhone(t *testing.T) {
	body := text(t, ask(newTestSite(t).pages(Options{}), "GET", episodePath("all-three")+"/phone?lang=sv"))
	goal, pain := strings.Index(body, "gå till sjön"), strings.Index(body, "Smärtan själv")
	if goal < 0 || pain < 0 || goal > strings.Index(body, "livet som helhet") || pain < goal {
		t.Errorf("goal at %d, pain at %d", goal, pain)
	}
	if strings.Contains(body, "goal_reached 8") {
		t.Error("a relative's answer is read out as the patient's")
	}
}

func TestATextForTheRecordIsPlainAndOfItsOwnMoment(t *testing.T) {
	site := newTestSite(t)
	pages := site.pages(Options{})
	for _, lang := range []string{"sv", "en"} {
		for moment, later := range map[string]string{"baseline": "2023-05-04", "programme_end": "2024-05-20", "follow_up_12_months": "never"} {
			reply := ask(pages, "GET", episodePath("all-three")+"/text/"+moment+"?lang="+lang)
			if got := reply.Header.Get("Content-Type"); got != "text/plain; charset=iso-8859-1" || reply.StatusCode != http.StatusOK {
				t.Fatalf("%s: %d %s", moment, reply.StatusCode, got)
			}
			body := text(t, reply)
			for _, b := range []byte(body) {
				if b != '\n' && (b < ' ' || b >= 0x7f && b < 0xa0) {
					t.Errorf("%s in %s: byte %#x", moment, lang, b)
				}
			}
			if strings.Contains(body, "?") {
				t.Errorf("%s in %s: a sign was lost:\n%s", moment, lang, body)
			}
			if strings.Contains(body, later) {
				t.Errorf("%s in %s tells what came later", moment, lang)
			}
		}
	}
	for _, wrong := range []string{"x", "1", "other-1", "other"} {
		if r := ask(pages, "GET", episodePath("all-three")+"/text/"+wrong); r.StatusCode != http.StatusNotFound {
			t.Errorf("/text/%s: %d", wrong, r.StatusCode)
		}
	}
	if r := ask(pages, "GET", episodePath("hostile<b>")+"/text/other-1"); r.StatusCode != http.StatusOK {
		t.Errorf("an occasion of the unit's own: %d", r.StatusCode)
	}
}

func TestAUnitsOwnHeadingsOrderThePage(t *testing.T) {
	site := newTestSite(t)
	own := []Heading{{Swedish: "Rörelse och smärta", English: "Movement and pain", Domains: []string{"fear", "pain"}}, {Swedish: "Sömn och mående", Domains: []string{"sleep", "distress"}}}
	r := newReading(wording.English, episodeOf(t, site, "all-three"), "2025-03-15", own...)
	sections := r.sections()
	if sections[0].Title != "Movement and pain" || len(sections[0].Scales) != 2 {
		t.Errorf("%s with %d scales", sections[0].Title, len(sections[0].Scales))
	}
	scales := 0
	for _, s := range sections {
		scales += len(s.Scales)
	}
	usual := 0
	for _, s := range newReading(wording.English, r.trend, "2025-03-15").sections() {
		usual += len(s.Scales)
	}
	if scales != usual {
		t.Errorf("%d scales under the unit's headings, %d under the usual ones", scales, usual)
	}
}

func TestTheHeaviestScaleComesFirstWhereAskedFor(t *testing.T) {
	r := newReading(wording.English, episodeOf(t, newTestSite(t), "all-three"), "2025-03-15")
	var lines []*clinic.Line
	for i := range r.trend.Lines {
		lines = append(lines, &r.trend.Lines[i])
	}
	heaviestFirst(lines)
	for i := 1; i < len(lines); i++ {
		if burden(lines[i-1]) < burden(lines[i]) {
			t.Errorf("%s before %s", r.title(lines[i-1]), r.title(lines[i]))
		}
	}
	if n := len(r.heaviest()[0].Scales); n < 15 {
		t.Errorf("%d scales", n)
	}
}
