package server

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/scoring/instruments"
	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/registry/delivery"
	"github.com/painscore/painscore/server/review"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/store/sqlite"
)

// The units of the matrix, by what they are to the one episode in it.
var matrixUnits = []struct{ unit, relation string }{
	{"unit-own", "own"}, {"unit-assessing", "assessing"}, {"unit-shared", "shared"}, {"unit-other", "other"},
}

// matrix is a server with one episode, which is told in metadata who calls.
type matrix struct {
	t          *testing.T
	use        *clinic.Clinic
	conn       *grpc.ClientConn
	st         store.Store
	log        *recorded
	patientKey string
	delivery   string // one that holds the episode
	n          int
}

// recorded is an access log that keeps its events in memory.
type recorded struct {
	mu     sync.Mutex
	events []access.Event
}

func (r *recorded) AppendAccess(_ context.Context, block store.AccessBlock) error {
	events, err := access.Events(block.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, events...)
	return err
}

func (r *recorded) AccessChains(context.Context) ([]store.AccessChain, error) { return nil, nil }

func (r *recorded) AccessBlocks(context.Context, string, int64, int) ([]store.AccessBlock, error) {
	return nil, nil
}

// take returns what was recorded since it was last asked.
func (r *recorded) take() []access.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	events := r.events
	r.events = nil
	return events
}

var matrixPatient = &pb.PatientIdentifier{System: "https://example.org/patients", Value: "m-1"}

func newMatrix(t *testing.T) *matrix {
	t.Helper()
	st, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "painscore.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	m := newMatrixOn(t, st)
	m.fill()
	return m
}

// newMatrixOn is a server on a store, without the episode.
func newMatrixOn(t *testing.T, st store.Store) *matrix {
	t.Helper()
	dir := t.TempDir()
	keys, err := identity.LoadOrCreate(filepath.Join(dir, "identity.keys"))
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := instruments.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	m := &matrix{t: t, log: &recorded{}, st: st}
	log, err := access.NewLog(m.log, access.OneKey([]byte("a key of thirty-two bytes, for a log")), access.LogOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(log.Close)
	if m.use, err = clinic.Open(t.Context(), st, catalogue, keys, clinic.Settings{
		AccessLog: log, CareProviders: clinic.CareProviders{Own: "provider"}, Recipients: []delivery.Recipient{{ID: "nrs", Purpose: "p", Registry: "nrs", Key: "nrs"}},
	}, time.Now); err != nil {
		t.Fatal(err)
	}
	m.serve()
	return m
}

// serve puts every service behind what every call passes through, and believes
// the metadata of who calls.
func (m *matrix) serve() {
	s := silent()
	s.clinic, s.draining = m.use, make(chan struct{})
	believe := func(ctx context.Context) context.Context {
		header, _ := metadata.FromIncomingContext(ctx)
		if len(header.Get("role")) == 0 {
			return ctx
		}
		return access.WithCaller(ctx, matrixCaller(access.Role(header.Get("role")[0]), header.Get("unit")[0]))
	}
	g := grpc.NewServer(
		grpc.ChainUnaryInterceptor(func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			return next(believe(ctx), req)
		}, s.unaryCall),
		grpc.ChainStreamInterceptor(func(srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
			return next(srv, signedInStream{stream, believe(stream.Context())})
		}, s.streamCall))
	pb.RegisterScoringServiceServer(g, s)
	pb.RegisterSubmissionServiceServer(g, s)
	pb.RegisterPatientServiceServer(g, s)
	pb.RegisterAdminServiceServer(g, s)
	pb.RegisterAuditServiceServer(g, s)
	pb.RegisterRegistryServiceServer(g, s)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		m.t.Fatal(err)
	}
	go g.Serve(listener)
	m.t.Cleanup(g.Stop)
	if m.conn, err = grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials())); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { m.conn.Close() })
}

func matrixCaller(role access.Role, unit string) access.Caller {
	return access.Caller{System: "journal", User: "SE-user", Unit: unit, Roles: []access.Role{role}, Purpose: access.Care, RequestID: "r"}
}

func (m *matrix) submission(id, episode string, patient *pb.PatientIdentifier, on string) *pb.SubmitRequest {
	return &pb.SubmitRequest{
		SubmissionId: id, CareUnit: "unit-own", EpisodeId: episode, Occasion: pb.Occasion_OCCASION_OTHER, OccasionLabel: id, AnsweredOn: on,
		AllowNewEpisode: true, Patient: patient, Instrument: "nprs",
		Answers: []*pb.Answer{{Item: "average_pain", Response: &pb.Answer_Value{Value: 4}}},
	}
}

