package main

import (
	"fmt"
	"math/rand/v2"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/scoring/instruments"
)

// registryForms are the nine instruments that a patient fills in at one
// occasion.
var registryForms = []string{"cpaq_8", "eq_5d_5l", "hads", "isi", "lisat_11", "nprs", "pcs", "tsk_17", "wai"}

// forms fills in instruments.
type forms struct{ instruments []*scoring.Instrument }

func newForms() (*forms, error) {
	catalogue, err := instruments.Builtin()
	if err != nil {
		return nil, err
	}
	f := &forms{}
	for _, id := range registryForms {
		in, ok := catalogue.Instrument(id, "")
		if !ok {
			return nil, fmt.Errorf("no built-in instrument %s", id)
		}
		f.instruments = append(f.instruments, in)
	}
	return f, nil
}

// fill answers the i-th instrument at random; about one item in thirty is left
// blank.
func (f *forms) fill(i int, random *rand.Rand) *pb.Form {
	in := f.instruments[i]
	form := &pb.Form{SubmissionId: newID(random), Instrument: in.ID()}
	if sets := in.ValueSets(); len(sets) > 0 {
		form.ValueSets = []string{sets[0].ID()}
	}
	for _, item := range in.Items() {
		if random.IntN(30) == 0 {
			continue
		}
		value := item.Min
		if len(item.Values) > 0 {
			value = item.Values[random.IntN(len(item.Values))]
		} else {
			value += random.Int32N(item.Max - item.Min + 1)
		}
		form.Answers = append(form.Answers, &pb.Answer{Item: item.Code, Response: &pb.Answer_Value{Value: value}})
	}
	return form
}

// envelope is an empty SubmitForms of one occasion of a made-up patient's only
// episode. Names rise with n, which must not be used twice; label names the
// occasion within the episode.
func envelope(unit, episode string, label int) *pb.SubmitFormsRequest {
	return &pb.SubmitFormsRequest{
		Patient: &pb.PatientIdentifier{System: identitySystem, Value: "of " + episode}, CareUnit: unit, EpisodeId: episode,
		Occasion: pb.Occasion_OCCASION_OTHER, OccasionLabel: fmt.Sprintf("week %d", label), AnsweredOn: "2025-06-15",
		Respondent: pb.Respondent_RESPONDENT_PATIENT, Mode: pb.Mode_MODE_DIGITAL, LanguageCode: "sv", AllowNewEpisode: true,
		Source: &pb.SubmissionSource{System: "1177", DocumentId: fmt.Sprintf("d-%d", label)},
	}
}

// single is an envelope's only form as a Submit.
func single(e *pb.SubmitFormsRequest, form *pb.Form) *pb.SubmitRequest {
	return &pb.SubmitRequest{
		SubmissionId: form.SubmissionId, Instrument: form.Instrument, Answers: form.Answers, ValueSets: form.ValueSets,
		Patient: e.Patient, CareUnit: e.CareUnit, EpisodeId: e.EpisodeId, Occasion: e.Occasion, OccasionLabel: e.OccasionLabel,
		AnsweredOn: e.AnsweredOn, Respondent: e.Respondent, Mode: e.Mode, LanguageCode: e.LanguageCode,
		Source: e.Source, AllowNewEpisode: e.AllowNewEpisode,
	}
}
