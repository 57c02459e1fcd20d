package server

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/store/postgres"
	"github.com/painscore/painscore/server/store/postgres/pgtest"
)

// group is a server with patients of several units.
type group struct{ *matrix }

func (g group) as(role access.Role, unit string) context.Context {
	return metadata.AppendToOutgoingContext(g.t.Context(), "role", string(role), "unit", unit)
}

// pain gives a patient of a unit one form of pain at an occasion.
func (g group) pain(unit string, n int, occasion pb.Occasion, on string, pain int32) {
	g.t.Helper()
	if _, err := pb.NewSubmissionServiceClient(g.conn).Submit(g.as(access.Clinician, unit), &pb.SubmitRequest{
		SubmissionId: fmt.Sprintf("%s-%d-%d", unit, n, occasion), CareUnit: unit, EpisodeId: fmt.Sprint("e-", n), Occasion: occasion, AnsweredOn: on, AllowNewEpisode: true,
		Patient: &pb.PatientIdentifier{System: "https://example.org/patients", Value: fmt.Sprint(unit, "/", n)}, Instrument: "nprs",
		Answers: []*pb.Answer{{Item: "average_pain", Response: &pb.Answer_Value{Value: pain}}},
	}); err != nil {
		g.t.Fatal(err, status.Convert(err).Details())
	}
}

// episode says when a patient of a unit began and ended.
func (g group) episode(unit string, n int, ended string) {
	g.t.Helper()
	if _, err := pb.NewPatientServiceClient(g.conn).UpsertEpisode(g.as(access.Clinician, unit), &pb.UpsertEpisodeRequest{
		Patient: &pb.PatientIdentifier{System: "https://example.org/patients", Value: fmt.Sprint(unit, "/", n)},
		Episode: &pb.Episode{CareUnit: unit, EpisodeId: fmt.Sprint("e-", n), FirstVisitOn: "2023-01-10", StartedOn: "2023-02-01", EndedOn: ended, Status: pb.EpisodeStatus_EPISODE_STATUS_COMPLETED},
	}); err != nil {
		g.t.Fatal(err, status.Convert(err).Details())
	}
}

// newGroup fills a store with so many patients of each unit, whose pain at the
// end is two less, or for each third one more.
func newGroup(t *testing.T, units map[string]int) group {
	m := newMatrix(t)
	return fillGroup(t, m, units)
}

func fillGroup(t *testing.T, m *matrix, units map[string]int) group {
	g := group{m}
	for _, unit := range slices.Sorted(maps.Keys(units)) {
		for n := range units[unit] {
			before, change := int32(5+n%4), int32(-2)
			if n%3 == 0 {
				change = 1
			}
			g.pain(unit, n, pb.Occasion_OCCASION_BASELINE, "2023-01-05", before)
			g.pain(unit, n, pb.Occasion_OCCASION_PROGRAMME_END, "2023-04-10", before+change)
			g.episode(unit, n, "2023-04-01")
		}
	}
	m.log.take()
	return g
}

func (g group) report(role access.Role, unit string, request *pb.GetGroupReportRequest) (*pb.GetGroupReportResponse, error) {
	return pb.NewRegistryServiceClient(g.conn).GetGroupReport(g.as(role, unit), request)
}

func of(units ...string) *pb.GetGroupReportRequest {
	return &pb.GetGroupReportRequest{Filter: &pb.GroupFilter{CareUnits: units}}
}

// must reports a call's error.
func (g group) must(r *pb.GetGroupReportResponse, err error) *pb.GetGroupReportResponse {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
	return r
}

// tooClose holds a call to be refused because of what was told before.
func (g group) tooClose(what string, _ *pb.GetGroupReportResponse, err error) {
	g.t.Helper()
	if status.Code(err) != codes.FailedPrecondition || reasonOf(err) != clinic.ReportTooClose {
		g.t.Errorf("%s: %v", what, err)
	}
}

