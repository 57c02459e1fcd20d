package identity

import (
	"bytes"
	"cmp"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The purposes of keys, as the key file calls them.
const (
	purposeSeal      = "seal"      // seals identifiers
	purposeLookup    = "lookup"    // hashes identifiers, so that people are found
	purposeMark      = "mark"      // hashes names of erased submissions, once that is not the look-up key
	purposePseudonym = "pseudonym" // makes pseudonyms for exports
	purposeLog       = "log"       // chains the access log
)

// The states of keys. A key of the log has the month instead, such as 2026-11,
// from which on it holds.
const (
	stateCurrent = "current"
	stateOpens   = "opens" // seals no more and opens what it sealed
	monthLayout  = "2006-01"
)

// keySize is the length of every key in bytes.
const keySize = 32

// key is one line of a key file.
type key struct {
	purpose, id, state string
	secret             []byte
}

// newKey makes a key from nothing but chance.
func newKey(purpose, state string) key {
	secret := make([]byte, keySize)
	rand.Read(secret) // never fails: the program ends instead
	return key{purpose, strings.ToLower(rand.Text()[:8]), state, secret}
}

// isSame says whether both are one key, in whatever state.
func (k key) isSame(other key) bool {
	return k.purpose == other.purpose && k.id == other.id && bytes.Equal(k.secret, other.secret) &&
		(k.purpose != purposeLog || k.state == other.state)
}

// line is the key as the file has it, with its end.
func (k key) line() string {
	return k.purpose + " " + k.id + " " + k.state + " " + base64.StdEncoding.EncodeToString(k.secret) + "\n"
}

// String and GoString do not reveal the key.
func (k key) String() string   { return "the " + k.purpose + " key " + k.id }
func (k key) GoString() string { return k.String() }

// parseKey reads one line: purpose, id, state, key in base64. Its errors go on
// after the line's number and never show what stands there.
func parseKey(line string) (key, error) {
	fields := strings.Split(line, " ")
	if len(fields) != 4 || fields[1] == "" {
		return key{}, errors.New("is not purpose, id, state and key")
	}
	secret, err := base64.StdEncoding.Strict().DecodeString(fields[3])
	if err != nil || len(secret) != keySize {
		return key{}, fmt.Errorf("does not hold a key of %d bytes", keySize)
	}
	return key{fields[0], fields[1], fields[2], secret}, nil
}

// newRing is an empty ring, to which keys are added before anybody has it.
func newRing() *ring { return &ring{seals: map[string]cipher.AEAD{}} }

// add puts a key into the ring. It refuses what does not fit beside the others.
func (r *ring) add(k key) error {
	if slices.ContainsFunc(r.lines, func(have key) bool { return have.purpose == k.purpose && have.id == k.id }) {
		return errors.New("repeats a key id")
	}
	single := map[string]*[]byte{purposeLookup: &r.lookup, purposeMark: &r.mark, purposePseudonym: &r.pseudonym}[k.purpose]
	month, notMonth := time.Parse(monthLayout, k.state)
	switch {
	case single != nil && k.state == stateCurrent && *single == nil:
		*single = k.secret
	case k.purpose == purposeLog && notMonth == nil && month.Format(monthLayout) == k.state && !r.hasLogKeyFrom(k.state):
		r.log = append(r.log, k)
		slices.SortFunc(r.log, func(a, b key) int { return cmp.Compare(a.state, b.state) })
	case k.purpose == purposeSeal && (k.state == stateOpens || k.state == stateCurrent && r.sealing == ""):
		seal, err := newSeal(k.secret)
		if err != nil {
			return err
		}
		r.seals[k.id] = seal
		if k.state == stateCurrent {
			r.sealing = k.id
		}
	default:
		return errors.New("has an unknown or repeated purpose and state")
	}
	r.lines = append(r.lines, k)
	return nil
}

func (r *ring) hasLogKeyFrom(month string) bool {
	return slices.ContainsFunc(r.log, func(k key) bool { return k.state == month })
}

// KeyInfo is what may be told of a key.
type KeyInfo struct {
	Purpose string // seal, lookup, mark, pseudonym or log
	ID      string
	State   string // current; opens: an earlier sealing key; of a log key the month from which on it holds
}

// List tells which keys there are, and nothing that could be used.
func (k *Keyring) List() []KeyInfo {
	var list []KeyInfo
	for _, key := range k.ring.Load().lines {
		list = append(list, KeyInfo{key.purpose, key.id, key.state})
	}
	return list
}

// Missing names the purposes that a server needs a key for and has none. The
// key of Mark is never missing: without one of its own it is the look-up key.
func (k *Keyring) Missing() []string {
	var missing []string
	if keys := k.ring.Load(); keys.pseudonym == nil {
		missing = append(missing, purposePseudonym)
	}
	if len(k.ring.Load().log) == 0 {
		missing = append(missing, purposeLog)
	}
	return missing
}

// NewLine makes a key and returns it as a line of a key file, for keys that are
// kept by something else than a file. on is the day.
func NewLine(purpose string, on time.Time) (string, error) {
	switch purpose {
	case purposeSeal, purposeLookup, purposePseudonym:
		return newKey(purpose, stateCurrent).line(), nil
	case purposeLog:
		return newKey(purpose, on.UTC().Format(monthLayout)).line(), nil
	case purposeMark:
		return "", errors.New("identity: the mark key is never new: it is the look-up key that the database had first, and with another one those who were erased could come back")
	}
	return "", errors.New("identity: the purposes are seal, lookup, pseudonym and log")
}
