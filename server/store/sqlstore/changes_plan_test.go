package sqlstore_test

import (
	"database/sql"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/painscore/painscore/server/store/sqlite"
	"github.com/painscore/painscore/server/store/sqlstore"
)

// TestTheFeedReadsRanges: a page must cost the same at the first and at the
// last of a million changes, and so must the pages of a flip of many forms.
func TestTheFeedReadsRanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "painscore.db")
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	texts := sqlstore.FeedSQL()
	for name, want := range map[string][]string{
		"changed forms":   {"v USING INDEX submission_by_change (care_unit=? AND change_seq>? AND change_seq<?)", "m USING COVERING INDEX submission_by_id (care_unit=? AND system=? AND submission_id=? AND version=? AND state=?)"},
		"flips":           {"f USING INDEX rescore_flip_by_change (care_unit=? AND change_seq>? AND change_seq<?)", "b USING PRIMARY KEY (care_unit=? AND plan_id=? AND number=?)"},
		"erasures":        {"u USING PRIMARY KEY (care_unit=? AND change_seq>? AND change_seq<?)", "e USING PRIMARY KEY (erasure_id=?)"},
		"erased changes":  {"erased_submission USING INDEX erased_by_change (care_unit=? AND change_seq=?)"},
		"forms of a flip": {"k USING COVERING INDEX rescored_by_plan (care_unit=? AND plan_id=? AND (episode_id,", "r USING PRIMARY KEY (care_unit=? AND episode_id=? AND occasion=?", "v USING PRIMARY KEY (care_unit=? AND episode_id=? AND occasion=?", "l USING PRIMARY KEY (care_unit=? AND episode_id=? AND occasion=?", "o USING PRIMARY KEY (care_unit=? AND episode_id=? AND occasion=?", "f USING PRIMARY KEY (care_unit=? AND plan_id=?)", "g USING PRIMARY KEY (care_unit=? AND plan_id=? AND number>?)"},
	} {
		steps := stepsOf(t, db, texts[name])
		for _, step := range want {
			if !strings.Contains(steps, step) {
				t.Errorf("%s: no step %q in\n%s", name, step, steps)
			}
		}
		if name != "erased changes" && strings.Contains(steps, "TEMP B-TREE") || strings.Contains(steps, "SCAN") {
			t.Errorf("%s: scans or sorts:\n%s", name, steps)
		}
	}
}

// stepsOf is what SQLite means to do about a query.
func stepsOf(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	args := make([]any, 0, 12)
	for strings.Contains(query, "?"+strconv.Itoa(len(args)+1)) {
		args = append(args, 1)
	}
	rows, err := db.Query("EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var steps []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, detail)
	}
	return strings.Join(steps, "\n")
}
