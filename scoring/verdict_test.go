package scoring_test

import (
	"slices"
	"testing"

	"github.com/painscore/painscore/scoring"
)

// at makes a measurement of a scale that has this value, as Score would.
func at(t *testing.T, in *scoring.Instrument, scale string, value scoring.Exact) *scoring.Measurement {
	t.Helper()
	info, ok := in.Scale(scale)
	if !ok {
		t.Fatalf("no scale %s", scale)
	}
	s := &scoring.Score{Scale: scale, Direction: info.Direction, Outcome: scoring.Valued, Value: value, Decimals: info.Decimals, Line: info.Line, Expected: len(info.Items)}
	return &scoring.Measurement{Instrument: in.ID(), ScoringHash: in.ScoringHash(), Score: s}
}

func judge(t *testing.T, id, scale string, from, to int64, c scoring.Circumstances) scoring.Judgement {
	t.Helper()
	in := instrument(t, id)
	a, b := at(t, in, scale, scoring.Whole(from)), at(t, in, scale, scoring.Whole(to))
	change := scoring.Compare(a, b)
	return in.EvidenceOf(scale).Judge(a, b, &change, c)
}

var year = scoring.Circumstances{AboutAYear: true}

func TestVerdictsAtTheirBounds(t *testing.T) {
	tests := []struct {
		name, instrument, scale string
		from, to                int64
		importance, err         scoring.VerdictAnswer
	}{
		{"NPRS 6 to 4", "nprs", "average_pain", 6, 4, scoring.Important, scoring.Uncertain},
		{"NPRS 7 to 5", "nprs", "average_pain", 7, 5, scoring.Important, scoring.Uncertain},
		{"NPRS 3 to 2", "nprs", "average_pain", 3, 2, scoring.Uncertain, scoring.WithinError},
		{"NPRS 9 to 6, above the larger error", "nprs", "average_pain", 9, 6, scoring.Important, scoring.BeyondError},
		{"NPRS from 0", "nprs", "average_pain", 0, 3, scoring.Important, scoring.BeyondError},
		{"NPRS unchanged", "nprs", "average_pain", 5, 5, scoring.NotImportant, scoring.WithinError},
		{"PCS from 30, exactly 8", "pcs", "total", 30, 22, scoring.Important, scoring.Uncertain},
		{"PCS from 30, 7", "pcs", "total", 30, 23, scoring.NotImportant, scoring.WithinError},
		{"PCS from 31, 8", "pcs", "total", 31, 23, scoring.NotImportant, scoring.Uncertain},
		{"PCS from 31, 10", "pcs", "total", 31, 21, scoring.NotImportant, scoring.Uncertain},
		{"PCS from 31, exactly 11", "pcs", "total", 31, 20, scoring.Important, scoring.Uncertain},
		{"PCS from 40, 13", "pcs", "total", 40, 27, scoring.Important, scoring.BeyondError},
		{"PCS subscale is descriptive", "pcs", "rumination", 16, 0, scoring.NotEstablished, scoring.NotEstablished},
		{"HADS anxiety 1", "hads", "anxiety", 10, 9, scoring.NotImportant, scoring.NotEstablished},
		{"HADS anxiety 2", "hads", "anxiety", 10, 8, scoring.Uncertain, scoring.NotEstablished},
		{"HADS anxiety 3", "hads", "anxiety", 10, 7, scoring.Important, scoring.NotEstablished},
		{"HADS depression 2", "hads", "depression", 10, 8, scoring.Uncertain, scoring.NotEstablished},
		{"HADS depression 3", "hads", "depression", 7, 10, scoring.Important, scoring.NotEstablished},
		{"HADS total has neither", "hads", "total", 40, 0, scoring.NotEstablished, scoring.NotEstablished},
		{"ISI exactly 6", "isi", "total", 20, 14, scoring.Important, scoring.WithinError},
		{"ISI 5", "isi", "total", 20, 15, scoring.NotImportant, scoring.WithinError},
		{"ISI 7", "isi", "total", 20, 13, scoring.Important, scoring.BeyondError},
		{"TSK-17 8", "tsk_17", "total", 50, 42, scoring.NotEstablished, scoring.WithinError},
		{"TSK-17 9", "tsk_17", "total", 50, 41, scoring.NotEstablished, scoring.BeyondError},
		{"TSK-13 6", "tsk_17", "tsk_13", 30, 24, scoring.NotEstablished, scoring.WithinError},
		{"TSK-13 7", "tsk_17", "tsk_13", 30, 23, scoring.NotEstablished, scoring.BeyondError},
		{"TSK-11 4, below its own error", "tsk_17", "tsk_11", 30, 26, scoring.Important, scoring.WithinError},
		{"TSK-11 6", "tsk_17", "tsk_11", 30, 24, scoring.Important, scoring.BeyondError},
		{"CPAQ-8 engagement 5", "cpaq_8", "activity_engagement", 10, 15, scoring.NotEstablished, scoring.WithinError},
		{"CPAQ-8 engagement exactly 6", "cpaq_8", "activity_engagement", 10, 16, scoring.NotEstablished, scoring.Uncertain},
		{"CPAQ-8 engagement 7", "cpaq_8", "activity_engagement", 10, 17, scoring.NotEstablished, scoring.BeyondError},
		{"CPAQ-8 willingness 7", "cpaq_8", "pain_willingness", 10, 17, scoring.NotEstablished, scoring.WithinError},
		{"CPAQ-8 willingness 8", "cpaq_8", "pain_willingness", 10, 18, scoring.NotEstablished, scoring.BeyondError},
		{"CPAQ-8 total 10", "cpaq_8", "total", 20, 30, scoring.NotEstablished, scoring.WithinError},
		{"CPAQ-8 total exactly 11", "cpaq_8", "total", 20, 31, scoring.NotEstablished, scoring.Uncertain},
		{"CPAQ-8 total 12", "cpaq_8", "total", 20, 32, scoring.NotEstablished, scoring.BeyondError},
		{"EQ VAS 10", "eq_5d_5l", "vas", 50, 60, scoring.NotImportant, scoring.NotEstablished},
		{"EQ VAS 11", "eq_5d_5l", "vas", 50, 61, scoring.Important, scoring.NotEstablished},
		{"WAS 1", "wai", "was", 5, 6, scoring.NotEstablished, scoring.WithinError},
		{"WAS 2", "wai", "was", 5, 7, scoring.NotEstablished, scoring.Uncertain},
		{"WAS 5", "wai", "was", 3, 8, scoring.NotEstablished, scoring.BeyondError},
		{"WAI total has neither", "wai", "total", 20, 40, scoring.NotEstablished, scoring.NotEstablished},
		{"LiSat has neither", "lisat_11", "mean", 1, 6, scoring.NotEstablished, scoring.NotEstablished},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			j := judge(t, tc.instrument, tc.scale, tc.from, tc.to, year)
			if j.Importance.Answer != tc.importance || j.Error.Answer != tc.err {
				t.Errorf("important %s, error %s; want %s, %s", j.Importance.Answer, j.Error.Answer, tc.importance, tc.err)
			}
			for _, v := range []scoring.Verdict{j.Importance, j.Error} {
				if known := v.Answer != scoring.NotEstablished; known != (v.Threshold != nil) {
					t.Errorf("%s with threshold %v", v.Answer, v.Threshold)
				}
				if v.Threshold != nil && (len(v.Threshold.Sources) == 0 || v.Threshold.Population == "") {
					t.Error("a verdict without its source or population")
				}
			}
		})
	}
}

