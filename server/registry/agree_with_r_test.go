//go:build agreewithr

package registry

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/painscore/painscore/scoring"
)

// TestWriteForR writes made-up patients and the report on them, for R to
// compute the same from the patients and compare: .ci/agree-with-r.
func TestWriteForR(t *testing.T) {
	dir := os.Getenv("PAINSCORE_AGREE_WITH_R")
	if dir == "" {
		t.Fatal("PAINSCORE_AGREE_WITH_R names no folder")
	}
	s := newSynthetic(t, 20260101, "hads", "isi", "pcs", "nprs", "cpaq_8", "lisat_11", "eq_5d_5l", "wai", "tsk_17")
	var cases []Case
	for n := range 4000 {
		cases = append(cases, s.patient(n))
	}
	report := reportOf(t, Request{}, cases)
	body, err := json.MarshalIndent(report, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "report.json"), body, 0o600); err != nil {
		t.Fatal(err)
	}
	writeRows(t, filepath.Join(dir, "figures.csv"), figuresOf(report))
	writeRows(t, filepath.Join(dir, "episodes.csv"), episodeRows(cases))
	writeRows(t, filepath.Join(dir, "scores.csv"), scoreRows(t, cases))
	writeRows(t, filepath.Join(dir, "answers.csv"), answerRows(t, cases))
	writeRows(t, filepath.Join(dir, "thresholds.csv"), thresholdRows(t))
}

