package scoring_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/painscore/painscore/scoring"
)

// publishedBand finds the band whose printed interval holds a value; between
// two intervals it is the lower one. It counts them, to see that there is one.
func publishedBand(t *testing.T, bands *scoring.Bands, value scoring.Exact) (code string, holding int) {
	t.Helper()
	exact := func(d scoring.Decimal) scoring.Exact {
		e, err := d.Exact()
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	for i, b := range bands.List {
		below := i+1 < len(bands.List) && value.Cmp(exact(b.To)) > 0 && value.Cmp(exact(bands.List[i+1].From)) < 0
		if value.Cmp(exact(b.From)) >= 0 && value.Cmp(exact(b.To)) <= 0 || below {
			code = b.Code
			holding++
		}
	}
	return code, holding
}

func TestEveryScoreLiesInItsOnePublishedBand(t *testing.T) {
	all := every(t)
	rapid.Check(t, func(rt *rapid.T) {
		in := drawInstrument(rt, all)
		for _, s := range score(t, in, drawSheet(rt, in, rapid.Bool().Draw(rt, "holes"))).Scores {
			info, _ := in.Scale(s.Scale)
			if s.Outcome != scoring.Valued || info.Def.Bands == nil {
				continue
			}
			if want, holding := publishedBand(t, info.Def.Bands, s.Value); holding != 1 || s.Band != want {
				rt.Fatalf("%s %s: %v is %s, published %s, held by %d bands", in.ID(), s.Scale, s.Value, s.Band, want, holding)
			}
		}
	})
}

// Every place of a scale that can be left out may be, as far as its rule goes.
func TestEqualAnswersProrateToThemselves(t *testing.T) {
	seen := 0
	for _, in := range every(t) {
		for _, scale := range in.Scales() {
			if scale.Rule != scoring.RuleHalf && scale.Rule != scoring.RuleAtLeast {
				continue
			}
			seen++
			rapid.Check(t, func(rt *rapid.T) {
				it, _ := in.Item(scale.Items[0])
				value := rapid.Int32Range(it.Min, it.Max).Draw(rt, "value")
				var complete, holes scoring.Sheet
				for _, code := range rapid.Permutation(scale.Items).Draw(rt, "items") {
					complete.Answers = append(complete.Answers, scoring.Answer{Item: code, Response: is(value)})
				}
				holes.Answers = complete.Answers[:rapid.IntRange((len(scale.Items)+1)/2, len(scale.Items)).Draw(rt, "answered")]
				want, got := find(t, score(t, in, &complete), scale.Code), find(t, score(t, in, &holes), scale.Code)
				if got.Value != want.Value || got.Band != want.Band || got.Prorated != (got.Answered < got.Expected) {
					rt.Fatalf("%s %s: %+v, complete %+v", in.ID(), scale.Code, got, want)
				}
			})
		}
	}
	if seen < 2 {
		t.Errorf("%d scales prorate, want those of HADS at least", seen)
	}
}

// A worse level of any dimension never raises the index, whatever the others.
func TestAWorseLevelNeverRaisesAnIndex(t *testing.T) {
	for _, id := range []string{"eq_5d_3l", "eq_5d_5l"} {
		in := instrument(t, id)
		for _, set := range in.ValueSets() {
			for _, state := range states(int(in.Items()[0].Max)) {
				levels := make([]uint8, len(state))
				for i, l := range state {
					levels[i] = uint8(l)
				}
				better, _ := set.Index(levels)
				for i := range levels {
					levels[i]++
					if worse, ok := set.Index(levels); ok && worse > better {
						t.Errorf("%s: from %v one level worse in %s the index rises from %d to %d", set.ID(), state, set.Items()[i], better, worse)
					}
					levels[i]--
				}
			}
		}
	}
}