// counts walks through a message and hands over every count and figure in it.
func counts(m protoreflect.Message, each func(*pb.GroupCount)) {
	if c, ok := m.Interface().(*pb.GroupCount); ok {
		each(c)
		return
	}
	m.Range(func(field protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case field.Message() == nil:
		case field.IsList():
			for i := range v.List().Len() {
				counts(v.List().Get(i).Message(), each)
			}
		default:
			counts(v.Message(), each)
		}
		return true
	})
}

// TestAGroupReportComesWholeToItsUnitAndSuppressedToAnAnalyst on both engines.
func TestAGroupReportComesWholeToItsUnitAndSuppressedToAnAnalyst(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { checkGroupReport(t, newGroup(t, map[string]int{"a": 12, "b": 7})) })
	t.Run("postgres", func(t *testing.T) {
		st, err := postgres.Open(t.Context(), pgtest.Database(t), postgres.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { st.Close() })
		checkGroupReport(t, fillGroup(t, newMatrixOn(t, st), map[string]int{"a": 12, "b": 7}))
	})
}

func checkGroupReport(t *testing.T, g group) {
	whole := g.must(g.report(access.Clinician, "a", &pb.GetGroupReportRequest{}))
	if whole.Audience != pb.GroupAudience_GROUP_AUDIENCE_INTERNAL || len(whole.Groups) != 1 || whole.Groups[0].Episodes.GetN() != 12 || len(whole.Units) != 1 || whole.Units[0].CareUnit != "a" {
		t.Fatalf("the unit's own: %v", whole)
	}
	change := scaleNamed(t, whole.Groups[0], "average_pain").Changes[0]
	if change.N.GetN() != 12 || change.Mean.GetValue() != -1 || change.Ci.Low.GetValue() >= -1 || change.Ci.High.GetValue() <= -1 {
		t.Errorf("change: %v", change)
	}
	if f := whole.Groups[0].Feedback; f.Known.GetWithheld() != "NOT_ASKED_FOR" {
		t.Errorf("feedback of nobody: %v", f)
	}
	if s := scaleNamed(t, whole.Groups[0], "average_pain"); s.Lowest != "0" || s.Highest != "10" || s.Direction != pb.Direction_DIRECTION_HIGHER_IS_WORSE {
		t.Errorf("scale: %v", s)
	}
	shown := g.must(g.report(access.Analyst, "registry", &pb.GetGroupReportRequest{Split: pb.GroupDimension_GROUP_DIMENSION_CARE_UNIT}))
	if shown.Audience != pb.GroupAudience_GROUP_AUDIENCE_SUPPRESSED || shown.Threshold != 5 || len(shown.Groups) < 2 {
		t.Fatalf("an analyst's: %v", shown)
	}
	counts(shown.ProtoReflect(), func(c *pb.GroupCount) {
		if n := c.GetN(); n > 0 && n < 5 {
			t.Errorf("a count of %d is shown", n)
		}
	})
	for _, unit := range shown.Groups {
		if unit.Value == "a" && unit.Episodes.GetN() != 12 {
			t.Errorf("a unit of twelve: %v", unit.Episodes)
		}
	}
	if _, err := g.report(access.Clinician, "b", of("a")); reasonOf(err) != clinic.UnitNotAllowed {
		t.Errorf("another unit's: %v", err)
	}
	if _, err := g.report(access.Coordinator, "b", of("a", "b")); reasonOf(err) != clinic.UnitNotAllowed {
		t.Errorf("another unit's beside the own: %v", err)
	}
}

func scaleNamed(t *testing.T, g *pb.PatientGroup, scale string) *pb.GroupScale {
	t.Helper()
	for _, s := range g.Scales {
		if s.Scale == scale {
			return s
		}
	}
	t.Fatalf("no scale %s in %v", scale, g)
	return nil
}

// The attacks are made by one analyst, who keeps every report.

