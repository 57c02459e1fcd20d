package server

import (
	"context"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/clinic"
)

// coordinator is a unit's coordinator at the end of the wire, a year after the
// end of the programme of episode e-1.
func coordinator(t *testing.T) (context.Context, pb.PatientServiceClient, *matrix) {
	t.Helper()
	m := newMatrix(t)
	ctx := metadata.NewOutgoingContext(t.Context(), metadata.Pairs("role", "coordinator", "unit", "unit-own"))
	patients := pb.NewPatientServiceClient(m.conn)
	_, err := patients.UpsertEpisode(ctx, &pb.UpsertEpisodeRequest{Patient: matrixPatient, Episode: &pb.Episode{
		CareUnit: "unit-own", EpisodeId: "e-1", EndedOn: time.Now().AddDate(0, 0, -365).Format(time.DateOnly), Track: pb.Track_TRACK_PROGRAMME}})
	if err != nil {
		t.Fatal(err)
	}
	return ctx, patients, m
}

// refusal is a call that must be refused, and with what.
type refusal struct {
	err    error
	code   codes.Code
	reason string
}

func wantRefused(t *testing.T, refusals map[string]refusal) {
	t.Helper()
	for what, r := range refusals {
		if status.Code(r.err) != r.code || reasonOf(r.err) != r.reason {
			t.Errorf("%s: %v %s, want %s %s", what, status.Code(r.err), reasonOf(r.err), r.code, r.reason)
		}
	}
}

// failed drops the reply of a call that is made for its error.
func failed[T any](_ T, err error) error { return err }

const twelveMonths = pb.Occasion_OCCASION_FOLLOW_UP_12_MONTHS

// TestADueOccasionGoesOutOverTheWireAndItsCodeLeadsBack follows a follow-up from
// the worklist to the paper form that came back.
func TestADueOccasionGoesOutOverTheWireAndItsCodeLeadsBack(t *testing.T) {
	ctx, patients, _ := coordinator(t)
	due := func() *pb.DueOccasion {
		t.Helper()
		reply, err := patients.ListDueOccasions(ctx, &pb.ListDueOccasionsRequest{CareUnit: "unit-own", Occasion: twelveMonths, States: []pb.DueState{pb.DueState_DUE_STATE_DUE}})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range reply.Occasions {
			if d.Episode.EpisodeId == "e-1" {
				return d
			}
		}
		return nil
	}
	if d := due(); d == nil || d.Anchor != pb.Anchor_ANCHOR_PROGRAMME_END || d.FirstDay == "" || d.LastDay <= d.FirstDay || d.LastDispatch != nil {
		t.Fatalf("%v", d)
	}
	send := &pb.RecordDispatchRequest{
		ActId: "a-1", CareUnit: "unit-own", EpisodeId: "e-1", Kind: pb.OccasionActKind_OCCASION_ACT_KIND_SENT, Occasion: twelveMonths,
		InformationSheet: "NRS 2024", InformsOfRegistry: "nrs", Note: "by letter", Author: "SE-ebba",
	}
	sent, err := patients.RecordDispatch(ctx, send)
	if err != nil {
		t.Fatal(err)
	}
	if a := sent.Act; a.Kind != send.Kind || a.Occasion != twelveMonths || a.InformationSheet != "NRS 2024" || a.Note != "by letter" || a.DoneBy != "SE-ebba" ||
		a.Number != 1 || a.DoneOn == "" || !a.RecordedAt.IsValid() || len(sent.PaperCode) != 9 || sent.RegistryChoice.GetChoice() != pb.RegistryChoiceState_REGISTRY_CHOICE_STATE_INFORMED {
		t.Errorf("%v", sent)
	}
	again, err := patients.RecordDispatch(ctx, send)
	if err != nil || !again.Replayed || again.PaperCode != sent.PaperCode || again.Act.String() != sent.Act.String() {
		t.Errorf("again: %v %v", again, err)
	}
	if d := due(); d == nil || d.LastDispatch.GetActId() != "a-1" {
		t.Errorf("the worklist does not tell of it: %v", d)
	}
	code := strings.ToLower(sent.PaperCode[:4] + "-" + sent.PaperCode[4:])
	found, err := patients.FindDispatch(ctx, &pb.FindDispatchRequest{PaperCode: code})
	if err != nil || found.Episode.GetEpisodeId() != "e-1" || found.Occasion != twelveMonths || len(found.Dispatches) != 1 {
		t.Errorf("%v %v", found, err)
	}
	acts, err := patients.ListOccasionActs(ctx, &pb.ListOccasionActsRequest{CareUnit: "unit-own", EpisodeId: "e-1"})
	if err != nil || len(acts.Acts) != 1 || acts.Acts[0].String() != sent.Act.String() {
		t.Errorf("%v %v", acts, err)
	}
	reused := &pb.RecordDispatchRequest{ActId: "a-1", CareUnit: "unit-own", EpisodeId: "e-1", Kind: pb.OccasionActKind_OCCASION_ACT_KIND_RETURNED, Occasion: twelveMonths}
	unknownEpisode := &pb.RecordDispatchRequest{ActId: "a-2", CareUnit: "unit-own", EpisodeId: "none", Kind: send.Kind, Occasion: twelveMonths}
	ofFeedback := &pb.RecordDispatchRequest{ActId: "a-2", CareUnit: "unit-own", EpisodeId: "e-1", Kind: pb.OccasionActKind_OCCASION_ACT_KIND_SEEN, Occasion: twelveMonths}
	last := sent.PaperCode[8]
	wrong := sent.PaperCode[:8] + string([]byte{'2' + (last-'2'+1)%2})
	wantRefused(t, map[string]refusal{
		"an id for another act":     {failed(patients.RecordDispatch(ctx, reused)), codes.AlreadyExists, clinic.ActIDReused},
		"an unknown episode":        {failed(patients.RecordDispatch(ctx, unknownEpisode)), codes.NotFound, clinic.EpisodeUnknown},
		"an act that is none of it": {failed(patients.RecordDispatch(ctx, ofFeedback)), codes.InvalidArgument, clinic.UnknownField},
		"a code with a wrong end":   {failed(patients.FindDispatch(ctx, &pb.FindDispatchRequest{PaperCode: wrong})), codes.InvalidArgument, clinic.BadFormat},
		"a worklist of no unit":     {failed(patients.ListDueOccasions(ctx, &pb.ListDueOccasionsRequest{})), codes.InvalidArgument, clinic.Required},
		"a state of a later contract": {failed(patients.ListDueOccasions(ctx, &pb.ListDueOccasionsRequest{CareUnit: "unit-own", States: []pb.DueState{99}})),
			codes.InvalidArgument, clinic.UnknownField},
		"acts of no episode": {failed(patients.ListOccasionActs(ctx, &pb.ListOccasionActsRequest{CareUnit: "unit-own", EpisodeId: "none"})), codes.NotFound, clinic.EpisodeUnknown},
	})
}

