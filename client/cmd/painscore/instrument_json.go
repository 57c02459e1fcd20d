package main

import (
	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/scoring/instruments"
)

// instrument is a definition as --json prints it. Names follow the contract's
// Instrument, so that a program can read both; exact decimals are strings.
type instrument struct {
	Instrument     string     `json:"instrument"`
	Version        string     `json:"version"`
	Active         bool       `json:"active"`
	Name           string     `json:"name"`
	DefinitionHash string     `json:"definition_hash"`
	ScoringHash    string     `json:"scoring_hash"`
	Recall         string     `json:"recall"`
	Population     string     `json:"population"`
	Items          []item     `json:"items"`
	Layouts        []layout   `json:"layouts"`
	Codings        []string   `json:"codings"`
	Scales         []scale    `json:"scales"`
	ValueSets      []valueSet `json:"value_sets"`
	Sources        []source   `json:"sources"`
	Licence        licence    `json:"licence"`
	Notes          []string   `json:"notes"`
}

type item struct {
	Item                 string   `json:"item"`
	Type                 string   `json:"type"`
	Lowest               int32    `json:"lowest"`
	Highest              int32    `json:"highest"`
	AllowedValues        []int32  `json:"allowed_values"`
	NotApplicableAllowed bool     `json:"not_applicable_allowed"`
	Decimals             int      `json:"decimals,omitempty"` // these of the types that have them
	Codes                []string `json:"codes,omitempty"`
	EarliestOn           string   `json:"earliest_on,omitempty"`
	LatestOn             string   `json:"latest_on,omitempty"`
	Longest              int      `json:"longest,omitempty"`
}

type layout struct {
	Layout   string   `json:"layout"`
	Items    []string `json:"items"`
	Accepted bool     `json:"accepted"`
}

type scale struct {
	Scale     string   `json:"scale"`
	Items     []string `json:"items"`
	Reversed  []string `json:"reversed_items"`
	Direction string   `json:"direction"`
	Lowest    string   `json:"lowest"`
	Highest   string   `json:"highest"`
	Rule      string   `json:"rule"`
	Bands     []cutOff `json:"bands"`
	Flags     []cutOff `json:"flags"`
	Source    string   `json:"source"`
}

// cutOff is a band or a flag with its lower bound.
type cutOff struct {
	Code   string `json:"code"`
	From   string `json:"from"`
	Source string `json:"source"`
}

type valueSet struct {
	ValueSet string `json:"value_set"`
	Country  string `json:"country"`
	Year     int    `json:"year"`
	Lowest   string `json:"lowest"`
	Highest  string `json:"highest"`
	Source   string `json:"source"`
}

type source struct {
	Source   string `json:"source"`
	Citation string `json:"citation"`
}

type licence struct {
	Holder  string `json:"holder"`
	Status  string `json:"status"`
	Contact string `json:"contact"`
}

func describe(catalogue *instruments.Catalogue, in *scoring.Instrument) instrument {
	def := in.Definition()
	out := instrument{
		Instrument: in.ID(), Version: in.Version(), Active: active(catalogue, in), Name: def.Title,
		DefinitionHash: in.DefinitionHash(), ScoringHash: in.ScoringHash(), Recall: def.Recall, Population: def.Population,
		Items: []item{}, Layouts: []layout{}, Codings: append([]string{}, in.Codings()...), Scales: []scale{}, ValueSets: []valueSet{},
		Sources: []source{}, Licence: licenceOf(def), Notes: append([]string{}, def.Notes...),
	}
	for _, i := range in.Items() {
		out.Items = append(out.Items, item{
			Item: i.Code, Type: typeNames[i.Type], Lowest: i.Min, Highest: i.Max, AllowedValues: append([]int32{}, i.Values...), NotApplicableAllowed: i.NotApplicable,
			Decimals: i.Decimals, Codes: i.Codes, EarliestOn: i.Earliest, LatestOn: i.Latest, Longest: i.Longest,
		})
	}
	for _, l := range in.Layouts() {
		out.Layouts = append(out.Layouts, layout{l.Code, l.Order, l.Confirmed})
	}
	for _, s := range in.Scales() {
		out.Scales = append(out.Scales, describeScale(&s))
	}
	for _, v := range in.ValueSets() {
		d := v.Definition()
		out.ValueSets = append(out.ValueSets, valueSet{v.ID(), d.Country, d.Year, decimal(v.Lowest(), v.Decimals()), decimal(v.Highest(), v.Decimals()), d.Source})
	}
	for _, s := range def.Sources {
		out.Sources = append(out.Sources, source{s.Code, s.Cite})
	}
	return out
}

// typeNames are those of the contract's ItemType, without its prefix.
var typeNames = map[scoring.ItemType]string{
	scoring.WholeNumber: "WHOLE_NUMBER", scoring.DecimalNumber: "DECIMAL", scoring.CodeOfList: "CODE", scoring.CalendarDate: "DATE", scoring.FreeText: "TEXT",
}

func licenceOf(def *scoring.Definition) licence {
	return licence{def.Licence.Holder, def.Licence.Status, def.Licence.Contact}
}

func describeScale(s *scoring.ScaleInfo) scale {
	out := scale{
		Scale: s.Code, Items: append([]string{}, s.Items...), Reversed: append([]string{}, s.Def.Reversed...), Direction: directionName(s.Direction),
		Lowest: decimal(s.Lowest, scoring.AsNeeded), Highest: decimal(s.Highest, scoring.AsNeeded), Rule: s.Rule,
		Bands: []cutOff{}, Flags: []cutOff{}, Source: s.Def.Source,
	}
	for _, b := range s.Bands {
		out.Bands = append(out.Bands, cutOff{b.Code, decimal(b.From, scoring.AsNeeded), s.Def.Bands.Source})
	}
	for i, f := range s.Flags {
		out.Flags = append(out.Flags, cutOff{f.Code, decimal(f.From, scoring.AsNeeded), s.Def.Flags[i].Source})
	}
	return out
}

func directionName(d scoring.Direction) string {
	switch d {
	case scoring.HigherIsBetter:
		return "HIGHER_IS_BETTER"
	case scoring.HigherIsWorse:
		return "HIGHER_IS_WORSE"
	}
	return "NONE"
}

// decimal prints a number; nothing where there is none.
func decimal(e scoring.Exact, decimals int8) string { return string(e.AppendDecimal(nil, decimals)) }
