package server_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

var stranger = &pb.PatientIdentifier{System: "personnummer", Value: "189001019802"}

// painSheet is a sheet of one answer.
func painSheet(value int32) *pb.Sheet {
	return &pb.Sheet{Instrument: "nprs", Answers: []*pb.Answer{{Item: "average_pain", Response: &pb.Answer_Value{Value: value}}}}
}

func painForm(id, episode string, occasion pb.Occasion, value int32) *pb.SubmitRequest {
	return &pb.SubmitRequest{
		SubmissionId: id, CareUnit: "unit-1", EpisodeId: episode, Occasion: occasion, AnsweredOn: "2024-02-01", Patient: stranger,
		Instrument: "nprs", Answers: painSheet(value).Answers,
	}
}

func amendRequest() *pb.AmendSubmissionRequest {
	return &pb.AmendSubmissionRequest{CareUnit: "unit-1", SubmissionId: "s-1", Version: 1, Reason: "typed in wrongly", Author: "SE-ebba"}
}

// refused expects a code and reason, and returns the violations.
func refused(t *testing.T, err error, code codes.Code, reason string) []string {
	t.Helper()
	if got := reasonIn(err); status.Code(err) != code || got != reason {
		t.Errorf("got %s %s, want %s %s", status.Code(err), got, code, reason)
	}
	if strings.Contains(err.Error(), "9802") {
		t.Errorf("echoes: %v", err)
	}
	return violations(err)
}

func reasonIn(err error) string {
	for _, d := range status.Convert(err).Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return info.Reason
		}
	}
	return ""
}

func TestACorrectionGoesOverTheWire(t *testing.T) {
	conn := service(t)
	client := pb.NewSubmissionServiceClient(conn)
	ctx := t.Context()
	first, err := client.Submit(ctx, painForm("s-1", "e-1", pb.Occasion_OCCASION_BASELINE, 8))
	if err != nil {
		t.Fatal(err)
	}
	if s := first.Submission; s.CallingSystem != "local" || s.State != pb.SubmissionState_SUBMISSION_STATE_LIVE || s.ChangedBy != "local" || s.ChangeReason != "" {
		t.Errorf("submitted: %v", s)
	}
	// Every field that an amendment can name arrives.
	request := amendRequest()
	request.Sheet, request.EpisodeId, request.Occasion, request.OccasionLabel = painSheet(3), "e-1", pb.Occasion_OCCASION_OTHER, "week 6"
	request.AnsweredOn, request.Respondent, request.Mode, request.LanguageCode = "2024-02-02", pb.Respondent_RESPONDENT_RELATIVE, pb.Mode_MODE_PHONE, "sv"
	request.Assisted, request.Source = true, &pb.SubmissionSource{System: "journal", DocumentId: "d", Template: "t", Version: "2"}
	amended, err := client.AmendSubmission(ctx, request)
	if err != nil {
		t.Fatal(err)
	}
	want := proto.Clone(first.Submission).(*pb.Submission)
	got := amended.Submission
	want.Occasion, want.OccasionLabel, want.AnsweredOn, want.Respondent, want.Mode = request.Occasion, request.OccasionLabel, request.AnsweredOn, request.Respondent, request.Mode
	want.LanguageCode, want.Assisted, want.Source, want.ChangedBy, want.ChangeReason = request.LanguageCode, true, request.Source, "SE-ebba", "typed in wrongly"
	want.Version, want.Sheet.Answers, want.ScoredSheet.Scores[0].Outcome = 2, painSheet(3).Answers, &pb.ScaleScore_Value{Value: "3"}
	want.ChangeSeq, want.RecordedAt, want.ScoredSheet.Scores[0].Band = got.ChangeSeq, got.RecordedAt, got.ScoredSheet.Scores[0].Band
	if !proto.Equal(got, want) || got.ChangeSeq <= first.Submission.ChangeSeq {
		t.Errorf("amended:\n%v\nwant\n%v", got, want)
	}
	if again, err := client.AmendSubmission(ctx, request); err != nil || !again.Replayed || !proto.Equal(again.Submission, got) {
		t.Errorf("%v %v", again, err)
	}
	cleared := amendRequest()
	cleared.Version, cleared.UpdateMask = 2, &fieldmaskpb.FieldMask{Paths: []string{"mode", "respondent"}}
	if third, err := client.AmendSubmission(ctx, cleared); err != nil || third.Submission.Mode != 0 || third.Submission.Respondent != pb.Respondent_RESPONDENT_PATIENT || !third.Submission.Assisted {
		t.Errorf("%v %v", third, err)
	}
	_, err = client.AmendSubmission(ctx, cleared)
	if err != nil {
		t.Errorf("a retry: %v", err)
	}
	_, err = client.AmendSubmission(ctx, request)
	refused(t, err, codes.Aborted, "STALE_VERSION")

	late, err := client.Submit(ctx, painForm("s-1", "e-1", pb.Occasion_OCCASION_BASELINE, 8))
	if err != nil || !late.Replayed || !proto.Equal(late.Submission, first.Submission) || late.Warnings[len(late.Warnings)-1].Code != pb.WarningCode_WARNING_CODE_AMENDED_SINCE {
		t.Errorf("%v %v", late, err)
	}
	retract := &pb.RetractSubmissionRequest{CareUnit: "unit-1", SubmissionId: "s-1", Version: 3, Reason: "of somebody else"}
	stone, err := client.RetractSubmission(ctx, retract)
	if err != nil || stone.Replayed || stone.Submission.State != pb.SubmissionState_SUBMISSION_STATE_RETRACTED || stone.Submission.ChangedBy != "local" || stone.Submission.ChangeReason != "of somebody else" {
		t.Errorf("%v %v", stone, err)
	}
	if again, err := client.RetractSubmission(ctx, retract); err != nil || !again.Replayed || !proto.Equal(again.Submission, stone.Submission) {
		t.Errorf("%v %v", again, err)
	}
	versions, err := client.ListSubmissionVersions(ctx, &pb.ListSubmissionVersionsRequest{CareUnit: "unit-1", SubmissionId: "s-1"})
	if err != nil || len(versions.Versions) != 4 || versions.Versions[1].Submission.ChangeReason != "typed in wrongly" || versions.Versions[3].Submission.State != pb.SubmissionState_SUBMISSION_STATE_RETRACTED {
		t.Errorf("%v %v", versions, err)
	}
}