func TestPercentIsForReductionsOnly(t *testing.T) {
	tests := []struct {
		from, to    int64
		text, class string
	}{
		{6, 4, "33.3", "moderate"}, {7, 5, "28.6", "minimal"}, {3, 2, "33.3", "moderate"}, {10, 7, "30.0", "moderate"},
		{10, 5, "50.0", "substantial"}, {10, 9, "10.0", "minimal"}, {8, 0, "100.0", "substantial"},
		{0, 3, "", ""}, {0, 0, "", ""}, {4, 4, "", ""}, {4, 6, "", ""},
	}
	for _, tc := range tests {
		j := judge(t, "nprs", "average_pain", tc.from, tc.to, year)
		if got := string(j.Percent.AppendDecimal(nil, 1)); got != tc.text || j.PercentClass != tc.class {
			t.Errorf("%d→%d: %s %% %s, want %s %s", tc.from, tc.to, got, j.PercentClass, tc.text, tc.class)
		}
	}
	if j := judge(t, "isi", "total", 20, 10, year); j.Percent.Valid() {
		t.Error("percent on a scale that has no such rule")
	}
}

func TestProratedWithholdsTheErrorVerdictOnly(t *testing.T) {
	in := instrument(t, "hads")
	site := in.EvidenceOf("anxiety").With(nil, []scoring.Norm{{Low: scoring.Whole(2), High: scoring.Whole(2), Name: "our own", Sources: []string{"our own"}, Population: "ours"}})
	a, b := at(t, in, "anxiety", scoring.Whole(14)), at(t, in, "anxiety", scoring.Fraction(7*10, 6))
	b.Score.Prorated, b.Score.Decimals = true, 2
	change := scoring.Compare(a, b)
	j := site.Judge(a, b, &change, year)
	if j.Importance.Answer != scoring.Important || j.Error.Answer != scoring.Withheld || j.Error.Reason != scoring.WithheldProrated {
		t.Errorf("%+v", j)
	}
	if change.Text() != "-2.33" {
		t.Errorf("difference %s", change.Text())
	}
}

