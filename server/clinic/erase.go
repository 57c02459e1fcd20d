package clinic

import (
	"context"
	"errors"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
)

// Erasing asks to erase a patient for good.
type Erasing struct {
	ErasureID string // named by the caller, and sent again with every retry
	Patient   PatientRef
	Decision
	Found []Problem // what the way in has already found wrong; listed with the rest
}

// Erasure is an erasure that was carried out.
type Erasure struct {
	store.Erasure
	Beyond string // what the store cannot reach, a sentence for an operator; empty if nothing
}

// ErasePatient erases a patient in every care unit. The journal of erasures
// (Settings.ErasureJournal) hears of it first, so that a database that is put
// back from a backup does not bring the patient back.
//
// What is left in the store's files is purged at once if that can be done
// without waiting, and later if not: PurgedAt is zero until then.
//
// Repeating it with the same id returns the first result, PurgedAt as it is
// now. If the patient who is named with it is known – another one, or one who
// has come back since – the call is refused: that one was not erased, and must
// not be thought to be.
//
// Errors: *InputError; *StateError with PATIENT_UNKNOWN or ERASURE_ID_REUSED.
func (c *Clinic) ErasePatient(ctx context.Context, e Erasing) (_ Erasure, err error) {
	v, err := c.enter(ctx, access.ErasePatientCall)
	if err != nil {
		return Erasure{}, err
	}
	defer v.leave(ctx, &err)
	check := c.newChecker(e.Found)
	check.id("erasure_id", e.ErasureID)
	id, _ := check.patient("patient", e.Patient)
	e.Decision.check(check)
	ids, err := c.allOf(ctx, id)
	if err != nil {
		return Erasure{}, err
	}
	check.withoutIdentifiers(ids, append(e.Decision.texts(), [2]string{"erasure_id", e.ErasureID})...)
	if err := check.err(); err != nil {
		return Erasure{}, err
	}
	act := e.Decision.act(v.Caller, c.now())
	first, err := c.erasureOf(ctx, e.ErasureID, act)
	isNew := errors.Is(err, store.ErrNotFound)
	if err != nil && !isNew {
		return Erasure{}, err
	}
	patientKey, err := c.store.FindPatient(ctx, c.keys.Lookup(id))
	if err == nil {
		v.patients("", patientKey)
	} else if errors.Is(err, store.ErrNotFound) {
		v.missing(ctx, "", first.PatientKeys...)
	}
	switch {
	case isNew && errors.Is(err, store.ErrNotFound):
		return Erasure{}, patientUnknown()
	case errors.Is(err, store.ErrNotFound):
		return c.purge(ctx, first)
	case err != nil:
		return Erasure{}, err
	case !isNew:
		return Erasure{}, erasureIDReused()
	}
	erased, err := c.erase(ctx, e.ErasureID, patientKey, act)
	if err != nil {
		return Erasure{}, err
	}
	return c.purge(ctx, erased)
}

// erase erases a patient who is known, the journal first.
func (c *Clinic) erase(ctx context.Context, erasureID, patientKey string, act store.Act) (store.Erasure, error) {
	keys, err := c.store.PatientKeys(ctx, patientKey)
	if err != nil {
		return store.Erasure{}, err
	}
	erasure := store.Erasure{ErasureID: erasureID, PatientKeys: keys, Act: act}
	if c.settings.ErasureJournal != nil {
		if erasure.Marks, err = c.marksOf(ctx, patientKey); err != nil {
			return store.Erasure{}, err
		}
		if err := c.settings.ErasureJournal.Record(ctx, erasure); err != nil {
			return store.Erasure{}, err
		}
	}
	erased, err := c.store.Erase(ctx, erasure, c.mark)
	c.replies.forgetAll() // also after an error: it may have been written
	switch {
	case errors.Is(err, store.ErrNotFound):
		return store.Erasure{}, patientUnknown() // erased by somebody else meanwhile
	case err != nil:
		return store.Erasure{}, err
	case erased.PatientKeys[0] != patientKey:
		return store.Erasure{}, erasureIDReused()
	}
	return erased, nil
}

// marksOf are the marks of all that is stored of a patient, for the journal: a
// backup from before need not hold every form.
func (c *Clinic) marksOf(ctx context.Context, patientKey string) ([][]byte, error) {
	units, err := c.store.CareUnits(ctx)
	if err != nil {
		return nil, err
	}
	var marks [][]byte
	for _, unit := range units {
		episodes, err := c.store.EpisodesOfPatient(ctx, unit, patientKey)
		if err != nil {
			return nil, err
		}
		for _, e := range episodes {
			refs, err := c.store.SubmissionRefs(ctx, unit, e.EpisodeID)
			if err != nil {
				return nil, err
			}
			for _, ref := range refs {
				marks = append(marks, c.mark(ref))
			}
		}
	}
	return marks, nil
}

func erasureIDReused() error {
	return &StateError{Reason: ErasureIDReused, Field: "erasure_id", Description: "this erasure was carried out before, and the patient named with it is known; nothing was erased now"}
}

func (c *Clinic) mark(ref store.SubmissionRef) []byte {
	return c.keys.Mark(ref.CareUnit, ref.System, ref.SubmissionID)
}

// erasureOf returns an erasure that was carried out, or store.ErrNotFound. The
// store finds one by its id only when asked to erase; this asks it to erase a
// patient key that is nobody's.
func (c *Clinic) erasureOf(ctx context.Context, erasureID string, act store.Act) (store.Erasure, error) {
	nobody, err := identity.NewPatientKey()
	if err != nil {
		return store.Erasure{}, err
	}
	return c.store.Erase(ctx, store.Erasure{ErasureID: erasureID, PatientKeys: []string{nobody}, Act: act}, c.mark)
}

// purge tries once to clear the store's files. The patient is erased whatever
// becomes of that, so a failure only means that it is still pending.
func (c *Clinic) purge(ctx context.Context, erasure store.Erasure) (Erasure, error) {
	done := Erasure{Erasure: erasure}
	purge, err := c.store.Purge(ctx, c.now().UTC())
	if err != nil {
		return done, nil
	}
	done.Beyond = purge.Beyond
	if again, err := c.erasureOf(ctx, erasure.ErasureID, erasure.Act); err == nil {
		done.PurgedAt = again.PurgedAt
	}
	return done, nil
}

// ErasuresBeingPurged counts the erased patients of whom the store's files may
// still hold something.
func (c *Clinic) ErasuresBeingPurged(ctx context.Context) (_ int, err error) {
	v, err := c.enter(ctx, access.GetServerInfoCall)
	if err != nil {
		return 0, err
	}
	defer v.leave(ctx, &err)
	pending := 0
	for after := ""; ; {
		page, err := c.store.Erasures(ctx, after, MaxPageSize)
		if err != nil {
			return 0, err
		}
		for _, e := range page {
			if e.PurgedAt.IsZero() {
				pending++
			}
			after = e.ErasureID
		}
		if len(page) < MaxPageSize {
			return pending, nil
		}
	}
}