// fill stores the episode, assessed by one other unit and shared with another.
func (m *matrix) fill() {
	ctx := metadata.AppendToOutgoingContext(m.t.Context(), "role", "clinician", "unit", "unit-own")
	if _, err := pb.NewSubmissionServiceClient(m.conn).Submit(ctx, m.submission("s-0", "e-1", matrixPatient, "2024-01-01")); err != nil {
		m.t.Fatal(err)
	}
	if _, err := pb.NewPatientServiceClient(m.conn).UpsertEpisode(ctx, &pb.UpsertEpisodeRequest{
		Patient: matrixPatient, Episode: &pb.Episode{CareUnit: "unit-own", EpisodeId: "e-1", AssessingUnit: "unit-assessing"},
	}); err != nil {
		m.t.Fatal(err)
	}
	if _, err := pb.NewPatientServiceClient(m.conn).ShareEpisode(ctx, &pb.ShareEpisodeRequest{
		CareUnit: "unit-own", EpisodeId: "e-1", WithCareUnit: "unit-shared", Reason: "r",
	}); err != nil {
		m.t.Fatal(err)
	}
	episode, err := m.st.Episode(m.t.Context(), "unit-own", "e-1")
	if err != nil {
		m.t.Fatal(err)
	}
	m.patientKey = episode.PatientKey
	if _, err := pb.NewPatientServiceClient(m.conn).SetRegistryChoice(ctx, &pb.SetRegistryChoiceRequest{Patient: matrixPatient, CareUnit: "unit-own",
		Choice: pb.RegistryChoiceState_REGISTRY_CHOICE_STATE_INFORMED, DecidedOn: "2024-01-01", Reason: "r"}); err != nil {
		m.t.Fatal(err)
	}
	m.delivery = "d-0"
	if err := m.export(metadata.AppendToOutgoingContext(m.t.Context(), "role", "analyst", "unit", "unit-own"), m.delivery); err != nil {
		m.t.Fatal(err)
	}
	at := time.Now().Add(-time.Minute)
	if err := m.st.AppendAccess(m.t.Context(), store.AccessBlock{ // what there is to read for those who read the log
		Chain: "2024-01 m", Number: 1, FirstAt: at, LastAt: at, Events: 1, MAC: []byte("m"),
		Body: fmt.Appendf(nil, `{"at":%q,"action":"PatientService.GetTrend","activity":"Läsa","outcome":"granted","patients":[%q]}`+"\n", at.Format(time.RFC3339Nano), m.patientKey),
	}); err != nil {
		m.t.Fatal(err)
	}
	m.log.take()
}

// next is a new id.
func (m *matrix) next() string { m.n++; return fmt.Sprint("n-", m.n) }

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

// verdict is what became of a call: a word for the table.
func verdict(err error) string {
	switch {
	case err == nil, reasonOf(err) == clinic.StaleVersion: // the plan that was made by hand
		return "yes"
	case status.Code(err) == codes.NotFound:
		return "not found"
	case reasonOf(err) == clinic.RoleNotAllowed:
		return "role"
	case reasonOf(err) == clinic.UnitNotAllowed:
		return "unit"
	}
	return err.Error()
}

// want is what the rule says of a role and of what a unit is to the episode. Of
// reports, those who are no analyst get only their own unit's.
func want(action access.Action, role access.Role, relation string) string {
	rule, _ := access.RuleOf(action)
	switch {
	case !slices.Contains(rule.Roles, role):
		return "role"
	case rule.Scope == access.ScopeOwner && relation != "own",
		action == access.GetGroupReportCall && role != access.Analyst && relation != "own":
		return "unit"
	case rule.Scope == access.ScopeEpisode && relation == "other":
		return "not found"
	}
	return "yes"
}

