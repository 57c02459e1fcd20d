package sqlstore_test

import (
	"database/sql"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/painscore/painscore/server/store/sqlite"
	"github.com/painscore/painscore/server/store/sqlstore"
)

// TestReadsFollowTheKey holds SQLite's plans of the reads that a trend, a
// re-scoring and a flip stand on: a wrong index makes them as slow as the care
// unit is large, and no other test would notice.
func TestReadsFollowTheKey(t *testing.T) {
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
	texts := sqlstore.SQL()
	for name, want := range map[string][]string{
		"an episode's forms": {
			"submission_version USING PRIMARY KEY (care_unit=? AND episode_id=?)",
			"r USING PRIMARY KEY (care_unit=? AND episode_id=?)", "f USING PRIMARY KEY (care_unit=? AND plan_id=?)",
		},
		"an episode's retracted forms": {"submission_version USING PRIMARY KEY (care_unit=? AND episode_id=?)"},
		"an episode's standing": {
			"v USING PRIMARY KEY (care_unit=? AND episode_id=? AND version=?)", "s USING PRIMARY KEY (care_unit=? AND episode_id=?)",
			"f USING COVERING INDEX rescore_flip_by_change (care_unit=?)", "SEARCH c USING COVERING INDEX setting_by_change",
		},
		"a trend's forms": {
			"s USING PRIMARY KEY (care_unit=? AND episode_id=?)", "r USING PRIMARY KEY (care_unit=? AND episode_id=?)",
			"f USING PRIMARY KEY (care_unit=? AND plan_id=?)",
		},
		"an instrument's forms": {
			"submission_version USING PRIMARY KEY (care_unit=? AND episode_id>? AND episode_id<?)",
			"r USING PRIMARY KEY (care_unit=? AND episode_id>? AND episode_id<?)", "f USING PRIMARY KEY (care_unit=? AND plan_id=?)",
		},
		"a run of episodes as of a change": {
			"h USING PRIMARY KEY (care_unit=? AND episode_id>?)", "v USING PRIMARY KEY (care_unit=? AND episode_id=? AND version=?)",
			"n USING PRIMARY KEY (care_unit=? AND episode_id=?)",
		},
		"the forms of a run": {
			"submission_version USING PRIMARY KEY (care_unit=? AND episode_id>? AND episode_id<?)",
			"r USING PRIMARY KEY (care_unit=? AND episode_id>? AND episode_id<?)", "f USING PRIMARY KEY (care_unit=? AND plan_id=?)",
		},
		"choices of patients":     {"registry_choice USING PRIMARY KEY (patient_key=?)"},
		"patients who are there":  {"patient USING"},
		"one row scored anew":     {"r USING PRIMARY KEY (care_unit=? AND episode_id=? AND occasion=?", "f USING PRIMARY KEY (care_unit=? AND plan_id=?)"},
		"superseded since":        {"v USING COVERING INDEX submission_by_change (care_unit=? AND change_seq>?)", "r USING COVERING INDEX rescored_by_plan (care_unit=? AND plan_id=? AND episode_id=? AND occasion=?"},
		"staged scores of a plan": {"rescored_submission USING COVERING INDEX rescored_by_plan (care_unit=? AND plan_id=?)"},
	} {
		plan := explain(t, db, texts[name])
		for _, step := range want {
			if !strings.Contains(plan, step) {
				t.Errorf("%s: no step %q in\n%s", name, step, plan)
			}
		}
		if strings.Contains(plan, "TEMP B-TREE") || strings.Contains(plan, "SCAN") {
			t.Errorf("%s: scans or sorts:\n%s", name, plan)
		}
	}
}

func explain(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	args := make([]any, strings.Count(query, "?"))
	for i := range args {
		args[i] = "1"
	}
	rows, err := db.Query("EXPLAIN QUERY PLAN "+query, args[:highest(query)]...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, detail)
	}
	return strings.Join(plan, "\n")
}

// highest is the highest number of a parameter: ?1, ?2 …
func highest(query string) (n int) {
	for _, found := range numbered.FindAllString(query, -1) {
		if number, err := strconv.Atoi(found[1:]); err == nil {
			n = max(n, number)
		}
	}
	return n
}

var numbered = regexp.MustCompile(`\?[0-9]+`)
