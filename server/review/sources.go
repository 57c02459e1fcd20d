package review

import (
	"slices"

	"github.com/painscore/painscore/scoring"
)

// source names a definition that the page's scores rest on, and where its
// cut-offs come from.
type source struct {
	Instrument string
	Definition string   // version and the beginning of the scoring hash
	Cites      []string // as the definition gives them
}

// hashShown is how much of a hash tells definitions apart for a reader.
const hashShown = 12

// sources lists the definitions of every point, each once.
func (r *reading) sources() []source {
	var sources []source
	var seen []*scoring.Instrument
	for i := range r.trend.Lines {
		for j := range r.trend.Lines[i].Points {
			in := r.trend.Lines[i].Points[j].Definition
			if slices.ContainsFunc(seen, func(s *scoring.Instrument) bool {
				return s.DefinitionHash() == in.DefinitionHash() && s.ID() == in.ID()
			}) {
				continue
			}
			seen = append(seen, in)
			hash := in.ScoringHash()
			sources = append(sources, source{
				Instrument: r.instrumentName(in),
				Definition: r.Say("sources.definition", in.Version(), hash[:min(hashShown, len(hash))]),
				Cites:      cutoffCites(in),
			})
		}
	}
	return sources
}

// cutoffCites lists the publications of an instrument's bands and flags.
func cutoffCites(in *scoring.Instrument) []string {
	var cites []string
	add := func(code string) {
		for _, s := range in.Definition().Sources {
			if s.Code == code && !slices.Contains(cites, s.Cite) {
				cites = append(cites, s.Cite)
			}
		}
	}
	for _, scale := range in.Definition().Scales {
		if scale.Bands != nil {
			add(scale.Bands.Source)
		}
		for _, f := range scale.Flags {
			add(f.Source)
		}
	}
	return cites
}
