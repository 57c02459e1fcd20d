package clinic

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
)

// Linking tells that two identifiers are one person's.
type Linking struct {
	Patient PatientRef // by an identifier that is known
	Also    PatientRef // the other one
	Merge   bool       // they are one also where both are known as patients
	Decision
	Found []Problem // what the way in has already found wrong; listed with the rest
}

// Linked is what became of a Linking.
type Linked struct {
	store.Linked
	Warnings []Warning
}

// LinkIdentity adds an identifier to a patient, or makes two patients one, for
// good. An identifier that is the patient's already changes nothing.
//
// It warns where the identifier stands in clear in an id or text of the
// patient's that is stored already: nobody could know then that it was one.
//
// A test identity and a real patient are never joined: the patient would vanish
// from every report, and whatever somebody tries out would be the patient's.
//
// Errors: *InputError; *StateError with PATIENT_UNKNOWN, TEST_PATIENT or
// IDENTIFIER_OF_OTHER_PATIENT.
func (c *Clinic) LinkIdentity(ctx context.Context, l Linking) (_ Linked, err error) {
	v, err := c.enter(ctx, access.LinkIdentityCall)
	if err != nil {
		return Linked{}, err
	}
	defer v.leave(ctx, &err)
	check := c.newChecker(l.Found)
	id, warned := check.patient("patient", l.Patient)
	also, alsoWarned := check.patient("also", l.Also)
	if !id.IsZero() && id == also {
		check.add("also.value", BadFormat, "the same identifier twice")
	}
	l.Decision.check(check)
	ids, err := c.allOf(ctx, id, also)
	if err != nil {
		return Linked{}, err
	}
	check.withoutIdentifiers(ids, l.Decision.texts()...)
	if err := check.err(); err != nil {
		return Linked{}, err
	}
	if err := c.recordPatients(ctx, v, id, also); err != nil {
		return Linked{}, err
	}
	link := c.link(id, also, l.Merge, l.Decision.act(v.Caller, c.now()))
	linked, err := c.store.Link(ctx, link)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return Linked{}, patientUnknown()
	case errors.Is(err, store.ErrTestPatient):
		return Linked{}, &StateError{Reason: TestPatient, Field: "also", Description: "one of the two is a test identity and the other is not; they are not one person"}
	case errors.Is(err, store.ErrTwoPatients):
		return Linked{}, &StateError{Reason: IdentifierOfOther, Field: "also", Description: "the identifier is known for another patient; check both, and merge if they are one person"}
	case err != nil:
		return Linked{}, err
	}
	warnings := storedWarnings(strings.Join(warned, " "), "")
	for _, w := range storedWarnings(strings.Join(alsoWarned, " "), "") {
		w.Field = "also.value"
		warnings = append(warnings, w)
	}
	// A failure to look is no reason to fail what is stored.
	if fields, err := c.standsInClear(ctx, ids); err == nil && len(fields) > 0 {
		w := warning(WarnIdentifierInText, "")
		w.Description += ": " + strings.Join(fields, ", ")
		warnings = append(warnings, w)
	}
	return Linked{Linked: linked, Warnings: warnings}, nil
}

// recordPatients grants the visit those whose identifiers these are.
func (c *Clinic) recordPatients(ctx context.Context, v *visit, ids ...identity.Identifier) error {
	var keys []string
	for _, id := range ids {
		key, err := c.store.FindPatient(ctx, c.keys.Lookup(id))
		if unlessNotFound(err) != nil {
			return err
		}
		if err == nil {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		v.missing(ctx, "")
		return nil
	}
	v.patients("", keys...)
	return nil
}

func patientUnknown() error {
	return &StateError{Reason: PatientUnknown, Field: "patient", Description: "no such patient is known"}
}

// allOf returns these identifiers, and all others of the patients whose they are.
func (c *Clinic) allOf(ctx context.Context, ids ...identity.Identifier) ([]identity.Identifier, error) {
	var all []identity.Identifier
	for _, id := range ids {
		if id.IsZero() {
			continue // a problem by now
		}
		all = append(all, id)
		patientKey, err := c.store.FindPatient(ctx, c.keys.Lookup(id))
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		more, err := c.identifiersOf(ctx, patientKey)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

// link prepares a link for the store, which knows no identifier: what it has
// sealed for a patient that is given up is opened here and sealed for the other.
func (c *Clinic) link(id, also identity.Identifier, merge bool, act store.Act) store.Link {
	added := c.keys.Lookup(also)
	return store.Link{
		Of: c.keys.Lookup(id), Merge: merge, Act: act,
		Add: store.Identity{System: also.System(), Lookup: added, AddedAt: act.At, TestPatient: also.IsTestIdentity()},
		Reseal: func(kept store.Identity, patientKey string) (store.Identity, error) {
			opened := also
			if !bytes.Equal(kept.Lookup, added) {
				var err error
				if opened, err = c.keys.Open(kept.PatientKey, kept.Sealed, kept.KeyID); err != nil {
					return store.Identity{}, err
				}
			}
			var err error
			kept.PatientKey = patientKey
			kept.Sealed, kept.KeyID, err = c.keys.Seal(patientKey, opened)
			return kept, err
		},
		ResealName: func(kept store.PatientName, patientKey string) (store.PatientName, error) {
			name, err := c.keys.OpenName(kept.PatientKey, kept.Sealed, kept.KeyID)
			if err != nil {
				return store.PatientName{}, err
			}
			kept.PatientKey = patientKey
			kept.Sealed, kept.KeyID, err = c.keys.SealName(patientKey, name)
			return kept, err
		},
	}
}

// standsInClear names the fields in which an identifier of a patient is found
// among the patient's episodes and forms. Answers are left out: their numbers
// side by side can look like one.
func (c *Clinic) standsInClear(ctx context.Context, ids []identity.Identifier) ([]string, error) {
	patientKey, err := c.store.FindPatient(ctx, c.keys.Lookup(ids[0]))
	if err != nil {
		return nil, err
	}
	units, err := c.store.CareUnits(ctx)
	if err != nil {
		return nil, err
	}
	check := c.newChecker(nil)
	for _, unit := range units {
		episodes, err := c.store.EpisodesOfPatient(ctx, unit, patientKey)
		if err != nil {
			return nil, err
		}
		for _, e := range episodes {
			check.withoutIdentifiers(ids, [2]string{"episode_id", e.EpisodeID}, [2]string{"assessing_unit", e.AssessingUnit},
				[2]string{"cohort", e.Cohort}, [2]string{"drop_out_reason", e.DropOutReason})
			subs, err := c.store.SubmissionsOfEpisode(ctx, unit, e.EpisodeID, 0)
			if err != nil {
				return nil, err
			}
			for _, sub := range subs {
				texts := textsOf(Submission{OccasionLabel: sub.OccasionLabel, Source: sub.Source})
				check.withoutIdentifiers(ids, append(texts, [2]string{"submission_id", sub.SubmissionID})...)
			}
		}
	}
	var fields []string
	for _, p := range check.problems {
		fields = append(fields, p.Field)
	}
	slices.Sort(fields)
	return slices.Compact(fields), nil
}
