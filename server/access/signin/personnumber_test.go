package signin

import (
	"testing"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/access/signin/idptest"
)

func TestAPersonnummerNamesNoUser(t *testing.T) {
	for user, want := range map[string]bool{
		"189001019802": true, "18900101-9802": true, "900101+9802": true, "189001019802@region.example": true, "u-189001019802": true,
		"191212121212": true, "19121212-1212": true, "1212121212": true, "197001632391": true, // a samordningsnummer
		"190001011234":      true, // the check digit does not fit; such numbers are in use
		"1212121213":        false,
		"SE2321000016-1A2B": false, "SE232100-0016": false, "SE165565594230-1003": false, "165565594230": false, // an organisation's number
		"20990101-0101": false, "ebba": false, "": false, "--": false, "12": false, "1912121212121212": false,
	} {
		if holdsPersonNumber(user) != want {
			t.Errorf("%q: %v", user, !want)
		}
	}
}

func TestAUserWhoWouldStandInTheLogByNumberIsRefused(t *testing.T) {
	p := newPagesTest(t, func(_ *PagesConfig, issuer *idptest.Issuer) {
		issuer.People["Gun"] = map[string]any{"hsa": "189001019802", "units": []string{"unit-1"}, "roles": []string{"psykolog"}}
	})
	_, err := p.signIn(t, "Gun")
	wantWhy(t, err, access.ErrUnauthenticated, TokenPersonNumber)

	persons := &systems{[]System{{Name: "portal", Tokens: []TokenID{{ClientID: "portal", Persons: true}}}}}
	_, refusal := persons.ofClaims(claims{"client_id": "portal", "hsa": "18900101-9802"}, Mapping{User: []string{"hsa"}})
	wantWhy(t, refusal, access.ErrUnauthenticated, TokenPersonNumber)

	_, refusal = grantOf(System{Name: "journal", MayAssert: []string{"user"}}).caller(Assertions{User: []string{"189001019802"}})
	wantWhy(t, refusal, ErrAssertion, AssertedText)
}
