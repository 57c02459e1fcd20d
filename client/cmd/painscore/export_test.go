package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/painscore/painscore/client/cmd/painscore/tables"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// registryServer hands over a delivery of so many episodes with a form each, and
// breaks the stream after every part as long as breaks lasts.
type registryServer struct {
	pb.UnimplementedRegistryServiceServer
	episodes int
	breaks   int
	score    int64
	refuse   error
	requests []*pb.ExportRequest
}

func serveRegistry(t *testing.T, s *registryServer) *registryServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	pb.RegisterRegistryServiceServer(server, s)
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	t.Setenv(envAddr, listener.Addr().String())
	t.Chdir(t.TempDir())
	pause := exportPause
	exportPause = time.Millisecond
	t.Cleanup(func() { exportPause = pause })
	return s
}

func (s *registryServer) Export(request *pb.ExportRequest, stream grpc.ServerStreamingServer[pb.ExportResponse]) error {
	s.requests = append(s.requests, proto.Clone(request).(*pb.ExportRequest))
	if s.refuse != nil {
		return s.refuse
	}
	if err := stream.Send(&pb.ExportResponse{Part: &pb.ExportResponse_Header{Header: exportHeader(request)}}); err != nil {
		return err
	}
	passing := request.ResumeAfter != ""
	for n := range s.episodes {
		id := fmt.Sprint("e", n)
		if !passing {
			rows := &pb.ExportRows{Read: int64(n), Rows: []*pb.ExportRow{
				{Table: 0, Texts: []string{"p", id}}, {Table: 1, Numbers: []int64{s.score}, Texts: []string{"p", id, "baseline", "patient"}},
			}}
			if err := stream.Send(&pb.ExportResponse{Part: &pb.ExportResponse_Rows{Rows: rows}}); err != nil {
				return err
			}
			if s.breaks > 0 {
				s.breaks--
				return status.Error(codes.Unavailable, "gone")
			}
		}
		if id == request.ResumeAfter {
			passing = false
		}
	}
	return stream.Send(&pb.ExportResponse{Part: &pb.ExportResponse_End{End: &pb.ExportEnd{Rows: []int64{int64(s.episodes), int64(s.episodes)}, Digest: "d"}}})
}

func exportHeader(request *pb.ExportRequest) *pb.ExportHeader {
	text, number := pb.ExportColumnType_EXPORT_COLUMN_TYPE_TEXT, pb.ExportColumnType_EXPORT_COLUMN_TYPE_NUMBER
	column := func(name string) *pb.ExportColumn { return &pb.ExportColumn{Name: name, Variable: name, Type: text} }
	return &pb.ExportHeader{
		DeliveryId: request.DeliveryId, Recipient: request.Recipient, Purpose: "p", Registry: "nrs", Identity: pb.ExportIdentity_EXPORT_IDENTITY_PSEUDONYM,
		Filter: request.Filter, AsOf: []*pb.ExportAsOf{{CareUnit: "u", ChangeSeq: 9}}, MadeAt: timestamppb.New(time.Unix(1, 2)), Software: "1",
		Tables: []*pb.ExportTable{
			{Name: "episodes", Columns: []*pb.ExportColumn{column("person"), column("episode")}},
			{Name: "hads", Columns: []*pb.ExportColumn{column("person"), column("episode"), column("occasion"), column("respondent"),
				{Name: "hads__total", Variable: "hads__total", Type: number, WideNames: []string{"b_hads__total", "e_hads__total", "y_hads__total"}}}},
		},
	}
}

