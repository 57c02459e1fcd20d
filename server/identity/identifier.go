// Package identity keeps what a patient is called apart from what is known
// about the patient.
//
// Parse brings an identifier into the one form in which it is compared, so that
// two systems that write the same number differently mean the same person. A
// Keyring then makes of it the two things that a database may hold: a look-up
// hash, by which the person is found again, and a sealed copy, which only the
// holder of the key file can read. Everything else in painscore refers to the
// patient by an opaque key (NewPatientKey).
//
// An Identifier does not print itself: formatted, logged or encoded, even as a
// field of something else, it gives the name of its system and no more. The
// one way to the value is Reveal.
package identity

import (
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"strings"
	"unicode"
	"unique"
)

// Short names of the systems that Parse knows.
const (
	Personnummer      = "personnummer"      // issued to everybody in the Swedish population register
	Samordningsnummer = "samordningsnummer" // issued to people who are not in it
	Reservnummer      = "reservnummer"      // made by a health-care provider for want of either
)

// Identifier is what a system calls a person, in canonical form. Two are equal
// (==) if they mean the same. The zero value is none.
type Identifier struct {
	system string
	// A handle, not a string: fmt prints the fields of a struct that it finds
	// inside another one without asking for the struct's String method, and of
	// a handle it prints an address.
	value unique.Handle[string]
}

// IsZero says whether this is no identifier at all.
func (id Identifier) IsZero() bool { return id == Identifier{} }

// System names what the value is unique in: a short name, or the URI of a
// system that has none.
func (id Identifier) System() string { return id.system }

// Reveal returns the canonical value: 12 digits for the Swedish numbers. What
// it returns must not be logged, nor put into an error, nor into any reply but
// the export that is made for the patient.
func (id Identifier) Reveal() string {
	if id.IsZero() {
		return ""
	}
	return id.value.Value()
}

// testNumber is the identity that Swedish care systems agree on for trying
// things out: Tolvan Tolvansson.
const testNumber = "191212121212"

// TestIdentities are all identifiers of which IsTestIdentity is true.
func TestIdentities() []Identifier {
	return []Identifier{{system: Personnummer, value: unique.Make(testNumber)}}
}

// IsTestIdentity says whether this is the agreed test person 191212121212.
func (id Identifier) IsTestIdentity() bool {
	return id.system == Personnummer && id.Reveal() == testNumber
}

// shortestTelling is how long a value must be for its appearance in a text to
// mean something: a reserve number "12" would be found everywhere.
const shortestTelling = 6

// FoundIn says whether a text contains the identifier in any of its spellings:
// with or without century and separator. Values of other systems than the
// Swedish numbers are looked for as they are, unless they are very short.
func (id Identifier) FoundIn(text string) bool {
	value := id.Reveal()
	if id.isSwedish() {
		return strings.Contains(strings.Map(withoutSeparators, text), value[len("19"):])
	}
	return len(value) >= shortestTelling && strings.Contains(strings.ToLower(text), strings.ToLower(value))
}

// withoutSeparators takes out what people put between the digits of a number:
// spaces of any kind, line breaks, dashes, points and the + of a centenarian.
func withoutSeparators(r rune) rune {
	if unicode.IsSpace(r) || unicode.IsPunct(r) || r == '+' || unicode.Is(unicode.Cf, r) {
		return -1
	}
	return r
}

func (id Identifier) isSwedish() bool {
	return id.system == Personnummer || id.system == Samordningsnummer
}

func (id Identifier) redacted() string {
	if id.IsZero() {
		return "no identifier"
	}
	return "an identifier in " + id.system
}

// String does not reveal the value.
func (id Identifier) String() string { return id.redacted() }

// GoString does not reveal the value.
func (id Identifier) GoString() string { return id.redacted() }

// LogValue does not reveal the value.
func (id Identifier) LogValue() slog.Value { return slog.StringValue(id.redacted()) }

// MarshalJSON does not reveal the value.
func (id Identifier) MarshalJSON() ([]byte, error) { return json.Marshal(id.redacted()) }

// MarshalText does not reveal the value.
func (id Identifier) MarshalText() ([]byte, error) { return []byte(id.redacted()), nil }

// NewPatientKey makes an opaque key for a person: 26 random characters, which
// say nothing about the person, not even when the person was first heard of.
func NewPatientKey() (string, error) { return rand.Text(), nil }
