package store

import "context"

// KeyChange puts one look-up key into the place of another. The store knows
// the keys by their fingerprints, which it keeps as a property.
type KeyChange struct {
	Property string // name of the property that holds the fingerprint
	From, To string // fingerprints of the old key and the new one
}

// Sealings change what identities and names are sealed and found with. Which keys those
// are is not for the store to know: it names them by their ids.
type Sealings interface {
	// SealingKeys returns the KeyID of every identity and name, each once,
	// ordered. It reads all of them.
	SealingKeys(ctx context.Context) ([]string, error)
	// Reseal has identities sealed anew whose KeyID is not keep: the first
	// limit of them after the given look-up hash (nil: from the first), in one
	// transaction that waits behind what somebody waits for. reseal returns the
	// identity with another Sealed and KeyID, or unchanged to have it left as
	// it is; it runs within the transaction, and its error undoes the batch.
	// last is where to go on, nil at the end; resealed counts what was changed.
	// What another process changes meanwhile is left to a later round.
	Reseal(ctx context.Context, keep string, after []byte, limit int, reseal func(Identity) (Identity, error)) (last []byte, resealed int64, err error)
	// ResealNames is Reseal for patients' names. after and last are patient keys;
	// empty: from the first, and at the end.
	ResealNames(ctx context.Context, keep, after string, limit int, reseal func(PatientName) (PatientName, error)) (last string, resealed int64, err error)
	// Rehash gives every identity the look-up hash that rehash makes for it, every
	// name the one that rehashName makes, and the store the new key's fingerprint,
	// all in one transaction: it is wholly done or not at all. It holds a few
	// hundred identities in memory at a time. rehashed counts identities.
	// ErrStale: the store has another fingerprint than change.From. Nobody else
	// may use the store: who looks for a person with the old key finds nobody.
	Rehash(ctx context.Context, change KeyChange, rehash func(Identity) (lookup []byte, err error), rehashName func(PatientName) (lookup []byte, err error)) (rehashed int64, err error)
}
