package clinic

import (
	"context"
	"errors"
	"fmt"

	"github.com/painscore/painscore/server/store"
)

// Kinds of content that the store keeps by hash.
const (
	kindInstrument = "instrument"
	kindValueSet   = "value_set"
)

// activatedByStart is who activated an instrument's first version: nobody
// chose it, the program found the instrument without any.
const activatedByStart = "painscored, first start"

// adoptDefinitions brings the catalogue and the store together:
//
//   - every definition of the catalogue is kept in the store by its hash; one
//     that is kept under the same version with another hash stops the start,
//     for two meanings of one version could never be told apart later;
//   - a kept one that the catalogue lacks (an older version, a file that was
//     taken away) is loaded from the store, so that old forms stay readable;
//   - an instrument without an active version gets its newest. One that has
//     an active version keeps it: a new file or an upgrade changes no score.
func (c *Clinic) adoptDefinitions(ctx context.Context) error {
	var offered []store.Content
	for _, content := range c.catalogue.Contents() {
		kind := kindValueSet
		if content.Instrument {
			kind = kindInstrument
		}
		offered = append(offered, store.Content{
			Hash: content.Hash, Kind: kind, Name: content.ID, Version: content.Version,
			ScoringHash: content.ScoringHash, Body: content.Body, KeptAt: c.now(),
		})
	}
	if err := c.store.KeepContents(ctx, offered); err != nil {
		var changed *store.ContentChangedError
		if errors.As(err, &changed) {
			return fmt.Errorf("%s %s, version %q, differs from the one this database was used with (hash %.12s there, %.12s here): "+
				"a published version never changes; give the changed file a new version", changed.Kind, changed.Name, changed.Version, changed.KeptHash, changed.OfferedHash)
		}
		return fmt.Errorf("keep the definitions: %w", err)
	}
	if err := c.loadKept(ctx); err != nil {
		return err
	}
	return c.activateNew(ctx)
}

// loadKept takes definitions that the store keeps and the catalogue lacks into
// the catalogue: older versions, and what another process has brought.
func (c *Clinic) loadKept(ctx context.Context) error {
	kept, err := c.store.Contents(ctx)
	if err != nil {
		return fmt.Errorf("read the kept definitions: %w", err)
	}
	missing := map[string][]byte{}
	for _, content := range kept {
		if _, ok := c.catalogue.Content(content.Hash); !ok {
			missing[content.Kind+" "+content.Name+" "+content.Version+", kept in the database"] = content.Body
		}
	}
	if err := c.catalogue.AddFiles(missing); err != nil {
		return fmt.Errorf("load definitions kept in the database: %w", err)
	}
	return nil
}

// activateNew gives each instrument that has no active version the one that
// the catalogue proposes. What is active already stays: site (site.go) takes it
// over. Another process that starts at the same time may be faster; what it
// wrote stands.
func (c *Clinic) activateNew(ctx context.Context) error {
	kept, err := c.store.Settings(ctx)
	if err != nil {
		return fmt.Errorf("read the active versions: %w", err)
	}
	active := map[string]bool{}
	for _, s := range kept {
		active[s.Name] = active[s.Name] || s.Kind == string(ActiveDefinition)
	}
	for _, in := range c.catalogue.Active() {
		if active[in.ID()] {
			continue
		}
		first := store.Setting{Kind: string(ActiveDefinition), Name: in.ID(), Value: in.Version(), By: activatedByStart, At: c.now()}
		if _, err := c.store.PutSetting(ctx, first, 0); err != nil && !errors.Is(err, store.ErrStale) {
			return fmt.Errorf("activate %s: %w", in.ID(), err)
		}
	}
	return nil
}

// checkValueSets refuses settings that name a value set which does not exist.
func (c *Clinic) checkValueSets() error {
	for id, sets := range c.settings.ValueSets {
		in, ok := c.catalogue.Instrument(id, "")
		if !ok {
			return fmt.Errorf("value_sets: no instrument %s", id)
		}
		seen := map[string]bool{}
		for _, set := range sets {
			if _, ok := in.ValueSet(set); !ok {
				return fmt.Errorf("value_sets: %s has no value set %s", id, set)
			}
			if seen[set] {
				return fmt.Errorf("value_sets: %s names %s twice", id, set)
			}
			seen[set] = true
		}
	}
	return nil
}
