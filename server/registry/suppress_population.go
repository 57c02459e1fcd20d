package registry

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"maps"
	"slices"
)

// Person stands for one episode of a patient in a population: eight bytes of a
// hash of the patient's opaque key, and eight of the episode's. A ledger of
// reports so holds no key of the database.
type Person [16]byte

// Population is the episodes that a group of a report is about, sorted. Two
// that differ are told apart by the patients that they do not share, also where
// one of a patient's two episodes makes the difference.
type Population []Person

func personOf(patientKey, careUnit, episodeID string) Person {
	patient := sha256.Sum256([]byte("painscore patient 1\x00" + patientKey))
	episode := sha256.Sum256([]byte("painscore episode 1\x00" + careUnit + "\x00" + episodeID))
	return Person(append(patient[:8:8], episode[:8]...))
}

func (p Person) samePatient(q Person) bool { return bytes.Equal(p[:8], q[:8]) }

func comparePersons(a, b Person) int { return bytes.Compare(a[:], b[:]) }

func populationOf(set map[Person]struct{}) Population {
	return slices.SortedFunc(maps.Keys(set), comparePersons)
}

// patients counts the people, each once.
func (p Population) patients() int {
	n := 0
	for i := range p {
		if i == 0 || !p[i].samePatient(p[i-1]) {
			n++
		}
	}
	return n
}

// apart is what is in one of two populations only.
func (p Population) apart(q Population) Population {
	var out Population
	for len(p) > 0 && len(q) > 0 {
		switch c := comparePersons(p[0], q[0]); {
		case c == 0:
			p, q = p[1:], q[1:]
		case c < 0:
			out, p = append(out, p[0]), p[1:]
		default:
			out, q = append(out, q[0]), q[1:]
		}
	}
	return append(append(out, p...), q...)
}

// union is what is in either.
func (p Population) union(q Population) Population {
	out := slices.Concat(p, q)
	slices.SortFunc(out, comparePersons)
	return slices.Compact(out)
}

// ErrTooClose means that a report, laid beside another that the same reader
// has, would tell about a handful of people.
var ErrTooClose = errors.New("a report that was given before differs by too few patients: both together would tell about those")

// tooClose reports whether two populations differ, and by fewer patients than
// threshold.
func tooClose(p, q Population, threshold int) bool {
	n := p.apart(q).patients()
	return n > 0 && n < threshold
}

// Refuse returns ErrTooClose if one of the populations that a report would tell
// about lies too close to one that the same reader has been told about.
func Refuse(asked, earlier []Population, threshold int) error {
	threshold = max(threshold, DefaultThreshold)
	for _, p := range asked {
		for _, q := range earlier {
			if tooClose(p, q, threshold) {
				return ErrTooClose
			}
		}
	}
	return nil
}
