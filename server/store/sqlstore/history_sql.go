package sqlstore

// historyStatements holds the text of the queries about what happens to a form
// or a patient after they were first stored.
type historyStatements struct {
	erasedMark string

	retractedOfEpisode string

	lastShare, addShare, sharesOf, sharedWith string

	unitsOfPatients, countEpisodes         string
	moveIdentity, moveEpisodes, moveMerged string
	addMerged, mergedInto, deletePatient   string

	erasure, erasures, patient                                      string
	episodeIDs, formNames, countVersions, countIdentities           string
	eraseRescored, eraseVersions, eraseShares, eraseEpisodeVersions string
	eraseEpisode, eraseIdentities, eraseMerged                      string
	addErasure, addErasureInUnit, addErasedMark                     string
	unpurged, notePurge                                             string

	changeStatements
	registryStatements
}

const erasureColumns = `erasure_id, patient_keys, identities, episodes, submissions, versions, erased_by, erased_at, note, purged_at`

func newHistoryStatements(r func(string) string) historyStatements {
	return historyStatements{
		erasedMark: r(`SELECT 1 FROM erased_submission WHERE mark = $1`),

		retractedOfEpisode: r(`SELECT ` + packed(submissionColumns) + `, digest FROM submission_version
			WHERE care_unit = $1 AND episode_id = $2 AND state = 'retracted'`),

		lastShare: r(`SELECT number, shared, shared_by, shared_at, note FROM episode_share
			WHERE care_unit = $1 AND episode_id = $2 AND with_unit = $3 ORDER BY number DESC LIMIT 1`),
		addShare: r(`INSERT INTO episode_share (care_unit, episode_id, with_unit, number, shared, shared_by, shared_at, note)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`),
		sharesOf: r(`SELECT care_unit, episode_id, with_unit, number, shared, shared_by, shared_at, note FROM episode_share
			WHERE care_unit = $1 AND episode_id = $2 ORDER BY with_unit, number`),
		sharedWith: r(`SELECT ` + packed(episodeColumns) + ` FROM episode_share s CROSS JOIN episode h CROSS JOIN episode_version v
			WHERE s.with_unit = $1 AND (s.care_unit, s.episode_id) > ($2, $3) AND s.shared = 1
			AND NOT EXISTS (SELECT 1 FROM episode_share l WHERE l.care_unit = s.care_unit AND l.episode_id = s.episode_id
				AND l.with_unit = s.with_unit AND l.number > s.number)
			AND h.care_unit = s.care_unit AND h.episode_id = s.episode_id
			AND v.care_unit = h.care_unit AND v.episode_id = h.episode_id AND v.version = h.version
			ORDER BY s.care_unit, s.episode_id LIMIT $4`),

		// One look-up per unit, since the index of patients begins with it.
		unitsOfPatients: r(`SELECT care_unit FROM change_counter c WHERE EXISTS (SELECT 1 FROM episode e
				WHERE e.care_unit = c.care_unit AND e.patient_key = $1)
			OR EXISTS (SELECT 1 FROM episode e WHERE e.care_unit = c.care_unit AND e.patient_key = $2) ORDER BY care_unit`),
		countEpisodes: r(`SELECT COUNT(*) FROM episode WHERE care_unit = $1 AND patient_key = $2`),
		moveIdentity:  r(`UPDATE identity SET patient_key = $2, sealed = $3, key_id = $4 WHERE lookup = $1`),
		moveEpisodes: r(`UPDATE episode SET patient_key = $3 WHERE care_unit = $1 AND episode_id IN
			(SELECT k.episode_id FROM episode k WHERE k.care_unit = $1 AND k.patient_key = $2)`),
		moveMerged:    r(`UPDATE merged_patient SET into_key = $2 WHERE into_key = $1`),
		addMerged:     r(`INSERT INTO merged_patient (patient_key, into_key, merged_by, merged_at, note) VALUES ($1, $2, $3, $4, $5)`),
		mergedInto:    r(`SELECT patient_key FROM merged_patient WHERE into_key = $1 ORDER BY patient_key`),
		deletePatient: r(`DELETE FROM patient WHERE patient_key = $1`),

		erasure: r(`SELECT ` + erasureColumns + ` FROM erasure WHERE erasure_id = $1`),
		// Callers name erasures as they like: only their time puts them in order.
		erasures: r(`SELECT ` + erasureColumns + ` FROM erasure WHERE $1 = '' OR (erased_at, erasure_id) >
				(SELECT erased_at, erasure_id FROM erasure WHERE erasure_id = $1)
			ORDER BY erased_at, erasure_id LIMIT $2`),
		patient:    r(`SELECT 1 FROM patient WHERE patient_key = $1`),
		episodeIDs: r(`SELECT episode_id FROM episode WHERE care_unit = $1 AND patient_key = $2 ORDER BY episode_id`),
		formNames: r(`SELECT system, submission_id, change_seq FROM submission_version
			WHERE care_unit = $1 AND episode_id = $2 AND version = 1`),
		countVersions: r(`SELECT COUNT(*) FROM submission_version
			WHERE care_unit = $1 AND episode_id = $2 AND state <> 'moved'`),
		countIdentities:      r(`SELECT COUNT(*) FROM identity WHERE patient_key = $1`),
		eraseRescored:        r(`DELETE FROM rescored_submission WHERE care_unit = $1 AND episode_id = $2`),
		eraseVersions:        r(`DELETE FROM submission_version WHERE care_unit = $1 AND episode_id = $2`),
		eraseShares:          r(`DELETE FROM episode_share WHERE care_unit = $1 AND episode_id = $2`),
		eraseEpisodeVersions: r(`DELETE FROM episode_version WHERE care_unit = $1 AND episode_id = $2`),
		eraseEpisode:         r(`DELETE FROM episode WHERE care_unit = $1 AND episode_id = $2`),
		eraseIdentities:      r(`DELETE FROM identity WHERE patient_key = $1`),
		eraseMerged:          r(`DELETE FROM merged_patient WHERE into_key = $1`),
		addErasure: r(`INSERT INTO erasure (` + erasureColumns + `)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0)`),
		addErasureInUnit: r(`INSERT INTO erasure_in_unit (care_unit, change_seq, erasure_id) VALUES ($1, $2, $3)`),
		// A caller that gives no mark may have stored under an erased id again.
		addErasedMark: r(`INSERT INTO erased_submission (mark, care_unit, change_seq, first_seq) VALUES ($1, $2, $3, $4)
			ON CONFLICT (mark) DO UPDATE SET care_unit = excluded.care_unit, change_seq = excluded.change_seq, first_seq = excluded.first_seq`),
		unpurged:  r(`SELECT erasure_id FROM erasure WHERE purged_at = 0 ORDER BY erasure_id`),
		notePurge: r(`UPDATE erasure SET purged_at = $2 WHERE erasure_id = $1 AND purged_at = 0`),

		changeStatements:   newChangeStatements(r),
		registryStatements: newRegistryStatements(r),
	}
}
