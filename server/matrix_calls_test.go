package server

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/store"
)

// matrixCalls makes each call of the contract about the episode. What it returns
// is why the call, or the record in it, was refused.
var matrixCalls = map[access.Action]func(m *matrix, ctx context.Context) error{
	access.GetGroupReportCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewRegistryServiceClient(m.conn).GetGroupReport(ctx, &pb.GetGroupReportRequest{Filter: &pb.GroupFilter{CareUnits: []string{"unit-own"}}})
		return err
	},
	access.GetCodebookCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewRegistryServiceClient(m.conn).GetCodebook(ctx, &pb.GetCodebookRequest{Instruments: []string{"nprs"}})
		return err
	},
	access.GetServerInfoCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewAdminServiceClient(m.conn).GetServerInfo(ctx, &pb.GetServerInfoRequest{})
		return err
	},
	access.ListSettingsCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewAdminServiceClient(m.conn).ListSettings(ctx, &pb.ListSettingsRequest{})
		return err
	},
	access.ChangeSettingCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewAdminServiceClient(m.conn).ChangeSetting(ctx, &pb.ChangeSettingRequest{Change: &pb.ChangeSettingRequest_Window{
			Window: &pb.OccasionWindow{Occasion: pb.Occasion_OCCASION_BASELINE, FromDays: -50, ToDays: 20}}})
		return err
	},
	access.ListAccessEventsCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewAuditServiceClient(m.conn).ListAccessEvents(ctx, &pb.ListAccessEventsRequest{Patient: matrixPatient})
		return err
	},
	access.SampleAccessEventsCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewAuditServiceClient(m.conn).SampleAccessEvents(ctx, &pb.SampleAccessEventsRequest{
			From: timestamppb.New(time.Now().Add(-time.Hour)), To: timestamppb.New(time.Now().Add(-time.Second)), Size: 5})
		return err
	},
	access.RecordAccessReviewCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewAuditServiceClient(m.conn).RecordAccessReview(ctx, &pb.RecordAccessReviewRequest{Review: &pb.AccessReview{
			ReviewId: m.next(), From: timestamppb.New(time.Now().Add(-time.Hour)), To: timestamppb.Now(), Note: "n"}})
		return err
	},
	access.ListAccessReviewsCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewAuditServiceClient(m.conn).ListAccessReviews(ctx, &pb.ListAccessReviewsRequest{})
		return err
	},
	access.ListInstrumentsCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewScoringServiceClient(m.conn).ListInstruments(ctx, &pb.ListInstrumentsRequest{})
		return err
	},
	access.GetInstrumentCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewScoringServiceClient(m.conn).GetInstrument(ctx, &pb.GetInstrumentRequest{Instrument: "nprs"})
		return err
	},
	access.ScoreCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewScoringServiceClient(m.conn).Score(ctx, &pb.ScoreRequest{Instrument: "nprs", Positions: []*pb.Position{{Response: &pb.Position_Value{Value: 3}}}})
		return err
	},
	access.ScoreBatchCall: func(m *matrix, ctx context.Context) error {
		stream, err := pb.NewScoringServiceClient(m.conn).ScoreBatch(ctx)
		if err != nil {
			return err
		}
		stream.Send(&pb.ScoreBatchRequest{Sheets: []*pb.BatchSheet{{RecordId: "1", Sheet: &pb.Sheet{Instrument: "nprs", Positions: []*pb.Position{{Response: &pb.Position_Value{Value: 3}}}}}}})
		stream.CloseSend()
		_, err = stream.Recv()
		return ended(err)
	},
	access.UpsertEpisodeCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewPatientServiceClient(m.conn).UpsertEpisode(ctx, &pb.UpsertEpisodeRequest{
			Patient: matrixPatient, Episode: &pb.Episode{CareUnit: "unit-own", EpisodeId: "e-1", Cohort: m.next()}})
		return err
	},
	access.GetEpisodeCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewPatientServiceClient(m.conn).GetEpisode(ctx, &pb.GetEpisodeRequest{CareUnit: "unit-own", EpisodeId: "e-1"})
		return err
	},
	access.ListEpisodesCall: func(m *matrix, ctx context.Context) error {
		reply, err := pb.NewPatientServiceClient(m.conn).ListEpisodes(ctx, &pb.ListEpisodesRequest{CareUnit: "unit-own", Patient: matrixPatient})
		if err == nil && len(reply.Episodes) == 0 {
			return status.Error(codes.NotFound, "the list is empty")
		}
		return err
	},
	access.ShareEpisodeCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewPatientServiceClient(m.conn).ShareEpisode(ctx, &pb.ShareEpisodeRequest{CareUnit: "unit-own", EpisodeId: "e-1", WithCareUnit: m.next(), Reason: "r"})
		return err
	},
	access.SetPatientNameCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewPatientServiceClient(m.conn).SetPatientName(ctx, &pb.SetPatientNameRequest{CareUnit: "unit-own", EpisodeId: "e-1", Name: "Matrix"})
		return err
	},
	access.GetPatientNameCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewPatientServiceClient(m.conn).GetPatientName(ctx, &pb.GetPatientNameRequest{CareUnit: "unit-own", EpisodeId: "e-1"})
		return err
	},
	access.FindPatientsByNameCall: func(m *matrix, ctx context.Context) error {
		own := metadata.NewOutgoingContext(ctx, metadata.Pairs("role", "clinician", "unit", "unit-own"))
		if _, err := pb.NewPatientServiceClient(m.conn).SetPatientName(own, &pb.SetPatientNameRequest{CareUnit: "unit-own", EpisodeId: "e-1", Name: "Matrix"}); err != nil {
			return err
		}
		m.log.take()
		reply, err := pb.NewPatientServiceClient(m.conn).FindPatientsByName(ctx, &pb.FindPatientsByNameRequest{Name: "matrix"})
		if err == nil && len(reply.Episodes) == 0 {
			return status.Error(codes.NotFound, "the list is empty")
		}
		return err
	},
	access.SetRegistryChoiceCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewPatientServiceClient(m.conn).SetRegistryChoice(ctx, &pb.SetRegistryChoiceRequest{Patient: matrixPatient, CareUnit: "unit-own",
			CareProvider: "provider", Registry: m.next(), Choice: pb.RegistryChoiceState_REGISTRY_CHOICE_STATE_INFORMED, DecidedOn: "2024-01-01", Reason: "r"})
		return err
	},
	access.ExportPatientCall: func(m *matrix, ctx context.Context) error {
		stream, err := pb.NewPatientServiceClient(m.conn).ExportPatient(ctx, &pb.ExportPatientRequest{Patient: matrixPatient})
		for err == nil {
			_, err = stream.Recv()
		}
		return ended(err)
	},
	access.LinkIdentityCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewPatientServiceClient(m.conn).LinkIdentity(ctx, &pb.LinkIdentityRequest{
			Patient: matrixPatient, Also: &pb.PatientIdentifier{System: matrixPatient.System, Value: m.next()}, Reason: "r"})
		return err
	},
	access.ErasePatientCall: func(m *matrix, ctx context.Context) error {
		id := m.next()
		patient := &pb.PatientIdentifier{System: matrixPatient.System, Value: "erase-" + id}
		own := metadata.NewOutgoingContext(ctx, metadata.Pairs("role", "clinician", "unit", "unit-own"))
		if _, err := pb.NewSubmissionServiceClient(m.conn).Submit(own, m.submission(id, "of-"+id, patient, "2024-01-01")); err != nil {
			return err
		}
		episode, err := m.st.Episode(ctx, "unit-own", "of-"+id)
		if err != nil {
			return err
		}
		m.log.take()
		_, err = pb.NewPatientServiceClient(m.conn).ErasePatient(ctx, &pb.ErasePatientRequest{ErasureId: id, Patient: patient, Reason: "r"})
		for _, e := range m.log.take() { // as if it had been the matrix's one patient
			if i := slices.Index(e.Patients, episode.PatientKey); i >= 0 {
				e.Patients[i] = m.patientKey
			}
			m.log.events = append(m.log.events, e)
		}
		return err
	},
	access.ExportCall: func(m *matrix, ctx context.Context) error { return m.export(ctx, m.next()) },
	access.ListExportChangesCall: func(m *matrix, ctx context.Context) error {
		stream, err := pb.NewRegistryServiceClient(m.conn).ListExportChanges(ctx, &pb.ListExportChangesRequest{FromDeliveryId: m.delivery})
		for err == nil {
			_, err = stream.Recv()
		}
		return ended(err)
	},
	access.ListExportsCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewRegistryServiceClient(m.conn).ListExports(ctx, &pb.ListExportsRequest{Patient: matrixPatient})
		return err
	},
	access.GetTrendCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewPatientServiceClient(m.conn).GetTrend(ctx, &pb.GetTrendRequest{CareUnit: "unit-own", EpisodeId: "e-1"})
		return err
	},
	access.ListDueOccasionsCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewPatientServiceClient(m.conn).ListDueOccasions(ctx, &pb.ListDueOccasionsRequest{CareUnit: "unit-own"})
		return err
	},
	access.RecordDispatchCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewPatientServiceClient(m.conn).RecordDispatch(ctx, &pb.RecordDispatchRequest{
			ActId: m.next(), CareUnit: "unit-own", EpisodeId: "e-1", Kind: pb.OccasionActKind_OCCASION_ACT_KIND_SENT, Occasion: pb.Occasion_OCCASION_PROGRAMME_END})
		return err
	},
	access.FindDispatchCall: func(m *matrix, ctx context.Context) error {
		own := metadata.NewOutgoingContext(ctx, metadata.Pairs("role", "clinician", "unit", "unit-own"))
		sent, err := pb.NewPatientServiceClient(m.conn).RecordDispatch(own, &pb.RecordDispatchRequest{
			ActId: m.next(), CareUnit: "unit-own", EpisodeId: "e-1", Kind: pb.OccasionActKind_OCCASION_ACT_KIND_SENT, Occasion: pb.Occasion_OCCASION_PROGRAMME_END})
		if err != nil {
			return err
		}
		m.log.take()
		_, err = pb.NewPatientServiceClient(m.conn).FindDispatch(ctx, &pb.FindDispatchRequest{PaperCode: sent.PaperCode})
		return err
	},
	access.RecordFeedbackReviewCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewPatientServiceClient(m.conn).RecordFeedbackReview(ctx, &pb.RecordFeedbackReviewRequest{
			ActId: m.next(), CareUnit: "unit-own", EpisodeId: "e-1", Kind: pb.OccasionActKind_OCCASION_ACT_KIND_SEEN, Occasion: pb.Occasion_OCCASION_BASELINE})
		return err
	},
	access.CreateLaunchLinkCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewPatientServiceClient(m.conn).CreateLaunchLink(ctx, &pb.CreateLaunchLinkRequest{CareUnit: "unit-own", EpisodeId: "e-1"})
		return err
	},
	access.ListOccasionActsCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewPatientServiceClient(m.conn).ListOccasionActs(ctx, &pb.ListOccasionActsRequest{CareUnit: "unit-own", EpisodeId: "e-1"})
		return err
	},
	access.ListAwaitingFeedbackCall: func(m *matrix, ctx context.Context) error {
		own := metadata.NewOutgoingContext(ctx, metadata.Pairs("role", "clinician", "unit", "unit-own"))
		late := m.submission("late", "e-1", matrixPatient, "2024-06-01")
		late.Occasion, late.OccasionLabel = pb.Occasion_OCCASION_FOLLOW_UP_12_MONTHS, ""
		if _, err := pb.NewSubmissionServiceClient(m.conn).Submit(own, late); err != nil {
			return err
		}
		m.log.take()
		_, err := pb.NewPatientServiceClient(m.conn).ListAwaitingFeedback(ctx, &pb.ListAwaitingFeedbackRequest{CareUnit: "unit-own"})
		return err
	},
	access.SubmitCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewSubmissionServiceClient(m.conn).Submit(ctx, m.submission(m.next(), "e-1", matrixPatient, "2024-01-02"))
		return err
	},
	access.SubmitFormsCall: func(m *matrix, ctx context.Context) error {
		one := m.submission(m.next(), "e-1", matrixPatient, "2024-01-02")
		_, err := pb.NewSubmissionServiceClient(m.conn).SubmitForms(ctx, &pb.SubmitFormsRequest{
			CareUnit: one.CareUnit, EpisodeId: one.EpisodeId, Occasion: one.Occasion, OccasionLabel: one.OccasionLabel, AnsweredOn: one.AnsweredOn, Patient: one.Patient,
			Forms: []*pb.Form{{SubmissionId: one.SubmissionId, Instrument: one.Instrument, Answers: one.Answers}}})
		return err
	},
	access.ImportSubmissionsCall: func(m *matrix, ctx context.Context) error {
		stream, err := pb.NewSubmissionServiceClient(m.conn).ImportSubmissions(ctx)
		if err != nil {
			return err
		}
		id := m.next()
		stream.Send(&pb.ImportSubmissionsRequest{Records: []*pb.ImportRecord{{RecordId: id, Submission: m.submission(id, "e-1", matrixPatient, "2024-01-02")}}})
		reply, err := stream.Recv()
		if err != nil {
			return ended(err)
		}
		stream.CloseSend()
		if refused := reply.Results[0].Error; refused != nil {
			return newStatus(codes.PermissionDenied, strings.TrimPrefix(refused.Reason.String(), "ERROR_REASON_"), "", nil)
		}
		return nil
	},
	access.AmendSubmissionCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewSubmissionServiceClient(m.conn).AmendSubmission(ctx, &pb.AmendSubmissionRequest{
			CareUnit: "unit-own", SubmissionId: "s-0", Version: m.version(ctx, "s-0"), Reason: "r", OccasionLabel: m.next()})
		return err
	},
	access.RetractSubmissionCall: func(m *matrix, ctx context.Context) error {
		id := m.next()
		own := metadata.NewOutgoingContext(ctx, metadata.Pairs("role", "clinician", "unit", "unit-own"))
		if _, err := pb.NewSubmissionServiceClient(m.conn).Submit(own, m.submission(id, "e-1", matrixPatient, "2024-01-01")); err != nil {
			return err
		}
		m.log.take()
		_, err := pb.NewSubmissionServiceClient(m.conn).RetractSubmission(ctx, &pb.RetractSubmissionRequest{CareUnit: "unit-own", SubmissionId: id, Version: 1, Reason: "r"})
		return err
	},
	access.ListChangesCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewSubmissionServiceClient(m.conn).ListChanges(ctx, &pb.ListChangesRequest{CareUnit: "unit-own"})
		return err
	},
	access.GetSubmissionCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewSubmissionServiceClient(m.conn).GetSubmission(ctx, &pb.GetSubmissionRequest{CareUnit: "unit-own", SubmissionId: "s-0"})
		return err
	},
	access.ListSubmissionsCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewSubmissionServiceClient(m.conn).ListSubmissions(ctx, &pb.ListSubmissionsRequest{CareUnit: "unit-own", EpisodeId: "e-1"})
		return err
	},
	access.ListSubmissionVersionsCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewSubmissionServiceClient(m.conn).ListSubmissionVersions(ctx, &pb.ListSubmissionVersionsRequest{CareUnit: "unit-own", SubmissionId: "s-0"})
		return err
	},
	access.PreviewRescoreCall: func(m *matrix, ctx context.Context) error {
		stream, err := pb.NewSubmissionServiceClient(m.conn).PreviewRescore(ctx, &pb.PreviewRescoreRequest{Instrument: "nprs"})
		if err != nil {
			return err
		}
		_, err = stream.Recv()
		return err
	},
	access.ApplyRescoreCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewSubmissionServiceClient(m.conn).ApplyRescore(ctx, &pb.ApplyRescoreRequest{PlanId: m.plan()})
		return err
	},
	access.RevertRescoreCall: func(m *matrix, ctx context.Context) error {
		_, err := pb.NewSubmissionServiceClient(m.conn).RevertRescore(ctx, &pb.RevertRescoreRequest{PlanId: m.plan()})
		return err
	},
}

// export makes a delivery of everything.
func (m *matrix) export(ctx context.Context, id string) error {
	stream, err := pb.NewRegistryServiceClient(m.conn).Export(ctx, &pb.ExportRequest{Recipient: "nrs", DeliveryId: id})
	for err == nil {
		_, err = stream.Recv()
	}
	return ended(err)
}

func ended(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// version is the newest one of a submission.
func (m *matrix) version(ctx context.Context, id string) int32 {
	sub, err := m.st.Submission(ctx, "unit-own", "journal", id)
	if err != nil {
		m.t.Fatal(err)
	}
	return int32(sub.Version)
}

// plan keeps a plan of no form by hand: what it may do to a patient is decided
// before it is looked at.
func (m *matrix) plan() string {
	id := m.next()
	plan := store.RescorePlan{PlanID: id, Instrument: "nprs", TargetVersion: "1", Digest: []byte("none"), AllUnits: true, MadeBy: "t", MadeAt: time.Now(),
		Scope: []store.RescoreScope{{CareUnit: "unit-own", Forms: 1}}}
	if err := m.st.KeepRescorePlan(m.t.Context(), plan); err != nil {
		m.t.Fatal(err)
	}
	return id
}
