package clinic

import (
	"context"
	"fmt"
	"maps"
	"sync"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/store"
)

// site is what the units have decided (settings.go), as the store had it at
// one change. It is never altered: a newer one takes its place.
type site struct {
	change    int64
	base      Windows                            // for a unit without windows of its own
	windows   map[string]Windows                 // by care unit
	norms     map[string]map[normOf]scoring.Norm // by care unit, "" for every unit
	batteries map[string][]*Battery              // likewise, in the order of batteryOf
	labels    map[string][]string                // likewise: labels of occasions of a unit's own

	yardsticks sync.Map // yardsticksKey → yardsticks
}

// normOf is what a norm decides: one of the two verdicts on one scale.
type normOf struct {
	instrument, scale, valueSet string
	verdict                     verdict
}

// site returns what holds now. Every use case that scores or judges asks for
// it first: the store tells cheaply whether anything has changed, here or in
// another process, so that a change takes effect with the next call everywhere.
func (c *Clinic) site(ctx context.Context) (*site, error) {
	change, err := c.store.SettingsChange(ctx)
	if err != nil {
		return nil, err
	}
	if known := c.known.Load(); known != nil && known.change == change {
		return known, nil
	}
	c.refreshing.Lock()
	defer c.refreshing.Unlock()
	// The number is read before the settings: if they move on in between, the
	// next call sees a higher number and reads them again.
	if change, err = c.store.SettingsChange(ctx); err != nil {
		return nil, err
	}
	if known := c.known.Load(); known != nil && known.change == change {
		return known, nil
	}
	kept, err := c.store.Settings(ctx)
	if err != nil {
		return nil, err
	}
	next, err := c.read(ctx, change, kept)
	if err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	c.known.Store(next)
	return next, nil
}

// read makes a site of the stored settings and activates the definitions that
// they name. One that cannot be read stops everything: a norm that is left out
// in silence would change verdicts.
func (c *Clinic) read(ctx context.Context, change int64, kept []store.Setting) (*site, error) {
	s := &site{change: change, base: maps.Clone(c.settings.Windows), windows: map[string]Windows{}, norms: map[string]map[normOf]scoring.Norm{},
		batteries: map[string][]*Battery{}, labels: map[string][]string{}}
	// Settings for every unit come first in the store's order, so that a unit's
	// own are laid over them.
	for _, each := range kept {
		setting, err := readSetting(each)
		if err != nil {
			return nil, err
		}
		switch {
		case setting.Norm != nil:
			s.addNorm(each.CareUnit, setting.Norm)
		case setting.Window != nil:
			s.addWindow(each.CareUnit, setting.Window)
		case setting.Battery != nil:
			s.addBattery(each.CareUnit, setting.Battery)
		case setting.Definition != nil:
			if err := c.follow(ctx, setting.Definition); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

func (s *site) addNorm(careUnit string, n *Norm) {
	if s.norms[careUnit] == nil {
		s.norms[careUnit] = map[normOf]scoring.Norm{}
	}
	s.norms[careUnit][n.of()] = n.scoring()
}

// addWindow keeps the anchor: a unit decides how many days, never from where.
func (s *site) addWindow(careUnit string, w *OccasionWindow) {
	to := s.base
	if careUnit != "" {
		if s.windows[careUnit] == nil {
			s.windows[careUnit] = maps.Clone(s.base)
		}
		to = s.windows[careUnit]
	}
	window := to[w.Occasion]
	window.From, window.To = w.From, w.To
	to[w.Occasion] = window
}

// windowsOf returns a unit's windows: its own, else those for every unit, else
// those of the configuration file, else the defaults; for each occasion apart.
func (s *site) windowsOf(careUnit string) Windows {
	if own, ok := s.windows[careUnit]; ok {
		return own
	}
	return s.base
}

// follow activates a definition in the catalogue. One that this process does
// not have was brought by another, and lies in the store.
func (c *Clinic) follow(ctx context.Context, d *DefinitionChoice) error {
	if in, ok := c.catalogue.Instrument(d.Instrument, ""); ok && in.Version() == d.Version {
		return nil
	}
	if _, ok := c.catalogue.Instrument(d.Instrument, d.Version); !ok {
		if err := c.loadKept(ctx); err != nil {
			return err
		}
	}
	if err := c.catalogue.SetActive(d.Instrument, d.Version); err != nil {
		return fmt.Errorf("activate %s %s: %w", d.Instrument, d.Version, err)
	}
	return nil
}