// TestVerdictsJudgeThePrintedDifference: −2.125 prints as −2.13, which is the
// upper bound of the MCID.
func TestVerdictsJudgeThePrintedDifference(t *testing.T) {
	in := instrument(t, "hads")
	a, b := at(t, in, "anxiety", scoring.Fraction(81, 8)), at(t, in, "anxiety", scoring.Whole(8))
	a.Score.Prorated, a.Score.Decimals = true, 2
	change := scoring.Compare(a, b)
	if j := in.EvidenceOf("anxiety").Judge(a, b, &change, year); change.Text() != "-2.13" || j.Importance.Answer != scoring.Important {
		t.Errorf("%s is %s", change.Text(), j.Importance.Answer)
	}
}

func TestExhaustionWithholdsWhatWasFoundInPain(t *testing.T) {
	exhausted := scoring.Circumstances{Exhaustion: true, AboutAYear: true}
	j := judge(t, "nprs", "average_pain", 8, 2, exhausted)
	for _, v := range []scoring.Verdict{j.Importance, j.Error} {
		if v.Answer != scoring.Withheld || v.Reason != scoring.WithheldExhaustion {
			t.Errorf("%+v", v)
		}
	}
	// Yang 2009 was found in insomnia, so pain or not makes no difference to it.
	if j := judge(t, "isi", "total", 20, 10, exhausted); j.Importance.Answer != scoring.Important || !slices.Contains(j.Importance.Caveats, scoring.CaveatBorrowed) {
		t.Errorf("%+v", j.Importance)
	}
	if j := judge(t, "hads", "total", 20, 10, exhausted); j.Importance.Answer != scoring.NotEstablished {
		t.Errorf("%s, where there is nothing to withhold", j.Importance.Answer)
	}
}

func TestVerdictsSayWhatTheirThresholdWasNotMadeFor(t *testing.T) {
	if got := judge(t, "nprs", "average_pain", 8, 4, year).Importance.Caveats; len(got) != 0 {
		t.Errorf("an improvement over a year: %v", got)
	}
	if got := judge(t, "nprs", "average_pain", 4, 8, scoring.Circumstances{}).Importance.Caveats; !slices.Equal(got, []string{scoring.CaveatWorsening, scoring.CaveatPeriod}) {
		t.Errorf("a worsening over some months: %v", got)
	}
	if got := judge(t, "pcs", "total", 30, 40, scoring.Circumstances{}).Error.Caveats; len(got) != 0 {
		t.Errorf("measurement error has neither direction nor period: %v", got)
	}
}

