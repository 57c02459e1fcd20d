package review

import (
	"strings"
	"testing"

	"github.com/painscore/painscore/scoring/instruments"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/wording"
)

// withdraw retracts a form.
func (s *testSite) withdraw(submission string) {
	s.t.Helper()
	_, err := s.RetractSubmission(local, clinic.Retraction{CareUnit: unit, SubmissionID: submission, Version: 1, Decision: clinic.Decision{Author: "A. Berg", Reason: "fel patient"}})
	if err != nil {
		s.t.Fatal(err)
	}
}

func TestAWithdrawnFormIsNamedWithWhenByWhomAndWhy(t *testing.T) {
	site := newTestSite(t)
	site.withdraw("all-three-hads-2023-05-04")
	pages := site.pages(Options{Demo: true})
	for lang, musts := range map[string][]string{
		"sv": {"Tillbakadragna formulär", "HADS, Vid avslut", "2023-05-04", "A. Berg", "fel patient", "2025-03-15 13:00"},
		"en": {"Withdrawn forms", "HADS, ", "4 May 2023", "A. Berg", "fel patient", "15 Mar 2025 13:00"},
	} {
		body := text(t, ask(pages, "GET", episodePath("all-three")+"/answers?lang="+lang))
		_, history, found := strings.Cut(body, `<h3 id="withdrawn">`)
		for _, must := range musts {
			if !found || !strings.Contains(`<h3 id="withdrawn">`+history, must) {
				t.Errorf("in %s the history lacks %q", lang, must)
			}
		}
		checkPage(t, body, lang)
	}
	if columns := tableOf(t, newReading(wording.English, episodeOf(t, site, "all-three"), "2025-03-15").answerTables(backgroundOf(t, site, "all-three").Forms), "HADS").Columns; len(columns) != 2 {
		t.Errorf("the form still stands among the answers: %+v", columns)
	}
}

func TestAnEpisodeWhoseFormsAreAllWithdrawnSaysSo(t *testing.T) {
	site := newTestSite(t)
	site.episode(store.Episode{EpisodeID: "mistaken"})
	site.byRelative("mistaken", "2024-01-01")
	site.withdraw("mistaken-relative")
	body := text(t, ask(site.pages(Options{Demo: true}), "GET", episodePath("mistaken")+"/answers?lang=en"))
	if !strings.Contains(body, "Withdrawn forms") || !strings.Contains(body, "relative") || !strings.Contains(body, "fel patient") {
		t.Error("what was withdrawn is not told")
	}
	checkPage(t, body, "en")
	if none := text(t, ask(site.pages(Options{}), "GET", episodePath("nothing-yet")+"/answers?lang=en")); strings.Contains(none, "Withdrawn") {
		t.Error("an episode without forms has withdrawn ones")
	}
}

// stricterHADS is a second version of the HADS, which allows one blank item in
// seven only.
func stricterHADS(t *testing.T) []byte {
	t.Helper()
	catalogue, err := instruments.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	in, ok := catalogue.Instrument("hads", "1")
	if !ok {
		t.Fatal("no HADS")
	}
	body, _ := catalogue.Content(in.DefinitionHash())
	changed := strings.NewReplacer(
		`version: "1"`, `version: "2"`, "{rule: half, source", "{rule: at_least, items: 6, source",
		"expect: {anxiety: \"14.00\", depression: 7, total: \"21.00\"}\n    bands: {anxiety: probable}", "expect: {anxiety: TOO_FEW_ANSWERS, depression: 7, total: TOO_FEW_ANSWERS}",
	).Replace(string(body))
	return []byte(changed)
}

// threeBlank stores a baseline whose HADS has three items of anxiety blank: the
// first version scores it, the second does not.
func (s *testSite) threeBlank(episode string) {
	s.t.Helper()
	s.episode(store.Episode{EpisodeID: episode})
	s.submit(episode, store.Baseline, "", "2024-01-15", 0.5, "eq_5d_3l", "hads:9,11,13")
}

// byVersion stores a HADS that names the version of its definition.
func (s *testSite) byVersion(episode, version, on string) {
	s.t.Helper()
	sheet := *s.hads(1, 1)
	sheet.Version = version
	sub := clinic.Submission{
		Patient: patient(episode), CareUnit: unit, EpisodeID: episode, Occasion: store.ProgrammeEnd, AnsweredOn: on, Respondent: store.Patient,
		Forms: []clinic.Form{{SubmissionID: episode + "-end", Sheet: sheet}},
	}
	if _, _, err := s.Submit(local, sub, false); err != nil {
		s.t.Fatal(err)
	}
}

func TestTwoVersionsOfAnInstrumentStandInOneTableAndAreNamed(t *testing.T) {
	site := newTestSite(t, stricterHADS(t))
	site.threeBlank("two")
	site.byVersion("two", "2", "2024-06-01")
	hads := tableOf(t, newReading(wording.English, episodeOf(t, site, "two"), "2025-03-15").answerTables(backgroundOf(t, site, "two").Forms), "HADS")
	if len(hads.Columns) != 2 || !strings.Contains(hads.Columns[0].Version, "1") || !strings.Contains(hads.Columns[1].Version, "2") || hads.Columns[0].Version == hads.Columns[1].Version {
		t.Errorf("columns %+v", hads.Columns)
	}
	if len(hads.Rows) != 14 || hads.Rows[8].Cells[0].Text != "blank" || hads.Rows[8].Cells[1].Text != "1" {
		t.Errorf("%d rows, item 9 reads %+v", len(hads.Rows), hads.Rows[8].Cells)
	}
	one := tableOf(t, newReading(wording.English, episodeOf(t, site, "all-three"), "2025-03-15").answerTables(backgroundOf(t, site, "all-three").Forms), "HADS")
	if one.Columns[0].Version != "" {
		t.Errorf("one version is named: %+v", one.Columns)
	}
}

func TestAFormScoredAnewTellsByWhatAndWhichScoreCameOutOtherwise(t *testing.T) {
	site := newTestSite(t, stricterHADS(t))
	site.threeBlank("anew")
	plan, err := site.PreviewRescore(local, clinic.RescoreRequest{Instrument: "hads", Version: "2"}, func(clinic.RescoreFinding) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := site.ApplyRescore(local, plan.PlanID, "the new manual"); err != nil {
		t.Fatal(err)
	}
	acts := func() []changeAct {
		background := backgroundOf(t, site, "anew")
		r := newReading(wording.English, background.Trend, "2025-03-15")
		changed := newSite(site.Clinic, Options{}).changedForms(r, background.Changed)
		if len(changed) != 1 || !strings.HasPrefix(changed[0].Title, "HADS") || len(changed[0].Acts) != 2 {
			t.Fatalf("%+v", changed)
		}
		return changed[0].Acts
	}
	first, anew := acts()[0], acts()[1]
	if first.What[0] != "first stored" || first.Counts || !anew.Counts || anew.Note != "the new manual" || anew.By != "local" || !strings.HasPrefix(anew.When, "15 Mar 2025") {
		t.Errorf("%+v\n%+v", first, anew)
	}
	if told := strings.Join(anew.What, "; "); !strings.Contains(told, "scored anew by version 2") || !strings.Contains(told, "Anxiety: from ") || !strings.Contains(told, " to no score") || strings.Contains(told, "Depression") {
		t.Error(told)
	}
	if _, err := site.RevertRescore(local, plan.PlanID, "a mistake"); err != nil {
		t.Fatal(err)
	}
	if first, anew := acts()[0], acts()[1]; !first.Counts || anew.Counts {
		t.Errorf("reverted: %+v\n%+v", first, anew)
	}
}