// TestMatrix makes every call of the contract in every role, for every relation
// of the caller's unit to the episode, and holds answer and access log to the
// rule. A call without a line in matrixCalls fails it.
func TestMatrix(t *testing.T) {
	m := newMatrix(t)
	for _, action := range access.Actions() {
		rule, _ := access.RuleOf(action)
		call, ok := matrixCalls[action]
		if !ok {
			t.Errorf("%s has no line in matrixCalls", action)
			continue
		}
		for _, role := range access.Roles {
			var row []string
			for _, u := range matrixUnits {
				m.log.take()
				got := verdict(call(m, metadata.AppendToOutgoingContext(t.Context(), "role", string(role), "unit", u.unit)))
				row = append(row, got)
				if expected := want(action, role, u.relation); got != expected {
					t.Errorf("%s as %s of the %s unit: %s, want %s", action, role, u.relation, got, expected)
				}
				if problem := m.wrongLog(action, rule, got); problem != "" {
					t.Errorf("%s as %s of the %s unit: %s", action, role, u.relation, problem)
				}
			}
			t.Logf("%-42s %-14s %s", action, role, strings.Join(row, " | "))
		}
		if got := status.Code(call(m, t.Context())); got != codes.Unauthenticated && action != access.ScoreBatchCall {
			t.Errorf("%s by nobody: %v", action, got)
		}
	}
}

// wrongLog says what is wrong with what the log heard of one call.
func (m *matrix) wrongLog(action access.Action, rule access.Rule, got string) string {
	events := m.log.take()
	if !rule.PatientLevel() {
		if len(events) > 0 {
			return "logged although it is about nobody"
		}
		return ""
	}
	outcome := map[string]access.Outcome{"yes": access.Granted, "not found": access.NotFound, "role": access.Refused, "unit": access.Refused}[got]
	i := slices.IndexFunc(events, func(e access.Event) bool { return e.Action == action && e.Outcome == outcome })
	if action == access.ListEpisodesCall && got == "not found" { // an empty list, which is granted
		i = slices.IndexFunc(events, func(e access.Event) bool { return e.Outcome == access.Granted && len(e.Patients) == 0 })
	}
	if i < 0 {
		return fmt.Sprintf("no event %s among %+v", outcome, events)
	}
	e := events[i]
	switch {
	case e.Activity != rule.Activity, e.User != "SE-user", e.Purpose != access.Care, e.RequestID == "":
		return fmt.Sprintf("the event lacks who or why: %+v", e)
	case outcome == access.Granted && got == "yes" && !slices.Contains(e.Patients, m.patientKey):
		return fmt.Sprintf("the event lacks for whom: %+v", e)
	case outcome == access.Refused && e.Reason != cmp.Or(map[string]string{"role": clinic.RoleNotAllowed}[got], clinic.UnitNotAllowed):
		return "the event lacks why it was refused"
	}
	return ""
}

// pagesAboutNobody are the pages for which no rule of the contract holds: they
// show no patient. One that is not listed here stands for a call.
var pagesAboutNobody = []string{"GET /commission", "POST /commission", "GET /paper", "GET /episodes/new", "GET /codebook"}

// pageForms are what is sent to the pages that take a form.
var pageForms = map[string]string{
	"POST /units/{unit}/episodes/{id}/registry": "provider=provider&registry=nrs&choice=informed&decided_on=2024-01-01&reason=r",
	"POST /worklist":                         "unit=unit-own&form=FORM&at=e%3De-1%26o%3Dprogramme_end&kind=returned&on=2024-01-01",
	"POST /paper":                            "code=CODE",
	"POST /feedback":                         "unit=unit-own&form=FORM&at=e%3De-1%26o%3Dprogramme_end&kind=seen&on=2024-01-01",
	"POST /cohorts":                          "unit=unit-own&at=e%3De-1&date=end_planned_on&on=2030-01-01",
	"POST /episodes/new":                     "unit=unit-own&system=" + url.QueryEscape(matrixPatient.System) + "&patient=m-1&episode=FORM",
	"POST /units/{unit}/episodes/{id}/edit":  "etag=ETAG&assessing_unit=unit-assessing&cohort=FORM",
	"POST /units/{unit}/episodes/{id}/entry": "form=FORM&occasion=other&label=FORM&instrument=nprs&on=2024-01-01&respondent=patient&i.average_pain=3",
}

// showsWhatItDid are the pages that answer a form with what became of it.
var showsWhatItDid = []string{"POST /worklist", "POST /cohorts"}

