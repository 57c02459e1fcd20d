package main

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"google.golang.org/protobuf/proto"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

func TestAnEnvelopeFromTheTemplateIsWhole(t *testing.T) {
	templates, err := newEnvelopes()
	if err != nil {
		t.Fatal(err)
	}
	ids, random := map[string]bool{}, rand.New(rand.NewPCG(1, 2))
	for _, episode := range []int{0, 7, 123456789} {
		for i, occasion := range occasionsOfTrend {
			body := bytes.Clone(templates[i].body)
			templates[i].write(body, episode, random)
			var got pb.SubmitFormsRequest
			if err := proto.Unmarshal(body, &got); err != nil {
				t.Fatal(err)
			}
			if got.Patient.Value != patientName(episode) || got.CareUnit != unitName(episode) || got.EpisodeId != episodeName(episode) || got.Occasion != occasion || !got.AllowNewEpisode {
				t.Errorf("episode %d: %v", episode, &got)
			}
			for n, form := range got.Forms {
				if ids[form.SubmissionId] = true; form.Instrument != registryForms[n] || len(form.Answers) == 0 {
					t.Errorf("episode %d, form %d: %v", episode, n, form)
				}
			}
		}
	}
	if len(ids) != 3*formsOfEpisode {
		t.Errorf("%d ids for %d forms", len(ids), 3*formsOfEpisode)
	}
}
