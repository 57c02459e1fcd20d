package server

import (
	"cmp"
	"context"
	"fmt"
	"net"
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

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/scoring/instruments"
	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/registry/delivery"
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
