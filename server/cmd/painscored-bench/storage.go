package main

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
)

// storage is where a server keeps its data, empty at first.
type storage struct {
	folder string   // data folder: keys, and with SQLite the database
	args   []string // that name the engine to the server
}

// What painscored calls its files in the data folder.
const (
	databaseFile = "painscore.db"
	tokenFile    = "local.token"
)

func (s storage) database() string { return filepath.Join(s.folder, databaseFile) }

func (s storage) token() string { return filepath.Join(s.folder, tokenFile) }

// newStorage makes a place for the data of the engine that was asked for.
func (p *place) newStorage(ctx context.Context) (storage, error) {
	folder, err := p.folder()
	if err == nil && p.engine == postgresEngine {
		return p.inPostgres(ctx, folder)
	}
	return storage{folder: folder}, err
}

// folder makes a new empty folder.
func (p *place) folder() (string, error) {
	p.mu.Lock()
	p.folders++
	name := filepath.Join(p.dir, strconv.Itoa(p.folders))
	p.mu.Unlock()
	return name, os.Mkdir(name, 0o700)
}

// flags are what painscored is started with on this storage.
func (s storage) flags() []string {
	return append([]string{"--data", s.folder, "--grpc", "127.0.0.1:0", "--web", "127.0.0.1:0", "--log", "error"}, s.args...)
}

// serve starts painscored on its storage.
func (p *place) serve(ctx context.Context, at storage, args ...string) (*child, error) {
	c, err := p.start(ctx, p.painscored, append(at.flags(), args...)...)
	if err == nil {
		c.token = at.token()
	}
	return c, err
}
