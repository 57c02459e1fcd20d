package store

import (
	"context"
	"crypto/sha256"
	"time"
)

// ToldMember is how many bytes stand for one episode in a told population.
const ToldMember = 16

// ToldPatient is what stands for a patient in the members of a told population:
// the first 8 bytes of each. It is a hash, so that the memory of reports holds
// no key of the database; a key that has gone cannot be found again from it.
func ToldPatient(patientKey string) [8]byte {
	sum := sha256.Sum256([]byte("painscore patient 1\x00" + patientKey))
	return [8]byte(sum[:8])
}

// Told remembers about whom each reader of suppressed reports has been told, so
// that a report can be refused that tells about a few people by what it lacks of
// an earlier one. Erase takes a patient out of all of it, under each of the
// patient's keys; Link gives a merged patient's places to the other.
type Told interface {
	// ToldTo returns the populations that a reader has been told about, ordered
	// by their bytes' hash, and a stamp for KeepTold. Whatever is read of the
	// patients for a report must be read after it.
	ToldTo(ctx context.Context, reader string) (populations [][]byte, stamp int64, err error)
	// KeepTold adds populations: ToldMember bytes for each episode, rising. Those
	// that are kept already stay as they are. ErrStale, and nothing added, if
	// anything was added for the reader, or anybody erased, since the stamp.
	KeepTold(ctx context.Context, reader string, populations [][]byte, stamp int64, at time.Time) error
}
