package main

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/painscore/painscore/server/erasures"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/store/sqlite"
)

// purgeEvery is how often the store is asked to remove what erasures left in
// its files. Where nothing was erased that costs next to nothing.
const purgeEvery = time.Minute

// eraseAgain carries out what the journal knows and the store does not.
func eraseAgain(ctx context.Context, cfg config, journal *erasures.Journal, st store.Store, keys *identity.Keyring, log *slog.Logger) error {
	applied, err := journal.Apply(ctx, st, markWith(keys))
	if err != nil || applied.Again == 0 {
		return err
	}
	log.Warn("the database was from before some erasures: they were carried out again", "erasures", applied.Again)
	p := newPurger(cfg, st, log)
	return p.dropCopies(time.Now()) // a copy that was made at this start still has them
}

// startPurging purges in the background until what it returns is called.
func startPurging(ctx context.Context, cfg config, st store.Store, log *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		newPurger(cfg, st, log).run(ctx, purgeEvery)
	}()
	return func() { cancel(); <-ended }
}

func newPurger(cfg config, st store.Store, log *slog.Logger) *purger {
	p := &purger{store: st, log: log}
	if cfg.Store == "" {
		p.database = cfg.database()
	}
	return p
}

// purger removes what erasures left behind: in the files of the store, as far
// as the engine can, and in the copies that painscored made on its own.
type purger struct {
	store    store.Erasures
	database string // SQLite's file, empty for another engine
	log      *slog.Logger
	pending  int64 // as of the last look
}

// run works until ctx ends.
func (p *purger) run(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := p.purge(ctx); err != nil && ctx.Err() == nil {
			p.log.Error("what erasures left in the files could not be removed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// purge makes one attempt. It logs numbers, and only where they change.
func (p *purger) purge(ctx context.Context) error {
	left, err := p.store.Purge(ctx, time.Now())
	if errors.Is(err, store.ErrUnavailable) && ctx.Err() != nil {
		return nil // the store is being closed
	}
	if err != nil {
		return err
	}
	if left.Pending != p.pending {
		p.log.Info("erasures whose remains are still in the files", "pending", left.Pending, "beyond", left.Beyond)
		p.pending = left.Pending
	}
	return p.dropCopiesOfTheErased(ctx)
}

// dropCopiesOfTheErased removes the copy from before a migration once somebody
// was erased who may be in it. Only where there is one are the erasures read.
func (p *purger) dropCopiesOfTheErased(ctx context.Context) error {
	if p.database == "" {
		return nil
	}
	copies, err := sqlite.Copies(p.database)
	if err != nil || !slices.ContainsFunc(copies, func(c sqlite.Copy) bool { return c.Kind == sqlite.BeforeMigration }) {
		return err
	}
	var last time.Time
	for after := ""; ; {
		page, err := p.store.Erasures(ctx, after, 100)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return p.dropCopies(last)
		}
		after = page[len(page)-1].ErasureID
		for _, erasure := range page {
			if erasure.At.After(last) {
				last = erasure.At
			}
		}
	}
}

// dropCopies removes the copies from before a migration that are not younger
// than an erasure.
func (p *purger) dropCopies(erased time.Time) error {
	if p.database == "" || erased.IsZero() {
		return nil
	}
	removed, err := sqlite.RemoveCopiesBeforeMigration(p.database, erased)
	if removed > 0 {
		p.log.Info("the copy from before a migration was removed: somebody who was erased may have been in it", "copies", removed)
	}
	return err
}
