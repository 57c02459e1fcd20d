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
	h := sha256.New()
	for _, part := range []string{
		"painscore submission 1", form.Instrument, form.RequestedVersion, string(scoring.AppendAnswers(nil, in, &answers)), strings.Join(sets, " "), form.AnsweredOn,
		form.Mode, form.LanguageCode, strconv.FormatBool(form.Assisted),
		form.Source.System, form.Source.DocumentID, form.Source.Template, form.Source.Version,
	} {
		var length [8]byte // framed, so that no two lists of parts read alike
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		h.Write(length[:])
		h.Write([]byte(part))
	}
	return h.Sum(nil)
}
