package sqlstore

import (
	"context"
	"errors"

	"github.com/painscore/painscore/server/store"
)

// Settings returns the newest version of each setting.
func (s *Store) Settings(ctx context.Context) ([]store.Setting, error) {
	return readAll(ctx, s, "settings", scanSetting, s.sql.settings)
}

// SettingsHistory returns every version of every setting.
func (s *Store) SettingsHistory(ctx context.Context) ([]store.Setting, error) {
	return readAll(ctx, s, "history of the settings", scanSetting, s.sql.settingsHistory)
}

func scanSetting(row scanner, to *store.Setting) error {
	var at int64
	err := row.Scan(&to.CareUnit, &to.Kind, &to.Name, &to.Number, &to.Change, &to.Value, &to.By, &at, &to.Note)
	to.At = instant(at)
	return err
}

// PutSetting writes the next version of a setting.
func (s *Store) PutSetting(ctx context.Context, setting store.Setting, readNumber int64) (store.Setting, error) {
	if setting.Kind == "" || setting.Name == "" {
		return store.Setting{}, errors.New("sqlstore: a setting without a kind or a name")
	}
	if err := checkTexts(setting.CareUnit, setting.Kind, setting.Name, setting.Value, setting.By, setting.Note); err != nil {
		return store.Setting{}, err
	}
	var put store.Setting
	err := s.write(ctx, "put setting", func(t *transaction) (err error) {
		put, err = t.putSetting(setting, readNumber)
		return err
	})
	// To be read again, and not remembered from here: of two writes that were
	// committed together the later may return first, and after an error it may
	// be open whether it was written.
	s.newestChange.Store(&settingsChange{})
	if err != nil {
		return store.Setting{}, err
	}
	return put, nil
}

// putSetting takes the next number of all. Where an engine has several
// writers, two of them may take the same; the unique index stops the second,
// which the engine reports as Busy, and it runs again.
func (t *transaction) putSetting(setting store.Setting, readNumber int64) (store.Setting, error) {
	var number, change int64
	if _, err := t.read(t.sql.settingNumber, []any{setting.CareUnit, setting.Kind, setting.Name}, &number); err != nil {
		return store.Setting{}, err
	}
	if number != readNumber {
		return store.Setting{}, refuse(store.ErrStale)
	}
	if _, err := t.read(t.sql.settingsChange, nil, &change); err != nil {
		return store.Setting{}, err
	}
	setting.Number, setting.Change, setting.At = number+1, change+1, instant(moment(setting.At))
	return setting, t.exec(t.sql.addSetting, setting.CareUnit, setting.Kind, setting.Name, setting.Number, setting.Change,
		setting.Value, setting.By, moment(setting.At), setting.Note)
}

// settingsChange is the newest change of the settings, if it is known. Where
// this process is the only one on the database it need not be read again:
// every use case asks for it, and a read each time would cost more than scoring.
type settingsChange struct {
	known  bool
	number int64
}

// SettingsChange returns the newest change of any setting.
func (s *Store) SettingsChange(ctx context.Context) (int64, error) {
	leave, err := s.enter()
	if err != nil {
		return 0, err
	}
	defer leave()
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	before := s.newestChange.Load()
	if s.dialect.OneProcess && before.known {
		return before.number, nil
	}
	var number int64
	err = s.readers.QueryRowContext(ctx, s.sql.settingsChange).Scan(&number)
	if err != nil {
		return 0, s.failRead(ctx, "newest change of the settings", err)
	}
	// Not if a write came in between: it knows better.
	s.newestChange.CompareAndSwap(before, &settingsChange{known: true, number: number})
	return number, nil
}
