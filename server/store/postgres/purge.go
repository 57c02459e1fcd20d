package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/painscore/painscore/server/store"
)

// What a finished purge does not reach.
const beyondPurge = "The write-ahead log until it is recycled, replicas, and backups made before an erasure still hold what was erased, and so may parts of the database's files until other rows take their place."

// erased are the tables that lose rows in an erasure.
var erased = []string{
	"rescored_submission", "submission_version", "episode_share", "episode_version", "episode",
	"identity", "merged_patient", "patient",
}

// Purge has the database give up the deleted rows, which it keeps for readers
// that may still see them: they are then out of reach of every query. Reads go
// on meanwhile; writes of this process wait for its one connection that writes,
// those of others do not. Rows that an old transaction of another session may
// still see stay, without a word from the database, until it cleans up by itself.
func (e *engine) Purge(ctx context.Context, at time.Time) (store.Purge, error) {
	pending, err := e.PurgeWith(ctx, at, vacuum)
	return store.Purge{Pending: pending, Beyond: beyondPurge}, err
}

func vacuum(ctx context.Context, writer *sql.DB) (done bool, err error) {
	for _, table := range erased {
		// INDEX_CLEANUP: also where so little was deleted that the database
		// would leave the indexes for later.
		if _, err := writer.ExecContext(ctx, fmt.Sprintf("VACUUM (INDEX_CLEANUP ON) %s", table)); err != nil {
			return false, err
		}
	}
	return true, nil
}
