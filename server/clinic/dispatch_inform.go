package clinic

import (
	"context"
	"errors"
	"slices"

	"github.com/painscore/painscore/server/store"
)

// checkInforming checks of a dispatch that it may inform of a registry.
func (c *Clinic) checkInforming(check *checker, d *Dispatch) {
	check.code("informs_of_registry", d.Registry)
	switch {
	case d.Registry == "":
	case d.Information == "":
		check.add("information_sheet", Required, "must be given where it informs of a registry")
	case c.settings.CareProviders.ByUnit(d.CareUnit) == "":
		check.add("informs_of_registry", BadFormat, "the server is not configured to know whose the care unit is; use SetRegistryChoice")
	}
}

// inform records that a patient is informed of a registry, by the information
// sheet of a dispatch: where nothing was recorded or not informed stands, no
// later than the sheet. What the patient or somebody has said, a letter does not
// undo: least of all an objection. A retry that comes after another choice does
// not replace it either.
func (c *Clinic) inform(ctx context.Context, v *visit, act store.OccasionAct, replayed bool, registry string) (store.RegistryChoice, error) {
	episode, err := c.store.Episode(ctx, act.CareUnit, act.EpisodeID)
	if err != nil {
		return store.RegistryChoice{}, unlessNotFound(err)
	}
	informed := store.RegistryChoice{
		PatientKey: episode.PatientKey, Provider: c.settings.CareProviders.ByUnit(act.CareUnit), Registry: registry,
		Choice: store.Informed, DecidedOn: act.DoneOn,
		Act: Decision{Reason: "information sheet with the forms", Author: act.By}.act(v.Caller, c.now()),
	}
	for attempt := 0; ; attempt++ {
		all, err := c.store.RegistryChoices(ctx, episode.PatientKey)
		if err != nil {
			return store.RegistryChoice{}, err
		}
		stands := ChoiceIn(all, informed.Provider, registry)
		saidSince := replayed && slices.ContainsFunc(all, func(said store.RegistryChoice) bool {
			return said.Provider == informed.Provider && said.Registry == registry && !said.At.Before(act.At)
		})
		if stands.Choice != store.NotInformed || stands.DecidedOn > act.DoneOn || saidSince {
			return stands, nil
		}
		put, err := c.store.PutRegistryChoice(ctx, informed, stands.Number)
		if errors.Is(err, store.ErrStale) && attempt < 5 {
			continue // somebody was faster: judged again by what stands now
		}
		return put, unlessNotFound(err)
	}
}
