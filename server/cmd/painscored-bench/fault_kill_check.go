package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// book is what an episode must hold, for good.
type book struct {
	unit, episode string
	forms         map[string]kept // by submission id
}

// kept is an acknowledged form: enough to know it again.
type kept [sha256.Size]byte

func fingerprint(s *pb.Submission) kept {
	body, err := proto.MarshalOptions{Deterministic: true}.Marshal(s)
	if err != nil {
		panic(err) // it came over the wire
	}
	return sha256.Sum256(body)
}

// check holds the server, started again, to what the clients saw.
func (k *killer) check(ctx context.Context, round int, journals []*journal) error {
	clients, err := k.dial(killClients)
	if err != nil {
		return err
	}
	defer func() {
		for _, c := range clients {
			c.Close()
		}
	}()
	failed := make([]error, len(journals))
	var done sync.WaitGroup
	for i, j := range journals {
		j.client = clients[i]
		done.Go(func() { failed[i] = j.check(ctx) })
	}
	done.Wait()
	if err := errors.Join(failed...); err != nil {
		return err
	}
	if err := k.checkOrder(ctx, clients[0], journals); err != nil {
		return err
	}
	sampled := []*book{}
	if len(k.books) > 0 {
		for range 4 { // what is older must not have suffered; all of it is read at the end
			sampled = append(sampled, k.books[k.random.IntN(len(k.books))])
		}
	}
	if err := k.checkBooks(ctx, sampled); err != nil {
		return err
	}
	for _, j := range journals {
		if len(j.book.forms) > 0 {
			k.books = append(k.books, j.book)
		}
	}
	return nil
}

func (k *killer) dial(n int) ([]*client.Client, error) {
	clients := make([]*client.Client, n)
	for i := range clients {
		c, err := k.server.dialClient()
		if err != nil {
			return nil, err
		}
		clients[i] = c
	}
	return clients, nil
}

// check compares one episode with what its client did to it, settles what was
// in doubt, and writes down what the episode must hold from now on.
func (j *journal) check(ctx context.Context) error {
	found, err := j.found(ctx)
	if err != nil {
		return err
	}
	for _, a := range j.attempts {
		j.settleAmendment(ctx, a, found)
		there := []*pb.Submission{}
		for _, form := range a.request.Forms {
			if s := found[form.SubmissionId]; s != nil {
				there = append(there, s)
			}
		}
		if a.stored == nil {
			if err := j.settle(ctx, a, there); err != nil {
				return err
			}
		} else if want := a.currents(); !equalForms(there, want) {
			j.verdict.violate("%s: %d of the %d forms of an acknowledged call are there as they were acknowledged", j.book.episode, unchanged(there, want), len(want))
		} else {
			j.verdict.count("acknowledged forms, found as they were acknowledged", len(there))
		}
		for i, s := range a.currents() {
			j.book.forms[s.SubmissionId] = fingerprint(s)
			if err := j.right(ctx, a.answers(i), s); err != nil {
				return err
			}
		}
	}
	return nil
}

// found reads the episode. A form that stands in it twice, or that nobody sent,
// is a broken promise.
func (j *journal) found(ctx context.Context) (map[string]*pb.Submission, error) {
	sent := map[string]bool{}
	for _, a := range j.attempts {
		for _, form := range a.request.Forms {
			sent[form.SubmissionId] = true
		}
	}
	list, err := listEpisode(ctx, j.client, j.book.unit, j.book.episode)
	if err != nil && status.Code(err) != codes.NotFound { // its first form may not have arrived
		return nil, err
	}
	found := map[string]*pb.Submission{}
	for _, s := range list {
		if found[s.SubmissionId] != nil {
			j.verdict.violate("%s: a form is stored twice", j.book.episode)
		}
		if !sent[s.SubmissionId] {
			j.verdict.violate("%s: holds a form that was refused, or never sent", j.book.episode)
		}
		found[s.SubmissionId] = s
	}
	return found, nil
}

// settle sends again what got no answer. Until then it is stored as a whole or
// not at all, and the second answer must say which.
func (j *journal) settle(ctx context.Context, a *attempt, there []*pb.Submission) error {
	n := len(a.request.Forms)
	switch len(there) {
	case 0:
		j.verdict.count("calls without an answer, not stored", 1)
	case n:
		j.verdict.count("calls without an answer, stored as a whole", 1)
	default:
		j.verdict.violate("%s: %d forms of an envelope of %d are stored", j.book.episode, len(there), n)
	}
	stored, replayed, err := send(ctx, j.client, a.request)
	if err != nil {
		j.verdict.violate("%s: a call without an answer, sent again, is refused: %v", j.book.episode, err)
		return nil
	}
	if replayed != len(there) || len(there) > 0 && !equalForms(there, stored) {
		j.verdict.violate("%s: %d forms were there, but sent again %d are answered as replayed, or otherwise than stored", j.book.episode, len(there), replayed)
	}
	a.stored, a.ended = stored, time.Now() // no sooner was it known to be stored
	return nil
}

// right compares a stored form with what was sent, and its scores with those
// that the server now gives the same answers.
func (j *journal) right(ctx context.Context, form *pb.Form, s *pb.Submission) error {
	given := map[string]int32{}
	for _, answer := range s.Sheet.GetAnswers() {
		if v, ok := answer.Response.(*pb.Answer_Value); ok {
			given[answer.Item] = v.Value
		}
	}
	for _, answer := range form.Answers {
		if v, ok := given[answer.Item]; !ok || v != answer.GetValue() {
			j.verdict.violate("%s: an answer is not stored as it was sent", j.book.episode)
		}
	}
	if len(given) != len(form.Answers) {
		j.verdict.violate("%s: %d answers were sent and %d are stored", j.book.episode, len(form.Answers), len(given))
	}
	if j.random.IntN(10) > 0 { // scoring each one anew would take longer than everything else
		return nil
	}
	score, err := j.client.Scoring().Score(ctx, &pb.ScoreRequest{Instrument: form.Instrument, Version: s.ScoredSheet.GetVersion(), Answers: form.Answers, ValueSets: form.ValueSets})
	if err != nil {
		return err
	}
	if !proto.Equal(score.ScoredSheet, s.ScoredSheet) {
		j.verdict.violate("%s: stored scores are not those of the answers", j.book.episode)
	}
	j.verdict.count("stored scores computed again", 1)
	return nil
}

// checkBooks reads episodes that were settled before: they hold the same forms
// and no others.
func (k *killer) checkBooks(ctx context.Context, books []*book) error {
	if len(books) == 0 {
		return nil
	}
	clients, err := k.dial(1)
	if err != nil {
		return err
	}
	defer clients[0].Close()
	for _, b := range books {
		list, err := listEpisode(ctx, clients[0], b.unit, b.episode)
		if err != nil {
			return fmt.Errorf("%s: %w", b.episode, err)
		}
		right := 0
		for _, s := range list {
			if b.forms[s.SubmissionId] == fingerprint(s) {
				right++
			}
		}
		if right != len(b.forms) || len(list) != right {
			k.verdict.violate("%s: of %d forms settled in an earlier round %d are there unchanged, among %d", b.episode, len(b.forms), right, len(list))
		}
	}
	return nil
}

// unchanged counts the forms of b that a holds as they are.
func unchanged(a, b []*pb.Submission) int {
	n := 0
	for _, want := range b {
		if slices.ContainsFunc(a, func(s *pb.Submission) bool { return proto.Equal(s, want) }) {
			n++
		}
	}
	return n
}
