package demo

import (
	"math"
	"slices"
	"strings"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// leaning is how heavily an instrument's items are marked, and how far a
// programme moves them, both against the patient's own burden and relief. Pain
// itself moves least.
var leaning = map[string]struct{ level, reach float64 }{
	"hads": {-0.08, 0.9}, "isi": {0.02, 0.7}, "pcs": {-0.06, 1.2}, "tsk_17": {-0.08, 1.1}, "cpaq_8": {0.0, 1.1},
	"lisat_11": {-0.05, 0.6}, "eq_5d_3l": {-0.1, 0.6}, "eq_5d_5l": {-0.08, 0.7}, "wai": {0.04, 0.6}, "nprs": {0.1, 0.35}, "obq_11": {-0.02, 0.7},
}

// still3L are patients whose baseline was on the older EQ-5D.
var still3L = []int{2, 14, 23}

// fill marks one form. The occupational therapist's form is given at the
// beginning and the end only, and only one EQ-5D is in use at a time.
func (s *story) fill(in *scoring.Instrument, v visit) (clinic.Sheet, bool) {
	older := v.occasion == store.Baseline && slices.Contains(still3L, s.n)
	switch in.ID() {
	case "eq_5d_3l":
		if !older {
			return clinic.Sheet{}, false
		}
	case "eq_5d_5l":
		if older {
			return clinic.Sheet{}, false
		}
	case "obq_11":
		if v.occasion == store.FollowUp12Months || s.n%3 == 0 {
			return clinic.Sheet{}, false
		}
	}
	lean, known := leaning[in.ID()]
	if !known {
		return clinic.Sheet{}, false // a site's own instrument: nobody knows how to answer it
	}
	level := s.burden + lean.level - lean.reach*v.relief
	sheet := clinic.Sheet{Instrument: in.ID(), Version: in.Version()}
	for _, item := range in.Items() {
		sheet.Answers = append(sheet.Answers, scoring.Answer{Item: item.Code, Response: s.mark(in, item, level)})
	}
	s.spoil(&sheet, v)
	switch in.ID() {
	case "eq_5d_5l":
		sheet.ValueSets = []string{"se_tto_2020", "se_ctto_2022"}
	case "eq_5d_3l":
		sheet.ValueSets = []string{"se_tto_2014"}
	}
	return sheet, true
}

// mark answers one item: level 0 is as well as the item can say, 1 as ill.
func (s *story) mark(in *scoring.Instrument, item scoring.ItemInfo, level float64) scoring.Response {
	level = min(max(level+0.13*s.rng.NormFloat64(), 0), 1)
	switch item.Code {
	case "work_demands": // a kind of work, neither good nor bad
		return answered(int32(1 + s.n%3))
	case "diseases":
		return answered(int32(math.Round(5 * level)))
	case "sick_leave_days":
		return answered(int32(math.Round(300 * level * level)))
	}
	if betterWhenHigher(in, item) {
		level = 1 - level
	}
	if len(item.Values) > 0 {
		return answered(item.Values[int(math.Round(level*float64(len(item.Values)-1)))])
	}
	return answered(item.Min + int32(math.Round(level*float64(item.Max-item.Min))))
}

func answered(value int32) scoring.Response {
	return scoring.Response{Kind: scoring.Answered, Value: value}
}

// betterWhenHigher asks the definition: the first scale that counts the item
// says which way it points, unless that scale reverses it.
func betterWhenHigher(in *scoring.Instrument, item scoring.ItemInfo) bool {
	for _, scale := range in.Scales() {
		if scale.Direction != scoring.NoDirection && slices.Contains(scale.Items, item.Code) {
			return (scale.Direction == scoring.HigherIsBetter) != slices.Contains(item.ReversedIn, scale.Code)
		}
	}
	return false
}

// spoil makes forms as incomplete as they come in.
func (s *story) spoil(sheet *clinic.Sheet, v visit) {
	set := func(kind scoring.Kind, items ...string) {
		for i := range sheet.Answers {
			if slices.Contains(items, sheet.Answers[i].Item) {
				sheet.Answers[i].Response = scoring.Response{Kind: kind}
			}
		}
	}
	switch {
	case sheet.Instrument == "lisat_11" && s.single:
		set(scoring.NotApplicable, "partner_relation")
	case sheet.Instrument == "lisat_11" && s.jobless:
		set(scoring.NotApplicable, "vocation")
	case sheet.Instrument == "wai" && s.jobless:
		set(scoring.NotApplicable, "work_demands", "physical_demands", "mental_demands", "sick_leave_days")
	case sheet.Instrument == "hads" && s.n%7 == 1 && v.occasion != store.Baseline:
		set(scoring.LeftBlank, "3", "9") // two of seven: prorated
	case sheet.Instrument == "hads" && s.n%9 == 2 && v.occasion == store.Baseline:
		set(scoring.LeftBlank, strings.Fields("8 10 12 14")...) // a page turned too far: refused
	case sheet.Instrument == "pcs" && s.n%10 == 8:
		set(scoring.Unreadable, "6")
	case sheet.Instrument == "isi" && s.n%12 == 5 && v.occasion == store.FollowUp12Months:
		set(scoring.Declined, "worried")
	case strings.HasPrefix(sheet.Instrument, "eq_5d") && s.n%14 == 3:
		set(scoring.LeftBlank, "vas")
	}
}