func TestOtherScoringEstablishesNothing(t *testing.T) {
	in := instrument(t, "nprs")
	a, b := at(t, in, "average_pain", scoring.Whole(8)), at(t, in, "average_pain", scoring.Whole(2))
	b.ScoringHash = "another"
	change := scoring.Compare(a, b)
	j := in.EvidenceOf("average_pain").Judge(a, b, &change, year)
	if change.Comparable || j.Importance.Answer != scoring.NotEstablished || j.Error.Answer != scoring.NotEstablished || j.Percent.Valid() {
		t.Errorf("%+v %+v", change, j)
	}
}

func TestASitesOwnNormDecidesInPlaceOfThePublishedOne(t *testing.T) {
	in := instrument(t, "nprs")
	own := scoring.Norm{Low: scoring.Whole(3), High: scoring.Whole(5), Name: "our clinic 2025", Date: "2025-01-01", Sources: []string{"own data"}, Population: "our patients"}
	published := in.EvidenceOf("average_pain")
	site := published.With([]scoring.Norm{own}, []scoring.Norm{own})
	for fall, want := range map[int64][2]scoring.VerdictAnswer{
		2: {scoring.NotImportant, scoring.WithinError},
		3: {scoring.Uncertain, scoring.WithinError},
		4: {scoring.Uncertain, scoring.Uncertain},
		5: {scoring.Important, scoring.Uncertain},
		6: {scoring.Important, scoring.BeyondError},
	} {
		a, b := at(t, in, "average_pain", scoring.Whole(8)), at(t, in, "average_pain", scoring.Whole(8-fall))
		change := scoring.Compare(a, b)
		j := site.Judge(a, b, &change, year)
		if j.Importance.Answer != want[0] || j.Error.Answer != want[1] || j.Importance.Threshold.Name != own.Name {
			t.Errorf("fall of %d: %s %s by %q", fall, j.Importance.Answer, j.Error.Answer, j.Importance.Threshold.Name)
		}
	}
	if site.Hash == published.Hash || site.Hash == "" {
		t.Error("the hash does not tell the site's norm from the published one")
	}
	if published.Hash != in.EvidenceOf("average_pain").Hash {
		t.Error("the hash is not the same twice")
	}
}

func TestCrossings(t *testing.T) {
	a := &scoring.Score{Band: "mild", Flags: []string{"x", "y"}}
	b := &scoring.Score{Band: "severe", Flags: []string{"y", "z"}}
	if got := scoring.Crossings(a, b); got.FromBand != "mild" || got.ToBand != "severe" || !slices.Equal(got.Raised, []string{"z"}) || !slices.Equal(got.Cleared, []string{"x"}) {
		t.Errorf("%+v", got)
	}
}

func profile(t *testing.T, in *scoring.Instrument, digits int64) *scoring.Measurement {
	m := at(t, in, "profile", scoring.Whole(digits))
	m.Score.Outcome = scoring.Profiled
	return m
}

func TestParetianClasses(t *testing.T) {
	in := instrument(t, "eq_5d_5l")
	for _, tc := range []struct {
		from, to int64
		want     scoring.ParetianClass
	}{
		{11111, 11111, scoring.NoProblems}, {21342, 21342, scoring.NoChange}, {21342, 21341, scoring.Improved}, {21342, 11111, scoring.Improved},
		{21342, 21343, scoring.Worsened}, {11111, 11112, scoring.Worsened}, {21342, 12342, scoring.Mixed}, {55555, 55554, scoring.Improved},
	} {
		if got, ok := scoring.Paretian(profile(t, in, tc.from), profile(t, in, tc.to)); !ok || got != tc.want {
			t.Errorf("%d→%d: %s, want %s", tc.from, tc.to, got, tc.want)
		}
	}
	if _, ok := scoring.Paretian(profile(t, in, 11111), profile(t, instrument(t, "eq_5d_3l"), 11111)); ok {
		t.Error("profiles of 5L and 3L were compared")
	}
}
