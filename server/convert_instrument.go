package server

import (
	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
)

func summaryProto(in *scoring.Instrument) *pb.InstrumentSummary {
	out := &pb.InstrumentSummary{
		Instrument: in.ID(), Title: in.Definition().Title, ShortTitle: in.Definition().ShortTitle, ActiveVersion: in.Version(),
		DefinitionHash: in.DefinitionHash(), ScoringHash: in.ScoringHash(), ItemCount: int32(len(in.Items())),
	}
	for _, s := range in.Scales() {
		out.Scales = append(out.Scales, s.Code)
	}
	return out
}

func instrumentProto(d clinic.Definition) *pb.Instrument {
	in, def := d.Instrument, d.Instrument.Definition()
	out := &pb.Instrument{
		Instrument: in.ID(), Version: in.Version(), Active: d.Active, Title: def.Title, ShortTitle: def.ShortTitle,
		DefinitionHash: in.DefinitionHash(), ScoringHash: in.ScoringHash(), Recall: def.Recall, Population: def.Population,
		Notes: def.Notes, Licence: &pb.Licence{Holder: def.Licence.Holder, Status: def.Licence.Status, Contact: def.Licence.Contact},
		Concepts: conceptsProto(def.Codes), DefinitionFile: d.File,
	}
	for _, it := range in.Items() {
		out.Items = append(out.Items, itemProto(it))
	}
	for i, l := range in.Layouts() {
		layout := &pb.Layout{Layout: l.Code, Items: l.Order, Accepted: l.Confirmed}
		if i < len(def.Layouts) && def.Layouts[i].Code == l.Code {
			layout.Basis = basisProto(def.Layouts[i].Known, "", def.Layouts[i].Source)
		}
		out.Layouts = append(out.Layouts, layout)
	}
	for _, c := range def.Codings {
		out.Codings = append(out.Codings, codingProto(c))
	}
	for _, s := range in.Scales() {
		out.Scales = append(out.Scales, scaleProto(in, s))
	}
	for _, v := range in.ValueSets() {
		out.ValueSets = append(out.ValueSets, valueSetProto(v, d.Configured[v.ID()]))
	}
	for _, s := range def.Sources {
		out.Sources = append(out.Sources, &pb.Source{Source: s.Code, Citation: s.Cite})
	}
	return out
}

var itemTypes = map[scoring.ItemType]pb.ItemType{
	scoring.WholeNumber:   pb.ItemType_ITEM_TYPE_WHOLE_NUMBER,
	scoring.DecimalNumber: pb.ItemType_ITEM_TYPE_DECIMAL,
	scoring.CodeOfList:    pb.ItemType_ITEM_TYPE_CODE,
	scoring.CalendarDate:  pb.ItemType_ITEM_TYPE_DATE,
	scoring.FreeText:      pb.ItemType_ITEM_TYPE_TEXT,
}

func itemProto(it scoring.ItemInfo) *pb.Item {
	return &pb.Item{
		Item: it.Code, Type: itemTypes[it.Type], Lowest: it.Min, Highest: it.Max, AllowedValues: it.Values, NotApplicableAllowed: it.NotApplicable,
		Decimals: int32(it.Decimals), Codes: it.Codes, EarliestOn: it.Earliest, LatestOn: it.Latest, Longest: int32(it.Longest),
	}
}

func codingProto(c scoring.Coding) *pb.Coding {
	out := &pb.Coding{Coding: c.Code, Basis: basisProto(c.Known, "", c.Source)}
	for _, m := range c.Maps {
		coded := &pb.CodedItems{Items: m.Items}
		for i := range m.From {
			coded.Values = append(coded.Values, &pb.CodedValue{Given: m.From[i], Value: m.To[i]})
		}
		out.Maps = append(out.Maps, coded)
	}
	return out
}