// TestFeedbackIsAwaitedOverTheWireUntilItIsGiven follows an answered follow-up
// to the talk about it.
func TestFeedbackIsAwaitedOverTheWireUntilItIsGiven(t *testing.T) {
	ctx, patients, m := coordinator(t)
	late := m.submission("late", "e-1", matrixPatient, time.Now().AddDate(0, 0, -3).Format(time.DateOnly))
	late.Occasion, late.OccasionLabel = twelveMonths, ""
	if _, err := pb.NewSubmissionServiceClient(m.conn).Submit(ctx, late); err != nil {
		t.Fatal(err)
	}
	awaiting := func() (of []*pb.AwaitingFeedback) {
		t.Helper()
		reply, err := patients.ListAwaitingFeedback(ctx, &pb.ListAwaitingFeedbackRequest{CareUnit: "unit-own"})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range reply.Episodes {
			if a.Occasion == twelveMonths {
				of = append(of, a)
			}
		}
		return of
	}
	if got := awaiting(); len(got) != 1 || got[0].Episode.GetEpisodeId() != "e-1" || got[0].FirstAnsweredOn != late.AnsweredOn || got[0].LastAnsweredOn != late.AnsweredOn {
		t.Fatalf("%v", got)
	}
	review := &pb.RecordFeedbackReviewRequest{ActId: "r-1", CareUnit: "unit-own", EpisodeId: "e-1", Kind: pb.OccasionActKind_OCCASION_ACT_KIND_SEEN, Occasion: twelveMonths}
	if _, err := patients.RecordFeedbackReview(ctx, review); err != nil || len(awaiting()) != 1 {
		t.Errorf("read, and nobody has talked about it: %v", err)
	}
	review.ActId, review.Kind, review.Way = "r-2", pb.OccasionActKind_OCCASION_ACT_KIND_FEEDBACK_GIVEN, pb.FeedbackWay_FEEDBACK_WAY_PHONE
	given, err := patients.RecordFeedbackReview(ctx, review)
	if err != nil || given.Act.Way != pb.FeedbackWay_FEEDBACK_WAY_PHONE || given.Act.Number != 2 || given.Replayed || len(awaiting()) != 0 {
		t.Errorf("%v %v", given, err)
	}
	if again, err := patients.RecordFeedbackReview(ctx, review); err != nil || !again.Replayed {
		t.Errorf("%v %v", again, err)
	}
	sent := &pb.RecordFeedbackReviewRequest{ActId: "r-3", CareUnit: "unit-own", EpisodeId: "e-1", Kind: pb.OccasionActKind_OCCASION_ACT_KIND_SENT, Occasion: twelveMonths}
	wantRefused(t, map[string]refusal{
		"a dispatch": {failed(patients.RecordFeedbackReview(ctx, sent)), codes.InvalidArgument, clinic.UnknownField},
		"of no unit": {failed(patients.ListAwaitingFeedback(ctx, &pb.ListAwaitingFeedbackRequest{})), codes.InvalidArgument, clinic.Required},
	})
}

