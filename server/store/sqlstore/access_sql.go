package sqlstore

// accessStatements holds the text of the queries about the access log and who
// is signed in.
type accessStatements struct {
	addBlock, addUnindexed, blockMAC     string
	accessChains, blocksOfChain          string
	blocksBefore, blocksOfPatient        string
	unindexed, addSubject, dropUnindexed string
	blockTime                            string
	oldChain, chainTotals, addDropped    string
	chainPart, dropSubjects, dropPending string
	dropBlocks, droppedChains            string
	addReview, review, reviews           string

	putSession, session, dropSession, expiredSessions, sweepSession string
}

const blockColumns = `b.chain, b.number, b.first_at, b.last_at, b.events, b.body, b.mac`

const reviewColumns = `review_id, from_at, to_at, events, sampled, seed, note, reviewer, reviewed_at`

func newAccessStatements(r func(string) string) accessStatements {
	return accessStatements{
		addBlock: r(`INSERT INTO access_block (chain, number, first_at, last_at, events, body, mac)
			VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (chain, number) DO NOTHING`),
		addUnindexed: r(`INSERT INTO access_unindexed (last_at, chain, number) VALUES ($1, $2, $3)`),
		blockMAC:     r(`SELECT mac FROM access_block WHERE chain = $1 AND number = $2`),

		accessChains: r(`SELECT t.chain, t.blocks, t.events, b.mac, b.last_at
			FROM (SELECT chain, MAX(number) AS blocks, CAST(SUM(events) AS BIGINT) AS events FROM access_block GROUP BY chain) t
			JOIN access_block b ON b.chain = t.chain AND b.number = t.blocks ORDER BY t.chain`),
		blocksOfChain: r(`SELECT ` + blockColumns + ` FROM access_block b WHERE b.chain = $1 AND b.number > $2 ORDER BY b.number LIMIT $3`),
		blocksBefore: r(`SELECT ` + blockColumns + ` FROM access_block b
			WHERE (b.last_at, b.chain, b.number) < ($1, $2, $3) AND b.last_at >= $4 AND b.first_at <= $5
			ORDER BY b.last_at DESC, b.chain DESC, b.number DESC LIMIT $6`),
		// CROSS JOIN: SQLite then walks along the patient's blocks, newest first.
		blocksOfPatient: r(`SELECT ` + blockColumns + ` FROM access_subject s CROSS JOIN access_block b
			WHERE s.patient_key = $7 AND (s.last_at, s.chain, s.number) < ($1, $2, $3) AND s.last_at >= $4
			AND b.chain = s.chain AND b.number = s.number AND b.first_at <= $5
			ORDER BY s.last_at DESC, s.chain DESC, s.number DESC LIMIT $6`),

		unindexed: r(`SELECT ` + blockColumns + ` FROM access_unindexed u CROSS JOIN access_block b
			WHERE b.chain = u.chain AND b.number = u.number ORDER BY u.last_at, u.chain, u.number LIMIT $1`),
		blockTime: r(`SELECT last_at FROM access_block WHERE chain = $1 AND number = $2`),
		addSubject: r(`INSERT INTO access_subject (patient_key, last_at, chain, number) VALUES ($1, $2, $3, $4)
			ON CONFLICT (patient_key, last_at, chain, number) DO NOTHING`),
		dropUnindexed: r(`DELETE FROM access_unindexed WHERE last_at = $1 AND chain = $2 AND number = $3`),

		// Within a chain times rise, so its newest block says how old it is.
		oldChain: r(`SELECT a.chain FROM access_block a WHERE a.last_at < $1
			AND (SELECT b.last_at FROM access_block b WHERE b.chain = a.chain ORDER BY b.number DESC LIMIT 1) < $1
			ORDER BY a.last_at, a.chain, a.number LIMIT 1`),
		chainTotals: r(`SELECT t.blocks, t.events, b.mac, b.last_at
			FROM (SELECT MAX(number) AS blocks, CAST(SUM(events) AS BIGINT) AS events FROM access_block WHERE chain = $1) t
			JOIN access_block b ON b.chain = $1 AND b.number = t.blocks`),
		addDropped: r(`INSERT INTO access_dropped (chain, blocks, events, mac, last_at, dropped_at)
			VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (chain) DO NOTHING`),
		chainPart:     r(`SELECT number FROM access_block WHERE chain = $1 ORDER BY number LIMIT $2`),
		dropSubjects:  r(`DELETE FROM access_subject WHERE chain = $1 AND number <= $2`),
		dropPending:   r(`DELETE FROM access_unindexed WHERE chain = $1 AND number <= $2`),
		dropBlocks:    r(`DELETE FROM access_block WHERE chain = $1 AND number <= $2`),
		droppedChains: r(`SELECT chain, blocks, events, mac, last_at, dropped_at FROM access_dropped ORDER BY chain`),

		addReview: r(`INSERT INTO access_review (` + reviewColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`),
		review:    r(`SELECT ` + reviewColumns + ` FROM access_review WHERE review_id = $1`),
		reviews: r(`SELECT ` + reviewColumns + ` FROM access_review WHERE (reviewed_at, review_id) < ($1, $2)
			ORDER BY reviewed_at DESC, review_id DESC LIMIT $3`),

		putSession: r(`INSERT INTO session (token_hash, body, created_at, used_at, expires_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (token_hash) DO UPDATE SET body = excluded.body, used_at = excluded.used_at, expires_at = excluded.expires_at`),
		session: r(`SELECT token_hash, body, created_at, used_at, expires_at FROM session WHERE token_hash = $1 AND expires_at > $2`),
		// The time again: another process may have given it a longer life.
		sweepSession:    r(`DELETE FROM session WHERE token_hash = $1 AND expires_at <= $2`),
		dropSession:     r(`DELETE FROM session WHERE token_hash = $1`),
		expiredSessions: r(`SELECT token_hash FROM session WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2`),
	}
}