func TestAttackMarginsAUnitOfThreeBesideTheTotal(t *testing.T) {
	g := newGroup(t, map[string]int{"a": 12, "b": 8, "c": 3})
	shown := g.must(g.report(access.Analyst, "r", &pb.GetGroupReportRequest{Filter: &pb.GroupFilter{CareUnits: []string{"a", "b", "c"}}, Split: pb.GroupDimension_GROUP_DIMENSION_CARE_UNIT}))
	hidden := 0
	for _, unit := range shown.Groups {
		if unit.Hidden {
			hidden++
		}
	}
	if hidden != 2 {
		t.Errorf("%d groups are hidden: the unit of three could be had from the total", hidden)
	}
}

func TestAttackAUnitAgainstTheOthers(t *testing.T) {
	g := newGroup(t, map[string]int{"a": 12, "c": 3})
	g.must(g.report(access.Analyst, "r", of("a", "c")))
	_, err := g.report(access.Analyst, "r", &pb.GetGroupReportRequest{Filter: &pb.GroupFilter{CareUnits: []string{"a", "c"}, NotCareUnits: []string{"c"}}})
	g.tooClose("all but the unit of three", nil, err)
}

func TestAttackPeriodsOnePatientApart(t *testing.T) {
	g := newGroup(t, map[string]int{"a": 12})
	g.episode("a", 0, "2023-04-02")
	to := func(day string) *pb.GetGroupReportRequest {
		return &pb.GetGroupReportRequest{Filter: &pb.GroupFilter{CareUnits: []string{"a"}, Date: pb.GroupDate_GROUP_DATE_ENDED_ON, To: day}}
	}
	first := g.must(g.report(access.Analyst, "r", to("2023-04-01")))
	_, err := g.report(access.Analyst, "r", to("2023-04-02"))
	g.tooClose("a day more", nil, err)
	if again := g.must(g.report(access.Analyst, "r", to("2023-04-01"))); !proto.Equal(first, again) {
		t.Error("the report that was given is not given again")
	}
}

func TestAttackUnitsOneByOneThenAllOfThem(t *testing.T) {
	g := newGroup(t, map[string]int{"a": 9, "b": 9, "c": 3})
	g.must(g.report(access.Analyst, "r", of("a")))
	g.must(g.report(access.Analyst, "r", of("b")))
	_, err := g.report(access.Analyst, "r", of("a", "b", "c"))
	g.tooClose("the total", nil, err)
}

func TestAttackTheSameReportAfterOneMoreForm(t *testing.T) {
	g := newGroup(t, map[string]int{"a": 12})
	g.must(g.report(access.Analyst, "r", of("a")))
	g.pain("a", 3, pb.Occasion_OCCASION_FOLLOW_UP_12_MONTHS, "2024-04-10", 2)
	_, err := g.report(access.Analyst, "r", of("a"))
	g.tooClose("one form more", nil, err)
	for n := range 5 {
		if n != 3 {
			g.pain("a", n, pb.Occasion_OCCASION_FOLLOW_UP_12_MONTHS, "2024-04-10", 2)
		}
	}
	g.must(g.report(access.Analyst, "r", of("a")))
}

func TestAttackVerdictCountsAgainstTheirSum(t *testing.T) {
	g := newGroup(t, map[string]int{"a": 11}) // four of eleven got worse
	shown := g.must(g.report(access.Analyst, "r", of("a")))
	change := scaleNamed(t, shown.Groups[0], "average_pain").Changes[0]
	for _, c := range change.Verdicts {
		if n := c.N.GetN(); n > 0 && n < 5 || change.Judged.GetN()-n > 0 && change.Judged.GetN()-n < 5 {
			t.Errorf("%s: %d of %d", c.Code, n, change.Judged.GetN())
		}
	}
}

