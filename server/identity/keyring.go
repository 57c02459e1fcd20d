package identity

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"unique"
)

// Keyring holds the keys that stand between the database and the people in it,
// each for one purpose and independent of the others: one that seals names (and
// earlier ones that open what they sealed), one by which people are found, one
// for what an erasure leaves (Mark), one for pseudonyms, and those of the access
// log. Adopt brings in keys that were added since. It is safe for concurrent use.
type Keyring struct{ ring atomic.Pointer[ring] }

// ring is a set of keys as it was loaded. It is never changed.
type ring struct {
	lines     []key                  // all of them, as the file has them
	sealing   string                 // id of the key that seals
	seals     map[string]cipher.AEAD // by key id
	lookup    []byte
	mark      []byte // nil as long as it is the look-up key
	pseudonym []byte // nil if there is none yet
	log       []key  // by month
}

// ErrNotOpened: the sealed copy was made with another key, or for another
// patient, or is damaged. Which of them cannot be told.
var ErrNotOpened = errors.New("identity: the sealed identifier does not open with this key and patient")

// Seal encrypts an identifier for a patient: moved to another patient's row, it
// does not open. keyID names the key that Open will need.
func (k *Keyring) Seal(patientKey string, id Identifier) (sealed []byte, keyID string, err error) {
	if id.IsZero() || patientKey == "" {
		return nil, "", errors.New("identity: nothing to seal, or for nobody")
	}
	keys := k.ring.Load()
	return keys.seals[keys.sealing].Seal(nil, nil, frame(id.system, id.Reveal()), frame("painscore identity 1", patientKey)), keys.sealing, nil
}

// Open decrypts what Seal made. It gives ErrNotOpened, or an error that names
// the key that is missing.
func (k *Keyring) Open(patientKey string, sealed []byte, keyID string) (Identifier, error) {
	seal, ok := k.ring.Load().seals[keyID]
	if !ok {
		return Identifier{}, fmt.Errorf("identity: the key file has no sealing key %q", keyID)
	}
	text, err := seal.Open(nil, nil, sealed, frame("painscore identity 1", patientKey))
	if err != nil {
		return Identifier{}, ErrNotOpened
	}
	system, value, ok := unframe(text)
	if !ok {
		return Identifier{}, ErrNotOpened
	}
	return Identifier{system: system, value: unique.Make(value)}, nil
}

// Lookup returns the hash by which the person is found: always the same for one
// identifier, and of no use without the key. The zero identifier has none.
func (k *Keyring) Lookup(id Identifier) []byte {
	if id.IsZero() {
		return nil
	}
	return mac(k.ring.Load().lookup, "painscore lookup 1", frame(id.system, id.Reveal()))
}

// Mark is what an erasure leaves of a submission's name: a late retry makes the
// same one, and nobody without the key can tell which name it was made of. It
// stays the same for ever: marks outlive what they were made of, so that they
// cannot be made again with another key.
func (k *Keyring) Mark(careUnit, system, submissionID string) []byte {
	return mac(k.ring.Load().marking(), "painscore mark 1", frame(careUnit, string(frame(system, submissionID))))
}

// marking is the key of Mark. In a file from before the look-up key could be
// changed that is the look-up key itself.
func (r *ring) marking() []byte {
	if r.mark == nil {
		return r.lookup
	}
	return r.mark
}

// Fingerprint is a check value of the look-up key. A store keeps it to notice
// that it is opened with another key, with which it would find nobody. It
// reveals nothing about the key.
func (k *Keyring) Fingerprint() string {
	return hex.EncodeToString(mac(k.ring.Load().lookup, "painscore fingerprint 1", nil)[:16])
}

// MarkFingerprint is a check value of the key of Mark, with another one of
// which those who were erased could come back.
func (k *Keyring) MarkFingerprint() string {
	return hex.EncodeToString(mac(k.ring.Load().marking(), "painscore mark fingerprint 1", nil)[:16])
}

// SealsWith is the id of the key that seals.
func (k *Keyring) SealsWith() string { return k.ring.Load().sealing }

// Opens says whether there is a sealing key with this id, current or earlier.
func (k *Keyring) Opens(keyID string) bool {
	_, ok := k.ring.Load().seals[keyID]
	return ok
}

// Adopt takes the keys of a newer version of the same file in the place of
// these. Keys in use are never lost by it: a version that lacks or changes one
// is refused, and these stay.
func (k *Keyring) Adopt(newer *Keyring) error {
	old, now := k.ring.Load(), newer.ring.Load()
	if !bytes.Equal(old.marking(), now.marking()) { // a mark key may be added, if it is the one in use
		return errors.New("identity: the newer keys mark what is erased otherwise")
	}
	for _, have := range old.lines {
		if !slices.ContainsFunc(now.lines, have.isSame) {
			return fmt.Errorf("identity: the newer keys lack the %s key %s", have.purpose, have.id)
		}
	}
	k.ring.Store(now)
	return nil
}

// mac hashes with a key, for one purpose.
func mac(key []byte, purpose string, message []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(frame(purpose, string(message)))
	return h.Sum(nil)
}

// frame joins two texts so that no other two give the same bytes.
func frame(a, b string) []byte {
	framed := binary.BigEndian.AppendUint32(nil, uint32(len(a)))
	return append(append(framed, a...), b...)
}

func unframe(framed []byte) (a, b string, ok bool) {
	if len(framed) < 4 {
		return "", "", false
	}
	n := uint64(binary.BigEndian.Uint32(framed))
	if rest := framed[4:]; n <= uint64(len(rest)) {
		return string(rest[:n]), string(rest[n:]), true
	}
	return "", "", false
}

// newSeal makes what seals with a key.
func newSeal(secret []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	// The nonce is drawn at random and kept in front of the sealed text: good
	// for 2^32 identifiers under one key.
	return cipher.NewGCMWithRandomNonce(block)
}

// String does not reveal the keys.
func (k *Keyring) String() string { return "a keyring" }

// GoString does not reveal the keys.
func (k *Keyring) GoString() string { return "a keyring" }

// LogValue does not reveal the keys.
func (k *Keyring) LogValue() slog.Value { return slog.StringValue("a keyring") }
