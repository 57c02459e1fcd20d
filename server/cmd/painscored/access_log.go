package main

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/store/sqlite"
)

// Files of the access log in the data folder, beside the database.
const (
	headsFile   = "access-heads.jsonl"
	reserveFile = "access-log.reserve"
)

// How often what follows behind the access log is done.
const (
	indexEvery   = time.Second
	headsEvery   = time.Minute
	reserveEvery = time.Second // it costs nothing while the room is there
)

// accessLog is the log of who looked at what, with all that works behind it.
type accessLog struct {
	*access.Log
	index   *access.Indexer
	keeper  *access.Keeper
	reserve *access.Reserve
	stop    chan struct{}
	done    chan struct{}
}

// openAccessLog starts the log on an open store. Its Close comes after the
// servers have stopped and before the store closes.
func openAccessLog(cfg config, st store.Store, keys *identity.Keyring, log *slog.Logger) (*accessLog, error) {
	l := &accessLog{stop: make(chan struct{}), done: make(chan struct{})}
	options := access.LogOptions{Logger: log}
	if cfg.Store == "" { // a database elsewhere has its own room
		var err error
		if l.reserve, err = access.OpenReserve(filepath.Join(cfg.Data, reserveFile), cfg.reserve(), st.LogOnly); err != nil {
			return nil, err
		}
		if !l.reserve.Kept() {
			log.Error("the disk is full: there is no room to keep for the access log, and submissions are refused until there is")
		}
		options.OnFull = l.reserve.Release
	}
	var err error
	if l.Log, err = access.NewLog(st, keys.LogKey, options); err != nil {
		return nil, err
	}
	l.index = access.StartIndexer(st, indexEvery, log)
	l.keeper = access.StartKeeper(l.Log, cfg.headsPath(), headsEvery, log)
	go l.watchReserve(cfg, log, reserveEvery)
	return l, nil
}

// Close writes what waits, indexes it, and notes where the log ends.
func (l *accessLog) Close() {
	close(l.stop)
	<-l.done
	l.Log.Close()
	l.keeper.Close()
	l.index.Close()
}

// watchReserve takes the room for the log back once the disk has it.
func (l *accessLog) watchReserve(cfg config, log *slog.Logger, every time.Duration) {
	defer close(l.done)
	tick := time.NewTicker(every)
	defer tick.Stop()
	var told time.Time
	for {
		select {
		case <-l.stop:
			return
		case <-tick.C:
		}
		if l.reserve == nil || l.reserve.Kept() {
			continue
		}
		// To try without room would take from the log what it has left.
		if free, err := sqlite.FreeSpace(cfg.Data); err == nil && free < cfg.reserve() {
			if time.Since(told) > time.Minute {
				told = time.Now()
				log.Error("the disk is full: submissions are refused, and reading will stop when the access log has used its room up")
			}
			continue
		}
		switch kept, err := l.reserve.Restore(); {
		case err != nil:
			log.Error("the room for the access log could not be taken back", "error", err)
		case kept:
			log.Info("there is room again: submissions are taken")
		}
	}
}

// readHeads reads the heads that were written outside the database. A file that
// was named must be there.
func readHeads(cfg config, named string) (heads []access.Head, unreadable int, err error) {
	path := named
	if path == "" {
		path = cfg.headsPath()
	} else if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, 0, err
	}
	return access.ReadHeads(path)
}
