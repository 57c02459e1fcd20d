package main

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// correction is an AmendSubmission and what became of it.
type correction struct {
	request      *pb.AmendSubmissionRequest
	began, ended time.Time
	result       *pb.Submission // what was acknowledged, nil if nothing was
}

// amend corrects an acknowledged form: the same instrument, other answers.
func (j *journal) amend(ctx context.Context) (alive bool) {
	a := j.attempts[j.random.IntN(len(j.attempts))]
	i := j.random.IntN(len(a.request.Forms))
	if len(a.request.Forms[i].Answers) < 5 {
		return true // a new sheet could be the old one by chance
	}
	now := a.current(i)
	c := &correction{began: time.Now(), request: &pb.AmendSubmissionRequest{
		CareUnit: now.CareUnit, SubmissionId: now.SubmissionId, Version: now.Version, Reason: "misread",
		Sheet: j.anew(a.request.Forms[i].Instrument),
	}}
	a.corrections = append(a.corrections, c)
	reply, err := j.client.Submissions().AmendSubmission(ctx, c.request)
	c.ended = time.Now()
	if err != nil {
		return j.died("an amendment", err)
	}
	if c.result = reply.Submission; reply.Replayed || c.result.Version != now.Version+1 {
		j.verdict.violate("%s: an amendment of version %d gave version %d, replayed: %v", j.book.episode, now.Version, c.result.Version, reply.Replayed)
	}
	j.verdict.count("amendments acknowledged", 1)
	return true
}

// anew is another sheet of an instrument.
func (j *journal) anew(instrument string) *pb.Sheet {
	for i, in := range j.forms.instruments {
		if in.ID() == instrument {
			form := j.forms.fill(i, j.random)
			return &pb.Sheet{Instrument: instrument, Answers: form.Answers, ValueSets: form.ValueSets}
		}
	}
	panic("an instrument that was filled in is one of the forms")
}

// current is the newest version of a form that was acknowledged.
func (a *attempt) current(i int) *pb.Submission {
	now := a.stored[i]
	for _, c := range a.corrections {
		if c.result != nil && c.request.SubmissionId == now.SubmissionId {
			now = c.result
		}
	}
	return now
}

// currents are the newest versions of all forms of a call.
func (a *attempt) currents() []*pb.Submission {
	var all []*pb.Submission
	for i := range a.stored {
		all = append(all, a.current(i))
	}
	return all
}

// answers are those of the newest version of a form.
func (a *attempt) answers(i int) *pb.Form {
	form := a.request.Forms[i]
	for _, c := range a.corrections {
		if c.result != nil && c.request.SubmissionId == form.SubmissionId {
			form = &pb.Form{SubmissionId: form.SubmissionId, Instrument: form.Instrument, Answers: c.request.Sheet.Answers, ValueSets: c.request.Sheet.ValueSets}
		}
	}
	return form
}

// settleAmendment sends again the amendment that got no answer, if there is
// one: it was carried out as a whole or not at all, and the second answer must
// say which.
func (j *journal) settleAmendment(ctx context.Context, a *attempt, found map[string]*pb.Submission) {
	for _, c := range a.corrections {
		if c.result != nil {
			continue
		}
		there := found[c.request.SubmissionId]
		done := there.GetVersion() == c.request.Version+1
		reply, err := j.client.Submissions().AmendSubmission(ctx, c.request)
		if err != nil {
			j.verdict.violate("%s: an amendment without an answer, sent again, is refused: %v", j.book.episode, err)
			return
		}
		if reply.Replayed != done || done && !proto.Equal(reply.Submission, there) {
			j.verdict.violate("%s: an amendment was carried out: %v, but sent again it is answered as replayed: %v, or otherwise than stored", j.book.episode, done, reply.Replayed)
		}
		if done {
			j.verdict.count("amendments without an answer, carried out", 1)
		} else {
			j.verdict.count("amendments without an answer, not carried out", 1)
			// What is compared next is the state before this call.
			if previous := a.versionBefore(c); previous != nil && !proto.Equal(previous, there) {
				j.verdict.violate("%s: an amendment that was not carried out left something else than the version before", j.book.episode)
			}
		}
		c.result, c.ended = reply.Submission, time.Now()
		found[c.request.SubmissionId] = reply.Submission
	}
}

// versionBefore is the acknowledged version that a correction starts from.
func (a *attempt) versionBefore(c *correction) *pb.Submission {
	for i, s := range a.stored {
		if s.SubmissionId == c.request.SubmissionId {
			return a.current(i)
		}
	}
	return nil
}