func scaleProto(in *scoring.Instrument, s scoring.ScaleInfo) *pb.Scale {
	out := &pb.Scale{
		Scale: s.Code, Title: s.Def.Title, Kind: s.Kind, Items: s.Items, ReversedItems: s.Def.Reversed,
		Direction: directionProto(s.Direction), Lowest: exactText(s.Lowest, scoring.AsNeeded), Highest: exactText(s.Highest, scoring.AsNeeded),
		Domain: s.Domain, Rule: s.Rule, FewestAnswers: int32(fewestAnswers(s)), Bands: bandsProto(s.Bands),
		KeyBasis:  basisProto(s.Def.Known, "", s.Def.Source),
		RuleBasis: basisProto(s.Def.Missing.Known, "", s.Def.Missing.Source),
		Concepts:  conceptsProto(s.Def.Codes),
	}
	if b := s.Def.Bands; b != nil {
		out.BandsBasis = basisProto(b.Known, b.Population, b.Source)
	}
	for i, f := range s.Flags {
		def := s.Def.Flags[i]
		out.Flags = append(out.Flags, &pb.Flag{Flag: f.Code, From: exactText(f.From, scoring.AsNeeded), Basis: basisProto(def.Known, def.Population, def.Source)})
	}
	if change := s.Def.Change; change != nil {
		out.Mcid, out.SmallestDetectableChange = thresholdsProto(change.MCID), thresholdsProto(change.SDC)
		if p := change.Percent; p != nil {
			out.PercentBasis = basisProto(p.Known, "", p.Source)
			for _, c := range p.Classes {
				out.PercentClasses = append(out.PercentClasses, &pb.PercentClass{PercentClass: c.Code, FromPercent: int32(c.From)})
			}
		}
	}
	return out
}

func thresholdsProto(thresholds []scoring.Threshold) []*pb.Threshold {
	var out []*pb.Threshold
	for _, t := range thresholds {
		out = append(out, &pb.Threshold{
			Lowest: string(t.Low), Highest: string(t.High), EarlierAtMost: string(t.EarlierAtMost), EarlierAbove: string(t.EarlierAbove),
			Found: t.Found, OverOneYear: t.Period == scoring.PeriodOneYear, Borrowed: t.Borrowed, Basis: basisProto(t.Known, t.Population, t.Sources...),
		})
	}
	return out
}

// fewestAnswers is how many answers the scale's missing-items rule asks for.
func fewestAnswers(s scoring.ScaleInfo) int {
	switch s.Rule {
	case scoring.RuleHalf:
		return (len(s.Items) + 1) / 2
	case scoring.RuleAtLeast:
		return s.Def.Missing.Items
	}
	return len(s.Items)
}

func valueSetProto(v *scoring.ValueSet, configured bool) *pb.ValueSet {
	def := v.Definition()
	return &pb.ValueSet{
		ValueSet: v.ID(), Title: def.Title, Country: def.Country, Year: int32(def.Year), Method: def.Method, Perspective: def.Perspective,
		Decimals: int32(v.Decimals()), Lowest: exactText(v.Lowest(), v.Decimals()), Highest: exactText(v.Highest(), v.Decimals()),
		Configured: configured, Notes: def.Notes, Basis: basisProto(def.Known, "", def.Source),
	}
}

func conceptsProto(codes []scoring.Concept) []*pb.Concept {
	var out []*pb.Concept
	for _, c := range codes {
		out = append(out, &pb.Concept{System: c.System, Code: c.Code, Means: c.Means})
	}
	return out
}

var evidence = map[scoring.Known]pb.Evidence{
	scoring.Verified:   pb.Evidence_EVIDENCE_VERIFIED,
	scoring.Secondary:  pb.Evidence_EVIDENCE_SECONDARY,
	scoring.FromMemory: pb.Evidence_EVIDENCE_UNCONFIRMED,
	scoring.Derived:    pb.Evidence_EVIDENCE_DERIVED,
	scoring.HouseRule:  pb.Evidence_EVIDENCE_HOUSE_RULE,
}

// basisProto says what a number rests on, or nothing where nothing is stated.
func basisProto(known scoring.Known, population string, sources ...string) *pb.Basis {
	b := &pb.Basis{Evidence: evidence[known], Population: population}
	for _, s := range sources {
		if s != "" {
			b.Sources = append(b.Sources, s)
		}
	}
	if b.Evidence == pb.Evidence_EVIDENCE_UNSPECIFIED && len(b.Sources) == 0 && population == "" {
		return nil
	}
	return b
}
