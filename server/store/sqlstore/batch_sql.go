package sqlstore

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// many is a statement about any number of keys or rows of one width. It has a
// text for each of a few numbers of them, so that every text stays compiled:
// 100 rows are inserted with 64 + 32 + 4.
type many struct {
	width int // parameters per key or row
	texts [len(runs)]string
}

// runs are the numbers of keys or rows that there are texts for. Each text costs
// as much to begin as several rows do, hence the doubling: 27 rows take four of
// them, and 27 keys, which may be filled up, three.
var runs = [...]int{64, 32, 16, 8, 4, 2, 1}

// batchStatements holds the statements that serve a batch of envelopes.
type batchStatements struct {
	takeCounters                                                                many
	knownPeople, episodeHeads, firstVersions, slotRows, erasedMarks             many
	addPatients, addIdentities, addEpisodes, addEpisodeVersions, addSubmissions many
}

const (
	identityColumns       = `lookup, patient_key, system, sealed, key_id, added_at`
	episodeVersionColumns = `care_unit, episode_id, version, change_seq, recorded_at,
	assessing_unit, care_level, track, programme_type, cohort, referred_on,
	first_visit_planned, first_visit_on, start_planned, started_on, end_planned, ended_on,
	sex, birth_year, language_code, status, drop_out_reason, drop_out_phase, deceased, do_not_contact`
)

func newBatchStatements(r func(string) string) batchStatements {
	return batchStatements{
		// The update changes nothing: it is there to hold the rows, which an engine
		// with several writers locks in the order in which they are named.
		takeCounters: counters(r),
		knownPeople:  list(r, `SELECT lookup, patient_key FROM identity WHERE lookup IN (`, `)`),
		erasedMarks:  list(r, `SELECT mark FROM erased_submission WHERE mark IN (`, `)`),
		// CROSS JOIN: SQLite must begin with the keys.
		episodeHeads: keyed(r, `care_unit, episode_id`, `SELECT e.care_unit, e.episode_id, e.patient_key, e.version
			FROM k CROSS JOIN episode e WHERE e.care_unit = k.care_unit AND e.episode_id = k.episode_id`),
		// A first version is always live. To name the state names the whole index
		// by id: SQLite, which has no statistics, would else read the whole unit.
		firstVersions: keyed(r, `unit, sys, id`, `SELECT `+packed(submissionColumns)+`, digest,
				(SELECT n.version FROM submission_version n WHERE n.care_unit = k.unit AND n.system = k.sys
					AND n.submission_id = k.id AND n.state <> 'moved' ORDER BY n.version DESC LIMIT 1),
				(SELECT n.state FROM submission_version n WHERE n.care_unit = k.unit AND n.system = k.sys
					AND n.submission_id = k.id AND n.state <> 'moved' ORDER BY n.version DESC LIMIT 1)
			FROM k CROSS JOIN submission_version
			WHERE care_unit = k.unit AND system = k.sys AND submission_id = k.id AND version = 1 AND state = 'live'`),
		// All rows of a slot, of which there is none as a rule and seldom a second:
		// to look for the newest here would cost a second look-up for each.
		slotRows: keyed(r, `care_unit, episode_id, occasion, occasion_label, instrument, respondent`,
			`SELECT v.care_unit, v.episode_id, v.occasion, v.occasion_label, v.instrument, v.respondent,
				v.slot_version, v.state, v.system, v.submission_id
			FROM k CROSS JOIN submission_version v
			WHERE v.care_unit = k.care_unit AND v.episode_id = k.episode_id AND v.occasion = k.occasion
			AND v.occasion_label = k.occasion_label AND v.instrument = k.instrument AND v.respondent = k.respondent`),

		addPatients:        rows(r, `patient`, `patient_key, created_at, is_test`, ` ON CONFLICT (patient_key) DO NOTHING`),
		addIdentities:      rows(r, `identity`, identityColumns, ``),
		addEpisodes:        rows(r, `episode`, `care_unit, episode_id, patient_key, version`, ``),
		addEpisodeVersions: rows(r, `episode_version`, episodeVersionColumns, ``),
		addSubmissions:     rows(r, `submission_version`, submissionColumns+`, digest`, ``),
	}
}

