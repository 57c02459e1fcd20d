package main

import (
	"slices"
	"strings"

	"github.com/painscore/painscore/scoring"
)

// threshold is an interval of change as published, typed in here once more from
// the sources that the definitions name.
type threshold struct {
	low, high              string
	earlierAtMost, earlier string // only for an earlier score at most, or above, this
	overAYear, borrowed    bool
}

// aboutChange is what is established for the changes of one scale.
type aboutChange struct {
	mcid, sdc   []threshold
	percent     map[string]int
	line        string // the scale continues across instruments
	descriptive bool   // no verdict is given
}

// published holds the scales of which anything is established; of all others
// nothing is. Change a number here only with the publication at hand.
var published = map[string]aboutChange{
	"hads/anxiety":               {mcid: []threshold{{low: "1.17", high: "2.13", overAYear: true}}}, // Grönkvist 2024
	"hads/depression":            {mcid: []threshold{{low: "1.48", high: "2.54", overAYear: true}}}, // Grönkvist 2024
	"isi/total":                  {mcid: []threshold{{low: "6", high: "6", borrowed: true}}, sdc: []threshold{{low: "6.99", high: "6.99"}}},
	"pcs/rumination":             {descriptive: true},
	"pcs/magnification":          {descriptive: true},
	"pcs/helplessness":           {descriptive: true},
	"pcs/total":                  {mcid: []threshold{{low: "8", high: "8", earlierAtMost: "30"}, {low: "11", high: "11", earlier: "30"}}, sdc: []threshold{{low: "7.73", high: "12.8"}}},
	"tsk_17/total":               {sdc: []threshold{{low: "8.53", high: "8.53"}}},
	"tsk_17/tsk_13":              {sdc: []threshold{{low: "6.71", high: "6.71"}}},
	"tsk_17/tsk_11":              {mcid: []threshold{{low: "4", high: "4"}}, sdc: []threshold{{low: "5.82", high: "5.82"}}},
	"cpaq_8/activity_engagement": {sdc: []threshold{{low: "5.5", high: "6.0"}}},
	"cpaq_8/pain_willingness":    {sdc: []threshold{{low: "7.7", high: "7.8"}}},
	"cpaq_8/total":               {sdc: []threshold{{low: "10.2", high: "11.0"}}},
	"eq_5d_3l/vas":               {mcid: []threshold{{low: "10.5", high: "10.5"}}, line: "eq_vas"}, // Soer 2012
	"eq_5d_5l/vas":               {mcid: []threshold{{low: "10.5", high: "10.5"}}, line: "eq_vas"},
	"wai/was":                    {sdc: []threshold{{low: "1.92", high: "4.9", borrowed: true}}}, // Stienstra; Boekel 2022: workers, not pain
	"nprs/average_pain": {
		mcid: []threshold{{low: "0.895", high: "1.48", overAYear: true}}, sdc: []threshold{{low: "1.6", high: "2.8"}},
		percent: map[string]int{"minimal": 10, "moderate": 30, "substantial": 50}, // IMMPACT
	},
}

// hasPublishedThresholds compares what an instrument would judge changes by,
// and show to a reader who asks, with what is published.
func hasPublishedThresholds(id string, in *scoring.Instrument) bool {
	found := 0
	for _, s := range in.Scales() {
		want, known := published[id+"/"+s.Code]
		if known {
			found++
		}
		got := in.EvidenceOf(s.Code)
		if !sameNorms(want.mcid, got.MCID) || !sameNorms(want.sdc, got.SDC) || !samePercent(want.percent, got.Percent) ||
			s.Line != want.line || s.Descriptive != want.descriptive {
			return false
		}
	}
	for scale := range published {
		if strings.HasPrefix(scale, id+"/") {
			found--
		}
	}
	return found == 0
}

func sameNorms(want []threshold, got []scoring.Norm) bool {
	return slices.EqualFunc(want, got, func(w threshold, g scoring.Norm) bool {
		return w == threshold{
			low: w.low, high: w.high, earlierAtMost: w.earlierAtMost, earlier: w.earlier, overAYear: g.OverAYear, borrowed: g.Borrowed,
		} && same(w.low, g.Low) && same(w.high, g.High) && same(w.earlierAtMost, g.EarlierAtMost) && same(w.earlier, g.EarlierAbove)
	})
}

// same compares a number as written with an exact one; none is none.
func same(written string, exact scoring.Exact) bool {
	if written == "" || !exact.Valid() {
		return written == "" && !exact.Valid()
	}
	e, err := scoring.Decimal(written).Exact()
	return err == nil && e.Cmp(exact) == 0
}

func samePercent(want map[string]int, got *scoring.PercentRule) bool {
	if got == nil {
		return len(want) == 0
	}
	for _, class := range got.Classes {
		if from, ok := want[class.Code]; !ok || from != class.From {
			return false
		}
	}
	return len(got.Classes) == len(want)
}
