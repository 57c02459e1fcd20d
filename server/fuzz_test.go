package server_test

import (
	"context"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// FuzzCalls throws any bytes that parse as a request at every unary call that
// takes more than an id. Nothing may end as INTERNAL or UNKNOWN, which is what
// a panic or a forgotten translation would be.
func FuzzCalls(f *testing.F) {
	conn := service(f, "goal_evaluation")
	submissions, patients, scorer := pb.NewSubmissionServiceClient(conn), pb.NewPatientServiceClient(conn), pb.NewScoringServiceClient(conn)
	ctx := context.Background()
	seed := func(m proto.Message) {
		wire, err := proto.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(wire)
	}
	seed(&pb.SubmitRequest{SubmissionId: "s-1", CareUnit: "u", EpisodeId: "e", Occasion: 1, AnsweredOn: "2024-02-01", Instrument: "nprs",
		Patient: &pb.PatientIdentifier{System: "personnummer", Value: "189001019802"},
		Answers: []*pb.Answer{{Item: "average_pain", Response: &pb.Answer_Value{Value: 3}}}})
	seed(&pb.SubmitRequest{SubmissionId: "s-3", CareUnit: "u", EpisodeId: "e", Occasion: 1, AnsweredOn: "2024-02-01", Instrument: "goal_evaluation",
		Patient: &pb.PatientIdentifier{System: "personnummer", Value: "189001019802"}, Answers: goalAnswers()})
	seed(&pb.SubmitFormsRequest{CareUnit: "u", Forms: []*pb.Form{{SubmissionId: "s-2", Instrument: "hads", Positions: []*pb.Position{{}}}}})
	seed(&pb.ScoreRequest{Instrument: "wai", Coding: "x", ValueSets: []string{"se_tto_2020"}})
	seed(&pb.UpsertEpisodeRequest{Episode: &pb.Episode{CareUnit: "u", EpisodeId: "e", Status: 3, BirthYear: -1}})
	seed(&pb.GetTrendRequest{CareUnit: "u", EpisodeId: "e"})
	seed(&pb.ListSubmissionsRequest{CareUnit: "u", EpisodeId: "e", PageToken: "AAAAAAAAAAAA", PageSize: -1})
	seed(&pb.AmendSubmissionRequest{CareUnit: "u", SubmissionId: "s-1", Version: 1, Reason: "r", Occasion: 4, OccasionLabel: "week 6",
		Sheet: &pb.Sheet{Instrument: "nprs", Positions: []*pb.Position{{Response: &pb.Position_Value{Value: 4}}}}})
	seed(&pb.AmendSubmissionRequest{CareUnit: "u", SubmissionId: "s-3", Version: 1, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"mode", "sheet", "x"}}})
	seed(&pb.RetractSubmissionRequest{CareUnit: "u", SubmissionId: "s-2", Version: 1, Reason: "r", Author: "a"})
	seed(&pb.ListChangesRequest{CareUnit: "u", PageSize: 1, ResumeToken: "AAAAAAAAAAAAMSA"})
	seed(&pb.ShareEpisodeRequest{CareUnit: "u", EpisodeId: "e", WithCareUnit: "v", Reason: "r"})
	seed(&pb.LinkIdentityRequest{Patient: &pb.PatientIdentifier{System: "personnummer", Value: "189001019802"},
		Also: &pb.PatientIdentifier{System: "reservnummer", Value: "19AB1234"}, Merge: true, Reason: "r"})
	seed(&pb.ErasePatientRequest{ErasureId: "x", Patient: &pb.PatientIdentifier{System: "personnummer", Value: "189001019802"}, Reason: "r"})
	f.Fuzz(func(t *testing.T, wire []byte) {
		call(t, wire, &pb.SubmitRequest{}, func(r *pb.SubmitRequest) error { _, err := submissions.Submit(ctx, r); return err })
		call(t, wire, &pb.SubmitFormsRequest{}, func(r *pb.SubmitFormsRequest) error { _, err := submissions.SubmitForms(ctx, r); return err })
		call(t, wire, &pb.ListSubmissionsRequest{}, func(r *pb.ListSubmissionsRequest) error { _, err := submissions.ListSubmissions(ctx, r); return err })
		call(t, wire, &pb.ScoreRequest{}, func(r *pb.ScoreRequest) error { _, err := scorer.Score(ctx, r); return err })
		call(t, wire, &pb.GetInstrumentRequest{}, func(r *pb.GetInstrumentRequest) error { _, err := scorer.GetInstrument(ctx, r); return err })
		call(t, wire, &pb.UpsertEpisodeRequest{}, func(r *pb.UpsertEpisodeRequest) error { _, err := patients.UpsertEpisode(ctx, r); return err })
		call(t, wire, &pb.ListEpisodesRequest{}, func(r *pb.ListEpisodesRequest) error { _, err := patients.ListEpisodes(ctx, r); return err })
		call(t, wire, &pb.AmendSubmissionRequest{}, func(r *pb.AmendSubmissionRequest) error { _, err := submissions.AmendSubmission(ctx, r); return err })
		call(t, wire, &pb.RetractSubmissionRequest{}, func(r *pb.RetractSubmissionRequest) error {
			_, err := submissions.RetractSubmission(ctx, r)
			return err
		})
		call(t, wire, &pb.ListChangesRequest{}, func(r *pb.ListChangesRequest) error { _, err := submissions.ListChanges(ctx, r); return err })
		call(t, wire, &pb.ShareEpisodeRequest{}, func(r *pb.ShareEpisodeRequest) error { _, err := patients.ShareEpisode(ctx, r); return err })
		call(t, wire, &pb.LinkIdentityRequest{}, func(r *pb.LinkIdentityRequest) error { _, err := patients.LinkIdentity(ctx, r); return err })
		call(t, wire, &pb.ErasePatientRequest{}, func(r *pb.ErasePatientRequest) error { _, err := patients.ErasePatient(ctx, r); return err })
		call(t, wire, &pb.GetTrendRequest{}, func(r *pb.GetTrendRequest) error { _, err := patients.GetTrend(ctx, r); return err })
	})
}

func call[M proto.Message](t *testing.T, wire []byte, request M, send func(M) error) {
	t.Helper()
	if proto.Unmarshal(wire, request) != nil {
		return
	}
	err := send(request)
	switch code := status.Code(err); code {
	case codes.OK:
	case codes.Internal, codes.Unknown:
		if !strings.Contains(err.Error(), "invalid UTF-8") { // refused by the client itself, before it is sent
			t.Errorf("%T: %v", request, err)
		}
	default:
		if len(status.Convert(err).Details()) == 0 {
			t.Errorf("%T: %s without a reason: %v", request, code, err)
		}
	}
}
