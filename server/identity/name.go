package identity

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf8"
	"unique"

	"golang.org/x/text/unicode/norm"
)

// Name is what a patient is called among people, as it is shown. It is no
// identifier: two people may have the same one. Like an Identifier it does not
// print itself. The zero value is none.
type Name struct{ text unique.Handle[string] }

// The errors of ParseName.
const (
	ErrNameEmpty       Error = "a name has at least one letter"
	ErrNameTooLong     Error = "a name has at most 200 characters"
	ErrNameUnprintable Error = "a name is text on one line, without characters that cannot be seen"
	ErrNameNumber      Error = "a name holds no number: an identifier belongs into the field patient"
)

const (
	maxName = 200 // runes, as all texts of the contract
	// manyDigits is how many digits make a number of what stands with a name:
	// the shortest spelling of a date of birth.
	manyDigits = 6
)

// ParseName takes a name as somebody wrote it: spaces at its ends go, several
// become one, and letters are composed (NFC), so that one name is one text
// whatever keyboard it came from.
func ParseName(text string) (Name, error) {
	if !utf8.ValidString(text) {
		return Name{}, ErrNameUnprintable
	}
	shown := norm.NFC.String(strings.Join(strings.Fields(text), " "))
	letters, digits := 0, 0
	for _, r := range shown {
		switch {
		case !unicode.IsPrint(r):
			return Name{}, ErrNameUnprintable
		case unicode.IsLetter(r):
			letters++
		case unicode.IsDigit(r):
			digits++
		}
	}
	switch {
	case utf8.RuneCountInString(shown) > maxName:
		return Name{}, ErrNameTooLong
	case digits >= manyDigits:
		return Name{}, ErrNameNumber
	case letters == 0:
		return Name{}, ErrNameEmpty
	}
	return Name{unique.Make(shown)}, nil
}

// IsZero says whether this is no name at all.
func (n Name) IsZero() bool { return n == Name{} }

// Reveal returns the name as it is shown. It goes into the replies and pages
// that are made for it, and must not be logged or put into an error.
func (n Name) Reveal() string {
	if n.IsZero() {
		return ""
	}
	return n.text.Value()
}

// folded is the name as it is compared: without regard to upper and lower case.
// By way of upper case, so that letters with two lower-case forms become one.
func (n Name) folded() string {
	return norm.NFC.String(strings.ToLower(strings.ToUpper(n.Reveal())))
}

// SealName encrypts a name for a patient, as Seal does an identifier. One does
// not open as the other.
func (k *Keyring) SealName(patientKey string, name Name) (sealed []byte, keyID string, err error) {
	if name.IsZero() || patientKey == "" {
		return nil, "", errors.New("identity: no name to seal, or for nobody")
	}
	keys := k.ring.Load()
	return keys.seals[keys.sealing].Seal(nil, nil, []byte(name.Reveal()), nameOf(patientKey)), keys.sealing, nil
}

// OpenName decrypts what SealName made. It gives ErrNotOpened, or an error that
// names the key that is missing.
func (k *Keyring) OpenName(patientKey string, sealed []byte, keyID string) (Name, error) {
	seal, ok := k.ring.Load().seals[keyID]
	if !ok {
		return Name{}, fmt.Errorf("identity: the key file has no sealing key %q", keyID)
	}
	text, err := seal.Open(nil, nil, sealed, nameOf(patientKey))
	if err != nil {
		return Name{}, ErrNotOpened
	}
	return Name{unique.Make(string(text))}, nil
}

// nameOf binds a sealed name to its patient.
func nameOf(patientKey string) []byte { return frame("painscore name 1", patientKey) }

// LookupName returns the hash by which those who bear a name are found: the same
// for every way to write it in upper and lower case. The zero name has none.
func (k *Keyring) LookupName(name Name) []byte {
	if name.IsZero() {
		return nil
	}
	return mac(k.ring.Load().lookup, "painscore name lookup 1", []byte(name.folded()))
}

func (n Name) redacted() string {
	if n.IsZero() {
		return "no name"
	}
	return "a name"
}

// String does not reveal the name.
func (n Name) String() string { return n.redacted() }

// GoString does not reveal the name.
func (n Name) GoString() string { return n.redacted() }

// LogValue does not reveal the name.
func (n Name) LogValue() slog.Value { return slog.StringValue(n.redacted()) }

// MarshalJSON does not reveal the name.
func (n Name) MarshalJSON() ([]byte, error) { return json.Marshal(n.redacted()) }

// MarshalText does not reveal the name.
func (n Name) MarshalText() ([]byte, error) { return []byte(n.redacted()), nil }