func TestCorrectionsAreRefusedWithWhatACallerCanActOn(t *testing.T) {
	conn := service(t)
	client := pb.NewSubmissionServiceClient(conn)
	ctx := t.Context()
	for _, form := range []*pb.SubmitRequest{
		painForm("s-1", "e-1", pb.Occasion_OCCASION_BASELINE, 8), painForm("s-2", "e-1", pb.Occasion_OCCASION_PROGRAMME_END, 4), painForm("s-3", "e-2", pb.Occasion_OCCASION_BASELINE, 4),
	} {
		if _, err := client.Submit(ctx, form); err != nil {
			t.Fatal(err)
		}
	}
	bad := amendRequest()
	bad.Reason, bad.Sheet, bad.Mode = "about 900101-9802", painSheet(11), 77
	bad.Sheet.ProtoReflect().SetUnknown(protoreflect.RawFields{0xf8, 0x07, 1}) // a field of a newer contract
	_, err := client.AmendSubmission(ctx, bad)
	got := refused(t, err, codes.InvalidArgument, "INVALID_INPUT")
	want := []string{"mode UNKNOWN_FIELD", "reason IDENTIFIER_IN_TEXT", "sheet UNKNOWN_FIELD", "sheet.answers[0].value OUT_OF_RANGE"}
	if !slices.EqualFunc(got, want, strings.HasPrefix) {
		t.Errorf("%q", got)
	}
	taken := amendRequest()
	taken.Occasion = pb.Occasion_OCCASION_PROGRAMME_END
	_, err = client.AmendSubmission(ctx, taken)
	refused(t, err, codes.AlreadyExists, "OCCASION_ALREADY_ANSWERED")
	if slot := detailOf[*pb.OccupiedSlot](err); slot.GetSubmissionId() != "s-2" || slot.GetField() != "" {
		t.Errorf("%v", slot)
	}
	elsewhere := amendRequest()
	elsewhere.EpisodeId = "e-9"
	_, err = client.AmendSubmission(ctx, elsewhere)
	refused(t, err, codes.NotFound, "EPISODE_UNKNOWN")
	if c := detailOf[*pb.EpisodeCandidates](err); len(c.GetCandidates()) != 2 {
		t.Errorf("%v", c)
	}
	_, err = client.RetractSubmission(ctx, &pb.RetractSubmissionRequest{CareUnit: "unit-1", SubmissionId: "s-9", Version: 1, Reason: "r"})
	refused(t, err, codes.NotFound, "SUBMISSION_UNKNOWN")
	newer := &pb.RetractSubmissionRequest{CareUnit: "unit-1", SubmissionId: "s-1"}
	newer.ProtoReflect().SetUnknown(protoreflect.RawFields{0xf8, 0x07, 1})
	_, err = client.RetractSubmission(ctx, newer)
	if got := refused(t, err, codes.InvalidArgument, "INVALID_INPUT"); len(got) != 3 {
		t.Errorf("%q", got)
	}
	if _, err := client.RetractSubmission(ctx, &pb.RetractSubmissionRequest{CareUnit: "unit-1", SubmissionId: "s-1", Version: 1, Reason: "r"}); err != nil {
		t.Fatal(err)
	}
	_, err = client.AmendSubmission(ctx, taken)
	refused(t, err, codes.FailedPrecondition, "SUBMISSION_RETRACTED")
}

