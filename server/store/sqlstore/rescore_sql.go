package sqlstore

// rescoreStatements holds the text of every query about re-scoring.
type rescoreStatements struct {
	submissionsOfInstrument, episodeRun string
	rescoredRow, versions, rescoredOf   string

	addPlan, addScope, addSource, addBase string
	plan, scopeOf, sourcesOf, basesOf     string
	flipsOf, dropPlan                     string

	stage, staged, countStaged, unstage string

	addFlip, superseded, otherFlip, builtUpon string
}

const planColumns = `plan_id, instrument, requested_version, target_version, target_hash, all_units, answered_from, answered_to,
	examined, forms, changed, up_to_date, not_rescorable, bands_crossed, flags_crossed, verdicts_crossed,
	made_by, made_at, dropped_at`

// rescoring gives what a re-scoring adds to a read of rows as of a change, the
// parameter asOf: a line for each plan that scored a row anew, with the plan's
// last flip till then (0 and 0 without one). The second column is NULL, which a
// row's digest never is. A sub-select, since joining the flips cost every trend
// 25 µs, also those without a line. The + keeps SQLite from taking the index by
// change, which would read the whole unit: it has no statistics, and a range of
// numbers looks selective to it.
func rescoring(asOf string) string {
	return `SELECT ` + rescoredLine(asOf) + `, NULL FROM rescored_submission r WHERE r.care_unit = $1 `
}

func rescoredLine(asOf string) string {
	return packed(`r.episode_id, r.occasion, r.occasion_label, r.instrument, r.respondent, r.slot_version, r.plan_id,
	COALESCE((SELECT ` + packed(`f.applied, f.change_seq`) + ` FROM rescore_flip f
		WHERE f.care_unit = r.care_unit AND f.plan_id = r.plan_id AND +f.change_seq <= ` + asOf + `
		ORDER BY f.number DESC LIMIT 1), ` + packed(`0, 0`) + `),
	r.instrument_version, r.scores`)
}

const slotOfR = `r.episode_id = $2 AND r.occasion = $3 AND r.occasion_label = $4 AND r.instrument = $5 AND r.respondent = $6`

