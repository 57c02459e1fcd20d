package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/scoring/instruments"
)

// cutOff9 writes a version 2 of HADS, whose cut-off for caseness is 9, into a
// folder for --instruments.
func cutOff9(t *testing.T) string {
	t.Helper()
	catalogue, err := instruments.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	in, _ := catalogue.Instrument("hads", "")
	body, _ := catalogue.Content(in.DefinitionHash())
	text := strings.NewReplacer(`version: "1"`, `version: "2"`, "to: 7}, {code: possible, from: 8,", "to: 8}, {code: possible, from: 9,",
		"{code: caseness, from: 8,", "{code: caseness, from: 9,").Replace(string(body))
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "hads_2.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

// previewAll reads a preview to its end.
func previewAll(t *testing.T, c *client.Client, req *pb.PreviewRescoreRequest) (sheets []*pb.RescoredSheet, plan *pb.RescorePlan) {
	t.Helper()
	stream, err := c.Submissions().PreviewRescore(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	for {
		found, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return sheets, plan
		}
		if err != nil {
			t.Fatal(err)
		}
		if found.GetSheet() != nil {
			sheets = append(sheets, found.GetSheet())
		}
		plan = found.GetPlan()
	}
}

// trends reads the trend of every episode there is.
func trends(t *testing.T, c *client.Client) []*pb.Trend {
	t.Helper()
	list, err := c.Patients().ListEpisodes(t.Context(), &pb.ListEpisodesRequest{PageSize: 1000})
	if err != nil {
		t.Fatal(err)
	}
	var all []*pb.Trend
	for _, e := range list.Episodes {
		reply, err := c.Patients().GetTrend(t.Context(), &pb.GetTrendRequest{CareUnit: e.CareUnit, EpisodeId: e.EpisodeId})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, reply.Trend)
	}
	return all
}

// TestTheDemoIsScoredAnewAndBack takes the demo patients through another
// version of HADS and back, from the outside and across a restart.
func TestTheDemoIsScoredAnewAndBack(t *testing.T) {
	dir, folder := t.TempDir(), cutOff9(t)
	p := start(t, dir, "--demo", "--instruments", folder)
	c := p.dial(t)
	before := trends(t, c)
	sheets, plan := previewAll(t, c, &pb.PreviewRescoreRequest{Instrument: "hads", Version: "2"})
	counts := plan.GetCounts()
	if len(sheets) < 5 || int(counts.GetChanged()) != len(sheets) || counts.GetRescored() != counts.GetExamined() || counts.GetFlagsCrossed() < int64(len(sheets)) {
		t.Fatalf("%d sheets, %v", len(sheets), counts)
	}
	for _, s := range sheets {
		for _, scale := range s.Scales {
			if scale.Difference != "0" || scale.Before.GetBand() != "possible" || scale.After.GetBand() != "normal" || !slices.Equal(scale.FlagsCleared, []string{"caseness"}) {
				t.Errorf("%s: %v", s.SubmissionId, scale)
			}
		}
	}
	if diff := cmp.Diff(before, trends(t, c), protocmp.Transform()); diff != "" {
		t.Errorf("the preview changed a trend:\n%s", diff)
	}
	applied, err := c.Submissions().ApplyRescore(t.Context(), &pb.ApplyRescoreRequest{PlanId: plan.PlanId, Note: "the manual of 2025"})
	if err != nil || applied.Plan.State != pb.RescoreState_RESCORE_STATE_APPLIED {
		t.Fatal(applied, err)
	}
	after := trends(t, c)
	points := 0
	for _, trend := range after {
		for _, line := range trend.Scales {
			for _, point := range line.Points {
				sheet := trend.Sheets[point.Sheet]
				version := trend.Definitions[sheet.Definition].Version
				if isHADS := line.Instrument == "hads"; isHADS != (version == "2") || isHADS != (sheet.RescorePlanId == plan.PlanId) {
					t.Errorf("%s: version %s, plan %q", sheet.SubmissionId, version, sheet.RescorePlanId)
				} else if isHADS {
					points++
				}
			}
		}
	}
	if points != 3*int(counts.GetRescored()) {
		t.Errorf("%d points of %d sheets with three scales", points, counts.GetRescored())
	}
	one := sheets[0]
	versions, err := c.Submissions().ListSubmissionVersions(t.Context(), &pb.ListSubmissionVersionsRequest{CareUnit: one.CareUnit, SubmissionId: one.SubmissionId})
	if err != nil || len(versions.Versions) != 2 || versions.Versions[0].Counts || !versions.Versions[1].Counts ||
		versions.Versions[0].Submission.ScoredSheet.Version != "1" || versions.Versions[1].Flips[0].Note != "the manual of 2025" {
		t.Errorf("%v %v", versions, err)
	}
	got, err := c.Submissions().GetSubmission(t.Context(), &pb.GetSubmissionRequest{CareUnit: one.CareUnit, SubmissionId: one.SubmissionId})
	if seq := got.GetSubmission().GetChangeSeq(); seq != versions.Versions[1].Flips[0].ChangeSeq || seq <= versions.Versions[0].Submission.ChangeSeq {
		t.Errorf("the sheet stands at change %d, the flip at %d", seq, versions.Versions[1].Flips[0].ChangeSeq)
	}
	if diff := cmp.Diff(versions.Versions[1].Submission, got.GetSubmission(), protocmp.Transform()); diff != "" || err != nil {
		t.Errorf("the version that counts is another than the one read: %v\n%s", err, diff)
	}
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}

	p = start(t, dir, "--demo") // the version lies in the store
	c = p.dial(t)
	if diff := cmp.Diff(after, trends(t, c), protocmp.Transform()); diff != "" {
		t.Errorf("another trend after a restart:\n%s", diff)
	}
	reverted, err := c.Submissions().RevertRescore(t.Context(), &pb.RevertRescoreRequest{PlanId: plan.PlanId})
	if err != nil || reverted.Plan.State != pb.RescoreState_RESCORE_STATE_REVERTED || len(reverted.Plan.Flips) != 2 {
		t.Fatal(reverted, err)
	}
	if diff := cmp.Diff(before, trends(t, c), protocmp.Transform()); diff != "" {
		t.Errorf("another trend after the revert:\n%s", diff)
	}
	_, err = c.Submissions().RevertRescore(t.Context(), &pb.RevertRescoreRequest{PlanId: "unknown"})
	if client.ReasonOf(err) != pb.ErrorReason_ERROR_REASON_RESCORE_PLAN_UNKNOWN {
		t.Error(err)
	}
	stream, err := c.Submissions().PreviewRescore(t.Context(), &pb.PreviewRescoreRequest{Instrument: "hads", Version: "9", AnsweredFrom: "soon"})
	if err == nil {
		_, err = stream.Recv()
	}
	var refused *client.Error
	if !errors.As(err, &refused) || len(refused.Violations) != 2 || refused.Violations[0].Field != "answered_from" {
		t.Error(err)
	}
}
