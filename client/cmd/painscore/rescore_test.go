package main

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// PreviewRescore answers with the fake's next reply, a stream's messages.
func (f *fake) PreviewRescore(request *pb.PreviewRescoreRequest, stream grpc.ServerStreamingServer[pb.PreviewRescoreResponse]) error {
	reply, err := f.answer(stream.Context(), request, nil, nil)
	if err != nil {
		return err
	}
	for _, found := range reply.([]*pb.PreviewRescoreResponse) {
		if err := stream.Send(found); err != nil {
			return err
		}
	}
	return nil
}

func hadsScore(value, band string, flags ...string) *pb.ScaleScore {
	return &pb.ScaleScore{Scale: "anxiety", Outcome: &pb.ScaleScore_Value{Value: value}, Band: band, Flags: flags}
}

var plan = &pb.RescorePlan{
	PlanId: "20250315-abc", Instrument: "hads", TargetVersion: "2", AllCareUnits: true, AnsweredFrom: "2024-01-01",
	Counts: &pb.RescoreCounts{Examined: 4, Rescored: 2, Changed: 1, UpToDate: 1, NotRescorable: 1, BandsCrossed: 2, FlagsCrossed: 1, VerdictsCrossed: 1},
}

var previewed = []*pb.PreviewRescoreResponse{
	{Found: &pb.PreviewRescoreResponse_Sheet{Sheet: &pb.RescoredSheet{
		CareUnit: "SE-1", EpisodeId: "2026-0117", Occasion: pb.Occasion_OCCASION_PROGRAMME_END, Respondent: pb.Respondent_RESPONDENT_PATIENT,
		SubmissionId: "s-2", AnsweredOn: "2024-03-01", FromVersion: "1", Scales: []*pb.RescoredScale{
			{Scale: "anxiety", Before: hadsScore("8", "possible", "caseness"), After: hadsScore("8", "normal"), Difference: "0", BandCrossed: true, FlagsCleared: []string{"caseness"}},
			{Scale: "depression", Before: hadsScore("7.50", "normal"), After: &pb.ScaleScore{Outcome: &pb.ScaleScore_Refusal{Refusal: &pb.Refusal{}}}, BandCrossed: true},
			{Scale: "total", Before: hadsScore("15.50", ""), After: hadsScore("16.75", ""), Difference: "1.25"},
			{Scale: "distress", After: hadsScore("16", "")},
		}}}},
	{Found: &pb.PreviewRescoreResponse_Change{Change: &pb.RescoredChange{
		CareUnit: "SE-1", EpisodeId: "2026-0117", Scale: "anxiety", FromOccasion: pb.Occasion_OCCASION_BASELINE, ToOccasion: pb.Occasion_OCCASION_PROGRAMME_END,
		Before: &pb.RescoredJudgement{Comparable: true, Difference: "-4", Importance: pb.VerdictAnswer_VERDICT_ANSWER_YES, MeasurementError: pb.VerdictAnswer_VERDICT_ANSWER_NOT_ESTABLISHED},
		After:  &pb.RescoredJudgement{NotComparableReason: pb.NotComparableReason_NOT_COMPARABLE_REASON_DIFFERENT_SCORING}}}},
	{Found: &pb.PreviewRescoreResponse_NotRescorable{NotRescorable: &pb.NotRescorable{
		CareUnit: "SE-2", EpisodeId: "e", Occasion: pb.Occasion_OCCASION_OTHER, OccasionLabel: "6 weeks", SubmissionId: "s-9", AnsweredOn: "2024-02-01",
		Reason: pb.ErrorReason_ERROR_REASON_UNKNOWN_ITEM, Description: "version 2 lacks item 14"}}},
	{Found: &pb.PreviewRescoreResponse_Plan{Plan: plan}},
}

