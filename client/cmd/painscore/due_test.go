package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

var duePage = &pb.ListDueOccasionsResponse{
	Occasions: []*pb.DueOccasion{
		{Episode: &pb.Episode{EpisodeId: "=e-1"}, Occasion: pb.Occasion_OCCASION_PROGRAMME_END, State: pb.DueState_DUE_STATE_NO_DATE},
		{Episode: &pb.Episode{EpisodeId: "e-2", Cohort: "2026-A"}, Occasion: pb.Occasion_OCCASION_OTHER, OccasionLabel: "6 weeks", State: pb.DueState_DUE_STATE_PARTLY_ANSWERED,
			FirstDay: "2026-01-01", LastDay: "2026-02-01", AnchorDate: "2025-12-01", AnchorPlanned: true, Missing: []string{"hads", "pcs"},
			LastDispatch: &pb.OccasionAct{Kind: pb.OccasionActKind_OCCASION_ACT_KIND_REMINDED, DoneOn: "2026-01-09"}},
	},
	Counts: []*pb.DueCount{{State: pb.DueState_DUE_STATE_PARTLY_ANSWERED, Occasions: 1}, {State: pb.DueState_DUE_STATE_NO_DATE, Occasions: 1}},
}

func TestDueListsByPagesWhatTheFlagsAskFor(t *testing.T) {
	first := &pb.ListDueOccasionsResponse{Occasions: duePage.Occasions[:1], NextPageToken: "2", Counts: duePage.Counts}
	f := serve(t, first, &pb.ListDueOccasionsResponse{Occasions: duePage.Occasions[1:], Counts: duePage.Counts})
	code, out, errs := command(t, "", "due", "--unit", "SE-1", "--state", "no_date,partly_answered", "--occasion", "other", "--cohort", "2026-A", "--overdue-days", "30")
	if code != exitDone || errs != "" {
		t.Fatalf("code %d, %s", code, errs)
	}
	want(t, "output", out, `
EPISODE  COHORT  OCCASION       STATE            FIRST DAY   LAST DAY    COUNTED FROM          MISSING   LAST DISPATCH
=e-1     -       programme end  no date          -           -           -                     -         -
e-2      2026-A  6 weeks        partly answered  2026-01-01  2026-02-01  2025-12-01 (planned)  hads pcs  reminded 2026-01-09

In the whole unit: partly answered 1, no date 1.
`)
	request := &pb.ListDueOccasionsRequest{
		CareUnit: "SE-1", States: []pb.DueState{pb.DueState_DUE_STATE_NO_DATE, pb.DueState_DUE_STATE_PARTLY_ANSWERED}, Occasion: pb.Occasion_OCCASION_OTHER,
		Cohort: "2026-A", OverdueDays: 30, PageSize: 1000, PageToken: "2",
	}
	if diff := cmp.Diff(request, f.requests[1], protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

func TestDueAsCSVIsSafeInASpreadsheet(t *testing.T) {
	serve(t, duePage)
	_, out, _ := command(t, "", "due", "--unit", "SE-1", "--csv")
	want(t, "output", out, `
EPISODE,COHORT,OCCASION,STATE,FIRST DAY,LAST DAY,COUNTED FROM,MISSING,LAST DISPATCH
'=e-1,,programme end,no date,,,,,
e-2,2026-A,6 weeks,partly answered,2026-01-01,2026-02-01,2025-12-01 (planned),hads pcs,reminded 2026-01-09
`)
	serve(t, &pb.ListDueOccasionsResponse{})
	if _, out, _ := command(t, "", "due", "--unit", "SE-1"); out != "Nothing.\n" {
		t.Error(out)
	}
	if code, _, _ := command(t, "", "due", "--state", "late"); code != exitUsage {
		t.Errorf("code %d", code)
	}
}

func TestADispatchPrintsItsCode(t *testing.T) {
	act := &pb.OccasionAct{ActId: "a", Kind: pb.OccasionActKind_OCCASION_ACT_KIND_SENT, Occasion: pb.Occasion_OCCASION_BASELINE, DoneOn: "2026-01-09", InformationSheet: "v2"}
	f := serve(t, &pb.RecordDispatchResponse{Act: act, PaperCode: "ABCDEFGHJ"}, &pb.FindDispatchResponse{
		Episode: &pb.Episode{EpisodeId: "e-2", CareUnit: "SE-1"}, Occasion: pb.Occasion_OCCASION_BASELINE, Dispatches: []*pb.OccasionAct{act}})
	_, out, errs := command(t, "", "dispatch", "sent", "--unit", "SE-1", "--episode", "e-2", "--occasion", "baseline", "--act-id", "a", "--on", "2026-01-09", "--information", "v2", "--note", "n", "--author", "SE-b")
	want(t, "output", out+errs, `
Recorded: baseline, sent, 2026-01-09
Code for the paper forms: ABC-DEF-GHJ
`)
	request := &pb.RecordDispatchRequest{ActId: "a", CareUnit: "SE-1", EpisodeId: "e-2", Kind: pb.OccasionActKind_OCCASION_ACT_KIND_SENT, Occasion: pb.Occasion_OCCASION_BASELINE,
		DoneOn: "2026-01-09", InformationSheet: "v2", Note: "n", Author: "SE-b"}
	if diff := cmp.Diff(request, f.requests[0], protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	_, out, errs = command(t, "", "dispatch", "find", "abc-def-ghj")
	want(t, "output", out+errs, `
Episode e-2 at SE-1, baseline

DAY         OCCASION  WHAT  INFORMATION  HOW  BY  NOTE
2026-01-09  baseline  sent  v2           -    -   -
`)
}

func TestFeedbackIsRecordedAndAwaited(t *testing.T) {
	act := &pb.OccasionAct{ActId: "a", Kind: pb.OccasionActKind_OCCASION_ACT_KIND_FEEDBACK_GIVEN, Occasion: pb.Occasion_OCCASION_FOLLOW_UP_12_MONTHS, DoneOn: "2026-01-09"}
	f := serve(t, &pb.RecordFeedbackReviewResponse{Act: act, Replayed: true}, &pb.ListAwaitingFeedbackResponse{Episodes: []*pb.AwaitingFeedback{
		{Episode: &pb.Episode{EpisodeId: "e-2"}, Occasion: pb.Occasion_OCCASION_FOLLOW_UP_12_MONTHS, LastAnsweredOn: "2026-01-02"}}})
	_, out, errs := command(t, "", "feedback", "given", "--unit", "SE-1", "--episode", "e-2", "--occasion", "follow_up_12_months", "--way", "phone")
	want(t, "output", out+errs, `
Recorded already, by an earlier call: 12-month follow-up, feedback given, 2026-01-09
`)
	sent := f.requests[0].(*pb.RecordFeedbackReviewRequest)
	if sent.Way != pb.FeedbackWay_FEEDBACK_WAY_PHONE || len(sent.ActId) != 36 {
		t.Errorf("%v", sent)
	}
	_, out, errs = command(t, "", "feedback", "awaiting", "--unit", "SE-1", "--from", "2026-01-01")
	want(t, "output", out+errs, `
EPISODE  COHORT  OCCASION            ANSWERED
e-2      -       12-month follow-up  2026-01-02
`)
}
