package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// looked is an event in summer time, and refused one in winter time.
var (
	looked = &pb.AccessEvent{
		At: timestamppb.New(time.Date(2026, 7, 1, 22, 30, 0, 0, time.UTC)), User: "SE-ebba", Unit: "SE-1", Purpose: "Vård och behandling", Activity: "Läsa",
		Action: "PatientService.GetTrend", Outcome: pb.AccessOutcome_ACCESS_OUTCOME_GRANTED, CareUnit: "SE-1", EpisodeId: "2026-0117", Patients: 1,
	}
	triedTo = &pb.AccessEvent{
		At: timestamppb.New(time.Date(2026, 1, 1, 22, 30, 0, 0, time.UTC)), User: "=SUM(A1)", Unit: "SE-2", Purpose: "Administration", Activity: "Skriva",
		Outcome: pb.AccessOutcome_ACCESS_OUTCOME_REFUSED, Reason: "ROLE_NOT_ALLOWED",
	}
)

func TestAccessListIsAnExtractThatAPatientCanRead(t *testing.T) {
	pages := []any{&pb.ListAccessEventsResponse{Events: []*pb.AccessEvent{looked}, NextPageToken: "t"}, &pb.ListAccessEventsResponse{Events: []*pb.AccessEvent{triedTo}}}
	f := serve(t, append(pages, pages...)...)
	code, out, errs := command(t, "", "access", "list", "--patient", "personnummer:191212121212", "--from", "2026-01-01", "--to", "2026-07-02")
	if code != exitDone || errs != "" {
		t.Fatalf("code %d, %s", code, errs)
	}
	var lines []string
	for line := range strings.Lines(out) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	if diff := cmp.Diff([]string{
		"Tid Aktivitet Användare Vårdenhet Syfte Utfall Uppgifter hos Vårdepisod Antal patienter",
		"2026-07-02 00:30:00 Läsa SE-ebba SE-1 Vård och behandling tillåtet SE-1 2026-0117 1",
		"2026-01-01 23:30:00 Skriva =SUM(A1) SE-2 Administration nekat - - 0",
	}, lines); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	first := &pb.ListAccessEventsRequest{
		Patient:  &pb.PatientIdentifier{System: "http://electronichealth.se/identifier/personnummer", Value: "191212121212"},
		From:     timestamppb.New(time.Date(2025, 12, 31, 23, 0, 0, 0, time.UTC)),
		To:       timestamppb.New(time.Date(2026, 7, 2, 21, 59, 59, 999999000, time.UTC)),
		PageSize: 1000,
	}
	second := proto.Clone(first).(*pb.ListAccessEventsRequest)
	second.PageToken = "t"
	if diff := cmp.Diff([]proto.Message{first, second}, f.requests, protocmp.Transform()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	_, out, _ = command(t, "", "access", "list", "--of-user", "SE-ebba", "--csv")
	want(t, "csv", out, `
Tid,Aktivitet,Användare,Vårdenhet,Syfte,Utfall,Uppgifter hos,Vårdepisod,Antal patienter
2026-07-02 00:30:00,Läsa,SE-ebba,SE-1,Vård och behandling,tillåtet,SE-1,2026-0117,1
2026-01-01 23:30:00,Skriva,'=SUM(A1),SE-2,Administration,nekat,,,0
`)
	if code, _, errs := command(t, "", "access", "list", "--from", "1 March"); code == exitDone || !strings.Contains(errs, "--from") {
		t.Errorf("a day that is none: code %d, %s", code, errs)
	}
}
