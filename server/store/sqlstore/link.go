package sqlstore

import (
	"bytes"
	"context"
	"errors"

	"github.com/painscore/painscore/server/store"
)

// Link adds an identity to a patient, or makes two patients one.
func (s *Store) Link(ctx context.Context, link store.Link) (store.Linked, error) {
	if len(link.Of) == 0 || len(link.Add.Lookup) == 0 || link.Reseal == nil {
		return store.Linked{}, errors.New("sqlstore: a link without two look-up hashes and a way to seal")
	}
	if err := checkTexts(link.By, link.Note); err != nil {
		return store.Linked{}, err
	}
	var linked, done store.Linked
	err := s.write(ctx, "link identities", func(t *transaction) (err error) {
		if linked, err = t.link(&link); linked == (store.Linked{}) {
			// Nothing is left to do. Where a run before this one had something to
			// do, that one was committed, or another call made the same link in
			// the meantime; either way it is what became of this call.
			linked = done
		}
		done = linked
		return err
	}, repeatable)
	if err != nil {
		return store.Linked{}, err
	}
	return linked, nil
}

func (t *transaction) link(link *store.Link) (store.Linked, error) {
	mine, err := t.person(store.Identity{Lookup: link.Of})
	if err != nil {
		return store.Linked{}, err
	}
	other, err := t.person(link.Add)
	switch {
	case err != nil:
		return store.Linked{}, err
	case !mine.known:
		return store.Linked{}, refuse(store.ErrNotFound)
	case other.known && other.test != mine.test, !other.known && other.test && !mine.test:
		return store.Linked{}, refuse(store.ErrTestPatient)
	case !other.known:
		return store.Linked{Added: true}, t.addIdentityOf(mine.key, link)
	case other.key == mine.key:
		return store.Linked{}, nil
	case !link.Merge:
		return store.Linked{}, refuse(store.ErrTwoPatients)
	}
	moved, err := t.merge(mine.key, other.key, link)
	return store.Linked{Merged: true, MovedEpisodes: moved}, err
}

func (t *transaction) addIdentityOf(patientKey string, link *store.Link) error {
	sealed, err := reseal(link, link.Add, patientKey)
	if err != nil {
		return err
	}
	return t.remember(person{key: patientKey}, sealed)
}

// reseal has an identity sealed for a patient, and makes sure that it was.
func reseal(link *store.Link, identity store.Identity, patientKey string) (store.Identity, error) {
	sealed, err := link.Reseal(identity, patientKey)
	if err != nil {
		return sealed, refuse(err)
	}
	if sealed.PatientKey != patientKey || !bytes.Equal(sealed.Lookup, identity.Lookup) {
		return sealed, refuse(errors.New("sqlstore: an identity came back as another one"))
	}
	if err := checkIdentity(sealed); err != nil {
		return sealed, refuse(err)
	}
	return sealed, nil
}

// merge gives all that is the other patient's to the first and returns how many
// episodes that were. The other's row goes: whoever is about to store something
// for it meanwhile, on an engine with several writers, breaks a foreign key and
// runs again, and then finds the first.
func (t *transaction) merge(into, other string, link *store.Link) (episodes int64, err error) {
	identities, err := readRows(t, scanIdentity, t.sql.identitiesOf, other)
	if err != nil {
		return 0, err
	}
	for i := range identities {
		if identities[i], err = reseal(link, identities[i], into); err != nil {
			return 0, err
		}
	}
	units, err := t.unitsOf(into, other)
	if err != nil {
		return 0, err
	}
	for _, unit := range units {
		var of int64
		if _, err := t.read(t.sql.countEpisodes, []any{unit.careUnit, other}, &of); err != nil {
			return 0, err
		}
		episodes += of
	}
	for _, id := range identities {
		if err := t.exec(t.sql.moveIdentity, id.Lookup, into, id.Sealed, id.KeyID); err != nil {
			return 0, err
		}
	}
	for _, unit := range units {
		if err := t.exec(t.sql.moveEpisodes, unit.careUnit, other, into); err != nil {
			return 0, err
		}
	}
	if err := t.mergeChoices(into, other, link.Act); err != nil {
		return 0, err
	}
	if err := t.mergeNames(into, other, link); err != nil {
		return 0, err
	}
	if err := t.replaceTold(into, other); err != nil {
		return 0, err
	}
	// Keys that were merged into the other stand for the first from now on, so
	// that all of a patient's keys are one step away.
	if err := t.exec(t.sql.moveMerged, other, into); err != nil {
		return 0, err
	}
	if err := t.exec(t.sql.addMerged, other, into, link.By, moment(link.At), link.Note); err != nil {
		return 0, err
	}
	return episodes, t.exec(t.sql.deletePatient, other)
}

// unitsOf takes the counters of all care units that have an episode of one of
// these patients, in order: writers of several units cannot lock each other out.
func (t *transaction) unitsOf(patientKeys ...string) ([]*counter, error) {
	var counters []*counter
	names, err := readRows(t, scanValue[string], t.sql.unitsOfPatients, patientKeys[0], patientKeys[len(patientKeys)-1])
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		count, err := t.counter(name)
		if err != nil {
			return nil, err
		}
		counters = append(counters, count)
	}
	return counters, nil
}

// readRows reads all rows of a query within a transaction.
func readRows[T any](t *transaction, scan func(scanner, *T) error, query string, args ...any) ([]T, error) {
	rows, err := t.tx.QueryContext(t.ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		var one T
		if err := scan(rows, &one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// PatientKeys returns a patient's key and those that were merged into it.
func (s *Store) PatientKeys(ctx context.Context, patientKey string) ([]string, error) {
	merged, err := readAll(ctx, s, "keys of a patient", scanValue[string], s.sql.mergedInto, patientKey)
	if err != nil {
		return nil, err
	}
	return append([]string{patientKey}, merged...), nil
}
