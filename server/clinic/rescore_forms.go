package clinic

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"slices"
	"strconv"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/store"
)

// episodesPerRead is how many episodes are read at a time: no read lasts so
// long that it keeps the log of the store from being folded in.
const episodesPerRead = 200

// rescoring scores stored forms by one definition, one after another, and
// digests what it made. Preview and apply share it, so that the second finds
// exactly what the first did or notices.
type rescoring struct {
	clinic   *Clinic
	target   *scoring.Instrument
	from, to string // period of answered_on, empty for no limit
	digest   hash.Hash

	answers scoring.Answers
	result  scoring.Result
	line    []byte
}

func (c *Clinic) newRescoring(target *scoring.Instrument, from, to string) *rescoring {
	r := &rescoring{clinic: c, target: target, from: from, to: to, digest: sha256.New()}
	r.frame("painscore rescore 1", target.ID(), target.DefinitionHash())
	return r
}

// episodes calls f with each episode's forms of the instrument, as of a change.
func (r *rescoring) episodes(ctx context.Context, careUnit string, asOf int64, f func([]store.Submission) error) error {
	for after := ""; ; {
		subs, next, err := r.clinic.store.InstrumentSubmissions(ctx, careUnit, r.target.ID(), after, episodesPerRead, asOf)
		if err != nil {
			return err
		}
		for len(subs) > 0 {
			n := slices.IndexFunc(subs, func(s store.Submission) bool { return s.EpisodeID != subs[0].EpisodeID })
			if n < 0 {
				n = len(subs)
			}
			if err := f(subs[:n]); err != nil {
				return err
			}
			subs = subs[n:]
		}
		if after = next; next == "" {
			return nil
		}
	}
}

// recordPatients grants the visit everybody with a form of the instrument in
// these care units, as far as the forms lie in the period.
func (r *rescoring) recordPatients(ctx context.Context, v *visit, units []string) error {
	if r.clinic.settings.AccessLog == nil {
		return nil
	}
	for _, unit := range units {
		concerned := owners{}
		err := r.episodes(ctx, unit, 0, func(subs []store.Submission) error {
			if !slices.ContainsFunc(subs, func(s store.Submission) bool { return r.inPeriod(&s) }) {
				return nil
			}
			return concerned.add(ctx, r.clinic.store, unit, subs[0].EpisodeID)
		})
		if err != nil {
			return err
		}
		if len(concerned) > 0 {
			v.patients(unit, concerned.keys()...)
		}
	}
	return nil
}

func (r *rescoring) inPeriod(sub *store.Submission) bool {
	return (r.from == "" || sub.AnsweredOn >= r.from) && (r.to == "" || sub.AnsweredOn <= r.to)
}

// upToDate is what score returns for a form that the target version scored.
var upToDate = &scoring.RecordError{}

// score scores a form into result, or says why not.
func (r *rescoring) score(sub *store.Submission) *scoring.RecordError {
	if sub.InstrumentVersion == r.target.Version() {
		return upToDate
	}
	if err := scoring.ParseAnswers(sub.Answers, r.target, &r.answers); err != nil {
		var why *scoring.RecordError
		if !errors.As(err, &why) {
			why = &scoring.RecordError{Reason: scoring.ReasonBadAnswer}
		}
		return why
	}
	r.target.Score(&r.answers, &r.result)
	r.line = scoring.AppendScores(r.line[:0], r.result.Scores)
	return nil
}

// scores are those of the form that was scored last, as the store keeps them.
func (r *rescoring) scores() string { return string(r.line) }

// addToDigest takes in a form that was scored: which it is, what its scores
// were made by, and what they are to be.
func (r *rescoring) addToDigest(sub *store.Submission) {
	r.frame(sub.CareUnit, sub.EpisodeID, string(sub.Occasion), sub.OccasionLabel, string(sub.Respondent), sub.System, sub.SubmissionID,
		strconv.FormatInt(sub.Version, 10), sub.InstrumentVersion, sub.RescorePlan)
	r.frameBytes(r.line)
}

func (r *rescoring) frame(parts ...string) {
	for _, part := range parts {
		r.frameBytes([]byte(part))
	}
}

// frameBytes writes a part with its length before it, so that no two lists of
// parts digest alike.
func (r *rescoring) frameBytes(part []byte) {
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(part)))
	r.digest.Write(length[:])
	r.digest.Write(part)
}
