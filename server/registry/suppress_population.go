package registry

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/painscore/painscore/server/store"
)

// Person stands for one episode of a patient in a population: eight bytes of a
// hash of the patient's opaque key, and eight of a hash of the episode and of
// what is known of it. A ledger of reports so holds no key of the database, and
// a patient of whom more is known than at an earlier report is a difference to
// it: the same report asked for again the day after a form came in would tell
// what is in that form.
type Person [store.ToldMember]byte

// Population is the episodes that a group of a report is about, sorted. Two
// that differ are told apart by the patients that they do not share, also where
// one of a patient's two episodes makes the difference.
type Population []Person

// personOf hashes everything that a figure can rest on and that changes: the
// versions of the episode and its forms, whether the 12-month form is due by
// now, and what became of the answers.
func personOf(c *Case, followUpDue bool) Person {
	h := sha256.New()
	fmt.Fprintf(h, "painscore episode 2\x00%s\x00%s\x00%d\x00%t\x00", c.Episode.CareUnit, c.Episode.EpisodeID, c.Episode.Version, followUpDue)
	for i := range c.Forms {
		f := &c.Forms[i]
		fmt.Fprintf(h, "%d %d\x00", f.ChangeSeq, f.RescoredSeq)
	}
	if c.Feedback != nil {
		fmt.Fprintf(h, "%t %t", c.Feedback.Offered, c.Feedback.Given)
	}
	patient := store.ToldPatient(c.Episode.PatientKey)
	return Person(h.Sum(patient[:])[:store.ToldMember])
}

// Bytes is the population as store.Told keeps it.
func (p Population) Bytes() []byte {
	out := make([]byte, 0, len(p)*store.ToldMember)
	for i := range p {
		out = append(out, p[i][:]...)
	}
	return out
}

// PopulationOf reads Bytes back.
func PopulationOf(members []byte) Population {
	out := make(Population, 0, len(members)/store.ToldMember)
	for m := range slices.Chunk(members, store.ToldMember) {
		out = append(out, Person(m))
	}
	return out
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
// about lies too close to one that the same reader has been told about, or if
// what the reader knows of parts of one, old or new, leaves too few of it: every
// unit but a small one, asked for one by one, and then all of them. Sums are
// looked at whole: of populations that overlap, a reader could not always take
// the sum off the total, and is refused all the same. What is told by taking
// differences of differences is not looked for.
func Refuse(asked, earlier []Population, threshold int) error {
	threshold = max(threshold, DefaultThreshold)
	for _, p := range asked {
		for _, q := range earlier {
			if tooClose(p, q, threshold) {
				return ErrTooClose
			}
		}
	}
	all := slices.Concat(asked, earlier)
	for i, p := range all {
		old, isOld := parts(p, earlier), i >= len(asked)
		now := old.union(parts(p, asked))
		if len(now) > 0 && tooClose(p, now, threshold) && !(isOld && len(now) == len(old)) {
			return ErrTooClose
		}
	}
	return nil
}

// parts is the sum of those populations that are a part of another.
func parts(of Population, list []Population) Population {
	var sum Population
	for _, p := range list {
		if len(p) < len(of) && p.within(of) {
			sum = append(sum, p...)
		}
	}
	return sum.union(nil)
}

// within reports whether all of a population is in another.
func (p Population) within(q Population) bool {
	for i := range p {
		at, found := slices.BinarySearchFunc(q, p[i], comparePersons)
		if !found {
			return false
		}
		q = q[at:]
	}
	return true
}
