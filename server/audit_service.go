package server

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// ListAccessEvents implements the contract's call.
func (s *Server) ListAccessEvents(ctx context.Context, req *pb.ListAccessEventsRequest) (*pb.ListAccessEventsResponse, error) {
	events, next, err := s.clinic.ListAccessEvents(ctx, clinic.AccessFilter{
		Patient: optionalPatient(req.GetPatient()), User: req.GetUser(), From: instant(req.GetFrom()), To: instant(req.GetTo()),
	}, clinic.Page{Size: int(req.GetPageSize()), Token: req.GetPageToken()})
	if err != nil {
		return nil, err
	}
	return &pb.ListAccessEventsResponse{Events: accessEventsProto(events), NextPageToken: next}, nil
}

// SampleAccessEvents implements the contract's call.
func (s *Server) SampleAccessEvents(ctx context.Context, req *pb.SampleAccessEventsRequest) (*pb.SampleAccessEventsResponse, error) {
	sample, err := s.clinic.SampleAccessEvents(ctx, instant(req.GetFrom()), instant(req.GetTo()), int(req.GetSize()), req.GetSeed())
	if err != nil {
		return nil, err
	}
	return &pb.SampleAccessEventsResponse{Seed: sample.Seed, EventsInPeriod: sample.Events, Events: accessEventsProto(sample.Drawn)}, nil
}

// RecordAccessReview implements the contract's call.
func (s *Server) RecordAccessReview(ctx context.Context, req *pb.RecordAccessReviewRequest) (*pb.RecordAccessReviewResponse, error) {
	r := req.GetReview()
	kept, err := s.clinic.RecordAccessReview(ctx, store.AccessReview{
		ReviewID: r.GetReviewId(), From: instant(r.GetFrom()), To: instant(r.GetTo()), Events: r.GetEventsInPeriod(), Sampled: r.GetSampled(),
		Seed: r.GetSeed(), Note: r.GetNote(), Reviewer: r.GetReviewer(),
	})
	if err != nil {
		return nil, err
	}
	return &pb.RecordAccessReviewResponse{Review: accessReviewProto(kept)}, nil
}

// ListAccessReviews implements the contract's call.
func (s *Server) ListAccessReviews(ctx context.Context, req *pb.ListAccessReviewsRequest) (*pb.ListAccessReviewsResponse, error) {
	list, next, err := s.clinic.ListAccessReviews(ctx, clinic.Page{Size: int(req.GetPageSize()), Token: req.GetPageToken()})
	if err != nil {
		return nil, err
	}
	out := &pb.ListAccessReviewsResponse{NextPageToken: next}
	for _, review := range list {
		out.Reviews = append(out.Reviews, accessReviewProto(review))
	}
	return out, nil
}

// instant is the time of an optional field, zero where it is unset.
func instant(at *timestamppb.Timestamp) time.Time {
	if at == nil {
		return time.Time{}
	}
	return at.AsTime()
}

var accessOutcomes = map[access.Outcome]pb.AccessOutcome{
	access.Granted:  pb.AccessOutcome_ACCESS_OUTCOME_GRANTED,
	access.Refused:  pb.AccessOutcome_ACCESS_OUTCOME_REFUSED,
	access.NotFound: pb.AccessOutcome_ACCESS_OUTCOME_NOT_FOUND,
}

func accessEventsProto(events []access.Event) []*pb.AccessEvent {
	out := make([]*pb.AccessEvent, len(events))
	for i := range events {
		out[i] = accessEventProto(&events[i])
	}
	return out
}

func accessEventProto(e *access.Event) *pb.AccessEvent {
	return &pb.AccessEvent{
		At: timestamppb.New(e.At), User: e.User, System: e.System, Unit: e.Unit, Purpose: string(e.Purpose), Activity: string(e.Activity),
		Action: string(e.Action), Outcome: accessOutcomes[e.Outcome], Reason: e.Reason, CareUnit: e.CareUnit, EpisodeId: e.EpisodeID,
		Patients: int32(len(e.Patients)), Address: e.Address, RequestId: e.RequestID, LocalMode: e.Local, Recipient: e.Recipient,
	}
}

func accessReviewProto(r store.AccessReview) *pb.AccessReview {
	return &pb.AccessReview{
		ReviewId: r.ReviewID, From: timestamppb.New(r.From), To: timestamppb.New(r.To), EventsInPeriod: r.Events, Sampled: r.Sampled,
		Seed: r.Seed, Reviewer: r.Reviewer, Note: r.Note, ReviewedAt: timestamppb.New(r.ReviewedAt),
	}
}