// list is a query about keys of one column. IN gives the parameters the
// column's type.
func list(r func(string) string, before, after string) many {
	m := many{width: 1}
	for i, n := range runs {
		m.texts[i] = r(before + tuple(1, n, "$%d") + after)
	}
	return m
}

// keyed is a query about keys of several columns of text, which it finds in a
// table k.
func keyed(r func(string) string, columns, query string) many {
	m := many{width: 1 + strings.Count(columns, ",")}
	for i, n := range runs {
		m.texts[i] = r(`WITH k (` + columns + `) AS (VALUES ` + tuples(m.width, n, "CAST($%d AS TEXT)") + `) ` + query)
	}
	return m
}

// counters is an upsert of care units that tells how far each has counted.
func counters(r func(string) string) many {
	m := many{width: 1}
	for i, n := range runs {
		m.texts[i] = r(`INSERT INTO change_counter (care_unit, last_seq) VALUES ` + tuples(1, n, "$%d, 0") +
			` ON CONFLICT (care_unit) DO UPDATE SET last_seq = change_counter.last_seq RETURNING care_unit, last_seq`)
	}
	return m
}

// rows is an insert.
func rows(r func(string) string, table, columns, after string) many {
	m := many{width: 1 + strings.Count(columns, ",")}
	for i, n := range runs {
		m.texts[i] = r(`INSERT INTO ` + table + ` (` + columns + `) VALUES ` + tuples(m.width, n, "$%d") + after)
	}
	return m
}

// tuples are n lists of parameters in brackets, numbered through.
func tuples(width, n int, parameter string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = `(` + tuple(1+i*width, width, parameter) + `)`
	}
	return strings.Join(all, `, `)
}

func tuple(first, width int, parameter string) string {
	all := make([]string, width)
	for i := range all {
		all[i] = fmt.Sprintf(parameter, first+i)
	}
	return strings.Join(all, `, `)
}

// each runs the statement over all values, as many at a time as it can.
func (m *many) each(values []any, run func(query string, values []any) error) error {
	for i, n := range runs {
		for len(values) >= n*m.width {
			if err := run(m.texts[i], values[:n*m.width]); err != nil {
				return err
			}
			values = values[n*m.width:]
		}
	}
	return nil
}

// fill repeats the last key until few texts take them all: to look up a key
// twice costs less than to begin one more statement. The number is rounded up to
// a quarter of the largest text that fits, so a list grows by less than that.
func (m *many) fill(keys []any) []any {
	n, step := len(keys)/m.width, 1
	for _, run := range runs {
		if run <= n {
			step = max(1, run/4)
			break
		}
	}
	for ; n%step != 0; n++ {
		keys = append(keys, keys[len(keys)-m.width:]...)
	}
	return keys
}

// distinct are keys of one column, in order and each once.
func distinct(keys []string) []any {
	all := make([]any, 0, len(keys))
	for _, key := range slices.Compact(slices.Sorted(slices.Values(keys))) {
		all = append(all, key)
	}
	return all
}

// lookUp runs a query about keys and scans every row that it finds, some of
// them twice.
func (t *transaction) lookUp(m *many, keys []any, scan func(scanner) error) error {
	return t.query(m, m.fill(keys), scan)
}

// query runs a statement and scans every row that it returns.
func (t *transaction) query(m *many, values []any, scan func(scanner) error) error {
	return m.each(values, func(query string, values []any) error {
		rows, err := t.tx.QueryContext(t.ctx, query, values...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if err := scan(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// insert adds rows. As a query, since go-sqlite3 hands the values of a query to
// SQLite in one crossing and those of Exec one by one.
func (t *transaction) insert(m *many, values []any) error {
	return m.each(values, func(query string, values []any) error {
		t.wrote = true
		rows, err := t.tx.QueryContext(t.ctx, query, values...)
		if err != nil {
			return err
		}
		for rows.Next() { // none: there is no RETURNING
		}
		return errors.Join(rows.Err(), rows.Close())
	})
}
