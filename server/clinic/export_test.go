package clinic

import "github.com/painscore/painscore/server/store"

// ReadBy makes deliveries read and decide on fewer episodes at a time. It returns
// the way back.
func ReadBy(page, run int) (restore func()) {
	pageBefore, runBefore := exportPage, exportRun
	exportPage, exportRun = page, run
	return func() { exportPage, exportRun = pageBefore, runBefore }
}

// OnStore is the same clinic with another store beneath.
func OnStore(c *Clinic, st store.Store) *Clinic {
	return &Clinic{store: st, catalogue: c.catalogue, keys: c.keys, settings: c.settings, now: c.now, stockholm: c.stockholm}
}
