package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// March is the month in which summer time begins: it ends an hour earlier by UTC
// than it began.
var (
	marchBegins = timestamppb.New(time.Date(2026, 2, 28, 23, 0, 0, 0, time.UTC))
	marchEnds   = timestamppb.New(time.Date(2026, 3, 31, 21, 59, 59, 999999000, time.UTC))
)

func TestASampleSaysHowItIsDrawnAgainAndRecorded(t *testing.T) {
	sample := &pb.SampleAccessEventsResponse{Seed: "S33D", EventsInPeriod: 812, Events: []*pb.AccessEvent{looked, triedTo}}
	f := serve(t, sample, sample, sample)
	period := []string{"access", "sample", "--from", "2026-03-01", "--to", "2026-03-31"}
	code, out, errs := command(t, "", append(period, "--size", "2", "--seed", "S33D", "--csv")...)
	if code != exitDone {
		t.Fatalf("code %d, %s", code, errs)
	}
	want(t, "csv", out, `
Tid,Aktivitet,Användare,Vårdenhet,Syfte,Utfall,Uppgifter hos,Vårdepisod,Antal patienter
2026-07-02 00:30:00,Läsa,SE-ebba,SE-1,Vård och behandling,tillåtet,SE-1,2026-0117,1
2026-01-01 23:30:00,Skriva,'=SUM(A1),SE-2,Administration,nekat,,,0
`)
	want(t, "what was drawn", errs, `
2 of 812 events of the period, drawn by the seed S33D
Record the check: painscore access review --from 2026-03-01 --to 2026-03-31 --events 812 --sampled 2 --seed S33D --note …
`)
	_, out, _ = command(t, "", period...)
	if !strings.HasPrefix(out, "Tid") || strings.Count(out, "\n") != 3 || !strings.Contains(out, "  =SUM(A1)  ") {
		t.Errorf("the table:\n%s", out)
	}
	_, out, errs = command(t, "", append(period, "--json")...)
	if !strings.HasPrefix(out, `{"seed":"S33D","events_in_period":"812","events":[{`) || strings.Count(out, "\n") != 1 || errs != "" {
		t.Errorf("json: %s%s", out, errs)
	}
	request := &pb.SampleAccessEventsRequest{From: marchBegins, To: marchEnds, Size: 2, Seed: "S33D"}
	usual := &pb.SampleAccessEventsRequest{From: marchBegins, To: marchEnds, Size: 50}
	if diff := cmp.Diff([]proto.Message{request, usual, usual}, f.requests, protocmp.Transform()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestACheckIsRecordedUnderAnIDThatCanBeSentAgain(t *testing.T) {
	kept := &pb.AccessReview{ReviewId: "2026-03", From: marchBegins, To: marchEnds, EventsInPeriod: 812, Sampled: 2, Seed: "S33D", Reviewer: "SE-ada", Note: "nothing out of the way"}
	f := serve(t, &pb.RecordAccessReviewResponse{Review: kept}, refusal(t, codes.Internal, "INTERNAL"))
	args := []string{"access", "review", "--from", "2026-03-01", "--to", "2026-03-31", "--events", "812", "--sampled", "2", "--note", "nothing out of the way"}
	_, out, errs := command(t, "", append(args, "--seed", "S33D", "--review-id", "2026-03", "--reviewer", "SE-ada")...)
	want(t, "output", out+errs, "Recorded: check 2026-03 by SE-ada, 2 of 812 events\n")
	if diff := cmp.Diff(&pb.RecordAccessReviewRequest{Review: kept}, f.requests[0], protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	code, _, errs := command(t, "", args...)
	made := f.requests[1].(*pb.RecordAccessReviewRequest).Review.ReviewId
	if code != exitFault || len(made) != 36 || !strings.Contains(errs, "--review-id "+made) {
		t.Errorf("code %d: %s", code, errs)
	}
}

func TestChecksAreListedByPages(t *testing.T) {
	review := &pb.AccessReview{ReviewId: "2026-03", From: marchBegins, To: marchEnds, EventsInPeriod: 812, Sampled: 2, Note: "fine",
		ReviewedAt: timestamppb.New(time.Date(2026, 4, 1, 22, 30, 0, 0, time.UTC))}
	first := &pb.ListAccessReviewsResponse{Reviews: []*pb.AccessReview{review}, NextPageToken: "t"}
	f := serve(t, first, &pb.ListAccessReviewsResponse{Reviews: []*pb.AccessReview{review}}, &pb.ListAccessReviewsResponse{})
	_, out, errs := command(t, "", "access", "reviews")
	want(t, "output", out+errs, `
RECORDED    FROM        TO          LOOKED AT  BY  SEED  NOTE  ID
2026-04-02  2026-03-01  2026-03-31  2 of 812   -   -     fine  2026-03
2026-04-02  2026-03-01  2026-03-31  2 of 812   -   -     fine  2026-03
`)
	if second := f.requests[1].(*pb.ListAccessReviewsRequest); second.PageToken != "t" {
		t.Errorf("the second page is asked for by %q", second.PageToken)
	}
	if _, out, _ := command(t, "", "access", "reviews"); out != "No check is on record.\n" {
		t.Error(out)
	}
}
