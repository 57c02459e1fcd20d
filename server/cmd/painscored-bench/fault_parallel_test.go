package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"

	"google.golang.org/grpc"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

func TestAtTheSameMomentOneIsStored(t *testing.T) {
	hold(t, parallelFault, 2, "rounds of 4 × 32 calls at once")
}

// careless takes everything and looks at nothing.
type careless struct {
	pb.UnimplementedSubmissionServiceServer
	mu     sync.Mutex
	stored []*pb.Submission
}

func (c *careless) Submit(_ context.Context, r *pb.SubmitRequest) (*pb.SubmitResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &pb.Submission{SubmissionId: r.SubmissionId, ChangeSeq: int64(len(c.stored) + 1)}
	c.stored = append(c.stored, s)
	return &pb.SubmitResponse{Submission: s, EpisodeCreated: true}, nil
}

func (c *careless) ListSubmissions(context.Context, *pb.ListSubmissionsRequest) (*pb.ListSubmissionsResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return &pb.ListSubmissionsResponse{Submissions: c.stored}, nil
}

// TestTheParallelCheckerFindsACarelessServer shows that each of its checks can
// fail.
func TestTheParallelCheckerFindsACarelessServer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := grpc.NewServer()
	pb.RegisterSubmissionServiceServer(g, &careless{})
	go g.Serve(listener)
	defer g.Stop()
	fill, err := newForms()
	if err != nil {
		t.Fatal(err)
	}
	v := &verdict{}
	run := &parallel{forms: fill, random: rand.New(rand.NewPCG(1, 0)), verdict: v}
	for range crowd {
		c, err := client.Dial(listener.Addr().String(), client.WithAttempts(1))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		run.clients = append(run.clients, c)
	}
	for _, act := range []func(context.Context) error{run.oneID, run.oneSlot, run.oneIDManyContents, run.oneNewPatient} {
		if err := act(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range []string{
		"two clients got different replies", fmt.Sprint(crowd, " replies say that it was stored now"), "one id: 32 forms are stored",
		"two forms were acknowledged", "one slot: the episode holds", "one id for many contents: 32 were acknowledged",
		"one new patient: 32 replies say that the episode was created", "one new patient: 128 forms are stored",
	} {
		wantViolation(t, v, text)
	}
}
