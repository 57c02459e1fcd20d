package wording_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/scoring/instruments"
	"github.com/painscore/painscore/server/wording"
)

var update = flag.Bool("update", false, "write the golden sentences anew")

// builtin is an instrument of the built-in catalogue.
func builtin(t *testing.T, id string) *scoring.Instrument {
	t.Helper()
	catalogue, err := instruments.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range catalogue.List() {
		if in.ID() == id {
			return in
		}
	}
	t.Fatalf("no instrument %s", id)
	return nil
}

// scored is a score of a scale as scoring would give it, band and flags too.
func scored(t *testing.T, in *scoring.Instrument, scale, value string) *scoring.Score {
	t.Helper()
	info, ok := in.Scale(scale)
	if !ok {
		t.Fatalf("no scale %s", scale)
	}
	s := &scoring.Score{Scale: scale, Direction: info.Direction, Decimals: info.Decimals, Line: info.Line, Answered: len(info.Items), Expected: len(info.Items)}
	number, refused := strings.CutPrefix(value, "refused")
	if refused {
		s.Outcome, s.Refusal.Reason = scoring.Refused, scoring.TooFewAnswers
		return s
	}
	number, s.Prorated = strings.CutSuffix(number, " prorated")
	exact, err := scoring.Decimal(number).Exact()
	if err != nil {
		t.Fatal(err)
	}
	s.Outcome, s.Value = scoring.Valued, exact
	switch {
	case info.Kind == scoring.KindProfile:
		s.Outcome = scoring.Profiled
	case s.Prorated:
		s.Decimals = max(2, s.Decimals)
	case info.Kind == scoring.KindIndex:
		s.Decimals, s.ValueSet = 4, "se_tto_2020"
	}
	for _, b := range info.Bands {
		if exact.Cmp(b.From) >= 0 {
			s.Band = b.Code
		}
	}
	for _, f := range info.Flags {
		if exact.Cmp(f.From) >= 0 {
			s.Flags = append(s.Flags, f.Code)
		}
	}
	return s
}

// told makes a change ready for a sentence, judged as clinic judges it.
// "" for a score stands for an occasion without a form.
func told(t *testing.T, id, scale, from, to string, with ...func(*sides)) wording.ChangeTold {
	t.Helper()
	in := builtin(t, id)
	s := sides{c: wording.ChangeTold{Instrument: id, Scale: scale, From: "baseline", To: "follow_up_12_months"}}
	for _, end := range []struct {
		value string
		score **scoring.Score
	}{{from, &s.c.FromScore}, {to, &s.c.ToScore}} {
		if end.value != "" {
			*end.score = scored(t, in, scale, end.value)
		}
	}
	s.from = scoring.Measurement{Instrument: id, ScoringHash: in.ScoringHash(), Score: s.c.FromScore}
	s.to = scoring.Measurement{Instrument: id, ScoringHash: in.ScoringHash(), Score: s.c.ToScore}
	s.evidence = in.EvidenceOf(scale)
	for _, f := range with {
		f(&s)
	}
	return s.judged()
}

// sides are the two ends of a change and what its verdicts depend on.
type sides struct {
	c         wording.ChangeTold
	from, to  scoring.Measurement
	evidence  scoring.Evidence
	exhausted bool
}

func (s *sides) judged() wording.ChangeTold {
	if s.c.FromScore == nil || s.c.ToScore == nil {
		return s.c
	}
	change := scoring.Compare(&s.from, &s.to)
	s.c.Change = &change
	s.c.Paretian, _ = scoring.Paretian(&s.from, &s.to)
	if change.Comparable {
		judgement := s.evidence.Judge(&s.from, &s.to, &change, scoring.Circumstances{Exhaustion: s.exhausted, AboutAYear: s.c.To == "follow_up_12_months"})
		s.c.Judgement, s.c.Crossed = &judgement, scoring.Crossings(s.c.FromScore, s.c.ToScore)
	}
	return s.c
}