func detailOf[D proto.Message](err error) (found D) {
	for _, d := range status.Convert(err).Details() {
		if d, ok := d.(D); ok {
			return d
		}
	}
	return found
}

func TestTheFeedGoesOverTheWire(t *testing.T) {
	conn := service(t)
	client, patients := pb.NewSubmissionServiceClient(conn), pb.NewPatientServiceClient(conn)
	ctx := t.Context()
	first, err := client.Submit(ctx, painForm("s-1", "e-1", pb.Occasion_OCCASION_BASELINE, 8))
	if err != nil {
		t.Fatal(err)
	}
	other := painForm("s-2", "e-2", pb.Occasion_OCCASION_BASELINE, 2)
	other.Patient = &pb.PatientIdentifier{System: "reservnummer", Value: "19AB1234"}
	gone, err := client.Submit(ctx, other)
	if err != nil {
		t.Fatal(err)
	}
	move := amendRequest()
	move.Occasion = pb.Occasion_OCCASION_PROGRAMME_END
	moved, err := client.AmendSubmission(ctx, move)
	if err != nil {
		t.Fatal(err)
	}
	stone, err := client.RetractSubmission(ctx, &pb.RetractSubmissionRequest{CareUnit: "unit-1", SubmissionId: "s-1", Version: 2, Reason: "r"})
	if err != nil {
		t.Fatal(err)
	}
	before, err := client.ListChanges(ctx, &pb.ListChangesRequest{CareUnit: "unit-1", PageSize: 4})
	if err != nil || len(before.Changes) != 4 || !before.CaughtUp {
		t.Fatalf("%v %v", before, err)
	}
	if _, err := patients.ErasePatient(ctx, &pb.ErasePatientRequest{ErasureId: "x-1", Patient: other.Patient, Reason: "asked for"}); err != nil {
		t.Fatal(err)
	}
	var all []*pb.ChangeEvent
	for token := ""; ; {
		page, err := client.ListChanges(ctx, &pb.ListChangesRequest{CareUnit: "unit-1", PageSize: 1, ResumeToken: token})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Changes...)
		if token = page.NextResumeToken; page.CaughtUp {
			break
		}
	}
	var kinds []string
	for _, c := range all {
		kinds = append(kinds, fmt.Sprint(c.Kind, " ", c.ChangedBy))
	}
	if want := []string{"CHANGE_KIND_SUBMITTED local", "CHANGE_KIND_AMENDED SE-ebba", "CHANGE_KIND_RETRACTED local", "CHANGE_KIND_ERASED local"}; !slices.Equal(kinds, want) {
		t.Fatalf("%q", kinds)
	}
	for i, want := range []*pb.Submission{first.Submission, moved.Submission, stone.Submission} {
		if !proto.Equal(all[i].Submission, want) || all[i].ChangeSeq != want.ChangeSeq || all[i].Reason != want.ChangeReason || !proto.Equal(all[i].At, want.RecordedAt) {
			t.Errorf("%v\nwant %v", all[i], want)
		}
	}
	if slot := all[1].MovedFrom; !proto.Equal(slot, &pb.SubmissionSlot{EpisodeId: "e-1", Occasion: pb.Occasion_OCCASION_BASELINE, Instrument: "nprs", Respondent: pb.Respondent_RESPONDENT_PATIENT}) || all[0].MovedFrom != nil {
		t.Errorf("%v", slot)
	}
	if last := all[3]; last.Submission != nil || !slices.Equal(last.ErasedChanges, []int64{gone.Submission.ChangeSeq}) || last.Reason != "asked for" {
		t.Errorf("%v", last)
	}
	_, err = client.ListChanges(ctx, &pb.ListChangesRequest{CareUnit: "unit-2", ResumeToken: before.NextResumeToken, PageSize: -1})
	refused(t, err, codes.InvalidArgument, "INVALID_INPUT")
}

