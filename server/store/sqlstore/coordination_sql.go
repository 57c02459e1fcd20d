package sqlstore

// coordinationStatements holds the text of the queries about what a coordinator
// works with.
type coordinationStatements struct {
	lastAct, actByID, addAct, actsOf, occasionsWithAct string
	addPaperCode, paperCode, paperCodeOf, paperCodesOf string

	summarisedTo, formsChanged       string
	putSummary, putSummaryProgress   string
	overviews, overviewsOfReader     string
	putVisit, visits                 string
	addLaunch, takeLaunch, oldLaunch string

	eraseActs, erasePaperCodes, eraseSummary, eraseVisits, eraseLaunches string
}

const actColumns = `care_unit, episode_id, number, system, act_id, kind, occasion, occasion_label, done_on, detail, done_by, recorded_at, note`

const paperCodeColumns = `code, care_unit, episode_id, occasion, occasion_label, made_at`

const overviewColumns = `h.care_unit, h.episode_id, h.patient_key, v.care_level, v.track, v.programme_type, v.cohort,
	v.first_visit_planned, v.first_visit_on, v.start_planned, v.started_on, v.end_planned, v.ended_on, v.status, v.deceased, v.do_not_contact,
	(SELECT p.is_test FROM patient p WHERE p.patient_key = h.patient_key), COALESCE(s.through_seq, 0), COALESCE(s.newest_seq, 0),
	COALESCE(s.worse, 0), COALESCE(s.judged_by, ''), COALESCE(s.answered, '')`

const overviewsFrom = `
	FROM episode h JOIN episode_version v ON v.care_unit = h.care_unit AND v.episode_id = h.episode_id AND v.version = h.version
	LEFT JOIN episode_summary s ON s.care_unit = h.care_unit AND s.episode_id = h.episode_id `

func newCoordinationStatements(r func(string) string) coordinationStatements {
	erase := func(table string) string {
		return r(`DELETE FROM ` + table + ` WHERE care_unit = $1 AND episode_id = $2`)
	}
	return coordinationStatements{
		lastAct: r(`SELECT number FROM occasion_act WHERE care_unit = $1 AND episode_id = $2 ORDER BY number DESC LIMIT 1`),
		actByID: r(`SELECT ` + actColumns + ` FROM occasion_act WHERE care_unit = $1 AND system = $2 AND act_id = $3`),
		addAct: r(`INSERT INTO occasion_act (` + actColumns + `)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`),
		actsOf: r(`SELECT ` + actColumns + ` FROM occasion_act WHERE care_unit = $1 AND episode_id = $2 ORDER BY number`),
		occasionsWithAct: r(`SELECT DISTINCT episode_id, occasion, occasion_label FROM occasion_act
			WHERE care_unit = $1 AND kind = $2 ORDER BY episode_id, occasion, occasion_label`),

		addPaperCode: r(`INSERT INTO paper_code (` + paperCodeColumns + `) VALUES ($1, $2, $3, $4, $5, $6)`),
		paperCode:    r(`SELECT ` + paperCodeColumns + ` FROM paper_code WHERE code = $1`),
		paperCodeOf: r(`SELECT ` + paperCodeColumns + ` FROM paper_code
			WHERE care_unit = $1 AND episode_id = $2 AND occasion = $3 AND occasion_label = $4`),
		paperCodesOf: r(`SELECT ` + paperCodeColumns + ` FROM paper_code
			WHERE care_unit = $1 AND episode_id = $2 ORDER BY occasion, occasion_label`),

		summarisedTo: r(`SELECT through_seq FROM summary_progress WHERE care_unit = $1`),
		formsChanged: r(`SELECT t.episode_id, MAX(t.seq) FROM (
				SELECT v.episode_id AS episode_id, v.change_seq AS seq FROM submission_version v
				WHERE v.care_unit = $1 AND v.change_seq > $2 AND v.change_seq <= $3
				UNION ALL
				SELECT r.episode_id AS episode_id, f.change_seq AS seq FROM rescore_flip f CROSS JOIN rescored_submission r
				WHERE f.care_unit = $1 AND f.change_seq > $2 AND f.change_seq <= $3 AND r.care_unit = $1 AND r.plan_id = f.plan_id
			) t GROUP BY t.episode_id ORDER BY t.episode_id`),
		putSummary: r(`INSERT INTO episode_summary (care_unit, episode_id, through_seq, newest_seq, answered, worse, judged_by)
			VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (care_unit, episode_id) DO UPDATE SET through_seq = excluded.through_seq,
			newest_seq = excluded.newest_seq, answered = excluded.answered, worse = excluded.worse, judged_by = excluded.judged_by
			WHERE episode_summary.through_seq <= excluded.through_seq`),
		putSummaryProgress: r(`INSERT INTO summary_progress (care_unit, through_seq) VALUES ($1, $2)
			ON CONFLICT (care_unit) DO UPDATE SET through_seq = excluded.through_seq WHERE summary_progress.through_seq < excluded.through_seq`),
		overviews: r(`SELECT ` + packed(overviewColumns+`, 0`) + overviewsFrom + `WHERE h.care_unit = $1 ORDER BY h.episode_id`),
		overviewsOfReader: r(`SELECT ` + packed(overviewColumns+`, COALESCE(n.seen_seq, 0)`) + overviewsFrom + `
			LEFT JOIN reader_visit n ON n.care_unit = h.care_unit AND n.episode_id = h.episode_id AND n.reader = $2
			WHERE h.care_unit = $1 ORDER BY h.episode_id`),
		putVisit: r(`INSERT INTO reader_visit (care_unit, episode_id, reader, seen_seq, seen_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (care_unit, episode_id, reader) DO UPDATE SET seen_seq = excluded.seen_seq, seen_at = excluded.seen_at
			WHERE reader_visit.seen_seq < excluded.seen_seq`),
		visits: r(`SELECT care_unit, episode_id, reader, seen_seq, seen_at FROM reader_visit
			WHERE care_unit = $1 AND episode_id = $2 ORDER BY reader`),

		addLaunch: r(`INSERT INTO launch_link (token_hash, care_unit, episode_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)`),
		// The one that deletes the row has the link, also where an engine has several writers.
		takeLaunch: r(`DELETE FROM launch_link WHERE token_hash = $1 RETURNING token_hash, care_unit, episode_id, created_at, expires_at`),
		oldLaunch:  r(`DELETE FROM launch_link WHERE expires_at <= $1`),

		eraseActs:       erase("occasion_act"),
		erasePaperCodes: erase("paper_code"),
		eraseSummary:    erase("episode_summary"),
		eraseVisits:     erase("reader_visit"),
		eraseLaunches:   erase("launch_link"),
	}
}

// eraseFromEpisode are the deletions that an erasure makes here; all of these
// rows refer to the episode.
func (s *coordinationStatements) eraseFromEpisode() []string {
	return []string{s.eraseActs, s.erasePaperCodes, s.eraseSummary, s.eraseVisits, s.eraseLaunches}
}
