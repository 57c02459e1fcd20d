package main

import (
	"log/slog"
	"path/filepath"
	"time"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
)

// Files of the access log in the data folder.
const (
	headsFile   = "access.heads"   // where each chain of the log stood, outside the database
	reserveFile = "access.reserve" // room that only the log may use
)

// How often the log's head is written outside, and its blocks are indexed.
const (
	headsEvery = 10 * time.Second
	indexEvery = time.Second
)

// openAccessLog starts the access log on a store. What it returns ends it: after
// the servers have stopped, and before the store is closed.
func openAccessLog(cfg config, st store.Store, keys *identity.Keyring, log *slog.Logger) (*access.Log, func(), error) {
	reserve, err := access.OpenReserve(filepath.Join(cfg.Data, reserveFile), access.DefaultReserve, st.LogOnly)
	if err != nil {
		return nil, nil, err
	}
	key := keys.Mark("painscored", "access log", "key 1")
	events, err := access.NewLog(st, access.OneKey(key), access.LogOptions{Logger: log, OnFull: reserve.Release})
	if err != nil {
		return nil, nil, err
	}
	heads := access.StartKeeper(events, filepath.Join(cfg.Data, headsFile), headsEvery, log)
	index := access.StartIndexer(st, indexEvery, log)
	return events, func() {
		events.Close()
		heads.Close()
		index.Close()
	}, nil
}
