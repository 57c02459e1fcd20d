package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// TestAMessageOfAnImportHoldsWholeRecords reads back what was written blindly.
func TestAMessageOfAnImportHoldsWholeRecords(t *testing.T) {
	m := newImportMessages(20, 9, 1)
	slots := map[string]bool{}
	for range 3 {
		var got pb.ImportSubmissionsRequest
		if err := proto.Unmarshal(m.next(), &got); err != nil {
			t.Fatal(err)
		}
		if len(got.Records) != 20 {
			t.Fatalf("%d records", len(got.Records))
		}
		for _, r := range got.Records {
			s := r.Submission
			slots[s.EpisodeId+s.OccasionLabel] = true
			if len(s.Answers) != 14 || !s.AllowNewEpisode || s.Patient.Value[len("patient-"):] != s.EpisodeId[len("episode-"):] {
				t.Errorf("%v", r)
			}
		}
	}
	if len(slots) != 60 {
		t.Errorf("%d slots for 60 records", len(slots))
	}
}

func TestOnlyStoredRecordsCount(t *testing.T) {
	stored := &pb.ImportResult{Outcome: pb.ImportOutcome_IMPORT_OUTCOME_STORED}
	replayed := &pb.ImportResult{Outcome: pb.ImportOutcome_IMPORT_OUTCOME_REPLAYED}
	n, err := countStored(mustMarshal(&pb.ImportSubmissionsResponse{Results: []*pb.ImportResult{stored, stored}}), 3)
	if n != 5 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := countStored(mustMarshal(&pb.ImportSubmissionsResponse{Results: []*pb.ImportResult{stored, replayed}}), 0); err == nil {
		t.Error("a record that was not stored counts")
	}
}

// TestEachBenchmarkRuns is no measurement: a moment each, on the real server.
func TestEachBenchmarkRuns(t *testing.T) {
	file, err := built()
	if err != nil {
		t.Fatal(err)
	}
	if m, err := look(t.TempDir()); err != nil {
		need(t, fmt.Errorf("%w: %v: %w", errSkipped, m, err)) // a temporary folder in memory
	}
	// The baselines are this program itself, which a test binary is not.
	restore, own := self, program(t)
	self = func() (string, error) { return own, nil }
	defer func() { self = restore }()
	for _, c := range []struct {
		args, who string
	}{
		{"bench submit --episodes 20", "stub"},
		{"bench trend --episodes 5", "echo"},
		{"bench import --records 50", "raw rows, own table"},
		{"bench trend --episodes 5 --tls", "echo"},
		{"bench growth --from 54 --to 270", "54 forms"},
		{"bench growth --from 54 --to 270 --engine postgres", "54 forms"},
		{"bench submit --episodes 20 --engine postgres", "stub"},
		{"bench import --records 50 --engine postgres", "raw rows, own table"},
	} {
		var out bytes.Buffer
		args := append(strings.Fields(c.args), "--painscored", file, "--dir", t.TempDir(), "--json", "--rounds", "1", "--lasting", "50ms", "--in-flight", "4")
		err := run(t.Context(), args, &out, io.Discard)
		if errors.Is(err, errSkipped) && !inCI {
			t.Logf("%s: %v", c.args, err)
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", c.args, err)
		}
		var report struct{ Rows []row }
		if err := json.Unmarshal(out.Bytes(), &report); err != nil {
			t.Fatalf("%s: %v", c.args, err)
		}
		found := false
		for _, r := range report.Rows {
			if r.Who == c.who {
				found = r.First != nil && r.First.Rate > 0 && r.Median.Calls > 0
			}
		}
		if !found {
			t.Errorf("%s: no figures for %s in %s", c.args, c.who, out.String())
		}
	}
}

func TestRunsWithoutMeaningAreRefused(t *testing.T) {
	for _, args := range []string{"bench submit --rounds 0", "bench submit --in-flight 0", "bench import --records 1001", "bench growth --from 5", "bench submit --engine oracle"} {
		began := time.Now()
		if err := run(t.Context(), strings.Fields(args), io.Discard, io.Discard); err == nil || time.Since(began) > time.Second {
			t.Errorf("%s: %v", args, err)
		}
	}
}
