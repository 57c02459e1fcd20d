package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
)

const (
	// lookAtKeys is how often the key file is looked at: by its names and times,
	// which costs nothing. It works where a signal cannot be sent, and for every
	// process that has the file.
	lookAtKeys = 2 * time.Second
	// resealAtOnce is how many identities are sealed in one transaction: a few
	// milliseconds, in the share of writes that others do not wait behind.
	resealAtOnce = 100
	// resealAgain is how long after a failure it is tried again.
	resealAgain = time.Minute
)

// keyKeeper takes keys that were added to the key file into the running server,
// and seals with the current one what was sealed with an earlier one.
type keyKeeper struct {
	cfg   config
	store store.Sealings
	keys  *identity.Keyring
	log   *slog.Logger

	seen     os.FileInfo // the key file as it was last read
	resealAt time.Time   // from when on there is something to reseal; zero: nothing
}

// startKeeping keeps the keys in the background until what it returns is called.
func startKeeping(ctx context.Context, cfg config, st store.Sealings, keys *identity.Keyring, log *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	k := &keyKeeper{cfg: cfg, store: st, keys: keys, log: log, resealAt: time.Now()} // what a stop cut off goes on
	go func() {
		defer close(ended)
		k.run(ctx, lookAtKeys)
	}()
	return func() { cancel(); <-ended }
}

func (k *keyKeeper) run(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		k.look()
		if !k.resealAt.IsZero() && !time.Now().Before(k.resealAt) {
			k.reseal(ctx)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// look reads the key file again if it has changed. One that cannot be taken is
// told of once, and the keys in use stay.
func (k *keyKeeper) look() {
	if k.cfg.givenKeys != nil {
		return // the environment of a process does not change
	}
	info, err := os.Stat(k.cfg.keysPlace())
	if err != nil {
		if k.seen != nil {
			k.log.Error("the key file cannot be seen any more: the keys in use stay until the stop", "error", err)
		}
		k.seen = nil
		return
	}
	if k.seen != nil && os.SameFile(info, k.seen) && info.ModTime().Equal(k.seen.ModTime()) && info.Size() == k.seen.Size() {
		return
	}
	k.seen = info
	before := k.keys.SealsWith()
	if err := k.adopt(); err != nil {
		k.log.Error("the key file has changed and cannot be taken: the keys in use stay until the stop", "error", err)
		return
	}
	if now := k.keys.SealsWith(); now != before {
		k.log.Info("identities are sealed with another key from now on", "key", now)
		k.resealAt = time.Now()
	}
}

func (k *keyKeeper) adopt() error {
	load := identity.Reload
	if !k.cfg.ownKeys() {
		load = identity.LoadGiven
	}
	newer, err := load(k.cfg.keysPlace())
	if err != nil {
		return err
	}
	return k.keys.Adopt(newer)
}

// reseal goes through the identities until a round finds nothing: what was
// sealed just before the key changed may be stored behind the round's back.
func (k *keyKeeper) reseal(ctx context.Context) {
	k.resealAt = time.Time{}
	var total int64
	for {
		resealed, unopened, err := k.round(ctx)
		total += resealed
		switch {
		case ctx.Err() != nil:
			return // the next start goes on
		case err != nil:
			k.resealAt = time.Now().Add(resealAgain)
			k.log.Error("identities could not be sealed with the current key", "error", err, "sealed", total)
			return
		case unopened > 0:
			k.log.Error("identities do not open with the key that they name, and were left as they are", "identities", unopened)
		}
		if resealed == 0 {
			if total > 0 {
				k.log.Info("all that an earlier key had sealed is sealed with the current one", "identities", total, "key", k.keys.SealsWith())
			}
			return
		}
	}
}

// round reseals once from the first identity to the last, and the names likewise.
func (k *keyKeeper) round(ctx context.Context) (resealed, unopened int64, err error) {
	resealed, unopened, err = k.identities(ctx)
	for after := ""; err == nil; {
		var last string
		var n, damaged int64
		last, n, err = k.store.ResealNames(ctx, k.keys.SealsWith(), after, resealAtOnce, func(name store.PatientName) (store.PatientName, error) {
			opened, err := k.keys.OpenName(name.PatientKey, name.Sealed, name.KeyID)
			if errors.Is(err, identity.ErrNotOpened) {
				damaged++
				return name, nil
			}
			if err == nil {
				name.Sealed, name.KeyID, err = k.keys.SealName(name.PatientKey, opened)
			}
			return name, err
		})
		if err != nil || last == "" {
			break
		}
		resealed, unopened, after = resealed+n, unopened+damaged, last
	}
	return resealed, unopened, err
}

func (k *keyKeeper) identities(ctx context.Context) (resealed, unopened int64, err error) {
	for after := []byte(nil); ; {
		var damaged int64
		last, n, err := k.store.Reseal(ctx, k.keys.SealsWith(), after, resealAtOnce, func(id store.Identity) (store.Identity, error) {
			opened, err := k.keys.Open(id.PatientKey, id.Sealed, id.KeyID)
			if errors.Is(err, identity.ErrNotOpened) {
				damaged++
				return id, nil
			}
			if err != nil {
				return id, err
			}
			id.Sealed, id.KeyID, err = k.keys.Seal(id.PatientKey, opened)
			return id, err
		})
		if err != nil || last == nil {
			return resealed, unopened, err
		}
		resealed, unopened, after = resealed+n, unopened+damaged, last
	}
}