func atEnd(s *sides)           { s.c.To = "programme_end" }
func exhaustion(s *sides)      { s.exhausted = true }
func otherScoring(s *sides)    { s.to.ScoringHash = "another" }
func missingBaseline(s *sides) { s.c.BaselineMissing = true }
func fewerAreas(s *sides)      { s.c.FromScore.Expected, s.c.ToScore.Expected = 11, 10 }
func otherVersion(s *sides)    { s.to.Instrument = "eq_5d_3l" }
func sixWeeks(s *sides)        { s.c.To, s.c.ToLabel = "other", "6 veckor" }
func ownNorm(s *sides) {
	own := scoring.Norm{Low: scoring.Whole(2), High: scoring.Whole(2), Name: "our clinic", Date: "2025-01-01", Population: "our patients"}
	s.evidence = s.evidence.With([]scoring.Norm{own}, nil)
}

// goldenChanges are the changes that a sentence has to get right.
func goldenChanges(t *testing.T) []named {
	nprs := func(from, to string, with ...func(*sides)) wording.ChangeTold {
		return told(t, "nprs", "average_pain", from, to, with...)
	}
	hads := func(from, to string, with ...func(*sides)) wording.ChangeTold {
		return told(t, "hads", "anxiety", from, to, with...)
	}
	return []named{
		{"pain 6 to 4", nprs("6", "4")},
		{"pain 7 to 5", nprs("7", "5")},
		{"pain 3 to 2", nprs("3", "2")},
		{"pain from 0", nprs("0", "3")},
		{"pain 9 to 6, more than the error", nprs("9", "6")},
		{"pain unchanged", nprs("5", "5")},
		{"pain at the programme's end", nprs("7", "5", atEnd)},
		{"worsening over some months", nprs("5", "8", atEnd)},
		{"catastrophising from 30", told(t, "pcs", "total", "30", "22")},
		{"catastrophising from 31", told(t, "pcs", "total", "31", "23")},
		{"subscale that is only descriptive", told(t, "pcs", "rumination", "12", "8")},
		{"prorated against complete", hads("14 prorated", "9")},
		{"prorated with a known error", told(t, "tsk_17", "total", "40", "30.25 prorated")},
		{"another scoring", nprs("6", "4", otherScoring)},
		{"exhaustion programme", nprs("6", "4", exhaustion)},
		{"exhaustion programme, prorated anxiety", hads("14 prorated", "9", exhaustion)},
		{"exhaustion programme, sleep", told(t, "isi", "total", "20", "10", exhaustion)},
		{"distress has no threshold", told(t, "hads", "total", "22", "14")},
		{"one HADS point", hads("11", "10")},
		{"HADS at the programme's end", hads("12", "7", atEnd)},
		{"HADS possibly", hads("9", "7")},
		{"HADS worsening possibly", hads("7", "9", atEnd)},
		{"TSK-11 important but within error", told(t, "tsk_17", "tsk_11", "30", "26")},
		{"TSK beyond error, importance not known", told(t, "tsk_17", "total", "45", "36")},
		{"sleep, flag without a band", told(t, "isi", "total", "14", "13")},
		{"sleep, worsening", told(t, "isi", "total", "10", "18", atEnd)},
		{"index of EQ-5D", told(t, "eq_5d_5l", "index", "0.6976", "-0.012")},
		{"EQ VAS", told(t, "eq_5d_5l", "vas", "45", "60")},
		{"EQ VAS on two versions", told(t, "eq_5d_5l", "vas", "45", "50", otherVersion)},
		{"work ability now", told(t, "wai", "was", "3", "5")},
		{"work ability", told(t, "wai", "total", "27.5", "31")},
		{"refused at the end", told(t, "tsk_17", "total", "42", "refused", atEnd)},
		{"refused twice", told(t, "tsk_17", "total", "refused", "refused")},
		{"missing baseline", hads("", "8", missingBaseline)},
		{"this form missing at baseline", hads("", "8")},
		{"another occasion", hads("12", "8", sixWeeks)},
		{"LiSat count", told(t, "lisat_11", "satisfied_count", "4", "6")},
		{"LiSat with other denominators", told(t, "lisat_11", "satisfied_count", "4", "6", fewerAreas)},
		{"profile better", told(t, "eq_5d_5l", "profile", "21342", "21331")},
		{"profile the other way", told(t, "eq_5d_5l", "profile", "21342", "21343")},
		{"profile mixed", told(t, "eq_5d_5l", "profile", "21342", "12342")},
		{"profile unchanged", told(t, "eq_5d_5l", "profile", "21342", "21342")},
		{"profile without problems", told(t, "eq_5d_5l", "profile", "11111", "11111")},
		{"profiles of two versions", told(t, "eq_5d_5l", "profile", "21342", "21231", otherVersion)},
		{"a unit's own norm", hads("12", "9", ownNorm)},
		{"a unit's own norm, worsening", hads("9", "12", ownNorm)},
	}
}

