package review

import (
	"strings"
	"testing"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/wording"
)

// correct amends the HADS of an episode's baseline: item 2 was 0 on the paper.
func (s *testSite) correct(episode, on string) {
	s.t.Helper()
	_, err := s.AmendSubmission(local, clinic.Amendment{
		CareUnit: unit, SubmissionID: episode + "-hads-" + on, Version: 1,
		Decision: clinic.Decision{Author: "A. Berg", Reason: "fråga 2 fel inläst"},
		Sheet:    s.hads(0, 3),
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// hads is a form of the HADS with one item apart.
func (s *testSite) hads(second, others int32) *clinic.Sheet {
	sheet := &clinic.Sheet{Instrument: "hads"}
	for _, item := range strings.Fields("1 2 3 4 5 6 7 8 9 10 11 12 13 14") {
		value := others
		if item == "2" {
			value = second
		}
		sheet.Answers = append(sheet.Answers, scoring.Answer{Item: item, Response: scoring.Response{Kind: scoring.Answered, Value: value}})
	}
	return sheet
}

// byRelative stores a form that somebody else has filled in.
func (s *testSite) byRelative(episode, on string) {
	s.t.Helper()
	sub := clinic.Submission{
		Patient: patient(episode), CareUnit: unit, EpisodeID: episode, Occasion: store.Baseline, AnsweredOn: on, Respondent: store.Relative,
		Forms: []clinic.Form{{SubmissionID: episode + "-relative", Sheet: *s.hads(1, 1)}},
	}
	if _, _, err := s.Submit(local, sub, false); err != nil {
		s.t.Fatal(err)
	}
}

func backgroundOf(t *testing.T, site *testSite, episode string) *clinic.Background {
	t.Helper()
	background, err := site.Background(local, clinic.EpisodeRef{CareUnit: unit, EpisodeID: episode}, false)
	if err != nil {
		t.Fatal(err)
	}
	return background
}

func tableOf(t *testing.T, tables []answerTable, caption string) answerTable {
	t.Helper()
	for _, table := range tables {
		if strings.HasPrefix(table.Caption, caption) {
			return table
		}
	}
	t.Fatalf("no answers to %s", caption)
	return answerTable{}
}

func TestAnswersStandSideBySideAsTheyWereGiven(t *testing.T) {
	site := newTestSite(t)
	r := newReading(wording.English, episodeOf(t, site, "all-three"), "2025-03-15")
	tables := r.answerTables(backgroundOf(t, site, "all-three").Forms)
	hads := tableOf(t, tables, "HADS")
	if len(hads.Columns) != 3 || hads.Columns[0].Occasion != "Baseline" || hads.Columns[2].Occasion != "12 months" {
		t.Errorf("columns %+v", hads.Columns)
	}
	if cell := hads.Rows[1].Cells[1]; cell.Text != "blank" || !cell.Empty {
		t.Errorf("an item left blank reads %+v", cell)
	}
	lisat := tableOf(t, tables, "LiSat-11")
	for _, row := range lisat.Rows {
		if row.Name == "Partner relationship" && row.Cells[2].Text != "does not apply" {
			t.Errorf("an item that does not apply reads %+v", row.Cells[2])
		}
	}
	tsk := tableOf(t, tables, "TSK")
	if row := tsk.Rows[3]; row.Reversed != "reversed" || !tsk.Reversed || row.Cells[0].Counted == "" || row.Range != "1–4" {
		t.Errorf("item 4 of the TSK is reversed: %+v", row)
	}
	if row := tsk.Rows[0]; row.Reversed != "" || row.Cells[0].Counted != "" {
		t.Errorf("item 1 of the TSK is not reversed: %+v", row)
	}
}

func TestARelativesAnswersStandApart(t *testing.T) {
	site := newTestSite(t)
	before := len(episodeOf(t, site, "all-three").Forms)
	site.byRelative("all-three", "2023-01-21")
	r := newReading(wording.English, episodeOf(t, site, "all-three"), "2025-03-15")
	if got := len(r.trend.Forms); got != before {
		t.Errorf("%d forms in the trend, want %d", got, before)
	}
	tables := r.answerTables(backgroundOf(t, site, "all-three").Forms)
	table := tableOf(t, tables, "HADS, answered by a relative, no part of the development")
	if len(table.Columns) != 1 || len(tableOf(t, tables, "HADS").Columns) != 3 {
		t.Errorf("the relative's form has mixed with the patient's: %+v", table.Columns)
	}
}

func TestTheHistorySaysWhoChangedWhatAndWhy(t *testing.T) {
	site := newTestSite(t)
	site.correct("all-three", "2023-01-20")
	pages := site.pages(Options{})
	body := text(t, ask(pages, "GET", episodePath("all-three")+"/answers?lang=sv"))
	for _, must := range []string{"HADS, Inför nybesök", "A. Berg", "fråga 2 fel inläst", "fråga 2: från ", " till 0", "gäller nu", "först sparat"} {
		if !strings.Contains(body, must) {
			t.Errorf("the history lacks %q", must)
		}
	}
	if strings.Contains(body, "Inget formulär i vårdepisoden har ändrats") {
		t.Error("a change is denied")
	}
}

func TestOtherEpisodesAreLinkedAndNeverMixed(t *testing.T) {
	site := newTestSite(t)
	second := store.Episode{EpisodeID: "second", CareUnit: unit, FirstVisitOn: "2025-02-01"}
	if _, err := site.UpsertEpisode(local, clinic.EpisodeUpdate{Patient: patient("all-three"), Episode: second}); err != nil {
		t.Fatal(err)
	}
	pages := site.pages(Options{})
	for from, to := range map[string]string{"second": "all-three", "all-three": "second"} {
		if body := text(t, ask(pages, "GET", episodePath(from))); !strings.Contains(body, `<a href="`+episodePath(to)+`">`) {
			t.Errorf("%s does not lead to %s", from, to)
		}
	}
	if body := text(t, ask(pages, "GET", episodePath("baseline-only"))); strings.Contains(body, "andra vårdepisoder") {
		t.Error("a patient with one episode has others")
	}
	if trend := episodeOf(t, site, "second"); len(trend.Lines) != 0 {
		t.Error("the first episode's forms stand in the second")
	}
}

func TestTheHeaderSaysWhatThePatientSaysToTheRegistry(t *testing.T) {
	r := &reading{Language: wording.English, trend: &clinic.Trend{}}
	choice := func(provider, registry string, c store.Choice, on string) store.RegistryChoice {
		return store.RegistryChoice{Provider: provider, Registry: registry, Choice: c, DecidedOn: on}
	}
	for want, choices := range map[string][]store.RegistryChoice{
		"not informed":                          nil,
		"nrs: objected 6 May 2024":              {choice("a", "nrs", store.Informed, "2024-01-02"), choice("a", "nrs", store.Objected, "2024-05-06")},
		"nrs: informed 2 Jan 2024; x: objected": {choice("a", "nrs", store.Informed, "2024-01-02"), choice("a", "x", store.Objected, "")},
	} {
		if got := r.choices(choices).Text; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	body := text(t, ask(newTestSite(t).pages(Options{}), "GET", episodePath("all-three")+"?lang=sv"))
	if !strings.Contains(body, "<dt>Kvalitetsregister</dt><dd>inte informerad <a href=") {
		t.Error("the header does not say the registry choice")
	}
}
