package server

import (
	"io"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/clinic"
)

// TestAChoiceComesBackOverTheWire sets one, reads it with its episode, and is
// refused where the patient has objected.
func TestAChoiceComesBackOverTheWire(t *testing.T) {
	m := newMatrix(t)
	ctx := metadata.NewOutgoingContext(t.Context(), metadata.Pairs("role", "clinician", "unit", "unit-own"))
	patients := pb.NewPatientServiceClient(m.conn)
	req := &pb.SetRegistryChoiceRequest{
		EpisodeId: "e-1", CareUnit: "unit-own", CareProvider: "provider", Registry: "local", Choice: pb.RegistryChoiceState_REGISTRY_CHOICE_STATE_OBJECTED,
		DecidedOn: "2024-01-02", Reason: "said so", Author: "SE-ebba",
	}
	set, err := patients.SetRegistryChoice(ctx, req)
	if err != nil {
		t.Fatal(err)
	}
	got := set.Choice
	if got.CareProvider != "provider" || got.Registry != "local" || got.Choice != req.Choice || got.DecidedOn != "2024-01-02" ||
		got.ChangedBy != "SE-ebba" || got.Reason != "said so" || got.Etag != "c1" || !got.At.IsValid() {
		t.Errorf("%v", got)
	}
	file, err := patients.GetEpisode(ctx, &pb.GetEpisodeRequest{CareUnit: "unit-own", EpisodeId: "e-1"})
	if err != nil || len(file.RegistryChoices) != 2 || file.RegistryChoices[0].String() != got.String() || file.Episode.TestPatient {
		t.Errorf("%v %v", file, err)
	}
	req.Choice = pb.RegistryChoiceState_REGISTRY_CHOICE_STATE_INFORMED
	_, err = patients.SetRegistryChoice(ctx, req)
	if status.Code(err) != codes.FailedPrecondition || reasonOf(err) != clinic.RegistryObjected {
		t.Errorf("over an objection: %v", err)
	}
	req.Etag = "c1"
	if set, err = patients.SetRegistryChoice(ctx, req); err != nil || set.Choice.Etag != "c2" {
		t.Errorf("%v %v", set, err)
	}
	req.Choice = 99
	_, err = patients.SetRegistryChoice(ctx, req)
	if status.Code(err) != codes.InvalidArgument || reasonOf(err) != clinic.UnknownField {
		t.Errorf("a choice of a later contract: %v", err)
	}
}

func TestAnExportEndsWithItsCounts(t *testing.T) {
	m := newMatrix(t)
	ctx := metadata.NewOutgoingContext(t.Context(), metadata.Pairs("role", "administrator", "unit", "unit-own"))
	stream, err := pb.NewPatientServiceClient(m.conn).ExportPatient(ctx, &pb.ExportPatientRequest{Patient: matrixPatient})
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	var last *pb.ExportPatientResponse
	for {
		part, err := stream.Recv()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if last != nil && last.GetEnd() != nil {
			t.Error("something comes after the end")
		}
		last = part
		kinds = append(kinds, string(part.ProtoReflect().WhichOneof(part.ProtoReflect().Descriptor().Oneofs().Get(0)).Name()))
		if id := part.GetIdentifier(); id != nil && (id.Identifier.Value != matrixPatient.Value || id.Identifier.System != matrixPatient.System || !id.AddedAt.IsValid()) {
			t.Errorf("%v", id)
		}
	}
	count := func(kind string) int32 {
		return int32(len(slices.DeleteFunc(slices.Clone(kinds), func(k string) bool { return k != kind })))
	}
	end := last.GetEnd()
	if end.GetIdentifiers() != 1 || end.Episodes != count("episode") || end.Submissions != count("submission") || end.Shares != count("share") || end.Submissions == 0 || end.Shares == 0 {
		t.Errorf("%v of %s", end, strings.Join(kinds, " "))
	}
}
