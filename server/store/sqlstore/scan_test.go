package sqlstore_test

import (
	"database/sql"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/painscore/painscore/server/store/sqlite"
	"github.com/painscore/painscore/server/store/sqlstore"
)

// wide is a step of a plan that reads a whole table, or all that a table has of
// a care unit; the group names the table or its alias.
var wide = regexp.MustCompile(`^(?:SCAN|SEARCH) (\S+)(?:$| USING (?:COVERING )?INDEX \S+$| .*\(care_unit=\?\)$)`)

// small names what has a row per unit, definition, setting, plan, erasure or
// dropped chain, waits for a moment only (u, access_unindexed), or is a list of
// parameters or one row of totals (k, t): reading all of it costs next to nothing.
var small = regexp.MustCompile(`^(change_counter|c|content|setting|a|erasure|f|k|access_dropped|summary_progress|u|access_unindexed|t)$`)

// onPurpose are reads of a whole table that are not about one record: who
// verifies the access log reads every block anyway, and which keys identities
// are sealed with is asked once at the start (0.07 s for 300,000 identities).
var onPurpose = map[string]bool{
	".accessStatements.accessChains": true,
	".resealStatements.sealingKeys":  true,
	// A start asks whose names choices are kept under, an operator moves one name's.
	".historyStatements.registryStatements.choiceProviders": true,
	".historyStatements.registryStatements.choosersAt":      true,
	// A list of a unit's episodes by what is due reads them all: 20 ms for 5,000.
	".coordinationStatements.overviews":         true,
	".coordinationStatements.overviewsOfReader": true,
	// An erasure looks through all that was told: rare, and a row for each group of a report.
	".toldStatements.toldNames": true,
	".toldStatements.stampTold": true,
}

// exists is a look for any row at all, which ends at the first.
const exists = " EXISTS "

// TestNothingReadsAWholeUnitForOneRecord looks at SQLite's plan of every
// statement: one that reads all that a care unit has is fast in every other
// test, and takes seconds at a clinic after some years.
func TestNothingReadsAWholeUnitForOneRecord(t *testing.T) {
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
	for name, text := range sqlstore.Texts("?") {
		for step := range strings.Lines(explain(t, db, text)) {
			step = strings.TrimSpace(step)
			found := wide.FindStringSubmatch(step)
			if found != nil && !onPurpose[name] && !small.MatchString(found[1]) && !strings.Contains(step, exists) {
				t.Errorf("%s: %s\n%s", name, step, text)
			}
		}
	}
}
