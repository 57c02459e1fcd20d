package sqlstore

// SQL are the texts of the reads that must stay range reads, for SQLite.
func SQL() map[string]string {
	s := newStatements(Dialect{Parameter: "?"}.rewrite)
	return map[string]string{
		"an episode's forms":      s.submissionsOfEpisode,
		"an instrument's forms":   s.submissionsOfInstrument,
		"one row scored anew":     s.rescoredRow,
		"superseded since":        s.superseded,
		"staged scores of a plan": s.countStaged,
	}
}
