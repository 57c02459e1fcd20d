package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

var killFault = fault{
	name: "kill", short: "kill -9 at random moments under load; nothing acknowledged is lost or doubled",
	long: `Kill painscored with SIGKILL at random moments while clients submit forms and
envelopes of forms, amend and repeat some, and send some that must be refused. Start it again on
the same data and hold it to this:

  what was acknowledged is there once, exactly as it was acknowledged
  what was sent without an answer is there as a whole, with right scores, or not at all;
  sent again, it is answered accordingly
  nothing else is there, and what was acknowledged in earlier rounds still is
  a change that was acknowledged before another was sent has the smaller number

SIGKILL leaves the operating system's cache alone: that what was acknowledged is also on
the medium is shown by the fault fsync.`,
	run: runKill,
}

const (
	killClients = 16
	killUnits   = 3
	// mostAttempts bounds a client's round, and with it what is read back.
	mostAttempts = 150
)

// killer is a run of rounds on one storage.
type killer struct {
	place   *place
	verdict *verdict
	forms   *forms
	random  *rand.Rand
	storage storage
	server  *child
	books   []*book          // every episode of every round
	highest map[string]int64 // change_seq by unit, before this round
	lasting time.Duration    // that a round has at least before the kill
	// meanwhile is called while the server is dead. A test does damage here, to
	// show that it is found.
	meanwhile func(round int, journals []*journal) error
}

func runKill(ctx context.Context, p *place, s size, v *verdict) error {
	k, err := newKiller(ctx, p, v)
	if err != nil {
		return err
	}
	return k.run(ctx, s.of(5, 200))
}

func newKiller(ctx context.Context, p *place, v *verdict) (*killer, error) {
	fill, err := newForms()
	if err != nil {
		return nil, err
	}
	k := &killer{place: p, verdict: v, forms: fill, random: rand.New(rand.NewPCG(p.seed, 1)), highest: map[string]int64{},
		meanwhile: func(int, []*journal) error { return nil }}
	k.storage, err = p.newStorage(ctx)
	return k, err
}

func (k *killer) run(ctx context.Context, rounds int) error {
	var err error
	if k.server, err = k.place.serve(ctx, k.storage); err != nil {
		return err
	}
	for round := range rounds {
		journals, err := k.loadUntil(ctx, round, func() error { k.server.kill(); return nil })
		if err != nil {
			return err
		}
		if err := k.meanwhile(round, journals); err != nil {
			return err
		}
		if k.server, err = k.place.serve(ctx, k.storage); err != nil {
			k.verdict.violate("round %d: no start after the kill: %v", round, err)
			return nil
		}
		if err := k.check(ctx, round, journals); err != nil {
			return fmt.Errorf("round %d: %w", round, err)
		}
		k.verdict.count("kills", 1)
	}
	if err := k.checkBooks(ctx, k.books); err != nil {
		return err
	}
	k.verdict.count("episodes read again at the end", len(k.books))
	return k.server.stop()
}

// loadUntil lets the clients work until something is pulled from under them:
// each stops at its first call without an answer.
func (k *killer) loadUntil(ctx context.Context, round int, pull func() error) ([]*journal, error) {
	journals := make([]*journal, killClients)
	var done sync.WaitGroup
	defer done.Wait()
	for i := range journals {
		c, err := k.server.dialClient()
		if err != nil {
			return nil, err
		}
		j := &journal{client: c, forms: k.forms, verdict: k.verdict, random: rand.New(rand.NewPCG(k.random.Uint64(), uint64(i))),
			book: &book{unit: fmt.Sprintf("SE2321000016-K%03d", i%killUnits), episode: fmt.Sprintf("kill-%d-%d", round, i), forms: map[string]kept{}}}
		journals[i] = j
		done.Go(func() { defer c.Close(); j.work(ctx) })
	}
	time.Sleep(k.lasting + time.Duration(30+k.random.IntN(370))*time.Millisecond)
	err := pull()
	done.Wait()
	return journals, errors.Join(err, ctx.Err())
}

// attempt is one call of a client's and what became of it.
type attempt struct {
	request      *pb.SubmitFormsRequest // a single form, too, as an envelope of one
	began, ended time.Time              // ended is when the reply had arrived
	stored       []*pb.Submission       // what was acknowledged, nil if nothing was
	corrections  []*correction          // of its forms, once they were acknowledged
}