func TestALaunchLinkComesOverTheWireAndSaysNothing(t *testing.T) {
	ctx, patients, _ := coordinator(t)
	of := &pb.CreateLaunchLinkRequest{CareUnit: "unit-own", EpisodeId: "e-1", Patient: matrixPatient}
	one, err := patients.CreateLaunchLink(ctx, of)
	if err != nil {
		t.Fatal(err)
	}
	two, err := patients.CreateLaunchLink(ctx, of)
	if err != nil || one.Token == two.Token || len(one.Token) != 43 || strings.ContainsAny(one.Token, "+/=") {
		t.Errorf("%v %v %v", one, two, err)
	}
	if left := time.Until(one.ExpiresAt.AsTime()); left <= 4*time.Minute || left > 5*time.Minute {
		t.Errorf("it holds for %v", left)
	}
	another := &pb.CreateLaunchLinkRequest{CareUnit: "unit-own", EpisodeId: "e-1", Patient: &pb.PatientIdentifier{System: matrixPatient.System, Value: "m-2"}}
	wantRefused(t, map[string]refusal{
		"no such episode":   {failed(patients.CreateLaunchLink(ctx, &pb.CreateLaunchLinkRequest{CareUnit: "unit-own", EpisodeId: "none"})), codes.NotFound, clinic.EpisodeUnknown},
		"another patient's": {failed(patients.CreateLaunchLink(ctx, another)), codes.NotFound, clinic.EpisodeUnknown},
	})
}

func TestANameComesOverTheWireOnlyWhereItIsAskedFor(t *testing.T) {
	ctx, patients, _ := coordinator(t)
	give := &pb.SetPatientNameRequest{CareUnit: "unit-own", EpisodeId: "e-1", Name: " Åsa  Öberg"}
	set, err := patients.SetPatientName(ctx, give)
	if err != nil || !set.Changed {
		t.Fatal(set, err)
	}
	if set, err = patients.SetPatientName(ctx, give); err != nil || set.Changed {
		t.Errorf("again: %v %v", set, err)
	}
	got, err := patients.GetPatientName(ctx, &pb.GetPatientNameRequest{CareUnit: "unit-own", EpisodeId: "e-1"})
	if err != nil || got.Name.GetName() != "Åsa Öberg" || got.Name.GetChangedBy() != "SE-user" || !got.Name.GetChangedAt().IsValid() {
		t.Errorf("%v %v", got, err)
	}
	found, err := patients.FindPatientsByName(ctx, &pb.FindPatientsByNameRequest{Name: "åsa öberg"})
	if err != nil || len(found.Episodes) != 1 || found.Episodes[0].EpisodeId != "e-1" || strings.Contains(found.String(), "berg") {
		t.Errorf("%v %v", found, err)
	}
	if set, err = patients.SetPatientName(ctx, &pb.SetPatientNameRequest{CareUnit: "unit-own", Patient: matrixPatient}); err != nil || !set.Changed {
		t.Errorf("taken away: %v %v", set, err)
	}
	if got, err = patients.GetPatientName(ctx, &pb.GetPatientNameRequest{CareUnit: "unit-own", EpisodeId: "e-1"}); err != nil || got.Name != nil {
		t.Errorf("%v %v", got, err)
	}
	number := &pb.SetPatientNameRequest{CareUnit: "unit-own", EpisodeId: "e-1", Name: "Åsa 850709"}
	wantRefused(t, map[string]refusal{
		"a number for a name": {failed(patients.SetPatientName(ctx, number)), codes.InvalidArgument, clinic.BadFormat},
		"no name to look for": {failed(patients.FindPatientsByName(ctx, &pb.FindPatientsByNameRequest{})), codes.InvalidArgument, clinic.BadFormat},
		"no such episode":     {failed(patients.GetPatientName(ctx, &pb.GetPatientNameRequest{CareUnit: "unit-own", EpisodeId: "none"})), codes.NotFound, clinic.EpisodeUnknown},
	})
}
