package sqlstore

import (
	"context"
	"errors"
	"strings"

	"github.com/painscore/painscore/server/store"
)

// Erase deletes a patient for good and keeps a tombstone that names nobody.
func (s *Store) Erase(ctx context.Context, erasure store.Erasure, mark func(store.SubmissionRef) []byte) (store.Erasure, error) {
	if erasure.ErasureID == "" || len(erasure.PatientKeys) == 0 || erasure.PatientKeys[0] == "" {
		return store.Erasure{}, errors.New("sqlstore: an erasure without an id or a patient")
	}
	if err := checkTexts(erasure.ErasureID, erasure.By, erasure.Note); err != nil {
		return store.Erasure{}, err
	}
	var erased store.Erasure
	err := s.write(ctx, "erase a patient", func(t *transaction) (err error) {
		erased, err = t.erase(erasure, mark)
		return err
	}, repeatable)
	if err != nil {
		return store.Erasure{}, err
	}
	return erased, nil
}

func (t *transaction) erase(e store.Erasure, mark func(store.SubmissionRef) []byte) (store.Erasure, error) {
	before, err := readRows(t, scanErasure, t.sql.erasure, e.ErasureID)
	if err != nil {
		return e, err
	}
	if len(before) > 0 {
		return before[0], nil
	}
	key := e.PatientKeys[0]
	var one int64
	found, err := t.read(t.sql.patient, []any{key}, &one)
	switch {
	case err != nil:
		return e, err
	case !found:
		return e, refuse(store.ErrNotFound)
	}
	merged, err := readRows(t, scanValue[string], t.sql.mergedInto, key)
	if err != nil {
		return e, err
	}
	units, err := t.unitsOf(key)
	if err != nil {
		return e, err
	}
	e = store.Erasure{ErasureID: e.ErasureID, PatientKeys: append([]string{key}, merged...), Act: e.Act}
	e.At = instant(moment(e.At))
	// All that could refuse is read before anything is written.
	var gone []remains
	for _, unit := range units {
		of, err := t.remainsIn(unit, key, mark)
		if err != nil {
			return e, err
		}
		gone = append(gone, of...)
	}
	if _, err := t.read(t.sql.countIdentities, []any{key}, &e.Identities); err != nil {
		return e, err
	}
	for _, r := range gone {
		e.Episodes, e.Submissions, e.Versions = e.Episodes+1, e.Submissions+int64(len(r.forms)), e.Versions+r.versions
	}
	return e, t.carryOff(&e, units, gone)
}

// remains is an episode that goes, and what is left of its forms.
type remains struct {
	unit      *counter
	episodeID string
	versions  int64
	forms     []erasedForm
}

// erasedForm is a submission that goes.
type erasedForm struct {
	ref      store.SubmissionRef
	firstSeq int64 // change_seq of the first version
	mark     []byte
}

// remainsIn reads what one care unit has of a patient.
func (t *transaction) remainsIn(unit *counter, patientKey string, mark func(store.SubmissionRef) []byte) ([]remains, error) {
	ids, err := readRows(t, scanValue[string], t.sql.episodeIDs, unit.careUnit, patientKey)
	if err != nil {
		return nil, err
	}
	all := make([]remains, len(ids))
	for i, id := range ids {
		r := remains{unit: unit, episodeID: id}
		if _, err := t.read(t.sql.countVersions, []any{unit.careUnit, id}, &r.versions); err != nil {
			return nil, err
		}
		if r.forms, err = readRows(t, scanErasedForm, t.sql.formNames, unit.careUnit, id); err != nil {
			return nil, err
		}
		for j := range r.forms {
			form := &r.forms[j]
			form.ref.CareUnit = unit.careUnit
			if form.mark = mark(form.ref); len(form.mark) == 0 {
				return nil, refuse(errors.New("sqlstore: an erased submission without a mark"))
			}
		}
		all[i] = r
	}
	return all, nil
}

func scanErasedForm(row scanner, to *erasedForm) error {
	return row.Scan(&to.ref.System, &to.ref.SubmissionID, &to.firstSeq)
}

// carryOff deletes, in the order that foreign keys demand, and writes the
// tombstone.
func (t *transaction) carryOff(e *store.Erasure, units []*counter, gone []remains) error {
	for _, r := range gone {
		queries := append(t.sql.eraseFromEpisode(), t.sql.eraseRescored, t.sql.eraseVersions, t.sql.eraseShares, t.sql.eraseEpisodeVersions, t.sql.eraseEpisode)
		for _, query := range queries {
			if err := t.exec(query, r.unit.careUnit, r.episodeID); err != nil {
				return err
			}
		}
	}
	for _, query := range []string{t.sql.eraseIdentities, t.sql.eraseName, t.sql.eraseMerged, t.sql.eraseRegistryChoices, t.sql.deletePatient} {
		if err := t.exec(query, e.PatientKeys[0]); err != nil {
			return err
		}
	}
	for _, key := range e.PatientKeys {
		if err := t.exec(t.sql.eraseDelivered, key); err != nil {
			return err
		}
	}
	if err := t.replaceTold("", e.PatientKeys...); err != nil {
		return err
	}
	return t.bury(e, units, gone)
}

func (t *transaction) bury(e *store.Erasure, units []*counter, gone []remains) error {
	err := t.exec(t.sql.addErasure, e.ErasureID, strings.Join(e.PatientKeys, separator), e.Identities, e.Episodes, e.Submissions, e.Versions,
		e.By, moment(e.At), e.Note)
	for i := 0; err == nil && i < len(units); i++ {
		err = t.exec(t.sql.addErasureInUnit, units[i].careUnit, units[i].next(), e.ErasureID)
	}
	for _, r := range gone {
		for i := 0; err == nil && i < len(r.forms); i++ {
			err = t.exec(t.sql.addErasedMark, r.forms[i].mark, r.unit.careUnit, r.unit.last, r.forms[i].firstSeq)
		}
	}
	return err
}

// MarkErased adds marks of submissions that this store may never have had. They
// belong to no care unit's changes: nobody can have read of them here.
func (s *Store) MarkErased(ctx context.Context, marks [][]byte) error {
	if len(marks) == 0 {
		return nil
	}
	return s.write(ctx, "mark what was erased", func(t *transaction) error {
		for _, mark := range marks {
			var one int64
			known, err := t.read(t.sql.erasedMark, []any{mark}, &one)
			if err == nil && !known {
				err = t.exec(t.sql.addErasedMark, mark, "", 0, 0)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}, repeatable)
}

// Erasures returns what was erased, oldest first.
func (s *Store) Erasures(ctx context.Context, after string, limit int) ([]store.Erasure, error) {
	return readAll(ctx, s, "erasures", scanErasure, s.sql.erasures, after, max(limit, 0))
}

func scanErasure(row scanner, to *store.Erasure) error {
	var keys string
	var at, purged int64
	err := row.Scan(&to.ErasureID, &keys, &to.Identities, &to.Episodes, &to.Submissions, &to.Versions, &to.By, &at, &to.Note, &purged)
	to.PatientKeys, to.At = strings.Split(keys, separator), instant(at)
	if purged != 0 {
		to.PurgedAt = instant(purged)
	}
	return err
}
