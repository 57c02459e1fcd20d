package identity

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
	"unique"
)

// Error is why an identifier was not accepted. Its text can be shown to the
// caller: it never holds any part of what was sent.
type Error string

// Error returns the text.
func (e Error) Error() string { return string(e) }

// The errors of Parse.
const (
	ErrUnknownSystem  Error = "the system must be personnummer, samordningsnummer, reservnummer, or a URI or OID"
	ErrEmpty          Error = "the identifier is empty"
	ErrTooLong        Error = "the identifier or its system is too long"
	ErrUnprintable    Error = "the identifier or its system holds characters that cannot be printed"
	ErrShape          Error = "must be 12 digits, YYYYMMDDNNNN; YYYYMMDD-NNNN, YYMMDD-NNNN and YYMMDD+NNNN are understood"
	ErrImpossibleDate Error = "does not begin with a date on which somebody can have been born"
	ErrNotCoordinated Error = "has no day between 61 and 91, as a samordningsnummer must"
	ErrCoordinated    Error = "has a day above 60: send it as a samordningsnummer"
)

// Warning is something odd about an identifier that was accepted.
type Warning string

// CheckDigit: the last digit does not follow from the nine before it. Most
// often a number was mistyped, but such numbers are in use.
const CheckDigit Warning = "CHECK_DIGIT"

// Longest system and value, in bytes.
const (
	maxSystem = 256
	maxValue  = 128
)

// systems maps what the known systems are called to their short names. OIDs
// stand here as canonicalSystem writes them.
var systems = map[string]string{
	Personnummer:                  Personnummer,
	"urn:oid:1.2.752.129.2.1.3.1": Personnummer,
	"http://electronichealth.se/identifier/personnummer":  Personnummer,
	"https://electronichealth.se/identifier/personnummer": Personnummer,

	Samordningsnummer:             Samordningsnummer,
	"urn:oid:1.2.752.129.2.1.3.3": Samordningsnummer,
	"http://electronichealth.se/identifier/samordningsnummer":  Samordningsnummer,
	"https://electronichealth.se/identifier/samordningsnummer": Samordningsnummer,

	Reservnummer: Reservnummer,
}

// Parse brings an identifier into canonical form. on is the day of the call:
// a number without a century means the last such day before it, or with "+"
// the last one on which a person of a hundred can have been born.
func Parse(system, value string, on time.Time) (Identifier, []Warning, error) {
	system, value = strings.TrimSpace(system), strings.TrimSpace(value)
	switch {
	case value == "":
		return Identifier{}, nil, ErrEmpty
	case len(system) > maxSystem || len(value) > maxValue:
		return Identifier{}, nil, ErrTooLong
	case !printable(system) || !printable(value):
		return Identifier{}, nil, ErrUnprintable
	}
	system, err := canonicalSystem(system)
	if err != nil {
		return Identifier{}, nil, err
	}
	id := Identifier{system: system}
	if !id.isSwedish() {
		id.value = unique.Make(value)
		return id, nil, nil
	}
	digits, err := canonicalNumber(value, system == Samordningsnummer, on)
	if err != nil {
		return Identifier{}, nil, err
	}
	id.value = unique.Make(digits)
	if !checkDigitFits(digits) {
		return id, []Warning{CheckDigit}, nil
	}
	return id, nil, nil
}

func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// canonicalSystem gives a system one name: its short name if it has one, else
// its URI. A word that is neither is refused: as a system of its own, a
// misspelt "personnummer" would make a second person of the patient.
func canonicalSystem(system string) (string, error) {
	if isOID(system) {
		system = "urn:oid:" + system
	}
	if short, ok := systems[strings.ToLower(system)]; ok {
		return short, nil
	}
	scheme, rest, found := strings.Cut(system, ":")
	if !found || scheme == "" || rest == "" || strings.ContainsAny(system, " \u00a0") {
		return "", ErrUnknownSystem
	}
	scheme = strings.ToLower(scheme)
	if scheme == "urn" {
		// The namespace is as indifferent to case as the scheme (RFC 8141).
		namespace, name, _ := strings.Cut(rest, ":")
		rest = strings.ToLower(namespace) + ":" + name
	}
	return scheme + ":" + rest, nil
}

// isOID says whether a text is numbers separated by dots, such as 1.2.752.
func isOID(s string) bool {
	parts := strings.Split(s, ".")
	for _, part := range parts {
		if !isDigits(part) {
			return false
		}
	}
	return len(parts) > 1
}

func isDigits(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}
