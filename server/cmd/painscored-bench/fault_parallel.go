package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"

	"google.golang.org/protobuf/proto"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// crowd is how many clients do the same thing at the same moment.
const crowd = 32

var parallelFault = fault{
	name: "parallel", short: "many clients with one id, one slot, one new patient",
	long: `Let 32 clients, each over a connection of its own, send at the same moment:

  one form under one id           stored once, and all get the same reply
  32 forms for one slot           one stored, 31 told which one holds the slot
  32 contents under one id        one stored, 31 told that the id is taken
  32 forms of a new patient       all stored, in one episode that was created once`,
	run: runParallel,
}

// parallel is one round's surroundings.
type parallel struct {
	clients []*client.Client
	forms   *forms
	random  *rand.Rand
	verdict *verdict
	episode string
}

const parallelUnit = "SE2321000016-P001"

func runParallel(ctx context.Context, p *place, s size, v *verdict) error {
	store, err := p.newStorage(ctx)
	if err != nil {
		return err
	}
	server, err := p.serve(ctx, store)
	if err != nil {
		return err
	}
	fill, err := newForms()
	if err != nil {
		return err
	}
	run := &parallel{forms: fill, random: rand.New(rand.NewPCG(p.seed, 0)), verdict: v}
	for range crowd {
		c, err := server.dialClient()
		if err != nil {
			return err
		}
		defer c.Close()
		run.clients = append(run.clients, c)
	}
	for round := range s.of(10, 200) {
		run.episode = fmt.Sprintf("parallel-%d", round)
		for _, act := range []func(context.Context) error{run.oneID, run.oneSlot, run.oneIDManyContents, run.oneNewPatient} {
			if err := act(ctx); err != nil {
				return err
			}
		}
		v.count("rounds of 4 × 32 calls at once", 1)
	}
	return server.stop()
}

// answered is what one of the crowd got.
type answered struct {
	reply *pb.SubmitResponse
	err   error
}

// all sends requests at the same moment, one per client.
func (r *parallel) all(ctx context.Context, request func(i int) *pb.SubmitRequest) []answered {
	out, requests := make([]answered, crowd), make([]*pb.SubmitRequest, crowd)
	for i := range requests {
		requests[i] = request(i)
	}
	var done sync.WaitGroup
	start := make(chan struct{})
	for i := range out {
		done.Go(func() {
			<-start
			out[i].reply, out[i].err = r.clients[i].Submissions().Submit(ctx, requests[i])
		})
	}
	close(start)
	done.Wait()
	return out
}

// stored lists what the round's episode holds.
func (r *parallel) stored(ctx context.Context) ([]*pb.Submission, error) {
	return listEpisode(ctx, r.clients[0], parallelUnit, r.episode)
}

func (r *parallel) oneID(ctx context.Context) error {
	form := r.forms.fill(2, r.random)
	replies := r.all(ctx, func(int) *pb.SubmitRequest { return single(envelope(parallelUnit, r.episode, 1), form) })
	first, fresh := (*pb.SubmitResponse)(nil), 0
	for i, got := range replies {
		if got.err != nil {
			r.verdict.violate("one id, client %d: %v", i, got.err)
			continue
		}
		if !got.reply.Replayed {
			fresh++
		}
		got.reply.Replayed = false
		if first == nil {
			first = got.reply
		} else if !proto.Equal(first, got.reply) {
			r.verdict.violate("one id: two clients got different replies")
		}
	}
	if fresh != 1 {
		r.verdict.violate("one id: %d replies say that it was stored now, want 1", fresh)
	}
	found, err := r.stored(ctx)
	if err == nil && (len(found) != 1 || first == nil || !proto.Equal(found[0], first.Submission)) {
		r.verdict.violate("one id: %d forms are stored, want the one that was acknowledged", len(found))
	}
	return err
}

func (r *parallel) oneSlot(ctx context.Context) error {
	replies := r.all(ctx, func(int) *pb.SubmitRequest {
		return single(envelope(parallelUnit, r.episode, 2), r.forms.fill(2, r.random))
	})
	winner := ""
	for _, got := range replies {
		if got.err == nil {
			if winner != "" {
				r.verdict.violate("one slot: two forms were acknowledged")
			}
			winner = got.reply.Submission.SubmissionId
		}
	}
	for i, got := range replies {
		if got.err == nil {
			continue
		}
		if refused := asClientError(got.err); refused.Reason != "OCCASION_ALREADY_ANSWERED" || len(refused.Occupied) != 1 || refused.Occupied[0].SubmissionId != winner {
			r.verdict.violate("one slot, client %d: %v, want to be told of the holder", i, got.err)
		}
	}
	return r.expect(ctx, "one slot", 2, winner)
}

func (r *parallel) oneIDManyContents(ctx context.Context) error {
	id := newID(r.random)
	replies := r.all(ctx, func(i int) *pb.SubmitRequest {
		form := r.forms.fill(2, r.random)
		form.SubmissionId = id
		request := single(envelope(parallelUnit, r.episode, 3), form)
		request.Source.DocumentId = fmt.Sprint("content ", i) // part of the content, so that no two are alike
		return request
	})
	stored := 0
	for i, got := range replies {
		switch {
		case got.err == nil:
			stored++
		case asClientError(got.err).Reason != "SUBMISSION_ID_REUSED":
			r.verdict.violate("one id for many contents, client %d: %v", i, got.err)
		}
	}
	if stored != 1 {
		r.verdict.violate("one id for many contents: %d were acknowledged, want 1", stored)
	}
	return r.expect(ctx, "one id for many contents", 3, id)
}

func (r *parallel) oneNewPatient(ctx context.Context) error {
	r.episode += "-new"
	replies := r.all(ctx, func(i int) *pb.SubmitRequest {
		return single(envelope(parallelUnit, r.episode, i), r.forms.fill(2, r.random))
	})
	created := 0
	for i, got := range replies {
		if got.err != nil {
			r.verdict.violate("one new patient, client %d: %v", i, got.err)
		} else if got.reply.EpisodeCreated {
			created++
		}
	}
	if created != 1 {
		r.verdict.violate("one new patient: %d replies say that the episode was created, want 1", created)
	}
	found, err := r.stored(ctx)
	if err == nil && len(found) != crowd {
		r.verdict.violate("one new patient: %d forms are stored, want %d", len(found), crowd)
	}
	return err
}

// expect holds that the episode has so many forms, this one among them.
func (r *parallel) expect(ctx context.Context, what string, forms int, id string) error {
	found, err := r.stored(ctx)
	if err != nil {
		return err
	}
	there := false
	for _, s := range found {
		there = there || s.SubmissionId == id
	}
	if len(found) != forms || !there {
		r.verdict.violate("%s: the episode holds %d forms, want %d, the acknowledged one among them: %v", what, len(found), forms, there)
	}
	return nil
}
