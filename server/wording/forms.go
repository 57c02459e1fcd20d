package wording

import "github.com/painscore/painscore/scoring"

// Respondent says who answered a form.
func (l Language) Respondent(code string) string { return l.look(respondents, code, code) }

// NoAnswer says why there is no answer to an item.
func (l Language) NoAnswer(kind scoring.Kind) string {
	return l.look(noAnswers, kind.String(), kind.String())
}

var respondents = map[string]pair{
	"patient":   {"patienten", "the patient"},
	"relative":  {"närstående", "a relative"},
	"clinician": {"behandlare", "a clinician"},
}

var noAnswers = map[string]pair{
	"left_blank":     {"tomt", "blank"},
	"not_applicable": {"inte aktuellt", "does not apply"},
	"declined":       {"ville inte svara", "declined"},
	"unreadable":     {"går inte att läsa", "unreadable"},
	"not_asked":      {"ställdes inte", "not asked"},
}
