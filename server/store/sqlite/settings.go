package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
)

// setting is a PRAGMA and the value that must be read back from it.
type setting struct{ name, want string }

var (
	writerSettings = []setting{
		{"journal_mode", "wal"},
		{"synchronous", "2"}, // FULL
		{"foreign_keys", "1"},
		{"secure_delete", "1"},
		{"query_only", "0"},
		{"temp_store", "2"}, // memory
		{"cache_size", writerCache},
		{"wal_autocheckpoint", strconv.Itoa(foldByWriter)},
	}
	readerSettings = []setting{
		{"journal_mode", "wal"},
		{"query_only", "1"},
		{"temp_store", "2"},
		{"cache_size", readerCache},
	}
)

// checkSettings reads settings back and refuses a handle that has others.
func checkSettings(ctx context.Context, db *sql.DB, settings []setting) (map[string]string, error) {
	found := make(map[string]string, len(settings))
	for _, s := range settings {
		var got string
		if err := db.QueryRowContext(ctx, "PRAGMA "+s.name).Scan(&got); err != nil {
			return nil, fmt.Errorf("sqlite: read back %s: %w", s.name, err)
		}
		if got != s.want {
			return nil, fmt.Errorf("sqlite: %s is %s and must be %s: the store would not be safe", s.name, got, s.want)
		}
		found[s.name] = got
	}
	return found, nil
}
