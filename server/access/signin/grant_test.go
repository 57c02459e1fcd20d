package signin

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/painscore/painscore/server/access"
)

func TestASystemAssertsOnlyWhatItMay(t *testing.T) {
	list := func(all ...string) []string { return all }
	integrator := []access.Role{access.Integrator}
	fixed := System{Name: "journal", Roles: list("integrator"), Units: list("unit-1", "unit-2"), User: "SE1-U", Unit: "unit-1", Purpose: "care"}
	free := System{Name: "journal", Roles: list("integrator"), Units: list("unit-1", "unit-2"), MayAssert: list("user", "unit", "purpose")}
	tests := []struct {
		name     string
		system   System
		asserted Assertions
		want     access.Caller
		why      Why
	}{
		{"nothing asserted: what is fixed", fixed, Assertions{}, access.Caller{User: "SE1-U", Unit: "unit-1", Purpose: access.Care}, ""},
		{"what is fixed, said again", fixed, Assertions{list("SE1-U"), list("unit-1"), list("care")}, access.Caller{User: "SE1-U", Unit: "unit-1", Purpose: access.Care}, ""},
		{"another user", fixed, Assertions{User: list("SE1-V")}, access.Caller{}, UserNotAllowed},
		{"another of its units", fixed, Assertions{Unit: list("unit-2")}, access.Caller{}, UnitNotAllowed},
		{"another purpose", fixed, Assertions{Purpose: list("quality")}, access.Caller{}, PurposeNotAllowed},
		{"a purpose that is none", fixed, Assertions{Purpose: list("Vård och behandling")}, access.Caller{}, PurposeUnknown},
		{"everything asserted", free, Assertions{list("SE1-V"), list("unit-2"), list("registry")}, access.Caller{User: "SE1-V", Unit: "unit-2", Purpose: access.Registry}, ""},
		{"nothing asserted and nothing fixed", free, Assertions{}, access.Caller{}, ""},
		{"a unit that is none of its", free, Assertions{Unit: list("unit-3")}, access.Caller{}, UnitNotIts},
		{"every unit at once", free, Assertions{Unit: list("*")}, access.Caller{}, AssertedText},
		{"two users", free, Assertions{User: list("a", "b")}, access.Caller{}, AssertedTwice},
		{"one user twice", free, Assertions{User: list("a", "a")}, access.Caller{}, AssertedTwice},
		{"two units", free, Assertions{Unit: list("unit-1", "unit-2")}, access.Caller{}, AssertedTwice},
		{"two purposes", free, Assertions{Purpose: list("care", "care")}, access.Caller{}, AssertedTwice},
		{"an empty user", free, Assertions{User: list("")}, access.Caller{}, AssertedText},
		{"a long user", free, Assertions{User: list(strings.Repeat("x", 65))}, access.Caller{}, AssertedText},
		{"a user of many bytes", free, Assertions{User: list(strings.Repeat("å", 64))}, access.Caller{User: strings.Repeat("å", 64)}, ""},
		{"a user with a control character", free, Assertions{User: list("a\x1fb")}, access.Caller{}, AssertedText},
		{"a user that is no text", free, Assertions{User: list("a\xff")}, access.Caller{}, AssertedText},
		{"a user with spaces around", free, Assertions{User: list(" a")}, access.Caller{}, AssertedText},
		{"an empty unit", free, Assertions{Unit: list("")}, access.Caller{}, AssertedText},
		{"an empty purpose", free, Assertions{Purpose: list("")}, access.Caller{}, PurposeUnknown},
		{"a system that is its own user", System{Name: "import", Roles: list("integrator"), Units: list("unit-1"), Purpose: "registry"}, Assertions{},
			access.Caller{System: "import", User: "import", Unit: "unit-1", Purpose: access.Registry}, ""},
		{"any unit, by name", System{Name: "import", Roles: list("integrator"), Units: list("*"), MayAssert: list("unit")}, Assertions{Unit: list("unit-77")},
			access.Caller{System: "import", User: "import", Unit: "unit-77"}, ""},
		{"any unit, without a name, is none", System{Name: "import", Roles: list("integrator"), Units: list("*"), MayAssert: list("unit")}, Assertions{},
			access.Caller{System: "import", User: "import"}, ""},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			got, refusal := grantOf(tc.system).caller(tc.asserted)
			if refusal != nil {
				if !errors.Is(refusal, ErrAssertion) || refusal.Why != tc.why {
					t.Errorf("refused with %v, want %q", refusal, tc.why)
				}
				return
			}
			if tc.why != "" {
				t.Fatalf("taken, want %q", tc.why)
			}
			want := tc.want
			want.Roles = integrator
			if want.System == "" {
				want.System = tc.system.Name
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("caller (-want +got):\n%s", diff)
			}
		})
	}
}

// TestARefusedAssertionLeavesNothingToUse: a caller half filled in would be one
// forgotten check away from being used.
func TestARefusedAssertionLeavesNothingToUse(t *testing.T) {
	caller, refusal := grantOf(System{Name: "journal", Roles: []string{"administrator"}}).caller(Assertions{Purpose: []string{"x"}})
	if refusal == nil || !cmp.Equal(caller, access.Caller{}) {
		t.Errorf("got %+v, %v", caller, refusal)
	}
}

func TestThePurposesAreNamedWhereTheyAreRefused(t *testing.T) {
	for code := range access.PurposeCodes {
		if !strings.Contains(string(PurposeUnknown), code) || !strings.Contains(purposeWords(), code) {
			t.Errorf("%s is not named", code)
		}
	}
}
