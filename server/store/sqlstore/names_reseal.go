package sqlstore

import (
	"bytes"
	"context"
	"errors"

	"github.com/painscore/painscore/server/store"
)

// ResealNames has some of the names sealed anew, as Reseal does with identities.
func (s *Store) ResealNames(ctx context.Context, keep, after string, limit int, reseal func(store.PatientName) (store.PatientName, error)) (last string, resealed int64, err error) {
	patients, err := readAll(ctx, s, "names to reseal", scanValue[string], s.sql.namesSealedOtherwise, after, keep, max(limit, 0))
	if err != nil || len(patients) == 0 {
		return "", 0, err
	}
	err = s.write(ctx, "reseal names", func(t *transaction) error {
		resealed = 0
		for _, patient := range patients {
			changed, err := t.resealName(patient, keep, reseal)
			if err != nil {
				return err
			}
			resealed += changed
		}
		return nil
	}, asMaintenance, repeatable)
	if err != nil {
		return "", 0, err
	}
	return patients[len(patients)-1], resealed, nil
}

func (t *transaction) resealName(patient, keep string, reseal func(store.PatientName) (store.PatientName, error)) (changed int64, err error) {
	found, err := readRows(t, scanName, t.sql.nameOf, patient)
	if err != nil || len(found) == 0 || found[0].KeyID == keep {
		return 0, err // taken away, or given anew, since it was looked for
	}
	old := found[0]
	sealed, err := reseal(old)
	if err != nil {
		return 0, refuse(err)
	}
	if sealed.PatientKey != old.PatientKey || !bytes.Equal(sealed.Lookup, old.Lookup) {
		return 0, refuse(errNameChanged)
	}
	if sealed.KeyID == old.KeyID {
		return 0, nil
	}
	if err := checkName(sealed); err != nil {
		return 0, refuse(err)
	}
	t.wrote = true
	// What was read is named again: where an engine has several writers, another
	// one may have given the patient another name in between.
	result, err := t.tx.ExecContext(t.ctx, t.sql.resealName, patient, old.KeyID, sealed.Sealed, sealed.KeyID, old.Lookup, moment(old.At))
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// rehashNameOf gives a patient's name another look-up hash, if there is a name.
func (t *transaction) rehashNameOf(patient string, rehash func(store.PatientName) ([]byte, error)) error {
	names, err := readRows(t, scanName, t.sql.nameOf, patient)
	if err != nil || len(names) == 0 {
		return err
	}
	lookup, err := rehash(names[0])
	if err == nil && len(lookup) == 0 {
		err = errors.New("sqlstore: a name without a look-up hash")
	}
	if err != nil {
		return refuse(err)
	}
	return t.exec(t.sql.rehashName, patient, lookup)
}
