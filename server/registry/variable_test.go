package registry

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/scoring/instruments"
	"github.com/painscore/painscore/server/store"
)

var acceptable = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)

// everyVariable lists all variables of the instruments at all occasions and
// from all respondents, as a wide file has them, or those of a long file.
func everyVariable(all []*scoring.Instrument, wide bool) []Variable {
	var out []Variable
	for _, in := range all {
		for _, m := range meaningsOf(in) {
			v := m.Variable
			if !wide {
				out = append(out, v)
				continue
			}
			for _, at := range []store.Occasion{store.Baseline, store.ProgrammeEnd, store.FollowUp12Months} {
				for _, who := range []store.Respondent{store.Patient, store.Relative, store.Clinician} {
					v.Occasion, v.Respondent = at, who
					out = append(out, v)
				}
			}
			v.Occasion, v.Respondent, v.Label = store.OtherOccasion, store.Patient, "6 veckor"
			out = append(out, v)
		}
	}
	return out
}

func TestEveryNameOfTheCatalogueIsAcceptableAndItsOwn(t *testing.T) {
	catalogue, err := instruments.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, wide := range []bool{false, true} {
		owner := map[string]Variable{}
		hashed := 0
		for _, v := range everyVariable(catalogue.List(), wide) {
			name := v.Name()
			if !acceptable.MatchString(name) || name[len(name)-1] == '_' {
				t.Errorf("%+v is called %q", v, name)
			}
			if other, taken := owner[name]; taken {
				t.Errorf("%q is both %+v and %+v", name, other, v)
			}
			owner[name] = v
			if looksMade.MatchString(name) && v.Label == "" {
				hashed++
			}
		}
		if hashed*10 > len(owner) {
			t.Errorf("wide %v: %d of %d names end in a hash: nobody can read them", wide, hashed, len(owner))
		}
	}
}

// TestNamesStayAsDelivered: an analyst's syntax of last year names them.
func TestNamesStayAsDelivered(t *testing.T) {
	for want, v := range map[string]Variable{
		"hads__anxiety":                    {Instrument: "hads", Kind: ScaleVariable, Code: "anxiety"},
		"hads__q3":                         {Instrument: "hads", Kind: ItemVariable, Code: "3"},
		"hads__prorated_anxiety":           {Instrument: "hads", Kind: ProratedVariable, Code: "anxiety"},
		"hads__form_answered_on":           {Instrument: "hads", Kind: About, Code: "answered_on"},
		"hads__band_anxiety":               {Instrument: "hads", Kind: BandVariable, Code: "anxiety"},
		"b_hads__q3":                       {Instrument: "hads", Kind: ItemVariable, Code: "3", Occasion: store.Baseline, Respondent: store.Patient},
		"yr_hads__q3":                      {Instrument: "hads", Kind: ItemVariable, Code: "3", Occasion: store.FollowUp12Months, Respondent: store.Relative},
		"e_eq_5d_5l__index__se_tto_2020":   {Instrument: "eq_5d_5l", Kind: ScaleVariable, Code: "index", ValueSet: "se_tto_2020", Occasion: store.ProgrammeEnd},
		"b_lisat_11__psychological_health": {Instrument: "lisat_11", Kind: ScaleVariable, Code: "psychological_health", Occasion: store.Baseline},
		"b_lisat_11_qpsychologi_xg6uxbhqa": {Instrument: "lisat_11", Kind: ItemVariable, Code: "psychological_health", Occasion: store.Baseline},
	} {
		if got := v.Name(); got != want {
			t.Errorf("%+v is called %q, was delivered as %q", v, got, want)
		}
	}
}

// TestTwoVariablesNeverShareAName tries codes that are made to be misread.
func TestTwoVariablesNeverShareAName(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		code := rapid.StringMatching(`[abq1_]{0,2}(q|band_|prorated_|form_|__)?[abq1_]{1,3}`)
		draw := rapid.Custom(func(t *rapid.T) Variable {
			return Variable{
				Instrument: code.Draw(t, "instrument"), Code: code.Draw(t, "code"),
				Kind:       rapid.SampledFrom([]VariableKind{ItemVariable, ScaleVariable, BandVariable, ProratedVariable, About}).Draw(t, "kind"),
				ValueSet:   rapid.OneOf(rapid.Just(""), code).Draw(t, "set"),
				Occasion:   rapid.SampledFrom([]store.Occasion{store.Baseline, store.ProgrammeEnd, store.FollowUp12Months, store.OtherOccasion}).Draw(t, "occasion"),
				Label:      rapid.SampledFrom([]string{"", "", "6 veckor"}).Draw(t, "label"),
				Respondent: rapid.SampledFrom([]store.Respondent{store.Patient, store.Relative, store.Clinician}).Draw(t, "respondent"),
			}
		})
		a, b := draw.Draw(t, "a"), draw.Draw(t, "b")
		if a != b && a.Name() == b.Name() {
			t.Fatalf("%+v and %+v are both %q", a, b, a.Name())
		}
		if !acceptable.MatchString(a.Name()) {
			t.Fatalf("%+v is called %q", a, a.Name())
		}
	})
}

func TestMissingCodesLieBelowEveryValue(t *testing.T) {
	for _, lowest := range []float64{0, 1, -0.594, -89, -90, -99, -2147483648} {
		seen := map[int64]bool{}
		for _, reason := range MissingReasons() {
			n := reason.Number(lowest)
			if float64(n) >= lowest || seen[n] {
				t.Errorf("lowest %v: %s is %d", lowest, reason, n)
			}
			seen[n] = true
		}
	}
}

// TestCodesThatReadLikeAnotherKind: a scale called q1 beside item 1.
func TestCodesThatReadLikeAnotherKind(t *testing.T) {
	for code, kind := range map[string]VariableKind{"q": ItemVariable, "band_": BandVariable, "prorated_": ProratedVariable, "form_": About} {
		scale, other := Variable{Instrument: "a", Kind: ScaleVariable, Code: code + "1"}, Variable{Instrument: "a", Kind: kind, Code: "1"}
		if scale.Name() == other.Name() {
			t.Errorf("%+v and %+v are both %q", scale, other, scale.Name())
		}
	}
	relative := Variable{Instrument: "a", Kind: ScaleVariable, Code: "1", Respondent: store.Relative}
	if name := relative.Name(); name == "r_a__1" {
		t.Errorf("a relative's, without an occasion, reads like an occasion: %q", name)
	}
}
