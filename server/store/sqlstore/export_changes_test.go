package sqlstore

// FeedSQL are the texts of the feed's reads, for SQLite.
func FeedSQL() map[string]string {
	s := newStatements(Dialect{Parameter: "?"}.rewrite)
	return map[string]string{
		"changed forms": s.changedForms, "flips": s.changedScores, "erasures": s.changedPatients,
		"forms of a flip": s.formsOfFlip, "erased changes": s.erasedChanges,
	}
}