type named struct {
	name string
	told wording.ChangeTold
}

// The sentences stand in testdata/sentences.txt, to be read by people: whoever
// changes a word sees there what it does to every kind of change.
func TestSentencesInBothLanguages(t *testing.T) {
	var got strings.Builder
	for _, c := range goldenChanges(t) {
		got.WriteString("# " + c.name + "\n")
		for _, l := range wording.Languages() {
			sentence := l.Sentence(c.told)
			got.WriteString(string(l) + ": " + sentence + "\n")
			if n := len(strings.Fields(sentence)); n > 55 {
				t.Errorf("%s has %d words: nobody reads it aloud", c.name, n)
			}
		}
		got.WriteString("\n")
	}
	const path = "testdata/sentences.txt"
	if *update {
		if err := os.WriteFile(path, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("%s differs; read the sentences and run with -update", path)
	}
}

// What must and must not be heard, said here so that it does not depend on
// somebody reading the golden sentences.
func TestWhatASentenceMustSay(t *testing.T) {
	sentences := map[string][2]string{}
	for _, c := range goldenChanges(t) {
		sentences[c.name] = [2]string{wording.Swedish.Sentence(c.told), wording.English.Sentence(c.told)}
	}
	for _, c := range []struct{ name, sv, en string }{
		{"pain 6 to 4", "förbättring", "improved"},
		{"pain 7 to 5", "2 poäng eller 28,6 procent lägre", "2 points or 28.6 percent lower"},
		{"pain 3 to 2", "möjligen", "possibly"},
		{"pain from 0", "försämring", "worse"},
		{"worsening over some months", "försämring", "worse"},
		{"worsening over some months", "över ett år och för förändring åt andra hållet", "over one year and for change the other way"},
		{"catastrophising from 30", "förbättring", "improved"},
		{"catastrophising from 31", "ingen tydlig förändring", "no clear change"},
		{"prorated against complete", "uppräknad från färre svar", "worked out from fewer answers"},
		{"prorated with a known error", "mätfelet bedöms inte", "measurement error is not judged"},
		{"another scoring", "går inte att jämföra", "cannot be compared"},
		{"exhaustion programme", "inte utmattning", "not exhaustion"},
		{"distress has no threshold", "lägre är bättre", "lower is better"},
		{"one HADS point", "ingen tydlig förändring", "no clear change"},
		{"TSK-11 important but within error", "men skillnaden ligger inom mätfelet", "but the difference is within measurement error"},
		{"index of EQ-5D", "−0,012", "−0.012"},
		{"refused at the end", "för få svar", "too few answers"},
		{"missing baseline", "inför nybesöket saknas", "baseline is missing"},
		{"LiSat with other denominators", "11 frågor", "11 questions"},
		{"profile mixed", "större på minst ett annat", "greater in at least one other"},
		{"EQ VAS on two versions", "två olika versioner", "two different versions"},
	} {
		s, ok := sentences[c.name]
		if !ok || !strings.Contains(s[0], c.sv) || !strings.Contains(s[1], c.en) {
			t.Errorf("%s: %q, %q", c.name, s[0], s[1])
		}
	}
	for _, name := range []string{"one HADS point", "distress has no threshold", "exhaustion programme", "pain 3 to 2", "catastrophising from 31", "profile better", "profile the other way", "another scoring"} {
		if s := sentences[name]; slices.ContainsFunc(s[:], anticipates) {
			t.Errorf("%s: %q", name, s)
		}
	}
}
