package clinic_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// norm is a well-formed norm of the test unit for the NPRS.
func norm(basis clinic.NormBasis, low, high scoring.Decimal) clinic.Norm {
	return clinic.Norm{
		Instrument: "nprs", Scale: "average_pain", Basis: basis, Low: low, High: high,
		Name: "our own 2024", Date: "2024-12-31", Source: "quality report 2024, table 3", Population: "our patients 2020–2023, n = 412",
	}
}

func computed(sd, r scoring.Decimal) clinic.Norm {
	n := norm(clinic.SDCFromReliability, "", "")
	n.SD, n.Reliability = sd, r
	return n
}

func setNorm(careUnit string, n clinic.Norm) clinic.SettingChange {
	return clinic.SettingChange{CareUnit: careUnit, Norm: &n}
}

func TestANormOfTheUnitDecidesInPlaceOfThePublishedOne(t *testing.T) {
	s := open(t, clinic.Settings{})
	threeOccasions(t, s, 7, 5, 4)
	judged := func() scoring.Judgement {
		t.Helper()
		return change(t, line(t, s.trend(t), "nprs", "average_pain"), 0, 1).Judgement // two points
	}
	published := judged()
	if published.Importance.Answer != scoring.Important || published.Error.Answer != scoring.Uncertain || published.Importance.Threshold.Name != "" {
		t.Fatalf("the premise does not hold: %+v", published)
	}
	hashes := map[string]bool{published.EvidenceHash: true}
	remove := func(careUnit, name string) clinic.SettingChange {
		return clinic.SettingChange{CareUnit: careUnit, Remove: &clinic.SettingName{Kind: clinic.NormSetting, Name: name}}
	}
	own := norm(clinic.MCIDInterval, "2.5", "3")
	everyUnit := norm(clinic.MCIDInterval, "1.5", "2.5")
	everyUnit.Name = "all units"
	for _, step := range []struct {
		name       string
		change     clinic.SettingChange
		importance scoring.VerdictAnswer
		byName     string
		measured   scoring.VerdictAnswer
	}{
		{"another unit's", setNorm("SE-2", own), scoring.Important, "", scoring.Uncertain},
		{"every unit's", setNorm("", everyUnit), scoring.Uncertain, "all units", scoring.Uncertain},
		{"the unit's own", setNorm(unit, own), scoring.NotImportant, "our own 2024", scoring.Uncertain},
		{"an SDC beside it", setNorm(unit, norm(clinic.SDCInterval, "1.9", "1.9")), scoring.NotImportant, "our own 2024", scoring.BeyondError},
		{"an SDC in its place", setNorm(unit, computed("1.4", "0.4")), scoring.NotImportant, "our own 2024", scoring.WithinError},
		{"the own MCID removed", remove(unit, "nprs/average_pain/mcid"), scoring.Uncertain, "all units", scoring.WithinError},
		{"every unit's removed", remove("", "nprs/average_pain/mcid"), scoring.Important, "", scoring.WithinError},
	} {
		s.set(t, step.change)
		got := judged()
		if got.Importance.Answer != step.importance || got.Importance.Threshold.Name != step.byName || got.Error.Answer != step.measured {
			t.Errorf("%s: %s by %q, %s", step.name, got.Importance.Answer, got.Importance.Threshold.Name, got.Error.Answer)
		}
		if changed := step.name != "another unit's"; hashes[got.EvidenceHash] == changed {
			t.Errorf("%s: the hash of the evidence says otherwise", step.name)
		}
		hashes[got.EvidenceHash] = true
	}
	s.set(t, remove(unit, "nprs/average_pain/sdc"))
	if diff := cmp.Diff(published.EvidenceHash, judged().EvidenceHash); diff != "" {
		t.Errorf("after the last removal: %s", diff)
	}
}

func TestAVerdictShowsWhatDecided(t *testing.T) {
	s := open(t, clinic.Settings{})
	threeOccasions(t, s, 7, 5, 4)
	n := computed("1.4", "0.4")
	n.Borrowed, n.OverAYear = true, true
	stored := s.set(t, setNorm(unit, n))
	if stored.Norm.Low != "3.01" || stored.Norm.High != "3.01" || stored.Norm.SD != "1.4" {
		t.Errorf("stored: %+v", stored.Norm) // 1.96·√2·1.4·√0.6 = 3.00594…
	}
	judgement := change(t, line(t, s.trend(t), "nprs", "average_pain"), 0, 1).Judgement
	want := scoring.Norm{
		Low: scoring.Fraction(301, 100), High: scoring.Fraction(301, 100), Name: "our own 2024", Date: "2024-12-31",
		Sources: []string{"quality report 2024, table 3"}, Population: "our patients 2020–2023, n = 412",
		Found: "1.96·√2·SD·√(1−r), SD 1.4, r 0.4", OverAYear: true, Borrowed: true,
	}
	if diff := cmp.Diff(want, *judgement.Error.Threshold); diff != "" {
		t.Error(diff)
	}
}