func (s *registryServer) ListExportChanges(request *pb.ListExportChangesRequest, stream grpc.ServerStreamingServer[pb.ListExportChangesResponse]) error {
	if err := stream.Send(&pb.ListExportChangesResponse{Part: &pb.ListExportChangesResponse_Changes{Changes: &pb.ExportChanges{Changes: []*pb.ExportChange{
		{Kind: pb.ExportChangeKind_EXPORT_CHANGE_KIND_ERASED, Episode: request.FromDeliveryId},
		{Kind: pb.ExportChangeKind_EXPORT_CHANGE_KIND_ADDED, Episode: "e2", Person: "p2", Instrument: "hads", Occasion: pb.Occasion_OCCASION_PROGRAMME_END, Respondent: pb.Respondent_RESPONDENT_PATIENT},
	}}}}); err != nil {
		return err
	}
	return stream.Send(&pb.ListExportChangesResponse{Part: &pb.ListExportChangesResponse_End{End: &pb.ExportChangesEnd{SheetsBefore: 12, SheetsAfter: 10,
		Counts: []*pb.ExportCount{{What: "added", N: 1}, {What: "erased", N: 3}, {What: "amended", N: 2}, {What: "erased_episodes", N: 1}}}}})
}

func read(t *testing.T, name string) string {
	t.Helper()
	body, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestADeliveryThatBreaksIsTakenUpWhereItBroke(t *testing.T) {
	s := serveRegistry(t, &registryServer{episodes: 6, breaks: 4, score: 7})
	code, out, errs := command(t, "", "export", "--recipient", "nrs", "--delivery-id", "d-1", "--out", "d")
	if code != exitDone || !strings.Contains(out, "6 rows of hads") {
		t.Fatalf("code %d: %s%s", code, out, errs)
	}
	if len(s.requests) != 5 || s.requests[4].ResumeAfter != "e3" || s.requests[4].DeliveryId != "d-1" {
		t.Errorf("%d requests, the last %v", len(s.requests), s.requests[len(s.requests)-1])
	}
	want := "person,episode,occasion,respondent,hads__total\n"
	for n := range 6 {
		want += fmt.Sprintf("p,e%d,baseline,patient,7\n", n)
	}
	if got := read(t, "d/hads.csv"); got != want {
		t.Errorf("got\n%s", got)
	}
	if left, _ := filepath.Glob("*.unfinished"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestADeliveryThatCannotBeHadLeavesNothing(t *testing.T) {
	for name, s := range map[string]*registryServer{
		"refused":        {refuse: refusal(t, codes.FailedPrecondition, "SNAPSHOT_CHANGED")},
		"always cut off": {refuse: status.Error(codes.Unavailable, "gone")},
	} {
		t.Run(name, func(t *testing.T) {
			serveRegistry(t, s)
			code, _, errs := command(t, "", "export", "--recipient", "nrs", "--out", "d")
			if code == exitDone || errs == "" {
				t.Errorf("code %d: %s", code, errs)
			}
			if left, _ := filepath.Glob("*"); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
			if n := len(s.requests); name == "refused" && n != 1 || name != "refused" && n != exportAttempts {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

func TestTheSameManifestMakesTheSameBytes(t *testing.T) {
	s := serveRegistry(t, &registryServer{episodes: 3, score: 7})
	flags := []string{"export", "--recipient", "nrs", "--out", "a", "--format", "jsonl", "--wide", "--units", "u", "--date", "ended_on", "--from", "2025-01-01", "--levels", "mmrsv", "--occasions", "baseline"}
	if code, _, errs := command(t, "", flags...); code != exitDone {
		t.Fatal(errs)
	}
	if code, _, errs := command(t, "", "export", "--again", "a", "--out", "b"); code != exitDone {
		t.Fatal(errs)
	}
	if !proto.Equal(s.requests[0], s.requests[1]) {
		t.Errorf("asked for\n%v, then\n%v", s.requests[0], s.requests[1])
	}
	for _, name := range []string{manifestName, "wide.jsonl"} {
		if read(t, "a/"+name) != read(t, "b/"+name) {
			t.Errorf("%s is another", name)
		}
	}
	s.score = 8
	if code, _, errs := command(t, "", "export", "--again", "a/manifest.json", "--out", "c"); code != exitFault {
		t.Errorf("other bytes: code %d %s", code, errs)
	}
	if code, _, _ := command(t, "", "export", "--again", "a", "--recipient", "other", "--out", "e"); code != exitUsage {
		t.Errorf("--again with another recipient: code %d", code)
	}
	if code, _, errs := command(t, "", "export", "--recipient", "nrs", "--out", "a"); code != exitUsage || !strings.Contains(errs, "exists") {
		t.Errorf("an existing folder: code %d %s", code, errs)
	}
}

// TestAnyOtherByteOfADeliveryIsFound changes one byte of the manifest or of a
// file: verify tells.
func TestAnyOtherByteOfADeliveryIsFound(t *testing.T) {
	serveRegistry(t, &registryServer{episodes: 3, score: 7})
	if code, _, errs := command(t, "", "export", "--recipient", "nrs", "--out", "d"); code != exitDone {
		t.Fatal(errs)
	}
	if code, out, errs := command(t, "", "export", "verify", "d"); code != exitDone || !strings.HasPrefix(out, "2 files") {
		t.Fatalf("%s%s", out, errs)
	}
	rapid.Check(t, func(r *rapid.T) {
		name := "d/" + rapid.SampledFrom([]string{manifestName, "hads.csv", "episodes.csv"}).Draw(r, "file")
		before := read(t, name)
		body := []byte(before)
		at := rapid.IntRange(0, len(body)-1).Draw(r, "at")
		body[at] ^= byte(rapid.IntRange(1, 255).Draw(r, "bits"))
		if err := os.WriteFile(name, body, 0o600); err != nil {
			r.Fatal(err)
		}
		m, err := readManifest("d")
		if err == nil {
			err = m.verify("d")
		}
		inText := name == "d/"+manifestName // a manifest alone cannot vouch for its own words
		if err == nil && !inText {
			r.Errorf("byte %d of %s changed, and nobody told", at, name)
		}
		if err := os.WriteFile(name, []byte(before), 0o600); err != nil {
			r.Fatal(err)
		}
	})
	if err := os.Remove("d/hads.csv"); err != nil {
		t.Fatal(err)
	}
	if code, _, _ := command(t, "", "export", "verify", "d"); code != exitBadInput {
		t.Errorf("a file is missing: code %d", code)
	}
}

func TestDiffSaysWhyTheNumberIsAnotherOne(t *testing.T) {
	serveRegistry(t, &registryServer{episodes: 1})
	if code, _, errs := command(t, "", "export", "--recipient", "nrs", "--delivery-id", "d-1", "--out", "d"); code != exitDone {
		t.Fatal(errs)
	}
	code, out, errs := command(t, "", "export", "diff", "d", "--out", "changes.csv")
	if code != exitDone {
		t.Fatal(errs)
	}
	want(t, "diff", out, `
  12    sheets before
  +1            added
  -3           erased
   2          amended
   1  erased episodes
  10     sheets after
`)
	want(t, "changes", read(t, "changes.csv"), `
kind,episode,person,instrument,occasion,occasion_label,respondent
erased,d-1,,,,,
added,e2,p2,hads,programme_end,,patient
`)
}

func FuzzParseManifest(f *testing.F) {
	m := newManifest(exportHeader(&pb.ExportRequest{DeliveryId: "d", Recipient: "nrs", Filter: &pb.ExportFilter{CareUnits: []string{"u"}}}),
		&pb.ExportEnd{Rows: []int64{1, 2}, Digest: "x"}, shape{tables.CSV, tables.Long}, []tables.File{{Name: "hads.csv", Bytes: 1, SHA256: "00"}})
	body, err := m.bytes()
	if err != nil {
		f.Fatal(err)
	}
	if _, err := parseManifest(body); err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Add(bytes.Replace(body, []byte("hads.csv"), []byte("../etc/x"), 1))
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := parseManifest(body)
		if err != nil {
			return
		}
		if again, err := m.bytes(); err != nil || !bytes.Equal(again, body) {
			t.Errorf("taken, and written otherwise: %q", body)
		}
		for _, file := range m.Files {
			if strings.ContainsAny(file.Name, "/\\") && filepath.Base(file.Name) != file.Name {
				t.Errorf("a file outside of the folder: %q", file.Name)
			}
		}
		m.request() // must not panic
	})
}
