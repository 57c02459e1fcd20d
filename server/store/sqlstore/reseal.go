package sqlstore

import (
	"bytes"
	"context"
	"errors"

	"github.com/painscore/painscore/server/store"
)

// resealStatements holds the text of the queries that change keys.
type resealStatements struct {
	sealingKeys, sealedOtherwise, identityOf, resealIdentity string
	patientsAfter, rehashIdentity, changeProperty            string
}

func newResealStatements(r func(string) string) resealStatements {
	return resealStatements{
		sealingKeys:     r(`SELECT key_id FROM identity UNION SELECT key_id FROM patient_name ORDER BY key_id`),
		sealedOtherwise: r(`SELECT lookup FROM identity WHERE lookup > $1 AND key_id <> $2 ORDER BY lookup LIMIT $3`),
		identityOf:      r(`SELECT patient_key, system, lookup, sealed, key_id, added_at FROM identity WHERE lookup = $1`),
		// The patient and the key are named again: where an engine has several
		// writers, another one may have merged the patient in between.
		resealIdentity: r(`UPDATE identity SET sealed = $4, key_id = $5 WHERE lookup = $1 AND patient_key = $2 AND key_id = $3`),

		patientsAfter:  r(`SELECT patient_key FROM patient WHERE patient_key > $1 ORDER BY patient_key LIMIT $2`),
		rehashIdentity: r(`UPDATE identity SET lookup = $2 WHERE lookup = $1`),
		changeProperty: r(`UPDATE property SET value = $2 WHERE name = $1`),
	}
}

// SealingKeys returns the ids of all keys that identities are sealed with.
func (s *Store) SealingKeys(ctx context.Context) ([]string, error) {
	return readAll(ctx, s, "sealing keys in use", scanValue[string], s.sql.sealingKeys)
}

// Reseal has some of the identities sealed anew. They are looked for on a
// reader, since that may mean to pass over many, and no write shall wait for it.
func (s *Store) Reseal(ctx context.Context, keep string, after []byte, limit int, reseal func(store.Identity) (store.Identity, error)) (last []byte, resealed int64, err error) {
	if after == nil {
		after = []byte{} // nil would be NULL, which nothing comes after
	}
	lookups, err := readAll(ctx, s, "identities to reseal", scanValue[[]byte], s.sql.sealedOtherwise, after, keep, max(limit, 0))
	if err != nil || len(lookups) == 0 {
		return nil, 0, err
	}
	err = s.write(ctx, "reseal identities", func(t *transaction) error {
		resealed = 0
		for _, lookup := range lookups {
			changed, err := t.resealOne(lookup, keep, reseal)
			if err != nil {
				return err
			}
			resealed += changed
		}
		return nil
	}, asMaintenance, repeatable)
	if err != nil {
		return nil, 0, err
	}
	return lookups[len(lookups)-1], resealed, nil
}

func (t *transaction) resealOne(lookup []byte, keep string, reseal func(store.Identity) (store.Identity, error)) (changed int64, err error) {
	found, err := readRows(t, scanIdentity, t.sql.identityOf, lookup)
	if err != nil || len(found) == 0 || found[0].KeyID == keep {
		return 0, err // erased or resealed since it was looked for
	}
	old := found[0]
	sealed, err := reseal(old)
	if err != nil {
		return 0, refuse(err)
	}
	if sealed.PatientKey != old.PatientKey || sealed.System != old.System || !bytes.Equal(sealed.Lookup, old.Lookup) {
		return 0, refuse(errors.New("sqlstore: an identity came back as another one"))
	}
	if sealed.KeyID == old.KeyID {
		return 0, nil
	}
	if err := checkIdentity(sealed); err != nil {
		return 0, refuse(err)
	}
	t.wrote = true
	result, err := t.tx.ExecContext(t.ctx, t.sql.resealIdentity, lookup, old.PatientKey, old.KeyID, sealed.Sealed, sealed.KeyID)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// rehashPage is how many patients are held in memory at a time.
const rehashPage = 256

// rehashing makes the new look-up hashes.
type rehashing struct {
	identity func(store.Identity) ([]byte, error)
	name     func(store.PatientName) ([]byte, error)
}

// Rehash gives every identity and every name another look-up hash.
func (s *Store) Rehash(ctx context.Context, change store.KeyChange, rehash func(store.Identity) ([]byte, error), rehashName func(store.PatientName) ([]byte, error)) (rehashed int64, err error) {
	err = s.write(ctx, "change the look-up key", func(t *transaction) (err error) {
		rehashed, err = t.rehash(change, rehashing{rehash, rehashName})
		return err
	})
	if err != nil {
		return 0, err
	}
	return rehashed, nil
}

// rehash goes through the patients and not through the identities: these move
// in the order of look-up hashes as they are changed.
func (t *transaction) rehash(change store.KeyChange, rehash rehashing) (rehashed int64, err error) {
	var stands string
	if _, err := t.read(t.sql.property, []any{change.Property}, &stands); err != nil {
		return 0, err
	}
	if stands != change.From || change.To == "" {
		return 0, refuse(store.ErrStale)
	}
	for after := ""; ; {
		patients, err := readRows(t, scanValue[string], t.sql.patientsAfter, after, rehashPage)
		if err != nil {
			return 0, err
		}
		for _, patient := range patients {
			n, err := t.rehashPatient(patient, rehash)
			if err != nil {
				return 0, err
			}
			rehashed += n
			after = patient
		}
		if len(patients) < rehashPage {
			return rehashed, t.exec(t.sql.changeProperty, change.Property, change.To)
		}
	}
}

func (t *transaction) rehashPatient(patient string, rehash rehashing) (int64, error) {
	identities, err := readRows(t, scanIdentity, t.sql.identitiesOf, patient)
	if err != nil {
		return 0, err
	}
	for _, identity := range identities {
		lookup, err := rehash.identity(identity)
		if err == nil && len(lookup) == 0 {
			err = errors.New("sqlstore: an identity without a look-up hash")
		}
		if err != nil {
			return 0, refuse(err)
		}
		if err := t.exec(t.sql.rehashIdentity, identity.Lookup, lookup); err != nil {
			return 0, err
		}
	}
	return int64(len(identities)), t.rehashNameOf(patient, rehash.name)
}
