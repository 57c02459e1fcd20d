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

// Why a purge does not come to an end.
const skippedPurge = "PostgreSQL has skipped VACUUM, or warned that it is held up: only the owner of the tables may VACUUM them. Start painscored once as the role that owns them."

// erased are the tables that lose rows in an erasure, or get others in their
// place.
var erased = []string{
	"rescored_submission", "submission_version", "episode_share", "occasion_act", "paper_code", "episode_summary",
	"reader_visit", "launch_link", "episode_version", "episode", "registry_choice", "patient_name", "delivery_member",
	"told_population", "identity", "merged_patient", "patient",
}

// Purge has the database give up the deleted rows, which it keeps for readers
// that may still see them: they are then out of reach of every query. Reads go
// on meanwhile; writes of this process wait for its one connection that writes,
// those of others do not. Rows that an old transaction of another session may
// still see stay, without a word from the database, until it cleans up by itself.
// As long as the database skips VACUUM the purge stays pending, and Beyond says
// why.
func (e *engine) Purge(ctx context.Context, at time.Time) (store.Purge, error) {
	beyond := beyondPurge
	pending, err := e.PurgeWith(ctx, at, func(ctx context.Context, writer *sql.DB) (done bool, err error) {
		if done, err = e.vacuum(ctx, writer); err == nil && !done {
			beyond = skippedPurge + " " + beyondPurge
		}
		return done, err
	})
	return store.Purge{Pending: pending, Beyond: beyond}, err
}

// vacuum is done unless the server warned of something: that it skips a table
// whose owner this is not is no error, and its words differ by version and
// language.
func (e *engine) vacuum(ctx context.Context, writer *sql.DB) (done bool, err error) {
	before := e.writer.warnings.Load()
	for _, table := range erased {
		// INDEX_CLEANUP: also where so little was deleted that the database
		// would leave the indexes for later.
		if _, err := writer.ExecContext(ctx, fmt.Sprintf("VACUUM (INDEX_CLEANUP ON) %s", table)); err != nil {
			return false, err
		}
	}
	return e.writer.warnings.Load() == before, nil
}
