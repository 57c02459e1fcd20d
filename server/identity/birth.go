package identity

import "time"

// BirthDate returns the date of birth that a Swedish number holds; ok is false
// for an identifier of another system.
func (id Identifier) BirthDate() (born time.Time, ok bool) {
	if id.IsZero() || !id.isSwedish() {
		return time.Time{}, false
	}
	digits := []byte(id.Reveal()[:8])
	if digits[6] >= '6' { // the day of a samordningsnummer is 60 higher
		digits[6] -= 6
	}
	born, err := time.Parse("20060102", string(digits))
	return born, err == nil
}