// journal is what one client did in one round. Its episode is its own.
type journal struct {
	client   *client.Client
	forms    *forms
	verdict  *verdict
	random   *rand.Rand
	book     *book
	attempts []*attempt
}

// work makes calls until one gets no answer.
func (j *journal) work(ctx context.Context) {
	for label := range mostAttempts {
		var alive bool
		switch n := j.random.IntN(20); {
		case n == 0 && len(j.attempts) > 0:
			alive = j.repeat(ctx)
		case n == 1 && len(j.attempts) > 0:
			alive = j.refused(ctx, label)
		case n < 5 && len(j.attempts) > 0:
			alive = j.amend(ctx)
		default:
			alive = j.submit(ctx, label)
		}
		if !alive {
			return
		}
	}
}

// submit sends a form, or an envelope of two to nine, for a new occasion.
func (j *journal) submit(ctx context.Context, label int) (alive bool) {
	a := &attempt{request: envelope(j.book.unit, j.book.episode, label), began: time.Now()}
	first, n := j.random.IntN(len(j.forms.instruments)), 1
	if j.random.IntN(4) == 0 {
		n = 2 + j.random.IntN(len(j.forms.instruments)-1)
	}
	for i := range n {
		a.request.Forms = append(a.request.Forms, j.forms.fill((first+i)%len(j.forms.instruments), j.random))
	}
	j.attempts = append(j.attempts, a)
	stored, replayed, err := send(ctx, j.client, a.request)
	a.ended = time.Now()
	if err != nil {
		return j.died("a submit", err)
	}
	if replayed > 0 {
		j.verdict.violate("%s: a new form was answered as a replay", a.request.EpisodeId)
	}
	a.stored = stored
	return true
}

// repeat sends an acknowledged request again.
func (j *journal) repeat(ctx context.Context) (alive bool) {
	a := j.attempts[j.random.IntN(len(j.attempts))]
	stored, replayed, err := send(ctx, j.client, a.request)
	if err != nil {
		return j.died("a repeated submit", err)
	}
	j.verdict.count("repeated calls under load", 1)
	if replayed != len(a.request.Forms) || !equalForms(stored, a.stored) {
		j.verdict.violate("%s: a repeated request was not answered like the first", a.request.EpisodeId)
	}
	return true
}

// refused sends what must be refused, together with a form that is good: a
// neighbour in the same commit, and a half of the same envelope.
func (j *journal) refused(ctx context.Context, label int) (alive bool) {
	before := j.attempts[j.random.IntN(len(j.attempts))].request
	request := proto.CloneOf(before)
	want := codes.AlreadyExists
	for _, form := range request.Forms {
		form.SubmissionId = newID(j.random) // other ids for slots that are held
	}
	if label%2 == 0 { // or a held id for another content
		request = envelope(j.book.unit, j.book.episode, label)
		request.Forms = []*pb.Form{j.forms.fill(0, j.random), j.forms.fill(1, j.random)}
		request.Forms[1].SubmissionId = before.Forms[0].SubmissionId
	}
	_, _, err := send(ctx, j.client, request)
	if status.Code(err) == want {
		j.verdict.count("calls refused under load, as they must be", 1)
		return true
	}
	if err == nil {
		j.verdict.violate("%s: a request that must be refused was not", request.EpisodeId)
		return true
	}
	return j.died("a request to be refused", err)
}

// died says whether the client can go on after an error: only a server that is
// gone may not answer.
func (j *journal) died(what string, err error) bool {
	if status.Code(err) != codes.Unavailable {
		j.verdict.violate("%s: %s: %v", j.book.episode, what, err)
	}
	return false
}

// send calls Submit for one form, SubmitForms for several.
func send(ctx context.Context, c *client.Client, request *pb.SubmitFormsRequest) (stored []*pb.Submission, replayed int, err error) {
	if len(request.Forms) == 1 {
		reply, err := c.Submissions().Submit(ctx, single(request, request.Forms[0]))
		if err != nil {
			return nil, 0, err
		}
		if reply.Replayed {
			replayed = 1
		}
		return []*pb.Submission{reply.Submission}, replayed, nil
	}
	reply, err := c.Submissions().SubmitForms(ctx, request)
	if err != nil {
		return nil, 0, err
	}
	for _, result := range reply.Results {
		if stored = append(stored, result.Submission); result.Replayed {
			replayed++
		}
	}
	return stored, replayed, nil
}

func equalForms(a, b []*pb.Submission) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !proto.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}
