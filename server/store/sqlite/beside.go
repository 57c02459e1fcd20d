package sqlite

import (
	"context"

	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/store/sqlstore"
)

// Beside reads a store that perhaps a server has open, and cannot change it. It
// must not be opened in the server's own process: closing the file would take
// SQLite's locks from the server.
type Beside struct{ store *sqlstore.Store }

// OpenBeside opens the store in the file at path, which must have this
// program's schema, for reading.
func OpenBeside(ctx context.Context, path string) (*Beside, error) {
	if err := checkFile(path); err != nil {
		return nil, err
	}
	readers := openBeside(path, true)
	if err := checkMark(ctx, path, readers); err != nil {
		readers.Close()
		return nil, err
	}
	// What would write gets a handle that cannot.
	return &Beside{sqlstore.New(sqlstore.Dialect{Parameter: "?", Classify: classify}, openBeside(path, true), readers)}, nil
}

// AccessChains returns all chains of the access log.
func (b *Beside) AccessChains(ctx context.Context) ([]store.AccessChain, error) {
	return b.store.AccessChains(ctx)
}

// AccessBlocks returns blocks of a chain, as store.AccessLog does.
func (b *Beside) AccessBlocks(ctx context.Context, chain string, after int64, limit int) ([]store.AccessBlock, error) {
	return b.store.AccessBlocks(ctx, chain, after, limit)
}

// DroppedAccess returns the chains that were dropped.
func (b *Beside) DroppedAccess(ctx context.Context) ([]store.DroppedChain, error) {
	return b.store.DroppedAccess(ctx)
}

// Property returns a property of the store.
func (b *Beside) Property(ctx context.Context, name string) (string, error) {
	return b.store.Property(ctx, name)
}

// SetPropertyOnce is refused: a store that is read beside its server is not changed.
func (b *Beside) SetPropertyOnce(context.Context, string, string) (string, error) {
	return "", store.ErrUnavailable
}

// Close lets go of the file.
func (b *Beside) Close() error { return b.store.Close(nil) }
