package clinic

import (
	"context"

	"github.com/painscore/painscore/server/store"
)

// ErasureJournal keeps erasures outside the database, so that a database from
// before brings nobody back.
type ErasureJournal interface {
	// Record is called when it is certain that the erasure is wanted and may be
	// done, and before the store begins with it: once it returns without an
	// error the erasure will be carried out, now or at the next start. With an
	// error nothing is erased. Recording the same ErasureID again is no error.
	Record(ctx context.Context, erasure store.Erasure) error
}

// KeyFingerprint returns the fingerprint of the look-up key that a store was
// made with (identity.Keyring.Fingerprint), store.ErrNotFound if it has met none.
func KeyFingerprint(ctx context.Context, st store.Properties) (string, error) {
	return st.Property(ctx, LookupKeyProperty)
}
