package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// choice is a choice at one provider, recorded at noon.
func choice(registry string, state pb.RegistryChoiceState, etag string) *pb.RegistryChoice {
	return &pb.RegistryChoice{CareProvider: "SE-p", Registry: registry, Choice: state, DecidedOn: "2026-03-02", ChangedBy: "SE-ebba", Reason: "told", Etag: etag,
		At: timestamppb.New(time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC))}
}

const (
	informed = pb.RegistryChoiceState_REGISTRY_CHOICE_STATE_INFORMED
	objected = pb.RegistryChoiceState_REGISTRY_CHOICE_STATE_OBJECTED
)

func TestARegistryChoiceIsRecordedAsTheFlagsSay(t *testing.T) {
	f := serve(t, &pb.SetRegistryChoiceResponse{Choice: choice("nrs", objected, "c2")})
	code, out, errs := command(t, "personnummer:191212121212\n", "registry-choice", "set", "objected", "--unit", "SE-1", "--patient-file", "-",
		"--on", "2026-03-02", "--etag", "c1", "--registry", "nrs", "--provider", "SE-p", "--reason", "told", "--author", "SE-ebba")
	want(t, "output", out+errs, `
nrs at SE-p: objected since 2026-03-02, recorded 2026-03-02T12:00:00Z by SE-ebba: told
etag: c2
`)
	sent := &pb.SetRegistryChoiceRequest{
		Patient:  &pb.PatientIdentifier{System: "http://electronichealth.se/identifier/personnummer", Value: "191212121212"},
		CareUnit: "SE-1", CareProvider: "SE-p", Registry: "nrs", Choice: objected, DecidedOn: "2026-03-02", Etag: "c1", Reason: "told", Author: "SE-ebba",
	}
	if diff := cmp.Diff(sent, f.requests[0], protocmp.Transform()); diff != "" || code != exitDone {
		t.Errorf("code %d, %s", code, diff)
	}
}

func TestAnObjectionThatStandsIsNotReplacedBySilence(t *testing.T) {
	f := serve(t, refusal(t, codes.FailedPrecondition, "REGISTRY_OBJECTED"), refusal(t, codes.Aborted, "STALE_VERSION"))
	set := []string{"registry-choice", "set", "informed", "--unit", "SE-1", "--episode", "e-1", "--on", "2026-03-02", "--reason", "r"}
	if code, out, _ := command(t, "", set...); code != exitRefused || out != "" {
		t.Errorf("code %d, %s", code, out)
	}
	if got := f.requests[0].(*pb.SetRegistryChoiceRequest).Etag; got != "" {
		t.Errorf("the command made up the etag %q", got)
	}
	if code, _, _ := command(t, "", append(set, "--etag", "c1")...); code != exitRefused || len(f.requests) != 2 {
		t.Errorf("a stale etag: code %d after %d calls", code, len(f.requests))
	}
}

func TestChoicesAreShownWithTheirHistory(t *testing.T) {
	history := &pb.GetEpisodeResponse{RegistryChoices: []*pb.RegistryChoice{choice("nrs", informed, "c1"), choice("nrs", objected, "c2"), choice("other", informed, "c1")}}
	f := serve(t, history, &pb.ListEpisodesResponse{Episodes: []*pb.Episode{{EpisodeId: "e-7"}, {EpisodeId: "e-8"}}}, history, history)
	const shown = `
PROVIDER  REGISTRY  CHOICE    DECIDED     HOLDS  ETAG  RECORDED              BY       REASON
SE-p      nrs       informed  2026-03-02  -      c1    2026-03-02T12:00:00Z  SE-ebba  told
SE-p      nrs       objected  2026-03-02  yes    c2    2026-03-02T12:00:00Z  SE-ebba  told
SE-p      other     informed  2026-03-02  yes    c1    2026-03-02T12:00:00Z  SE-ebba  told
`
	_, out, errs := command(t, "", "registry-choice", "show", "--unit", "SE-1", "--episode", "e-1")
	want(t, "by the episode", out+errs, shown)
	_, out, errs = command(t, "personnummer:191212121212\n", "registry-choice", "show", "--unit", "SE-1", "--patient-file", "-")
	want(t, "by the patient", out+errs, shown)
	if got := f.requests[2].(*pb.GetEpisodeRequest); got.EpisodeId != "e-7" || got.Patient.GetValue() != "191212121212" || got.CareUnit != "SE-1" {
		t.Errorf("asked for %v", got)
	}
	_, out, _ = command(t, "", "registry-choice", "show", "--unit", "SE-1", "--episode", "e-1", "--json")
	if lines := strings.Split(strings.TrimSpace(out), "\n"); len(lines) != 3 || !strings.Contains(lines[1], `"etag":"c2"`) {
		t.Error(out)
	}
}

func TestWithoutAChoiceThePatientCountsAsNotInformed(t *testing.T) {
	serve(t, &pb.GetEpisodeResponse{}, &pb.ListEpisodesResponse{})
	if _, out, _ := command(t, "", "registry-choice", "show", "--unit", "SE-1", "--episode", "e-1"); out != "Nothing is recorded: the patient counts as not informed.\n" {
		t.Error(out)
	}
	code, out, errs := command(t, "personnummer:191212121212\n", "registry-choice", "show", "--unit", "SE-1", "--patient-file", "-")
	if code != exitRefused || out != "" || !strings.Contains(errs, "no episode") || strings.Contains(errs, "1212") {
		t.Errorf("code %d: %s%s", code, out, errs)
	}
}