func newRescoreStatements(r func(string) string) rescoreStatements {
	return rescoreStatements{
		episodeRun: r(`SELECT episode_id FROM episode WHERE care_unit = $1 AND episode_id > $2 ORDER BY episode_id LIMIT $3`),
		submissionsOfInstrument: r(`SELECT ` + packed(submissionColumns) + `, digest FROM submission_version
			WHERE care_unit = $1 AND episode_id > $2 AND episode_id <= $3 AND instrument = $4 AND +change_seq <= $5
			UNION ALL ` + rescoring(`$5`) + `AND r.episode_id > $2 AND r.episode_id <= $3 AND r.instrument = $4`),
		rescoredRow: r(rescoring(`$8`) + `AND ` + slotOfR + ` AND r.slot_version = $7`),
		versions: r(`SELECT ` + packed(submissionColumns) + `, digest FROM submission_version
			WHERE care_unit = $1 AND system = $2 AND submission_id = $3 AND state <> 'moved' ORDER BY version`),
		rescoredOf: r(`SELECT r.plan_id, r.instrument_version, r.scores, f.applied, f.change_seq, f.flipped_by, f.flipped_at, f.note
			FROM rescored_submission r CROSS JOIN rescore_flip f
			WHERE f.care_unit = r.care_unit AND f.plan_id = r.plan_id AND r.care_unit = $1
			AND ` + slotOfR + ` AND r.slot_version = $7 ORDER BY f.change_seq`),

		addPlan: r(`INSERT INTO rescore_plan (` + planColumns + `, digest)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`),
		addScope:  r(`INSERT INTO rescore_scope (plan_id, care_unit, change_seq, forms) VALUES ($1, $2, $3, $4)`),
		addSource: r(`INSERT INTO rescore_source (plan_id, version, definition_hash, forms) VALUES ($1, $2, $3, $4)`),
		addBase:   r(`INSERT INTO rescore_base (plan_id, base_plan_id) VALUES ($1, $2)`),
		plan:      r(`SELECT ` + packed(planColumns) + `, digest FROM rescore_plan WHERE plan_id = $1`),
		scopeOf:   r(`SELECT care_unit, change_seq, forms FROM rescore_scope WHERE plan_id = $1 ORDER BY care_unit`),
		sourcesOf: r(`SELECT version, definition_hash, forms FROM rescore_source WHERE plan_id = $1 ORDER BY version`),
		basesOf:   r(`SELECT base_plan_id FROM rescore_base WHERE plan_id = $1 ORDER BY base_plan_id`),
		flipsOf: r(`SELECT applied, flipped_by, flipped_at, note FROM rescore_flip
			WHERE care_unit = $1 AND plan_id = $2 ORDER BY number`),
		dropPlan: r(`UPDATE rescore_plan SET dropped_at = $2 WHERE plan_id = $1 AND dropped_at = 0`),

		stage: r(`INSERT INTO rescored_submission (care_unit, episode_id, occasion, occasion_label, instrument, respondent,
			slot_version, plan_id, instrument_version, scores)
			SELECT care_unit, episode_id, occasion, occasion_label, instrument, respondent, slot_version,
				CAST($5 AS TEXT), CAST($6 AS TEXT), CAST($7 AS TEXT)
			FROM submission_version WHERE care_unit = $1 AND system = $2 AND submission_id = $3 AND version = $4 AND state = 'live'
			ON CONFLICT (care_unit, episode_id, occasion, occasion_label, instrument, respondent, slot_version, plan_id) DO NOTHING`),
		staged: r(`SELECT 1 FROM submission_version
			WHERE care_unit = $1 AND system = $2 AND submission_id = $3 AND version = $4 AND state = 'live'`),
		countStaged: r(`SELECT COUNT(*) FROM rescored_submission WHERE care_unit = $1 AND plan_id = $2`),
		unstage: r(`DELETE FROM rescored_submission
			WHERE (care_unit, episode_id, occasion, occasion_label, instrument, respondent, slot_version, plan_id) IN
			(SELECT care_unit, episode_id, occasion, occasion_label, instrument, respondent, slot_version, plan_id
			FROM rescored_submission WHERE care_unit = $1 AND plan_id = $2 LIMIT $3)`),

		addFlip: r(`INSERT INTO rescore_flip (care_unit, plan_id, number, applied, change_seq, flipped_by, flipped_at, note)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`),
		// A later row in the slot of a row that the plan scored anew.
		superseded: r(`SELECT 1 FROM submission_version v CROSS JOIN rescored_submission r
			WHERE v.care_unit = $1 AND v.change_seq > $2 AND v.instrument = $3 AND v.slot_version > 1
			AND r.care_unit = v.care_unit AND r.episode_id = v.episode_id AND r.occasion = v.occasion
			AND r.occasion_label = v.occasion_label AND r.instrument = v.instrument AND r.respondent = v.respondent
			AND r.slot_version < v.slot_version AND r.plan_id = $4 LIMIT 1`),
		otherFlip: r(`SELECT 1 FROM rescore_flip f JOIN rescore_plan p ON p.plan_id = f.plan_id
			WHERE f.care_unit = $1 AND f.change_seq > $2 AND p.instrument = $3 AND f.plan_id <> $4 LIMIT 1`),
		builtUpon: r(`SELECT 1 FROM rescore_base b JOIN rescore_flip f ON f.plan_id = b.plan_id
			WHERE b.base_plan_id = $1 AND f.applied = 1
			AND f.number = (SELECT MAX(g.number) FROM rescore_flip g WHERE g.care_unit = f.care_unit AND g.plan_id = f.plan_id) LIMIT 1`),
	}
}
