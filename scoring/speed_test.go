package scoring_test

import (
	"testing"
	"time"

	"github.com/painscore/painscore/scoring"
)

// hadsSheet is a sheet by item codes in the definition's order.
func hadsSheet() *scoring.Sheet {
	sheet := &scoring.Sheet{}
	for i, v := range []int32{3, 1, 1, 0, 0, 2, 1, 3, 2, 0, 1, 1, 3, 0} {
		sheet.Answers = append(sheet.Answers, scoring.Answer{Item: []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14"}[i], Response: is(v)})
	}
	return sheet
}

func TestNoAllocations(t *testing.T) {
	var answers scoring.Answers
	var result scoring.Result
	complete, prorated, refused := hadsSheet(), hadsSheet(), hadsSheet()
	prorated.Answers = prorated.Answers[:10]
	refused.Answers = refused.Answers[:4]
	for name, c := range map[string]struct {
		in    *scoring.Instrument
		sheet *scoring.Sheet
	}{
		"HADS complete":         {instrument(t, "hads"), complete},
		"HADS prorated":         {instrument(t, "hads"), prorated},
		"HADS refused":          {instrument(t, "hads"), refused},
		"EQ-5D-5L":              {instrument(t, "eq_5d_5l"), &scoring.Sheet{Positions: row(1, 2, 3, 4, 5, 50), ValueSets: []string{"se_tto_2020", "dk_2021"}}},
		"EQ-5D-5L with a blank": {instrument(t, "eq_5d_5l"), &scoring.Sheet{Positions: row(1, 2, blank, 4, 5, 50), ValueSets: []string{"se_tto_2020"}}},
		"WAI with a blank":      {instrument(t, "wai"), &scoring.Sheet{Positions: row(10, blank, 5, 5, 0, 6, 0, 7, 4, 4, 4)}},
	} {
		run := func() {
			if problems := c.in.Read(c.sheet, &answers); problems != nil {
				t.Fatal(problems)
			}
			c.in.Score(&answers, &result)
		}
		run()
		if n := testing.AllocsPerRun(100, run); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// BenchmarkScoreHADS reads a sheet by item codes and scores it. The baseline
// of the same run adds the fourteen numbers up in two loops and does nothing
// else.
func BenchmarkScoreHADS(b *testing.B) {
	in, sheet := instrument(b, "hads"), hadsSheet()
	var answers scoring.Answers
	var result scoring.Result
	base := baseline(func() int {
		sum := 0
		for i := range sheet.Answers {
			if i%2 == 0 {
				sum += int(sheet.Answers[i].Value)
			}
		}
		for i := range sheet.Answers {
			if i%2 == 1 {
				sum += int(sheet.Answers[i].Value)
			}
		}
		return sum
	})
	b.ReportAllocs()
	for b.Loop() {
		in.Read(sheet, &answers)
		in.Score(&answers, &result)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/base, "×bare-sums")
}

// BenchmarkIndex looks a state up in a value set. The baseline of the same run
// looks its name up in a Go map.
func BenchmarkIndex(b *testing.B) {
	v, _ := instrument(b, "eq_5d_5l").ValueSet("se_tto_2020")
	table := map[[5]uint8]int32{}
	for _, s := range states(5) {
		k := [5]uint8{uint8(s[0]), uint8(s[1]), uint8(s[2]), uint8(s[3]), uint8(s[4])}
		table[k], _ = v.Index(k[:])
	}
	state := [5]uint8{2, 1, 3, 4, 2}
	base := baseline(func() int { return int(table[state]) })
	b.ReportAllocs()
	sum := int32(0)
	for b.Loop() {
		n, _ := v.Index(state[:])
		sum += n
	}
	sink = int(sum)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/base, "×map-lookup")
}

// BenchmarkParseScores reads the records of a trend: 27 forms.
func BenchmarkParseTrend(b *testing.B) {
	var records []string
	for _, in := range every(b) {
		if in.ID() == "obq_11" || in.ID() == "eq_5d_3l" {
			continue
		}
		sheet := &scoring.Sheet{}
		for _, it := range in.Items() {
			sheet.Answers = append(sheet.Answers, scoring.Answer{Item: it.Code, Response: is(it.Min)})
		}
		if in.ID() == "eq_5d_5l" {
			sheet.ValueSets = []string{"se_tto_2020"}
		}
		records = append(records, string(scoring.AppendScores(nil, score(b, in, sheet).Scores)))
	}
	b.ReportAllocs()
	for b.Loop() {
		for range 3 {
			for _, r := range records {
				if _, err := scoring.ParseScores(r); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
}

var sink int

// baseline measures f in nanoseconds per call.
func baseline(f func() int) float64 {
	const calls = 5_000_000
	start := time.Now()
	for range calls {
		sink += f()
	}
	return float64(time.Since(start).Nanoseconds()) / calls
}
