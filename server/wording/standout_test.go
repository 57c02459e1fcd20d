package wording_test

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/painscore/painscore/server/wording"
)

func TestWhatStandsOutIsToldInThreeSentences(t *testing.T) {
	for _, c := range []struct {
		name   string
		seen   wording.Seen
		sv, en [3]string
	}{
		{
			"a baseline alone", wording.Seen{To: "baseline", Banded: 2, Heaviest: []string{"ISI (severe)"}, Lightest: 1},
			[3]string{"Ett tillfälle är besvarat, nybesöket, så det finns ingen förändring att visa ännu.", "Vid nybesöket har 2 skalor publicerade nivåer, varav 1 ligger på den högsta besvärsnivån, ISI (severe), och 1 på den lägsta.", "Alla poäng bygger på fullständigt besvarade skalor."},
			[3]string{"One occasion is answered, the baseline, so there is no change to show yet.", "At the baseline, 2 scales have published bands, of which 1 in the heaviest one, ISI (severe), and 1 in the lightest.", "Every score rests on a scale that was answered whole."},
		},
		{
			"better and worse", wording.Seen{From: "baseline", To: "follow_up_12_months", Better: []string{"A", "B"}, Worse: []string{"C"}, Unclear: 1, Unjudged: 4, Banded: 3, Refused: []string{"D"}, Prorated: []string{"E"}},
			[3]string{"Mellan nybesöket och 12-månadersuppföljningen: räknas som förbättring för A och B; räknas som försämring för C; ingen tydlig förändring för 1 skala; okänt hur stor förändring som är viktig för 4 skalor.", "Vid 12-månadersuppföljningen har 3 skalor publicerade nivåer, varav ingen ligger på den högsta besvärsnivån och 0 på den lägsta.", "Poäng saknas för D; uppräknad från färre svar är E."},
			[3]string{"Between the baseline and the 12-month follow-up: counts as improved for A and B; counts as worse for C; no clear change for 1 scale; how large a change is important is not known for 4 scales.", "At the 12-month follow-up, 3 scales have published bands, of which none lies in the heaviest one and 0 in the lightest.", "There is no score for D; prorated from fewer answers: E."},
		},
		{
			"no baseline", wording.Seen{From: "programme_end", To: "follow_up_12_months", BaselineMissing: true, Unclear: 2},
			[3]string{"Formulär inför nybesök saknas. Mellan avslutet och 12-månadersuppföljningen: ingen skala når en skillnad som säkert räknas som viktig; ingen tydlig förändring för 2 skalor.", "Ingen av skalorna vid 12-månadersuppföljningen har publicerade nivåer.", "Alla poäng bygger på fullständigt besvarade skalor."},
			[3]string{"The baseline is missing. Between the programme end and the 12-month follow-up: no scale reaches a difference that counts as important for certain; no clear change for 2 scales.", "None of the scales at the 12-month follow-up has published bands.", "Every score rests on a scale that was answered whole."},
		},
		{
			"an occasion of the unit's own, and nothing in common", wording.Seen{From: "baseline", To: "other", ToLabel: "6 veckor", Refused: []string{"A"}},
			[3]string{"Mellan nybesöket och ”6 veckor”: inget formulär är besvarat båda gångerna.", "Ingen av skalorna vid ”6 veckor” har publicerade nivåer.", "Poäng saknas för A, där för få frågor är besvarade eller inte var aktuella."},
			[3]string{"Between the baseline and “6 veckor”: no form is answered both times.", "None of the scales at “6 veckor” has published bands.", "There is no score for A, where too few items are answered or did not apply."},
		},
		{
			"the only form is late", wording.Seen{To: "programme_end", BaselineMissing: true, Prorated: []string{"A"}},
			[3]string{"Formulär inför nybesök saknas och ett tillfälle är besvarat, avslutet, så det finns ingen förändring att visa.", "Ingen av skalorna vid avslutet har publicerade nivåer.", "Uppräknad från färre svar är A."},
			[3]string{"The baseline is missing and one occasion is answered, the programme end, so there is no change to show.", "None of the scales at the programme end has published bands.", "Prorated from fewer answers: A."},
		},
	} {
		if got := wording.Swedish.StandOut(c.seen); got != c.sv {
			t.Errorf("%s:\n%q\nwant\n%q", c.name, got, c.sv)
		}
		if got := wording.English.StandOut(c.seen); got != c.en {
			t.Errorf("%s:\n%q\nwant\n%q", c.name, got, c.en)
		}
	}
}

// advice are words that would turn a description into a diagnosis or a
// recommendation.
var advice = regexp.MustCompile(`(?i)\b(bör|ska|måste|rekommend\w*|diagnos\w*|lider|sjuk|should|must|recommend\w*|diagnos\w*|suffers?|treat\w*|refer)\b`)

func TestWhatStandsOutNeverAdvisesAndPraisesOnlyWhatIsImportant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfN(rapid.SampledFrom([]string{"HADS: Ångest", "ISI: Sömnbesvär", "WAI (WAS)"}), 0, 3)
		count := rapid.IntRange(0, 4)
		seen := wording.Seen{
			From: rapid.SampledFrom([]string{"", "baseline", "programme_end"}).Draw(t, "from"), To: "follow_up_12_months",
			BaselineMissing: rapid.Bool().Draw(t, "missing"), Better: names.Draw(t, "better"), Worse: names.Draw(t, "worse"), Matters: names.Draw(t, "matters"),
			Possibly: count.Draw(t, "possibly"), Unclear: count.Draw(t, "unclear"), Unjudged: count.Draw(t, "unjudged"), Incomparable: count.Draw(t, "apart"),
			Heaviest: names.Draw(t, "heaviest"), Banded: count.Draw(t, "banded"), Refused: names.Draw(t, "refused"), Prorated: names.Draw(t, "prorated"),
		}
		for _, l := range wording.Languages() {
			for _, sentence := range l.StandOut(seen) {
				if !strings.HasSuffix(sentence, ".") || advice.MatchString(sentence) || strings.Contains(sentence, "%!") {
					t.Errorf("%q", sentence)
				}
				if anticipates(sentence) && (seen.From == "" || len(seen.Better)+len(seen.Worse) == 0) {
					t.Errorf("says more than was judged: %q", sentence)
				}
			}
		}
	})
}
