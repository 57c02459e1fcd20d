package sqlstore

// deliveryStatements holds the text of the queries about what was handed over,
// and of those that read a care unit as of a change.
type deliveryStatements struct {
	delivery, addDelivery, finishDelivery string
	deliveries, deliveriesOf              string
	addDelivered                          many
	deliveredEpisodes, deliveredCount     string
	deliveredAmong, livePatients          many
	eraseDelivered                        string

	episodesAsOf, submissionsOfRun string
}

const deliveryColumns = `delivery_id, recipient, plan, made_by, made_at, note, result, finished_at`

func newDeliveryStatements(r func(string) string) deliveryStatements {
	return deliveryStatements{
		delivery:       r(`SELECT ` + deliveryColumns + ` FROM delivery WHERE delivery_id = $1`),
		addDelivery:    r(`INSERT INTO delivery (` + deliveryColumns + `) VALUES ($1, $2, $3, $4, $5, $6, '', 0)`),
		finishDelivery: r(`UPDATE delivery SET result = $2, finished_at = $3 WHERE delivery_id = $1 AND finished_at = 0`),
		deliveries: r(`SELECT ` + deliveryColumns + ` FROM delivery WHERE (made_at, delivery_id) < ($1, $2)
			ORDER BY made_at DESC, delivery_id DESC LIMIT $3`),
		deliveriesOf: r(`SELECT ` + deliveryColumns + ` FROM delivery WHERE delivery_id IN
			(SELECT m.delivery_id FROM delivery_member m WHERE m.patient_key = $1)`),
		addDelivered: rows(r, `delivery_member`, `delivery_id, episode, patient_key, is_erased`, ` ON CONFLICT (delivery_id, episode) DO NOTHING`),
		deliveredEpisodes: r(`SELECT episode, patient_key, is_erased FROM delivery_member
			WHERE delivery_id = $1 AND episode > $2 ORDER BY episode LIMIT $3`),
		deliveredCount: r(`SELECT COUNT(*), CAST(COALESCE(SUM(is_erased), 0) AS BIGINT) FROM delivery_member WHERE delivery_id = $1`),
		// CROSS JOIN: SQLite must begin with the keys.
		deliveredAmong: keyed(r, `delivery_id, episode`, `SELECT m.episode, m.patient_key, m.is_erased
			FROM k CROSS JOIN delivery_member m WHERE m.delivery_id = k.delivery_id AND m.episode = k.episode`),
		livePatients:   list(r, `SELECT patient_key FROM patient WHERE patient_key IN (`, `)`),
		eraseDelivered: r(`UPDATE delivery_member SET is_erased = 1 WHERE patient_key = $1`),

		// The + keeps SQLite to the key: versions of an episode are few.
		episodesAsOf: r(`SELECT ` + packed(episodeColumns) + `
			FROM episode h CROSS JOIN episode_version v
			WHERE h.care_unit = $1 AND h.episode_id > $2 AND v.care_unit = h.care_unit AND v.episode_id = h.episode_id
			AND v.version = (SELECT MAX(n.version) FROM episode_version n
				WHERE n.care_unit = h.care_unit AND n.episode_id = h.episode_id AND +n.change_seq <= $3)
			ORDER BY h.episode_id LIMIT $4`),
		submissionsOfRun: r(`SELECT ` + packed(submissionColumns) + `, digest FROM submission_version
			WHERE care_unit = $1 AND episode_id > $2 AND episode_id <= $3 AND +change_seq <= $4
			UNION ALL ` + rescoring(`$4`) + `AND r.episode_id > $2 AND r.episode_id <= $3`),
	}
}
