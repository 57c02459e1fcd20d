package identity

import (
	"encoding/base32"
	"encoding/hex"
	"strings"
)

// Pseudonym is what a patient is called in everything that a recipient gets:
// always the same, from year to year and from episode to episode, and another
// one for each recipient, so that two of them cannot lay their data together.
// Nobody without the key can tell whose it is. It is 26 letters and digits, and
// a recipient is whatever text the exports name it by.
//
// patientKey is the patient's own key. Where two patients turned out to be one,
// the given-up key has a pseudonym too, under which a recipient may know that
// person from before: store.Links' PatientKeys names all of them.
//
// The key behind it is never changed, since that would make strangers of
// everybody whom a recipient knows. Without one Pseudonym panics: a server makes
// sure at its start that it has one (Missing).
func (k *Keyring) Pseudonym(recipient, patientKey string) string {
	return k.pseudonym("painscore pseudonym 1", frame(recipient, patientKey))
}

// EpisodePseudonym is what an episode of care is called in everything that a
// recipient gets. It says nothing of the unit, and holds when the patient is
// merged with another. It panics as Pseudonym does.
func (k *Keyring) EpisodePseudonym(recipient, careUnit, episodeID string) string {
	return k.pseudonym("painscore episode pseudonym 1", frame(recipient, string(frame(careUnit, episodeID))))
}

func (k *Keyring) pseudonym(purpose string, of []byte) string {
	secret := k.ring.Load().pseudonym
	if secret == nil {
		// What a hash without a key gives, anybody could compute.
		panic("identity: a pseudonym without a key")
	}
	// 16 bytes: 130 bits of text, and two of a million people share one with a
	// chance of 10^-27.
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(mac(secret, purpose, of)[:16]))
}

// PseudonymFingerprint is a check value of the pseudonym key, empty if there is
// none.
func (k *Keyring) PseudonymFingerprint() string {
	if k.ring.Load().pseudonym == nil {
		return ""
	}
	return k.pseudonym("painscore pseudonym fingerprint 1", nil)
}

// LogKey is the key that chains the access log of a month, such as "2026-11":
// the newest one that holds from that month or an earlier one. What is older
// than every key belongs to the first. Nil without any.
func (k *Keyring) LogKey(month string) []byte {
	keys := k.ring.Load().log
	if len(keys) == 0 {
		return nil
	}
	holds := keys[0]
	for _, key := range keys[1:] {
		if key.state <= month {
			holds = key
		}
	}
	return append([]byte(nil), holds.secret...)
}

// LogFingerprint is a check value of the first key of the log, to which others
// are only added; empty without any.
func (k *Keyring) LogFingerprint() string {
	keys := k.ring.Load().log
	if len(keys) == 0 {
		return ""
	}
	return hex.EncodeToString(mac(keys[0].secret, "painscore log fingerprint 1", nil)[:16])
}