func TestSharesLinksAndErasuresGoOverTheWire(t *testing.T) {
	conn := service(t)
	client, patients, admin := pb.NewSubmissionServiceClient(conn), pb.NewPatientServiceClient(conn), pb.NewAdminServiceClient(conn)
	ctx := t.Context()
	form := painForm("s-1", "e-1", pb.Occasion_OCCASION_BASELINE, 8)
	if _, err := client.Submit(ctx, form); err != nil {
		t.Fatal(err)
	}
	share := &pb.ShareEpisodeRequest{CareUnit: "unit-1", EpisodeId: "e-1", WithCareUnit: "unit-2", Reason: "follows up", Author: "SE-ebba"}
	shared, err := patients.ShareEpisode(ctx, share)
	if err != nil || !shared.Share.Shared || shared.Share.WithCareUnit != "unit-2" || shared.Share.ChangedBy != "SE-ebba" || shared.Share.Reason != "follows up" || shared.Share.At == nil {
		t.Errorf("%v %v", shared, err)
	}
	share.Revoke = true
	if _, err := patients.ShareEpisode(ctx, share); err != nil {
		t.Fatal(err)
	}
	episode, err := patients.GetEpisode(ctx, &pb.GetEpisodeRequest{CareUnit: "unit-1", EpisodeId: "e-1"})
	if err != nil || len(episode.Shares) != 2 || !proto.Equal(episode.Shares[0], shared.Share) || episode.Shares[1].Shared {
		t.Errorf("%v %v", episode, err)
	}
	share.WithCareUnit = "unit-3"
	if never, err := patients.ShareEpisode(ctx, share); err != nil || never.Share.At != nil || never.Share.Shared {
		t.Errorf("%v %v", never, err)
	}
	reserve := &pb.PatientIdentifier{System: "reservnummer", Value: "19AB1234"}
	other := painForm("s-2", "e-2", pb.Occasion_OCCASION_BASELINE, 2)
	other.Patient = reserve
	if _, err := client.Submit(ctx, other); err != nil {
		t.Fatal(err)
	}
	link := &pb.LinkIdentityRequest{Patient: stranger, Also: reserve, Reason: "the number came"}
	_, err = patients.LinkIdentity(ctx, link)
	refused(t, err, codes.FailedPrecondition, "IDENTIFIER_OF_OTHER_PATIENT")
	link.Merge = true
	if linked, err := patients.LinkIdentity(ctx, link); err != nil || !linked.Merged || linked.Added || linked.MovedEpisodes != 1 {
		t.Errorf("%v %v", linked, err)
	}
	link.Also = &pb.PatientIdentifier{System: "reservnummer", Value: "19AB9999"}
	if linked, err := patients.LinkIdentity(ctx, link); err != nil || !linked.Added {
		t.Errorf("%v %v", linked, err)
	}
	erase := &pb.ErasePatientRequest{ErasureId: "x-1", Patient: reserve, Reason: "asked for", Author: "SE-ebba"}
	erased, err := patients.ErasePatient(ctx, erase)
	if err != nil || erased.ErasureId != "x-1" || erased.Identities != 3 || erased.Episodes != 2 || erased.Submissions != 2 || erased.Versions != 2 || erased.ErasedAt == nil || erased.PurgedAt == nil || erased.BeyondReach == "" {
		t.Errorf("%v %v", erased, err)
	}
	if again, err := patients.ErasePatient(ctx, erase); err != nil || !proto.Equal(again, erased) {
		t.Errorf("%v %v", again, err)
	}
	_, err = client.Submit(ctx, form)
	refused(t, err, codes.FailedPrecondition, "ERASED")
	if info, err := admin.GetServerInfo(ctx, &pb.GetServerInfoRequest{}); err != nil || info.ErasuresBeingPurged != 0 {
		t.Errorf("%v %v", info, err)
	}
	erase.ErasureId = "x-2"
	_, err = patients.ErasePatient(ctx, erase)
	refused(t, err, codes.NotFound, "PATIENT_UNKNOWN")
	back := painForm("s-9", "e-9", pb.Occasion_OCCASION_BASELINE, 2)
	if _, err := client.Submit(ctx, back); err != nil {
		t.Fatal(err)
	}
	erase.ErasureId, erase.Patient = "x-1", stranger
	_, err = patients.ErasePatient(ctx, erase)
	refused(t, err, codes.AlreadyExists, "ERASURE_ID_REUSED")
}

