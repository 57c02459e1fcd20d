package registry

import (
	"strconv"
	"strings"

	"github.com/painscore/painscore/scoring"
)

// aboutForms are the facts about a form that a delivery has beside its answers
// and scores.
var aboutForms = []struct{ code, label, kind string }{
	{"answered_on", "day on which it was answered", "date"},
	{"definition_version", "definition version that scored it", "text"},
	{"mode", "paper, phone or digital", "text"},
	{"language_code", "language of the form", "text"},
	{"assisted", "somebody helped or interpreted (1) or not (0)", "whole"},
}

// meaningsOf lists the variables of one version of an instrument, in the order
// of a file: about the form, scales, items.
func meaningsOf(in *scoring.Instrument) []Meaning {
	var out []Meaning
	version := Version{Version: in.Version(), DefinitionHash: in.DefinitionHash(), ScoringHash: in.ScoringHash()}
	add := func(v Variable, label, kind string, decimals int, direction string, as Version) {
		v.Instrument = in.ID()
		as.Version, as.DefinitionHash, as.ScoringHash = version.Version, version.DefinitionHash, version.ScoringHash
		if !strings.HasPrefix(label, title(in)) {
			label = title(in) + " " + label
		}
		out = append(out, Meaning{Variable: v, Label: label, Type: kind, Decimals: decimals, Direction: direction, Versions: []Version{as}})
	}
	for _, about := range aboutForms {
		as := Version{}
		if about.code == "assisted" {
			as.Lowest, as.Highest = "0", "1"
		}
		add(Variable{Kind: About, Code: about.code}, about.label, about.kind, 0, "", as)
	}
	for _, scale := range in.Scales() {
		scaleMeanings(in, scale, add)
	}
	for _, item := range in.Items() {
		as := Version{Lowest: strconv.Itoa(int(item.Min)), Highest: strconv.Itoa(int(item.Max))}
		switch item.Type {
		case scoring.CodeOfList:
			as = Version{Values: item.Codes}
		case scoring.CalendarDate:
			as = Version{Lowest: item.Earliest, Highest: item.Latest}
		case scoring.FreeText:
			as = Version{}
		}
		for _, v := range item.Values {
			as.Values = append(as.Values, strconv.Itoa(int(v)))
		}
		add(Variable{Kind: ItemVariable, Code: item.Code}, "item "+item.Code, item.Type.String(), item.Decimals, "", as)
	}
	return out
}

// scaleMeanings adds a scale – an index once for each value set –, its band, and
// whether it is prorated, where it can be.
func scaleMeanings(in *scoring.Instrument, scale scoring.ScaleInfo, add func(Variable, string, string, int, string, Version)) {
	name := scale.Def.Title
	if name == "" {
		name = scale.Code
	}
	as := Version{Items: scale.Items, Rule: scale.Rule, Source: cited(in, scale.Def.Source), Known: string(scale.Def.Known)}
	direction := [...]string{"none", "higher_is_better", "higher_is_worse"}[scale.Direction]
	switch scale.Kind {
	case scoring.KindProfile:
		add(Variable{Kind: ScaleVariable, Code: scale.Code}, name, "text", 0, direction, as)
		return
	case scoring.KindIndex:
		for _, set := range in.ValueSets() {
			as.Lowest, as.Highest, as.Source = set.Lowest().String(), set.Highest().String(), set.Definition().Source
			add(Variable{Kind: ScaleVariable, Code: scale.Code, ValueSet: set.ID()}, name+" by "+set.ID(), "decimal", int(set.Decimals()), direction, as)
		}
		return
	}
	as.Lowest, as.Highest = scale.Lowest.String(), scale.Highest.String()
	kind, decimals := "whole", max(0, int(scale.Decimals))
	prorates := scale.Rule != scoring.RuleAll || scale.Kind == scoring.KindScales
	if scale.Decimals == scoring.AsNeeded {
		decimals = asNeededDecimals
	}
	if prorates {
		decimals = max(decimals, proratedDecimals)
	}
	if decimals > 0 {
		kind = "decimal"
	}
	add(Variable{Kind: ScaleVariable, Code: scale.Code}, name, kind, decimals, direction, as)
	if len(scale.Bands) > 0 {
		band := Version{Source: cited(in, scale.Def.Bands.Source), Known: string(scale.Def.Bands.Known)}
		for _, b := range scale.Bands {
			band.Values = append(band.Values, b.Code)
		}
		add(Variable{Kind: BandVariable, Code: scale.Code}, name+", band", "code", 0, "", band)
	}
	if prorates {
		add(Variable{Kind: ProratedVariable, Code: scale.Code}, name+" prorated (1) or complete (0)", "whole", 0, "", Version{Lowest: "0", Highest: "1"})
	}
}

// How many decimals a file needs at most for a score that is prorated, and for
// one that is printed as short as it can be (half points, as in the WAI).
const (
	proratedDecimals = 2
	asNeededDecimals = 1
)

func title(in *scoring.Instrument) string {
	d := in.Definition()
	if d.ShortTitle != "" {
		return d.ShortTitle
	}
	return d.Title
}

// cited is the publication that a source's code stands for.
func cited(in *scoring.Instrument, code string) string {
	for _, s := range in.Definition().Sources {
		if s.Code == code {
			return s.Cite
		}
	}
	return code
}
