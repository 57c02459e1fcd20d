package main

import (
	"os"
	"path/filepath"
	"slices"
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

func onDay(day int) *timestamppb.Timestamp {
	return timestamppb.New(time.Date(2026, 3, day, 12, 0, 0, 0, time.UTC))
}

// painSheet is a stored sheet of one answer.
func painSheet(version int32, value string, change func(*pb.Submission)) *pb.Submission {
	s := proto.Clone(stored.Submission).(*pb.Submission)
	s.Version, s.State, s.Respondent = version, pb.SubmissionState_SUBMISSION_STATE_LIVE, pb.Respondent_RESPONDENT_PATIENT
	s.RecordedAt, s.ChangedBy = onDay(int(version)), "local"
	s.ScoredSheet.Scores[0].Outcome = &pb.ScaleScore_Value{Value: value}
	change(s)
	return s
}

func asIs(*pb.Submission) {}

func because3(s *pb.Submission) { s.ChangedBy, s.ChangeReason = "SE-ebba", "typed in wrongly" }

func TestAmendSendsWhatTheFlagsSay(t *testing.T) {
	reply := &pb.AmendSubmissionResponse{Submission: painSheet(2, "3", because3), Warnings: []*pb.Warning{{Code: pb.WarningCode_WARNING_CODE_UNDER_18, Description: "under 18"}}}
	again := proto.Clone(reply).(*pb.AmendSubmissionResponse)
	again.Replayed, again.Warnings, again.Submission.Respondent = true, nil, pb.Respondent_RESPONDENT_RELATIVE
	f := serve(t, reply, again, again)
	code, out, errs := command(t, "", "amend", "s-1", "--unit", "SE-1", "--read-version", "1", "--reason", "typed in wrongly", "--author", "SE-ebba",
		"--instrument", "nprs", "--answers", "average_pain=3", "--version", "1", "--layout", "l", "--coding", "c", "--value-set", "v",
		"--episode", "e-2", "--occasion", "other", "--occasion-label", "week 6", "--answered-on", "2026-03-01", "--respondent", "relative",
		"--mode", "phone", "--language", "sv", "--assisted")
	if code != exitDone || errs != "" {
		t.Fatalf("code %d, %s", code, errs)
	}
	want(t, "output", out, `
Amended: submission s-1, version 2, nprs at baseline, answered 2026-03-02, episode 2026-0117 at SE2321000016-1A2B
Warning, under 18: under 18

SCALE         SCORE  BAND      ANSWERED  REMARKS
average_pain  3      moderate  1 of 1    higher is worse
`)
	request := &pb.AmendSubmissionRequest{
		CareUnit: "SE-1", SubmissionId: "s-1", Version: 1, Reason: "typed in wrongly", Author: "SE-ebba",
		Sheet: &pb.Sheet{Instrument: "nprs", Version: "1", Layout: "l", Coding: "c", ValueSets: []string{"v"},
			Answers: []*pb.Answer{{Item: "average_pain", Response: &pb.Answer_Value{Value: 3}}}},
		EpisodeId: "e-2", Occasion: pb.Occasion_OCCASION_OTHER, OccasionLabel: "week 6", AnsweredOn: "2026-03-01", Respondent: pb.Respondent_RESPONDENT_RELATIVE,
		Mode: pb.Mode_MODE_PHONE, LanguageCode: "sv", Assisted: true,
	}
	if diff := cmp.Diff(request, f.requests[0], protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	_, out, _ = command(t, "", "amend", "s-1", "--read-version", "1", "--reason", "r", "--clear", "source,assisted", "--mode", "phone", "--instrument", "nprs", "--positions", "3,")
	if !strings.HasPrefix(out, "Amended already, by an earlier call: ") || !strings.Contains(out, ", by the relative\n") {
		t.Error(out)
	}
	second := f.requests[1].(*pb.AmendSubmissionRequest)
	paths := second.GetUpdateMask().GetPaths()
	if slices.Sort(paths); !slices.Equal(paths, []string{"assisted", "mode", "sheet", "source"}) || len(second.Sheet.Positions) != 2 {
		t.Errorf("%v", second)
	}
	if code, out, _ := command(t, "", "amend", "s-1", "--read-version", "1", "--reason", "r", "--mode", "phone", "--json"); code != exitDone || !strings.HasPrefix(out, `{"submission":{`) || strings.Count(out, "\n") != 1 {
		t.Error(out)
	}
	if third := f.requests[2].(*pb.AmendSubmissionRequest); third.Sheet != nil || third.UpdateMask != nil {
		t.Errorf("%v", third)
	}
}

func TestRetractSaysWhatWasWithdrawn(t *testing.T) {
	stone := &pb.RetractSubmissionResponse{Submission: painSheet(2, "7", asIs)}
	f := serve(t, stone, &pb.RetractSubmissionResponse{Submission: stone.Submission, Replayed: true}, stone, refusal(t, codes.Aborted, "STALE_VERSION"))
	_, out, errs := command(t, "", "retract", "s-1", "--unit", "SE-1", "--read-version", "1", "--reason", "of another", "--author", "a")
	want(t, "output", out+errs, "Retracted: submission s-1, version 2, nprs at baseline, answered 2026-03-02, episode 2026-0117 at SE2321000016-1A2B\n")
	if request := (&pb.RetractSubmissionRequest{CareUnit: "SE-1", SubmissionId: "s-1", Version: 1, Reason: "of another", Author: "a"}); !proto.Equal(f.requests[0], request) {
		t.Errorf("%v", f.requests[0])
	}
	if _, out, _ = command(t, "", "retract", "s-1", "--read-version", "1", "--reason", "r"); !strings.HasPrefix(out, "Retracted already") {
		t.Error(out)
	}
	if _, out, _ = command(t, "", "retract", "s-1", "--read-version", "1", "--reason", "r", "--json"); !strings.HasPrefix(out, `{"submission":{`) {
		t.Error(out)
	}
	if code, _, errs := command(t, "", "retract", "s-1", "--read-version", "1", "--reason", "r"); code != exitRefused || !strings.Contains(errs, "STALE_VERSION") {
		t.Errorf("code %d, %s", code, errs)
	}
}

func TestHistoryTellsWhoWhyAndWhen(t *testing.T) {
	versions := []*pb.SubmissionVersion{
		{Submission: painSheet(1, "7", asIs)},
		{Submission: painSheet(1, "6", func(s *pb.Submission) { s.RescorePlanId = "p-1" }), Flips: []*pb.RescoreFlip{{Applied: true, At: onDay(8), By: "ebba", Note: "the manual"}, {At: onDay(9), By: "ebba"}}},
		{Submission: painSheet(2, "3", because3), Counts: true},
		{Submission: painSheet(3, "3", func(s *pb.Submission) { s.State = pb.SubmissionState_SUBMISSION_STATE_RETRACTED })},
	}
	f := serve(t, &pb.ListSubmissionVersionsResponse{Versions: versions[:2], NextPageToken: "p2"}, &pb.ListSubmissionVersionsResponse{Versions: versions[2:]}, &pb.ListSubmissionVersionsResponse{Versions: versions})
	_, out, errs := command(t, "", "history", "s-1", "--unit", "SE-1")
	const line = "nprs at baseline, answered 2026-03-02, episode 2026-0117 at SE2321000016-1A2B"
	want(t, "output", out+errs, `
submission s-1, version 1, `+line+`
  2026-03-01T12:00:00Z by local
  average_pain 7 moderate

submission s-1, version 1, `+line+`
  2026-03-01T12:00:00Z by local
  scores of plan p-1, applied 2026-03-08T12:00:00Z by ebba: the manual
  scores of plan p-1, reverted 2026-03-09T12:00:00Z by ebba
  average_pain 6 moderate

submission s-1, version 2, `+line+`, counts
  2026-03-02T12:00:00Z by SE-ebba: typed in wrongly
  average_pain 3 moderate

submission s-1, version 3, `+line+`, retracted
  2026-03-03T12:00:00Z by local
  average_pain 3 moderate

`)
	if second := f.requests[1].(*pb.ListSubmissionVersionsRequest); second.PageToken != "p2" || second.CareUnit != "SE-1" || second.SubmissionId != "s-1" {
		t.Errorf("%v", second)
	}
	if _, out, _ := command(t, "", "history", "s-1", "--json"); strings.Count(out, "\n") != 4 || !strings.HasPrefix(out, `{"submission":{`) {
		t.Error(out)
	}
}

func TestChangesAreFollowedByTheToken(t *testing.T) {
	first := &pb.ListChangesResponse{NextResumeToken: "t2", Changes: []*pb.ChangeEvent{
		{Kind: pb.ChangeKind_CHANGE_KIND_SUBMITTED, At: onDay(1), ChangedBy: "local", Submission: painSheet(1, "7", asIs)},
		{Kind: pb.ChangeKind_CHANGE_KIND_AMENDED, At: onDay(2), ChangedBy: "SE-ebba", Reason: "wrong occasion", Submission: painSheet(2, "7", asIs),
			MovedFrom: &pb.SubmissionSlot{EpisodeId: "e-1", Occasion: pb.Occasion_OCCASION_OTHER, OccasionLabel: "week 6"}}}}
	second := &pb.ListChangesResponse{NextResumeToken: "t3", CaughtUp: true, Changes: []*pb.ChangeEvent{
		{Kind: pb.ChangeKind_CHANGE_KIND_ERASED, At: onDay(3), ChangedBy: "local", Reason: "asked for", ErasedChanges: []int64{4, 7}}}}
	f := serve(t, first, second, first, second, first, refusal(t, codes.Internal, "INTERNAL"), &pb.ListChangesResponse{NextResumeToken: "t3", CaughtUp: true})
	code, out, errs := command(t, "", "changes", "--all", "--unit", "SE-1")
	if code != exitDone || errs != "Go on with --from t3\n" {
		t.Errorf("code %d, %s", code, errs)
	}
	want(t, "output", out, `
2026-03-01T12:00:00Z  submitted  s-1 v1: nprs at baseline of 2026-0117                            local    -
2026-03-02T12:00:00Z  amended    s-1 v2: nprs at baseline of 2026-0117, moved from week 6 of e-1  SE-ebba  wrong occasion
2026-03-03T12:00:00Z  erased  a patient with 2 sheets  local  asked for
`)
	if a, b := f.requests[0].(*pb.ListChangesRequest), f.requests[1].(*pb.ListChangesRequest); a.ResumeToken != "" || a.CareUnit != "SE-1" || b.ResumeToken != "t2" {
		t.Errorf("%v %v", a, b)
	}
	_, out, _ = command(t, "", "changes", "--from", "t1", "--jsonl")
	if lines := strings.Split(out, "\n"); len(lines) != 4 || !strings.HasPrefix(lines[0], `{"kind":"CHANGE_KIND_SUBMITTED"`) || f.requests[2].(*pb.ListChangesRequest).ResumeToken != "t1" {
		t.Error(out)
	}
	// A run that breaks off says where all that it has told ends.
	code, out, errs = command(t, "", "changes", "--all", "--jsonl")
	if code != exitFault || strings.Count(out, "\n") != 2 || !strings.Contains(errs, "--from t2\n") {
		t.Errorf("code %d, %s%s", code, out, errs)
	}
	if _, out, errs = command(t, "", "changes", "--from", "t3"); out != "" || errs != "Go on with --from t3\n" {
		t.Error(out, errs)
	}
}

func TestShareTellsWhatStands(t *testing.T) {
	f := serve(t, &pb.ShareEpisodeResponse{Share: &pb.EpisodeShare{WithCareUnit: "SE-2", Shared: true, ChangedBy: "SE-ebba", At: onDay(1), Reason: "follows up"}},
		&pb.ShareEpisodeResponse{Share: &pb.EpisodeShare{WithCareUnit: "SE-2"}})
	_, out, errs := command(t, "", "share", "e-1", "--unit", "SE-1", "--with", "SE-2", "--reason", "follows up", "--author", "SE-ebba")
	want(t, "shared", out+errs, "Episode e-1 is shared with SE-2, since 2026-03-01T12:00:00Z by SE-ebba: follows up\n")
	_, out, errs = command(t, "", "share", "e-1", "--with", "SE-2", "--reason", "r", "--revoke")
	want(t, "revoked", out+errs, "Episode e-1 is not shared with SE-2\n")
	if want := (&pb.ShareEpisodeRequest{CareUnit: "SE-1", EpisodeId: "e-1", WithCareUnit: "SE-2", Reason: "follows up", Author: "SE-ebba"}); !proto.Equal(f.requests[0], want) || !f.requests[1].(*pb.ShareEpisodeRequest).Revoke {
		t.Errorf("%v", f.requests)
	}
}

func TestLinkReadsBothIdentifiersFromElsewhere(t *testing.T) {
	f := serve(t, &pb.LinkIdentityResponse{Added: true}, &pb.LinkIdentityResponse{Merged: true, MovedEpisodes: 2, Warnings: []*pb.Warning{{Code: pb.WarningCode_WARNING_CODE_CHECK_DIGIT, Description: "odd"}}}, &pb.LinkIdentityResponse{})
	_, out, errs := command(t, "reservnummer:19AB1234\npersonnummer:191212121212\n", "link", "--patient-file", "-", "--also-file", "-", "--reason", "r", "--author", "a")
	want(t, "added", out+errs, "The other identifier is this patient's too from now on.\n")
	file := filepath.Join(t.TempDir(), "other")
	if err := os.WriteFile(file, []byte("personnummer:191212121212\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, out, errs = command(t, "", "link", "--patient", "reservnummer:19AB1234", "--also-file", file, "--reason", "r", "--merge")
	want(t, "merged", out+errs, "Two patients are one now; 2 episodes changed hands.\nWarning, check digit: odd\n")
	_, out, _ = command(t, "", "link", "--patient", "reservnummer:19AB1234", "--also-file", file, "--reason", "r")
	want(t, "nothing", out, "Nothing to do: both were this patient's already.\n")
	request := &pb.LinkIdentityRequest{Patient: &pb.PatientIdentifier{System: "reservnummer", Value: "19AB1234"},
		Also: &pb.PatientIdentifier{System: "http://electronichealth.se/identifier/personnummer", Value: "191212121212"}, Reason: "r", Author: "a"}
	if diff := cmp.Diff(request, f.requests[0], protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	if second := f.requests[1].(*pb.LinkIdentityRequest); !second.Merge || !proto.Equal(second.Also, request.Also) {
		t.Errorf("%v", second)
	}
}

func TestEraseAsksAndSaysWhatIsLeft(t *testing.T) {
	done := &pb.ErasePatientResponse{ErasureId: "x-1", ErasedAt: onDay(1), Identities: 2, Episodes: 1, Submissions: 3, Versions: 4, PurgedAt: onDay(1), BeyondReach: "Backups still hold it."}
	pending := &pb.ErasePatientResponse{ErasureId: "x-1", ErasedAt: onDay(1)}
	f := serve(t, done, pending, done)
	code, out, errs := command(t, "personnummer:191212121212\nerase\n", "erase", "--patient-file", "-", "--reason", "asked for", "--author", "a")
	if code != exitDone || !strings.Contains(errs, "Type erase to go on") || strings.Contains(errs+out, "1212") {
		t.Errorf("code %d, %s", code, errs)
	}
	want(t, "output", out, `
Erasure x-1, 2026-03-01T12:00:00Z: 2 identifiers, 1 episode, 3 sheets in 4 versions
Copies in the database's own files are gone.
Backups still hold it.
`)
	first := f.requests[0].(*pb.ErasePatientRequest)
	if len(first.ErasureId) != 36 || first.Patient.GetValue() != "191212121212" || first.Reason != "asked for" || first.Author != "a" {
		t.Errorf("%v", first)
	}
	for _, answer := range []string{"", "y\n", "yes\n", "ERASE\n"} {
		if code, _, _ := command(t, "personnummer:191212121212\n"+answer, "erase", "--patient-file", "-", "--reason", "r"); code != exitUsage || len(f.requests) != 1 {
			t.Errorf("%q was taken for a yes", answer)
		}
	}
	_, out, errs = command(t, "personnummer:191212121212\n", "erase", "--patient-file", "-", "--reason", "r", "--yes", "--erasure-id", "x-1")
	if errs != "" || !strings.Contains(out, "still being purged; ask again with --erasure-id x-1.") || f.requests[1].(*pb.ErasePatientRequest).ErasureId != "x-1" {
		t.Error(out, errs)
	}
	if _, out, _ := command(t, "", "erase", "--patient", "personnummer:191212121212", "--reason", "r", "--yes", "--json"); !strings.HasPrefix(out, `{"erasure_id":"x-1"`) {
		t.Error(out)
	}
}
