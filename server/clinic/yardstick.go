package clinic

import (
	"sync"

	"github.com/painscore/painscore/scoring"
)

// Yardstick is what a care unit measures the changes of one scale by. It says
// nothing about a patient, is made once for each state of the settings, and is
// shared by all trends: it must not be changed.
type Yardstick struct {
	Instrument *scoring.Instrument
	Scale      scoring.ScaleInfo
	ValueSet   string // of an index
	Evidence   scoring.Evidence

	rank  [2]int // of the scale's domain, and of the scale within the instrument
	kept  any
	keeps sync.Once
}

// Keep returns what build made of the yardstick the first time. A way in (there
// is one that needs it) keeps here what it would otherwise make again for every
// patient; it goes when the settings move on and the yardstick with them.
func (y *Yardstick) Keep(build func(*Yardstick) any) any {
	y.keeps.Do(func() { y.kept = build(y) })
	return y.kept
}

// Range is the lowest and the highest score possible on a scale, for an axis
// that shows the whole of it, and how many decimals to print them with. For an
// index it is that of its value set. They have Den 0 for a profile.
func (y *Yardstick) Range() (lowest, highest scoring.Exact, decimals int8) {
	if set, ok := y.Instrument.ValueSet(y.ValueSet); ok {
		return set.Lowest(), set.Highest(), set.Decimals()
	}
	return y.Scale.Lowest, y.Scale.Highest, scoring.AsNeeded
}

// continues says whether scores by y belong on the line of scores by other.
// Scales whose definitions name the same line share one, as the EQ VAS of 3L
// and 5L does.
func (y *Yardstick) continues(other *Yardstick) bool {
	if y == other {
		return true
	}
	if y.Scale.Line != "" || other.Scale.Line != "" {
		return y.Scale.Line == other.Scale.Line
	}
	return y.Scale.Code == other.Scale.Code && y.Instrument.ID() == other.Instrument.ID() && y.ValueSet == other.ValueSet
}

// yardsticksKey names a definition as one unit sees it.
type yardsticksKey struct {
	careUnit string // empty for all units without norms of their own
	in       *scoring.Instrument
}

// yardsticks are those of a definition: for each of its scales one, for an
// index one for each value set.
type yardsticks [][]*Yardstick

// yardsticksOf returns the yardsticks of a definition in a care unit.
func (s *site) yardsticksOf(careUnit string, in *scoring.Instrument) yardsticks {
	if len(s.norms[careUnit]) == 0 {
		careUnit = ""
	}
	key := yardsticksKey{careUnit, in}
	if known, ok := s.yardsticks.Load(key); ok {
		return known.(yardsticks)
	}
	scales := in.Scales()
	all := make(yardsticks, len(scales))
	for i := range scales {
		if scales[i].Kind != scoring.KindIndex {
			all[i] = []*Yardstick{s.yardstick(careUnit, in, i, "")}
			continue
		}
		all[i] = append(all[i], s.yardstick(careUnit, in, i, "")) // of a refusal that names no value set
		for _, set := range in.ValueSets() {
			all[i] = append(all[i], s.yardstick(careUnit, in, i, set.ID()))
		}
	}
	known, _ := s.yardsticks.LoadOrStore(key, all) // one for all trends, so that a line knows its own again
	return known.(yardsticks)
}

// of finds the yardstick of a score, nil if the definition has no such scale.
// Scores stand in the order of scales, so the search begins where the last one
// ended.
func (all yardsticks) of(score *scoring.Score, from int) (*Yardstick, int) {
	for n := range all {
		at := (from + n) % len(all)
		if all[at][0].Scale.Code != score.Scale {
			continue
		}
		for _, y := range all[at] {
			if y.ValueSet == score.ValueSet {
				return y, at
			}
		}
	}
	return nil, from
}

// yardstick makes that of a scale: the unit's own MCID and SDC, else the ones
// set for every unit, else the published ones; each of the two apart. valueSet
// is that of an index, whose norms hold for one value set only.
func (s *site) yardstick(careUnit string, in *scoring.Instrument, at int, valueSet string) *Yardstick {
	scale := in.Scales()[at]
	y := &Yardstick{
		Instrument: in, Scale: scale, ValueSet: valueSet, Evidence: in.EvidenceOf(scale.Code),
		rank: [2]int{domainRank(scale.Domain), at},
	}
	if judged(scale) { // a later version may have made the scale a descriptive one
		mcid := s.norm(careUnit, normOf{in.ID(), scale.Code, valueSet, mcid})
		sdc := s.norm(careUnit, normOf{in.ID(), scale.Code, valueSet, sdc})
		if len(mcid)+len(sdc) > 0 {
			y.Evidence = y.Evidence.With(mcid, sdc)
		}
	}
	return y
}

func (s *site) norm(careUnit string, of normOf) []scoring.Norm {
	for _, unit := range []string{careUnit, ""} {
		if n, ok := s.norms[unit][of]; ok {
			return []scoring.Norm{n}
		}
	}
	return nil
}

// judged says whether changes of a scale get verdicts at all.
func judged(scale scoring.ScaleInfo) bool {
	return !scale.Descriptive && scale.Kind != scoring.KindProfile
}