// pageForm is what is sent to a page, with what changes from time to time filled in.
func (m *matrix) pageForm(pattern string) string {
	form := strings.ReplaceAll(pageForms[pattern], "FORM", m.next())
	if strings.Contains(form, "ETAG") {
		episode, err := m.st.Episode(m.t.Context(), "unit-own", "e-1")
		if err != nil {
			m.t.Fatal(err)
		}
		form = strings.ReplaceAll(form, "ETAG", clinic.Etag(episode))
	}
	if strings.Contains(form, "CODE") {
		own := metadata.AppendToOutgoingContext(m.t.Context(), "role", "clinician", "unit", "unit-own")
		sent, err := pb.NewPatientServiceClient(m.conn).RecordDispatch(own, &pb.RecordDispatchRequest{
			ActId: m.next(), CareUnit: "unit-own", EpisodeId: "e-1", Kind: pb.OccasionActKind_OCCASION_ACT_KIND_SENT, Occasion: pb.Occasion_OCCASION_PROGRAMME_END})
		if err != nil {
			m.t.Fatal(err)
		}
		form = strings.ReplaceAll(form, "CODE", sent.PaperCode)
	}
	return form
}

// TestMatrixOfPages opens every page of the site in every role, for every
// relation of the reader's unit to the episode, and holds answer and access log
// to the rule of the call that the page stands for.
func TestMatrixOfPages(t *testing.T) {
	m := newMatrix(t)
	pages := review.New(m.use, review.Options{Logger: slog.New(slog.DiscardHandler)})
	for _, route := range review.Routes() {
		if route.Open || slices.Contains(pagesAboutNobody, route.Pattern) {
			if route.Action != "" {
				t.Errorf("%s stands for %s, and asks for no sign-in or is about nobody", route.Pattern, route.Action)
			}
			continue
		}
		_, ok := access.RuleOf(route.Action)
		if !ok {
			t.Errorf("%s stands for no call of the contract, so no rule holds for it", route.Pattern)
			continue
		}
		for _, role := range access.Roles {
			for _, u := range matrixUnits {
				if problem := m.wrongPage(pages, route, want(route.Action, role, u.relation), matrixCaller(role, u.unit), u.relation); problem != "" {
					t.Errorf("%s as %s of the %s unit: %s", route.Pattern, role, u.relation, problem)
				}
			}
		}
	}
}

// launchToken is of a new link to the episode.
func (m *matrix) launchToken() string {
	link, err := m.use.CreateLaunchLink(access.WithCaller(m.t.Context(), matrixCaller(access.Clinician, "unit-own")), clinic.EpisodeRef{CareUnit: "unit-own", EpisodeID: "e-1"})
	if err != nil {
		m.t.Fatal(err)
	}
	m.log.take()
	return link.Token
}

// wrongPage says what is wrong with a page that the rule decides about.
func (m *matrix) wrongPage(pages http.Handler, route review.Route, decided string, caller access.Caller, relation string) string {
	form := m.pageForm(route.Pattern)
	m.log.take()
	method, path, _ := strings.Cut(route.Pattern, " ")
	for _, list := range []string{"/worklist", "/worklist.csv", "/feedback", "/cohorts", "/report"} {
		if method == "GET" && path == list {
			path += "?unit=unit-own"
		}
	}
	path = strings.NewReplacer("{$}", "?unit=unit-own", "{unit}", "unit-own", "{id}", "e-1", "{moment}", "baseline",
		"/conference", "/conference?e=unit-own/e-1", "{token}", m.launchToken()).Replace(path)
	reply := httptest.NewRecorder()
	request := httptest.NewRequest(method, path, strings.NewReader(form))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	pages.ServeHTTP(reply, request.WithContext(access.WithCaller(m.t.Context(), caller)))
	list := route.Action == access.ListEpisodesCall
	status := map[string]int{"yes": 200, "not found": 404, "role": 403, "unit": 403}[decided]
	switch {
	case list && status == 404:
		status = 200 // an empty list
	case status == 200 && strings.HasPrefix(path, "/launch/"):
		status = 303 // on to the episode
	}
	if _, sends := pageForms[route.Pattern]; sends && status == 200 && !slices.Contains(showsWhatItDid, route.Pattern) {
		status = 303 // back to the page that shows what was stored
	}
	if reply.Code != status {
		return fmt.Sprintf("%d, want %d", reply.Code, status)
	}
	if shown := strings.Contains(reply.Body.String(), "/units/unit-own/episodes/e-1"); list && shown != (status == 200 && (relation == "own" || relation == "shared")) {
		return fmt.Sprintf("shown %v", shown)
	}
	events := m.log.take()
	if !slices.ContainsFunc(events, func(e access.Event) bool { return e.Action == route.Action }) {
		return fmt.Sprintf("not logged as %s: %+v", route.Action, events)
	}
	if decided == "yes" && len(events) != 1 {
		return fmt.Sprintf("one look is %d events: %+v", len(events), events)
	}
	return ""
}
