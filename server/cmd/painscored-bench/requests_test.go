package main

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// TestARequestFromTheTemplateIsAWholeForm reads back what was written into the
// wire form blindly: a wrong offset would measure refusals, or something else.
func TestARequestFromTheTemplateIsAWholeForm(t *testing.T) {
	const episodes = 13
	w := newSubmits(furtherHADS(), episodes).writer(rand.New(rand.NewPCG(1, 2)))
	ids, slots, values := map[string]bool{}, map[string]bool{}, map[int32]bool{}
	for n := range 200 {
		var got pb.SubmitRequest
		if err := proto.Unmarshal(w.request(), &got); err != nil {
			t.Fatal(err)
		}
		want := hads(n % episodes)
		want.Occasion = pb.Occasion_OCCASION_OTHER
		if got.Patient.Value != want.Patient.Value || got.CareUnit != want.CareUnit || got.EpisodeId != want.EpisodeId || got.Occasion != want.Occasion || got.Instrument != "hads" {
			t.Fatalf("request %d: %v", n, &got)
		}
		id, err := uuid.Parse(got.SubmissionId)
		if err != nil || id.Version() != 7 || id.Variant() != uuid.RFC4122 || time.Since(time.Unix(id.Time().UnixTime())).Abs() > time.Minute {
			t.Errorf("request %d: id %s, %v", n, got.SubmissionId, err)
		}
		ids[got.SubmissionId], slots[got.EpisodeId+" "+got.OccasionLabel] = true, true
		for i, answer := range got.Answers {
			if answer.Item != want.Answers[i].Item {
				t.Errorf("request %d: item %d is %s", n, i+1, answer.Item)
			}
			values[answer.GetValue()] = true
		}
	}
	if len(ids) != 200 || len(slots) != 200 {
		t.Errorf("%d ids and %d slots for 200 requests", len(ids), len(slots))
	}
	if len(values) != 4 || !values[0] || !values[3] {
		t.Errorf("the answers are %v, want 0 to 3", values)
	}
}