func writeRows(t *testing.T, name string, rows [][]string) {
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w := csv.NewWriter(f)
	if err := w.WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func episodeRows(cases []Case) [][]string {
	rows := [][]string{{"episode", "level", "unit", "type", "status", "referred", "visited", "started", "ended", "silent"}}
	for _, c := range cases {
		e := &c.Episode
		rows = append(rows, []string{e.EpisodeID, e.CareLevel, e.CareUnit, e.ProgrammeType, e.Status, e.ReferredOn, e.FirstVisitOn, e.StartedOn, e.EndedOn, strconv.FormatBool(e.DoNotContact)})
	}
	return rows
}

func scoreRows(t *testing.T, cases []Case) [][]string {
	rows := [][]string{{"episode", "occasion", "instrument", "scale", "set", "value", "exact", "expected", "answered_on"}}
	for _, c := range cases {
		for _, f := range c.Forms {
			scores, err := scoring.ParseScores(f.Scores)
			if err != nil {
				t.Fatal(err)
			}
			for i := range scores {
				s, exact := &scores[i], ""
				if s.Outcome == scoring.Valued {
					exact = strconv.FormatFloat(float64(s.Value.Num)/float64(s.Value.Den), 'g', 17, 64)
				}
				rows = append(rows, []string{f.EpisodeID, string(f.Occasion), f.Instrument, s.Scale, s.ValueSet, s.Text(), exact, strconv.Itoa(s.Expected), f.AnsweredOn})
			}
		}
	}
	return rows
}

func answerRows(t *testing.T, cases []Case) [][]string {
	catalogue, _ := catalogueOf(t)
	in, _ := catalogue.Instrument("eq_5d_5l", "")
	rows := [][]string{{"episode", "occasion", "item", "value"}}
	var answers scoring.Answers
	for _, c := range cases {
		for _, f := range c.Forms {
			if f.Instrument != in.ID() {
				continue
			}
			if err := scoring.ParseAnswers(f.Answers, in, &answers); err != nil {
				t.Fatal(err)
			}
			for i, r := range answers.Responses {
				value := ""
				if r.Kind == scoring.Answered {
					value = strconv.Itoa(int(r.Value))
				}
				rows = append(rows, []string{f.EpisodeID, string(f.Occasion), in.Items()[i].Code, value})
			}
		}
	}
	return rows
}

func thresholdRows(t *testing.T) [][]string {
	catalogue, _ := catalogueOf(t)
	rows := [][]string{{"instrument", "scale", "better", "low", "high", "at_most", "above", "borrowed"}}
	for _, in := range catalogue.Active() {
		for _, s := range in.Scales() {
			if s.Def.Change == nil {
				continue
			}
			for _, m := range s.Def.Change.MCID {
				better := map[scoring.Direction]string{scoring.HigherIsBetter: "1", scoring.HigherIsWorse: "-1"}[s.Direction]
				rows = append(rows, []string{in.ID(), s.Code, better, string(m.Low), string(m.High), string(m.EarlierAtMost), string(m.EarlierAbove), strconv.FormatBool(m.Borrowed)})
			}
		}
	}
	return rows
}

// figuresOf lays a report out as one figure per row: what kind of figure, of
// what, and its value or reason.
func figuresOf(report *Report) [][]string {
	rows := [][]string{{"figure", "of", "value"}}
	add := func(figure, of string, value any) {
		body, err := json.Marshal(value)
		if err != nil {
			panic(err)
		}
		rows = append(rows, []string{figure, of, string(body)})
	}
	share := func(figure, of string, s Share) {
		add(figure+" share", of, s.Value)
		add(figure+" low", of, s.CI.Low)
		add(figure+" high", of, s.CI.High)
	}
	summary := func(of string, s Summary) {
		for name, f := range map[string]Figure{"mean": s.Mean, "sd": s.SD, "q1": s.Q1, "median": s.Median, "q3": s.Q3} {
			add(name, of, f)
		}
		add("n", of, s.N)
	}
	for _, g := range report.Groups {
		for _, s := range g.Flow {
			add("n", g.CareLevel+" flow "+string(s.Code), s.N)
			if s.Days.N.N > 0 {
				summary(g.CareLevel+" days "+string(s.Code), s.Days)
			}
		}
		for _, r := range g.Responses {
			of := g.CareLevel + " response " + string(r.Occasion)
			add("n", of+" expected", r.Expected)
			add("n", of+" answered", r.Answered)
			share("response", of, r.Rate)
		}
		for _, s := range g.Scales {
			scale := fmt.Sprintf("%s %s %s", g.CareLevel, s.Instrument, s.Scale)
			for _, o := range s.Occasions {
				summary(scale+" "+string(o.Occasion), o.Summary)
			}
			for _, c := range s.Changes {
				of := fmt.Sprintf("%s %s %s", scale, c.From, c.To)
				for name, f := range map[string]Figure{"mean": c.Mean, "sd": c.SD, "ci low": c.CI.Low, "ci high": c.CI.High, "srm": c.SRM, "g": c.HedgesG} {
					add("change "+name, of, f)
				}
				add("change n", of, c.N)
				for _, v := range c.Verdicts {
					if c.Judged.N > 0 {
						add("verdict n", of+" "+v.Code, v.N)
						share("verdict", of+" "+v.Code, v.Share)
					}
				}
			}
		}
		for _, p := range g.Paretian {
			for _, c := range p.Classes {
				of := fmt.Sprintf("%s %s %s %s", g.CareLevel, p.From, p.To, c.Code)
				add("pchc n", of, c.N)
				share("pchc", of, c.Share)
			}
		}
		for _, i := range g.Items {
			for _, c := range i.Answers {
				of := fmt.Sprintf("%s %s %s %s", g.CareLevel, i.Occasion, i.Item, c.Code)
				add("level n", of, c.N)
				share("level", of, c.Share)
			}
		}
		for _, a := range g.Attrition {
			of := fmt.Sprintf("%s %s %s %s", g.CareLevel, a.Unit, a.Instrument, a.Scale)
			add("attrition n", of+" with", a.With.N)
			add("attrition n", of+" without", a.Without.N)
			add("attrition mean", of+" with", a.With.Mean)
			add("attrition mean", of+" without", a.Without.Mean)
			add("attrition d", of, a.Standardised)
		}
	}
	return rows
}