func TestAPreviewIsToldInTables(t *testing.T) {
	f := serve(t, previewed)
	code, out, errs := command(t, "", "rescore", "preview", "hads", "--version", "2", "--unit", "SE-1", "--unit", "SE-2", "--from", "2024-01-01", "--to", "2024-12-31")
	if code != exitDone || errs != "" {
		t.Fatalf("code %d, %s", code, errs)
	}
	request := &pb.PreviewRescoreRequest{Instrument: "hads", Version: "2", CareUnits: []string{"SE-1", "SE-2"}, AnsweredFrom: "2024-01-01", AnsweredTo: "2024-12-31"}
	if !proto.Equal(f.requests[0], request) {
		t.Errorf("sent %v", f.requests[0])
	}
	want(t, "output", out, `
UNIT  EPISODE    OCCASION       ANSWERED    SCALE       BEFORE         AFTER     DIFFERENCE  CROSSED
SE-1  2026-0117  programme end  2024-03-01  anxiety     8 possible     8 normal  0           band; caseness cleared
SE-1  2026-0117  programme end  2024-03-01  depression  7.50 normal    refused   -           band
SE-1  2026-0117  programme end  2024-03-01  total       15.50          16.75     +1.25       -
SE-1  2026-0117  programme end  2024-03-01  distress    no such scale  16        -           -

UNIT  EPISODE    SCALE    CHANGE                     JUDGED BEFORE                                      JUDGED AFTER
SE-1  2026-0117  anxiety  baseline to programme end  -4, important: yes, beyond error: not established  no difference: scored by different definitions

UNIT  EPISODE  OCCASION  ANSWERED    KEEPS ITS SCORES BECAUSE
SE-2  e        6 weeks   2024-02-01  unknown item: version 2 lacks item 14

hads to version 2, all care units, answered from 2024-01-01
  4 sheets: 2 to be scored anew, 1 of them with another result; 1 scored by that version already; 1 not readable by it
  crossed: 2 bands, 1 flag, 1 verdict
Nothing is changed yet. To carry this out: painscore rescore apply 20250315-abc
`)
}

func TestAPreviewAsJSONEndsWithThePlan(t *testing.T) {
	serve(t, previewed)
	code, out, _ := command(t, "", "rescore", "preview", "hads", "--json")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != exitDone || len(lines) != len(previewed) || !strings.HasPrefix(lines[0], `{"sheet":{"care_unit":"SE-1"`) || !strings.HasPrefix(lines[3], `{"plan":{"plan_id":"20250315-abc"`) {
		t.Errorf("code %d, %s", code, out)
	}
}

func TestAPreviewOfNothingMakesNoPlan(t *testing.T) {
	serve(t, []*pb.PreviewRescoreResponse{{Found: &pb.PreviewRescoreResponse_Plan{Plan: &pb.RescorePlan{
		Instrument: "hads", TargetVersion: "2", Scopes: []*pb.RescoreScope{{CareUnit: "SE-1"}, {CareUnit: "SE-2"}}, Counts: &pb.RescoreCounts{Examined: 1, UpToDate: 1}}}}})
	_, out, _ := command(t, "", "rescore", "preview", "hads")
	want(t, "output", out, `
hads to version 2, SE-1, SE-2
  1 sheet: 0 to be scored anew, 0 of them with another result; 1 scored by that version already; 0 not readable by it
  crossed: 0 bands, 0 flags, 0 verdicts
Nothing is to be scored anew; there is no plan.
`)
}

func TestAPlanIsAppliedAndReverted(t *testing.T) {
	at := func(day int) *timestamppb.Timestamp {
		return timestamppb.New(time.Date(2025, 3, day, 12, 0, 0, 0, time.UTC))
	}
	applied, reverted := proto.Clone(plan).(*pb.RescorePlan), proto.Clone(plan).(*pb.RescorePlan)
	applied.State, applied.Flips = pb.RescoreState_RESCORE_STATE_APPLIED, []*pb.RescoreFlip{{Applied: true, By: "local", At: at(15), Note: "the manual"}}
	reverted.State, reverted.Flips = pb.RescoreState_RESCORE_STATE_REVERTED, append(applied.Flips, &pb.RescoreFlip{By: "local", At: at(16)})
	f := serve(t, &pb.ApplyRescoreResponse{Plan: applied}, &pb.RevertRescoreResponse{Plan: reverted})
	_, out, errs := command(t, "", "rescore", "apply", "20250315-abc", "--note", "the manual")
	want(t, "apply", out+errs, `
Plan 20250315-abc: hads to version 2, applied; 2 sheets, 1 with another result
  2025-03-15T12:00:00Z applied by local: the manual
`)
	_, out, errs = command(t, "", "rescore", "revert", "20250315-abc")
	want(t, "revert", out+errs, `
Plan 20250315-abc: hads to version 2, reverted; 2 sheets, 1 with another result
  2025-03-15T12:00:00Z applied by local: the manual
  2025-03-16T12:00:00Z reverted by local
`)
	if !proto.Equal(f.requests[0], &pb.ApplyRescoreRequest{PlanId: "20250315-abc", Note: "the manual"}) || !proto.Equal(f.requests[1], &pb.RevertRescoreRequest{PlanId: "20250315-abc"}) {
		t.Errorf("sent %v", f.requests)
	}
}

func TestAStalePlanIsRefused(t *testing.T) {
	serve(t, refusal(t, codes.Aborted, "STALE_VERSION"))
	code, out, errs := command(t, "", "rescore", "apply", "20250315-abc")
	if code != exitRefused || out != "" || !strings.Contains(errs, "STALE_VERSION") {
		t.Errorf("code %d, %s%s", code, out, errs)
	}
}
