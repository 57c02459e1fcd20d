package sqlstore

import "strings"

// changeStatements holds the text of the queries of the feed. Each reads a
// range of an index by change, or of a plan's forms, and no more than is asked
// for: a page costs the same at either end of a large care unit.
type changeStatements struct {
	changedForms, changedScores, changedPatients string

	formsOfFlip, erasedChanges string
}

// of puts the name of a table before each column.
func of(table, columns string) string {
	names := strings.Split(columns, ",")
	for i, name := range names {
		names[i] = table + "." + strings.TrimSpace(name)
	}
	return strings.Join(names, ", ")
}

const slotColumns = `episode_id, occasion, occasion_label, instrument, respondent`

func newChangeStatements(r func(string) string) changeStatements {
	return changeStatements{
		// With the slot that the form left, empty if it did not move.
		changedForms: r(`SELECT ` + packed(of("v", submissionColumns)) + `, v.digest, COALESCE((SELECT ` + packed(of("m", slotColumns)) + `
				FROM submission_version m WHERE m.care_unit = v.care_unit AND m.system = v.system
				AND m.submission_id = v.submission_id AND m.version = v.version AND m.state = 'moved'), '')
			FROM submission_version v WHERE v.care_unit = $1 AND v.change_seq > $2 AND v.change_seq <= $3 AND v.state <> 'moved'
			ORDER BY v.change_seq LIMIT $4`),
		changedScores: r(`SELECT f.plan_id, f.applied, f.change_seq, COALESCE((SELECT b.change_seq FROM rescore_flip b
				WHERE b.care_unit = f.care_unit AND b.plan_id = f.plan_id AND b.number = f.number - 1), 0),
				f.flipped_by, f.flipped_at, f.note
			FROM rescore_flip f WHERE f.care_unit = $1 AND f.change_seq > $2 AND f.change_seq <= $3
			ORDER BY f.change_seq LIMIT $4`),
		changedPatients: r(`SELECT u.change_seq, e.erased_by, e.erased_at, e.note
			FROM erasure_in_unit u JOIN erasure e ON e.erasure_id = u.erasure_id
			WHERE u.care_unit = $1 AND u.change_seq > $2 AND u.change_seq <= $3 ORDER BY u.change_seq LIMIT $4`),
		// A form belongs to a flip if it held its slot then. Reverting changes
		// nothing where another plan, applied after this one ($5), counted. k is
		// what the plan holds, read from its index alone, in order.
		formsOfFlip: r(`SELECT ` + packed(of("v", submissionColumns)) + `, v.digest, r.instrument_version, r.scores
			FROM rescored_submission k CROSS JOIN rescored_submission r CROSS JOIN submission_version v
			WHERE k.care_unit = $1 AND k.plan_id = $2
			AND (k.episode_id, k.occasion, k.occasion_label, k.instrument, k.respondent, k.slot_version) > ($6, $7, $8, $9, $10, $11)
			AND ` + sameRow("r", "k") + ` AND r.plan_id = k.plan_id AND ` + sameRow("v", "k") + `
			AND NOT EXISTS (SELECT 1 FROM submission_version l WHERE ` + sameSlot("l", "k") + `
				AND l.slot_version > k.slot_version AND +l.change_seq <= $3)
			AND ($4 = 1 OR NOT EXISTS (SELECT 1 FROM rescored_submission o CROSS JOIN rescore_flip f
				WHERE ` + sameRow("o", "k") + ` AND o.plan_id <> k.plan_id
				AND f.care_unit = o.care_unit AND f.plan_id = o.plan_id AND f.applied = 1
				AND +f.change_seq > $5 AND +f.change_seq < $3
				AND NOT EXISTS (SELECT 1 FROM rescore_flip g WHERE g.care_unit = f.care_unit AND g.plan_id = f.plan_id
					AND g.number > f.number AND +g.change_seq < $3)))
			ORDER BY k.episode_id, k.occasion, k.occasion_label, k.instrument, k.respondent, k.slot_version LIMIT $12`),
		erasedChanges: r(`SELECT first_seq FROM erased_submission WHERE care_unit = $1 AND change_seq = $2 ORDER BY first_seq`),
	}
}

// sameSlot says that rows of two tables are of one slot.
func sameSlot(a, b string) string {
	same := a + ".care_unit = " + b + ".care_unit"
	for _, column := range strings.Split(slotColumns, ", ") {
		same += " AND " + a + "." + column + " = " + b + "." + column
	}
	return same
}

// sameRow says that rows of two tables are of one row of a slot.
func sameRow(a, b string) string {
	return sameSlot(a, b) + " AND " + a + ".slot_version = " + b + ".slot_version"
}
