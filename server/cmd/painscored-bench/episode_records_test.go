package main

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// TestEpisodesAreImportedWhole reads back what was written blindly.
func TestEpisodesAreImportedWhole(t *testing.T) {
	records, err := newEpisodeRecords(5, 5+episodesPerMessage+2, 1)
	if err != nil {
		t.Fatal(err)
	}
	slots, ids, episodes := map[string]bool{}, map[string]bool{}, map[string]int{}
	messages := 0
	for message := records.next(); message != nil; message = records.next() {
		messages++
		var got pb.ImportSubmissionsRequest
		if err := proto.Unmarshal(message, &got); err != nil {
			t.Fatal(err)
		}
		for _, r := range got.Records {
			s := r.Submission
			ids[s.SubmissionId] = true
			slots[s.EpisodeId+s.Occasion.String()+s.Instrument] = true
			episodes[s.EpisodeId]++
			if s.Patient.Value[len("patient-"):] != s.EpisodeId[len("episode-"):] {
				t.Errorf("episode %s of %s", s.EpisodeId, s.Patient.Value)
			}
		}
	}
	const want = episodesPerMessage + 2
	if messages != 2 || len(episodes) != want || len(slots) != want*formsOfEpisode || len(ids) != want*formsOfEpisode {
		t.Errorf("%d messages, %d episodes, %d slots, %d ids", messages, len(episodes), len(slots), len(ids))
	}
	if episodes[episodeName(5)] != formsOfEpisode || episodes[episodeName(5+want-1)] != formsOfEpisode {
		t.Errorf("%v", episodes)
	}
}

func TestAStoreIsMeasuredAtEachTenfold(t *testing.T) {
	for to, want := range map[int][]int{10: {10}, 11: {10, 11}, 100: {10, 100}, 5000: {10, 100, 1000, 5000}} {
		if got := sizesOf(10, to); !slices.Equal(got, want) {
			t.Errorf("to %d: %v, want %v", to, got, want)
		}
	}
}
