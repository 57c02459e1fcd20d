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
