package clinic

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/store"
)

// digest identifies the content that a submission id stands for. It covers
// the normalised sheet: answers by code in the definition's order, however
// they were sent, and the version and value sets as requested. The slot and
// the patient are compared by the store, apart from the digest, so that it
// holds nothing from which an identifier could be guessed.
//
// Value sets that the site has configured are no part of it: a retry stays a
// retry when the configuration has changed in between. (They do count in an
// amendment that leaves the sheet alone: which were asked for is not kept, and
// such digests are compared with those of the same amendment only.)
func digest(form *store.Submission, in *scoring.Instrument, answers scoring.Answers, valueSets []string) []byte {
	sets := slices.Sorted(slices.Values(valueSets))
	answers.ValueSets = nil
	var room [1024]byte // most forms fit
	framed := room[:0]
	for _, part := range [...]string{"painscore submission 1", form.Instrument, form.RequestedVersion} {
		framed = appendFramed(framed, part)
	}
	at := len(framed)
	framed = scoring.AppendAnswers(append(framed, make([]byte, 8)...), in, &answers)
	binary.BigEndian.PutUint64(framed[at:], uint64(len(framed)-at-8))
	for _, part := range [...]string{
		strings.Join(sets, " "), form.AnsweredOn, form.Mode, form.LanguageCode, strconv.FormatBool(form.Assisted),
		form.Source.System, form.Source.DocumentID, form.Source.Template, form.Source.Version,
	} {
		framed = appendFramed(framed, part)
	}
	sum := sha256.Sum256(framed)
	return sum[:]
}

// appendFramed puts a part behind its length, so that no two lists of parts read
// alike.
func appendFramed(to []byte, part string) []byte {
	return append(binary.BigEndian.AppendUint64(to, uint64(len(part))), part...)
}
