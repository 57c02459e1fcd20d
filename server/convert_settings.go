package server

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

var settingKindWords = vocabularyOf[pb.SettingKind]("SETTING_KIND_")

func settingChange(req *pb.ChangeSettingRequest) clinic.SettingChange {
	change := clinic.SettingChange{CareUnit: req.GetCareUnit(), Etag: req.GetEtag(), Note: req.GetNote(), Found: unknown(req)}
	switch to := req.GetChange().(type) {
	case *pb.ChangeSettingRequest_Norm:
		change.Norm = norm(to.Norm)
	case *pb.ChangeSettingRequest_Window:
		change.Window = &clinic.OccasionWindow{
			Occasion: store.Occasion(occasionWords.word[to.Window.GetOccasion()]), From: int(to.Window.GetFromDays()), To: int(to.Window.GetToDays()),
		}
	case *pb.ChangeSettingRequest_ActiveDefinition:
		change.Definition = &clinic.DefinitionChoice{Instrument: to.ActiveDefinition.GetInstrument(), Version: to.ActiveDefinition.GetVersion()}
	case *pb.ChangeSettingRequest_Battery:
		change.Battery = battery(to.Battery)
	case *pb.ChangeSettingRequest_Remove:
		change.Remove = &clinic.SettingName{Kind: clinic.SettingKind(settingKindWords.word[to.Remove.GetKind()]), Name: to.Remove.GetName()}
	}
	return change
}

func norm(n *pb.ScaleNorm) *clinic.Norm {
	out := &clinic.Norm{
		Instrument: n.GetInstrument(), Scale: n.GetScale(), ValueSet: n.GetValueSet(), Name: n.GetName(), Date: n.GetDate(),
		Source: n.GetSource(), Population: n.GetPopulation(), OverAYear: n.GetOverAYear(), Borrowed: n.GetBorrowed(),
	}
	switch threshold := n.GetThreshold().(type) {
	case *pb.ScaleNorm_Mcid:
		out.Basis, out.Low, out.High = clinic.MCIDInterval, scoring.Decimal(threshold.Mcid.GetLow()), scoring.Decimal(threshold.Mcid.GetHigh())
	case *pb.ScaleNorm_Sdc:
		out.Basis, out.Low, out.High = clinic.SDCInterval, scoring.Decimal(threshold.Sdc.GetLow()), scoring.Decimal(threshold.Sdc.GetHigh())
	case *pb.ScaleNorm_SdAndReliability:
		from := threshold.SdAndReliability
		out.Basis, out.SD, out.Reliability = clinic.SDCFromReliability, scoring.Decimal(from.GetSd()), scoring.Decimal(from.GetReliability())
	}
	return out
}

func settingProto(s clinic.Setting) *pb.Setting {
	out := &pb.Setting{
		CareUnit: s.CareUnit, Kind: settingKindWords.enum[s.Kind], Name: s.Name, Number: s.Number, Etag: clinic.SettingEtag(s.Setting),
		ChangedBy: s.By, ChangedAt: timestamppb.New(s.At), Note: s.Note,
	}
	switch {
	case s.Norm != nil:
		out.Value = &pb.Setting_Norm{Norm: normProto(s.Norm)}
	case s.Window != nil:
		out.Value = &pb.Setting_Window{Window: &pb.OccasionWindow{
			Occasion: occasionWords.enum[string(s.Window.Occasion)], FromDays: int32(s.Window.From), ToDays: int32(s.Window.To),
		}}
	case s.Battery != nil:
		out.Value = &pb.Setting_Battery{Battery: batteryProto(s.Battery)}
	case s.Definition != nil:
		out.Value = &pb.Setting_ActiveDefinition{ActiveDefinition: &pb.DefinitionChoice{Instrument: s.Definition.Instrument, Version: s.Definition.Version}}
	}
	return out
}

func normProto(n *clinic.Norm) *pb.ScaleNorm {
	out := &pb.ScaleNorm{
		Instrument: n.Instrument, Scale: n.Scale, ValueSet: n.ValueSet, Name: n.Name, Date: n.Date, Source: n.Source,
		Population: n.Population, OverAYear: n.OverAYear, Borrowed: n.Borrowed,
	}
	interval := &pb.NormInterval{Low: string(n.Low), High: string(n.High)}
	switch n.Basis {
	case clinic.MCIDInterval:
		out.Threshold = &pb.ScaleNorm_Mcid{Mcid: interval}
	case clinic.SDCInterval:
		out.Threshold = &pb.ScaleNorm_Sdc{Sdc: interval}
	case clinic.SDCFromReliability:
		out.Threshold = &pb.ScaleNorm_SdAndReliability{SdAndReliability: &pb.SdAndReliability{Sd: string(n.SD), Reliability: string(n.Reliability), Sdc: string(n.Low)}}
	}
	return out
}
