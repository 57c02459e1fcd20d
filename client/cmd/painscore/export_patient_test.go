package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// ExportPatient sends the replies that are left, up to an error.
func (f *fake) ExportPatient(request *pb.ExportPatientRequest, stream grpc.ServerStreamingServer[pb.ExportPatientResponse]) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = append(f.requests, proto.Clone(request))
	for _, reply := range f.replies {
		if err, ok := reply.(error); ok {
			return err
		}
		if err := stream.Send(reply.(*pb.ExportPatientResponse)); err != nil {
			return err
		}
	}
	return nil
}

// exportParts are an export of one of each, and its end.
func exportParts() []any {
	id := &pb.PatientIdentifier{System: "personnummer", Value: "191212121212"}
	return []any{
		&pb.ExportPatientResponse{Part: &pb.ExportPatientResponse_Identifier{Identifier: &pb.ExportedIdentifier{Identifier: id}}},
		&pb.ExportPatientResponse{Part: &pb.ExportPatientResponse_Name{Name: &pb.PatientName{Name: "Tolvan"}}},
		&pb.ExportPatientResponse{Part: &pb.ExportPatientResponse_Act{Act: &pb.ExportedAct{CareUnit: "A", EpisodeId: "e-1"}}},
		&pb.ExportPatientResponse{Part: &pb.ExportPatientResponse_PaperCode{PaperCode: &pb.ExportedPaperCode{CareUnit: "A", EpisodeId: "e-1"}}},
		&pb.ExportPatientResponse{Part: &pb.ExportPatientResponse_Visit{Visit: &pb.ExportedVisit{CareUnit: "A", EpisodeId: "e-1"}}},
		&pb.ExportPatientResponse{Part: &pb.ExportPatientResponse_Episode{Episode: &pb.Episode{CareUnit: "A", EpisodeId: "e-1"}}},
		&pb.ExportPatientResponse{Part: &pb.ExportPatientResponse_Share{Share: &pb.ExportedShare{CareUnit: "A", EpisodeId: "e-1", WithCareUnit: "B"}}},
		&pb.ExportPatientResponse{Part: &pb.ExportPatientResponse_Submission{Submission: &pb.SubmissionVersion{Submission: stored.Submission, Counts: true}}},
		&pb.ExportPatientResponse{Part: &pb.ExportPatientResponse_RegistryChoice{RegistryChoice: &pb.RegistryChoice{Registry: "nrs"}}},
		&pb.ExportPatientResponse{Part: &pb.ExportPatientResponse_Delivery{Delivery: &pb.ExportedDelivery{DeliveryId: "d-1", Recipient: "nrs"}}},
		&pb.ExportPatientResponse{Part: &pb.ExportPatientResponse_Access{Access: looked}},
		&pb.ExportPatientResponse{Part: &pb.ExportPatientResponse_End{End: &pb.ExportPatientEnd{
			Identifiers: 1, Names: 1, Acts: 1, PaperCodes: 1, Visits: 1, Episodes: 1, Shares: 1, Submissions: 1, RegistryChoices: 1, Deliveries: 1, AccessEvents: 1}}},
	}
}

func TestExportPatientWritesEveryPartToAFileOfTheUsersOwn(t *testing.T) {
	t.Chdir(t.TempDir())
	f := serve(t, exportParts()...)
	code, out, errs := command(t, "personnummer:191212121212\n", "export-patient", "--patient-file", "-")
	if code != exitDone || errs != "" {
		t.Fatalf("code %d: %s", code, errs)
	}
	files, err := filepath.Glob("*")
	if err != nil || len(files) != 1 || !strings.HasPrefix(files[0], "patient-export-2") || !strings.HasSuffix(files[0], "Z.jsonl") || strings.Contains(files[0], "1212") {
		t.Fatalf("files %v, %v", files, err)
	}
	if !strings.Contains(out, files[0]) || strings.Contains(out, "19121212") {
		t.Errorf("told: %s", out)
	}
	info, err := os.Stat(files[0])
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	body, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(body), "\n"), "\n")
	parts := exportParts()
	if len(lines) != len(parts) {
		t.Fatalf("%d lines", len(lines))
	}
	for i, line := range lines {
		back := &pb.ExportPatientResponse{}
		if err := protojson.Unmarshal([]byte(line), back); err != nil || !proto.Equal(back, parts[i].(proto.Message)) {
			t.Errorf("line %d does not read back: %s %v", i+1, line, err)
		}
	}
	if got := f.requests[0].(*pb.ExportPatientRequest).Patient.GetValue(); got != "191212121212" {
		t.Errorf("asked for %s", got)
	}
}

func TestExportPatientLeavesNothingHalf(t *testing.T) {
	short := exportParts()
	few := append([]any{short[0]}, short[2:]...)
	for name, c := range map[string]struct {
		replies []any
		code    int
	}{
		"without an end":       {short[:len(short)-1], exitFault},
		"with a part missing":  {few, exitFault},
		"refused in the midst": {append(short[:3:3], refusal(t, codes.Internal, "INTERNAL")), exitFault},
		"of nobody":            {[]any{refusal(t, codes.NotFound, "PATIENT_UNKNOWN")}, exitRefused},
	} {
		t.Chdir(t.TempDir())
		serve(t, c.replies...)
		code, out, errs := command(t, "personnummer:191212121212\n", "export-patient", "--patient-file", "-", "--out", "x.jsonl")
		if files, _ := filepath.Glob("*"); code != c.code || len(files) != 0 || out != "" || strings.Contains(errs, "1212121212") {
			t.Errorf("%s: code %d, files %v, %s%s", name, code, files, out, errs)
		}
	}
}

func TestExportPatientOverwritesNothingAndTakesNobodyFromTheEnvironment(t *testing.T) {
	t.Chdir(t.TempDir())
	f := serve(t, exportParts()...)
	if err := os.WriteFile("x.jsonl", []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, errs := command(t, "personnummer:191212121212\n", "export-patient", "--patient-file", "-", "--out", "x.jsonl")
	if body, _ := os.ReadFile("x.jsonl"); code == exitDone || string(body) != "mine" || !strings.Contains(errs, "exists") {
		t.Errorf("code %d, %s, %s", code, body, errs)
	}
	t.Setenv(envPatient, "personnummer:191212121212")
	code, _, errs = command(t, "", "export-patient")
	if code == exitDone || len(f.requests) > 0 || !strings.Contains(errs, "--patient-file") {
		t.Errorf("code %d, %v, %s", code, f.requests, errs)
	}
}
