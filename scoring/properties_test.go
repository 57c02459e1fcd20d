package scoring_test

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/painscore/painscore/scoring"
)

// allowed lists the answers an item takes.
func allowed(it scoring.ItemInfo) []int32 {
	if it.Values != nil {
		return it.Values
	}
	var out []int32
	for v := it.Min; v <= it.Max; v++ {
		out = append(out, v)
	}
	return out
}

// drawSheet draws an acceptable sheet; holes adds every kind of missing answer.
func drawSheet(t *rapid.T, in *scoring.Instrument, holes bool) *scoring.Sheet {
	sheet := &scoring.Sheet{}
	for _, it := range in.Items() {
		r := is(rapid.SampledFrom(allowed(it)).Draw(t, it.Code))
		if holes {
			switch rapid.IntRange(0, 9).Draw(t, "hole") {
			case 0:
				continue
			case 1:
				r = kind(rapid.SampledFrom([]scoring.Kind{scoring.LeftBlank, scoring.Declined, scoring.Unreadable, scoring.NotAsked}).Draw(t, "kind"))
			case 2:
				if it.NotApplicable {
					r = kind(scoring.NotApplicable)
				}
			}
		}
		sheet.Answers = append(sheet.Answers, scoring.Answer{Item: it.Code, Response: r})
	}
	for _, v := range in.ValueSets() {
		if rapid.Bool().Draw(t, v.ID()) {
			sheet.ValueSets = append(sheet.ValueSets, v.ID())
		}
	}
	return sheet
}

func drawInstrument(t *rapid.T, all []*scoring.Instrument) *scoring.Instrument {
	return all[rapid.IntRange(0, len(all)-1).Draw(t, "instrument")]
}

func records(t testing.TB, in *scoring.Instrument, sheet *scoring.Sheet) string {
	return string(scoring.AppendScores(nil, score(t, in, sheet).Scores))
}

func TestOrderOfAnswersNeverMatters(t *testing.T) {
	all := every(t)
	rapid.Check(t, func(rt *rapid.T) {
		in := drawInstrument(rt, all)
		sheet := drawSheet(rt, in, true)
		want := records(t, in, sheet)
		sheet.Answers = rapid.Permutation(sheet.Answers).Draw(rt, "order")
		if got := records(t, in, sheet); got != want {
			rt.Fatalf("%s\n%s\n%s", in.ID(), got, want)
		}
	})
}

func TestResultIsReusable(t *testing.T) {
	all := every(t)
	var answers scoring.Answers
	var result scoring.Result
	rapid.Check(t, func(rt *rapid.T) {
		in := drawInstrument(rt, all)
		sheet := drawSheet(rt, in, true)
		if p := in.Read(sheet, &answers); p != nil {
			rt.Fatal(p)
		}
		in.Score(&answers, &result)
		if want := score(t, in, sheet).Scores; !reflect.DeepEqual(result.Scores, want) {
			rt.Fatalf("used before: %+v\nfresh: %+v", result.Scores, want)
		}
	})
}

func TestRecordsComeBackWhole(t *testing.T) {
	all := every(t)
	rapid.Check(t, func(rt *rapid.T) {
		in := drawInstrument(rt, all)
		var answers, again scoring.Answers
		if p := in.Read(drawSheet(rt, in, true), &answers); p != nil {
			rt.Fatal(p)
		}
		line := string(scoring.AppendAnswers(nil, in, &answers))
		if err := scoring.ParseAnswers(line, in, &again); err != nil {
			rt.Fatalf("%s: %v", line, err)
		}
		if !reflect.DeepEqual(again.Responses, answers.Responses) || len(again.ValueSets) != len(answers.ValueSets) {
			rt.Fatalf("%s: %v, want %v", line, again, answers)
		}
		var result, rescored scoring.Result
		in.Score(&answers, &result)
		in.Score(&again, &rescored)
		if !reflect.DeepEqual(result.Scores, rescored.Scores) {
			rt.Fatal("stored answers score differently")
		}
		text := string(scoring.AppendScores(nil, result.Scores))
		scores, err := scoring.ParseScores(text)
		if err != nil || !reflect.DeepEqual(scores, result.Scores) {
			rt.Fatalf("%s\n%v\n%+v\n%+v", text, err, scores, result.Scores)
		}
	})
}

func TestHADSRecordIsShortAndReadable(t *testing.T) {
	r := score(t, instrument(t, "hads"), hadsSheet())
	const want = "anxiety=11 worse 7/7 band=probable flags=caseness rule=half; depression=7 worse 7/7 band=normal rule=half; total=18 worse 14/14 rule=all_scales"
	if got := string(scoring.AppendScores(nil, r.Scores)); got != want {
		t.Errorf("%s", got)
	}
}

func TestProratedEqualsCompleteWhenAnswersAreEqual(t *testing.T) {
	in := instrument(t, "hads")
	rapid.Check(t, func(rt *rapid.T) {
		v := rapid.Int32Range(0, 3).Draw(rt, "v")
		p := row(same(14, v)...)
		for i := range rapid.IntRange(0, 3).Draw(rt, "holes") {
			p[2*i] = scoring.Response{}
		}
		s := find(t, score(t, in, &scoring.Sheet{Positions: p}), "anxiety")
		if s.Value != scoring.Whole(int64(7*v)) {
			rt.Fatalf("%v", s.Value)
		}
	})
}

