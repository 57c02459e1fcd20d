package scoring_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/painscore/painscore/scoring"
)

// reversing compiles a definition in which the reversed items of its sums are
// others. Its worked examples no longer hold, so a blank sheet stands for them.
func reversing(t testing.TB, in *scoring.Instrument, reversed func(scale *scoring.ScaleDef) []string) *scoring.Instrument {
	t.Helper()
	def := *in.Definition()
	def.Scales = slices.Clone(def.Scales)
	for i := range def.Scales {
		if def.Scales[i].Kind == scoring.KindSum {
			def.Scales[i].Reversed = reversed(&def.Scales[i])
		}
	}
	def.Examples = []scoring.Example{{Name: "blank", Expect: []scoring.Pair{{Key: def.Scales[0].Code, Value: string(scoring.TooFewAnswers)}}}}
	out, err := scoring.Compile(&def)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// complement lists the items of a scale that are not reversed.
func complement(scale *scoring.ScaleDef) []string {
	return slices.DeleteFunc(slices.Clone(scale.Items), func(code string) bool { return slices.Contains(scale.Reversed, code) })
}

// Mirroring the answers to the reversed items does what reversing them does.
func TestAReversedItemCountsFromTheOtherEnd(t *testing.T) {
	for _, id := range []string{"tsk_17", "cpaq_8"} {
		in := instrument(t, id)
		plain := reversing(t, in, func(*scoring.ScaleDef) []string { return nil })
		rapid.Check(t, func(rt *rapid.T) {
			sheet := drawSheet(rt, in, false)
			for _, scale := range in.Scales() {
				mirrored := scoring.Sheet{Answers: slices.Clone(sheet.Answers)}
				for i, it := range in.Items() {
					if slices.Contains(scale.Def.Reversed, it.Code) {
						mirrored.Answers[i].Value = it.Min + it.Max - mirrored.Answers[i].Value
					}
				}
				want, got := find(t, score(t, plain, &mirrored), scale.Code), find(t, score(t, in, sheet), scale.Code)
				if got.Value != want.Value {
					rt.Fatalf("%s %s: %v, mirrored by hand %v", id, scale.Code, got.Value, want.Value)
				}
			}
		})
	}
}

// Reversing what was not reversed, and the other way round, turns a scale over
// within its range; doing so twice gives the definition back.
func TestReversingEveryItemTurnsAScaleOver(t *testing.T) {
	for _, id := range []string{"hads", "isi", "pcs", "tsk_17", "cpaq_8", "obq_11"} {
		in := instrument(t, id)
		over := reversing(t, in, complement)
		if back := reversing(t, over, complement); back.ScoringHash() != in.ScoringHash() || over.ScoringHash() == in.ScoringHash() {
			t.Errorf("%s: reversing twice is another instrument, or once is none", id)
		}
		rapid.Check(t, func(rt *rapid.T) {
			sheet := drawSheet(rt, in, true)
			was, now := score(t, in, sheet), score(t, over, sheet)
			for i, scale := range in.Scales() {
				a, b := was.Scores[i], now.Scores[i]
				if a.Outcome != b.Outcome || a.Prorated != b.Prorated {
					rt.Fatalf("%s %s: %+v and %+v", id, scale.Code, a, b)
				}
				if a.Outcome == scoring.Valued && a.Value.Add(b.Value) != scale.Lowest.Add(scale.Highest) {
					rt.Fatalf("%s %s: %v turned over is %v", id, scale.Code, a.Value, b.Value)
				}
			}
		})
	}
}
