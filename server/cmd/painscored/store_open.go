package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/store/postgres"
	"github.com/painscore/painscore/server/store/sqlite"
	"github.com/painscore/painscore/server/store/sqlstore"
)

// storeKindProperty marks a store for good as one of synthetic patients or of
// real ones, so that the two can never mix.
const storeKindProperty = "store_kind"

// putStore takes the --store setting. What it says of a wrong one repeats
// nothing of it: an address may hold a password.
func putStore(cfg *config, value string) error {
	switch {
	case value == "sqlite":
		cfg.Store = ""
	case postgres.IsAddress(value):
		cfg.Store = value
	default:
		return errors.New("sqlite, or the address of a PostgreSQL database: postgres://role@host/database?sslmode=verify-full")
	}
	return nil
}

// storePlace says where the data lie, without a password.
func (c config) storePlace() string {
	if c.Store == "" {
		return c.Data
	}
	return fmt.Sprintf("PostgreSQL (%s), keys in %s", postgres.Place(c.Store), c.Data)
}

// openEngine opens the store that the settings name, of whichever engine.
func openEngine(ctx context.Context, cfg config) (store.Store, error) {
	if cfg.Store == "" {
		return sqlite.Open(ctx, filepath.Join(cfg.Data, databaseFile), sqlite.Options{})
	}
	// The key file lies here, whatever machine the database is on.
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, err
	}
	return postgres.Open(ctx, cfg.Store, postgres.Options{})
}

// openStore opens the database and refuses one of the other kind, or one that
// is not whole.
func openStore(ctx context.Context, cfg config) (store.Store, error) {
	want, other := "clinic", "this is a demo store: start with --demo, or name another place with --data or --store"
	if cfg.Demo {
		want, other = "demo", "this store is not a demo store: start without --demo, or name another place with --data or --store"
	}
	st, err := openEngine(ctx, cfg)
	if err != nil {
		return nil, err
	}
	kind := want
	if err = sqlstore.CheckFinished(ctx, st); err == nil {
		kind, err = st.SetPropertyOnce(ctx, storeKindProperty, want)
	}
	if err == nil && kind != want {
		err = errors.New(other)
	}
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return st, nil
}
