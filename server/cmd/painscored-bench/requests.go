package main

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"time"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// benchUnits is how many care units the made-up episodes belong to. It is one
// where a certificate names the caller: a call acts for one unit, and who has one
// only need not say which.
var benchUnits = 8

// identitySystem issues the made-up patients' numbers.
const identitySystem = "https://painscore.example/bench"

func unitName(episode int) string    { return fmt.Sprintf("SE2321000016-B%03d", episode%benchUnits) }
func episodeName(episode int) string { return fmt.Sprintf("episode-%09d", episode) }
func patientName(episode int) string { return fmt.Sprintf("patient-%09d", episode) }

// hads is a HADS of an episode as a clinic's system sends it: 14 answers, and
// every name as long as every other's, so that it can serve as a template.
func hads(episode int) *pb.SubmitRequest {
	request := &pb.SubmitRequest{
		SubmissionId: "00000000-0000-7000-8000-000000000000",
		Patient:      &pb.PatientIdentifier{System: identitySystem, Value: patientName(episode)},
		CareUnit:     unitName(episode), EpisodeId: episodeName(episode),
		Occasion: pb.Occasion_OCCASION_BASELINE, Instrument: "hads", AnsweredOn: "2025-06-15",
		Respondent: pb.Respondent_RESPONDENT_PATIENT, Mode: pb.Mode_MODE_DIGITAL, LanguageCode: "sv",
		Source: &pb.SubmissionSource{System: "1177", DocumentId: "d-000000000", Template: "smartrehab", Version: "3"},
	}
	for item := range 14 {
		request.Answers = append(request.Answers, &pb.Answer{Item: strconv.Itoa(item + 1), Response: &pb.Answer_Value{Value: 1}})
	}
	return request
}

// submits makes Submit requests in wire form by writing into a template where
// two requests differ: no message is built while the clock runs.
//
// The n-th request is for episode first + n mod episodes, which exists already, and for
// the next of that episode's further occasions, so that each takes a new slot.
type submits struct {
	first    int // the first of its episodes
	episodes int
	next     atomic.Int64
	template []byte
	at       places
}

// places are offsets into the template.
type places struct{ id, patient, unit, episode, label, document, answers int }

// furtherHADS is a HADS of an occasion beside the usual ones, of which an
// episode can have any number.
func furtherHADS() *pb.SubmitRequest {
	request := hads(0)
	request.Occasion, request.OccasionLabel = pb.Occasion_OCCASION_OTHER, "week 000000"
	return request
}

func newSubmits(request *pb.SubmitRequest, episodes int) *submits {
	s := &submits{episodes: episodes, template: mustMarshal(request)}
	find := func(text string) int { return bytes.Index(s.template, []byte(text)) }
	s.at = places{
		id: find(request.SubmissionId), patient: find(request.Patient.Value), unit: find(request.CareUnit), episode: find(request.EpisodeId),
		label: find(request.OccasionLabel), document: find(request.Source.DocumentId), answers: find(answerOfItem1),
	}
	return s
}

// answerOfItem1 is the answer 1 to item "1" in wire form: item is field 1, value
// field 2 (zigzag), and the whole is field 9 of the request.
const answerOfItem1 = "\x4a\x05\x0a\x011\x10\x02"

// writer makes requests one after the other in a buffer of its own. It belongs
// to one worker, which sends a request before it asks for the next.
type writer struct {
	from   *submits
	buffer []byte
	random *rand.Rand
}

func (s *submits) writer(random *rand.Rand) *writer {
	return &writer{from: s, buffer: bytes.Clone(s.template), random: random}
}

// request returns the next request, good until the next call.
func (w *writer) request() []byte {
	n := int(w.from.next.Add(1) - 1)
	return w.at(w.from.first+n%w.from.episodes, n/w.from.episodes, n)
}

// at is the n-th request, for an episode's occasion of a week.
func (w *writer) at(episode, week, n int) []byte {
	at, b := w.from.at, w.buffer
	uuid7(b[at.id:], time.Now(), w.random)
	digits(b[at.patient+len("patient-"):], 9, episode)
	digits(b[at.unit+len("SE2321000016-B"):], 3, episode%benchUnits)
	digits(b[at.episode+len("episode-"):], 9, episode)
	digits(b[at.label+len("week "):], 6, week)
	digits(b[at.document+len("d-"):], 9, n)
	w.answers(b[at.answers:])
	return b
}

// answers writes 14 random answers from 0 to 3. Items 1 to 9 take seven bytes
// each, 10 to 14 eight, the value last.
func (w *writer) answers(b []byte) {
	bits := w.random.Uint64()
	at := 0
	for item := range 14 {
		if at += 7; item >= 9 {
			at++
		}
		b[at-1] = byte(bits&3) << 1 // zigzag of a small number is its double
		bits >>= 2
	}
}

// digits writes n with leading zeros.
func digits(b []byte, width, n int) {
	for i := width - 1; i >= 0; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
}

// uuid7 writes a UUIDv7 (RFC 9562) of a moment to the millisecond: ids rise
// with time, as those of a real caller do.
func uuid7(b []byte, now time.Time, random *rand.Rand) {
	var id [16]byte
	binary.BigEndian.PutUint64(id[:], uint64(now.UnixMilli())<<16|random.Uint64()&0x0fff)
	binary.BigEndian.PutUint64(id[8:], random.Uint64()>>2)
	id[6] = id[6]&0x0f | 0x70
	id[8] |= 0x80
	hex.Encode(b[0:8], id[0:4])
	hex.Encode(b[9:13], id[4:6])
	hex.Encode(b[14:18], id[6:8])
	hex.Encode(b[19:23], id[8:10])
	hex.Encode(b[24:36], id[10:16])
}
