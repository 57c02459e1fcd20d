package signin

import (
	"slices"

	"github.com/painscore/painscore/server/access"
)

// grant is what a credential allows, before a call says for whom it is made.
type grant struct {
	system   string
	person   bool
	roles    []access.Role
	user     string           // what holds unless another is asserted; may be empty
	units    []string         // for which it may call; Any only for a system
	unit     string           // likewise
	purposes []access.Purpose // to which a token limits its person
	limited  bool             // whether it does
	purpose  access.Purpose   // likewise
	may      []string         // assert
}

// caller fills in what the call asserts, as far as it may. What repeats what
// holds anyway is no assertion of anything, and taken.
func (g grant) caller(asserted Assertions) (access.Caller, *Refusal) {
	if len(asserted.User) > 1 || len(asserted.Unit) > 1 || len(asserted.Purpose) > 1 {
		return access.Caller{}, notAsserted(AssertedTwice)
	}
	caller := access.Caller{System: g.system, Roles: g.roles, User: g.user, Unit: g.unit, Purpose: g.purpose}
	for _, user := range asserted.User {
		switch {
		case !nameable(user), holdsPersonNumber(user):
			return access.Caller{}, notAsserted(AssertedText)
		case user != g.user && !g.mayAssertUser():
			return access.Caller{}, notAsserted(UserNotAllowed)
		}
		caller.User = user
	}
	for _, unit := range asserted.Unit {
		if why := g.refusesUnit(unit); why != "" {
			return access.Caller{}, notAsserted(why)
		}
		caller.Unit = unit
	}
	for _, code := range asserted.Purpose {
		purpose, known := access.PurposeCodes[code]
		switch {
		case !known:
			return access.Caller{}, notAsserted(PurposeUnknown)
		case purpose != g.purpose && !g.mayAssertPurpose(purpose):
			return access.Caller{}, notAsserted(PurposeNotAllowed)
		}
		caller.Purpose = purpose
	}
	return caller, nil
}

// mayAssertUser: who a person is, the token says.
func (g grant) mayAssertUser() bool { return !g.person && slices.Contains(g.may, assertUser) }

// refusesUnit: a person chooses among the units of the token, a system only if
// it may.
func (g grant) refusesUnit(unit string) Why {
	switch {
	case !nameable(unit):
		return AssertedText
	case unit == g.unit:
		return ""
	case !g.person && !slices.Contains(g.may, assertUnit):
		return UnitNotAllowed
	case !holds(g.units, unit):
		return UnitNotIts
	}
	return ""
}

// mayAssertPurpose: where the token says for which purposes, the call chooses
// among them and no further.
func (g grant) mayAssertPurpose(purpose access.Purpose) bool {
	if g.limited {
		return slices.Contains(g.purposes, purpose)
	}
	return slices.Contains(g.may, assertPurpose)
}

// grantOf is what a system may when it calls for itself.
func grantOf(s System) grant {
	g := grant{system: s.Name, user: s.User, units: s.Units, unit: s.Unit, purpose: access.PurposeCodes[s.Purpose], may: s.MayAssert}
	for _, role := range s.Roles {
		g.roles = append(g.roles, access.Role(role))
	}
	if g.user == "" && !slices.Contains(s.MayAssert, assertUser) {
		g.user = s.Name
	}
	if len(s.Units) == 1 && s.Units[0] != Any {
		g.unit = s.Units[0]
	}
	return g
}

// grantOfPerson is what a person may through a system: what both the token and
// the system's entry allow.
func grantOfPerson(s System, who person) grant {
	g := grant{system: s.Name, person: true, user: who.user, may: s.MayAssert, limited: who.limited}
	for _, role := range who.roles {
		if slices.Contains(s.Roles, role) {
			g.roles = append(g.roles, access.Role(role))
		}
	}
	for _, unit := range who.units {
		if holds(s.Units, unit) {
			g.units = append(g.units, unit)
		}
	}
	for _, code := range who.purposes {
		g.purposes = append(g.purposes, access.PurposeCodes[code])
	}
	if len(g.units) == 1 {
		g.unit = g.units[0]
	} else if slices.Contains(g.units, s.Unit) {
		g.unit = s.Unit
	}
	preset := access.PurposeCodes[s.Purpose]
	switch {
	case !g.limited || slices.Contains(g.purposes, preset):
		g.purpose = preset
	case len(g.purposes) == 1:
		g.purpose = g.purposes[0]
	}
	return g
}