func TestBadNormsAreRefusedWithEveryProblem(t *testing.T) {
	s := open(t, clinic.Settings{})
	with := func(n clinic.Norm, change func(*clinic.Norm)) clinic.Norm { change(&n); return n }
	good := norm(clinic.SDCInterval, "1", "2")
	scale := func(instrument, scale, set string) clinic.Norm {
		return with(norm(clinic.MCIDInterval, "0.05", "0.1"), func(n *clinic.Norm) { n.Instrument, n.Scale, n.ValueSet = instrument, scale, set })
	}
	tests := map[string]struct {
		norm clinic.Norm
		want []string
	}{
		"nothing":              {clinic.Norm{}, []string{"norm.date REQUIRED", "norm.instrument REQUIRED", "norm.name REQUIRED", "norm.population REQUIRED", "norm.source REQUIRED", "norm.threshold REQUIRED"}},
		"low above high":       {norm(clinic.SDCInterval, "2.1", "2"), []string{"norm.sdc.high OUT_OF_RANGE"}},
		"negative":             {norm(clinic.MCIDInterval, "-1", "2"), []string{"norm.mcid.low OUT_OF_RANGE"}},
		"zero":                 {norm(clinic.MCIDInterval, "0.00", "0"), []string{"norm.mcid.high OUT_OF_RANGE", "norm.mcid.low OUT_OF_RANGE"}},
		"more than the scale":  {norm(clinic.SDCInterval, "10", "10.01"), []string{"norm.sdc.high OUT_OF_RANGE"}},
		"no decimals":          {norm(clinic.SDCInterval, "1,5", "2e0"), []string{"norm.sdc.high BAD_FORMAT", "norm.sdc.low BAD_FORMAT"}},
		"not given":            {norm(clinic.SDCInterval, "", ""), []string{"norm.sdc.high REQUIRED", "norm.sdc.low REQUIRED"}},
		"SD and r not given":   {computed("", ""), []string{"norm.sd_and_reliability.reliability REQUIRED", "norm.sd_and_reliability.sd REQUIRED"}},
		"r above 1":            {computed("1", "1.01"), []string{"norm.sd_and_reliability.reliability OUT_OF_RANGE"}},
		"r of 1":               {computed("1", "1.00"), []string{"norm.sd_and_reliability.reliability OUT_OF_RANGE"}},
		"r negative, SD zero":  {computed("0", "-0.1"), []string{"norm.sd_and_reliability.reliability OUT_OF_RANGE", "norm.sd_and_reliability.sd OUT_OF_RANGE"}},
		"neither a number":     {computed("x", "NaN"), []string{"norm.sd_and_reliability.reliability BAD_FORMAT", "norm.sd_and_reliability.sd BAD_FORMAT"}},
		"an SDC of nothing":    {computed("0.001", "0.9"), []string{"norm.sd_and_reliability.sd OUT_OF_RANGE"}},
		"an SDC off the scale": {computed("9", "0.5"), []string{"norm.sd_and_reliability.sd OUT_OF_RANGE"}},
		"unknown instrument":   {scale("x", "y", ""), []string{"norm.instrument UNKNOWN_INSTRUMENT"}},
		"unknown scale":        {scale("hads", "fear", ""), []string{"norm.scale UNKNOWN_SCALE"}},
		"scale not given":      {scale("hads", "", ""), []string{"norm.scale REQUIRED"}},
		"a descriptive scale":  {scale("pcs", "rumination", ""), []string{"norm.scale SCALE_NOT_JUDGED"}},
		"a profile":            {scale("eq_5d_5l", "profile", ""), []string{"norm.scale SCALE_NOT_JUDGED"}},
		"index without set":    {scale("eq_5d_5l", "index", ""), []string{"norm.value_set REQUIRED"}},
		"index of another":     {scale("eq_5d_5l", "index", "se_tto_2014"), []string{"norm.value_set UNKNOWN_VALUE_SET"}},
		"value set elsewhere":  {scale("hads", "anxiety", "se_tto_2020"), []string{"norm.value_set BAD_FORMAT"}},
		"no such day":          {with(good, func(n *clinic.Norm) { n.Date = "2024-02-30" }), []string{"norm.date BAD_DATE"}},
		"tomorrow":             {with(good, func(n *clinic.Norm) { n.Date = "2025-03-16" }), []string{"norm.date FUTURE_DATE"}},
		"long and broken text": {with(good, func(n *clinic.Norm) { n.Name, n.Source, n.Population = string(make([]rune, 65)), "a\nb", " c" }), []string{"norm.name TOO_LONG", "norm.population BAD_FORMAT", "norm.source BAD_FORMAT"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := s.ChangeSetting(ebba, setNorm(unit, tc.norm))
			if diff := cmp.Diff(tc.want, problems(t, err)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if got := s.told(t, clinic.SettingsFilter{Kind: clinic.NormSetting, History: true}); len(got) != 0 {
		t.Errorf("stored: %q", got)
	}
}

// TestANormOfAnIndexHoldsForItsValueSet: points by one set are not points by
// another.
func TestANormOfAnIndexHoldsForItsValueSet(t *testing.T) {
	s := open(t, clinic.Settings{})
	sets := []string{"se_tto_2020", "se_ctto_2022"}
	s.submit(t, at(store.Baseline, "2023-11-01", "s-1", eq5d("eq_5d_5l", 40, sets...)))
	s.submit(t, at(store.ProgrammeEnd, "2024-03-01", "s-2", eq5d("eq_5d_5l", 60, sets...)))
	n := computed("0.2231", "0.7")
	n.Instrument, n.Scale, n.ValueSet = "eq_5d_5l", "index", "se_tto_2020"
	stored := s.set(t, setNorm("", n))
	if stored.Name != "eq_5d_5l/index/se_tto_2020/sdc" || stored.Norm.Low != "0.3387" {
		t.Errorf("%s, %+v", stored.Name, stored.Norm)
	}
	trend := s.trend(t)
	found := 0
	for i := range trend.Lines {
		if l := &trend.Lines[i]; l.Scale.Code == "index" {
			found++
			got := change(t, l, 0, 1).Judgement.Error
			if established := got.Answer != scoring.NotEstablished; established != (l.ValueSet == "se_tto_2020") {
				t.Errorf("%s: %s", l.ValueSet, got.Answer)
			}
		}
	}
	if found != 2 {
		t.Errorf("%d lines", found)
	}
}