func TestAttackTwoReportsAtOnce(t *testing.T) {
	g := newGroup(t, map[string]int{"a": 12, "c": 3})
	var refused, given int
	var wait sync.WaitGroup
	var mu sync.Mutex
	for i := range 6 {
		request := of("a", "c")
		if i%2 == 0 {
			request = of("a")
		}
		wait.Go(func() {
			_, err := g.report(access.Analyst, "r", request)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				given++
			case reasonOf(err) == clinic.ReportTooClose:
				refused++
			default:
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if given != 3 || refused != 3 {
		t.Errorf("%d given, %d refused: both kinds were given", given, refused)
	}
}

func TestAttackAfterARestart(t *testing.T) {
	g := newGroup(t, map[string]int{"a": 12, "c": 3})
	g.must(g.report(access.Analyst, "r", of("a", "c")))
	restarted := group{newMatrixOn(t, forgetful{g.st})}
	_, err := restarted.report(access.Analyst, "r", of("a"))
	g.tooClose("after a restart", nil, err)
}

// forgetful is a store that another process opened with a key file of its own.
type forgetful struct{ store.Store }

func (forgetful) SetPropertyOnce(_ context.Context, _, value string) (string, error) {
	return value, nil
}

func TestAClinicianWhoBecomesAnAnalystKnowsTheOwnUnit(t *testing.T) {
	g := newGroup(t, map[string]int{"a": 12, "c": 3})
	g.must(g.report(access.Clinician, "a", &pb.GetGroupReportRequest{}))
	_, err := g.report(access.Analyst, "r", of("a", "c"))
	g.tooClose("the own unit and a small one", nil, err)
}

func TestAnErasedPatientIsInNoReportAndRefusesNone(t *testing.T) {
	g := newGroup(t, map[string]int{"a": 12})
	g.must(g.report(access.Analyst, "r", of("a")))
	if _, err := pb.NewPatientServiceClient(g.conn).ErasePatient(g.as(access.Administrator, "a"), &pb.ErasePatientRequest{
		ErasureId: "x", Patient: &pb.PatientIdentifier{System: "https://example.org/patients", Value: "a/4"}, Reason: "r"}); err != nil {
		t.Fatal(err)
	}
	if r := g.must(g.report(access.Analyst, "r", of("a"))); r.Groups[0].Episodes.GetN() != 11 {
		t.Errorf("%v", r.Groups[0].Episodes)
	}
}

func TestATestPatientIsInNoReport(t *testing.T) {
	g := newGroup(t, map[string]int{"a": 6})
	if _, err := pb.NewSubmissionServiceClient(g.conn).Submit(g.as(access.Clinician, "a"), &pb.SubmitRequest{
		SubmissionId: "test", CareUnit: "a", EpisodeId: "test", Occasion: pb.Occasion_OCCASION_BASELINE, AnsweredOn: "2023-01-05", AllowNewEpisode: true,
		Patient: &pb.PatientIdentifier{System: "http://electronichealth.se/identifier/personnummer", Value: "191212121212"}, Instrument: "nprs",
		Answers: []*pb.Answer{{Item: "average_pain", Response: &pb.Answer_Value{Value: 3}}},
	}); err != nil {
		t.Fatal(err)
	}
	if r := g.must(g.report(access.Clinician, "a", &pb.GetGroupReportRequest{})); r.Groups[0].Episodes.GetN() != 6 {
		t.Errorf("%v", r.Groups[0].Episodes)
	}
}

func TestAReportIsOnRecordWithEverybodyInIt(t *testing.T) {
	g := newGroup(t, map[string]int{"a": 6, "b": 6})
	g.must(g.report(access.Analyst, "r", of("a")))
	events := g.log.take()
	if len(events) != 1 || events[0].Outcome != access.Granted || len(events[0].Patients) != 6 || events[0].CareUnit != "a" || events[0].Purpose == "" || events[0].Action != access.GetGroupReportCall {
		t.Errorf("given: %+v", events)
	}
	g.pain("a", 1, pb.Occasion_OCCASION_FOLLOW_UP_12_MONTHS, "2024-04-10", 2)
	g.log.take()
	g.report(access.Analyst, "r", of("a"))
	if events := g.log.take(); len(events) != 1 || events[0].Outcome != access.Refused || events[0].Reason != clinic.ReportTooClose || len(events[0].Patients) != 0 {
		t.Errorf("refused: %+v", events)
	}
}

func TestWhatCannotBeMeantIsRefusedWithEveryProblem(t *testing.T) {
	g := newGroup(t, nil)
	_, err := g.report(access.Analyst, "r", &pb.GetGroupReportRequest{
		Filter: &pb.GroupFilter{From: "2024-13-01", MinWeeks: 9, MaxWeeks: 3, CareUnits: []string{"a b"}}, Split: pb.GroupDimension_GROUP_DIMENSION_YEAR,
		Sides: []*pb.GroupSide{{}, {Name: "x"}, {Name: "x"}},
	})
	for _, field := range []string{"filter.date", "filter.from", "filter.max_weeks", "filter.care_units[0]", "sides[0].name", "sides[2].name"} {
		if !strings.Contains(fmt.Sprint(status.Convert(err).Details()), field) {
			t.Errorf("no problem of %s in %v", field, status.Convert(err).Details())
		}
	}
}

func TestTalksAboutTheAnswersAreCounted(t *testing.T) {
	g := newGroup(t, map[string]int{"a": 6})
	act := func(n int, kind pb.OccasionActKind) {
		if _, err := pb.NewPatientServiceClient(g.conn).RecordFeedbackReview(g.as(access.Clinician, "a"), &pb.RecordFeedbackReviewRequest{
			ActId: fmt.Sprintf("%d-%d", n, kind), CareUnit: "a", EpisodeId: fmt.Sprint("e-", n), Kind: kind, Occasion: pb.Occasion_OCCASION_BASELINE}); err != nil {
			t.Fatal(err)
		}
	}
	act(0, pb.OccasionActKind_OCCASION_ACT_KIND_SEEN)
	act(1, pb.OccasionActKind_OCCASION_ACT_KIND_FEEDBACK_OFFERED)
	act(2, pb.OccasionActKind_OCCASION_ACT_KIND_FEEDBACK_DECLINED)
	act(3, pb.OccasionActKind_OCCASION_ACT_KIND_FEEDBACK_GIVEN)
	f := g.must(g.report(access.Clinician, "a", &pb.GetGroupReportRequest{})).Groups[0].Feedback
	if f.Known.GetN() != 4 || f.Offered.GetN() != 3 || f.Given.GetN() != 1 {
		t.Errorf("%v", f)
	}
}

func TestTheCodebookNamesWhatADeliveryHolds(t *testing.T) {
	g := newGroup(t, nil)
	client := pb.NewRegistryServiceClient(g.conn)
	long, err := client.GetCodebook(g.as(access.Analyst, "r"), &pb.GetCodebookRequest{Instruments: []string{"nprs"}})
	if err != nil {
		t.Fatal(err)
	}
	wide, err := client.GetCodebook(g.as(access.Analyst, "r"), &pb.GetCodebookRequest{Instruments: []string{"nprs"}, Wide: true})
	if err != nil || len(wide.Variables) != 3*len(long.Variables) {
		t.Fatalf("%d wide, %d long: %v", len(wide.GetVariables()), len(long.Variables), err)
	}
	i := slices.IndexFunc(wide.Variables, func(v *pb.CodebookVariable) bool { return v.Name == "b_nprs__average_pain" })
	if i < 0 {
		t.Fatalf("%v", wide.Variables[0])
	}
	v := wide.Variables[i]
	if v.Occasion != pb.Occasion_OCCASION_BASELINE || len(v.Missing) == 0 || len(v.Versions) != 1 || v.Versions[0].Lowest != "0" || v.Versions[0].Highest != "10" {
		t.Errorf("%v", v)
	}
	if _, err := client.GetCodebook(g.as(access.Analyst, "r"), &pb.GetCodebookRequest{Instruments: []string{"none"}}); status.Code(err) != codes.InvalidArgument {
		t.Errorf("unknown instrument: %v", err)
	}
}
