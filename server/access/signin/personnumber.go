package signin

import (
	"strings"
	"time"

	"github.com/painscore/painscore/server/identity"
)

// holdsPersonNumber says whether a text that is to name a user has a
// personnummer or samordningsnummer in it, alone or as in 189001019802@example.org.
// Such a user is refused and not hashed: the access log names users in clear for
// five years, to the patients who ask for it too, who would learn the number of
// whoever treats them; and a hash of twelve digits can be guessed, and names
// nobody to those who read the log. Staff have an HSA-id for this.
//
// Twelve digits that begin with a date of birth are taken for one. Of ten, the
// check digit must fit too, as an employee's number may look like a date.
func holdsPersonNumber(text string) bool {
	digits := strings.FieldsFunc(text, func(r rune) bool { return (r < '0' || r > '9') && r != '-' && r != '+' })
	for _, run := range digits {
		run = strings.Trim(run, "-+")
		for _, system := range []string{identity.Personnummer, identity.Samordningsnummer} {
			_, odd, err := identity.Parse(system, run, time.Now())
			if err == nil && (len(odd) == 0 || len(run) >= len("YYYYMMDDNNNN")) {
				return true
			}
		}
	}
	return false
}
