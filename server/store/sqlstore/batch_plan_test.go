package sqlstore_test

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/painscore/painscore/server/store/sqlstore"
)

// TestABatchLooksUpByWholeKeys: with part of a key SQLite reads a care unit's
// forms from end to end for each form that is submitted.
func TestABatchLooksUpByWholeKeys(t *testing.T) {
	f := newFaulty(t)
	db, err := sql.Open("sqlite3", f.path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	texts := sqlstore.LookUps()
	for name, want := range map[string]string{
		"people":        "identity USING PRIMARY KEY (lookup=?)",
		"episodes":      "e USING PRIMARY KEY (care_unit=? AND episode_id=?)",
		"forms by id":   "submission_version USING INDEX submission_by_id (care_unit=? AND system=? AND submission_id=? AND version=? AND state=?)",
		"rows of slots": "v USING PRIMARY KEY (care_unit=? AND episode_id=? AND occasion=? AND occasion_label=? AND instrument=? AND respondent=?)",
		"erased":        "erased_submission USING PRIMARY KEY (mark=?)",
	} {
		if plan := explain(t, db, texts[name]); !strings.Contains(plan, want) {
			t.Errorf("%s: no step %q in\n%s", name, want, plan)
		}
	}
}