// Every possible value lies in exactly one band, and the bands stand as the
// definition prints them.
func TestBandsPartitionTheRange(t *testing.T) {
	for _, in := range every(t) {
		for _, s := range in.Scales() {
			for i, b := range s.Bands {
				if i == 0 && b.From != s.Lowest || i > 0 && b.From.Cmp(s.Bands[i-1].From) <= 0 || b.From.Cmp(s.Highest) > 0 {
					t.Errorf("%s %s band %s starts at %v", in.ID(), s.Code, b.Code, b.From)
				}
			}
		}
	}
}

// improve moves one answer one step towards better, where each scale of the
// instrument that uses the item agrees on which way that is.
func TestImprovingAnItemNeverWorsensAScale(t *testing.T) {
	all := every(t)
	better := map[string]func(in *scoring.Instrument, it scoring.ItemInfo) bool{
		"hads": nil, "isi": nil, "pcs": nil, "nprs": nil, "lisat_11": up, "obq_11": up, "eq_5d_3l": eqUp, "eq_5d_5l": eqUp,
		"tsk_17": func(_ *scoring.Instrument, it scoring.ItemInfo) bool { return it.ReversedIn != nil },
		"cpaq_8": func(_ *scoring.Instrument, it scoring.ItemInfo) bool { return it.ReversedIn == nil },
		"wai": func(_ *scoring.Instrument, it scoring.ItemInfo) bool {
			return it.Code != "diseases" && it.Code != "sick_leave_days"
		},
	}
	rapid.Check(t, func(rt *rapid.T) {
		in := drawInstrument(rt, all)
		sheet := drawSheet(rt, in, false)
		at := rapid.IntRange(0, len(in.Items())-1).Draw(rt, "item")
		it := in.Items()[at]
		if it.Code == "work_demands" {
			return
		}
		values := allowed(it)
		upward := better[in.ID()] != nil && better[in.ID()](in, it)
		before := score(t, in, sheet)
		i := rapid.IntRange(0, len(values)-2).Draw(rt, "step")
		sheet.Answers[at].Value = values[i]
		low := score(t, in, sheet)
		sheet.Answers[at].Value = values[i+1]
		high := score(t, in, sheet)
		for j := range before.Scores {
			a, b := &low.Scores[j], &high.Scores[j]
			if !upward {
				a, b = b, a
			}
			if a.Outcome != scoring.Valued || a.Direction == scoring.NoDirection {
				continue
			}
			if c := b.Value.Cmp(a.Value); c < 0 == (a.Direction == scoring.HigherIsBetter) && c != 0 {
				rt.Fatalf("%s %s: improving %s goes from %v to %v", in.ID(), a.Scale, it.Code, a.Value, b.Value)
			}
		}
	})
}

func up(*scoring.Instrument, scoring.ItemInfo) bool        { return true }
func eqUp(_ *scoring.Instrument, it scoring.ItemInfo) bool { return it.Code == "vas" }

// For every refused scale, answering what is missing in every way stays within
// lowest and highest, reaches both, and meets one band exactly if same_band.
func TestLowestHighestAndSameBandByBruteForce(t *testing.T) {
	all := every(t)
	rapid.Check(t, func(rt *rapid.T) {
		in := drawInstrument(rt, all)
		sheet := drawSheet(rt, in, false)
		sheet.ValueSets = sheet.ValueSets[:min(len(sheet.ValueSets), 1)]
		for range rapid.IntRange(1, 3).Draw(rt, "holes") {
			at := rapid.IntRange(0, len(sheet.Answers)-1).Draw(rt, "at")
			if it := in.Items()[at]; it.Max-it.Min <= 10 {
				sheet.Answers[at].Response = scoring.Response{}
			}
		}
		refused := score(t, in, sheet)
		type seen struct {
			low, high scoring.Exact
			bands     map[string]bool
		}
		found := make([]seen, len(refused.Scores))
		complete(in, sheet, 0, func() {
			for j, s := range score(t, in, sheet).Scores {
				f := &found[j]
				if f.bands == nil {
					*f = seen{s.Value, s.Value, map[string]bool{}}
				}
				if s.Outcome == scoring.Valued && s.Value.Cmp(f.low) < 0 {
					f.low = s.Value
				}
				if s.Outcome == scoring.Valued && s.Value.Cmp(f.high) > 0 {
					f.high = s.Value
				}
				f.bands[s.Band] = true
			}
		})
		for j, s := range refused.Scores {
			if s.Outcome != scoring.Refused || !s.Refusal.Lowest.Valid() {
				continue
			}
			f := found[j]
			oneBand := len(f.bands) == 1 && !f.bands[""]
			if f.low != s.Refusal.Lowest || f.high != s.Refusal.Highest || oneBand != s.Refusal.SameBand {
				rt.Fatalf("%s %s: %+v, by brute force %v to %v, bands %v", in.ID(), s.Scale, s.Refusal, f.low, f.high, f.bands)
			}
		}
	})
}

// complete calls f for every way to answer the blanks from item at on.
func complete(in *scoring.Instrument, sheet *scoring.Sheet, at int, f func()) {
	for ; at < len(sheet.Answers); at++ {
		if sheet.Answers[at].Kind == scoring.LeftBlank {
			for _, v := range allowed(in.Items()[at]) {
				sheet.Answers[at].Response = is(v)
				complete(in, sheet, at+1, f)
			}
			sheet.Answers[at].Response = scoring.Response{}
			return
		}
	}
	f()
}
