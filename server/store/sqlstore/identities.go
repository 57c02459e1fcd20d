package sqlstore

import (
	"context"
	"errors"

	"github.com/painscore/painscore/server/store"
)

// FindPatient returns the patient key for a look-up hash, or ErrNotFound.
func (s *Store) FindPatient(ctx context.Context, lookup []byte) (string, error) {
	return readOne(ctx, s, "find patient", scanValue[string], s.sql.findPatient, lookup)
}

// IdentitiesOf returns a patient's identifiers, oldest first.
func (s *Store) IdentitiesOf(ctx context.Context, patientKey string) ([]store.Identity, error) {
	return readAll(ctx, s, "identities of a patient", scanIdentity, s.sql.identitiesOf, patientKey)
}

func scanIdentity(row scanner, to *store.Identity) error {
	var added int64
	err := row.Scan(&to.PatientKey, &to.System, &to.Lookup, &to.Sealed, &to.KeyID, &added)
	to.AddedAt = instant(added)
	return err
}

// person is who an identity turned out to be.
type person struct {
	key   string
	known bool // the look-up hash is kept already
	test  bool // a test patient
}

func (t *transaction) person(identity store.Identity) (person, error) {
	p := person{key: identity.PatientKey, test: identity.TestPatient}
	var key string
	var test int64
	found, err := t.read(t.sql.findPerson, []any{identity.Lookup}, &key, &test)
	if found {
		p = person{key: key, known: true, test: test != 0}
	}
	return p, err
}

// remember keeps an identity that was not known.
func (t *transaction) remember(p person, identity store.Identity) error {
	if p.known {
		return nil
	}
	identity.PatientKey = p.key
	if err := t.insert(&t.sql.addPatients, patientRow(&identity)); err != nil {
		return err
	}
	return t.insert(&t.sql.addIdentities, identityRow(&identity))
}

func patientRow(i *store.Identity) row {
	return row{i.PatientKey, moment(i.AddedAt), flag(i.TestPatient)}
}

// identityRow is in the order of identityColumns.
func identityRow(i *store.Identity) row {
	return row{i.Lookup, i.PatientKey, i.System, i.Sealed, i.KeyID, moment(i.AddedAt)}
}

// checkIdentity refuses what would make a person that nobody finds again.
func checkIdentity(identity store.Identity) error {
	switch {
	case len(identity.Lookup) == 0:
		return errors.New("sqlstore: an identity without a look-up hash")
	case identity.PatientKey == "":
		return errors.New("sqlstore: an identity without a patient key")
	case len(identity.Sealed) == 0:
		return errors.New("sqlstore: an identity that is not sealed")
	}
	return checkTexts(identity.PatientKey, identity.System, identity.KeyID)
}