// TestNewerRequestsAreRefusedWithAllOtherProblems: a field of a newer contract
// is listed among the rest, by every call that writes.
func TestNewerRequestsAreRefusedWithAllOtherProblems(t *testing.T) {
	conn := service(t)
	client, patients := pb.NewSubmissionServiceClient(conn), pb.NewPatientServiceClient(conn)
	ctx := t.Context()
	newer := func(m proto.Message) { m.ProtoReflect().SetUnknown(protoreflect.RawFields{0xf8, 0x07, 1}) }
	for name, c := range map[string]struct {
		request proto.Message
		send    func(proto.Message) error
		want    int
	}{
		"amend": {&pb.AmendSubmissionRequest{}, func(m proto.Message) error {
			_, err := client.AmendSubmission(ctx, m.(*pb.AmendSubmissionRequest))
			return err
		}, 6},
		"retract": {&pb.RetractSubmissionRequest{}, func(m proto.Message) error {
			_, err := client.RetractSubmission(ctx, m.(*pb.RetractSubmissionRequest))
			return err
		}, 5},
		"share": {&pb.ShareEpisodeRequest{}, func(m proto.Message) error {
			_, err := patients.ShareEpisode(ctx, m.(*pb.ShareEpisodeRequest))
			return err
		}, 5},
		"choice": {&pb.SetRegistryChoiceRequest{}, func(m proto.Message) error {
			_, err := patients.SetRegistryChoice(ctx, m.(*pb.SetRegistryChoiceRequest))
			return err
		}, 7},
		"link": {&pb.LinkIdentityRequest{}, func(m proto.Message) error {
			_, err := patients.LinkIdentity(ctx, m.(*pb.LinkIdentityRequest))
			return err
		}, 6},
		"erase": {&pb.ErasePatientRequest{}, func(m proto.Message) error {
			_, err := patients.ErasePatient(ctx, m.(*pb.ErasePatientRequest))
			return err
		}, 5},
		"changes": {&pb.ListChangesRequest{}, func(m proto.Message) error {
			_, err := client.ListChanges(ctx, m.(*pb.ListChangesRequest))
			return err
		}, 1}, // reads refuse it at once
	} {
		newer(c.request)
		err := c.send(c.request)
		if got := violations(err); len(got) != c.want || !slices.ContainsFunc(got, func(v string) bool { return strings.HasPrefix(v, " UNKNOWN_FIELD") }) {
			t.Errorf("%s: %q", name, got)
		}
	}
}
