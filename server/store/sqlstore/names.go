package sqlstore

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/painscore/painscore/server/store"
)

// nameStatements holds the text of the queries about patients' names.
type nameStatements struct {
	putName, eraseName                           string
	nameOf                                       string
	names                                        many
	episodesNamed                                string
	namesSealedOtherwise, resealName, rehashName string
}

const nameColumns = `patient_key, lookup, sealed, key_id, changed_by, changed_at`

func newNameStatements(r func(string) string) nameStatements {
	return nameStatements{
		putName: r(`INSERT INTO patient_name (` + nameColumns + `) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (patient_key) DO UPDATE SET lookup = excluded.lookup, sealed = excluded.sealed, key_id = excluded.key_id,
			changed_by = excluded.changed_by, changed_at = excluded.changed_at`),
		eraseName: r(`DELETE FROM patient_name WHERE patient_key = $1`),
		nameOf:    r(`SELECT ` + nameColumns + ` FROM patient_name WHERE patient_key = $1`),
		names:     list(r, `SELECT `+nameColumns+` FROM patient_name WHERE patient_key IN (`, `)`),
		// In steps, so that SQLite begins with the name and not with the unit.
		episodesNamed: r(currentEpisodes + `WHERE h.care_unit = $1 AND h.episode_id IN (SELECT k.episode_id FROM patient_name n
			CROSS JOIN episode k WHERE n.lookup = $2 AND k.care_unit = $1 AND k.patient_key = n.patient_key) ORDER BY h.episode_id`),

		namesSealedOtherwise: r(`SELECT patient_key FROM patient_name WHERE patient_key > $1 AND key_id <> $2 ORDER BY patient_key LIMIT $3`),
		resealName:           r(`UPDATE patient_name SET sealed = $3, key_id = $4 WHERE patient_key = $1 AND key_id = $2 AND lookup = $5 AND changed_at = $6`),
		rehashName:           r(`UPDATE patient_name SET lookup = $2 WHERE patient_key = $1`),
	}
}

// PutPatientName gives a patient a name.
func (s *Store) PutPatientName(ctx context.Context, name store.PatientName) error {
	if err := checkName(name); err != nil {
		return err
	}
	return s.write(ctx, "put a name", func(t *transaction) error {
		var one int64
		found, err := t.read(t.sql.patient, []any{name.PatientKey}, &one)
		if err == nil && !found {
			err = refuse(store.ErrNotFound)
		}
		if err != nil {
			return err
		}
		return t.putName(name)
	}, repeatable)
}

func (t *transaction) putName(n store.PatientName) error {
	return t.exec(t.sql.putName, n.PatientKey, n.Lookup, n.Sealed, n.KeyID, n.By, moment(n.At))
}

// checkName refuses a name in clear: one without a key.
func checkName(n store.PatientName) error {
	if n.PatientKey == "" || len(n.Lookup) == 0 || len(n.Sealed) == 0 || n.KeyID == "" {
		return errors.New("sqlstore: a name without a patient, or that is not hashed and sealed")
	}
	return checkTexts(n.PatientKey, n.KeyID, n.By)
}

// DeletePatientName takes a patient's name away.
func (s *Store) DeletePatientName(ctx context.Context, patientKey string) error {
	return s.write(ctx, "delete a name", func(t *transaction) error {
		return t.exec(t.sql.eraseName, patientKey)
	}, repeatable)
}

// PatientNames returns the names of patients.
func (s *Store) PatientNames(ctx context.Context, patientKeys []string) ([]store.PatientName, error) {
	if len(patientKeys) == 0 {
		return nil, nil
	}
	keys := make([]any, len(patientKeys))
	for i, key := range patientKeys {
		keys[i] = key
	}
	var all []store.PatientName
	names := &s.sql.names
	err := names.each(names.fill(keys), func(query string, values []any) error {
		some, err := readAll(ctx, s, "names of patients", scanName, query, values...)
		all = append(all, some...)
		return err
	})
	if err != nil {
		return nil, err
	}
	// Keys that were asked for twice, or to fill a text up, are found twice.
	slices.SortFunc(all, func(a, b store.PatientName) int { return cmp.Compare(a.PatientKey, b.PatientKey) })
	return slices.CompactFunc(all, func(a, b store.PatientName) bool { return a.PatientKey == b.PatientKey }), nil
}

// EpisodesNamed returns a unit's episodes of those who bear a name.
func (s *Store) EpisodesNamed(ctx context.Context, careUnit string, lookup []byte) ([]store.Episode, error) {
	return readAll(ctx, s, "episodes by a name", scanEpisode, s.sql.episodesNamed, careUnit, lookup)
}

func scanName(row scanner, to *store.PatientName) error {
	var at int64
	err := row.Scan(&to.PatientKey, &to.Lookup, &to.Sealed, &to.KeyID, &to.By, &at)
	to.At = instant(at)
	return err
}

// mergeNames leaves the patient that two became with the newer of their names,
// sealed for it: a link often comes with news of what somebody is called.
func (t *transaction) mergeNames(into, other string, link *store.Link) error {
	theirs, err := readRows(t, scanName, t.sql.nameOf, other)
	if err != nil || len(theirs) == 0 {
		return err
	}
	mine, err := readRows(t, scanName, t.sql.nameOf, into)
	if err != nil {
		return err
	}
	if err := t.exec(t.sql.eraseName, other); err != nil {
		return err
	}
	name := theirs[0]
	if len(mine) > 0 && !mine[0].At.Before(name.At) {
		return nil
	}
	if link.ResealName == nil {
		return refuse(errors.New("sqlstore: a merge without a way to seal a name"))
	}
	moved, err := link.ResealName(name, into)
	if err != nil {
		return refuse(err)
	}
	if moved.PatientKey != into || !bytes.Equal(moved.Lookup, name.Lookup) {
		return refuse(errNameChanged)
	}
	moved.By, moved.At = name.By, name.At
	if err := checkName(moved); err != nil {
		return refuse(err)
	}
	return t.putName(moved)
}

var errNameChanged = errors.New("sqlstore: a name came back as another one")
