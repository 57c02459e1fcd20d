package wording

// Role is what somebody may do here, by the codes of package access.
func (l Language) Role(code string) string { return l.look(roles, code, code) }

// RegistryChoice is what a patient says to a quality registry.
func (l Language) RegistryChoice(code string) string { return l.look(registryChoices, code, code) }

var registryChoices = map[string]pair{
	"not_informed": {"inte informerad", "not informed"},
	"informed":     {"informerad", "informed"},
	"objected":     {"har sagt nej", "objected"},
}

var roles = map[string]pair{
	"integrator":    {"Anslutet system", "Connected system"},
	"clinician":     {"Behandlare", "Clinician"},
	"coordinator":   {"Koordinator", "Coordinator"},
	"analyst":       {"Analytiker", "Analyst"},
	"administrator": {"Administratör", "Administrator"},
}
