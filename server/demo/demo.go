// Package demo fills a store with synthetic patients, so that somebody who has
// just started painscore sees what a unit with two years of forms looks like.
//
// The patients are made up from a fixed seed: the same forty every time, with
// trajectories such as programmes see them, and with everything that goes
// wrong in a clinic – blanks, prorated and refused scores, drop-outs, missing
// baselines and follow-ups, a change from EQ-5D-3L to 5L. Every id begins with
// "demo", and the identifiers belong to a system that exists nowhere.
//
// Patients go in through the use cases, like anybody's. Filling twice stores
// nothing twice, so a first start that was cut off is simply continued.
package demo

import (
	"context"
	"errors"
	"fmt"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// Patients is how many synthetic patients there are.
const Patients = 40

// IdentifierSystem is the system of the demo patients' identifiers.
const IdentifierSystem = "https://painscore.example/demo-patient"

// filledProperty says that the store has all its demo patients.
const filledProperty = "demo_filled"

// Fill stores the demo patients unless the store has them all.
func Fill(ctx context.Context, use *clinic.Clinic, properties store.Properties) error {
	ctx = access.WithCaller(ctx, access.Local()) // the machine itself fills it
	if _, err := properties.Property(ctx, filledProperty); !errors.Is(err, store.ErrNotFound) {
		return err
	}
	for n := 1; n <= Patients; n++ {
		if err := fillPatient(ctx, use, n); err != nil {
			return fmt.Errorf("demo patient %d: %w", n, err)
		}
	}
	_, err := properties.SetPropertyOnce(ctx, filledProperty, fmt.Sprint(Patients))
	return err
}

func fillPatient(ctx context.Context, use *clinic.Clinic, n int) error {
	story := storyOf(n)
	patient := clinic.PatientRef{System: IdentifierSystem, Value: fmt.Sprintf("synthetic-%02d", n)}
	if _, err := use.UpsertEpisode(ctx, clinic.EpisodeUpdate{Patient: patient, Episode: story.episode}); err != nil {
		return err
	}
	active, err := use.ActiveInstruments(ctx)
	if err != nil {
		return err
	}
	for _, visit := range story.visits {
		sub := clinic.Submission{
			Patient: patient, CareUnit: story.episode.CareUnit, EpisodeID: story.episode.EpisodeID,
			Occasion: visit.occasion, OccasionLabel: visit.label, AnsweredOn: visit.date,
			Respondent: store.Patient, Mode: visit.mode, LanguageCode: story.episode.LanguageCode,
			Source: store.Source{System: "painscore demo"},
		}
		for _, in := range active {
			if sheet, ok := story.fill(in, visit); ok {
				id := fmt.Sprintf("%s-%s-%s", story.episode.EpisodeID, visit.name(), in.ID())
				sub.Forms = append(sub.Forms, clinic.Form{SubmissionID: id, Sheet: sheet})
			}
		}
		if _, _, err := use.Submit(ctx, sub, false); err != nil {
			return fmt.Errorf("%s: %w", visit.name(), err)
		}
	}
	return nil
}
