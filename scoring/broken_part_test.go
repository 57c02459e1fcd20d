package scoring_test

import (
	"strings"
	"testing"

	"github.com/painscore/painscore/scoring"
)

// A broken scale is refused with its reason also where a total is made of it;
// Compile once fell over the range of such a total.
func TestATotalOfABrokenScaleIsRefused(t *testing.T) {
	for _, kind := range []string{
		scoring.KindItem, scoring.KindSum, scoring.KindMean, scoring.KindCount, scoring.KindSteps, scoring.KindProfile, scoring.KindIndex, "",
	} {
		for _, items := range [][]string{nil, {"a", "b"}, {"nowhere"}} {
			part := scoring.ScaleDef{Code: "part", Kind: kind, Direction: "none", Items: items, Source: "s", Known: scoring.Verified}
			other := scoring.ScaleDef{Code: "other", Kind: scoring.KindSum, Direction: "none", Items: []string{"c"}, Source: "s", Known: scoring.Verified}
			total := scoring.ScaleDef{Code: "total", Kind: scoring.KindScales, Direction: "none", Scales: []string{"part", "other"}, Source: "s", Known: scoring.Verified}
			def := &scoring.Definition{
				Format: 1, Instrument: "broken", Version: "1", Title: "Broken", Licence: scoring.Licence{Holder: "none", Status: "free"},
				Sources: []scoring.Source{{Code: "s", Cite: "A source"}},
				Items:   []scoring.Item{{Code: "a", Max: 3}, {Code: "b", Max: 3}, {Code: "c", Max: 3}},
				Scales:  []scoring.ScaleDef{part, other, total},
			}
			_, err := scoring.Compile(def)
			if err == nil {
				t.Errorf("a part of kind %q with items %v is accepted", kind, items)
			} else if kind == scoring.KindSteps && !strings.Contains(err.Error(), "scale part needs a table of at least two steps") {
				t.Errorf("kind %q: %v", kind, err)
			}
		}
	}
}
