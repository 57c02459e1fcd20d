package sqlstore

import (
	"context"

	"github.com/painscore/painscore/server/store"
)

// KeepContents adds what is not kept yet, all of it or nothing.
func (s *Store) KeepContents(ctx context.Context, contents []store.Content) error {
	return s.write(ctx, "keep contents", func(t *transaction) error {
		for _, c := range contents {
			if err := t.keep(c); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t *transaction) keep(c store.Content) error {
	var kept string
	found, err := t.read(t.sql.keptContent, []any{c.Kind, c.Name, c.Version}, &kept)
	switch {
	case err != nil:
		return err
	case found && kept != c.Hash:
		return refuse(&store.ContentChangedError{Kind: c.Kind, Name: c.Name, Version: c.Version, KeptHash: kept, OfferedHash: c.Hash})
	case found:
		return nil
	}
	body := c.Body
	if body == nil {
		body = []byte{} // nil would be stored as NULL
	}
	return t.exec(t.sql.addContent, c.Kind, c.Name, c.Version, c.Hash, c.ScoringHash, body, moment(c.KeptAt))
}

// Contents returns all that is kept, ordered by kind, name, version.
func (s *Store) Contents(ctx context.Context) ([]store.Content, error) {
	return readAll(ctx, s, "contents", scanContent, s.sql.contents)
}

func scanContent(row scanner, c *store.Content) error {
	var kept int64
	err := row.Scan(&c.Hash, &c.Kind, &c.Name, &c.Version, &c.ScoringHash, &c.Body, &kept)
	c.KeptAt = instant(kept)
	return err
}

// Activate records which version scores new sheets of an instrument.
func (s *Store) Activate(ctx context.Context, a store.Activation) error {
	return s.write(ctx, "activate", func(t *transaction) error {
		var last int64
		if _, err := t.read(t.sql.lastActivation, []any{a.Instrument}, &last); err != nil {
			return err
		}
		return t.exec(t.sql.addActivation, a.Instrument, last+1, a.Version, a.By, moment(a.At))
	})
}

// Active returns the newest activation of each instrument, by instrument.
func (s *Store) Active(ctx context.Context) (map[string]store.Activation, error) {
	all, err := readAll(ctx, s, "active versions", scanActivation, s.sql.active)
	if err != nil {
		return nil, err
	}
	active := make(map[string]store.Activation, len(all))
	for _, a := range all {
		active[a.Instrument] = a
	}
	return active, nil
}

func scanActivation(row scanner, a *store.Activation) error {
	var at int64
	err := row.Scan(&a.Instrument, &a.Version, &a.By, &at)
	a.At = instant(at)
	return err
}

// Property returns the value, or ErrNotFound.
func (s *Store) Property(ctx context.Context, name string) (string, error) {
	return readOne(ctx, s, "property", scanValue[string], s.sql.property, name)
}

// SetPropertyOnce writes the value unless the name has one, and returns the one
// that stands.
func (s *Store) SetPropertyOnce(ctx context.Context, name, value string) (string, error) {
	var stands string
	err := s.write(ctx, "set property", func(t *transaction) error {
		stands = value
		found, err := t.read(t.sql.property, []any{name}, &stands)
		if err != nil || found {
			return err
		}
		return t.exec(t.sql.addProperty, name, value)
	})
	if err != nil {
		return "", err
	}
	return stands, nil
}
