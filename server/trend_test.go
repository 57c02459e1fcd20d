package server_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/scoring/instruments"
)

// trendOfAll is the trend of every built-in instrument at two occasions.
func trendOfAll(t *testing.T) (trend *pb.Trend, again func() *pb.Trend) {
	t.Helper()
	conn := service(t)
	catalogue, err := instruments.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range catalogue.Active() {
		for _, occasion := range []pb.Occasion{pb.Occasion_OCCASION_BASELINE, pb.Occasion_OCCASION_FOLLOW_UP_12_MONTHS} {
			req := form(t, in, in.ID()+occasion.String(), "e-1", occasion)
			if _, err := pb.NewSubmissionServiceClient(conn).Submit(t.Context(), req); err != nil {
				t.Fatal(err)
			}
		}
	}
	again = func() *pb.Trend {
		reply, err := pb.NewPatientServiceClient(conn).GetTrend(t.Context(), &pb.GetTrendRequest{CareUnit: "unit-1", EpisodeId: "e-1"})
		if err != nil {
			t.Error(err)
		}
		return reply.GetTrend()
	}
	return again(), again
}

func TestATrendRefersOnlyToWhatItHolds(t *testing.T) {
	trend, _ := trendOfAll(t)
	for _, sheet := range trend.Sheets {
		if trend.Occasions[sheet.Occasion].State != pb.OccasionState_OCCASION_STATE_ANSWERED {
			t.Errorf("%s is of an occasion that was not answered", sheet.SubmissionId)
		}
		// form names a submission by instrument and occasion.
		named := trend.Definitions[sheet.Definition].Instrument + trend.Occasions[sheet.Occasion].Occasion.String()
		if sheet.SubmissionId != named {
			t.Errorf("%s is said to be %s", sheet.SubmissionId, named)
		}
	}
	cited := map[string]bool{}
	thresholds := 0
	for _, line := range trend.Scales {
		for _, p := range line.Points {
			if got := trend.Definitions[trend.Sheets[p.Sheet].Definition].Instrument; got != line.Instrument && line.Scale != "vas" {
				t.Errorf("a point of %s %s is of a sheet of %s", line.Instrument, line.Scale, got)
			}
			if p.Score.Scale != "" || p.Score.ValueSet != "" || p.Score.Direction != 0 || p.Score.Rule != "" {
				t.Errorf("%s %s: the score says again what its line says: %v", line.Instrument, line.Scale, p.Score)
			}
		}
		for _, c := range line.Changes {
			for _, v := range []*pb.Verdict{c.Importance, c.MeasurementError} {
				if c.Comparable && (v.Threshold == nil) != (v.Answer == pb.VerdictAnswer_VERDICT_ANSWER_NOT_ESTABLISHED) || v.GetThreshold() > int32(max(len(line.Thresholds)-1, 0)) {
					t.Errorf("%s %s: %v of %d thresholds", line.Instrument, line.Scale, v, len(line.Thresholds))
				}
			}
			if c.FromBand != "" && c.FromBand == c.ToBand {
				t.Errorf("%s %s: no band is crossed within %s", line.Instrument, line.Scale, c.FromBand)
			}
		}
		for _, threshold := range line.Thresholds {
			thresholds++
			for _, source := range threshold.Basis.Sources {
				cited[source] = true
			}
		}
	}
	var said []string
	for _, s := range trend.Sources {
		said = append(said, s.Source)
		if !cited[s.Source] || s.Citation == "" {
			t.Errorf("nothing cites %v", s)
		}
	}
	if !slices.IsSorted(said) || len(slices.Compact(said)) != len(cited) || thresholds == 0 {
		t.Errorf("sources %v for %v", said, cited)
	}
}

// TestRepliesAtTheSameTimeShareNothingThatChanges runs under the race detector
// too: parts of a reply belong to all replies.
func TestRepliesAtTheSameTimeShareNothingThatChanges(t *testing.T) {
	trend, again := trendOfAll(t)
	replies := make(chan *pb.Trend)
	const readers = 8
	for range readers {
		go func() { replies <- again() }()
	}
	for range readers {
		if diff := cmp.Diff(trend, <-replies, protocmp.Transform()); diff != "" {
			t.Error(diff)
		}
	}
}
