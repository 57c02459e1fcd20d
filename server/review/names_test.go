package review

import (
	"strings"
	"testing"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/clinic"
)

// A name stands where a patient is met, and for those who may know it only.
func TestANameStandsWhereItMay(t *testing.T) {
	site := newTestSite(t)
	named := clinic.PatientNaming{EpisodeRef: clinic.EpisodeRef{CareUnit: unit, EpisodeID: "all-three"}, Name: "Kajsa <b>Testman"}
	if _, err := site.SetPatientName(local, named); err != nil {
		t.Fatal(err)
	}
	for _, role := range []access.Role{access.Clinician, access.Coordinator, access.Integrator} {
		caller := access.Caller{System: "pages", User: "SE-anna", Unit: unit, Roles: []access.Role{role}, Purpose: access.Care}
		pages := asCaller(New(site.Clinic, Options{}), caller)
		for _, path := range []string{"/", conferenceOf("all-three"), episodePath("all-three")} {
			r := ask(pages, "GET", path)
			body := text(t, r)
			shown, may := strings.Contains(body, "Kajsa &lt;b&gt;Testman"), role != access.Integrator && r.StatusCode == 200
			if shown != may || strings.Contains(body, "<b>Testman") {
				t.Errorf("%s as %s: %d, shown: %t", path, role, r.StatusCode, shown)
			}
			if path == "/" && strings.Contains(body, `name="name"`) != may {
				t.Errorf("%s is offered a search by name: %t", role, !may)
			}
		}
	}
}
