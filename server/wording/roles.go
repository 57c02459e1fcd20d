package wording

// Role is what somebody may do here, by the codes of package access.
func (l Language) Role(code string) string { return l.look(roles, code, code) }

var roles = map[string]pair{
	"integrator":    {"Anslutet system", "Connected system"},
	"clinician":     {"Behandlare", "Clinician"},
	"coordinator":   {"Koordinator", "Coordinator"},
	"analyst":       {"Analytiker", "Analyst"},
	"administrator": {"Administratör", "Administrator"},
}
