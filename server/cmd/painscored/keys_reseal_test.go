package main

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
)

// lateStore stores somebody, sealed with the earlier key, behind the back of the
// first round of resealing.
type lateStore struct {
	store.Store
	arrive func()
}

func (s *lateStore) Reseal(ctx context.Context, keep string, after []byte, limit int, reseal func(store.Identity) (store.Identity, error)) ([]byte, int64, error) {
	last, n, err := s.Store.Reseal(ctx, keep, after, limit, reseal)
	if last == nil && s.arrive != nil {
		s.arrive()
		s.arrive = nil
	}
	return last, n, err
}

func TestWhatIsStoredBehindTheResealingIsSealedAnewToo(t *testing.T) {
	dir := t.TempDir()
	withForms(t, dir, "one")
	keys := keysOf(t, dir)
	if _, err := identity.RotateSeal((config{Data: dir}).keysPlace()); err != nil {
		t.Fatal(err)
	}
	st := offline(t, dir)
	defer st.Close()
	now := time.Now()
	id, _, err := identity.Parse(identity.Personnummer, otherNumber, now)
	if err != nil {
		t.Fatal(err)
	}
	sealed, keyID, err := keys.Seal("late", id)
	if err != nil {
		t.Fatal(err)
	}
	late := &lateStore{st, func() {
		who := store.Identity{PatientKey: "late", System: id.System(), Lookup: keys.Lookup(id), Sealed: sealed, KeyID: keyID, AddedAt: now}
		if _, err := st.PutEpisode(t.Context(), store.Episode{CareUnit: "unit-1", EpisodeID: "late", RecordedAt: now}, who, 0); err != nil {
			t.Error(err)
		}
	}}
	k := &keyKeeper{cfg: config{Data: dir}, store: late, keys: keys, log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	k.look()
	k.reseal(t.Context())
	if ids, err := st.SealingKeys(t.Context()); err != nil || len(ids) != 1 || ids[0] != keys.SealsWith() || ids[0] == keyID {
		t.Errorf("sealed with %v, and %s seals: %v", ids, keys.SealsWith(), err)
	}
}
