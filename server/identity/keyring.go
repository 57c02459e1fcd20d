package identity

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"unique"
)

// Keyring holds the keys that stand between the database and the names of the
// people in it: one that sealed copies are made with (and earlier ones that
// they were made with), and another one for look-ups. They are independent, so
// that the sealing key can be changed without touching look-ups. It is safe for
// concurrent use.
type Keyring struct {
	sealing string                 // id of the key that seals
	seals   map[string]cipher.AEAD // by key id
	lookup  []byte
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
	return k.seals[k.sealing].Seal(nil, nil, frame(id.system, id.Reveal()), frame("painscore identity 1", patientKey)), k.sealing, nil
}

// Open decrypts what Seal made. It gives ErrNotOpened, or an error that names
// the key that is missing.
func (k *Keyring) Open(patientKey string, sealed []byte, keyID string) (Identifier, error) {
	seal, ok := k.seals[keyID]
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
	return k.mac("painscore lookup 1", frame(id.system, id.Reveal()))
}

// Mark is what an erasure leaves of a submission's name: a late retry makes the
// same one, and nobody without the key can tell which name it was made of.
func (k *Keyring) Mark(careUnit, system, submissionID string) []byte {
	return k.mac("painscore mark 1", frame(careUnit, string(frame(system, submissionID))))
}

// Fingerprint is a check value of the look-up key. A store keeps it to notice
// that it is opened with another key, with which it would find nobody. It
// reveals nothing about the key.
func (k *Keyring) Fingerprint() string {
	return hex.EncodeToString(k.mac("painscore fingerprint 1", nil)[:16])
}

// mac hashes with the look-up key, for one purpose.
func (k *Keyring) mac(purpose string, message []byte) []byte {
	h := hmac.New(sha256.New, k.lookup)
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

// add puts a sealing key into the ring.
func (k *Keyring) add(id string, key []byte) error {
	block, err := aes.NewCipher(key)
	if err != nil {
		return err
	}
	// The nonce is drawn at random and kept in front of the sealed text: good
	// for 2^32 identifiers under one key.
	seal, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return err
	}
	k.seals[id] = seal
	return nil
}

// String does not reveal the keys.
func (k *Keyring) String() string { return "a keyring" }

// GoString does not reveal the keys.
func (k *Keyring) GoString() string { return "a keyring" }

// LogValue does not reveal the keys.
func (k *Keyring) LogValue() slog.Value { return slog.StringValue("a keyring") }
