package clinic

import "github.com/painscore/painscore/server/store"

// OnStore is the same clinic with another store beneath.
func OnStore(c *Clinic, st store.Store) *Clinic {
	return &Clinic{store: st, catalogue: c.catalogue, keys: c.keys, settings: c.settings, now: c.now, stockholm: c.stockholm}
}
