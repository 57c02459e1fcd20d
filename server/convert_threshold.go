package server

import (
	"slices"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
)

// scaleKept is what replies say of a scale whoever the patient is. It is made
// once for a yardstick and is part of many replies at a time: nobody may change
// it.
type scaleKept struct {
	direction       pb.Direction
	lowest, highest string
	bands           []*pb.Band
	thresholds      []*pb.TrendThreshold // of the MCID, then of the SDC
	places          []*int32             // of the thresholds, as verdicts refer to them
	sources         []*pb.Source
}

func keepScale(y *clinic.Yardstick) any {
	lowest, highest, decimals := y.Range()
	kept := &scaleKept{
		direction: directionProto(y.Scale.Direction), lowest: exactText(lowest, decimals), highest: exactText(highest, decimals),
		bands: bandsProto(y.Scale.Bands),
	}
	for _, norms := range [][]scoring.Norm{y.Evidence.MCID, y.Evidence.SDC} {
		for i := range norms {
			place := int32(len(kept.thresholds))
			kept.places = append(kept.places, &place)
			kept.thresholds = append(kept.thresholds, kept.threshold(y.Instrument, &norms[i]))
		}
	}
	return kept
}

// place is what a verdict says of its threshold, which belongs to the evidence.
func (kept *scaleKept) place(e *scoring.Evidence, threshold *scoring.Norm) *int32 {
	for i := range e.MCID {
		if &e.MCID[i] == threshold {
			return kept.places[i]
		}
	}
	for i := range e.SDC {
		if &e.SDC[i] == threshold {
			return kept.places[len(e.MCID)+i]
		}
	}
	return nil
}

func (kept *scaleKept) threshold(in *scoring.Instrument, norm *scoring.Norm) *pb.TrendThreshold {
	out := &pb.TrendThreshold{
		Lowest: exactText(norm.Low, scoring.AsNeeded), Highest: exactText(norm.High, scoring.AsNeeded),
		Norm: norm.Name, NormDate: norm.Date, Found: norm.Found,
		Basis: &pb.Basis{Evidence: evidence[norm.Known], Population: norm.Population},
	}
	for _, source := range norm.Sources {
		out.Basis.Sources = append(out.Basis.Sources, kept.cite(in, norm, source))
	}
	return out
}

// cite returns the reference of a source and remembers what it stands for. A
// definition's source is named together with its instrument, since two
// definitions may call different papers by one name; a site's own norm states
// its source in its own words.
func (kept *scaleKept) cite(in *scoring.Instrument, norm *scoring.Norm, source string) string {
	if norm.Name != "" {
		return source
	}
	reference := in.ID() + "/" + source
	if slices.ContainsFunc(kept.sources, func(s *pb.Source) bool { return s.Source == reference }) {
		return reference
	}
	citation := source
	for _, s := range in.Definition().Sources {
		if s.Code == source {
			citation = s.Cite
		}
	}
	kept.sources = append(kept.sources, &pb.Source{Source: reference, Citation: citation})
	return reference
}
