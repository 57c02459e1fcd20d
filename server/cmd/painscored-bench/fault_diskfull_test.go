package main

import (
	"context"
	"math/rand/v2"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

func TestAFullDiskRefusesAndRecovers(t *testing.T) {
	hold(t, diskFullFault, 1, "times the disk was full", "calls refused with DISK_FULL and a time to come back", "acknowledged forms, read as they were acknowledged", "trends read")
}

// forgetful refuses without a reason and loses what it took.
type forgetful struct {
	careless
	full bool
}

func (f *forgetful) SubmitForms(ctx context.Context, r *pb.SubmitFormsRequest) (*pb.SubmitFormsResponse, error) {
	if f.full {
		return nil, status.Error(codes.ResourceExhausted, "full")
	}
	return &pb.SubmitFormsResponse{Results: []*pb.FormResult{{Submission: &pb.Submission{SubmissionId: r.Forms[0].SubmissionId}}}}, nil
}

func (f *forgetful) GetSubmission(context.Context, *pb.GetSubmissionRequest) (*pb.GetSubmissionResponse, error) {
	return &pb.GetSubmissionResponse{Submission: &pb.Submission{SubmissionId: "another"}}, nil
}

func TestTheDiskFullCheckerFindsAForgetfulServer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	fake, g := &forgetful{}, grpc.NewServer()
	pb.RegisterSubmissionServiceServer(g, fake)
	go g.Serve(listener)
	defer g.Stop()
	c, err := client.Dial(listener.Addr().String(), client.WithAttempts(1))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	d := &fullDisk{verdict: &verdict{}, clients: []*client.Client{c}}
	if d.forms, err = newForms(); err != nil {
		t.Fatal(err)
	}
	for _, fake.full = range []bool{false, true} {
		if err := d.submitAll(t.Context(), rand.New(rand.NewPCG(1, 1)), 1, true); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.read(t.Context(), "later"); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"a submit to a full disk was answered", "does not read as it was acknowledged", "a trend cannot be read", "a refused form is not unknown"} {
		wantViolation(t, d.verdict, text)
	}
}
