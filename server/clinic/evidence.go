package clinic

import "github.com/painscore/painscore/scoring"

// evidenceKey names a scale of a definition as one unit sees it.
type evidenceKey struct {
	careUnit        string // empty for all units without norms of their own
	in              *scoring.Instrument
	scale, valueSet string
}

// evidenceOf returns what decides about the changes of a scale in a care unit:
// the unit's own MCID and SDC, else the ones set for every unit, else the
// published ones; each of the two apart. valueSet is that of an index, whose
// norms hold for one value set only.
func (s *site) evidenceOf(careUnit string, in *scoring.Instrument, scale, valueSet string) scoring.Evidence {
	if len(s.norms[careUnit]) == 0 {
		careUnit = ""
	}
	key := evidenceKey{careUnit, in, scale, valueSet}
	if known, ok := s.evidence.Load(key); ok {
		return known.(scoring.Evidence)
	}
	e := in.EvidenceOf(scale)
	// A later version may have made the scale a descriptive one.
	if info, ok := in.Scale(scale); ok && judged(info) {
		mcid := s.norm(careUnit, normOf{in.ID(), scale, valueSet, mcid})
		sdc := s.norm(careUnit, normOf{in.ID(), scale, valueSet, sdc})
		if len(mcid)+len(sdc) > 0 {
			e = e.With(mcid, sdc)
		}
	}
	s.evidence.Store(key, e)
	return e
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
