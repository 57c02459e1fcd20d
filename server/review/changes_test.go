package review

import (
	"slices"
	"strings"
	"testing"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/wording"
)

// judged makes a change with a verdict on its importance.
func judged(movement scoring.Movement, difference int64, important scoring.VerdictAnswer) *clinic.Change {
	return &clinic.Change{
		Change:    scoring.Change{Comparable: true, Movement: movement, Difference: scoring.Whole(difference)},
		Judgement: scoring.Judgement{Importance: scoring.Verdict{Answer: important}, Error: scoring.Verdict{Answer: scoring.NotEstablished}},
	}
}

func TestTheWordOfAChangeIsThatOfItsVerdict(t *testing.T) {
	r := &reading{Language: wording.English}
	for _, c := range []struct {
		change     *clinic.Change
		way, words string
	}{
		{judged(scoring.TowardsBetter, -3, scoring.Important), "down", "improved"},
		{judged(scoring.TowardsWorse, 3, scoring.Important), "up", "worse"},
		{judged(scoring.NoMovement, 3, scoring.Important), "up", "important change"},
		{judged(scoring.TowardsBetter, -2, scoring.Uncertain), "down", "possibly changed, towards better"},
		{judged(scoring.TowardsBetter, -1, scoring.NotImportant), "steady", "no clear change"},
		{judged(scoring.TowardsBetter, -9, scoring.NotEstablished), "down", "lower, towards better"},
		{judged(scoring.TowardsBetter, -9, scoring.Withheld), "down", "lower, towards better"},
		{judged(scoring.TowardsBetter, 9, scoring.NotEstablished), "up", "higher, towards better"},
		{judged(scoring.NoMovement, 9, scoring.NotEstablished), "up", "higher"},
		{judged(scoring.Same, 0, scoring.NotImportant), "same", "same value"},
	} {
		if way, words := r.movement(c.change); way != c.way || words != c.words {
			t.Errorf("%s %s: %s %q, want %s %q", c.change.Movement, c.change.Judgement.Importance.Answer, way, words, c.way, c.words)
		}
	}
}

func episodeOf(t *testing.T, site *testSite, id string) *clinic.Trend {
	t.Helper()
	trend, err := site.Trend(local, clinic.EpisodeRef{CareUnit: unit, EpisodeID: id})
	if err != nil {
		t.Fatal(err)
	}
	return trend
}

// scaleOf finds a chart of a page by its title.
func scaleOf(t *testing.T, sections []section, title string) scaleView {
	t.Helper()
	for _, s := range sections {
		for _, v := range s.Scales {
			if v.Title == title {
				return v
			}
		}
	}
	t.Fatalf("no scale %s", title)
	return scaleView{}
}

func TestPainIsToldInPointsAndPercent(t *testing.T) {
	r := newReading(wording.English, episodeOf(t, newTestSite(t), "all-three"), "2025-03-15")
	pain := scaleOf(t, r.sections(), "NPRS: Average pain, seven days")
	year := pain.Changes[1]
	if year.Difference != "−2" || year.Percent != "−33.3%" || !strings.Contains(strings.Join(year.Remarks, "; "), "IMMPACT: moderate") {
		t.Errorf("%+v", year)
	}
	if year.Important.Shape != "yes" || year.Error.Shape != "uncertain" {
		t.Errorf("6 to 4 over a year: %+v", year)
	}
	note := strings.Join(pain.Basis, " ")
	for _, must := range []string{"0.895 to 1.48", "Grönkvist", "SQRP", "1.6 to 2.8", "Williams", "Dworkin"} {
		if !strings.Contains(note, must) {
			t.Errorf("the note lacks %q: %s", must, note)
		}
	}
	if !strings.Contains(pain.Sentence, "33.3 percent lower, which counts as improved") {
		t.Error(pain.Sentence)
	}
}

func TestAnExhaustionProgrammeIsNotJudgedByPain(t *testing.T) {
	site := newTestSite(t)
	site.episode(store.Episode{EpisodeID: "exhausted", ProgrammeType: "exhaustion", FirstVisitOn: "2023-02-06", StartedOn: "2023-03-13", EndedOn: "2023-05-05"})
	site.submit("exhausted", store.Baseline, "", "2023-01-20", 0.72, "eq_5d_3l")
	site.submit("exhausted", store.FollowUp12Months, "", "2024-05-20", 0.2, "eq_5d_3l")
	r := newReading(wording.English, episodeOf(t, site, "exhausted"), "2025-03-15")
	sections := r.sections()
	for _, title := range []string{"HADS: Anxiety", "NPRS: Average pain, seven days"} {
		v := scaleOf(t, sections, title)
		c := v.Changes[0]
		if c.Important.Text != "not judged" || c.Movement != "lower, towards better" {
			t.Errorf("%s: %+v", title, c)
		}
		if note := strings.Join(v.Basis, " "); !strings.Contains(note, "exhaustion") || !strings.Contains(v.Sentence, "not exhaustion") {
			t.Errorf("%s: %q, %q", title, note, v.Sentence)
		}
	}
}

// A sentence for each chart that has a change, and beside each verdict what it
// rests on.
func TestEachChartWithAChangeSaysWhatItRestsOn(t *testing.T) {
	r := newReading(wording.English, episodeOf(t, newTestSite(t), "all-three"), "2025-03-15")
	seen, rests := 0, 0
	for _, s := range r.sections() {
		for _, v := range s.Scales {
			if len(v.Changes) == 0 {
				continue
			}
			seen++
			if v.Sentence == "" {
				t.Errorf("%s: no sentence", v.Title)
			}
			if slices.ContainsFunc(v.Basis, func(text string) bool { return strings.HasPrefix(text, "Threshold key ") }) {
				rests++
			}
		}
	}
	for _, title := range []string{"HADS: Anxiety", "ISI: Sleep problems", "PCS: Catastrophising", "NPRS: Average pain, seven days"} {
		if basis := scaleOf(t, r.sections(), title).Basis; len(basis) < 3 {
			t.Errorf("%s: the limits rest on %q", title, basis)
		}
	}
	if rests < 8 {
		t.Errorf("%d charts say what their limits rest on", rests)
	}
	if seen < 10 {
		t.Errorf("%d charts with changes", seen)
	}
}

func TestProfilesAreToldByTheirAreas(t *testing.T) {
	site := newTestSite(t)
	for _, s := range newReading(wording.English, episodeOf(t, site, "no-baseline"), "2025-03-15").sections() {
		for _, table := range s.Tables {
			for _, said := range table.Said {
				if strings.HasPrefix(said.Text, "End – 12 months: ") && strings.Contains(said.Text, "area") && strings.Contains(table.Note, "PCHC") {
					return
				}
			}
		}
	}
	t.Error("no Paretian class of the profiles")
}
