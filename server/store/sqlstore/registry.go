package sqlstore

import (
	"context"
	"errors"
	"slices"

	"github.com/painscore/painscore/server/store"
)

// registryStatements holds the text of the queries about registry choices and
// test patients.
type registryStatements struct {
	registryChoices, registryNumber, addRegistryChoice, eraseRegistryChoices string
	choicesOf                                                                many

	choiceProviders, choosersAt, eraseChoicesAt string

	findPerson, markTestPatient string
}

const registryColumns = `patient_key, provider, registry, number, choice, decided_on, changed_by, changed_at, note`

func newRegistryStatements(r func(string) string) registryStatements {
	return registryStatements{
		registryChoices: r(`SELECT ` + registryColumns + ` FROM registry_choice
			WHERE patient_key = $1 ORDER BY provider, registry, number`),
		choicesOf: list(r, `SELECT patient_key, provider, registry, choice FROM registry_choice
			WHERE patient_key IN (`, `) ORDER BY patient_key, provider, registry, number`),
		registryNumber: r(`SELECT number FROM registry_choice WHERE patient_key = $1 AND provider = $2 AND registry = $3
			ORDER BY number DESC LIMIT 1`),
		addRegistryChoice:    r(`INSERT INTO registry_choice (` + registryColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`),
		eraseRegistryChoices: r(`DELETE FROM registry_choice WHERE patient_key = $1`),

		choiceProviders: r(`SELECT DISTINCT provider FROM registry_choice ORDER BY provider`),
		choosersAt:      r(`SELECT DISTINCT patient_key FROM registry_choice WHERE provider = $1 ORDER BY patient_key`),
		eraseChoicesAt:  r(`DELETE FROM registry_choice WHERE patient_key = $1 AND provider = $2`),

		findPerson: r(`SELECT i.patient_key, (SELECT p.is_test FROM patient p WHERE p.patient_key = i.patient_key)
			FROM identity i WHERE i.lookup = $1`),
		markTestPatient: r(`UPDATE patient SET is_test = 1 WHERE patient_key = $1`),
	}
}

// PutRegistryChoice writes the next version of a patient's choice.
func (s *Store) PutRegistryChoice(ctx context.Context, choice store.RegistryChoice, readNumber int64) (store.RegistryChoice, error) {
	if choice.Provider == "" || choice.Registry == "" || choice.Choice == "" {
		return store.RegistryChoice{}, errors.New("sqlstore: a registry choice without a provider, a registry or a choice")
	}
	err := checkTexts(choice.PatientKey, choice.Provider, choice.Registry, string(choice.Choice), choice.DecidedOn, choice.By, choice.Note)
	if err != nil {
		return store.RegistryChoice{}, err
	}
	var put store.RegistryChoice
	err = s.write(ctx, "put a registry choice", func(t *transaction) (err error) {
		put, err = t.putRegistryChoice(choice, readNumber)
		return err
	})
	if err != nil {
		return store.RegistryChoice{}, err
	}
	return put, nil
}

// putRegistryChoice takes the next number. Where an engine has several writers
// two may take the same: the key stops one of them, which runs again.
func (t *transaction) putRegistryChoice(c store.RegistryChoice, readNumber int64) (store.RegistryChoice, error) {
	var one, number int64
	found, err := t.read(t.sql.patient, []any{c.PatientKey}, &one)
	switch {
	case err != nil:
		return c, err
	case !found:
		return c, refuse(store.ErrNotFound)
	}
	if _, err := t.read(t.sql.registryNumber, []any{c.PatientKey, c.Provider, c.Registry}, &number); err != nil {
		return c, err
	}
	if number != readNumber {
		return c, refuse(store.ErrStale)
	}
	c.Number, c.At = number+1, instant(moment(c.At))
	return c, t.addRegistryChoice(c)
}

func (t *transaction) addRegistryChoice(c store.RegistryChoice) error {
	return t.exec(t.sql.addRegistryChoice, c.PatientKey, c.Provider, c.Registry, c.Number, string(c.Choice), c.DecidedOn, c.By, moment(c.At), c.Note)
}

// RegistryChoices returns every version of a patient's choices.
func (s *Store) RegistryChoices(ctx context.Context, patientKey string) ([]store.RegistryChoice, error) {
	return readAll(ctx, s, "registry choices of a patient", scanRegistryChoice, s.sql.registryChoices, patientKey)
}

// ChoicesOf returns what holds for each of these patients at one provider and
// registry.
func (s *Store) ChoicesOf(ctx context.Context, provider, registry string, patientKeys []string) (map[string]store.Choice, error) {
	holds := make(map[string]store.Choice, len(patientKeys))
	scan := func(row scanner) error {
		var key, at, to, choice string
		err := row.Scan(&key, &at, &to, &choice)
		if at == provider && to == registry {
			holds[key] = store.Choice(choice) // the last of them is the newest
		}
		return err
	}
	if err := s.lookUp(ctx, "registry choices of patients", &s.sql.choicesOf, distinct(patientKeys), scan); err != nil {
		return nil, err
	}
	return holds, nil
}

func scanRegistryChoice(row scanner, to *store.RegistryChoice) error {
	var at int64
	err := row.Scan(&to.PatientKey, &to.Provider, &to.Registry, &to.Number, &to.Choice, &to.DecidedOn, &to.By, &at, &to.Note)
	to.At = instant(at)
	return err
}

// mergeChoices gives the other patient's choices to the first.
func (t *transaction) mergeChoices(into, other string, act store.Act) error {
	theirs, err := readRows(t, scanRegistryChoice, t.sql.registryChoices, other)
	if err != nil || len(theirs) == 0 {
		return err
	}
	mine, err := readRows(t, scanRegistryChoice, t.sql.registryChoices, into)
	if err != nil {
		return err
	}
	for _, key := range []string{into, other} {
		if err := t.exec(t.sql.eraseRegistryChoices, key); err != nil {
			return err
		}
	}
	for _, choice := range joinChoices(into, mine, theirs, act) {
		if err := t.addRegistryChoice(choice); err != nil {
			return err
		}
	}
	return nil
}

// joinChoices makes one history of two, for each provider and registry by
// itself: all versions by their times and numbered anew, and one more if the
// last of them is not the stricter of the two that stood.
func joinChoices(patientKey string, mine, theirs []store.RegistryChoice, act store.Act) []store.RegistryChoice {
	type subject struct{ provider, registry string }
	var subjects []subject
	histories, standing := map[subject][]store.RegistryChoice{}, map[subject]store.RegistryChoice{}
	for _, history := range [][]store.RegistryChoice{mine, theirs} {
		for i, c := range history {
			of := subject{c.Provider, c.Registry}
			if histories[of] == nil {
				subjects = append(subjects, of)
			}
			histories[of] = append(histories[of], c)
			isLast := i == len(history)-1 || (subject{history[i+1].Provider, history[i+1].Registry}) != of
			if before, known := standing[of]; isLast && (!known || c.Choice.Stricter(before.Choice)) {
				standing[of] = c
			}
		}
	}
	var joined []store.RegistryChoice
	for _, of := range subjects {
		history := histories[of]
		slices.SortStableFunc(history, func(a, b store.RegistryChoice) int { return a.At.Compare(b.At) })
		if stands := standing[of]; history[len(history)-1].Choice != stands.Choice {
			stands.Act = act
			history = append(history, stands)
		}
		for i := range history {
			history[i].PatientKey, history[i].Number = patientKey, int64(i+1)
		}
		joined = append(joined, history...)
	}
	return joined
}

// ChoiceProviders returns every provider under whose name a choice is kept.
func (s *Store) ChoiceProviders(ctx context.Context) ([]string, error) {
	return readAll(ctx, s, "providers of registry choices", scanText, s.sql.choiceProviders)
}

func scanText(row scanner, to *string) error { return row.Scan(to) }

// MoveChoices keeps what one provider's name holds under another.
func (s *Store) MoveChoices(ctx context.Context, from, to string, act store.Act) (patients int64, err error) {
	if from == "" || to == "" || from == to {
		return 0, errors.New("sqlstore: choices move from one provider to another")
	}
	if err := checkTexts(from, to, act.By, act.Note); err != nil {
		return 0, err
	}
	err = s.write(ctx, "move registry choices", func(t *transaction) error {
		who, err := readRows(t, scanText, t.sql.choosersAt, from)
		for _, key := range who {
			if err := t.moveChoices(key, from, to, act); err != nil {
				return err
			}
		}
		patients = int64(len(who))
		return err
	}, repeatable)
	return patients, err
}

func (t *transaction) moveChoices(patientKey, from, to string, act store.Act) error {
	all, err := readRows(t, scanRegistryChoice, t.sql.registryChoices, patientKey)
	if err != nil {
		return err
	}
	var there, here []store.RegistryChoice
	for _, c := range all {
		switch c.Provider {
		case to:
			there = append(there, c)
		case from:
			c.Provider = to
			here = append(here, c)
		}
	}
	for _, provider := range []string{from, to} {
		if err := t.exec(t.sql.eraseChoicesAt, patientKey, provider); err != nil {
			return err
		}
	}
	for _, c := range joinChoices(patientKey, there, here, act) {
		if err := t.addRegistryChoice(c); err != nil {
			return err
		}
	}
	return nil
}

// MarkTestPatient makes a test patient of whoever has this identity only.
func (s *Store) MarkTestPatient(ctx context.Context, lookup []byte) error {
	return s.write(ctx, "mark a test patient", func(t *transaction) error {
		p, err := t.person(store.Identity{Lookup: lookup})
		if err != nil || !p.known || p.test {
			return err
		}
		var identities int64
		if _, err := t.read(t.sql.countIdentities, []any{p.key}, &identities); err != nil || identities != 1 {
			return err
		}
		return t.exec(t.sql.markTestPatient, p.key)
	}, repeatable)
}
