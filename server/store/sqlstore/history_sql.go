package sqlstore

// historyStatements holds the text of the queries about what happens to a form
// or a patient after they were first stored.
type historyStatements struct {
	erasedMark string

	changeStatements
}

func newHistoryStatements(r func(string) string) historyStatements {
	return historyStatements{
		erasedMark: r(`SELECT 1 FROM erased_submission WHERE mark = $1`),

		changeStatements: newChangeStatements(r),
	}
}
