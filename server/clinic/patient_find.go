package clinic

import (
	"context"

	"github.com/painscore/painscore/server/access"
)

// FindPatient lists a patient's episodes that the caller may see, in whatever
// care unit, also those that the caller's unit has only assessed. Nobody known by
// the identifier, and nothing that the caller may see, is the same: an empty list.
//
// The warnings say what is odd about the identifier, such as CHECK_DIGIT.
//
// Errors: *InputError.
func (c *Clinic) FindPatient(ctx context.Context, patient PatientRef) (_ []ListedPatient, warnings []string, err error) {
	v, err := c.enter(ctx, access.ListEpisodesCall)
	if err != nil {
		return nil, nil, err
	}
	defer v.leave(ctx, &err)
	check := c.newChecker(nil)
	id, warnings := check.patient("patient", patient)
	if err := check.err(); err != nil {
		return nil, nil, err
	}
	units, err := c.store.CareUnits(ctx)
	if err != nil {
		return nil, nil, err
	}
	sees := map[episodePlace]bool{}
	var with, keys []string
	for _, unit := range units {
		episodes, err := c.candidates(ctx, v, unit, id)
		if err != nil {
			return nil, nil, err
		}
		for _, e := range episodes {
			sees[placeOf(e)], keys = true, append(keys, e.PatientKey)
		}
		if len(episodes) > 0 {
			with = append(with, unit)
		}
	}
	found, err := c.patientsOfUnits(ctx, v, with, func(unit, id string) bool { return sees[episodePlace{unit, id}] })
	if err != nil {
		return nil, nil, err
	}
	careUnit := ""
	if len(with) == 1 {
		careUnit = with[0]
	}
	v.patients(careUnit, keys...)
	return found, warnings, nil
}
